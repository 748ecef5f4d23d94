package media

import (
	"math"
	"math/bits"
	"time"
)

// VADConfig tunes voice activity detection. The zero value fits a telephone line.
type VADConfig struct {
	SampleRate int // Hz, 8000 by default

	OnsetDB  float64 // speech begins this far above the noise floor; 9 by default
	OffsetDB float64 // and goes on down to this far above it; 5 by default
	MinDBov  float64 // nothing quieter begins speech, however quiet the line; -52 by default

	Hangover time.Duration // pauses shorter than this stay inside speech; 200 ms by default

	Model     SpeechModel // has the last word while the gate is open, at LineRate only; nil: the gate alone decides
	Threshold float32     // probability from which on the model's word is speech, 0.5 by default; it ends 0.15 below
}

// VADState is what is known after the samples given last.
type VADState struct {
	Speech    bool    // someone speaks, or paused for less than the hangover
	LevelDBov float64 // of the last 20 ms, below 100 Hz left out
	FloorDBov float64 // noise floor

	// SpeechFor is the length of the speech that is running, or of the last one when nobody speaks: from its first to its last
	// active frame, hangover not counted.
	SpeechFor time.Duration
	// SilenceFor counts from the end of the last active frame of speech, so it is already 200 ms when Speech becomes
	// false. Before any speech it counts from the start.
	SilenceFor time.Duration
}

const (
	vadStep     = 20 * time.Millisecond
	onsetWindow = 5 // frames in which
	onsetFrames = 3 // this many must be active: a click is one frame, a short yes has five
	humHz       = 100.0
	offsetGrace = 4.0 // dB below MinDBov that keeps speech going
)

// VAD is an energy gate over a tracked noise floor, behind which a SpeechModel may stand: what the gate lets through is speech when
// the model says so. It reports raw speech and silence; when a turn has ended is decided by who knows the words. It is used by one
// goroutine and allocates nothing.
type VAD struct {
	cfg   VADConfig
	floor noiseFloor
	model *confirmer // nil: none
	state VADState

	// One-pole high pass against mains hum and offset.
	alpha, lastIn, lastOut float64

	sum     float64
	n, step int   // samples of the frame being filled, and of a full one
	frames  int64 // frames so far

	open       bool   // the gate
	active     uint32 // last frames, newest in bit 0
	opened     int64  // first active frame before the gate opened
	lastActive int64  // frame after the last active one

	onset     int64 // first frame of the speech
	lastVoice int64 // frame after the last one that was speech
}

// NewVAD starts a detector on a silent line.
func NewVAD(c VADConfig) *VAD {
	if c.SampleRate <= 0 {
		c.SampleRate = LineRate
	}
	if c.OnsetDB == 0 {
		c.OnsetDB = 9
	}
	if c.OffsetDB == 0 {
		c.OffsetDB = 5
	}
	if c.MinDBov == 0 {
		c.MinDBov = -52
	}
	if c.Hangover == 0 {
		c.Hangover = 200 * time.Millisecond
	}
	if c.Threshold == 0 {
		c.Threshold = 0.5
	}
	rc := 1 / (2 * math.Pi * humHz)
	v := &VAD{
		cfg:   c,
		alpha: rc / (rc + 1/float64(c.SampleRate)),
		step:  max(1, c.SampleRate/50),
		state: VADState{LevelDBov: silenceDBov, FloorDBov: floorStartDBov},
	}
	if c.Model != nil && c.SampleRate == LineRate {
		v.model = &confirmer{model: c.Model, threshold: c.Threshold}
	}
	return v
}

// Process takes the next samples, any number of them, and returns the state after them.
func (v *VAD) Process(pcm []int16) VADState {
	for len(pcm) > 0 {
		part := pcm[:min(len(pcm), v.step-v.n)]
		pcm = pcm[len(part):]
		if v.model != nil {
			v.model.take(v.n, part)
		}
		v.filter(part)
		if v.n += len(part); v.n == v.step {
			v.frame(powerDBov(v.sum / float64(v.step)))
			v.sum, v.n = 0, 0
		}
	}
	return v.state
}

// filter adds the power of samples, below 100 Hz left out, to the frame's.
func (v *VAD) filter(pcm []int16) {
	alpha, in, out, sum := v.alpha, v.lastIn, v.lastOut, v.sum
	for _, s := range pcm {
		x := float64(s)
		out = alpha * (out + x - in)
		in = x
		sum += out * out
	}
	v.lastIn, v.lastOut, v.sum = in, out, sum
}

// frame judges one frame of 20 ms.
func (v *VAD) frame(level float64) {
	v.frames++
	v.state.LevelDBov = level
	voice := v.gate(level)
	begin := v.opened
	if v.model != nil {
		voice = v.model.confirm(v.open, voice)
		begin = max(begin, v.frames-confirmLag)
	}
	if !v.state.Speech && v.open && voice {
		v.state.Speech, v.onset = true, begin
	}
	if v.state.Speech {
		if voice {
			v.lastVoice = v.frames
		}
		v.state.SpeechFor = time.Duration(v.lastVoice-v.onset) * vadStep
	}
	v.state.SilenceFor = time.Duration(v.frames-v.lastVoice) * vadStep
	if !v.open || v.state.SilenceFor >= v.cfg.Hangover {
		v.state.Speech = false
	}
}

// gate follows the energy of a frame and tells whether it is active.
func (v *VAD) gate(level float64) bool {
	floor := v.floor.update(level)
	v.state.FloorDBov = floor
	threshold := max(floor+v.cfg.OnsetDB, v.cfg.MinDBov)
	if v.open {
		threshold = max(floor+v.cfg.OffsetDB, v.cfg.MinDBov-offsetGrace)
	}
	v.active <<= 1
	loud := level > threshold
	if loud {
		v.active |= 1
	}
	window := v.active & (1<<onsetWindow - 1)
	if !v.open && loud && v.floor.warm() && bits.OnesCount32(window) >= onsetFrames {
		v.open = true
		v.opened = v.frames - int64(bits.Len32(window))
	}
	if loud {
		v.lastActive = v.frames
	}
	if v.open && time.Duration(v.frames-v.lastActive)*vadStep >= v.cfg.Hangover {
		v.open = false
		v.active = 0
	}
	return loud
}
