package call

import (
	"bytes"
	"context"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/acotel/acotel-sbc/asr"
	"github.com/acotel/acotel-sbc/asr/scripted"
	"github.com/acotel/acotel-sbc/config"
	"github.com/acotel/acotel-sbc/media"
	"github.com/acotel/acotel-sbc/media/silero"
	"github.com/acotel/acotel-sbc/models"
	"github.com/acotel/acotel-sbc/record"
	"github.com/acotel/acotel-sbc/tts"
)

// toner is a voice that says each sentence on a tone of its own, 150 ms a word, so that what is heard can be told apart.
type toner struct {
	mu    sync.Mutex
	tones map[string]int // sentence → number of its tone
}

const tonerTones = 20

// pitch of tone n, Hz.
func pitch(n int) float64 { return 400 + 150*float64(n%tonerTones) }

func (v *toner) Sentences(text string) []string {
	return strings.SplitAfter(strings.TrimSpace(text), ". ")
}

// tone numbers the sentences in the order in which they are first said.
func (v *toner) tone(sentence string) int {
	v.mu.Lock()
	defer v.mu.Unlock()
	n, ok := v.tones[sentence]
	if !ok {
		n = len(v.tones)
		v.tones[sentence] = n
	}
	return n
}

// frames is how long a sentence is, in frames of 20 ms.
func (v *toner) frames(sentence string) int { return len(strings.Fields(sentence)) * 15 / 2 }

func (v *toner) Say(ctx context.Context, sentence string, _ tts.Options, emit func([]int16) error) (tts.Info, error) {
	hz := pitch(v.tone(sentence))
	pcm := make([]int16, v.frames(sentence)*media.FrameSamples)
	for i := range pcm {
		pcm[i] = int16(6000 * math.Sin(2*math.Pi*hz*float64(i)/media.LineRate))
	}
	return tts.Info{}, emit(pcm)
}

// heardTones gives the tone of each frame of a recording, -1 for silence and for what is no tone: the ends of fades.
func heardTones(pcm []int16) (out []int) {
	for ; len(pcm) >= media.FrameSamples; pcm = pcm[media.FrameSamples:] {
		best, most := -1, 0.0
		frame := pcm[:media.FrameSamples]
		energy := 0.0
		for _, s := range frame {
			energy += float64(s) * float64(s)
		}
		for n := range tonerTones {
			if p := power(frame, pitch(n)) / (energy*media.FrameSamples/2 + 1); p > max(most, 0.5) {
				best, most = n, p
			}
		}
		out = append(out, best)
	}
	return out
}

// power of a frequency in a frame (Goertzel).
func power(frame []int16, hz float64) float64 {
	k := 2 * math.Cos(2*math.Pi*hz/media.LineRate)
	var a, b float64
	for _, s := range frame {
		a, b = float64(s)+k*a-b, a
	}
	return a*a + b*b - k*a*b
}

// speech is a sentence by espeak-ng, as a telephone line carries it: at an active level (ITU-T P.56) over a little noise.
func speech(t *testing.T, text string, dBov float64) []int16 {
	t.Helper()
	out, err := exec.Command("espeak-ng", "-v", "fr", "-s", "150", "--stdout", text).Output()
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("espeak-ng is missing: run make setup: %v", err)
		}
		t.Skipf("espeak-ng is missing: run make setup: %v", err)
	}
	pcm, rate, err := media.ReadWAV(bytes.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	r, err := media.NewResampler(rate, media.LineRate)
	if err != nil {
		t.Fatal(err)
	}
	pcm = r.Flush(r.Process(nil, pcm))
	level, _ := media.ActiveLevelDBov(pcm, media.LineRate)
	gain, noise := math.Pow(10, (dBov-level)/20), rand.New(rand.NewPCG(1, 2))
	for i, s := range pcm {
		pcm[i] = int16(max(-32768, min(32767, float64(s)*gain+20*noise.NormFloat64())))
	}
	return pcm
}

// cough is a burst of noise in the colour of a throat, at about -20 dBov.
func cough(d time.Duration) []int16 {
	r := rand.New(rand.NewPCG(3, 4))
	pole := math.Exp(-math.Pi * 500 / media.LineRate)
	a, b := 2*pole*math.Cos(2*math.Pi*900/media.LineRate), -pole*pole
	pcm := make([]int16, int(d*media.LineRate/time.Second))
	var y1, y2 float64
	for i := range pcm {
		y := r.NormFloat64() + a*y1 + b*y2
		y1, y2 = y, y1
		pcm[i] = int16(max(-32768, min(32767, 1300*y)))
	}
	return pcm
}

// network is Silero VAD for the calls of a test, when make setup fetched it.
func network(t *testing.T) func() media.VADConfig {
	t.Helper()
	m, err := silero.Open(models.Folders(os.Getenv("ACOTEL_MODELS_DIR"))...)
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("run make setup: %v", err)
		}
		t.Skipf("run make setup: %v", err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return func() media.VADConfig { return media.VADConfig{Model: m.Line()} }
}

// talk is a call whose voice is a toner and whose caller makes a sound while the open question is being said. change may alter the
// configuration.
func talk(t *testing.T, sound []int16, change func(*Config)) (x *exchange, p *phone, v *toner) {
	t.Helper()
	v = &toner{tones: map[string]int{}}
	x = serving(t, func(c *Config) {
		c.Voice = v
		if change != nil {
			change(c)
		}
	})
	p = x.ring("0970000000")
	x.afterNotice(p)
	p.play(sound)
	return x, p, v
}

// counts is how many frames of each tone were heard.
func counts(tones []int) map[int]int {
	out := map[int]int{}
	for _, n := range tones {
		if n >= 0 {
			out[n]++
		}
	}
	return out
}

// Real speech over the voice, found by the network: the voice stops, the answer follows, and of what was queued before nothing is heard
// any more.
func TestNothingQueuedIsHeardAfterWords(t *testing.T) {
	t.Parallel()
	const answer = "je cherche un atelier à Orange"
	hears := network(t)
	x, p, v := talk(t, speech(t, answer, -22), func(c *Config) {
		c.Speech, c.Recognizer = hears, scripted.New(answer)
	})
	until(t, "the search for Orange", func() bool { return x.said("Orange") > 0 })
	until(t, "sound of the answer", func() bool { return p.heard(p.moment()-100*time.Millisecond) > 2 })
	p.hangUp()
	if _, ok := x.fact(record.BargeIn); !ok {
		t.Error("no barge-in in the record")
	}
	tones := heardTones(p.recording())
	v.mu.Lock()
	defer v.mu.Unlock()
	first := len(v.tones) // of the answer
	for sentence, n := range v.tones {
		if strings.Contains(sentence, "Orange") {
			first = min(first, n)
		}
	}
	was, whole := 0, 0 // frames heard from before the answer, and there were
	for sentence, n := range v.tones {
		if n < first {
			was, whole = was+counts(tones)[n], whole+v.frames(sentence)
		}
	}
	if was < 20 || was > whole-20 {
		t.Errorf("%d of %d frames heard of what was said before: it was not cut", was, whole)
	}
	newer := false
	for i, n := range tones {
		newer = newer || n >= first
		if newer && n >= 0 && n < first {
			t.Fatalf("tone %d, from before the caller spoke, is heard in frame %d, after the answer began", n, i)
		}
	}
	if !newer {
		t.Error("the answer was not heard")
	}
}

// A cough shorter than a turn: every sentence is heard whole and once, in order. The gate alone pauses for it, the network knows better.
func TestTheVoiceGoesOnAfterACough(t *testing.T) {
	t.Parallel()
	for name, model := range map[string]bool{"gate": false, "network": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var hears func() media.VADConfig
			if model {
				hears = network(t)
			}
			m := &meter{}
			x, p, v := talk(t, cough(240*time.Millisecond), func(c *Config) { c.Speech, c.Meter = hears, m })
			p.quietFor(time.Second)
			p.hangUp()
			if _, ok := x.fact(record.BargeIn); ok {
				t.Error("a cough counts as barge-in")
			}
			if n := m.falseStarts.Load(); model && n != 0 || !model && n != 1 {
				t.Errorf("the voice paused %d times", n)
			}
			heardWhole(t, v, p)
		})
	}
}

// heardWhole checks that every sentence said was heard to its end, once, in order. Sound around a pause is faded, so that a few frames more
// are heard, or fewer, beside those that the phone's jitter buffer mended; what a cough of 240 ms could take would be twelve.
func heardWhole(t *testing.T, v *toner, p *phone) {
	t.Helper()
	tones := heardTones(p.recording())
	got, last := counts(tones), -1
	may := 8 + p.mended()
	v.mu.Lock()
	defer v.mu.Unlock()
	for sentence, n := range v.tones {
		if want := v.frames(sentence); got[n] < want-may || got[n] > want+may {
			t.Errorf("%d frames of %d of %q heard", got[n], want, sentence)
		}
	}
	for i, n := range tones {
		if n >= 0 && n < last {
			t.Fatalf("frame %d: tone %d after tone %d", i, n, last)
		}
		last = max(last, n)
	}
}

// Per message: faint speech does not interrupt what asks for loud, and nothing interrupts what is said to its end.
func TestMessagesSayWhatInterruptsThem(t *testing.T) {
	t.Parallel()
	never, loud := false, -35.0
	for name, c := range map[string]struct {
		rule config.BargeInMessage
		dBov float64
		cut  bool
	}{
		"too faint for the message": {config.BargeInMessage{MinDBov: &loud}, -44, false},
		"loud enough":               {config.BargeInMessage{MinDBov: &loud}, -24, true},
		"never":                     {config.BargeInMessage{Allowed: &never}, -24, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			hears := network(t)
			x, p, v := talk(t, speech(t, "un atelier", c.dBov), func(cfg *Config) {
				cfg.Speech, cfg.Recognizer = hears, scripted.New("je cherche un atelier à Orange")
				cfg.BargeIn.Messages = map[string]config.BargeInMessage{"welcome.*": c.rule}
			})
			p.quietFor(time.Second)
			p.hangUp()
			if _, ok := x.fact(record.BargeIn); ok != c.cut {
				t.Errorf("interrupted: %v", ok)
			}
			if !c.cut {
				heardWhole(t, v, p)
			}
		})
	}
}

// Where the settings ask for it, speech without words stops the voice.
func TestSpeechWithoutWordsStopsTheVoiceIfWanted(t *testing.T) {
	t.Parallel()
	hears := network(t)
	x, p, _ := talk(t, speech(t, "je cherche un atelier à Orange", -22), func(c *Config) {
		c.Speech, c.BargeIn.WordlessMS = hears, 300
	})
	until(t, "the barge-in", func() bool { _, ok := x.fact(record.BargeIn); return ok })
	p.hangUp()
}

// Who says "d'accord" while listening does not interrupt; said to the last sentence, the question, it is an answer.
func TestSignsOfListeningDoNotInterrupt(t *testing.T) {
	t.Parallel()
	hears := network(t)
	x, p, v := talk(t, speech(t, "d'accord", -22), func(c *Config) {
		c.Speech, c.Recognizer = hears, scripted.New("D'accord.")
	})
	until(t, "the end of the question", func() bool { _, ok := x.fact(record.QuestionAsked); return ok })
	p.quietFor(500 * time.Millisecond)
	p.hangUp()
	if _, ok := x.fact(record.BargeIn); ok {
		t.Error("it interrupts")
	}
	x.mu.Lock()
	for _, s := range x.seen {
		if s.Who == TheCaller {
			t.Errorf("it was taken for an answer: %q", s.Text)
		}
	}
	x.mu.Unlock()
	heardWhole(t, v, p)
}

func TestTheLastSentenceIsAnswered(t *testing.T) {
	t.Parallel()
	m := &mouth{says: []*saying{{sentences: []string{"Un.", "Deux ?"}}}, play: mediaPlayout(t)}
	if last, ending := m.ending(); !last || ending {
		t.Error("the first of two sentences is the last, or its message is not")
	}
	m.says[0].heard = 1
	if last, ending := m.ending(); !last || !ending {
		t.Error("the last sentence is not the last")
	}
	m.says = append(m.says, &saying{sentences: []string{"Trois ?"}})
	if last, ending := m.ending(); last || ending {
		t.Error("a question follows")
	}
}

// What people say while they listen lets the voice go on while facts are told; where the question is, it is an answer when it answers.
func TestWhatIsASignOfListening(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		words, state string
		after        bool // another message follows
		last         bool // it is the last sentence
		want         bool
	}{
		{"Oui.", "results", true, false, true},
		{"Oui oui.", "results", true, true, true},
		{"D'accord.", "place", true, false, true},
		{"Suivant.", "results", true, false, false},
		{"Oui.", "confirm", false, false, false}, // "Carpentras, dans le Vaucluse. C'est bien cela ?"
		{"D'accord.", "sms", false, false, false},
		{"D'accord.", "open", false, false, true},
		{"Hum.", "place", false, false, true},
		{"D'accord.", "open", false, true, false},
	} {
		a := inState(t, c.state, &reader{}, nil)
		said := &saying{sentences: []string{"Un.", "Deux ?"}}
		if c.last {
			said.heard = 1
		}
		a.mouth.says = []*saying{said}
		if c.after {
			a.mouth.says = append(a.mouth.says, &saying{sentences: []string{"Trois ?"}})
		}
		if got := a.filler(asr.Result{Alternatives: []asr.Alternative{{Text: c.words, Confidence: .95}}, Final: true}); got != c.want {
			t.Errorf("%q at %s, a message follows: %v, last sentence: %v: %v", c.words, c.state, c.after, c.last, got)
		}
	}
}

// mediaPlayout is a playout that nobody hears.
func mediaPlayout(t *testing.T) *media.Playout {
	t.Helper()
	s, err := media.NewSession(media.SessionConfig{IP: loopback.Addr()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s.Playout()
}
