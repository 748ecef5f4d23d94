package simulate

import (
	"context"
	"math/rand/v2"

	"github.com/acotel/acotel-sbc/dialog"
	"github.com/acotel/acotel-sbc/dialog/script"
)

// CallerOf is the caller of a number and a seed: the same person with the same words in each campaign.
func (w *World) CallerOf(seed uint64, id int) *Caller {
	return w.NewCaller(rand.New(rand.NewPCG(seed, uint64(id))))
}

// Line is something that a caller says, and the state of the conversation in which it is said.
type Line struct{ State, Say string }

// Rehearse holds the call of a caller in text, with ears that never err, and gives what the caller says in it: what has to be
// rendered before the same caller speaks over SIP. A call that is misheard takes another way.
func (c Config) Rehearse(ctx context.Context, world *World, id int) (said []Line) {
	caller := world.CallerOf(c.Seed, id)
	s := script.NewSession(script.Config{
		Dialog: c.NewDialog(uint64(id)), Caller: dialog.Caller{Origin: caller.Origin, Zone: caller.Zone}, Start: c.Start, Search: c.Search,
		SMS: func(dialog.SendSMS) error { return nil },
	})
	reply := s.Begin(ctx)
	for range maxTurns {
		if reply.Over || ctx.Err() != nil {
			return said
		}
		p := prompt(reply, s.Now().Sub(c.Start))
		switch act := caller.Answer(p); {
		case act.HangUp:
			return said
		case act.Keys != "":
			reply = s.Key(ctx, act.Keys)
		case act.Silence:
			reply = s.Silence(ctx)
		default:
			said = append(said, Line{p.State, act.Say})
			reply = s.Hear(ctx, []dialog.Hypothesis{{Text: act.Say, Confidence: 1}})
		}
	}
	return said
}

// SaidPlace tells whether the caller has said a town or a code that is theirs.
func (c *Caller) SaidPlace() bool {
	return c.Goal == Workshop && c.placed > 0 && (c.form != "neither" || c.placed > 1)
}
