package none

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/acotel/acotel-sbc/asr"
	"github.com/acotel/acotel-sbc/asr/asrtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestKeepsThePromiseOfStream(t *testing.T) {
	asrtest.Run(t, func(*testing.T) asr.Recognizer { return New() })
}

func TestHearsNothing(t *testing.T) {
	s, err := New().Open(t.Context(), asr.Format{SampleRate: 8000})
	if err != nil {
		t.Fatal(err)
	}
	for range 100 {
		if err := s.Write(make([]int16, 160)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.EndTurn(); err != nil {
		t.Fatal(err)
	}
	if r := <-s.Results(); !r.Final || r.Text() != "" || r.Err != nil {
		t.Errorf("%+v", r)
	}
}
