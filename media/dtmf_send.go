package media

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
)

// Errors of SendDigits.
var (
	ErrNoDTMF     = errors.New("media: no telephone-event payload type was agreed with the peer; send the keys by SIP INFO")
	ErrBadDigit   = errors.New("media: only 0-9, *, # and A-D are keys")
	ErrDigitQueue = errors.New("media: too many keys are waiting to be sent; send fewer at a time")
)

// Timing of a key in ticks of 20 ms: 100 ms of tone and 100 ms of gap, twice what ITU-T Q.24 asks receivers to understand.
// The last packet is sent three times in all (RFC 4733 §2.5.1.4), its copies inside the gap.
const (
	keyToneTicks = 5
	keyCopyTicks = 2
	keyGapTicks  = 5 // copies included
	keySendQueue = 128
)

// dtmfSender queues keys and spells them out on the clock, one packet a tick in place of sound.
type dtmfSender struct {
	mu     sync.Mutex
	queue  [keySendQueue]uint8
	head   int
	queued int
	busy   atomic.Bool // something is queued or being sent

	// Of the clock only.
	code    uint8
	tick    int // ticks into the key, 0: none
	started uint32
	sent    atomic.Uint64
}

// enqueue takes all keys or none.
func (d *dtmfSender) enqueue(digits string) error {
	for i := range len(digits) {
		if keyCode(digits[i]) < 0 {
			return fmt.Errorf("%w: %q in %q", ErrBadDigit, digits[i], digits)
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.queued+len(digits) > keySendQueue {
		return fmt.Errorf("%w (%d waiting)", ErrDigitQueue, d.queued)
	}
	for i := range len(digits) {
		d.queue[(d.head+d.queued)%keySendQueue] = uint8(keyCode(digits[i]))
		d.queued++
	}
	if len(digits) > 0 {
		d.busy.Store(true)
	}
	return nil
}

// next advances by one tick, whose RTP timestamp is given. active is true from the first packet of a key to the end
// of its gap: sound waits that long. send tells whether there is an event for this tick, with the event's timestamp.
func (d *dtmfSender) next(timestamp uint32) (e keyEvent, start uint32, first, send, active bool) {
	if !d.busy.Load() {
		return
	}
	if d.tick == 0 && !d.pop() {
		return
	}
	d.tick++
	if d.tick == 1 {
		d.started = timestamp
	}
	e = keyEvent{
		code:     d.code,
		end:      d.tick >= keyToneTicks,
		duration: uint16(min(d.tick, keyToneTicks) * FrameSamples),
	}
	start, first = d.started, d.tick == 1
	send = d.tick <= keyToneTicks+keyCopyTicks
	if d.tick == keyToneTicks {
		d.sent.Add(1)
	}
	if d.tick == keyToneTicks+keyGapTicks {
		d.tick = 0
	}
	return e, start, first, send, true
}

func (d *dtmfSender) pop() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.queued == 0 {
		d.busy.Store(false)
		return false
	}
	d.code = d.queue[d.head]
	d.head = (d.head + 1) % keySendQueue
	d.queued--
	return true
}
