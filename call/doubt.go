package call

import (
	"context"
	"time"

	"github.com/acotel/acotel-sbc/dialog"
	"github.com/acotel/acotel-sbc/dialog/nlu"
)

// doubt is a turn of which the rules are unsure, while a language model is asked
// about it. The voice is silent and the ear stays open; the Chooser bounds the time.
type doubt struct {
	heard  dialog.Heard
	cancel context.CancelFunc
}

// chosen is what came of a doubt; choice is nil when the rules' reading stands.
type chosen struct {
	of     *doubt
	choice *nlu.Choice
}

// consider hands a turn to the dialog: at once, or, when the rules are unsure of it
// and a language model is configured, after asking that.
func (c *conversation) consider(e dialog.Heard) {
	if c.s.cfg.Chooser == nil {
		c.handle(e)
		return
	}
	text, state, r, ok := c.dialog.Reading(e.Hypotheses)
	q, unsure := c.s.cfg.Chooser.Ask(text, state, r)
	if !ok || !unsure {
		c.handle(e)
		return
	}
	ctx, cancel := context.WithCancel(c.ctx)
	d := &doubt{heard: e, cancel: cancel}
	c.doubt = d
	c.asyncs.Go(func() {
		result := chosen{of: d}
		if choice, ok := c.s.cfg.Chooser.Choose(ctx, q); ok {
			result.choice = &choice
		}
		select {
		case c.choices <- result:
		case <-ctx.Done():
		}
	})
}

// settleDoubt ends the doubt and hands its turn to the dialog, with the model's
// choice or, when the caller speaks or presses a key before it came, without.
func (c *conversation) settleDoubt(choice *nlu.Choice) {
	d := c.doubt
	if d == nil {
		return
	}
	c.doubt = nil
	d.cancel()
	d.heard.At, d.heard.Choice = time.Now(), choice
	c.handle(d.heard)
}
