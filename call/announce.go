package call

import (
	"context"
	"time"

	"github.com/acotel/acotel-sbc/dialog"
	"github.com/acotel/acotel-sbc/media"
	"github.com/acotel/acotel-sbc/record"
	"github.com/acotel/acotel-sbc/sip"
)

// waitingGap is the silence between two sayings of the waiting message.
const waitingGap = 12 * time.Second

// announceLimit bounds a message whose end does not come.
const announceLimit = 2 * time.Minute

// announce says text to its end, or until the caller leaves.
func (l *leg) announce(ctx context.Context, text string) {
	ctx, cancel := context.WithTimeout(ctx, announceLimit)
	defer cancel()
	l.s.cfg.Observer.See(Seen{CallID: l.sip.ID(), At: time.Now(), Who: TheService, Text: text})
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

// wait keeps the caller in the waiting room until the place is a slot. It
// returns false when the caller left or waited too long and was told so.
func (l *leg) wait(ctx context.Context, p *place) bool {
	if !p.waiting() {
		return true
	}
	l.fact(record.Waiting, nil)
	limit := time.NewTimer(time.Duration(l.s.cfg.Calls.WaitSeconds) * time.Second)
	defer limit.Stop()
	again := time.NewTimer(0)
	defer again.Stop()
	for {
		select {
		case <-p.ready:
			l.mouth.flush()
			return true
		case <-ctx.Done():
			l.fact(record.WaitingAbandoned, nil)
			return false
		case <-limit.C:
			l.mouth.flush()
			l.announce(ctx, l.s.cfg.Prompts.Full)
			l.fact(record.Refused, map[string]any{"status": l.s.cfg.BusyStatus})
			l.hangUp("waited too long")
			return false
		case <-again.C:
			l.mouth.say(dialog.Say{ID: "waiting", Text: l.s.cfg.Prompts.Waiting, Interruptible: true})
			again.Reset(waitingGap)
		case <-l.session.Playout().Events():
			poke(l.mouth.work)
		case <-l.mouth.changed:
			if err := l.mouth.trouble(); err != nil {
				l.log.Error("the voice failed", "error", err)
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
