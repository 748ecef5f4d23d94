package recorded

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"

	"github.com/acotel/acotel-sbc/media"
	"github.com/acotel/acotel-sbc/tts"
)

const (
	quiet   = -26.0 // dBov: with room for peaks, where the recordings allow it
	maxRate = 48000 // Hz
	piece   = 2048  // samples given out at once
)

// Voice says what was recorded. It implements tts.Recordings and tts.Fingerprinter.
type Voice struct {
	sounds    map[string][]int16 // by canonical sentence, at rate and level
	sentences []string
	rate      int
	level     float64
	print     string
}

var (
	_ tts.Recordings    = (*Voice)(nil)
	_ tts.Fingerprinter = (*Voice)(nil)
)

// Open reads a list and all its recordings. Errors wrap ErrList and name file and line.
func Open(name string) (*Voice, error) {
	all, err := readList(name)
	if err != nil {
		return nil, err
	}
	v := &Voice{sounds: map[string][]int16{}, level: quiet}
	for _, r := range all {
		v.rate = max(v.rate, min(r.rate, maxRate))
		v.level = min(v.level, r.level-r.peak) // none of them may clip
	}
	sum := sha256.New()
	for _, r := range all {
		pcm, err := v.prepare(r)
		if err != nil {
			return nil, fmt.Errorf("%w: %s:%d: %w", ErrList, name, r.line, err)
		}
		v.sounds[r.text] = pcm
		v.sentences = append(v.sentences, r.text)
		fmt.Fprintf(sum, "%s\x00%d\x00", r.text, len(pcm))
		_ = binary.Write(sum, binary.LittleEndian, pcm) // a hash takes everything
	}
	v.print = fmt.Sprintf("recorded rate=%d sounds=%x", v.rate, sum.Sum(nil)[:8])
	return v, nil
}

// prepare brings a recording to the rate and the level of all.
func (v *Voice) prepare(r recording) ([]int16, error) {
	gain := math.Pow(10, (v.level-r.level)/20)
	pcm := make([]int16, len(r.pcm))
	for i, x := range r.pcm {
		pcm[i] = scaled(x, gain)
	}
	if r.rate == v.rate {
		return pcm, nil
	}
	c, err := media.NewResampler(r.rate, v.rate)
	if err != nil {
		return nil, err
	}
	return c.Flush(c.Process(nil, pcm)), nil
}

func scaled(x int16, gain float64) int16 {
	return int16(min(max(math.Round(float64(x)*gain), math.MinInt16), math.MaxInt16))
}

// Name is "recorded".
func (v *Voice) Name() string { return "recorded" }

// Fingerprint names the recordings by what they sound like.
func (v *Voice) Fingerprint() string { return v.print }

// SampleRate is the highest of the files', 48000 Hz at most.
func (v *Voice) SampleRate() int { return v.rate }

// LevelDBov is the active speech level of each recording.
func (v *Voice) LevelDBov() float64 { return v.level }

// Sentences are all that is recorded, in the list's order.
func (v *Voice) Sentences() []string { return v.sentences }

// Says tells whether there is a recording of a sentence; kinds of spaces and apostrophes make no difference.
func (v *Voice) Says(u tts.Utterance) bool { return v.sounds[canonical(u.Written)] != nil }

// Close does nothing.
func (v *Voice) Close() error { return nil }

// Synthesize plays a recording (tts.Synthesizer), slower or faster with the same pitch where that is asked for. Error:
// tts.ErrNoVoice for a sentence that is not recorded.
func (v *Voice) Synthesize(ctx context.Context, u tts.Utterance, emit func(pcm []int16) error) error {
	pcm := v.sounds[canonical(u.Written)]
	if pcm == nil {
		return fmt.Errorf("recorded: %w", tts.ErrNoVoice)
	}
	speed, volume := u.Rate, u.Volume
	if speed == 0 {
		speed = 1
	}
	if volume == 0 {
		volume = 1
	}
	s, err := media.NewStretcher(v.rate, speed)
	if err != nil {
		return fmt.Errorf("recorded: %w", err)
	}
	var out []int16
	give := func() error {
		if err := ctx.Err(); err != nil {
			return err
		}
		if volume != 1 {
			for i, x := range out {
				out[i] = scaled(x, volume)
			}
		}
		if len(out) == 0 {
			return nil
		}
		return emit(out)
	}
	for len(pcm) > 0 {
		n := min(piece, len(pcm))
		out = s.Process(out[:0], pcm[:n])
		if err := give(); err != nil {
			return err
		}
		pcm = pcm[n:]
	}
	out = s.Flush(out[:0])
	return give()
}
