package e2e

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/acotel/acotel-sbc/media"
)

// overVoice is what a caller does while a workshop is read out, and what comes of it.
type overVoice struct {
	name string
	says func(t *testing.T) []int16 // 0.7 s into the sentence that says when it is; nil: nothing
	way  wayBack
	// The voice: goesOn from the word that was cut, is never paused (untouched), or stops for good.
	want  string
	again func(t *testing.T) []int16 // said when the voice has gone on for a second
}

const (
	untouched = "is untouched"
	goesOn    = "goes on"
	stops     = "stops"
)

func phrase(voice, words string, dBov float64) func(*testing.T) []int16 {
	return func(t *testing.T) []int16 { return voiceOf(t, voice, words, 140, dBov) }
}

func coughing(d time.Duration) func(*testing.T) []int16 {
	return func(*testing.T) []int16 { return cough(d, -20) }
}

const (
	nextOne  = "suivant, s'il vous plaît"
	longTalk = "attendez madame, moi je voudrais d'abord savoir si c'est loin de la gare, parce que je n'ai pas de voiture, vous comprenez, alors l'atelier suivant"
)

var (
	hybrid      = wayBack{60 * time.Millisecond, -18, false}
	loudspeaker = wayBack{200 * time.Millisecond, -18, true}
)

var overVoices = []overVoice{
	{name: "words", says: phrase("Annie", nextOne, -22), want: stops},
	{name: "words of a quiet caller", says: phrase("f4", nextOne, -34), want: stops},
	{name: "words over a hybrid's echo", says: phrase("Annie", nextOne, -22), way: hybrid, want: stops},
	{name: "words over a loudspeaker's echo", says: phrase("Denis", nextOne, -22), way: loudspeaker, want: stops},
	{name: "both talk for long", says: phrase("Annie", longTalk, -20), want: stops},
	{name: "a cough", says: coughing(260 * time.Millisecond), want: goesOn},
	{name: "a long cough", says: coughing(700 * time.Millisecond), want: goesOn},
	{name: "hm", says: phrase("Denis", "[[m:m:m:]]", -24), want: goesOn},
	{name: "oui oui", says: phrase("Annie", "oui oui", -22), want: goesOn},
	{name: "oui", says: phrase("caleb", "oui", -22), want: goesOn},
	{name: "d'accord", says: phrase("f2", "d'accord", -22), want: goesOn},
	{name: "oui oui, then d'accord", says: phrase("f2", "oui oui", -22), again: phrase("f2", "d'accord", -22), want: goesOn},
	{name: "oui oui over an echo", says: phrase("Annie", "oui oui", -22), way: hybrid, want: goesOn},
	{name: "a hybrid's echo, -18 dB at once", way: wayBack{0, -18, false}, want: untouched},
	{name: "a hybrid's echo, -30 dB, 150 ms", way: wayBack{150 * time.Millisecond, -30, false}, want: untouched},
	{name: "a hybrid's echo, -18 dB, 300 ms", way: wayBack{300 * time.Millisecond, -18, false}, want: untouched},
	{name: "a loudspeaker's echo, -18 dB, 30 ms", way: wayBack{30 * time.Millisecond, -18, true}, want: untouched},
	{name: "a loudspeaker's echo, -24 dB, 300 ms", way: wayBack{300 * time.Millisecond, -24, true}, want: untouched},
}

// heldOver is a call in which one of them happened.
type heldOver struct {
	overVoice
	heard      []int16
	onset, end int // of what the caller said, samples of heard
	texts      []text
	answer     int // the first text that was said because of what the caller said; len(texts): none
	turns      []string
	paused     int    // times that the voice was paused, by the service's log
	jumps      uint64 // frames that the caller's telephone had to make up or leave out: the machine stood still, and the echo's way was another one after it
	err        error
}

// TestSpeakingOverTheVoice rings with recorded sounds over the service's own voice, all at once, and finds in what each caller heard which part of
// which sentence it was: the voice stops for words and says nothing more of what it was saying; it goes on after a cough or a sign of listening, from the
// word that was cut, and says nothing twice and leaves nothing out; its own echo never counts as the caller, nor pauses the voice unless the machine stood still meanwhile.
// It is not parallel: it runs before the others, with the machine for itself.
func TestSpeakingOverTheVoice(t *testing.T) {
	s := serve(t, t.TempDir(), "--set", "asr.backends=[whisper]", "--set", "http.debug=true", "--set", "log.level=debug", "--set", "check.seconds=0", "--set", "calls.slots=30",
		"--set", "turns.recogniser_ms=15000", "--set", "turns.recogniser_slow_ms=14000", "--set", "asr.whisper.deadline_ms=14000") // a busy machine must not lose an answer
	ep, talks := callers(t), s.follow(t)
	voice := rendered(t, "Chanter pour le plaisir, sans savoir lire la musique.", "espeak")
	calls := make([]*heldOver, len(overVoices))
	var ringing sync.WaitGroup
	for i, o := range overVoices {
		calls[i] = &heldOver{overVoice: o}
		var first, second []int16
		if o.says != nil {
			first = o.says(t)
		}
		if o.again != nil {
			second = o.again(t)
		}
		ringing.Go(func() {
			from := fmt.Sprintf("0639%02d0001", i)
			c, err := s.ring(t, ep, from, o.way, voice)
			if err != nil {
				calls[i].err = err
				return
			}
			calls[i].err = calls[i].hold(c, talks, from, first, second)
			st := c.session.Stats()
			calls[i].jumps = st.Concealed + st.Late + st.ClockSkipped
			c.hangUp()
			calls[i].heard, calls[i].onset, calls[i].end = c.recording()
		})
	}
	ringing.Wait()
	sounds, pauses := map[string][]int16{}, s.pauses(talks)
	for i, c := range calls {
		c.paused = pauses[fmt.Sprintf("0639%02d", i)]
		for k, x := range c.texts {
			if _, ok := sounds[x.words]; !ok {
				sounds[x.words] = rendered(t, x.words, "espeak")
			}
			c.texts[k].sound = sounds[x.words]
		}
		t.Run(c.name, c.check)
	}
}

// hold asks for workshops by keys and, while one is read out, makes the sounds.
func (h *heldOver) hold(c *caller, talks *conversations, from string, first, second []int16) error {
	message := func(prefix string) func(told) bool {
		return func(e told) bool { return e.Who == "service" && strings.HasPrefix(e.Message, prefix) }
	}
	if err := c.session.SendDigits("84000#"); err != nil {
		return err
	}
	at, err := talks.await(from, 0, "the question for the theme", message("theme.ask"))
	if err == nil {
		err = c.session.SendDigits("1#")
	}
	if err == nil {
		at, err = talks.await(from, at, "the workshop", message("result.number"))
	}
	begins := at - 1
	if err == nil {
		at, err = talks.await(from, at, "the date", message("result.when"))
	}
	if err != nil {
		return err
	}
	c.wait(700 * time.Millisecond)
	c.say(first)
	c.wait(time.Duration(len(first)) * time.Second / media.LineRate)
	if second != nil {
		if at, err = talks.await(from, at, "the place", message("result.where")); err != nil {
			return err
		}
		c.wait(500 * time.Millisecond)
		c.say(second)
	}
	if h.want != stops {
		_, err = talks.await(from, at, "the question after the workshop", message("results.next"))
		c.wait(time.Second)
	} else if at, err = talks.await(from, at, "what the caller said", func(e told) bool { return e.Who == "caller" }); err == nil {
		_, err = talks.await(from, at, "the answer", message(""))
		c.wait(2500 * time.Millisecond)
	}
	all := talks.of(from)
	for i, e := range all {
		switch {
		case e.Who == "caller" && !e.Keys:
			h.turns = append(h.turns, e.Text)
			h.answer = len(h.texts)
		case e.Who == "service" && i >= begins:
			h.texts = append(h.texts, text{message: e.Message, words: e.Text})
		}
	}
	if len(h.turns) == 0 {
		h.answer = len(h.texts)
	}
	return err
}

// pauses counts by the caller how often the voice was paused for speech.
func (s *service) pauses(talks *conversations) map[string]int {
	out := map[string]int{}
	for line := range strings.Lines(s.logText()) {
		var l struct{ Msg, Call string }
		if json.Unmarshal([]byte(line), &l) == nil && l.Msg == "speech pauses the voice" {
			out[talks.number(l.Call)]++
		}
	}
	return out
}

// begun is where the first of the texts begins in the recording.
func (h *heldOver) begun() (int, bool) {
	first := h.texts[0].sound
	return match(first[:min(len(first), 2*pieceSamples)], h.heard, 0, len(h.heard))
}

func (h *heldOver) check(t *testing.T) {
	if h.err != nil {
		t.Fatal(h.err)
	}
	from, ok := h.begun()
	if !ok {
		t.Fatal("the workshop is not heard")
	}
	runs := timeline(h.heard, from, h.texts)
	defer func() {
		if t.Failed() || testing.Verbose() {
			t.Logf("the caller speaks from %.2f to %.2f s and is understood as %q\n%s", seconds(h.onset), seconds(h.end), h.turns, shownRuns(runs))
		}
	}()
	unknown := 0
	for _, r := range runs {
		if r.text < 0 {
			unknown += r.n
		}
	}
	if seconds(unknown) > h.stalls() {
		t.Errorf("%.2f s are heard of what nobody said", seconds(unknown))
	}
	switch h.want {
	case stops:
		h.stopped(t, runs)
	case untouched:
		h.whole(t, runs, 0)
	case goesOn:
		most := 1
		if h.again != nil {
			most = 2
		}
		h.whole(t, runs, most)
	}
}

// What a machine that stands still for a moment leaves out of the line, or says again, in all.
const stalls = .3 // s

// stalls is that, and with each frame that was late as much as it holds.
func (h *heldOver) stalls() float64 { return stalls + float64(h.jumps)*media.FrameDuration.Seconds() }

// whole checks that the voice was paused for so many sounds at the most, that every text was heard to its end, in order, and no more of it twice than the
// word that was cut by each pause.
func (h *heldOver) whole(t *testing.T, runs []run, pauses int) {
	t.Helper()
	again, lost := twice(runs)
	if len(h.turns) > 0 {
		t.Errorf("the caller counts as having said %q", h.turns)
	}
	if h.way.dB != 0 && h.jumps > 0 {
		pauses += 4
	}
	if h.paused > pauses {
		t.Errorf("the voice was paused %d times", h.paused)
	}
	if again > .4*float64(h.paused)+h.stalls()/2 {
		t.Errorf("%.2f s are heard twice, after %d pauses", again, h.paused)
	}
	if lost > h.stalls() {
		t.Errorf("%.2f s are not heard", lost)
	}
	long := slices.DeleteFunc(slices.Clone(runs), func(r run) bool { return r.text < 0 || r.n < 2*pieceSamples })
	for i, r := range long[1:] {
		p := long[i]
		if r.text < p.text {
			t.Errorf("at %.2f s the voice goes back to a sentence before", seconds(r.at))
		}
		if waited := r.at - p.at - p.n; r.text == p.text && seconds(waited) > .25 && seconds(r.in-p.in-p.n) > h.stalls()/3 {
			t.Errorf("at %.2f s the voice goes on %.2f s later in the sentence than where it was paused", seconds(r.at), seconds(r.in-p.in-p.n))
		}
	}
	t.Logf("paused %d times, %.2f s heard twice, %.2f s not heard, %d frames late or made up", h.paused, again, lost, h.jumps)
}

// stopped checks that the voice stopped soon, said nothing of what it was saying any more, and nothing at all while the caller spoke.
func (h *heldOver) stopped(t *testing.T, runs []run) {
	t.Helper()
	if h.answer == len(h.texts) {
		t.Fatal("there is no answer")
	}
	silent, answers := 0, math.MaxInt
	for _, r := range runs {
		switch {
		case r.text >= h.answer:
			answers = min(answers, r.at)
		case r.text >= 0:
			silent = max(silent, r.at+r.n)
		}
	}
	if answers < silent {
		t.Errorf("something of before is heard until %.2f s, the answer from %.2f s", seconds(silent), seconds(answers))
	}
	const soon = 0.8 // s; what it is on a quiet machine is in docs/speech.md
	if took := seconds(silent - h.onset); took > soon {
		t.Errorf("the voice is silent %.2f s after the caller began", took)
	}
	if s := loudIn(h.heard, silent+media.FrameSamples, h.end); s > 0 {
		t.Errorf("%.2f s of the voice are heard while the caller speaks", s)
	}
	t.Logf("silent %.0f ms after the first sound of the caller, the answer %.0f ms after the last", 1000*seconds(silent-h.onset), 1000*seconds(answers-h.end))
}
