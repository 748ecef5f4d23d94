package media

import (
	"testing"
	"time"
)

// word is d of a loud square wave; its level names it.
func word(d time.Duration, level int16) []int16 {
	pcm := make([]int16, int(d*LineRate/time.Second))
	for i := range pcm {
		if pcm[i] = level; i%20 < 10 {
			pcm[i] = -level
		}
	}
	return pcm
}

// A voice that was paused goes on from the word that was cut, and says nothing else twice.
func TestResumeGoesBackToTheWord(t *testing.T) {
	gap := make([]int16, LineRate*40/1000)
	for _, c := range []struct {
		name  string
		parts [][]int16
		pause time.Duration // into the utterance
		from  time.Duration // where it goes on
	}{
		{"in the second word", [][]int16{word(200*time.Millisecond, 8000), gap, word(400*time.Millisecond, 6000)}, 400 * time.Millisecond, 230 * time.Millisecond},
		{"a word longer than it goes back", [][]int16{gap, word(900*time.Millisecond, 8000)}, 800 * time.Millisecond, 800 * time.Millisecond},
		{"at the beginning", [][]int16{word(600*time.Millisecond, 8000)}, 100 * time.Millisecond, 100 * time.Millisecond},
		{"in the gap", [][]int16{word(200*time.Millisecond, 8000), gap, word(400*time.Millisecond, 6000)}, 240 * time.Millisecond, 240 * time.Millisecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPlayout()
			u := p.Begin("u", true)
			var all []int16
			for _, part := range c.parts {
				all = append(all, part...)
			}
			if err := u.Write(all); err != nil {
				t.Fatal(err)
			}
			u.End()
			var frame [FrameSamples]int16
			for range int(c.pause / FrameDuration) {
				p.pull(frame[:])
			}
			p.Pause()
			p.pull(frame[:])
			p.pull(frame[:])
			p.Resume()
			if got := p.Heard().Played; got > c.from+10*time.Millisecond || got < c.from-20*time.Millisecond {
				t.Errorf("goes on at %v, want about %v", got, c.from)
			}
			left := 0
			for !p.Idle() {
				p.pull(frame[:])
				left++
			}
			if want := int((time.Duration(len(all))*time.Second/LineRate-c.from)/FrameDuration) + 1; left < want-1 || left > want+1 {
				t.Errorf("%d frames follow, want about %d", left, want)
			}
		})
	}
}
