package media

// Numbers of samples at LineRate. They are those of ITU-T G.711 Appendix I.
const (
	pitchShortest = 40  // 5 ms: 200 Hz
	pitchLongest  = 120 // 15 ms: 66 Hz
	pitchWindow   = 160 // 20 ms that are compared with what came a period before
	pitchMost     = 3   // periods in the cycle that is repeated, at most

	concealGrow = 80              // 10 ms, after each of which the cycle is one period longer
	concealHold = 80              // made up at full level: 10 ms
	concealEnd  = 480             // after which nothing is left: 60 ms
	joinSamples = 40              // cross-fade where sound was left out: 5 ms
	joinLongest = 80              // and where real sound follows a long loss: 10 ms
	joinGrow    = 32              // more for each 10 ms of loss: 4 ms
	stepSamples = joinSamples / 2 // in which the step to the first repetition is smoothed

	concealHistory = pitchMost*pitchLongest + pitchLongest/4
	// voicedShare of the window's energy, from which on the sound has a pitch; other sound is repeated with the longest period, so that it
	// does not turn into a tone.
	voicedShare = 0.35
)

// concealer hides lost sound by waveform substitution at the pitch: the last period is repeated, then the last two, then the last
// three, each joined by overlapping a quarter of a period, and faded away from the second 10 ms to the sixth (ITU-T G.711 Appendix I). It adds
// no delay: where the Recommendation holds 3.75 ms of sound back to overlap the first repetition too, the step to it is faded out. It
// sees all real sound in order.
type concealer struct {
	history [concealHistory]int16
	made    int // samples made up since the last real one

	pitch   int
	periods int
	cycle   [pitchMost * pitchLongest]int16 // what is repeated
	size    int
	at      int

	older     [pitchLongest / 4]int16 // how the shorter cycle would have gone on, to overlap
	olderLeft int
	quarter   int
	step      int // from the last real sample to the repetition, to be faded out
	stepLeft  int
}

// good is shown real samples, at most one frame, and softens their beginning after a loss.
func (c *concealer) good(pcm []int16) {
	if c.made > 0 {
		n := min(c.quarter+max(0, c.made-concealGrow)*joinGrow/concealGrow, joinLongest, len(pcm))
		for i := range n {
			old := int(c.next())
			pcm[i] = int16((old*(n-i) + int(pcm[i])*i) / n)
		}
		c.made = 0
	}
	if n := len(pcm); n < len(c.history) {
		copy(c.history[:], c.history[n:])
	}
	copy(c.history[max(0, len(c.history)-len(pcm)):], pcm[max(0, len(pcm)-len(c.history)):])
}

// lost fills dst, at most one frame, and tells whether it put anything audible there.
func (c *concealer) lost(dst []int16) (audible bool) {
	for i := range dst {
		dst[i] = c.next()
		audible = audible || dst[i] != 0
	}
	return audible
}

// stretch fills dst with more of the same at full level, to lengthen a quiet passage.
func (c *concealer) stretch(dst []int16) {
	if c.made == 0 {
		c.begin()
	}
	for i := range dst {
		dst[i] = c.repeat()
	}
	c.made = max(c.made, 1) // so that the next real sound is joined softly
}

// next is the next made-up sample, at its level.
func (c *concealer) next() int16 {
	switch {
	case c.made == 0:
		c.begin()
	case c.made >= concealEnd:
		return 0
	case c.made%concealGrow == 0 && c.periods < pitchMost:
		c.lengthen()
	}
	gain := concealEnd - max(c.made, concealHold)
	c.made++
	return int16(int(c.repeat()) * gain / (concealEnd - concealHold))
}

// begin finds the pitch of what was heard last and starts to repeat its last period.
func (c *concealer) begin() {
	c.pitch = c.findPitch()
	c.quarter = c.pitch / 4
	c.periods, c.at, c.olderLeft = 1, 0, 0
	c.prepare()
	end := len(c.history)
	// The sample before the repetition's first one should be the last real one.
	c.step, c.stepLeft = int(c.history[end-1])-int(c.history[end-1-c.pitch]), stepSamples
}

// prepare takes the last periods out of the history, their end overlapped with what came before their beginning, so that the cycle
// closes without a step.
func (c *concealer) prepare() {
	c.size = c.periods * c.pitch
	tail := c.history[len(c.history)-c.size-c.quarter:]
	copy(c.cycle[:], tail[c.quarter:])
	q := c.quarter
	for i := range q {
		k := c.size - q + i
		c.cycle[k] = int16((int(c.cycle[k])*(q-i) + int(tail[i])*i) / q)
	}
}

// lengthen adds a period to the cycle: a longer one sounds less like a machine. The same moment of the pitch goes on in it.
func (c *concealer) lengthen() {
	for i := range c.quarter {
		c.older[i] = c.cycle[(c.at+i)%c.size]
	}
	c.olderLeft = c.quarter
	c.periods++
	c.at %= c.pitch
	c.prepare()
}

// repeat walks through the cycle.
func (c *concealer) repeat() int16 {
	s := int(c.cycle[c.at])
	if c.at++; c.at == c.size {
		c.at = 0
	}
	if c.olderLeft > 0 {
		s = (int(c.older[c.quarter-c.olderLeft])*c.olderLeft + s*(c.quarter-c.olderLeft)) / c.quarter
		c.olderLeft--
	}
	if c.stepLeft > 0 {
		s += c.step * c.stepLeft / stepSamples
		c.stepLeft--
	}
	return int16(min(max(s, -32768), 32767))
}

// findPitch is the lag in samples at which the end of the history is most like itself: every second lag and sample first, then
// the neighbours of the best.
func (c *concealer) findPitch() int {
	end := c.history[len(c.history)-pitchWindow:]
	likeness := func(lag, stride int) float64 {
		before := c.history[len(c.history)-pitchWindow-lag:]
		var product, energy int64
		for i := 0; i < pitchWindow; i += stride {
			product += int64(end[i]) * int64(before[i])
			energy += int64(before[i]) * int64(before[i])
		}
		if product <= 0 || energy == 0 {
			return 0
		}
		return float64(product) / float64(energy) * float64(product)
	}
	best, at := 0.0, pitchLongest
	for lag := pitchShortest; lag <= pitchLongest; lag += 2 {
		if l := likeness(lag, 2); l > best {
			best, at = l, lag
		}
	}
	if best == 0 {
		return pitchLongest
	}
	coarse := at
	best = 0
	for lag := max(pitchShortest, coarse-1); lag <= min(pitchLongest, coarse+1); lag++ {
		if l := likeness(lag, 1); l > best {
			best, at = l, lag
		}
	}
	energy := 0.0
	for _, s := range end {
		energy += float64(s) * float64(s)
	}
	if best < voicedShare*energy {
		return pitchLongest
	}
	return at
}
