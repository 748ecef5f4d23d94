package main

import (
	"errors"

	"github.com/acotel/acotel-sbc/admin"
	"github.com/acotel/acotel-sbc/media/silero"
	"github.com/acotel/acotel-sbc/metrics"
	"github.com/acotel/acotel-sbc/workshop"
	"github.com/acotel/acotel-sbc/workshop/source"
)

// watch lets a scrape read the parts of the service, now that all of them are there.
func (s *server) watch() {
	var telephone func() metrics.Telephone
	if s.softphone != nil {
		telephone = s.softphone.Figures
	}
	s.metrics.Watch(metrics.Sources{
		Telephone: telephone,
		Talking:   s.cfg.Calls.Slots, Waiting: s.cfg.Calls.WaitSlots, Calls: s.service.Stats, Sound: s.service.Sound,
		SIP: s.endpoint.Stats, Trunks: s.endpoint.Trunks, Certificate: s.endpoint.CertificateExpires, Voice: s.speaker.Usage,
		Speech: func() (silero.Stats, bool) {
			if s.vad == nil {
				return silero.Stats{}, false
			}
			return s.vad.Stats(), true
		},
		Workshops: func() metrics.Workshops {
			return metrics.Workshops{Sessions: s.catalogue.Len(), Age: s.catalogue.Age(), Failures: s.catalogue.Refreshed().Failures,
				State: string(s.catalogue.Health(maxAge(s.cfg)).State)}
		},
		Facts: func() (int, uint64) { return s.recorder.Pending(), s.recorder.Dropped() },
		Links: func() map[string]bool {
			up := map[string]bool{}
			for _, l := range s.links() {
				up[l.Name] = l.State != admin.Down
			}
			_, facts := s.recorder.Healthy() // calls go on without the database, but people have to know
			up["database"] = facts == nil
			return up
		},
	})
}

// refreshed counts a reading of the workshops' source.
func (s *server) refreshed(out source.Outcome, err error) {
	switch {
	case errors.Is(err, workshop.ErrHeld):
		s.metrics.Refresh("held")
	case err != nil:
		s.metrics.Refresh("failed")
	case out.NotModified:
		s.metrics.Refresh("unchanged")
	default:
		s.metrics.Refresh("replaced")
	}
}
