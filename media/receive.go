package media

import (
	"net/netip"
	"sync"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"
)

const (
	rtpVersion    = 2
	rtpHeaderSize = 12
	rtpFirstByte  = rtpVersion << 6 // what begins below it is STUN, DTLS or nothing of ours (RFC 7983 §7)
	maxCSRC       = 15
	maxPacket     = 1500 // bytes read at once; what is longer than an Ethernet frame is not ours

	quietAboveFloor = 6.0   // dB above the noise floor in which nobody speaks
	quietDBov       = -60.0 // and always below this
	shiftPause      = 2     // frames between two corrections of the delay

	recoverMost = 120 * LineRate / 1000 // samples that a codec makes up in a row; then there is silence
)

// receiver is the way of sound from the socket to the Listener: the receive goroutine calls handle, the clock calls pull. Its
// lock is held for microseconds, and only these two and Stats take it.
type receiver struct {
	mu sync.Mutex

	configured bool
	receiving  bool
	open       *srtp.Context                            // nil: packets come in clear
	tap        func(from netip.AddrPort, packet []byte) // nil: nobody looks
	codecPT    uint8
	dtmfPT     uint8
	codec      decoder
	scale      int64       // clock units of the codec in a sample
	before     formerCodec // what was agreed before: its last packets may still wait or be on their way
	companions [2]decoder  // µ-law and A-law by their static types: peers that agreed on one may send the other

	header  rtp.Header // used again for each packet
	latch   latch
	source  rtpSource
	pending struct { // first packet of another SSRC: one alone changes nothing (RFC 3550 §6.2.1)
		ssrc uint32
		seq  uint16
		ok   bool
	}
	jitter jitterBuffer
	dtmf   dtmfReceiver
	tick   time.Duration // time of the next pull

	fifo       [jitterPayload]int16 // decoded, not yet played
	held, next int                  // samples in fifo, index of the first
	hide       concealer
	recover    recoverer // the decoder of the last packet, if it hides losses itself
	recovering int       // samples that it has made up in a row
	comfort    comfortNoise
	floor      noiseFloor
	spare      [FrameSamples]int16
	sinceShift int
	grow       bool // the next frame is an added one

	n receiveCounters
}

// formerCodec is the codec that another one took the place of in mid-call.
type formerCodec struct {
	pt      uint8
	decoder decoder
	scale   int64
}

// receiveCounters are the plain counters of Stats.
type receiveCounters struct {
	packets, bytes, duplicates, reordered uint64
	invalid, unknownPayload, ignored      uint64
	ssrcChanges, unauthentic, recovered   uint64
	frames, concealed, inserted, dropped  uint64
}

func newReceiver(lowest, highest time.Duration) *receiver {
	r := &receiver{
		jitter:     newJitterBuffer(lowest, highest),
		hide:       concealer{},
		companions: [2]decoder{ulaw{}, alaw{}},
	}
	r.header.CSRC = make([]uint32, 0, maxCSRC)
	r.header.Extensions = make([]rtp.Extension, 0, 16)
	return r
}

// configure takes new parameters. The stream goes on where the peer's address and codec stay the same.
func (r *receiver) configure(p Params, d decoder) {
	r.mu.Lock()
	defer r.mu.Unlock()
	resumed := p.Direction.Receives() && !r.receiving
	if !r.configured || resumed || r.codecPT != p.receiveType() {
		r.jitter.resync()
	}
	r.configured, r.receiving = true, p.Direction.Receives()
	if r.codec != nil && (r.codecPT != p.receiveType() || r.scale != int64(p.Codec.scale())) {
		r.before = formerCodec{r.codecPT, r.codec, r.scale}
	}
	r.codecPT, r.codec, r.scale = p.receiveType(), d, int64(p.Codec.scale())
	if r.dtmfPT = p.DTMFReceive; r.dtmfPT == 0 {
		r.dtmfPT = p.DTMF
	}
	r.latch.signal(p.Remote)
	r.latch.near = p.Near
}

// decoderFor gives the decoder of a payload type, nil if it was not agreed, and the clock units in a sample.
func (r *receiver) decoderFor(pt uint8) (d decoder, scale int64) {
	switch {
	case pt == r.codecPT:
		return r.codec, r.scale
	case pt == r.dtmfPT && r.dtmfPT != 0:
		return nil, 1
	case pt == r.before.pt && r.before.decoder != nil:
		return r.before.decoder, r.before.scale
	case pt == payloadPCMU:
		return r.companions[0], 1
	case pt == payloadPCMA:
		return r.companions[1], 1
	}
	return nil, 1
}

// handle takes one datagram. It keeps nothing of data.
func (r *receiver) handle(data []byte, from netip.AddrPort, now time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	data, ok := r.unprotect(data)
	if r.tap != nil {
		r.tap(from, data)
	}
	if !ok {
		r.n.unauthentic++
		return
	}
	payload, ok := r.parse(data)
	if !ok {
		r.n.invalid++
		return
	}
	if !r.configured || !r.receiving {
		r.n.ignored++
		return
	}
	h := &r.header
	d, scale := r.decoderFor(h.PayloadType)
	key := r.dtmfPT != 0 && h.PayloadType == r.dtmfPT
	if d == nil && !key && h.PayloadType != payloadComfortNoise {
		r.n.unknownPayload++
		return
	}
	if !r.latch.accept(from, h.SSRC, h.SequenceNumber, r.open != nil, now) {
		return
	}
	r.n.packets++
	r.n.bytes += uint64(len(payload))
	if key {
		if e, ok := parseKeyEvent(payload); ok {
			r.dtmf.packet(h.SSRC, h.Timestamp, e, now)
		} else {
			r.n.invalid++
		}
		if !r.source.active || r.source.ssrc != h.SSRC {
			return // keys may come from a source of their own
		}
	}
	extended, ok := r.sequence(h)
	if !ok {
		return
	}
	a := arrival{seq: extended, ts: h.Timestamp, scale: scale, pt: h.PayloadType, payload: payload, now: now, tick: max(r.tick, now), held: r.held, pause: d == nil && !key}
	if d != nil {
		a.samples = d.Samples(payload)
		r.source.measure(now, h.Timestamp, scale)
	}
	r.jitter.put(a)
}

// unseal takes the protection that packets come with from now on, nil for none.
func (r *receiver) unseal(s *seal) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open = nil
	if s != nil {
		r.open = s.receiveRTP
	}
}

// unprotect decrypts a packet in its place. It refuses what is not the peer's and what came before (RFC 3711 §3.3).
func (r *receiver) unprotect(data []byte) ([]byte, bool) {
	if r.open == nil {
		return data, true
	}
	plain, err := r.open.DecryptRTP(data, data, &r.header)
	if err != nil {
		return data, false
	}
	return plain, true
}

// parse reads the header of a packet into r.header.
func (r *receiver) parse(data []byte) (payload []byte, ok bool) {
	if len(data) < rtpHeaderSize || data[0]>>6 != rtpVersion {
		return nil, false
	}
	n, err := r.header.Unmarshal(data)
	if err != nil || n > len(data) {
		return nil, false
	}
	end := len(data)
	if r.header.Padding {
		padding := int(data[end-1])
		if padding == 0 || end-padding < n {
			return nil, false
		}
		end -= padding
	}
	return data[n:end], true
}

// sequence runs the packet through the source's statistics and tells whether it is to be played.
func (r *receiver) sequence(h *rtp.Header) (extended uint32, ok bool) {
	switch {
	case !r.source.active:
		r.source.start(h.SSRC, h.SequenceNumber)
		return r.source.maxSeq, true
	case h.SSRC != r.source.ssrc:
		p := &r.pending
		follows := p.ok && p.ssrc == h.SSRC && h.SequenceNumber-p.seq-1 < latchSeqStep
		p.ssrc, p.seq, p.ok = h.SSRC, h.SequenceNumber, true
		if !follows {
			return 0, false
		}
		p.ok = false
		r.n.ssrcChanges++
		r.source.start(h.SSRC, h.SequenceNumber)
		r.jitter.resync()
		return r.source.maxSeq, true
	}
	r.pending.ok = false
	extended, verdict := r.source.update(h.SequenceNumber)
	switch verdict {
	case seqReordered:
		r.n.reordered++
	case seqDuplicate:
		r.n.duplicates++
		return 0, false
	case seqJump:
		return 0, false
	case seqRestart:
		r.jitter.resync()
	}
	return extended, true
}

// pull fills one frame, moves the waiting keys to keys, and tells where to send. next is the time of the pull after this one.
func (r *receiver) pull(frame []int16, keys *[keyQueue]uint8, now, next time.Duration) (concealed bool, pressed int, to netip.AddrPort) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tick = next
	r.dtmf.tick(now)
	pressed = r.dtmf.take(keys)
	to = r.latch.destination()
	r.n.frames++
	if !r.configured || !r.receiving {
		clear(frame)
		return false, pressed, to
	}
	if r.grow {
		r.grow = false
		r.hide.stretch(frame)
		r.jitter.shifted(-len(frame))
		r.n.inserted++
		return false, pressed, to
	}
	concealed = r.fill(frame)
	r.correct(frame, concealed)
	if concealed {
		r.n.concealed++
	}
	return concealed, pressed, to
}

// fill assembles one frame from what was decoded, what the buffer gives and what has to be made up.
func (r *receiver) fill(frame []int16) (concealed bool) {
	for at := 0; at < len(frame); {
		rest := frame[at:]
		if r.held > 0 {
			n := copy(rest, r.fifo[r.next:r.next+r.held])
			r.next += n
			r.held -= n
			r.hide.good(rest[:n])
			at += n
			continue
		}
		p := r.jitter.pull(len(rest))
		switch p.kind {
		case pullPacket:
			r.decode(p)
			continue
		case pullPause:
			r.comfort.take(p.payload)
		case pullGap:
			r.comfort.fill(rest[:p.samples])
			r.hide.good(rest[:p.samples])
		default:
			concealed = r.makeUp(rest[:p.samples], p) || concealed
		}
		at += p.samples
	}
	return concealed
}

// makeUp fills a step whose sound did not come, and tells whether it put anything audible there that was never said.
func (r *receiver) makeUp(dst []int16, p pulled) (audible bool) {
	if r.recover == nil {
		return r.hide.lost(dst)
	}
	if r.recovering >= recoverMost {
		clear(dst)
		r.hide.good(dst)
		return false
	}
	made := false
	if p.payload != nil {
		d, _ := r.decoderFor(p.pt)
		if same, ok := d.(recoverer); ok && same == r.recover {
			made = r.recover.Recover(dst, p.payload)
		}
	}
	if made {
		r.n.recovered++
	} else if made = r.recover.Conceal(dst); made {
		audible = true
	}
	if !made {
		return r.hide.lost(dst)
	}
	r.recovering += len(dst)
	r.hide.good(dst)
	return audible
}

func (r *receiver) decode(p pulled) {
	d, _ := r.decoderFor(p.pt)
	if d == nil {
		return // the codec changed while it waited
	}
	r.recover, _ = d.(recoverer)
	r.recovering = 0
	r.comfort.stop()
	n := d.Decode(r.fifo[:], p.payload)
	r.next = min(p.skip, n)
	r.held = n - r.next
}

// correct brings the delay nearer to its target where it is not heard: in frames without speech one is left out, or the
// next one is an added one.
func (r *receiver) correct(frame []int16, concealed bool) {
	r.sinceShift++
	level := LevelDBov(frame)
	quiet := !concealed && level <= max(r.floor.floor()+quietAboveFloor, quietDBov)
	if !concealed {
		r.floor.update(level)
	}
	surplus, forced := r.jitter.surplus()
	switch {
	case r.sinceShift <= shiftPause:
	case surplus > 0 && (quiet || forced):
		copy(r.spare[:], frame)
		r.fill(frame)
		for i := range joinSamples {
			frame[i] = int16((int(r.spare[i])*(joinSamples-i) + int(frame[i])*i) / joinSamples)
		}
		r.jitter.shifted(len(frame))
		r.n.dropped++
		r.sinceShift = 0
	case surplus < 0 && quiet:
		r.grow = true
		r.sinceShift = 0
	}
}
