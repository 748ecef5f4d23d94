package media

import (
	"net/netip"
	"time"
)

const (
	// catchUp is how far the clock may be behind and still send every frame, back to back. Further behind, frames are left
	// out: a burst that long would only fill the peer's jitter buffer with lasting delay.
	catchUp = 5 * FrameDuration
	// lateTick is a delay worth counting; timers are good to about 1 ms.
	lateTick = 5 * time.Millisecond
)

// slot is the unit of the clock: packets of sound are whole numbers of it long.
const (
	slotDuration = 10 * time.Millisecond
	slotSamples  = FrameSamples / slotsAFrame
	slotsAFrame  = 2
)

// pacer knows when slots are due: start + n·10 ms, whatever happened to the ones before, so that it never drifts.
type pacer struct {
	start time.Time
	n     int64
}

func (p *pacer) due() time.Time {
	return p.start.Add(time.Duration(p.n) * slotDuration)
}

// advance goes to the next slot with work in it: the next one when fine, else the next one that begins a frame. It returns the
// number of frames left out because now is too far behind.
func (p *pacer) advance(now time.Time, fine bool) (skipped int64) {
	if p.n++; !fine {
		p.n += p.n % slotsAFrame
	}
	if behind := now.Sub(p.due()); behind > catchUp {
		skipped = int64(behind / FrameDuration)
		p.n += skipped * slotsAFrame
	}
	return skipped
}

// begins sets when slot 0 is due. phase is the wheel's.
func (s *Session) begins(start time.Time, phase int) {
	s.pace, s.phase = pacer{start: start}, phase
	s.started.Store(int64(start.Sub(s.born)))
	s.running.Store(true)
}

// turn does what is due, if anything is: it reads what came, and does one slot.
func (s *Session) turn(r *packetReader) {
	due := s.pace.due()
	late := time.Since(due)
	if late < 0 {
		return
	}
	if late > lateTick {
		s.clockLate.Add(1)
	}
	if s.pace.n%slotsAFrame == 0 {
		s.read(r)
	}
	s.slot(s.pace.n, due)
	fine := s.using != nil && s.using.slots%slotsAFrame != 0
	if skipped := s.pace.advance(time.Now(), fine); skipped > 0 {
		s.clockSkipped.Add(uint64(skipped))
		s.out.mark = true
	}
}

// slot is one turn of the clock: a frame is taken out of the jitter buffer, what we say is sent, and then, so that the Listener's
// work does not shift our packets, the frame is heard. In the middle of a frame there may only be something to send.
func (s *Session) slot(n int64, due time.Time) {
	if n%slotsAFrame != 0 {
		s.send(n, s.in.destination())
		return
	}
	now := due.Sub(s.born)
	concealed, pressed, to := s.in.pull(s.heard[:], &s.keys, now, now+FrameDuration)
	s.send(n, to)
	if s.cfg.Listener == nil {
		return
	}
	for _, code := range s.keys[:pressed] {
		s.cfg.Listener.Digit(rune(eventKeys[code]))
	}
	s.cfg.Listener.Frame(s.heard[:], time.Duration(n)*slotDuration, concealed)
}

// send sends what is due at slot n: a key, something said, or silence; nothing while the direction forbids it.
func (s *Session) send(n int64, to netip.AddrPort) {
	a := s.agreed.Load()
	if a == nil || !a.Direction.Sends() || to.Port() == 0 || to.Addr().IsUnspecified() {
		s.out.mark = true
		if s.speaker != nil && n%slotsAFrame == 0 {
			clear(s.said[:FrameSamples])
			s.speaker.Sent(s.said[:FrameSamples])
		}
		return // the Playout waits: what is not sent is not heard
	}
	if a != s.using {
		s.using = a
		s.out.use(a.Codec, a.encoder, n)
		s.out.seal = a.seal
	}
	if n < s.out.due {
		return
	}
	if e, start, first, send, active := s.digits.next(s.out.timestamp(n)); active && a.DTMF != 0 {
		s.out.due = n + slotsAFrame
		clear(s.said[:FrameSamples])
		if s.speaker != nil {
			s.speaker.Sent(s.said[:FrameSamples])
		}
		if send {
			e.duration *= uint16(a.eventScale())
			s.out.key(s.rtp, to, a.DTMF, e, start, first)
			return
		}
		s.out.sound(s.rtp, to, n, s.said[:FrameSamples], false)
		return
	}
	said := s.said[:a.slots*slotSamples]
	voiced := s.playout.pull(said)
	s.out.due = n + int64(a.slots)
	if s.speaker != nil {
		s.speaker.Sent(said)
	}
	if a.ComfortNoise && !voiced && s.out.filler >= talkspurtGap {
		s.out.comfort(s.rtp, to, n, len(said))
		return
	}
	s.out.sound(s.rtp, to, n, said, voiced)
}
