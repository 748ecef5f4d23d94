package softphone

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/go-audio/audio"
	"github.com/go-audio/wav"

	"github.com/acotel/acotel-sbc/media"
)

// Recordings are the sound of calls whose tester asked for it: WAV files that their owner alone can read, the tester on the left, the service
// on the right. They are deleted after Keep (G1).
type Recordings struct {
	Dir  string
	Keep time.Duration
	Max  time.Duration // longest recording
}

const recordingEnd = ".wav"

// begin makes room for the sound of one call.
func (r *Recordings) begin(id string) (*recording, error) {
	if r == nil {
		return nil, errors.New("softphone: recordings are switched off")
	}
	if err := os.MkdirAll(r.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("softphone: the folder of recordings: %w", err)
	}
	return &recording{file: r.file(id), most: int(r.Max/media.FrameDuration) * media.FrameSamples}, nil
}

func (r *Recordings) file(id string) string { return filepath.Join(r.Dir, id+recordingEnd) }

// Sweep deletes what is past its time, and tells how many files that were.
func (r *Recordings) Sweep(now time.Time) (deleted int, err error) {
	files, err := os.ReadDir(r.Dir)
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	for _, f := range files {
		info, e := f.Info()
		if e != nil || !strings.HasSuffix(f.Name(), recordingEnd) || now.Sub(info.ModTime()) < r.Keep {
			continue
		}
		if e = os.Remove(filepath.Join(r.Dir, f.Name())); e == nil {
			deleted++
		}
		err = errors.Join(err, e)
	}
	return deleted, err
}

// sweepEvery is how late a recording may be deleted.
const sweepEvery = 10 * time.Minute

// Run sweeps until ctx ends. done is told of what was deleted, and of what can't be.
func (r *Recordings) Run(ctx context.Context, done func(deleted int, err error)) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		if n, err := r.Sweep(time.Now()); n > 0 || err != nil {
			done(n, err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// recording gathers the sound of one call in memory, and writes it at its end.
type recording struct {
	file string
	most int // samples of each side

	mu    sync.Mutex
	sides [2][]int16
}

func (r *recording) caller(pcm []int16)  { r.take(0, pcm) }
func (r *recording) service(pcm []int16) { r.take(1, pcm) }

// take runs on the clock.
func (r *recording) take(side int, pcm []int16) {
	r.mu.Lock()
	if len(r.sides[side]) < r.most {
		r.sides[side] = append(r.sides[side], pcm...)
	}
	r.mu.Unlock()
}

// end writes the file.
func (r *recording) end() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	f, err := os.OpenFile(r.file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	n := max(len(r.sides[0]), len(r.sides[1]))
	data := make([]int, 2*n)
	for side, pcm := range r.sides {
		for i, v := range pcm {
			data[2*i+side] = int(v)
		}
	}
	e := wav.NewEncoder(f, media.LineRate, 16, 2, 1)
	err = e.Write(&audio.IntBuffer{Format: &audio.Format{NumChannels: 2, SampleRate: media.LineRate}, Data: data, SourceBitDepth: 16})
	r.sides = [2][]int16{} // the call is remembered for a while, its sound need not
	if err = errors.Join(err, e.Close(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(r.file))
	}
	return nil
}
