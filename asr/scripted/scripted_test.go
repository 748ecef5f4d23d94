package scripted

import (
	"slices"
	"testing"

	"go.uber.org/goleak"

	"github.com/acotel/acotel-sbc/asr"
	"github.com/acotel/acotel-sbc/asr/asrtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestKeepsThePromiseOfStream(t *testing.T) {
	asrtest.Run(t, func(*testing.T) asr.Recognizer { return New("un atelier", "", "à Orange") })
}

// turn plays a second of sound and returns the partial texts and the final one.
func turn(t *testing.T, s asr.Stream) (partials []string, heard string) {
	t.Helper()
	for range 50 {
		if err := s.Write(make([]int16, 160)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.EndTurn(); err != nil {
		t.Fatal(err)
	}
	for r := range s.Results() {
		if r.Final {
			return partials, r.Text()
		}
		if r.Prepared {
			t.Errorf("prepared without being asked: %+v", r)
		}
		partials = append(partials, r.Text())
	}
	return nil, ""
}

func TestLinesComeWordByWordAndAnewForEachCall(t *testing.T) {
	r := New("je cherche un atelier", "", "à Orange")
	for range 2 {
		s, err := r.Open(t.Context(), asr.Format{SampleRate: 8000})
		if err != nil {
			t.Fatal(err)
		}
		if p, h := turn(t, s); !slices.Equal(p, []string{"je", "je cherche", "je cherche un"}) || h != "je cherche un atelier" {
			t.Errorf("%q, %q", p, h)
		}
		if p, h := turn(t, s); p != nil || h != "" {
			t.Errorf("an empty line: %q, %q", p, h)
		}
		_ = s.Write(make([]int16, 160))
		s.Cancel()
		if _, h := turn(t, s); h != "à Orange" {
			t.Errorf("after a cancelled turn: %q", h)
		}
		if _, h := turn(t, s); h != "" {
			t.Errorf("after the last line: %q", h)
		}
		s.Close()
	}
}

func TestPreparesTheLineOnceForEachPause(t *testing.T) {
	s, err := New("à Orange").Open(t.Context(), asr.Format{SampleRate: 8000})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	speech, silence := []int16{4000, -4000}, make([]int16, 160)
	p := s.(asr.Preparer)
	for _, pcm := range [][]int16{speech, silence, silence, speech, silence} {
		if err := s.Write(pcm); err != nil {
			t.Fatal(err)
		}
		p.Prepare()
	}
	if err := s.EndTurn(); err != nil {
		t.Fatal(err)
	}
	prepared := 0
	for r := range s.Results() {
		if r.Text() != "à Orange" {
			t.Errorf("%+v", r)
		}
		if r.Final {
			break
		}
		prepared++
	}
	if prepared != 2 {
		t.Errorf("prepared %d times, want once for each stretch of speech", prepared)
	}
}

func TestLinesOfAState(t *testing.T) {
	s, err := New("@place à Orange", "je cherche", "@confirm oui", "au revoir").Open(t.Context(), asr.Format{SampleRate: 8000})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, c := range []struct{ state, want string }{{"open", "je cherche"}, {"place", "à Orange"}, {"place", "à Orange"}, {"confirm", "oui"}, {"more", "au revoir"}, {"more", ""}} {
		s.Expect(asr.Hints{State: c.state})
		if _, h := turn(t, s); h != c.want {
			t.Errorf("%s: %q, want %q", c.state, h, c.want)
		}
	}
}
