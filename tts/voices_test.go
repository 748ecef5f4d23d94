package tts

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/acotel/acotel-sbc/breaker"
	"github.com/acotel/acotel-sbc/media"
)

// named is a fake voice with a name of its own.
type named struct {
	fake
	name string
}

func (n *named) Name() string { return n.name }

// joined is what the join of two voices may add: a little silence, and the end of what was heard already.
const joined = 2000

// quartet is a Speaker of several fake voices, with a clock that the test sets.
type quartet struct {
	*Speaker
	voices []*named

	mu    sync.Mutex
	clock time.Time
	told  []string
}

func several(t *testing.T, c SpeakerConfig, names ...string) *quartet {
	t.Helper()
	q := &quartet{clock: time.Unix(0, 0)}
	for _, n := range names {
		q.voices = append(q.voices, &named{name: n})
	}
	c.Synthesizer = q.voices[0]
	for _, v := range q.voices[1:] {
		c.Fallbacks = append(c.Fallbacks, v)
	}
	c.Rest = time.Minute
	c.Now = func() time.Time { q.mu.Lock(); defer q.mu.Unlock(); return q.clock }
	tell := func(s string) { q.mu.Lock(); defer q.mu.Unlock(); q.told = append(q.told, s) }
	c.Voiced = func(v string, o Outcome) { tell(v + " " + string(o)) }
	c.Changed = func(v string, s breaker.State) { tell(v + " " + s.String()) }
	q.Speaker = speaker(t, c)
	if err := q.Warm(t.Context()); err != nil {
		t.Fatal(err)
	}
	return q
}

func (q *quartet) breaks(voices ...int) {
	for i, v := range q.voices {
		v.set(func(f *fake) { f.broken = slices.Contains(voices, i) })
	}
}

func (q *quartet) later() { q.mu.Lock(); q.clock = q.clock.Add(time.Hour); q.mu.Unlock() }

func (q *quartet) heard() []string {
	q.work.Wait()
	q.mu.Lock()
	defer q.mu.Unlock()
	out := q.told
	q.told = nil
	return out
}

func TestTheNextVoiceTakesOver(t *testing.T) {
	q := several(t, SpeakerConfig{}, "a", "b", "c")
	q.breaks(0)
	says := func(text, who string, cached bool) {
		t.Helper()
		pcm, info := spoken(t, q.Speaker, text, Options{Pause: none})
		if info.Voice != who || info.Cached != cached {
			t.Errorf("%q: said by %s, cached %v; want %s, %v", text, info.Voice, info.Cached, who, cached)
		}
		// 100 ms a letter, once each: nothing is missing and nothing is said twice but a moment at the join.
		if want := len(text) * 800; len(pcm) < want-80 || len(pcm) > want+joined {
			t.Errorf("%q: %d samples, want %d", text, len(pcm), want)
		}
		if level := media.LevelDBov(pcm); math.Abs(level+20) > 2 {
			t.Errorf("%q: %.1f dBov", text, level)
		}
	}
	says("premier", "b", false)
	says("deuxième", "b", false) // now a is left alone
	if got, want := q.heard(), []string{"a failed", "b said", "a failed", "a open", "b said"}; !slices.Equal(got, want) {
		t.Errorf("told %q, want %q", got, want)
	}
	says("troisième", "b", false)
	says("troisième", "b", true)
	if got := q.heard(); !slices.Equal(got, []string{"b said"}) || q.voices[0].times("troisième") != 0 {
		t.Errorf("the voice that is left alone was asked: %q", got)
	}
	q.breaks(0, 1)
	says("quatrième", "c", false)
	says("cinquième", "c", false)
	q.heard()
	says("premier", "b", true) // what b said is there although b is gone
	q.breaks()
	q.later()
	says("sixième", "c", false) // beside it a and b are tried
	got := q.heard()
	for _, want := range []string{"a half_open", "a said", "a closed", "b half_open", "b said", "b closed", "c said"} {
		if !slices.Contains(got, want) {
			t.Errorf("told %q, %q is missing", got, want)
		}
	}
	says("sixième", "a", true) // what the trial said was kept
	says("septième", "a", false)
	for _, v := range q.Voices() {
		if v.State != breaker.Closed {
			t.Errorf("%+v", v)
		}
	}
}

// The mixed sound of two voices is nobody's: it is not kept.
func TestASentenceOfTwoVoicesIsNotKept(t *testing.T) {
	dir := t.TempDir()
	q := several(t, SpeakerConfig{CacheDir: dir}, "a", "b")
	q.breaks(0)
	mixed, _ := spoken(t, q.Speaker, "bonjour", Options{Pause: none})
	q.breaks()
	own, info := spoken(t, q.Speaker, "bonjour", Options{Pause: none})
	if info.Voice != "a" || info.Cached || slices.Equal(own, mixed) {
		t.Errorf("%+v, the same sound: %v", info, slices.Equal(own, mixed))
	}
	q.Close()
	only := speaker(t, SpeakerConfig{Synthesizer: &named{name: "b"}, CacheDir: dir})
	if _, info := spoken(t, only, "bonjour", Options{Pause: none}); !info.Cached {
		t.Error("what b had to say for it was not kept as b's own")
	}
}

func TestAllVoicesBroken(t *testing.T) {
	q := several(t, SpeakerConfig{}, "a", "b")
	normal := keptSound(t, q.Speaker, "souci technique", Options{Pause: none})
	q.breaks(0, 1)
	for _, text := range []string{"un mot", "deux mots", "trois mots"} {
		if _, err := q.Say(t.Context(), text, Options{}, func([]int16) error { return nil }); !errors.Is(err, errVoice) {
			t.Errorf("%q: %v", text, err)
		}
	}
	if again, info := spoken(t, q.Speaker, "souci technique", Options{Pause: none}); !info.Cached || !slices.Equal(again, normal) {
		t.Error("what was said before can't be said")
	}
	// To a caller who asked for slower speech, too.
	slow, info := spoken(t, q.Speaker, "souci technique", Options{Pause: none, Rate: .8})
	if more := float64(len(slow)) - float64(len(normal))/.8; info.Voice != "b" && info.Voice != "a" || more < 0 || more > joined {
		t.Errorf("slower: %d samples by %s, %d at the normal speed", len(slow), info.Voice, len(normal))
	}
	q.heard()
	q.breaks(0) // b is back: where all are left alone, all are asked
	if _, info := spoken(t, q.Speaker, "quatre mots", Options{}); info.Voice != "b" {
		t.Errorf("said by %s", info.Voice)
	}
}

// Who stops listening tells nothing about the voice.
func TestNobodyListensIsNoFailure(t *testing.T) {
	q := several(t, SpeakerConfig{}, "a", "b")
	hold := make(chan struct{})
	q.voices[0].set(func(f *fake) { f.hold = hold })
	for _, text := range []string{"un mot", "deux mots", "trois mots"} {
		ctx, cancel := context.WithCancel(t.Context())
		if _, err := q.Say(ctx, text, Options{}, func([]int16) error { cancel(); return nil }); !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
	}
	if got := q.heard(); len(got) != 0 {
		t.Errorf("told %q", got)
	}
}

// muttering is a voice that fails at once, and says why.
type muttering struct {
	named
	err error
}

func (m *muttering) Synthesize(ctx context.Context, u Utterance, emit func([]int16) error) error {
	if u.Text == calibration {
		return m.named.Synthesize(ctx, u, emit)
	}
	return m.err
}

func TestOutcomes(t *testing.T) {
	for _, c := range []struct {
		err  error
		want Outcome
		rest bool
	}{{errVoice, Failed, true}, {ErrStalled, Stalled, true}, {ErrBusy, Busy, false}} {
		m := &muttering{named{name: "a"}, c.err}
		var got []Outcome
		s := speaker(t, SpeakerConfig{Synthesizer: m, Fallbacks: []Synthesizer{&named{name: "b"}}, Voiced: func(v string, o Outcome) {
			if v == "a" {
				got = append(got, o)
			}
		}})
		for _, text := range []string{"un", "deux"} {
			if pcm, info := spoken(t, s, text, Options{Pause: none}); info.Voice != "b" || len(pcm) == 0 {
				t.Errorf("%v: %+v", c.err, info)
			}
		}
		if !slices.Equal(got, []Outcome{c.want, c.want}) || (s.Voices()[0].State == breaker.Open) != c.rest {
			t.Errorf("%v: outcomes %v, then %v", c.err, got, s.Voices()[0].State)
		}
	}
}

// hums is a voice of recordings.
type hums struct {
	named
	texts []string
}

func (h *hums) Says(u Utterance) bool { return slices.Contains(h.texts, u.Written) }
func (h *hums) Sentences() []string   { return h.texts }
func (h *hums) LevelDBov() float64    { return -19.3 } // the fake's hum

func TestRecordingsComeFirst(t *testing.T) {
	h := &hums{named{name: "recorded"}, []string{"Il est 14 h."}}
	s := speaker(t, SpeakerConfig{Synthesizer: h, Fallbacks: []Synthesizer{&named{name: "a"}}})
	for text, who := range map[string]string{"Il est 14 h.": "recorded", "Il est 15 h.": "a"} {
		pcm, info := spoken(t, s, text, Options{Pause: none})
		if level := media.LevelDBov(pcm); info.Voice != who || math.Abs(level+20) > 1.5 {
			t.Errorf("%q: said by %s at %.1f dBov", text, info.Voice, level)
		}
	}
	if h.times(calibration) != 0 || !slices.Equal(s.Recorded(), h.texts) {
		t.Error("recordings were asked to say something else")
	}
	only := speaker(t, SpeakerConfig{Synthesizer: h})
	if _, err := only.Say(t.Context(), "bonsoir", Options{}, func([]int16) error { return nil }); !errors.Is(err, ErrNoVoice) {
		t.Errorf("no voice but recordings: %v", err)
	}
	h.texts = []string{"Bonjour. Bienvenue."}
	if _, err := NewSpeaker(SpeakerConfig{Synthesizer: h}); !errors.Is(err, ErrConfig) {
		t.Errorf("two sentences in one recording: %v", err)
	}
}

// A voice that stays away is told of once, however often it is tried, and once when it is back.
func TestAVoiceThatStaysAwayIsToldOnce(t *testing.T) {
	out := &logged{}
	q := several(t, SpeakerConfig{Log: slog.New(slog.NewTextHandler(out, nil))}, "a", "b")
	q.breaks(0)
	for _, text := range []string{"un", "deux", "trois", "quatre", "cinq"} {
		q.later()
		spoken(t, q.Speaker, text, Options{})
		q.work.Wait()
	}
	q.breaks()
	q.later()
	spoken(t, q.Speaker, "six", Options{})
	q.work.Wait()
	out.mu.Lock()
	defer out.mu.Unlock()
	if n := strings.Count(out.b.String(), "\n"); n != 4 || strings.Count(out.b.String(), "left alone") != 1 || strings.Count(out.b.String(), "speaks again") != 1 {
		t.Errorf("%d lines:\n%s", n, out.b.String())
	}
}
