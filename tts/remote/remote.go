package remote

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/acotel/acotel-sbc/media"
	"github.com/acotel/acotel-sbc/tts"
)

// Errors of every remote voice, for errors.Is.
var (
	ErrStalled = fmt.Errorf("%w: the server fell silent", tts.ErrStalled)
	ErrNoSound = errors.New("tts: the server made no sound")
)

// Sentence is one sentence on its way from a server.
type Sentence struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	timer  *time.Timer
	stall  time.Duration

	rate      int              // of emit, Hz
	slower    *media.Stretcher // nil: the server speaks as fast as it shall
	volume    float64
	emit      func([]int16) error
	from      int // rate of the converter
	converter *media.Resampler
	samples   int
}

// Say runs f, which asks the server and gives what comes to Write. ctx of f
// ends when the server is silent for stall. rate is of the pcm that emit gets,
// in Hz; volume is linear, 0 counts as 1.
func Say(ctx context.Context, stall time.Duration, rate int, volume float64, emit func([]int16) error, f func(context.Context, *Sentence) error) error {
	inner, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if volume == 0 {
		volume = 1
	}
	s := &Sentence{ctx: inner, cancel: cancel, stall: stall, rate: rate, volume: volume, emit: emit}
	s.timer = time.AfterFunc(stall, func() { cancel(fmt.Errorf("%w: nothing for %v", ErrStalled, stall)) })
	defer s.timer.Stop()
	err := f(inner, s)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil && errors.Is(context.Cause(inner), ErrStalled):
		return context.Cause(inner)
	case err != nil:
		return err
	case s.samples == 0:
		return ErrNoSound
	}
	if s.converter != nil {
		err = s.out(s.converter.Flush(nil))
	}
	if s.slower != nil && err == nil {
		err = s.give(s.slower.Flush(nil))
	}
	return err
}

// Speed makes the sound slower or faster by a factor and keeps its pitch: for servers that speak at one speed alone. It is called before the
// first Write; 0 and 1 change nothing.
func (s *Sentence) Speed(speed float64) (err error) {
	if speed != 0 && speed != 1 {
		s.slower, err = media.NewStretcher(s.rate, speed)
	}
	return err
}

// Heard says that the server is alive.
func (s *Sentence) Heard() { s.timer.Reset(s.stall) }

// Write takes sound at a rate in Hz. The time that whoever listens takes is not
// the server's.
func (s *Sentence) Write(rate int, pcm []int16) error {
	s.timer.Stop()
	defer s.timer.Reset(s.stall)
	if len(pcm) == 0 {
		return nil
	}
	s.samples += len(pcm)
	if s.converter == nil || s.from != rate {
		var err error
		if s.converter, err = media.NewResampler(rate, s.rate); err != nil {
			return err
		}
		s.from = rate
	}
	return s.out(s.converter.Process(nil, pcm))
}

func (s *Sentence) out(pcm []int16) error {
	if s.slower != nil {
		pcm = s.slower.Process(nil, pcm)
	}
	return s.give(pcm)
}

func (s *Sentence) give(pcm []int16) error {
	if len(pcm) == 0 {
		return nil
	}
	if s.volume != 1 {
		for i, x := range pcm {
			pcm[i] = int16(min(max(float64(x)*s.volume, math.MinInt16), math.MaxInt16))
		}
	}
	if err := s.ctx.Err(); err != nil { // what has come already is not wanted any more
		return err
	}
	return s.emit(pcm)
}
