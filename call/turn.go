package call

import (
	"strings"
	"time"

	"github.com/acotel/acotel-sbc/asr"
	"github.com/acotel/acotel-sbc/dialog"
	gazetteer "github.com/acotel/acotel-sbc/place"
)

// turn is the caller's present turn, from sure speech to what was made of it.
//
// When silence has lasted Turns.EndSilenceMS the recogniser is asked. If what it
// heard answers the question the turn is over; if not, the caller may be looking
// for words, and has until Turns.EndSilencePartialMS to go on: what comes then
// is added to what was heard.
type turn struct {
	live     bool          // speech was sure; the ear's events of a closed turn are late and mean nothing
	speaking bool          // the caller speaks now
	paused   bool          // the voice was paused for it
	over     bool          // the longer silence has passed: no more is waited for
	asked    int           // results of the recogniser still to come
	heard    []asr.Result  // what was heard so far, one for each part
	said     time.Duration // speech in it
	deadline time.Time     // by when the recogniser must answer, zero: not asked
}

func (t turn) idle() bool { return !t.speaking && t.asked == 0 }

func (c *conversation) onEar(ev earEvent) {
	if ev != speechSure && !c.turn.live {
		return
	}
	switch ev {
	case speechSure:
		c.settleDoubt(nil)
		c.noInput = time.Time{}
		c.turn = turn{live: true, speaking: true}
		if !c.mouth.silent() && !c.mouth.guarded() {
			c.turn.paused = true
			c.session.Playout().Pause()
			c.log.Debug("speech pauses the voice", "decided_unix_ns", c.ear.sure.Load()) // bench bargein reads it
		}
	case speechAgain:
		c.turn.speaking = true
	case speechFalse:
		c.goOn()
	case speechPaused:
		c.turn.speaking = false
		c.ask()
	case speechOver:
		c.turn.over = true
		if c.turn.asked == 0 {
			c.conclude()
		}
	}
}

// ask wants the recogniser's final words on the speech so far.
func (c *conversation) ask() {
	c.turn.said = c.ear.spoken()
	if c.stream == nil || c.stream.EndTurn() != nil {
		c.endTurn()
		c.incident("recogniser")
		return
	}
	c.turn.asked++
	c.turn.deadline = time.Now().Add(ms(c.s.cfg.Turns.RecogniserMS))
}

// onResult takes what the recogniser heard. Words silence the voice for good.
func (c *conversation) onResult(r asr.Result) {
	if r.Final {
		c.s.cfg.Meter.Recognised(r)
	}
	if c.stale > 0 { // of a turn that is closed
		if r.Final {
			c.stale--
		}
		return
	}
	if strings.TrimSpace(r.Text()) != "" && c.turn.paused && !c.filler(r) {
		c.turn.paused = false
		c.cut()
	}
	if !r.Final || c.turn.asked == 0 {
		return
	}
	if r.Err != nil {
		c.log.Warn("the recogniser had trouble", "error", r.Err)
	}
	c.turn.asked--
	c.turn.deadline = time.Time{}
	c.turn.heard = append(c.turn.heard, r)
	if c.turn.speaking || c.turn.asked > 0 {
		return // more is coming
	}
	h := c.turn.hypotheses()
	if c.turn.over || len(h) == 0 || c.listening() || c.s.cfg.Complete(c.listen.State, h) {
		c.conclude()
	}
}

// conclude hands the turn to the dialog. Sound without words over the voice was
// a cough or the television: the voice goes on, unless the settings say that so
// much speech stops it all the same. It goes on, too, after what people say while
// they listen.
func (c *conversation) conclude() {
	h := c.turn.hypotheses()
	paused := c.turn.paused
	if len(h) == 0 && (paused || !c.mouth.silent()) && !c.wordless() || c.listening() {
		c.goOn()
		return
	}
	c.endTurn()
	c.cut()
	text := ""
	if len(h) > 0 {
		text = h[0].Text
	}
	c.s.cfg.Observer.See(Seen{CallID: c.sip.ID(), At: time.Now(), Who: TheCaller, Text: text, State: c.listen.State})
	c.consider(dialog.Heard{At: time.Now(), Hypotheses: h})
}

// wordless tells whether the turn stops the voice without words.
func (c *conversation) wordless() bool {
	limit := c.s.cfg.BargeIn.For(c.mouth.message()).WordlessMS
	return limit > 0 && c.turn.said >= ms(limit)
}

// filler tells whether a result is nothing but a sign of listening: such words, in
// the middle of what is being said. During the last sentence they may be an answer.
func (c *conversation) filler(r asr.Result) bool {
	return c.s.fillers[gazetteer.Fold(r.Text())] && !c.mouth.ending()
}

// listening tells whether the turn that paused the voice holds signs of listening
// alone.
func (c *conversation) listening() bool {
	words := 0
	for _, r := range c.turn.heard {
		if strings.TrimSpace(r.Text()) == "" {
			continue
		}
		if words++; !c.filler(r) {
			return false
		}
	}
	return words > 0 && c.turn.paused
}

// goOn forgets the turn; the voice says on where it was.
func (c *conversation) goOn() {
	if c.turn.paused {
		c.s.cfg.Meter.FalseStart()
	}
	c.endTurn()
	c.session.Playout().Resume()
	c.armed = false
}

// endTurn closes the turn; the ear may find the next one.
func (c *conversation) endTurn() {
	c.stale += c.turn.asked
	c.turn = turn{}
	c.ear.reset.Store(true)
}

// hypotheses joins the parts of the turn: the alternatives of a single part, or
// the best of each part said one after the other.
func (t turn) hypotheses() []dialog.Hypothesis {
	var parts []asr.Result
	for _, r := range t.heard {
		if strings.TrimSpace(r.Text()) != "" {
			parts = append(parts, r)
		}
	}
	if len(parts) == 1 {
		var h []dialog.Hypothesis
		for _, a := range parts[0].Alternatives {
			h = append(h, dialog.Hypothesis{Text: a.Text, Confidence: a.Confidence, INSEE: a.INSEE, PostalCode: a.PostalCode})
		}
		return h
	}
	if len(parts) == 0 {
		return nil
	}
	whole := dialog.Hypothesis{Confidence: 1}
	for _, r := range parts {
		best := r.Alternatives[0]
		whole.Text = strings.TrimSpace(whole.Text + " " + best.Text)
		whole.Confidence = min(whole.Confidence, best.Confidence)
	}
	return []dialog.Hypothesis{whole}
}
