package whisper

import (
	"context"
	"runtime"
	"time"

	"github.com/acotel/acotel-sbc/asr"
	"github.com/acotel/acotel-sbc/asr/phoneme"
	"github.com/acotel/acotel-sbc/media"
)

// Settings of a Recognizer; DefaultSettings gives usable ones.
type Settings struct {
	Name string // of the model, for Recognizer.Name
	// Lanes is how many turns are heard at once; one for each processor is best.
	Lanes int
	// Queue is how many turns may wait for a lane; more are answered with asr.ErrBusy.
	Queue int
	// Deadline is the longest that a caller waits from EndTurn; then asr.ErrBusy.
	Deadline time.Duration
	// Patience is how long after the end of a turn the word reader is waited for where the phoneme reader is sure.
	Patience time.Duration
	// MaxTurn is how much of a turn's sound is heard, at its end.
	MaxTurn time.Duration
	// PartialEvery is the sound between two partial results; 0: none.
	PartialEvery time.Duration
	// Beam of the search in the lexicon.
	Beam phoneme.Beam
	// Front is the front end.
	Front Front
	// Calibration turns scores into confidences.
	Calibration Calibration
}

// DefaultSettings are those of docs/speech.md.
func DefaultSettings() Settings {
	return Settings{Name: "whisper-base fr", Lanes: runtime.GOMAXPROCS(0), Queue: 64, Deadline: 2500 * time.Millisecond, Patience: 200 * time.Millisecond, MaxTurn: 28 * time.Second,
		PartialEvery: 800 * time.Millisecond, Beam: phoneme.DefaultBeam, Calibration: DefaultCalibration}
}

// Meter counts what a Recognizer does. All methods are safe from any goroutine.
type Meter interface {
	Waited(time.Duration)  // in the queue, for each piece of work
	Busy(time.Duration)    // of one lane
	Encoded(time.Duration) // by the encoder
	Read(reader string, took time.Duration)
	Failed(error) // turns that were not heard
}

// NoMeter counts nothing.
type NoMeter struct{}

// Waited does nothing, as all the others.
func (NoMeter) Waited(time.Duration)       {}
func (NoMeter) Busy(time.Duration)         {}
func (NoMeter) Encoded(time.Duration)      {}
func (NoMeter) Read(string, time.Duration) {}
func (NoMeter) Failed(error)               {}

// Recognizer hears all calls of the process with one pair of Ears. Make one with New.
type Recognizer struct {
	set     Settings
	pool    *pool
	streams asr.Streams
}

var _ asr.Recognizer = (*Recognizer)(nil)

// New makes a Recognizer, which owns ears from now on. meter may be nil.
func New(ears Ears, lexicon Lexicon, set Settings, meter Meter) *Recognizer {
	if meter == nil {
		meter = NoMeter{}
	}
	set.Lanes = max(1, set.Lanes)
	return &Recognizer{set: set, pool: newPool(ears, lexicon, set, meter)}
}

// Name is the model's.
func (r *Recognizer) Name() string { return r.set.Name }

// Expect changes the lexicon, from the next turn on.
func (r *Recognizer) Expect(l Lexicon) { r.pool.lexicon.Store(&l) }

// Open begins a stream.
func (r *Recognizer) Open(ctx context.Context, f asr.Format) (asr.Stream, error) {
	if err := f.Check(); err != nil {
		return nil, err
	}
	s := &stream{pool: r.pool, set: r.set, results: asr.NewResults(r.Name(), f), remove: r.streams.Remove}
	if f.SampleRate != lineRate {
		var err error
		if s.down, err = media.NewResampler(f.SampleRate, lineRate); err != nil {
			return nil, err
		}
	}
	if err := r.streams.Add(ctx, s); err != nil {
		return nil, err
	}
	return s, nil
}

// Close ends the streams, then the lanes, then the ears.
func (r *Recognizer) Close() error {
	r.streams.Close()
	r.pool.mu.Lock()
	closed := r.pool.closed
	r.pool.mu.Unlock()
	if closed {
		return nil
	}
	r.pool.close()
	return r.pool.ears.Close()
}
