package main

import (
	"context"
	"time"

	"github.com/acotel/acotel-sbc/admin"
	"github.com/acotel/acotel-sbc/record"
)

// beatEvery is how often it is noted that calls can be taken: more than once in each minute that figures count (K12).
const beatEvery = 20 * time.Second

// noteAvailability writes, while the service runs, whether calls can be taken.
func (s *server) noteAvailability() {
	s.beside(func(ctx context.Context) {
		tick := time.NewTicker(beatEvery)
		defer tick.Stop()
		for {
			open, reason := true, ""
			for _, l := range s.links() {
				if l.State == admin.Down {
					open, reason = false, l.Name+": "+l.Reason
				}
			}
			if err := record.Beat(ctx, s.db, time.Now(), open, reason); err != nil && ctx.Err() == nil {
				s.log.Warn("the minute can't be noted as available", "error", err)
			}
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
	})
}
