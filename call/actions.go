package call

import (
	"context"
	"errors"
	"time"

	"github.com/acotel/acotel-sbc/dialog"
	"github.com/acotel/acotel-sbc/personal"
	"github.com/acotel/acotel-sbc/record"
	"github.com/acotel/acotel-sbc/sms"
)

// handle tells the dialog what happened and does what it answers, in order.
func (c *conversation) handle(ev dialog.Event) {
	for _, a := range c.dialog.Handle(ev) {
		c.do(a)
	}
}

func (c *conversation) do(a dialog.Action) {
	switch a := a.(type) {
	case dialog.Say:
		c.owed = true
		a.Interruptible = a.Interruptible && c.s.cfg.BargeIn.For(a.Message).Allowed
		c.voice(a)
	case dialog.Listen:
		c.listen, c.armed, c.noInput = a, false, time.Time{}
		c.keys.Rule = a.Keys
		c.ear.inState(a.State)
		if c.stream != nil {
			c.stream.Expect(a.Hints)
		}
	case dialog.Note:
		a.CallID = c.sip.ID()
		c.add(a.Fact)
	case dialog.Search:
		c.search(a)
	case dialog.SendSMS:
		c.send(a)
	case dialog.HangUp:
		c.hangUp = &a
	}
}

// later runs work beside the conversation and hands its event in. The channel
// holds more than a dialog ever has under way.
func (c *conversation) later(limit time.Duration, work func(ctx context.Context) dialog.Event) {
	c.asyncs.Go(func() {
		ctx, cancel := context.WithTimeout(c.ctx, limit)
		defer cancel()
		ev := work(ctx)
		select {
		case c.async <- ev:
		case <-c.ctx.Done():
		}
	})
}

func (c *conversation) search(a dialog.Search) {
	c.slow = time.Now().Add(ms(c.s.cfg.Turns.SearchSlowMS))
	c.later(ms(c.s.cfg.Turns.SearchMS), func(ctx context.Context) dialog.Event {
		r, err := c.s.cfg.Search(ctx, a.Query, a.Settings)
		if err != nil {
			c.log.Error("search failed", "error", err)
			return dialog.SearchFailed{At: time.Now(), Reason: err.Error()}
		}
		return dialog.SearchDone{At: time.Now(), Result: r}
	})
}

// coverSearch lets nobody wait in silence: as long as the search runs the caller
// is told so (C5), again after a pause when it goes on.
func (c *conversation) coverSearch(now time.Time) {
	if !c.mouth.silent() { // something is being said already
		c.slow = now.Add(ms(c.s.cfg.Turns.SearchSlowMS))
		return
	}
	c.slow = now.Add(searchGap)
	c.voice(dialog.Say{ID: "searching", Message: "call.searching", Text: c.s.prompts().Searching, Interruptible: true})
}

// searchGap is the time from one word of waiting to the next, the message itself
// included.
const searchGap = 5 * time.Second

// answered takes the event of work that ran beside the conversation.
func (c *conversation) answered(ev dialog.Event) {
	switch ev.(type) {
	case dialog.SearchDone, dialog.SearchFailed:
		c.slow = time.Time{}
	}
	c.handle(ev)
}

// smsLimit is the longest that handing a message to the outbox may take; sending
// it is the outbox's own affair.
const smsLimit = 2500 * time.Millisecond

func (c *conversation) send(a dialog.SendSMS) {
	m := sms.Message{CallID: c.sip.ID(), To: c.sip.Caller().E164, Text: a.Text, Consent: personal.NewText(a.Consent), Key: c.sip.ID() + "/" + a.Key}
	c.later(smsLimit, func(ctx context.Context) dialog.Event {
		err := c.messenger().Enqueue(ctx, m)
		if err != nil {
			if !errors.Is(err, context.Canceled) {
				c.log.Error("SMS not taken", "error", err)
			}
			c.fact(record.SMSFailed, map[string]any{"reason": err.Error(), "key": m.Key})
			return dialog.SMSDone{At: time.Now(), Reason: err.Error()}
		}
		c.fact(record.SMSQueued, map[string]any{"count": len(a.Workshops), "key": m.Key})
		c.see(Seen{CallID: c.sip.ID(), At: time.Now(), Who: TheSMS, Text: a.Text})
		return dialog.SMSDone{At: time.Now(), OK: true}
	})
}
