package call

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/acotel/acotel-sbc/asr"
	"github.com/acotel/acotel-sbc/dialog"
	gazetteer "github.com/acotel/acotel-sbc/place"
)

// turn is the caller's present turn, from sure speech to what was made of it.
//
// After 200 ms of silence the recogniser begins to work (asr.Preparer). After Turns.EndSilenceMS
// it is known what was said, and if that answers the question the turn is over. If not, the
// caller may be looking for words, and has until Turns.EndSilencePartialMS to go on, or until
// Turns.EndSilenceUnfinishedMS when nobody ends like that ("près de…"). What a recogniser showed
// early needs no end to be known, so that speech after a pause is heard together with what came
// before it; another is asked at the first silence, and what comes is added to what was heard.
type turn struct {
	live     bool // speech was sure; the ear's events of a closed turn are late and mean nothing
	speaking bool // the caller speaks now
	paused   bool // the voice was paused for it
	covered  bool // the recogniser was slow and words were said meanwhile
	busy     bool // the recogniser was too busy for some of it

	silence  dialog.Ending // the longest ending whose silence has passed
	silent   bool          // a silence has passed at all
	fresh    bool          // speech that the recogniser was not asked about
	prepared *asr.Result   // what it would answer, when it said so early

	asked    int           // results of the recogniser still to come
	heard    []asr.Result  // what was heard so far, one for each part
	said     time.Duration // speech in it
	deadline time.Time     // by when the recogniser must answer, zero: not asked
	slow     time.Time     // when words must cover its silence, zero: not asked
	times    TurnTimes
}

// failed tells whether the recogniser had trouble: what was said then is not known.
func (t turn) failed() bool {
	return slices.ContainsFunc(t.heard, func(r asr.Result) bool { return r.Err != nil })
}

func (t turn) idle() bool { return !t.speaking && t.asked == 0 && !t.silent }

func (c *conversation) onEar(ev earEvent) {
	if ev != speechSure && !c.turn.live {
		return
	}
	switch ev {
	case speechSure:
		c.settleDoubt(nil)
		c.noInput = time.Time{}
		c.turn = turn{live: true, speaking: true, fresh: true}
		if !c.mouth.silent() && !c.mouth.guarded() {
			c.turn.paused = true
			c.session.Playout().Pause()
			c.log.Debug("speech pauses the voice", "decided_unix_ns", c.ear.sure.Load()) // bench bargein reads it
		}
	case speechAgain:
		c.turn.speaking, c.turn.silent, c.turn.fresh, c.turn.prepared = true, false, true, nil
	case speechFalse:
		c.goOn()
	case speechPaused:
		c.silence(dialog.Ended)
	case speechOver:
		c.silence(dialog.Open)
	case speechSpent:
		c.silence(dialog.Unfinished)
	}
}

// silence takes the silence after which answers that end so are over.
func (c *conversation) silence(s dialog.Ending) {
	c.turn.speaking, c.turn.silent, c.turn.silence = false, true, s
	c.turn.times.SpokenUntil = time.Unix(0, c.ear.ended.Load())
	if c.turn.asked > 0 {
		return
	}
	if !c.turn.fresh {
		if c.enough(c.turn.hypotheses()) {
			c.conclude()
		}
		return
	}
	if p := c.turn.prepared; p != nil && c.likeEcho(c.turn.with(*p)) {
		c.goOn()
		return
	} else if p != nil && !c.enough(c.turn.with(*p)) {
		return // the turn stays open for what may follow
	}
	c.ask()
}

// enough tells whether the silence so far ends an answer like this one. Nothing understood is not
// waited for: more of it is no better.
func (c *conversation) enough(h []dialog.Hypothesis) bool {
	return len(h) == 0 || c.turn.silence >= c.s.cfg.Ending(c.listen.State, h)
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
	c.turn.fresh, c.turn.prepared = false, nil
	now := time.Now()
	c.turn.times.Asked = now
	c.turn.deadline, c.turn.slow = now.Add(ms(c.s.cfg.Turns.RecogniserMS)), now.Add(ms(c.s.cfg.Turns.RecogniserSlowMS))
}

// onResult takes what the recogniser heard. Words silence the voice for good.
func (c *conversation) onResult(r asr.Result) {
	if r.Final {
		c.meter().Recognised(r)
	}
	if c.stale > 0 { // of a turn that is closed
		if r.Final {
			c.stale--
		}
		return
	}
	if strings.TrimSpace(r.Text()) != "" && c.turn.paused && !c.filler(r) && !c.likeEcho(c.turn.with(r)) {
		c.turn.paused = false
		c.cut()
	}
	if r.Prepared && c.turn.live && c.turn.asked == 0 && c.turn.fresh {
		c.turn.prepared = &r
	}
	if !r.Final && strings.TrimSpace(r.Text()) != "" {
		c.see(Seen{CallID: c.sip.ID(), At: time.Now(), Who: TheCaller, Text: r.Text(), State: c.listen.State, Partial: true})
	}
	if !r.Final || c.turn.asked == 0 {
		return
	}
	if r.Err != nil {
		c.log.Warn("the recogniser had trouble", "error", r.Err)
	}
	c.turn.asked--
	c.turn.deadline, c.turn.slow = time.Time{}, time.Time{}
	c.turn.busy = c.turn.busy || errors.Is(r.Err, asr.ErrBusy)
	c.turn.times.take(r)
	c.turn.heard = append(c.turn.heard, r)
	if c.turn.speaking || c.turn.asked > 0 {
		return // more is coming
	}
	if c.listening() || c.enough(c.turn.hypotheses()) {
		c.conclude()
	}
}

// conclude hands the turn to the dialog. Sound without words over the voice was
// a cough or the television: the voice goes on, unless the settings say that so
// much speech stops it all the same. It goes on, too, after what people say while
// they listen. Nor is anything answered to a moment of sound without words.
func (c *conversation) conclude() {
	h := c.turn.hypotheses()
	paused := c.turn.paused
	if len(h) == 0 && c.turn.busy {
		c.unheard()
		return
	}
	if len(h) == 0 && (paused || !c.mouth.silent() && !c.turn.covered) && !c.wordless() || c.listening() || c.likeEcho(h) {
		c.goOn()
		return
	}
	if len(h) == 0 && c.turn.said < ms(c.s.cfg.Turns.SpeechMinMS) && c.mouth.silent() && !c.turn.failed() {
		c.goOn() // a noise: nobody asked anything
		return
	}
	times, covered := c.turn.times, c.turn.covered
	c.endTurn()
	if !covered { // the words that covered the wait are said to their end
		c.cut()
	}
	text := ""
	if len(h) > 0 {
		text = h[0].Text
		times.Confidence = h[0].Confidence
	}
	times.Complete = c.s.cfg.Ending(c.listen.State, h) == dialog.Ended
	times.Understood = time.Now()
	c.see(Seen{CallID: c.sip.ID(), At: times.Understood, Who: TheCaller, Text: text, State: c.listen.State, Turn: &times, Readings: h})
	c.consider(dialog.Heard{At: time.Now(), Hypotheses: h})
}

// unheard offers the keys to a caller who spoke while the machine could not listen.
func (c *conversation) unheard() {
	c.meter().Unheard()
	c.log.Warn("the recogniser was too busy for a turn, the keys are offered")
	covered := c.turn.covered
	c.endTurn()
	if !covered {
		c.cut()
	}
	c.see(Seen{CallID: c.sip.ID(), At: time.Now(), Who: TheCaller, State: c.listen.State})
	c.handle(dialog.Unheard{At: time.Now()})
}

// coverRecogniser lets nobody wait in silence for a recogniser that takes its time.
func (c *conversation) coverRecogniser() {
	c.turn.slow = time.Time{}
	if !c.mouth.silent() { // paused: what it says is not over
		return
	}
	c.meter().Covered()
	c.turn.covered = true
	c.voice(dialog.Say{ID: "thinking", Message: "call.thinking", Text: c.s.prompts().Thinking, Interruptible: true})
}

// wordless tells whether the turn stops the voice without words.
func (c *conversation) wordless() bool {
	limit := c.s.cfg.BargeIn.For(c.mouth.message()).WordlessMS
	return limit > 0 && c.turn.said >= ms(limit)
}

// filler tells whether a result is nothing but a sign of listening: such words, while facts are being told that a question
// follows. In the message said last, where the question is, they are an answer when it asks for yes or no, and in its last sentence always.
func (c *conversation) filler(r asr.Result) bool {
	if !c.s.fillers[gazetteer.Fold(r.Text())] {
		return false
	}
	last, ending := c.mouth.ending()
	answers := dialog.YesOrNo(c.listen.State) && c.s.cfg.Ending(c.listen.State, turn{}.with(r)) == dialog.Ended
	return !last || !ending && !answers
}

// echoEnds is how long after the voice was paused its echo may be heard, and a little more.
const echoEnds = 600 * time.Millisecond

// sureWords is the confidence of words that are no piece of an echo.
const sureWords = 0.8

// likeEcho tells, on a line that is known to give our voice back, of a turn over it that fell silent as soon as an echo would and whose words are not sure: it
// was one that the gate let through.
func (c *conversation) likeEcho(h []dialog.Hypothesis) bool {
	if len(h) == 0 || !c.turn.paused || !c.ear.echoes.Load() {
		return false
	}
	rule := c.overVoice()
	return rule != nil && h[0].Confidence < sureWords && c.ear.spoken() < ms(rule.SpeechStartMS)+echoEnds
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
		c.meter().FalseStart()
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

// with is the hypotheses of the turn if r were one more part of it.
func (t turn) with(r asr.Result) []dialog.Hypothesis {
	t.heard = append(slices.Clone(t.heard), r)
	return t.hypotheses()
}

// most is how many readings of a turn in several parts are made.
const most = 10

// hypotheses joins the parts of the turn: the alternatives of a single part, or of several the
// best of each one after the other, then with another reading of one of them. What the recogniser
// knows of a place goes with its part.
func (t turn) hypotheses() []dialog.Hypothesis {
	var parts []asr.Result
	for _, r := range t.heard {
		if strings.TrimSpace(r.Text()) != "" {
			parts = append(parts, r)
		}
	}
	if len(parts) == 0 {
		return nil
	}
	if len(parts) == 1 {
		var h []dialog.Hypothesis
		for _, a := range parts[0].Alternatives {
			h = append(h, dialog.Hypothesis{Text: a.Text, Confidence: a.Confidence, INSEE: a.INSEE, PostalCode: a.PostalCode})
		}
		return h
	}
	choice := make([]int, len(parts))
	all := []dialog.Hypothesis{joined(parts, choice)}
	for i, p := range parts {
		for k := 1; k < len(p.Alternatives); k++ {
			choice[i] = k
			all = append(all, joined(parts, choice))
		}
		choice[i] = 0
	}
	slices.SortStableFunc(all[1:], func(a, b dialog.Hypothesis) int { return cmp.Compare(b.Confidence, a.Confidence) })
	return all[:min(len(all), most)]
}

// joined is one reading of a turn in parts. It is as sure as its least sure part.
func joined(parts []asr.Result, choice []int) dialog.Hypothesis {
	h := dialog.Hypothesis{Confidence: 1}
	for i, p := range parts {
		a := p.Alternatives[choice[i]]
		h.Text = strings.TrimSpace(h.Text + " " + a.Text)
		h.Confidence = min(h.Confidence, a.Confidence)
		if a.INSEE != "" || a.PostalCode != "" { // the last place named is the one meant
			h.INSEE, h.PostalCode = a.INSEE, a.PostalCode
		}
	}
	return h
}
