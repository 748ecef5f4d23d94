package call

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/acotel/acotel-sbc/asr"
	"github.com/acotel/acotel-sbc/asr/none"
	"github.com/acotel/acotel-sbc/config"
	"github.com/acotel/acotel-sbc/dialog"
	"github.com/acotel/acotel-sbc/dialog/nlu"
	"github.com/acotel/acotel-sbc/media"
	gazetteer "github.com/acotel/acotel-sbc/place"
	"github.com/acotel/acotel-sbc/record"
	"github.com/acotel/acotel-sbc/sip"
)

// part is some speech, the silence after it, and what a recogniser makes of the turn up to there.
type part struct {
	speech, silence time.Duration
	text            string
}

// reader hears what a test wrote down, by how much speech the turn holds. early: it shows its answer when it prepares.
type reader struct {
	*asr.Results
	early    bool
	parts    []part
	loud     int // samples of speech since the beginning
	before   int // of it in turns that are closed
	prepares int
	sure     float64       // of what is heard, 0: 0.9
	every    time.Duration // speech from one partial result to the next, 0: none
	err      error         // in the next finals
}

func (s *reader) Write(pcm []int16) error {
	_, err := s.Results.Write(len(pcm))
	if media.LevelDBov(pcm) > -40 {
		s.loud += len(pcm)
		if each := int(s.every * media.LineRate / time.Second); each > 0 && s.loud%each < len(pcm) {
			s.Results.Partial(fmt.Sprintf("%d ms", s.loud*1000/media.LineRate), 0.5, 0)
		}
	}
	return err
}

// heard is the text of the parts of this turn, those that were closed before left out.
func (s *reader) heard() []asr.Alternative {
	at, text := 0, ""
	for _, p := range s.parts {
		if at >= s.before && at < s.loud {
			text += " " + p.text
		}
		at += int(p.speech * media.LineRate / time.Second)
	}
	if text == "" {
		return nil
	}
	return []asr.Alternative{{Text: text[1:], Confidence: cmp.Or(s.sure, 0.9)}}
}

func (s *reader) Prepare() {
	s.prepares++
	if s.early {
		s.Results.Prepared(s.heard(), 0, asr.Spent{})
	}
}

func (s *reader) EndTurn() error {
	t, err := s.Results.EndTurn()
	if err != nil {
		return err
	}
	s.Final(t, s.heard(), s.err)
	s.before = s.loud
	return nil
}

func (s *reader) Expect(asr.Hints) {}
func (s *reader) Close() error     { s.Results.Close(); return nil }

// stream hides the embedded Results behind the interface's method of that name.
type readerStream struct{ *reader }

func (s readerStream) Results() <-chan asr.Result { return s.C() }

// alone is a conversation that nobody rang for, lived frame by frame: 20 ms of sound, then everything that came of it.
type alone struct {
	*conversation
	*recorder
	reader *reader
	now    time.Duration
	turns  []string
	at     []time.Duration // when each turn was over, from the start
	words  []string        // partial results
	seenAt []time.Duration // when each of these was seen
}

func (a *alone) See(s Seen) {
	if s.Partial {
		a.words, a.seenAt = append(a.words, s.Text), append(a.seenAt, a.now)
		return
	}
	if s.Who == TheCaller {
		a.turns, a.at = append(a.turns, s.Text), append(a.at, a.now)
	}
}

func inState(t *testing.T, state string, r *reader, change func(*Config)) *alone {
	t.Helper()
	g, err := gazetteer.Default()
	if err != nil {
		t.Fatal(err)
	}
	p, err := nlu.New(g)
	if err != nil {
		t.Fatal(err)
	}
	a := &alone{recorder: &recorder{}, reader: r}
	d := config.Default()
	c := Config{
		Turns: d.Turns, BargeIn: d.BargeIn, Facts: a.recorder, Observer: a, Log: slog.New(slog.DiscardHandler), Prompts: Prompts{Thinking: "Je réfléchis"},
		Ending: func(state string, h []dialog.Hypothesis) dialog.Ending { return dialog.EndingOf(p, state, h) },
	}
	if change != nil {
		change(&c)
	}
	session, err := media.NewSession(media.SessionConfig{IP: loopback.Addr()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = session.Close() })
	s := New(c)
	l := &leg{s: s, sip: &sip.Call{}, log: c.Log, session: session, ear: newEar(c.Turns, media.VADConfig{}), mouth: newMouth(&buzzer{}, session.Playout())}
	r.Results = asr.NewResults("reader", asr.Format{SampleRate: media.LineRate})
	stream := readerStream{r}
	l.ear.listen(stream)
	l.ear.open.Store(true)
	l.ear.inState(state)
	a.conversation = &conversation{leg: l, ctx: t.Context(), dialog: dialog.New(dialog.Config{Gazetteer: g, Parser: p}), stream: stream, texts: map[string]queued{}, listen: dialog.Listen{State: state}}
	return a
}

// live plays the parts, and then a silence in which every turn ends.
func (a *alone) live(parts []part) {
	a.frames(time.Second, false)
	for _, p := range parts {
		a.frames(p.speech, true)
		a.frames(p.silence, false)
	}
	a.frames(4*time.Second, false)
}

func (a *alone) frames(d time.Duration, loud bool) {
	for range int(d / media.FrameDuration) {
		frames(a.ear, media.FrameDuration, loud)
		a.now += media.FrameDuration
		for busy := true; busy; {
			select {
			case ev := <-a.ear.events:
				a.onEar(ev)
			case r := <-a.stream.Results():
				a.onResult(r)
			default:
				busy = false
			}
		}
	}
}

// The end of a turn by silence and by meaning: each answer is over after the silence that it needs, counted from its last sound, and what
// was said around a pause for thought is one turn.
func TestTheEndOfATurn(t *testing.T) {
	t.Parallel()
	const s = time.Second
	for _, c := range []struct {
		name, state string
		parts       []part
		turns       []string
		silence     time.Duration // after the last sound of the first turn
	}{
		{"yes", "confirm", []part{{s, 0, "oui"}}, []string{"oui"}, 800 * time.Millisecond},
		{"a wish", "open", []part{{2 * s, 0, "je cherche un atelier mémoire"}}, []string{"je cherche un atelier mémoire"}, 800 * time.Millisecond},
		{"words that answer nothing", "confirm", []part{{s, 0, "le chat est sur la table"}}, []string{"le chat est sur la table"}, 1800 * time.Millisecond},
		{"a hesitation", "open", []part{{s, 0, "alors euh"}}, []string{"alors euh"}, 2500 * time.Millisecond},
		{"half a postal code", "place", []part{{s, 0, "quatre-vingt-quatre"}}, []string{"quatre-vingt-quatre"}, 2500 * time.Millisecond},
		{"a code in two halves", "place", []part{{s, 2 * s, "quatre-vingt-quatre"}, {s, 0, "deux cents"}}, []string{"quatre-vingt-quatre deux cents"}, 800 * time.Millisecond},
		{"a town after a hesitation", "place", []part{{s, 2200 * time.Millisecond, "j'habite à"}, {s, 0, "Orange"}}, []string{"j'habite à Orange"}, 800 * time.Millisecond},
		{"a reason with a long pause", "reason", []part{{2 * s, 2 * s, "c'était trop long"}, {2 * s, 0, "et trop rapide"}}, []string{"c'était trop long et trop rapide"}, 2500 * time.Millisecond},
		{"two answers", "confirm", []part{{s, 1500 * time.Millisecond, "oui"}, {s, 0, "non"}}, []string{"oui", "non"}, 800 * time.Millisecond},
		{"nothing understood", "open", []part{{s, 0, ""}}, []string{""}, 800 * time.Millisecond},
	} {
		for _, early := range []bool{true, false} {
			name := c.name + ", asked at the silence"
			if early {
				name = c.name + ", shown early"
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				r := &reader{early: early, parts: c.parts}
				a := inState(t, c.state, r, nil)
				a.live(c.parts)
				if !slices.Equal(a.turns, c.turns) {
					t.Fatalf("turns %q, want %q", a.turns, c.turns)
				}
				spoken := time.Second
				for i, p := range c.parts {
					spoken += p.speech
					if i == len(c.parts)-1 || len(c.turns) > 1 {
						break
					}
					spoken += p.silence
				}
				if got := a.at[0] - spoken; got < c.silence || got > c.silence+100*time.Millisecond {
					t.Errorf("over %v after the last sound, want %v", got, c.silence)
				}
				if r.prepares < len(c.parts) {
					t.Errorf("the recogniser prepared %d times for %d stretches of speech", r.prepares, len(c.parts))
				}
			})
		}
	}
}

// Words appear while the caller speaks, long before the turn is over, and are no turn of their own.
func TestWordsAppearWhileTheCallerSpeaks(t *testing.T) {
	t.Parallel()
	parts := []part{{3 * time.Second, 0, "je cherche un atelier mémoire"}}
	a := inState(t, "open", &reader{early: true, parts: parts, every: 800 * time.Millisecond}, nil)
	a.live(parts)
	if len(a.words) != 4 || len(a.turns) != 1 { // the last one is what was prepared in the silence
		t.Fatalf("partial %q, turns %q", a.words, a.turns)
	}
	for i, at := range a.seenAt {
		want := time.Second + time.Duration(i+1)*800*time.Millisecond
		if i == 3 {
			want = 4*time.Second + 200*time.Millisecond
		}
		if at < want-50*time.Millisecond || at > want+50*time.Millisecond {
			t.Errorf("%q is seen at %v, said until %v", a.words[i], at, want)
		}
	}
}

// On a line that gives our voice back, a short sound over it whose words are not sure was an echo: the voice goes on. Longer speech, sure words, and whatever is said
// on a line without an echo stop it.
func TestAPieceOfAnEchoDoesNotStopTheVoice(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		echoes bool
		speech time.Duration
		sure   float64
		stops  bool
	}{
		{"a short sound", true, 500 * time.Millisecond, 0.5, false},
		{"sure words", true, 500 * time.Millisecond, 0.85, true},
		{"a long one", true, 1200 * time.Millisecond, 0.5, true},
		{"a line without echo", false, 500 * time.Millisecond, 0.5, true},
	} {
		for _, early := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, shown early %v", c.name, early), func(t *testing.T) {
				t.Parallel()
				m := &meter{}
				parts := []part{{c.speech, 0, "le quatrième"}}
				a := inState(t, "results", &reader{early: early, parts: parts, sure: c.sure}, func(x *Config) { x.Meter = m })
				a.ear.echoes.Store(c.echoes)
				a.mouth.says = []*saying{{sentences: []string{"Un.", "Deux ?"}, Say: dialog.Say{Interruptible: true}}, {sentences: []string{"Trois ?"}, Say: dialog.Say{Interruptible: true}}}
				a.ear.over.Store(a.overVoice())
				a.live(parts)
				if stopped := m.bargeIns.Load() > 0; stopped != c.stops || len(a.turns) > 0 != c.stops {
					t.Errorf("stopped %v, turns %q", stopped, a.turns)
				}
				if went := m.falseStarts.Load() > 0; went == c.stops {
					t.Errorf("went on: %v", went)
				}
			})
		}
	}
}

// A state may have silences of its own.
func TestSilencesOfAState(t *testing.T) {
	t.Parallel()
	parts := []part{{time.Second, 0, "oui"}}
	short := 400
	a := inState(t, "confirm", &reader{early: true, parts: parts}, func(c *Config) {
		c.Turns.States = map[string]config.StateSilences{"confirm": {EndSilenceMS: &short}}
	})
	a.live(parts)
	if len(a.at) != 1 || a.at[0] < 2400*time.Millisecond || a.at[0] > 2500*time.Millisecond {
		t.Errorf("over at %v", a.at)
	}
}

// A moment of sound is an answer when there are words in it, "deux" leaves no more on a bad line; without any it was a noise, unless
// the recogniser had trouble: then nobody knows.
func TestAMomentOfSound(t *testing.T) {
	t.Parallel()
	const moment = 120 * time.Millisecond
	for _, c := range []struct {
		name  string
		part  part
		err   error
		turns []string
	}{
		{"a word", part{moment, 0, "deux"}, nil, []string{"deux"}},
		{"a noise", part{moment, 0, ""}, nil, nil},
		{"no word, and longer", part{2 * moment, 0, ""}, nil, []string{""}},
		{"trouble", part{moment, 0, ""}, errors.New("broken"), []string{""}},
		{"a click", part{moment / 3, 0, "deux"}, nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a := inState(t, "theme", &reader{parts: []part{c.part, {time.Second, 0, "oui"}}, err: c.err}, nil)
			a.frames(time.Second, false)
			a.frames(c.part.speech, true)
			a.frames(3*time.Second, false)
			if !slices.Equal(a.turns, c.turns) {
				t.Errorf("turns %q, want %q", a.turns, c.turns)
			}
			a.frames(time.Second, true) // the line listens on
			a.frames(3*time.Second, false)
			if len(a.turns) != len(c.turns)+1 {
				t.Errorf("turns %q after another word", a.turns)
			}
		})
	}
}

// A machine too busy to listen says so and names the keys; what was said is no answer that was not understood.
func TestATurnThatNobodyCouldHear(t *testing.T) {
	t.Parallel()
	m := &meter{}
	parts := []part{{time.Second, 0, ""}}
	a := inState(t, "place", &reader{parts: parts, err: asr.ErrBusy}, func(c *Config) { c.Meter = m })
	a.dialog.Handle(dialog.Started{At: time.Now()}) // the open question
	a.live(parts)
	if m.unheard.Load() != 1 {
		t.Errorf("%d turns counted as unheard", m.unheard.Load())
	}
	if _, ok := a.fact(record.NotUnderstood); ok {
		t.Error("it counts as not understood")
	}
	keys := false
	for _, s := range a.mouth.says {
		keys = keys || strings.Contains(s.Text, "touches de votre téléphone")
	}
	if !keys {
		t.Errorf("the keys are not offered: %+v", a.mouth.says)
	}
}

// A slow recogniser is covered by words, which are said to their end before the answer.
func TestASlowRecogniserIsCovered(t *testing.T) {
	t.Parallel()
	m := &meter{}
	x := serving(t, func(c *Config) {
		c.Meter, c.Turns.RecogniserSlowMS, c.Turns.RecogniserMS = m, 200, 20000
		c.Recognizer = &slow{answer: "je cherche un atelier à Orange", until: func() bool { return m.covered.Load() > 0 }}
	})
	p := x.ring("0970000000")
	x.afterNotice(p)
	p.quietFor(time.Second)
	p.say(time.Second)
	until(t, "the answer", func() bool { return x.said("Orange") > 0 })
	p.hangUp()
	if x.said("Je réfléchis") != 1 || m.covered.Load() != 1 {
		t.Errorf("said %d times, counted %d", x.said("Je réfléchis"), m.covered.Load())
	}
	if _, ok := x.fact(record.BargeIn); ok {
		t.Error("the words that cover the wait count as interrupted")
	}
}

// slow is a recogniser that answers when it is let.
type slow struct {
	none.Recognizer
	answer string
	until  func() bool
}

func (r *slow) Open(ctx context.Context, f asr.Format) (asr.Stream, error) {
	return slowLine{&slowStream{Results: asr.NewResults("slow", f), r: r, ctx: ctx}}, nil
}

type slowStream struct {
	*asr.Results
	r     *slow
	ctx   context.Context
	tasks sync.WaitGroup
}

func (s *slowStream) Write(pcm []int16) error { _, err := s.Results.Write(len(pcm)); return err }
func (s *slowStream) Expect(asr.Hints)        {}
func (s *slowStream) EndTurn() error {
	turn, err := s.Results.EndTurn()
	if err != nil {
		return err
	}
	s.tasks.Go(func() {
		for !s.r.until() && s.ctx.Err() == nil {
			time.Sleep(5 * time.Millisecond)
		}
		s.Final(turn, []asr.Alternative{{Text: s.r.answer, Confidence: 1}}, nil)
	})
	return nil
}

func (s *slowStream) Close() error { s.tasks.Wait(); s.Results.Close(); return nil }

type slowLine struct{ *slowStream }

func (s slowLine) Results() <-chan asr.Result { return s.C() }
