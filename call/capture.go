package call

import (
	"net/netip"

	"github.com/acotel/acotel-sbc/media"
	"github.com/acotel/acotel-sbc/record"
)

// Captured is what is known of a call when it is presented.
type Captured struct {
	ID         string // ours
	CallID     string // of its SIP messages
	Line       string // kind
	Called     string // E.164, or the text itself
	CallerHash string // "" withheld
	LocalIP    netip.Addr
}

// Capturer chooses calls whose signalling and sound are captured for a diagnosis (G1); false: not this one.
type Capturer func(Captured) (Recording, bool)

// Recording is the capture of one call.
type Recording interface {
	media.Tap
	End() // the call is over
}

// capture lets the call be captured, if it was chosen. The function returned ends it.
func (l *leg) capture() (end func()) {
	if l.s.cfg.Capture == nil {
		return func() {}
	}
	c := Captured{ID: l.sip.ID(), CallID: l.sip.CallID(), Line: string(l.line.Kind), Called: canonical(l.called), LocalIP: l.sip.LocalIP()}
	if n := l.sip.Caller().E164; !n.IsZero() && l.s.cfg.Hash != nil {
		c.CallerHash = l.s.cfg.Hash(n)
	}
	r, ok := l.s.cfg.Capture(c)
	if !ok {
		return func() {}
	}
	l.tap = r
	l.fact(record.Captured, nil)
	return r.End
}
