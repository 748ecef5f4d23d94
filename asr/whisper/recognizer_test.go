package whisper

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/acotel/acotel-sbc/asr"
	"github.com/acotel/acotel-sbc/asr/asrtest"
	"github.com/acotel/acotel-sbc/asr/phoneme"
)

// fakeEars hear "oui" in everything, when they are let: each Hear takes one from
// go, unless it is nil.
type fakeEars struct {
	free   chan struct{} // nil: at once
	began  chan int      // samples, where not nil
	heard  atomic.Int64
	closed atomic.Bool
	said   string // see fakeSound

	wordsEnd chan error // not nil: sound for the word reader is heard until somebody stops it, and how that ended comes here
}

func (f *fakeEars) Hear(ctx context.Context, pcm []float32, words bool) (Sound, error) {
	f.heard.Add(1)
	if words && f.wordsEnd != nil {
		<-ctx.Done()
		f.wordsEnd <- ctx.Err()
		return nil, ctx.Err()
	}
	if f.began != nil {
		f.began <- len(pcm)
	}
	if f.free != nil {
		select {
		case <-f.free:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	return fakeSound{f.said}, nil
}

func (f *fakeEars) Close() error { f.closed.Store(true); return nil }

type fakeSound struct{ said string } // in IPA; "": oui

func (s fakeSound) Phonemes() ([][]float32, error) {
	return posteriors(cmp.Or(s.said, "wi")), nil
}

func (fakeSound) Words(context.Context) ([]Words, error) {
	return []Words{{Text: "oui je veux bien", LogProb: -0.2}}, nil
}

// posteriors are those of a reader that is sure of what it hears.
func posteriors(ipa string) [][]float32 {
	s, err := phoneme.Parse(ipa)
	if err != nil {
		panic(err)
	}
	var out [][]float32
	for _, p := range append(append(phoneme.String{0, 0}, s...), 0, 0, 0) {
		row := make([]float32, phoneme.Symbols)
		for i := range row {
			row[i] = float32(math.Log(0.02 / float64(phoneme.Symbols)))
		}
		row[p] = float32(math.Log(0.98))
		out = append(out, row)
	}
	return out
}

// yesNo expects two words, and the word reader at "open".
type yesNo struct{ grammar phoneme.Grammar }

func newYesNo() yesNo {
	l := phoneme.NewLoop(nil, nil, phoneme.DefaultParams)
	var entries []phoneme.Entry
	for text, ipa := range map[string]string{"oui": "wi", "non": "nɔ̃"} {
		s, err := phoneme.Parse(ipa)
		if err != nil {
			panic(err)
		}
		entries = append(entries, phoneme.Entry{Text: text, Prior: 1, Said: []phoneme.Said{{Phonemes: s, Weight: 1}}})
	}
	return yesNo{phoneme.Grammar{Loop: l, Groups: [][]phoneme.Part{{{Network: phoneme.NewNetwork(l, entries), Weight: 1}}}}}
}

func (y yesNo) Grammar(h asr.Hints) phoneme.Grammar {
	y.grammar.Words = h.State == "open"
	return y.grammar
}

func settings() Settings {
	s := DefaultSettings()
	s.Lanes, s.Deadline, s.Patience, s.PartialEvery = 1, time.Minute, time.Minute, 0
	return s
}

func TestConformance(t *testing.T) {
	asrtest.Run(t, func(*testing.T) asr.Recognizer { return New(&fakeEars{}, newYesNo(), settings(), nil) })
}

// speech is a buzz, n ms of it.
func speech(ms int) []int16 {
	pcm := make([]int16, 8*ms)
	for i := range pcm {
		pcm[i] = int16(i%80*200 - 8000)
	}
	return pcm
}

func silence(ms int) []int16 { return make([]int16, 8*ms) }

func open(t *testing.T, r *Recognizer) asr.Stream {
	t.Helper()
	s, err := r.Open(t.Context(), asr.Format{SampleRate: 8000})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func write(t *testing.T, s asr.Stream, pcm []int16) {
	t.Helper()
	for len(pcm) > 0 {
		n := min(160, len(pcm))
		if err := s.Write(pcm[:n]); err != nil {
			t.Fatal(err)
		}
		pcm = pcm[n:]
	}
}

func end(t *testing.T, s asr.Stream) {
	t.Helper()
	if err := s.EndTurn(); err != nil {
		t.Fatal(err)
	}
}

func recognizer(t *testing.T, e *fakeEars, change func(*Settings)) *Recognizer {
	set := settings()
	if change != nil {
		change(&set)
	}
	r := New(e, newYesNo(), set, nil)
	t.Cleanup(func() {
		if err := r.Close(); err != nil || !e.closed.Load() {
			t.Errorf("close: %v, ears closed: %v", err, e.closed.Load())
		}
	})
	return r
}

func TestBothReaders(t *testing.T) {
	for _, c := range []struct {
		state, said string
		want        []string
	}{
		{"confirm", "", []string{"oui"}},
		{"open", "", []string{"oui"}}, // the word reader has nothing to add
		{"open", "wiʒəvøbjɛ̃vøniʁ", []string{"oui je veux bien", "oui", "non"}},
	} {
		for _, lanes := range []int{1, 2} { // one after the other, or beside each other
			e := &fakeEars{said: c.said}
			t.Run(fmt.Sprint(c.state, c.said, lanes), func(t *testing.T) {
				s := open(t, recognizer(t, e, func(s *Settings) { s.Lanes = lanes }))
				s.Expect(asr.Hints{State: c.state})
				write(t, s, speech(300))
				end(t, s)
				var got []string
				for _, a := range (<-s.Results()).Alternatives {
					got = append(got, a.Text)
				}
				if !slices.Equal(got, c.want) {
					t.Errorf("heard %q, want %q", got, c.want)
				}
			})
		}
	}
}

// Where a lane is free the word reader begins beside the other, and nobody waits for it when it has nothing to add.
func TestTheWordReaderIsNotWaitedFor(t *testing.T) {
	e := &fakeEars{wordsEnd: make(chan error, 1)}
	s := open(t, recognizer(t, e, func(s *Settings) { s.Lanes = 2 }))
	s.Expect(asr.Hints{State: "open"})
	write(t, s, speech(300))
	end(t, s)
	if r := <-s.Results(); r.Text() != "oui" || r.Err != nil {
		t.Errorf("heard %q, %v", r.Text(), r.Err)
	}
	if err := <-e.wordsEnd; !errors.Is(err, context.Canceled) {
		t.Errorf("the word reader ended with %v", err)
	}
}

// Who gave a sure answer is not kept waiting for the rest of their words, whether those were being read when the turn ended, on a lane of
// their own or not, or not begun.
func TestASureAnswerDoesNotWait(t *testing.T) {
	for _, c := range []struct {
		name            string
		lanes           int
		prepared, reads bool
	}{
		{"being read beside", 2, true, true},
		{"being read after", 1, true, true},
		{"begun at the end, beside", 2, false, true},
		{"not begun", 1, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := &fakeEars{said: "wiʒəvøbjɛ̃vøniʁ", wordsEnd: make(chan error, 1)}
			r := recognizer(t, e, func(s *Settings) { s.Lanes, s.Patience, s.Calibration.Bias = c.lanes, time.Millisecond, 3 })
			s := open(t, r)
			s.Expect(asr.Hints{State: "open"})
			write(t, s, speech(300))
			if c.prepared {
				write(t, s, silence(200))
				s.(asr.Preparer).Prepare()
				for e.heard.Load() < 2 { // both readers have the sound
					runtime.Gosched()
				}
			}
			end(t, s)
			if got := <-s.Results(); !got.Final || got.Text() != "oui" || got.Err != nil {
				t.Errorf("heard %+v", got)
			}
			if c.reads {
				if err := <-e.wordsEnd; !errors.Is(err, context.Canceled) {
					t.Errorf("the word reader ended with %v", err)
				}
			} else if n := e.heard.Load(); n != 1 {
				t.Errorf("the sound was heard %d times", n)
			}
		})
	}
}

// TestPrepare lets a caller fall silent: what was prepared answers, if they stay silent.
func TestPrepare(t *testing.T) {
	for _, c := range []struct {
		name   string
		after  []int16
		expect bool // changed hints
		hears  int64
	}{
		{"silence", silence(600), false, 1},
		{"speaks on", speech(300), false, 2},
		{"something else is expected", silence(600), true, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := &fakeEars{began: make(chan int, 4)}
			r := recognizer(t, e, nil)
			s := open(t, r)
			write(t, s, speech(500))
			write(t, s, silence(200))
			p := s.(asr.Preparer)
			p.Prepare()
			p.Prepare()
			<-e.began
			if got := <-s.Results(); got.Final || !got.Prepared || got.Text() != "oui" {
				t.Errorf("prepared %+v", got)
			}
			write(t, s, c.after)
			if c.expect {
				s.Expect(asr.Hints{State: "confirm"})
			}
			end(t, s)
			if got := <-s.Results(); got.Text() != "oui" || got.Err != nil || !got.Final {
				t.Errorf("%+v", got)
			}
			if n := e.heard.Load(); n != c.hears {
				t.Errorf("heard %d times, want %d", n, c.hears)
			}
		})
	}
}

// TestFinalsInOrder answers turns in their order, those without sound too.
func TestFinalsInOrder(t *testing.T) {
	e := &fakeEars{free: make(chan struct{})}
	r := recognizer(t, e, nil)
	s := open(t, r)
	write(t, s, speech(200))
	end(t, s)
	end(t, s) // nothing was written
	write(t, s, speech(200))
	end(t, s)
	e.free <- struct{}{}
	e.free <- struct{}{}
	for turn, want := range []string{"oui", "", "oui"} {
		if got := <-s.Results(); got.Turn != turn || got.Text() != want {
			t.Errorf("turn %d: %+v", turn, got)
		}
	}
}

// TestBusy fills the queue, and lets a deadline pass.
func TestBusy(t *testing.T) {
	t.Run("a full queue", func(t *testing.T) {
		e := &fakeEars{free: make(chan struct{}), began: make(chan int, 4)}
		r := recognizer(t, e, func(s *Settings) { s.Queue = 1 })
		var all []asr.Stream
		for i := range 3 {
			s := open(t, r)
			write(t, s, speech(200))
			end(t, s)
			if i == 0 {
				<-e.began // the lane is taken
			}
			all = append(all, s)
		}
		if got := <-all[2].Results(); !errors.Is(got.Err, asr.ErrBusy) || got.Text() != "" {
			t.Errorf("past the queue: %+v", got)
		}
		for range 2 {
			e.free <- struct{}{}
		}
		for _, s := range all[:2] {
			if got := <-s.Results(); got.Text() != "oui" || got.Err != nil {
				t.Errorf("in the queue: %+v", got)
			}
		}
	})
	t.Run("a deadline", func(t *testing.T) {
		e := &fakeEars{free: make(chan struct{})}
		r := recognizer(t, e, func(s *Settings) { s.Deadline = time.Millisecond })
		s := open(t, r)
		write(t, s, speech(200))
		end(t, s)
		if got := <-s.Results(); !errors.Is(got.Err, asr.ErrBusy) {
			t.Errorf("%+v", got)
		}
	})
}

// TestFair gives the lane to each call in turn: one that asks often does not keep the others waiting.
func TestFair(t *testing.T) {
	e := &fakeEars{free: make(chan struct{}), began: make(chan int)}
	r := recognizer(t, e, nil)
	greedy, modest := open(t, r), open(t, r)
	for i := range 3 {
		write(t, greedy, speech(100))
		end(t, greedy)
		if i == 0 {
			<-e.began
		}
	}
	write(t, modest, speech(500))
	end(t, modest)
	e.free <- struct{}{}
	if n := <-e.began; n != 16*500 {
		t.Errorf("%d samples are heard next, not the other call's", n)
	}
	for range 2 {
		e.free <- struct{}{}
		<-e.began
	}
	e.free <- struct{}{}
	if got := <-modest.Results(); got.Text() != "oui" {
		t.Errorf("%+v", got)
	}
}

// TestPartials come while the caller speaks, from a machine with nothing else to do.
func TestPartials(t *testing.T) {
	e := &fakeEars{}
	r := recognizer(t, e, func(s *Settings) { s.PartialEvery = 200 * time.Millisecond })
	s := open(t, r)
	write(t, s, speech(200))
	if got := <-s.Results(); got.Final || got.Text() != "oui" {
		t.Errorf("%+v", got)
	}
}

func TestSilenceIsNotHeard(t *testing.T) {
	e := &fakeEars{}
	s := open(t, recognizer(t, e, nil))
	write(t, s, silence(2000))
	end(t, s)
	if got := <-s.Results(); len(got.Alternatives) != 0 || e.heard.Load() != 0 {
		t.Errorf("%+v after %d looks", got, e.heard.Load())
	}
}

// TestCloseWaits closes a stream whose turn is being heard.
func TestCloseWaits(t *testing.T) {
	e := &fakeEars{free: make(chan struct{}), began: make(chan int, 1)}
	r := recognizer(t, e, nil)
	s := open(t, r)
	write(t, s, speech(200))
	end(t, s)
	<-e.began
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, ok := <-s.Results(); ok {
		t.Error("a result after Close")
	}
}

func TestFrontEndLevels(t *testing.T) {
	for _, gain := range []int16{1, 4} {
		pcm := speech(1000)
		for i := range pcm {
			pcm[i] = pcm[i] / 8 * gain
		}
		x := FrontEnd(append(silence(500), pcm...))
		var sum float64
		for _, v := range x[16*600 : 16*1400] {
			sum += float64(v) * float64(v)
		}
		if dB := 10 * math.Log10(sum/(16*800)); math.Abs(dB-target) > 0.3 {
			t.Errorf("gain %d: %.2f dBov, want %.0f", gain, dB, target)
		}
	}
	if x := FrontEnd(nil); len(x) != 0 {
		t.Errorf("%d samples of nothing", len(x))
	}
	if x := FrontEnd(silence(100)); len(x) != 1600 {
		t.Errorf("%d samples of 100 ms", len(x))
	}
}

// What each step of the front end does is gone when it is left out.
func TestFrontEndSteps(t *testing.T) {
	// at is the level of one frequency in 1 s of sound at 16 kHz, dBov.
	at := func(x []float32, hz float64) float64 {
		var re, im float64
		for i, v := range x {
			s, c := math.Sincos(2 * math.Pi * hz * float64(i) / modelRate)
			re, im = re+float64(v)*c, im+float64(v)*s
		}
		return 10 * math.Log10(2*(re*re+im*im)/float64(len(x))/float64(len(x))+1e-12)
	}
	tone := func(hz, dBov float64) []int16 {
		pcm := make([]int16, lineRate)
		for i := range pcm {
			pcm[i] = int16(32768 * math.Sqrt2 * math.Pow(10, dBov/20) * math.Sin(2*math.Pi*hz*float64(i)/lineRate))
		}
		return pcm
	}
	for _, c := range []struct {
		name     string
		in       []int16
		front    Front
		hz       float64
		from, to float64 // dBov of it
	}{
		{"the mirror image above the line's band", tone(3000, -20), Front{}, 5000, -120, -70},
		{"and without the filter", tone(3000, -20), Front{SkipFilter: true}, 5000, -40, -20},
		{"a hum of the mains", tone(50, -20), Front{SkipLevel: true}, 50, -29.5, -28},
		{"and without the high-pass", tone(50, -20), Front{SkipLevel: true, SkipHighPass: true}, 50, -20.5, -19.5},
		{"a quiet voice", tone(1000, -40), Front{}, 1000, -20.5, -19.5},
		{"and as it comes", tone(1000, -40), Front{SkipLevel: true}, 1000, -40.5, -39.5},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := at(c.front.Process(c.in), c.hz); got < c.from || got > c.to {
				t.Errorf("%.1f dBov at %.0f Hz, want %.1f to %.1f", got, c.hz, c.from, c.to)
			}
		})
	}
}
