package media

import (
	"slices"
	"sync"
	"time"
)

const (
	fadeSamples   = 80 // 10 ms, up or down, at pause, resume and flush
	rampSamples   = 40 // 5 ms from the last sample to silence where sound stops short
	playoutEvents = 64
	// maxQueued bounds what may wait: ten minutes, more than any call plays.
	maxQueued = 10 * 60 * LineRate
)

// Heard tells how far the peer has heard us, exact to the frame handed to RTP.
type Heard struct {
	ID            string        // utterance at the head of the queue, "" when there is none
	Interruptible bool          // as given to Begin
	Played, Total time.Duration // of that utterance; Total grows while it is written
	Done          []string      // utterances played to the end since the start or the last Flush
}

// PlayoutEventKind names what happened to an utterance.
type PlayoutEventKind uint8

// Kinds of PlayoutEvent.
const (
	PlayoutStarted  PlayoutEventKind = iota + 1 // its first sound was sent
	PlayoutFinished                             // it is over: played to the end, or Interrupted
	PlayoutDrained                              // the last queued one was played to the end
)

// String is the kind in words.
func (k PlayoutEventKind) String() string {
	switch k {
	case PlayoutStarted:
		return "started"
	case PlayoutFinished:
		return "finished"
	case PlayoutDrained:
		return "drained"
	}
	return "unknown"
}

// PlayoutEvent is one step of the queue. Each Begin leads to exactly one PlayoutFinished.
type PlayoutEvent struct {
	Kind        PlayoutEventKind
	ID          string
	Interrupted bool // of PlayoutFinished: flushed before its end
}

// Playout is the queue of what we say: utterances one after the other, 16-bit mono at LineRate. Its methods may be called from
// any goroutine and never hold the clock for longer than it takes to link a slice.
type Playout struct {
	mu     sync.Mutex
	queue  []*Utterance
	queued int // samples waiting
	done   []string

	paused bool
	open   bool // the last frame ended at full level
	tail   [fadeSamples]int16
	tailed int // samples of tail to send: the end of what was flushed
	last   int16

	recent   [rewindSamples]int16 // of what was played last of the utterance, a ring
	recentOf *Utterance
	recentN  int // samples in it
	recentAt int // where the next one goes

	events  chan PlayoutEvent
	dropped uint64
	starved uint64
}

func newPlayout() *Playout {
	return &Playout{open: true, events: make(chan PlayoutEvent, playoutEvents)}
}

// Begin queues an utterance behind the earlier ones. The id comes back in events and in Heard. interruptible is
// information for who decides about barge-in; Flush takes all.
func (p *Playout) Begin(id string, interruptible bool) *Utterance {
	u := &Utterance{playout: p, id: id, interruptible: interruptible}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.queue = append(p.queue, u)
	p.done = slices.Grow(p.done, len(p.queue)) // the clock, which appends, must not allocate
	return u
}

// Pause stops the sound within one frame, faded out. What faded is played again after Resume.
func (p *Playout) Pause() {
	p.mu.Lock()
	p.paused = true
	p.mu.Unlock()
}

// Resume goes on where Pause stopped: from the beginning of the word that was cut, as far as it shows in the sound, at most 400 ms back.
func (p *Playout) Resume() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.paused && !p.open {
		p.rewind()
	}
	p.paused = false
}

// Flush throws everything away: nothing queued is heard afterwards but a fade of 10 ms. It also ends a pause, so that what is
// queued next is heard. It returns what was heard until now; the list of done utterances begins anew.
func (p *Playout) Flush() Heard {
	p.mu.Lock()
	defer p.mu.Unlock()
	h := p.heard()
	p.done = nil
	if len(p.queue) > 0 && p.queue[0].started && p.open {
		p.tailed = p.queue[0].peek(p.tail[:])
		fade(p.tail[:p.tailed], false)
	}
	for i, u := range p.queue {
		u.drop()
		p.queue[i] = nil
		p.emit(PlayoutEvent{Kind: PlayoutFinished, ID: u.id, Interrupted: true})
	}
	p.queue, p.queued = p.queue[:0], 0
	p.recentOf, p.recentN = nil, 0 // its sound is free to go
	p.paused, p.open = false, true
	return h
}

// Heard tells what has been played so far.
func (p *Playout) Heard() Heard {
	p.mu.Lock()
	defer p.mu.Unlock()
	h := p.heard()
	h.Done = slices.Clone(h.Done)
	return h
}

func (p *Playout) heard() Heard {
	h := Heard{Done: p.done}
	if len(p.queue) > 0 {
		u := p.queue[0]
		h.ID, h.Interruptible = u.id, u.interruptible
		h.Played, h.Total = samplesTime(u.played), samplesTime(u.total)
	}
	return h
}

// Idle tells that nothing is left to play.
func (p *Playout) Idle() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.queue) == 0
}

// Events gives what happens, in order. Who reads too slowly loses the oldest events, which Stats counts. The channel is never
// closed.
func (p *Playout) Events() <-chan PlayoutEvent { return p.events }

// emit is called with the lock held, so it is the only sender.
func (p *Playout) emit(e PlayoutEvent) {
	for {
		select {
		case p.events <- e:
			return
		default:
		}
		select {
		case <-p.events:
			p.dropped++
		default:
		}
	}
}

// counters gives what Stats shows.
func (p *Playout) counters() (dropped, starved uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.dropped, p.starved
}

// pull fills one frame on the clock. voiced tells whether something of an utterance is in it.
func (p *Playout) pull(frame []int16) (voiced bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	switch {
	case p.tailed > 0:
		n = copy(frame, p.tail[:p.tailed])
		p.tailed = 0
	case p.paused && p.open:
		if len(p.queue) > 0 && p.queue[0].started {
			n = p.queue[0].peek(frame[:fadeSamples])
			fade(frame[:n], false)
		}
		p.open = false
	case p.paused:
	default:
		n = p.play(frame)
		if !p.open && n > 0 {
			fade(frame[:min(n, fadeSamples)], true)
			p.open = true
		}
	}
	last := p.last
	if n > 0 {
		last = frame[n-1]
	}
	ramp(frame[n:], last)
	p.last = frame[len(frame)-1]
	return n > 0
}

// play takes samples from the utterances in turn.
func (p *Playout) play(frame []int16) (n int) {
	for n < len(frame) && len(p.queue) > 0 {
		u := p.queue[0]
		if !u.ended && u.waiting < len(frame)-n {
			if u.started {
				p.starved++
			}
			break // whole frames only while more is to come: half a frame would click
		}
		if !u.started {
			u.started = true
			p.emit(PlayoutEvent{Kind: PlayoutStarted, ID: u.id})
		}
		taken := u.take(frame[n:])
		p.remember(u, frame[n:n+taken])
		n += taken
		p.queued -= taken
		if u.ended && u.waiting == 0 {
			p.finish(u)
		}
	}
	return n
}

func (p *Playout) finish(u *Utterance) {
	copy(p.queue, p.queue[1:])
	p.queue[len(p.queue)-1] = nil
	p.queue = p.queue[:len(p.queue)-1]
	p.done = append(p.done, u.id)
	u.drop()
	p.emit(PlayoutEvent{Kind: PlayoutFinished, ID: u.id})
	if len(p.queue) == 0 {
		p.emit(PlayoutEvent{Kind: PlayoutDrained, ID: u.id})
	}
}

// fade scales samples linearly, up from silence or down to it.
func fade(pcm []int16, up bool) {
	for i := range pcm {
		g := len(pcm) - 1 - i
		if up {
			g = i
		}
		pcm[i] = int16(int(pcm[i]) * g / len(pcm))
	}
}

// ramp leads from the last sample to silence.
func ramp(pcm []int16, last int16) {
	n := min(rampSamples, len(pcm))
	for i := range n {
		pcm[i] = int16(int(last) * (n - 1 - i) / n)
	}
	clear(pcm[n:])
}

func samplesTime(n int) time.Duration {
	return time.Duration(n) * time.Second / LineRate
}
