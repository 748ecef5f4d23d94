package silero

import (
	"math"
	"sync"
	"sync/atomic"
)

// queueSteps is how much sound may wait for the worker: 0.5 s.
const queueSteps = 16

// The network is to hear each caller about as loud as what it learnt from: the quiet speech of telephone lines gains mostGain (12 dB),
// with which nothing of what the gate hears at -40 dBov is missed, and louder speech as much less as keeps its peaks below highest of full
// scale: clipped, short words are not speech to it. What a caller once reached counts for less as time goes on (0.5 dB/s of sound judged).
const (
	mostGain = float32(4)
	highest  = float32(0.7)
	fades    = float32(0.998)
)

// Where a step was speech beyond doubt, the network hears one step in stride until it doubts: it learns of the end of speech 64 ms later
// at most, and costs half. TestLeavingStepsOutChangesNothing compares.
const (
	beyondDoubt = 0.9
	stride      = 3
)

// Line is the model's ear for one call: one goroutine, the call's clock, calls its methods. It needs no closing.
type Line struct {
	model *Model

	mu      sync.Mutex // of the queue, between the clock and the worker, held for microseconds
	queue   [queueSteps * stepSamples]int16
	start   int     // of the oldest sample
	waiting int     // samples in the queue
	busy    bool    // the worker has the line, or will
	epoch   int     // counts Reset
	fresh   bool    // the next step follows nothing
	judged  int     // samples since Reset that the verdict is on
	certain bool    // the last step was speech beyond doubt: some may be left out
	loudest float32 // the highest peak so far, fading, of full scale

	// The newest verdict: samples in the upper half, the bits of the probability in the lower.
	verdict atomic.Uint64

	// Of the worker, while busy.
	step    step
	context [contextSamples]float32
	loaded  int // epoch of the step
}

// Reset says that what is fed next does not follow what was fed before.
func (l *Line) Reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.epoch++
	l.fresh = true
	l.waiting, l.judged, l.certain = 0, 0, false
	l.verdict.Store(0)
}

// Feed gives the next samples. What finds the queue full is lost; the verdict's count of samples then stays behind.
func (l *Line) Feed(pcm []int16) {
	l.mu.Lock()
	defer l.mu.Unlock()
	room := len(l.queue) - l.waiting
	if room < len(pcm) {
		l.model.dropped.Add(1)
		pcm = pcm[:room]
	}
	for _, s := range pcm {
		l.queue[(l.start+l.waiting)%len(l.queue)] = s
		l.waiting++
	}
	if l.waiting >= l.due() && !l.busy {
		l.queueUp()
	}
}

// due is how many samples must wait before the next step: more where steps are left out. The lock is held.
func (l *Line) due() int {
	if l.certain {
		return l.model.stride * stepSamples
	}
	return stepSamples
}

// queueUp hands the line to the worker. The lock is held.
func (l *Line) queueUp() {
	select {
	case l.model.jobs <- l:
		l.busy = true
	default: // more lines than anybody has: the next Feed tries again
		l.busy = false
	}
}

// Verdict is the newest probability of speech, 0..1, and how many samples since Reset it is the verdict on.
func (l *Line) Verdict() (probability float32, samples int) {
	v := l.verdict.Load()
	return math.Float32frombits(uint32(v)), int(v >> 32)
}

// load prepares the next step for the worker. False: there is none, and the line is the clock's again.
func (l *Line) load() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	due := l.due()
	if l.waiting < due {
		l.busy = false
		return false
	}
	if l.fresh {
		l.fresh = false
		l.context = [contextSamples]float32{}
		l.step.state = [2][stateSize]float32{}
	}
	l.loaded = l.epoch
	gain := l.gain()
	if skipped := due - stepSamples; skipped > 0 { // the context is what stands right before the step all the same
		l.start = (l.start + skipped - contextSamples) % len(l.queue)
		for i := range l.context {
			l.context[i] = scaled(l.queue[l.start], gain)
			l.start = (l.start + 1) % len(l.queue)
		}
		l.waiting -= skipped
		l.judged += skipped
	}
	copy(l.step.input[:], l.context[:])
	for i := range stepSamples {
		l.step.input[contextSamples+i] = scaled(l.queue[l.start], gain)
		l.start = (l.start + 1) % len(l.queue)
	}
	l.waiting -= stepSamples
	copy(l.context[:], l.step.input[stepSamples:])
	return true
}

// store publishes what the worker found, and queues up again when another step waits, which it tells.
func (l *Line) store() (more bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.loaded == l.epoch {
		l.judged += stepSamples
		l.certain = l.step.probability >= beyondDoubt
		l.verdict.Store(uint64(l.judged)<<32 | uint64(math.Float32bits(l.step.probability)))
	}
	if l.busy = l.waiting >= l.due(); l.busy {
		l.queueUp()
	}
	return l.busy
}

// gain is that for what waits. The lock is held.
func (l *Line) gain() float32 {
	l.loudest *= fades
	for i := range l.waiting {
		s := float32(l.queue[(l.start+i)%len(l.queue)]) / 32768
		l.loudest = max(l.loudest, s, -s)
	}
	if l.loudest*mostGain <= highest {
		return mostGain
	}
	return highest / l.loudest
}

// scaled is a sample as the network takes it.
func scaled(s int16, gain float32) float32 { return float32(s) * gain / 32768 }
