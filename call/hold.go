package call

import (
	"time"

	"github.com/acotel/acotel-sbc/dialog"
	"github.com/acotel/acotel-sbc/media"
)

// A call is on hold while its other end does not want our sound: the caller took another call, or an assistant keeps the line.
// Nothing is said then, since nobody would hear it; what comes in (music, as a rule) is not listened to; and no silence is
// held against the caller. When the caller is back, a sentence that was cut is said again from its beginning, and a question that
// had been put is put again.

// agreed takes what offer and answer came to: sound first, then what it means for the voice. It is called for one exchange at a
// time (sip.LocalMedia).
func (l *leg) agreed(p media.Params) error {
	held := !p.Direction.Sends()
	if l.held.Load() && !held {
		l.mouth.rewind() // before the sound flows again
	}
	if err := l.session.Configure(p); err != nil {
		return err
	}
	if l.held.Swap(held) != held {
		l.log.Info("hold", "on", held, "direction", p.Direction.String())
		poke(l.turned)
	}
	return nil
}

// onHold takes up that the call went on hold or came back.
func (c *conversation) onHold() {
	held := c.leg.held.Load()
	if held == c.away {
		return // there and back before we looked
	}
	c.away = held
	c.goOn()
	c.noInput = time.Time{}
	if !held && c.mouth.silent() && c.hangUp == nil && c.doubt == nil && c.listen.State != "" {
		c.handle(dialog.Returned{At: time.Now()})
	}
}
