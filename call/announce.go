package call

import (
	"context"
	"time"

	"github.com/acotel/acotel-sbc/dialog"
	"github.com/acotel/acotel-sbc/media"
	"github.com/acotel/acotel-sbc/sip"
)

// announceLimit bounds a message whose end does not come.
const announceLimit = 2 * time.Minute

// announce says text to its end, or until the caller leaves.
func (l *leg) announce(ctx context.Context, text string) {
	ctx, cancel := context.WithTimeout(ctx, announceLimit)
	defer cancel()
	l.see(Seen{CallID: l.sip.ID(), At: time.Now(), Who: TheService, Text: text})
	l.mouth.say(dialog.Say{ID: "announcement", Text: text})
	for !l.mouth.silent() {
		select {
		case <-ctx.Done():
			return
		case <-l.sip.Done():
			return
		case <-l.session.Playout().Events():
			poke(l.mouth.work)
		case <-l.mouth.changed:
			if err := l.mouth.trouble(); err != nil {
				l.log.Error("the voice failed", "error", err)
				return
			}
		}
	}
}

// echo answers and gives back what it hears until the call ends.
func (l *leg) echo(ctx context.Context) {
	err := l.open(ctx, func(ctx context.Context) {
		u := l.session.Playout().Begin("echo", true)
		l.ear.echo.Store(&echo{u})
		limit := time.NewTimer(time.Duration(l.s.cfg.Calls.MaxSeconds) * time.Second)
		defer limit.Stop()
		select {
		case <-ctx.Done():
		case <-limit.C:
		}
		u.End()
		l.hangUp("echo ended")
	})
	if err != nil {
		l.log.Warn("echo call could not be answered", "error", err)
	}
}

// echo is the utterance that an echo line's sound goes to.
type echo struct{ u *media.Utterance }

var _ sip.Handler = (*Service)(nil)
