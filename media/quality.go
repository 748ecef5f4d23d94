package media

import "math"

// Constants of the E-model, ITU-T G.107 with the defaults of its table 2, for G.711 (ITU-T G.113 appendix I).
const (
	eModelBase       = 93.2
	eModelBpl        = 4.3 // robustness of G.711 against random loss without the concealment of Appendix I
	eModelDelayKnee  = 177.3
	eModelDelaySlope = 0.024
	eModelDelaySteep = 0.11
)

// MOS estimates how good the call sounded to us, 1 (bad) to 4.4 (the best of G.711), by the E-model of ITU-T G.107 from loss,
// lateness and delay. ok is false while too little was received to tell.
func (s Stats) MOS() (mos float64, ok bool) {
	expected := s.PacketsReceived + s.Lost
	if expected < 50 {
		return 0, false
	}
	missing := 100 * float64(s.Lost+s.Late+s.Overflow) / float64(expected)
	return eModelMOS(min(missing, 100), s.RTTMS/2+s.DelayMS), true
}

// eModelMOS takes the loss in percent and the delay from mouth to ear in ms.
func eModelMOS(lossPercent, delayMS float64) float64 {
	r := eModelBase - 95*lossPercent/(lossPercent+eModelBpl)
	r -= eModelDelaySlope * delayMS
	if delayMS > eModelDelayKnee {
		r -= eModelDelaySteep * (delayMS - eModelDelayKnee)
	}
	r = math.Max(0, math.Min(100, r))
	return math.Max(1, 1+0.035*r+7e-6*r*(r-60)*(100-r))
}
