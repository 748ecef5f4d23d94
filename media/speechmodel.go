package media

// SpeechModel tells speech from other sound by more than its energy; media/silero gives one. It belongs to one call. All
// methods are called on the 20 ms clock: they must return at once and allocate nothing, so that a model which takes its time works
// elsewhere and is asked for its newest verdict.
type SpeechModel interface {
	// Reset says that what is fed next does not follow what was fed before.
	Reset()
	// Feed gives the next samples at LineRate.
	Feed(pcm []int16)
	// Verdict is the newest probability of speech, 0..1, and how many samples fed since Reset it is the verdict on; 0 samples: none
	// yet.
	Verdict() (probability float32, samples int)
}

const (
	// confirmBefore are the frames before the gate opened, the ones that opened it included, which the model hears too: it judges a
	// sound by what came before.
	confirmBefore = 10
	// confirmLag is how long, in frames, speech has been going on at most when the model finds it inside other sound.
	confirmLag = 4
	// confirmPatience is how far the model's verdict may lag behind before the gate decides alone: 240 ms.
	confirmPatience = 12 * FrameSamples
	// confirmHysteresis is how far below the threshold the probability falls before speech has ended.
	confirmHysteresis = 0.15
)

// confirmer asks the model while the gate is open.
type confirmer struct {
	model     SpeechModel
	threshold float32

	recent   [confirmBefore][FrameSamples]int16
	newest   int // the frame of recent being filled or just full
	held     int
	asking   bool
	fed      int
	speaking bool
}

// take keeps samples of the frame being filled, from i on.
func (c *confirmer) take(i int, pcm []int16) { copy(c.recent[c.newest][i:], pcm) }

// confirm tells whether a full frame is speech. loud is what the gate thinks of it.
func (c *confirmer) confirm(open, loud bool) bool {
	c.held = min(c.held+1, confirmBefore)
	switch {
	case open && !c.asking:
		c.asking, c.speaking, c.fed = true, false, 0
		c.model.Reset()
		for i := c.held - 1; i >= 0; i-- {
			c.feed((c.newest - i + confirmBefore) % confirmBefore)
		}
	case open:
		c.feed(c.newest)
	default:
		c.asking, c.speaking = false, false
	}
	c.newest = (c.newest + 1) % confirmBefore
	if !c.asking {
		return false
	}
	p, judged := c.model.Verdict()
	switch {
	case c.fed-judged > confirmPatience:
		return loud // the model is late: the machine is overloaded
	case p >= c.threshold:
		c.speaking = true
	case p < c.threshold-confirmHysteresis:
		c.speaking = false
	}
	return loud && c.speaking
}

func (c *confirmer) feed(i int) {
	c.model.Feed(c.recent[i][:])
	c.fed += FrameSamples
}
