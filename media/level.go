package media

import "math"

const (
	// silenceDBov is the lowest level that is told apart; RFC 6464 §3 ends its scale there too.
	silenceDBov = -127.0
	fullScale   = 32768.0
)

// LevelDBov is the root mean square of samples in dBov: 0 for a full-scale square wave, -3 for a full-scale sine
// (RFC 6465 §1, ITU-T G.100.1), -127 for silence and for no samples.
func LevelDBov(pcm []int16) float64 {
	if len(pcm) == 0 {
		return silenceDBov
	}
	var sum int64
	for _, s := range pcm {
		sum += int64(s) * int64(s)
	}
	return powerDBov(float64(sum) / float64(len(pcm)))
}

// powerDBov turns a mean square of 16-bit samples into dBov.
func powerDBov(meanSquare float64) float64 {
	if meanSquare <= 0 {
		return silenceDBov
	}
	return max(silenceDBov, 10*math.Log10(meanSquare/(fullScale*fullScale)))
}

// Constants of ITU-T P.56 §6.2, method B.
const (
	p56TimeConstant = 0.03 // s, of each of the two smoothing stages
	p56Hangover     = 0.2  // s
	p56Margin       = 15.9 // dB between the active level and the threshold of activity
	p56Thresholds   = 15   // powers of two from 1 to 2^14
)

// ActiveLevelDBov is the speech level of a recording by ITU-T P.56 method B: the level over the time in which someone
// speaks, pauses between words left out. activity is the share of that time, 0..1. Without any activity it gives -127 and 0.
func ActiveLevelDBov(pcm []int16, rate int) (level, activity float64) {
	if len(pcm) == 0 || rate <= 0 {
		return silenceDBov, 0
	}
	var (
		g           = math.Exp(-1 / (float64(rate) * p56TimeConstant))
		hang        = int(math.Ceil(p56Hangover * float64(rate)))
		p, q, total float64
		active      [p56Thresholds]int
		idle        [p56Thresholds]int
	)
	for j := range idle {
		idle[j] = hang
	}
	for _, s := range pcm {
		x := float64(s)
		total += x * x
		p = g*p + (1-g)*math.Abs(x)
		q = g*q + (1-g)*p
		for j := range active {
			switch {
			case q >= float64(int(1)<<j):
				active[j]++
				idle[j] = 0
			case idle[j] < hang:
				active[j]++
				idle[j]++
			}
		}
	}
	level = p56Interpolate(total, active)
	if level <= silenceDBov {
		return silenceDBov, 0
	}
	return level, min(1, math.Pow(10, (powerDBov(total/float64(len(pcm)))-level)/10))
}

// p56Interpolate finds the level at which activity and threshold are the margin apart.
func p56Interpolate(total float64, active [p56Thresholds]int) float64 {
	before, beforeDelta := silenceDBov, 0.0
	for j, n := range active {
		if n == 0 {
			return before
		}
		level := powerDBov(total / float64(n))
		delta := level - 20*math.Log10(float64(int(1)<<j)/fullScale)
		if delta <= p56Margin {
			if j == 0 || beforeDelta == delta {
				return level
			}
			return before + (level-before)*(beforeDelta-p56Margin)/(beforeDelta-delta)
		}
		before, beforeDelta = level, delta
	}
	return before
}
