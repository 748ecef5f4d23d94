package media

import "time"

const (
	jitterSlots   = 64  // packets; 1.3 s of 20 ms, 640 ms of 10 ms
	jitterPayload = 960 // bytes; 120 ms of G.711

	// jitterSlack is how far the delay may exceed the greatest target before sound is thrown away.
	jitterSlack = 60 * time.Millisecond

	// A stream whose packets all come too late, this many over this time, has moved for good: the network's way grew
	// longer, or its timestamps stepped back. A single burst of late ones is over sooner.
	lateStreak     = 5
	lateStreakTime = 60 * time.Millisecond

	samplePeriod = time.Second / LineRate // 125 µs
)

// pullKind is what the jitter buffer has for the next moment.
type pullKind uint8

const (
	pullPacket pullKind = iota // a packet to decode
	pullLost                   // sound is missing, later packets are there
	pullDry                    // nothing has come yet
	pullGap                    // the sender was silent here
	pullPause                  // a packet of comfort noise: it takes no time, and tells of the silence that follows
)

// pulled is one step of sound out of the buffer. For a packet, payload is valid until the next put and skip is the number of
// leading samples whose moment has passed; otherwise samples says how long the step is. A lost step that ends where the next packet
// begins has that packet's payload, which may hold a copy of what was lost.
type pulled struct {
	kind    pullKind
	pt      uint8
	payload []byte
	skip    int
	samples int
}

type jitterSlot struct {
	seq     int64
	used    bool
	sound   bool // false: a packet that carries no sound, such as a key
	pause   bool // comfort noise: the sender is silent from here on
	pt      uint8
	size    int
	ts      int64
	samples int
	data    [jitterPayload]byte
}

// jitterBuffer puts packets back in order and in time. It works on two endless scales of its own, a sequence and a timestamp in
// samples, onto which every stream of the peer is mapped: a new SSRC, a restart or a timestamp jump moves the mapping and
// nothing else.
//
// Its delay is the time from the arrival of an ideally fast packet to its playing. It grows when the buffer runs dry (the
// clock waits instead of skipping), in silence on purpose, and shrinks in silence.
type jitterBuffer struct {
	slots [jitterSlots]jitterSlot
	count int

	started bool
	nextSeq int64 // of the next packet to play
	playTS  int64 // of the next sample to play
	newest  int64 // highest sequence number held or played
	endTS   int64 // timestamp after the newest packet

	seqOffset int64
	tsOffset  int64
	lastTS    int64 // peer's timestamp, extended, of the newest packet, in units of its clock
	scale     int64 // of these units in a sample
	resyncing bool  // the next packet begins a new sequence
	retiming  bool  // the next sound begins a new timestamp

	streak      int // newest packets in a row that came too late
	streakBegan time.Duration
	before      delayEstimator // what was known before them

	silent  bool // what was played last says that the sender is silent
	delay   time.Duration
	stalled int // samples made up while dry, to be taken off what turns out lost
	network delayEstimator

	late, overflow uint64
}

func newJitterBuffer(lowest, highest time.Duration) jitterBuffer {
	return jitterBuffer{network: newDelayEstimator(lowest, highest), scale: 1}
}

// resync says that the next packet belongs to a new stream.
func (j *jitterBuffer) resync() { j.resyncing = true }

// arrival is one packet as the buffer needs it.
type arrival struct {
	seq     uint32 // extended
	ts      uint32
	scale   int64 // clock units of ts in a sample
	pt      uint8
	payload []byte
	samples int           // 0: carries no sound
	pause   bool          // comfort noise: the sender is silent from its timestamp on
	now     time.Duration // time of arrival
	tick    time.Duration // time of the next pull
	held    int           // samples decoded and not yet played
}

// put stores a packet.
func (j *jitterBuffer) put(a arrival) {
	if a.samples > 0 && len(a.payload) > jitterPayload {
		j.overflow++
		return
	}
	seq := j.sequence(a)
	if seq < j.nextSeq {
		j.late++
		return
	}
	var ts int64
	if a.samples > 0 {
		var ok bool
		if ts, ok = j.timestamp(a, seq); !ok {
			j.late++
			return
		}
	}
	if seq-j.nextSeq >= jitterSlots {
		j.makeRoom(seq)
	}
	s := &j.slots[seq%jitterSlots]
	if s.used {
		return
	}
	s.seq, s.used, s.sound, s.pause, s.pt, s.ts, s.samples = seq, true, a.samples > 0, a.pause, a.pt, ts, a.samples
	s.size = 0
	if s.sound || s.pause {
		s.size = copy(s.data[:], a.payload)
	}
	j.count++
	if seq > j.newest {
		j.newest = seq
		if s.sound {
			j.endTS = ts + int64(a.samples)
		}
	}
}

// sequence maps a sequence number onto the buffer's scale.
func (j *jitterBuffer) sequence(a arrival) int64 {
	switch {
	case !j.started:
		j.started, j.retiming = true, true
		j.seqOffset = jitterSlots - int64(a.seq) // positive, also for what comes before it
		j.nextSeq, j.newest = jitterSlots, jitterSlots-1
	case j.resyncing:
		j.retiming = true
		j.seqOffset = max(j.newest+1, j.nextSeq) - int64(a.seq)
	}
	j.resyncing = false
	return int64(a.seq) + j.seqOffset
}

// timestamp maps the timestamp of a packet onto the buffer's scale and measures its delay. It refuses what comes too late.
func (j *jitterBuffer) timestamp(a arrival, seq int64) (ts int64, ok bool) {
	units := j.lastTS + int64(int32(a.ts-uint32(j.lastTS)))
	raw := floorDiv(units, a.scale)
	transit := a.now - time.Duration(raw)*samplePeriod
	newer := seq > j.newest
	if j.retiming || a.scale != j.scale || j.network.jumped(transit) {
		if !newer {
			return 0, false
		}
		j.scale = a.scale // another codec's clock, whose timestamps say nothing about the ones before
		j.retime(a, raw)
	}
	ts = raw + j.tsOffset
	tooLate := ts+int64(a.samples) <= j.playTS
	if tooLate && newer && j.streak == 0 {
		j.before = j.network
	}
	late := j.network.add(transit, a.now)
	if tooLate {
		if !newer || !j.stuck(a.now) {
			return 0, false
		}
		j.network = j.before // these packets tell nothing of how late packets are
		j.retime(a, raw)
		ts = raw + j.tsOffset
		late = j.network.add(transit, a.now)
	}
	if newer {
		j.streak = 0
		j.lastTS = units
		j.delay = a.tick - a.now + time.Duration(ts-j.playTS+int64(a.held))*samplePeriod + late
	}
	return ts, true
}

// retime lets the timestamps go on from here.
func (j *jitterBuffer) retime(a arrival, raw int64) {
	j.retiming = false
	j.network.rebase()
	j.tsOffset = j.continuation(a) - raw
}

// floorDiv is the whole quotient not above a/b; b is positive.
func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// stuck counts packets that come too late one after the other and tells when that is no accident.
func (j *jitterBuffer) stuck(now time.Duration) bool {
	if j.streak == 0 {
		j.streakBegan = now
	}
	j.streak++
	return j.streak >= lateStreak && now-j.streakBegan >= lateStreakTime
}

// continuation is the timestamp at which a stream goes on after a jump: behind what waits, or after the target delay.
func (j *jitterBuffer) continuation(a arrival) int64 {
	wait := j.network.target - (a.tick - a.now)
	frames := (wait + FrameDuration - 1) / FrameDuration
	ts := j.playTS
	if frames > 0 {
		ts += int64(frames) * FrameSamples
	}
	if j.count > 0 {
		ts = max(ts, j.endTS)
	}
	return ts
}

// makeRoom gives up the oldest packets for one that is far ahead.
func (j *jitterBuffer) makeRoom(seq int64) {
	for first := seq - jitterSlots + 1; j.nextSeq < first; j.nextSeq++ {
		s := &j.slots[j.nextSeq%jitterSlots]
		if s.used && s.seq == j.nextSeq {
			if s.sound {
				j.playTS = max(j.playTS, s.ts+int64(s.samples))
				j.overflow++
			}
			s.used = false
			j.count--
		}
		if j.count == 0 {
			j.nextSeq = first
			return
		}
	}
}

// pull takes at most n samples' worth of the next sound, or one whole packet.
func (j *jitterBuffer) pull(n int) pulled {
	for {
		s := &j.slots[j.nextSeq%jitterSlots]
		if j.count == 0 || !j.started {
			return j.dry(n)
		}
		if !s.used || s.seq != j.nextSeq {
			if p, ok := j.lost(n); ok {
				return p
			}
			continue
		}
		if !s.sound {
			j.free(s)
			if s.pause {
				j.silent = true
				return pulled{kind: pullPause, payload: s.data[:s.size]}
			}
			continue
		}
		if ahead := s.ts - j.playTS; ahead > 0 {
			if p, ok := j.gap(n, ahead); ok {
				return p
			}
			continue
		}
		skip := int(j.playTS - s.ts)
		j.free(s)
		if skip >= s.samples {
			j.late++
			continue
		}
		j.playTS = s.ts + int64(s.samples)
		j.stalled, j.silent = 0, false
		return pulled{kind: pullPacket, pt: s.pt, payload: s.data[:s.size], skip: skip, samples: s.samples - skip}
	}
}

func (j *jitterBuffer) free(s *jitterSlot) {
	s.used = false
	j.count--
	j.nextSeq++
}

// dry waits for packets without letting time pass, so that late ones can still be played, until the delay reaches its bound;
// from there on time passes, as it does when the sender is silent.
func (j *jitterBuffer) dry(n int) pulled {
	step := time.Duration(n) * samplePeriod
	switch {
	case !j.started:
	case j.silent:
		j.playTS += int64(n)
		return pulled{kind: pullGap, samples: n}
	case j.delay+step <= j.network.highest:
		j.delay += step
		j.stalled += n
	default:
		j.playTS += int64(n)
	}
	return pulled{kind: pullDry, samples: n}
}

// lost handles a missing packet when later ones are there.
func (j *jitterBuffer) lost(n int) (pulled, bool) {
	next := j.nextSeq + 1
	for !j.slots[next%jitterSlots].used || j.slots[next%jitterSlots].seq != next {
		next++
	}
	s := &j.slots[next%jitterSlots]
	if !s.sound {
		// A key follows: what was lost before it may have been a key too. Time decides when sound comes again.
		j.nextSeq = next
		return pulled{}, false
	}
	missing := s.ts - j.playTS
	if taken := min(missing, int64(j.stalled)); taken > 0 {
		// The clock has waited for it long enough already.
		j.playTS += taken
		j.delay -= time.Duration(taken) * samplePeriod
		j.stalled -= int(taken)
		missing -= taken
	}
	if missing <= 0 {
		j.nextSeq = next
		return pulled{}, false
	}
	n = int(min(missing, int64(n)))
	j.playTS += int64(n)
	p := pulled{kind: pullLost, samples: n}
	if missing == int64(n) {
		p.pt, p.payload = s.pt, s.data[:s.size]
	}
	return p, true
}

// gap handles a time in which the sender sent nothing: the best moment to bring the delay to its target.
func (j *jitterBuffer) gap(n int, ahead int64) (pulled, bool) {
	excess := int64((j.delay - j.network.target) / FrameDuration)
	if excess > 0 {
		cut := min(excess*FrameSamples, ahead)
		j.playTS += cut
		j.delay -= time.Duration(cut) * samplePeriod
		return pulled{}, false
	}
	n = int(min(ahead, int64(n)))
	if excess < 0 {
		j.delay += time.Duration(n) * samplePeriod // time waits
		return pulled{kind: pullGap, samples: n}, true
	}
	j.playTS += int64(n)
	return pulled{kind: pullGap, samples: n}, true
}

// surplus tells how the delay stands to its target, in whole frames: positive, sound should be left out; negative,
// added. forced says that it is past all bounds, whatever sounds at the moment.
func (j *jitterBuffer) surplus() (frames int, forced bool) {
	if !j.started {
		return 0, false
	}
	frames = int((j.delay - j.network.target) / FrameDuration)
	if frames > 0 && j.count == 0 {
		return 0, false
	}
	return frames, j.delay > j.network.highest+jitterSlack
}

// shifted notes that the reader left out (positive) or added (negative) samples.
func (j *jitterBuffer) shifted(samples int) {
	j.delay -= time.Duration(samples) * samplePeriod
}

// depth is the sound that waits.
func (j *jitterBuffer) depth(held int) time.Duration {
	waiting := int64(held)
	if j.count > 0 {
		waiting += max(0, j.endTS-j.playTS)
	}
	return time.Duration(waiting) * samplePeriod
}
