package main

import (
	"context"
	"time"

	"github.com/acotel/acotel-sbc/admin"
	"github.com/acotel/acotel-sbc/record"
)

// beatEvery is how often it is noted that calls can be taken: more than once in each minute that figures count (K12).
const beatEvery = 20 * time.Second

// beatsKept is how many beats wait at most for a database that is away: three days of them.
const beatsKept = int(72 * time.Hour / beatEvery)

// beat is one look at whether calls can be taken.
type beat struct {
	at     time.Time
	open   bool
	reason string
}

// noteAvailability writes, while the service runs, whether calls can be taken. Beats that the database does not take wait.
func (s *server) noteAvailability() {
	s.beside(func(ctx context.Context) {
		tick := time.NewTicker(beatEvery)
		defer tick.Stop()
		var waiting []beat
		for {
			waiting = s.writeBeats(ctx, append(waiting, s.beat(time.Now())))
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
	})
}

func (s *server) beat(at time.Time) beat {
	b := beat{at: at, open: true}
	for _, l := range s.links() {
		if l.State == admin.Down {
			b.open, b.reason = false, l.Name+": "+l.Reason
		}
	}
	if link, closed := s.service.Closed(); closed {
		b.open, b.reason = false, link
	}
	return b
}

// writeBeats writes what can be written, oldest first, and gives back the rest.
func (s *server) writeBeats(ctx context.Context, waiting []beat) (rest []beat) {
	for i, b := range waiting {
		one, cancel := context.WithTimeout(ctx, beatEvery)
		err := record.Beat(one, s.db, b.at, b.open, b.reason)
		cancel()
		if err != nil {
			if len(waiting) == 1 && ctx.Err() == nil {
				s.log.Warn("the minute can't be noted as available yet", "error", err)
			}
			return waiting[max(i, len(waiting)-beatsKept):]
		}
	}
	return nil
}
