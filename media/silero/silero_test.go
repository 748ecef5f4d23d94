package silero

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/acotel/acotel-sbc/media"
	"github.com/acotel/acotel-sbc/models"
	"github.com/acotel/acotel-sbc/onnx"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// open gives the model of this machine, which make setup fetched.
func open(t testing.TB) *Model { return openWaiting(t, 0) }

func openWaiting(t testing.TB, wait time.Duration) *Model {
	t.Helper()
	m, err := openModel(wait, models.Folders(os.Getenv("ACOTEL_MODELS_DIR"))...)
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
	return m
}

func TestOpenTellsWhatIsMissing(t *testing.T) {
	open(t) // else the library of the empty folder is what is missed
	if _, err := Open(t.TempDir()); !errors.Is(err, models.ErrMissing) && !errors.Is(err, onnx.ErrUnavailable) {
		t.Errorf("%v", err)
	}
}

// settle waits until the worker has judged all whole steps.
func (l *Line) settle(t testing.TB) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); l.working(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the worker does not come to an end")
		}
	}
}

func feed(l *Line, pcm []int16) {
	for ; len(pcm) >= media.FrameSamples; pcm = pcm[media.FrameSamples:] {
		l.Feed(pcm[:media.FrameSamples])
	}
}

func TestVerdicts(t *testing.T) {
	m := open(t)
	m.stride = 1
	l := m.Line()
	if p, n := l.Verdict(); p != 0 || n != 0 {
		t.Errorf("before any sound: %v after %d samples", p, n)
	}
	speech := at(corpus(t)[3], -20)
	l.Reset()
	feed(l, speech[:1600])
	l.settle(t)
	if p, n := l.Verdict(); p < 0.5 || n != 1536 {
		t.Errorf("speech: %v after %d samples", p, n)
	}
	l.Reset()
	if p, n := l.Verdict(); p != 0 || n != 0 {
		t.Errorf("after Reset: %v after %d samples", p, n)
	}
	feed(l, make([]int16, 1600))
	l.settle(t)
	if p, n := l.Verdict(); p > 0.2 || n != 1536 {
		t.Errorf("silence: %v after %d samples", p, n)
	}
}

// Lines that are heard in one run are judged as each alone: the order of the batch and the padding change nothing.
func TestLinesDoNotMix(t *testing.T) {
	m := openWaiting(t, gathering)
	m.stride = 1
	want := make([]float32, len(phrases))
	for i, p := range corpus(t) {
		l := m.Line()
		feed(l, p[:1120])
		l.settle(t)
		want[i], _ = l.Verdict()
	}
	lines := make([]*Line, len(phrases))
	var wg sync.WaitGroup
	for i, p := range corpus(t) {
		lines[i] = m.Line()
		wg.Go(func() { feed(lines[i], p[:1120]) })
	}
	wg.Wait()
	for i, l := range lines {
		l.settle(t)
		if p, n := l.Verdict(); n != 1024 || p < want[i]-0.001 || p > want[i]+0.001 {
			t.Errorf("%s: %v after %d samples, alone %v", phrases[i], p, n, want[i])
		}
	}
	if s := m.Stats(); s.Failed != 0 || s.Dropped != 0 || s.Steps != 8*uint64(len(phrases)) || s.Runs == s.Steps {
		t.Errorf("%+v", s)
	}
}

// A worker that does not come is no reason to wait: sound is lost, counted, and the gate decides.
func TestNobodyWaitsForTheWorker(t *testing.T) {
	m := &Model{jobs: make(chan *Line, 1)} // nobody works
	l, other := m.Line(), m.Line()
	vad := media.NewVAD(media.VADConfig{Model: l})
	loud := at(corpus(t)[4], -20)
	for range 3 {
		vad.Process(make([]int16, 8000))
		vad.Process(loud)
	}
	vad.Process(make([]int16, 8000))
	s := vad.Process(loud[:2800])
	if !s.Speech || s.SpeechFor < 200*time.Millisecond {
		t.Errorf("the gate does not decide: %+v", s)
	}
	feed(other, loud)
	if _, n := l.Verdict(); n != 0 || m.Stats().Dropped == 0 {
		t.Errorf("verdict on %d samples, %+v", n, m.Stats())
	}
}

func TestFeedingAllocatesNothing(t *testing.T) {
	m := open(t)
	l := m.Line()
	vad := media.NewVAD(media.VADConfig{Model: l})
	loud := at(corpus(t)[10], -20)
	at := 0
	n := testing.AllocsPerRun(500, func() {
		vad.Process(loud[at : at+media.FrameSamples])
		if at += media.FrameSamples; at+media.FrameSamples > len(loud) {
			at = 0
		}
	})
	l.settle(t)
	if n != 0 || m.Stats().Steps == 0 {
		t.Errorf("%v allocations a frame, %+v", n, m.Stats())
	}
}

func BenchmarkStep(b *testing.B) {
	m := open(b)
	for _, size := range batchSizes {
		b.Run(fmt.Sprintf("of %d", size), func(b *testing.B) {
			steps := make([]*step, size)
			for i := range steps {
				steps[i] = &step{}
			}
			b.ReportAllocs()
			n := 0
			for ; b.Loop(); n += size {
				if err := m.net.do(steps); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/step")
		})
	}
}
