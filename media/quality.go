package media

import "math"

// The E-model, ITU-T G.107 (06/2015), with the defaults of its table 2. What they give for noise and loudness is
// contained in eModelRo and eModelIs; loss and delay are the call's own.
const (
	eModelRo   = 94.77  // basic signal-to-noise ratio, §7.2
	eModelIs   = 1.41   // simultaneous impairments, §7.3
	eModelTELR = 65.0   // dB, talker echo loudness rating: a telephone with a good echo canceller
	eModelWEPL = 110.0  // dB, weighted echo path loss
	eModelRoe  = 94.77  // §7.4, Ro without the sender's side; the same for the default ratings
	eModelRle0 = 10.5   // §7.4, equation 7-26
	mosPackets = 50     // a second of sound; less tells nothing
	otherEndMS = 2 * 20 // ms that a peer's jitter buffer and its sound card take at least
)

// Packet-loss robustness Bpl of ITU-T G.113 appendix I for G.711 (Ie is 0). G.722 and Opus have no values there; they conceal
// losses and are taken like G.711 with concealment.
const (
	bplConcealed = 25.1 // with the concealment of G.711 Appendix I, as ours
	bplPlain     = 4.3  // without: what a peer does is not known
)

// MOS estimates how good the call sounded to us, 1 (bad) to 4.4 (the best of a telephone), by the E-model of ITU-T G.107 from
// loss, lateness and delay. ok is false while too little was received to tell.
func (s Stats) MOS() (mos float64, ok bool) {
	expected := s.PacketsReceived + s.Lost
	if expected < mosPackets {
		return 0, false
	}
	missing := percent(s.Lost+s.Late+s.Overflow, expected)
	return eModelMOS(missing, bplConcealed, s.RTTMS/2+s.DelayMS+frameMS), true
}

// RemoteMOS estimates how good we sounded to the peer, from its receiver reports (RFC 3550 §6.4). It is cautious: the peer may well
// hide losses better than it is given credit for. ok is false while the peer reported nothing.
func (s Stats) RemoteMOS() (mos float64, ok bool) {
	if s.RemoteReports == 0 || s.RemoteExpected < mosPackets {
		return 0, false
	}
	return eModelMOS(100*s.RemoteLoss(), bplPlain, s.RTTMS/2+frameMS+max(otherEndMS, 2*s.RemoteJitterMS)), true
}

// Loss is the share of the peer's packets that never came, 0..1.
func (s Stats) Loss() float64 { return percent(s.Lost, s.PacketsReceived+s.Lost) / 100 }

// RemoteLoss is the share of our packets that the peer misses, 0..1, by its last report.
func (s Stats) RemoteLoss() float64 {
	return percent(uint64(max(0, s.RemoteLost)), s.RemoteExpected) / 100
}

const frameMS = 20 // a frame is as old as it is long when it is sent

func percent(part, whole uint64) float64 {
	if whole == 0 {
		return 0
	}
	return min(100, 100*float64(part)/float64(whole))
}

// eModelMOS takes random loss in percent, the codec's robustness and the delay from mouth to ear in ms.
func eModelMOS(lossPercent, bpl, delayMS float64) float64 {
	loss := 95 * lossPercent / (lossPercent + bpl) // Ie-eff, equation 7-29, BurstR 1
	return mosOf(eModelRo - eModelIs - delayImpairment(delayMS) - loss)
}

// mosOf is annex B of G.107.
func mosOf(r float64) float64 {
	r = max(0, min(100, r))
	return max(1, 1+0.035*r+7e-6*r*(r-60)*(100-r))
}

// delayImpairment is Id of G.107 §7.4 for a one-way delay in ms: talker echo, listener echo and the delay itself. Both ends are
// digital, so that the delay of the echo path is the one way.
func delayImpairment(ms float64) float64 {
	terv := eModelTELR - 40*math.Log10((1+ms/10)/(1+ms/150)) + 6*math.Exp(-0.3*ms*ms)
	re := 80 + 2.5*(terv-14)
	talker := (hypot(eModelRoe-re, 10) - 1) * (1 - math.Exp(-ms))
	listener := hypot(eModelRo-eModelRle0*(eModelWEPL+7)*math.Pow(2*ms+1, -0.25), 13)
	delay := 0.0
	if ms > 100 {
		x := math.Log2(ms / 100)
		delay = 25 * (math.Pow(1+math.Pow(x, 6), 1.0/6) - 3*math.Pow(1+math.Pow(x/3, 6), 1.0/6) + 2)
	}
	return talker + listener + delay
}

// hypot is the soft maximum of d and 0 that the echo terms share: d/2 + √(d²/4 + k²).
func hypot(d, k float64) float64 { return d/2 + math.Sqrt(d*d/4+k*k) }
