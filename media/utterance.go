package media

import (
	"errors"
	"slices"
)

// Errors of Utterance.Write, for who synthesises to stop.
var (
	ErrFlushed     = errors.New("media: the utterance was flushed or is over; stop writing to it")
	ErrEnded       = errors.New("media: the utterance was ended; begin another one")
	ErrPlayoutFull = errors.New("media: ten minutes of sound are waiting to be played; wait until some was heard")
)

// Utterance is one sentence or prompt in a Playout. It may be played while it is still being written; when its sound
// runs out before End, silence is sent and the next utterance waits.
type Utterance struct {
	playout       *Playout
	id            string
	interruptible bool

	// Guarded by the playout's lock.
	chunks  [][]int16 // each written once, never changed
	head    int       // chunk being played
	offset  int       // samples of it already played
	waiting int       // samples not yet played
	played  int
	total   int
	started bool
	ended   bool
	dropped bool
}

// ID is the id given to Begin.
func (u *Utterance) ID() string { return u.id }

// Interruptible is what was given to Begin.
func (u *Utterance) Interruptible() bool { return u.interruptible }

// Write adds samples at LineRate; they are copied. It never waits.
func (u *Utterance) Write(pcm []int16) error { return u.WriteShared(slices.Clone(pcm)) }

// WriteShared is Write without the copy, for sound that many calls play at once: chunk must never change.
func (u *Utterance) WriteShared(chunk []int16) error {
	p := u.playout
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case u.dropped:
		return ErrFlushed
	case u.ended:
		return ErrEnded
	case len(chunk) == 0:
		return nil
	case p.queued+len(chunk) > maxQueued:
		return ErrPlayoutFull
	}
	if u.head == len(u.chunks) {
		u.chunks, u.head = u.chunks[:0], 0
	}
	u.chunks = append(u.chunks, chunk)
	u.waiting += len(chunk)
	u.total += len(chunk)
	p.queued += len(chunk)
	return nil
}

// End says that nothing more will be written. It may be called again.
func (u *Utterance) End() {
	u.playout.mu.Lock()
	u.ended = true
	u.playout.mu.Unlock()
}

// take moves samples to dst, as many as there are.
func (u *Utterance) take(dst []int16) (n int) {
	for n < len(dst) && u.head < len(u.chunks) {
		chunk := u.chunks[u.head]
		k := copy(dst[n:], chunk[u.offset:])
		n += k
		if u.offset += k; u.offset == len(chunk) {
			u.chunks[u.head] = nil
			u.head++
			u.offset = 0
		}
	}
	u.waiting -= n
	u.played += n
	return n
}

// peek copies the next samples without playing them.
func (u *Utterance) peek(dst []int16) (n int) {
	offset := u.offset
	for i := u.head; i < len(u.chunks) && n < len(dst); i++ {
		n += copy(dst[n:], u.chunks[i][offset:])
		offset = 0
	}
	return n
}

func (u *Utterance) drop() {
	u.dropped = true
	u.chunks, u.head, u.offset = nil, 0, 0
	u.waiting = 0
}
