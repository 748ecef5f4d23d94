package softphone

import (
	"testing"
	"time"

	"github.com/acotel/acotel-sbc/media"
)

// TestLane: sound that waited all through a second is left out, a frame a second; a short hold-up costs nothing, a long one what is past the limit.
func TestLane(t *testing.T) {
	const frame = media.FrameDuration
	for name, c := range map[string]struct {
		waiting func(i int) time.Duration // when frame i comes
		left    int                       // frames left out of 500, ten seconds
	}{
		"nothing waits":                {func(int) time.Duration { return 0 }, 0},
		"one frame, on one clock":      {func(int) time.Duration { return frame }, 0},
		"now and then more":            {func(i int) time.Duration { return time.Duration(i%3) * frame }, 0},
		"two frames all the time":      {func(int) time.Duration { return 2 * frame }, 10},
		"two frames, in the end alone": {func(i int) time.Duration { return time.Duration(i/450) * 2 * frame }, 1},
		"more than may wait":           {func(int) time.Duration { return 3 * frame }, 500},
	} {
		t.Run(name, func(t *testing.T) {
			l, left := &lane{}, 0
			for i := range 10 * settled {
				if !l.fits(c.waiting(i)) {
					left++
				}
			}
			if left != c.left {
				t.Errorf("%d frames left out, want %d", left, c.left)
			}
		})
	}
}
