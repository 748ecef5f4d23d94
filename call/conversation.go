package call

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/acotel/acotel-sbc/asr"
	"github.com/acotel/acotel-sbc/config"
	"github.com/acotel/acotel-sbc/dialog"
	"github.com/acotel/acotel-sbc/media"
	"github.com/acotel/acotel-sbc/record"
	"github.com/acotel/acotel-sbc/sip"
)

// conversation is the one goroutine that lets a caller and a dialog talk. It
// reads the ear, the keys, the recogniser and the playout, tells the dialog what
// happened, and does what the dialog answers.
type conversation struct {
	*leg
	ctx    context.Context
	dialog *dialog.Dialog
	stream asr.Stream

	turn    turn
	stale   int // results of the recogniser still to come for turns that are closed
	keys    dialog.KeyBuffer
	kept    []rune // keys pressed during the notice
	listen  dialog.Listen
	async   chan dialog.Event // answers of searches and the outbox
	doubt   *doubt            // of the last turn, nil: none
	choices chan chosen       // what came of doubts
	asyncs  sync.WaitGroup
	welcome int // of welcome_started and welcomed, how many are recorded

	slow     time.Time         // when the caller must be told that the search goes on, zero: none runs
	texts    map[string]queued // first utterance of what is queued → what it is, for whoever looks on
	owed     bool              // Spoken is due when all has been said
	noInput  time.Time         // when NoInput is due, zero: not armed
	armed    bool              // this Listen's NoInput was armed or used
	hangUp   *dialog.HangUp    // to do when all has been said
	troubled bool              // the voice failed once already
	away     bool              // the caller has put the call on hold

	rule  *config.BargeInRule // of the message said last
	ruled string              // its key
}

// converse holds the conversation and returns why it ended.
func (l *leg) converse(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(l.s.cfg.Calls.MaxSeconds)*time.Second)
	defer cancel()
	stream, err := l.s.cfg.Recognizer.Open(ctx, asr.Format{SampleRate: media.LineRate})
	down := err != nil && ctx.Err() == nil // who hung up before it was open tells nothing about it
	switch {
	case down:
		l.log.Error("the recogniser is down", "error", err)
	case err == nil:
		defer stream.Close()
		l.ear.listen(stream)
		defer l.ear.listen(nil)
	}
	c := &conversation{leg: l, ctx: ctx, dialog: l.s.cfg.NewDialog(), stream: stream, async: make(chan dialog.Event, 8), choices: make(chan chosen), texts: map[string]queued{}}
	defer c.asyncs.Wait()
	defer cancel()
	caller := CallerOf(c.sip.Caller())
	caller.NoSMS = l.s.noSMS.Load()
	c.handle(dialog.Started{At: time.Now(), Caller: caller})
	if down {
		c.incident("recogniser")
	}
	reason := c.run()
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		l.announce(context.WithoutCancel(ctx), l.s.prompts().TooLong)
		return "too_long"
	}
	return reason
}

// run is the conversation's loop.
func (c *conversation) run() string {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	var struck <-chan struct{}
	if !c.checks {
		struck = c.s.outages.strikes()
	}
	var results <-chan asr.Result
	if c.stream != nil {
		results = c.stream.Results()
	}
	for {
		if c.settle(); c.hangUp != nil && c.mouth.silent() {
			return c.hangUp.Reason
		}
		timer.Reset(time.Until(c.nextDeadline()))
		select {
		case <-c.ctx.Done():
			c.settleDoubt(nil)
			c.handle(dialog.HungUp{At: time.Now()})
			return "hung_up"
		case ev := <-c.ear.events:
			c.onEar(ev)
		case d := <-c.ear.digits:
			c.onDigit(d)
		case r, ok := <-results:
			if !ok {
				results = nil
				continue
			}
			c.onResult(r)
		case ev := <-c.async:
			c.answered(ev)
		case r := <-c.choices:
			if r.of == c.doubt {
				c.settleDoubt(r.choice)
			}
		case ev := <-c.session.Playout().Events():
			c.onPlayout(ev)
		case <-c.mouth.changed:
			c.onMouth()
		case <-c.turned:
			c.onHold()
		case <-struck:
			struck = nil
			if o := c.s.outages.last(); o.Link != "" && c.hangUp == nil {
				c.incident(o.Link)
			}
		case <-timer.C:
			c.onTime(time.Now())
		}
	}
}

// settle does what waits for the voice to be silent, and opens the ear when
// nothing guarded is being said.
func (c *conversation) settle() {
	guarded := c.mouth.guarded()
	c.ear.open.Store(!guarded && c.hangUp == nil && !c.away)
	c.ear.over.Store(c.overVoice())
	switch {
	case !guarded:
		c.releaseKeys()
	case c.turn.live: // the ear has forgotten it
		c.goOn()
	}
	for c.mouth.silent() {
		switch {
		case c.owed:
			c.owed = false
			c.handle(dialog.Spoken{At: time.Now()})
			continue
		case !c.armed && !c.away && c.listen.NoInput > 0 && c.turn.idle() && c.doubt == nil && c.keys.Pending() == "":
			c.armed = true
			c.noInput = time.Now().Add(c.listen.NoInput)
		}
		return
	}
}

// overVoice is what it takes to interrupt what is being said; nil when nothing is.
func (c *conversation) overVoice() *config.BargeInRule {
	if c.mouth.silent() {
		return nil
	}
	if m := c.mouth.message(); c.rule == nil || m != c.ruled {
		r := c.s.cfg.BargeIn.For(m)
		c.rule, c.ruled = &r, m
	}
	return c.rule
}

// nextDeadline is when onTime has something to do.
func (c *conversation) nextDeadline() time.Time {
	next := time.Now().Add(time.Hour)
	for _, t := range []time.Time{c.noInput, c.turn.deadline, c.turn.slow, c.slow} {
		if !t.IsZero() && t.Before(next) {
			next = t
		}
	}
	if due, ok := c.keys.Due(); ok && due.Before(next) {
		next = due
	}
	return next
}

func (c *conversation) onTime(now time.Time) {
	if keys := c.keys.Tick(now); keys != "" {
		c.keyed(keys)
	}
	if !c.turn.deadline.IsZero() && !now.Before(c.turn.deadline) {
		c.endTurn()
		c.log.Error("the recogniser did not answer", "within_ms", c.s.cfg.Turns.RecogniserMS)
		c.incident("recogniser")
	}
	if !c.turn.slow.IsZero() && !now.Before(c.turn.slow) {
		c.coverRecogniser()
	}
	if !c.slow.IsZero() && !now.Before(c.slow) {
		c.coverSearch(now)
	}
	if !c.noInput.IsZero() && !now.Before(c.noInput) {
		c.noInput = time.Time{}
		c.handle(dialog.NoInput{At: now})
	}
}

// onDigit takes one key. During the notice it is kept; at any other moment it
// silences the voice until it is known what was keyed.
func (c *conversation) onDigit(d rune) {
	if c.mouth.guarded() {
		c.kept = append(c.kept, d)
		return
	}
	c.press(d)
}

func (c *conversation) releaseKeys() {
	kept := c.kept
	c.kept = nil
	for _, d := range kept {
		c.press(d)
	}
}

func (c *conversation) press(d rune) {
	c.noInput = time.Time{}
	c.keys.Rule = c.listen.Keys
	if keys := c.keys.Press(d, time.Now()); keys != "" {
		c.keyed(keys)
		return
	}
	if c.keys.Pending() != "" {
		c.session.Playout().Pause()
		return
	}
	c.session.Playout().Resume()
	c.armed = false
}

func (c *conversation) keyed(keys string) {
	c.settleDoubt(nil)
	c.see(Seen{CallID: c.sip.ID(), At: time.Now(), Who: TheCaller, Text: keys, Keys: true, State: c.listen.State})
	c.endTurn()
	c.cut()
	c.handle(dialog.Keyed{At: time.Now(), Keys: keys})
}

// cut silences the voice for good and tells the dialog what was heard of it.
func (c *conversation) cut() {
	id, fraction, was := c.mouth.flush()
	clear(c.texts)
	c.session.Playout().Resume()
	if !was {
		return
	}
	c.owed = false
	c.meter().BargedIn()
	c.fact(record.BargeIn, nil)
	c.handle(dialog.Cut{At: time.Now(), SayID: id, Fraction: fraction})
}

func (c *conversation) onPlayout(ev media.PlayoutEvent) {
	poke(c.mouth.work)
	if q, ok := c.texts[ev.ID]; ok && ev.Kind == media.PlayoutStarted {
		delete(c.texts, ev.ID)
		c.see(Seen{CallID: c.sip.ID(), At: time.Now(), Who: TheService, Text: q.Text, State: c.listen.State, Message: q.Message, Queued: q.at})
	}
	if ev.Kind == media.PlayoutStarted && c.welcome == 0 {
		c.welcome = 1
		c.meter().FirstSound(time.Since(c.began))
		c.fact(record.WelcomeStarted, nil)
	}
	if c.welcome == 1 && !c.mouth.guarded() {
		c.welcome = 2
		c.fact(record.Welcomed, nil)
	}
}

// onMouth looks whether the voice failed. The first failure is an incident that
// the caller is told of (its message was rendered at start); a second one ends
// the call, since nothing can be said any more.
func (c *conversation) onMouth() {
	err := c.mouth.trouble()
	if err == nil {
		return
	}
	c.log.Error("the voice failed", "error", err)
	if c.troubled {
		c.hangUp = &dialog.HangUp{Reason: "incident"}
		c.mouth.flush()
		return
	}
	c.troubled = true
	c.incident("voice")
}

// queued is something to say on its way to the voice.
type queued struct {
	dialog.Say
	at time.Time
}

// voice says something and remembers it for whoever looks on.
func (c *conversation) voice(s dialog.Say) {
	c.texts[utteranceID(s.ID, 0)] = queued{s, time.Now()}
	c.mouth.say(s)
}

// incident tells the dialog that a link is down (T3).
func (c *conversation) incident(link string) {
	c.settleDoubt(nil)
	c.mouth.flush()
	c.session.Playout().Resume()
	c.handle(dialog.Incident{At: time.Now(), Link: link})
}

// CallerOf is what a dialog may know of who rings: the kind of line and where it
// probably is, never the number.
func CallerOf(n sip.Number) dialog.Caller {
	return dialog.Caller{Origin: dialog.Origin(n.Kind.String()), Zone: zone(masked(n))}
}

// zone is the area prefix of a French landline: "04" of 04 90 …
func zone(national string) string {
	if len(national) > 2 && national[0] == '0' && national[1] >= '1' && national[1] <= '5' {
		return national[:2]
	}
	return ""
}
