package media

// concealer hides lost sound. It sees all real sound in order and makes up the rest; a better method (ITU-T G.711
// Appendix I) can take the place of repeatFade without a change elsewhere.
type concealer interface {
	// good is shown real samples, at most one frame, and may soften their beginning after a loss.
	good(pcm []int16)
	// lost fills dst, at most one frame, and tells whether it put anything audible there.
	lost(dst []int16) (audible bool)
	// stretch fills dst with more of the same at full level, to lengthen a quiet passage.
	stretch(dst []int16)
	reset()
}

const (
	concealHold = 80  // samples repeated at full level: 10 ms
	concealEnd  = 480 // samples after which nothing is left: 60 ms
	joinSamples = 40  // cross-fade where real and made-up sound meet: 5 ms
)

// repeatFade replays the last 20 ms to and fro, so that no joint jumps, and fades to silence within 60 ms: longer
// repetition is heard as a robot's voice and misleads a recogniser.
type repeatFade struct {
	history [FrameSamples]int16
	pos     int // distance from the newest sample of the next one to replay
	back    bool
	made    int // samples made up since the last real one
}

func (r *repeatFade) reset() { *r = repeatFade{} }

func (r *repeatFade) good(pcm []int16) {
	if r.made > 0 {
		n := min(joinSamples, len(pcm))
		for i := range n {
			old := int(r.next())
			pcm[i] = int16((old*(n-i) + int(pcm[i])*i) / n)
		}
		r.made = 0
	}
	r.pos, r.back = 0, false
	if len(pcm) >= len(r.history) {
		copy(r.history[:], pcm[len(pcm)-len(r.history):])
		return
	}
	copy(r.history[:], r.history[len(pcm):])
	copy(r.history[len(r.history)-len(pcm):], pcm)
}

func (r *repeatFade) lost(dst []int16) (audible bool) {
	for i := range dst {
		dst[i] = r.next()
		audible = audible || dst[i] != 0
	}
	return audible
}

func (r *repeatFade) stretch(dst []int16) {
	for i := range dst {
		dst[i] = r.replay()
	}
	r.made = max(r.made, 1) // so that the next real sound is joined softly
}

// next is the next made-up sample, at its level.
func (r *repeatFade) next() int16 {
	gain := concealEnd - max(r.made, concealHold)
	r.made++
	if gain <= 0 {
		return 0
	}
	return int16(int(r.replay()) * gain / (concealEnd - concealHold))
}

// replay walks to and fro through the history.
func (r *repeatFade) replay() int16 {
	s := r.history[len(r.history)-1-r.pos]
	if r.back {
		if r.pos--; r.pos < 0 {
			r.pos, r.back = 0, false
		}
		return s
	}
	if r.pos++; r.pos == len(r.history) {
		r.pos, r.back = len(r.history)-1, true
	}
	return s
}
