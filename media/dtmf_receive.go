package media

import "time"

const (
	// keyTimeout ends a key whose end packets were lost: longer than any sender's packet interval.
	keyTimeout = 120 * time.Millisecond
	// keyHeld reports a key that stays pressed, so that slow fingers need not wait for their own release.
	keyHeld = 500 * time.Millisecond
	// keyAgain is how long after its last packet an event can come again as a late copy. After it, the same timestamp is a
	// new press: players of recorded packets (SIPp) send the same packets again for each press.
	keyAgain = 300 * time.Millisecond

	maxDuration = 0xFFFF // of one segment: 8.2 s
	longKey     = 0xF000 // so near to it, the next timestamp is the next segment, even if the last packets were lost

	keyHistory = 8  // presses remembered to know late packets
	keyQueue   = 64 // keys waiting for the clock
)

// press is one key going down, known by source, timestamp and event (RFC 4733 §2.2.1 keeps the timestamp for all packets of an
// event; the marker bit may be lost and is not used).
type press struct {
	ssrc, timestamp uint32
	code            uint8
	ended, reported bool
	duration        uint16
	first, last     time.Duration
	used            bool
}

// dtmfReceiver turns telephone event packets into key presses, each reported once: at its end, or when the next one begins,
// when its packets stop, or when it is held for long.
type dtmfReceiver struct {
	recent  [keyHistory]press
	current int // index of the newest press

	queue   [keyQueue]uint8
	queued  int
	total   uint64
	dropped uint64
}

// packet takes one telephone event.
func (d *dtmfReceiver) packet(ssrc, timestamp uint32, e keyEvent, now time.Duration) {
	if i := d.find(ssrc, timestamp, e, now); i >= 0 {
		p := &d.recent[i]
		p.last = now
		if !p.ended {
			p.timestamp, p.duration = timestamp, e.duration
		}
		if e.end {
			p.ended = true
			d.report(p)
		}
		return
	}
	d.report(&d.recent[d.current]) // its end was lost
	d.current = (d.current + 1) % keyHistory
	d.recent[d.current] = press{
		ssrc: ssrc, timestamp: timestamp, code: e.code, duration: e.duration,
		ended: e.end, first: now, last: now, used: true,
	}
	if e.end {
		d.report(&d.recent[d.current])
	}
}

// find returns the press a packet belongs to, -1 for a new one.
func (d *dtmfReceiver) find(ssrc, timestamp uint32, e keyEvent, now time.Duration) int {
	for n := range keyHistory {
		i := (d.current - n + keyHistory) % keyHistory
		p := &d.recent[i]
		if !p.used || p.ssrc != ssrc || p.code != e.code || !p.owns(timestamp, e, i == d.current, now) {
			continue
		}
		if now-p.last >= keyAgain && !e.end && e.duration < p.duration {
			p.used = false // played again from its beginning
			return -1
		}
		return i
	}
	return -1
}

// owns tells whether a packet of the same key and source is of this press. Beside an equal timestamp there are three cases of
// moving timestamps: the segments of an event longer than 0xFFFF (RFC 4733 §2.5.1.3), senders that wrongly advance the
// timestamp with each packet, and their copies of the end packet. No press can begin before the one before it has ended.
func (p *press) owns(timestamp uint32, e keyEvent, newest bool, now time.Duration) bool {
	ahead := int32(timestamp - p.timestamp)
	switch {
	case ahead == 0:
		return true
	case ahead < 0 || !newest || now-p.last >= keyAgain:
		return false
	case p.ended: // SIPp begins the next press at a timestamp within the one before
		return e.end && ahead < int32(p.duration)
	}
	segment := p.duration > longKey && ahead <= maxDuration
	return ahead <= int32(p.duration) || segment || int32(e.duration) == int32(p.duration)+ahead
}

// tick reports what time alone decides. It is called every 20 ms.
func (d *dtmfReceiver) tick(now time.Duration) {
	p := &d.recent[d.current]
	if p.used && !p.reported && (now-p.last >= keyTimeout || now-p.first >= keyHeld) {
		d.report(p)
	}
}

func (d *dtmfReceiver) report(p *press) {
	if !p.used || p.reported {
		return
	}
	p.reported = true
	if d.queued == keyQueue {
		d.dropped++ // a finger cannot be that fast: the oldest keys are kept
		return
	}
	d.queue[d.queued] = p.code
	d.queued++
	d.total++
}

// take moves the waiting keys to dst and returns their number.
func (d *dtmfReceiver) take(dst *[keyQueue]uint8) int {
	n := copy(dst[:], d.queue[:d.queued])
	d.queued = 0
	return n
}
