package media

import "time"

const (
	delayBins     = 40                    // of delayBin each
	delayBin      = 10 * time.Millisecond // so up to 400 ms
	delayForget   = 0.996                 // weight of a packet against the next one: half of it is forgotten after 170 packets
	delayQuantile = 0.975                 // share of packets that shall come in time
	delayMargin   = 5 * time.Millisecond  // for the clock's own lateness
	delayStart    = 30 * time.Millisecond // taken for granted until packets tell better
	delayTrust    = 8                     // packets that this is worth: a new network is learnt in seconds

	transitWindows = 10              // the fastest packet of the last
	transitWindow  = time.Second     // seconds is what delay is counted from
	transitJump    = 1 * time.Second // a change this big is the sender's clock, not the network
)

// delayEstimator learns how late packets come, each against the fastest of the last ten seconds, and from it how
// deep the jitter buffer should be. The method is the histogram with forgetting that WebRTC's NetEq made known.
type delayEstimator struct {
	lowest, highest time.Duration

	histogram [delayBins]float64
	packets   int // behind it, until they count no more
	target    time.Duration

	fastest [transitWindows]time.Duration
	window  int
	windowT time.Duration // when the current window began
	started bool
}

func newDelayEstimator(lowest, highest time.Duration) delayEstimator {
	e := delayEstimator{lowest: lowest, highest: highest}
	e.histogram[delayStart/delayBin] = 1
	e.retarget()
	return e
}

// rebase forgets where the sender's clock stood; what is known about the network stays.
func (e *delayEstimator) rebase() { e.started = false }

// jumped tells whether a transit time cannot come from the network.
func (e *delayEstimator) jumped(transit time.Duration) bool {
	if !e.started {
		return false
	}
	d := transit - e.base()
	return d > transitJump || d < -transitJump
}

// add takes the transit time of a packet (arrival less timestamp, from any origin) and returns how late it is against the
// fastest one.
func (e *delayEstimator) add(transit, now time.Duration) (late time.Duration) {
	if !e.started {
		e.started, e.window, e.windowT = true, 0, now
		for i := range e.fastest {
			e.fastest[i] = transit
		}
	}
	for now-e.windowT >= transitWindow {
		e.window = (e.window + 1) % transitWindows
		e.fastest[e.window] = transit
		if e.windowT += transitWindow; now-e.windowT > transitWindows*transitWindow {
			e.windowT = now
		}
	}
	e.fastest[e.window] = min(e.fastest[e.window], transit)
	late = transit - e.base()
	e.packets++
	weight := max(1-delayForget, 1/float64(e.packets+delayTrust))
	for i := range e.histogram {
		e.histogram[i] *= 1 - weight
	}
	e.histogram[min(int(late/delayBin), delayBins-1)] += weight
	e.retarget()
	return late
}

func (e *delayEstimator) base() time.Duration {
	fastest := e.fastest[0]
	for _, f := range e.fastest[1:] {
		fastest = min(fastest, f)
	}
	return fastest
}

// retarget finds the delay that covers the wanted share of packets.
func (e *delayEstimator) retarget() {
	sum := 0.0
	for i, weight := range e.histogram {
		if sum += weight; sum >= delayQuantile {
			// The upper edge of the bin; the lowest bin means a quiet network.
			e.target = min(max(time.Duration(i+1)*delayBin+delayMargin, e.lowest), e.highest)
			return
		}
	}
	e.target = e.highest
}
