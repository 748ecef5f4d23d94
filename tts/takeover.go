package tts

import (
	"math"

	"gonum.org/v1/gonum/dsp/fourier"
)

// A sentence that a voice broke off is finished by the next one, from the word on at which it broke off: that word is heard twice at
// most, none is lost, and what the caller heard already is not said again.

// Of the join of two voices.
const (
	joinFade  = .005 // s, in which the sound that broke off dies away, so that it does not click
	joinPause = .08  // s of silence before the other voice
	joinBreak = .12  // s of quiet that are a pause of the voice; less is within a word, too
	joinFar   = .7   // s, how far back such a pause may lie
	joinBack  = .4   // s, how far back another quiet moment may lie
	joinSlack = .06  // s, by which the other voice begins earlier where there is no such moment
)

// takeOver lets v finish the sentence that from broke off.
func (s *Speaker) takeOver(r *rendering, from, v *voice, u Utterance) error {
	pcm, ok := s.cached(s.keyOf(v, u))
	if !ok {
		whole := newRendering(r.ctx, s.limit())
		defer whole.cancel()
		if err := v.shape.synthesise(whole.ctx, u, whole.add); err != nil {
			return err
		}
		pcm = whole.sound()
		s.keep(v, u, pcm)
	}
	return s.finish(r, pcm, ratio(from, v))
}

// finish ends what is in r as pcm does, which is the whole sentence; its voice takes ratio times as long.
func (s *Speaker) finish(r *rendering, pcm []int16, ratio float64) error {
	heard := r.sound()
	at := wordBefore(pcm, sameMoment(heard, pcm, ratio, s.cfg.LineRate), s.cfg.LineRate)
	if at >= len(pcm) {
		return nil
	}
	n := min(int(joinFade*float64(s.cfg.LineRate)), len(heard))
	join := make([]int16, n+int(joinPause*float64(s.cfg.LineRate)))
	for i := range n { // its own sound, backwards
		join[i] = int16(float64(heard[len(heard)-1-i]) * float64(n-i) / float64(n+1))
	}
	if err := r.add(join); err != nil {
		return err
	}
	return r.add(pcm[at:])
}

// ratio is how much longer v speaks than from, as far as that is known.
func ratio(from, v *voice) float64 {
	a, b := from.shape.measure.Load(), v.shape.measure.Load()
	if a == nil || b == nil || a.took == 0 || b.took == 0 {
		return 1
	}
	return b.took / a.took
}

// wordBefore is where to go on for a listener who heard pcm up to a sample: in the last pause of the voice when that is near, else at the
// nearest very quiet moment, or the quietest. Where the voice goes through, it is a little earlier than asked.
func wordBefore(pcm []int16, at, rate int) int {
	step := rate / 100
	at = min(at, len(pcm))
	steps := min(at, int(joinFar*float64(rate))) / step
	power, whole := make([]float64, steps), 0.0 // of 10 ms each, the latest first
	for i := range power {
		for _, v := range pcm[at-(i+1)*step : at-i*step] {
			power[i] += float64(v) * float64(v)
		}
		whole += power[i] / float64(steps)
	}
	const pause = int(joinBreak * 100)
	for i, quiet := 0, 0; i <= steps; i++ {
		if i < steps && power[i] <= whole/64 {
			quiet++
			continue
		}
		if quiet >= pause {
			return at - (i-quiet/2)*step
		}
		quiet = 0
	}
	best, least := -1, whole/4
	for i, p := range power[:min(steps, int(joinBack*100))] {
		if p < least {
			best, least = i, p
		}
		if p < whole/64 {
			break
		}
	}
	if best < 0 {
		return max(0, at-int(joinSlack*float64(rate)))
	}
	return at - best*step - step/2
}

// Of the comparison of two voices.
const (
	alignStep  = .01 // s
	alignFrame = .025
	alignBands = 14
	alignLow   = 200.0 // Hz, and
	alignHigh  = 3600.0
	alignRoom  = .35 // of the length, and
	alignPrior = .005
	alignSlack = 40 // steps, by which the one may be ahead of what its speed lets expect
)

// sameMoment is the sample of the whole sentence at which it is where the beginning of it, by another voice, ends. The two are laid over
// each other in time, as their spectra fit best (dynamic time warping with an open end; Sakoe and Chiba 1978). ratio is how much longer
// the voice of whole takes.
func sameMoment(beginning, whole []int16, ratio float64, rate int) int {
	a := spectra(beginning, rate, len(beginning))
	b := spectra(whole, rate, int(float64(len(beginning))*ratio))
	if len(a) == 0 || len(b) == 0 {
		return int(float64(len(beginning)) * ratio)
	}
	before, now := make([]float64, len(b)), make([]float64, len(b))
	for i := range a {
		expected := float64(i) * ratio
		room := alignRoom*expected + alignSlack
		for j := range b {
			if math.Abs(float64(j)-expected) > room {
				now[j] = math.Inf(1)
				continue
			}
			d := distance(a[i], b[j])
			switch { // a step along both counts for one along each
			case i == 0 && j == 0:
				now[j] = 2 * d
			case i == 0:
				now[j] = now[j-1] + d
			case j == 0:
				now[j] = before[j] + d
			default:
				now[j] = min(before[j]+d, now[j-1]+d, before[j-1]+2*d)
			}
		}
		before, now = now, before
	}
	best, least := 0, math.Inf(1)
	for j, d := range before {
		// What sounds the same for long is as far as its speed lets expect.
		d = d/float64(len(a)+j) + alignPrior*math.Abs(float64(j)-float64(len(a))*ratio)
		if d < least {
			best, least = j, d
		}
	}
	return min(int((float64(best)+.5)*alignStep*float64(rate)), len(whole))
}

func distance(a, b [alignBands]float64) (sum float64) {
	for i := range a {
		sum += (a[i] - b[i]) * (a[i] - b[i])
	}
	return math.Sqrt(sum)
}

// spectra are the logarithms of the power in bands, each step, without what is the same throughout the first samples: the colour of
// the voice.
func spectra(pcm []int16, rate, first int) [][alignBands]float64 {
	step, size := int(alignStep*float64(rate)), int(alignFrame*float64(rate))
	if len(pcm) < size {
		return nil
	}
	var edges [alignBands + 2]float64 // of triangles, evenly spaced in mel
	mel := func(hz float64) float64 { return 1127 * math.Log1p(hz/700) }
	for i := range edges {
		m := mel(alignLow) + float64(i)/float64(alignBands+1)*(mel(alignHigh)-mel(alignLow))
		edges[i] = 700 * math.Expm1(m/1127) * float64(size) / float64(rate)
	}
	transform := fourier.NewFFT(size)
	in, spectrum := make([]float64, size), make([]complex128, size/2+1)
	var out [][alignBands]float64
	var mean [alignBands]float64
	for at := 0; at+size <= len(pcm); at += step {
		for i := range in {
			in[i] = float64(pcm[at+i]) * (0.5 - 0.5*math.Cos(2*math.Pi*float64(i)/float64(size)))
		}
		var bands [alignBands]float64
		spectrum = transform.Coefficients(spectrum, in)
		for b := range bands {
			power := 1e3 * float64(size) // far below speech: silence is silence
			for k := int(math.Ceil(edges[b])); float64(k) < edges[b+2]; k++ {
				weight := min((float64(k)-edges[b])/(edges[b+1]-edges[b]), (edges[b+2]-float64(k))/(edges[b+2]-edges[b+1]))
				c := spectrum[k]
				power += weight * (real(c)*real(c) + imag(c)*imag(c))
			}
			bands[b] = math.Log(power)
		}
		out = append(out, bands)
	}
	n := min(max(first/step, 1), len(out))
	for _, bands := range out[:n] {
		for b := range mean {
			mean[b] += bands[b] / float64(n)
		}
	}
	for i := range out {
		for b := range mean {
			out[i][b] -= mean[b]
		}
	}
	return out
}
