package silero

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/acotel/acotel-sbc/media"
	"github.com/acotel/acotel-sbc/models"
	"github.com/acotel/acotel-sbc/onnx"
)

// maxLines is how many lines may wait for the worker; each waits at most once.
const maxLines = 1 << 14

// gathering is how long a step waits for others to run with: half the price for a quarter of a frame.
const gathering = 5 * time.Millisecond

// Model is the network and its worker, shared by all calls of the process.
type Model struct {
	net   stepper
	wait  time.Duration // gathering, 0 in tests that count frames, not time
	jobs  chan *Line
	quit  chan struct{}
	ended sync.WaitGroup
	close sync.Once
	err   error // of closing

	stride int // 1 in tests that count steps; set before the first line

	steps, runs, dropped, failed atomic.Uint64
}

// Stats are counters since Open.
type Stats struct {
	Steps   uint64 // steps of 32 ms judged, those left out where speech was beyond doubt not counted
	Runs    uint64 // runs of the network, of one or more steps each
	Dropped uint64 // steps lost because the worker was behind
	Failed  uint64 // runs that failed
}

// Open loads the network from dirs (see models.Folders) and starts the worker. Errors: those of models.Find, and onnx.ErrUnavailable when
// the network needs ONNX Runtime. The Model must be closed, after its lines are no longer fed.
func Open(dirs ...string) (*Model, error) { return openModel(gathering, dirs...) }

// stepper makes steps of several lines at once; the steps' state is brought forward.
type stepper interface {
	do(steps []*step) error
	close() error
}

// newStepper prefers our own arithmetic. A later release of the network, which that does not know, goes through ONNX Runtime.
func newStepper(file []byte, dirs []string) (stepper, error) {
	k, err := newKernel(file)
	if err == nil {
		return k, nil
	}
	rt, missing := onnx.Load(dirs...)
	if missing != nil {
		return nil, errors.Join(err, missing)
	}
	return newNetwork(rt, file)
}

func openModel(wait time.Duration, dirs ...string) (*Model, error) {
	path, err := models.Find(models.SileroVAD, dirs...)
	if err != nil {
		return nil, err
	}
	file, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("silero: %w", err)
	}
	net, err := newStepper(file, dirs)
	if err != nil {
		return nil, err
	}
	m := &Model{net: net, wait: wait, jobs: make(chan *Line, maxLines), quit: make(chan struct{}), stride: stride}
	m.ended.Go(m.work)
	return m, nil
}

// Close stops the worker and frees the network.
func (m *Model) Close() error {
	m.close.Do(func() {
		close(m.quit)
		m.ended.Wait()
		m.err = m.net.close()
	})
	return m.err
}

// Stats may be taken at any moment.
func (m *Model) Stats() Stats {
	return Stats{Steps: m.steps.Load(), Runs: m.runs.Load(), Dropped: m.dropped.Load(), Failed: m.failed.Load()}
}

// Line makes the model's ear for one call.
func (m *Model) Line() *Line { return &Line{model: m} }

var _ media.SpeechModel = (*Line)(nil)

// work runs the network on what waits, several lines at once when several do.
func (m *Model) work() {
	var (
		lines [maxBatch]*Line
		steps [maxBatch]*step
		hurry bool // a line has more to be judged: it is behind
	)
	for {
		n := 0
		select {
		case <-m.quit:
			return
		case l := <-m.jobs:
			if !hurry && len(m.jobs) < maxBatch-1 {
				time.Sleep(m.wait)
			}
			n = m.gather(lines[:], l)
		}
		k := 0
		for _, l := range lines[:n] {
			if l.load() {
				lines[k], steps[k] = l, &l.step
				k++
			}
		}
		if k > 0 {
			m.run(steps[:k])
		}
		hurry = false
		for _, l := range lines[:k] {
			hurry = l.store() || hurry
		}
	}
}

// gather takes the first line and whatever else waits.
func (m *Model) gather(lines []*Line, first *Line) (n int) {
	lines[0] = first
	for n = 1; n < len(lines); n++ {
		select {
		case lines[n] = <-m.jobs:
		default:
			return n
		}
	}
	return n
}

func (m *Model) run(steps []*step) {
	m.runs.Add(1)
	if err := m.net.do(steps); err != nil {
		m.failed.Add(1)
		for _, s := range steps {
			s.probability = 1 // the gate alone decides
		}
		return
	}
	m.steps.Add(uint64(len(steps)))
}
