package e2e

import (
	"fmt"
	"math"
	"strings"

	"github.com/acotel/acotel-sbc/media"
)

// pieceSamples is as much of a text's sound as is looked for at once: 160 ms, a syllable.
const pieceSamples = 160 * media.LineRate / 1000

// text is what the service said, with the sound it has.
type text struct {
	message, words string
	sound          []int16
}

// run is a stretch of a text's sound that was heard without a break.
type run struct {
	text  int // which one; -1: a sound that is in none
	at    int // where in the recording, samples
	in    int // where in the text's sound
	n     int
	gain  float64 // of the recording against the text's sound
	texts []text
}

func (r run) String() string {
	name := "?"
	if r.text >= 0 {
		name = r.texts[r.text].message
	}
	return fmt.Sprintf("%6.2f to %6.2f s  %-28s from %5.2f to %5.2f of %5.2f s", seconds(r.at), seconds(r.at+r.n), name, seconds(r.in), seconds(r.in+r.n), r.whole())
}

func (r run) whole() float64 {
	if r.text < 0 {
		return 0
	}
	return seconds(len(r.texts[r.text].sound))
}

func seconds(samples int) float64 { return float64(samples) / media.LineRate }

// timeline tells of all that is heard from a sample on which text it is, and where in it.
func timeline(heard []int16, from int, texts []text) (runs []run) {
	next, in := 0, 0 // what would come if nothing happened
	for at := from; at+pieceSamples <= len(heard); {
		if quiet(heard[at : at+media.FrameSamples]) {
			at += media.FrameSamples / 8
			continue
		}
		r := run{text: -1, at: at, n: media.FrameSamples / 2, texts: texts}
		if k, begins, ok := placed(heard[at:at+pieceSamples], texts, next, in); ok {
			r = follow(heard, at, texts, k, begins)
			next, in = k, begins+r.n
		} else if len(runs) > 0 && runs[len(runs)-1].text < 0 && runs[len(runs)-1].at+runs[len(runs)-1].n+media.FrameSamples > at {
			last := &runs[len(runs)-1] // one unknown sound
			last.n = at + r.n - last.at
			at += r.n
			continue
		}
		runs = append(runs, r)
		at += r.n
	}
	return runs
}

// placed finds a piece of the recording in the texts: where it is likeliest first.
func placed(piece []int16, texts []text, next, in int) (k, at int, ok bool) {
	near := func(k, from int) (int, bool) {
		if k >= len(texts) {
			return 0, false
		}
		sound := texts[k].sound
		from, to := max(0, from-media.LineRate/2), min(from+media.LineRate/2, len(sound)-len(piece))
		if from > to {
			return 0, false
		}
		at, likely := likeliest(floats(sound[from:to+len(piece)]), floats(piece))
		return from + at, likely >= found
	}
	if at, ok := near(next, in); ok {
		return next, at, true
	}
	if at, ok := near(next+1, 0); ok {
		return next + 1, at, true
	}
	for i := range texts {
		k := (next + i) % len(texts)
		if at, ok := match(piece, texts[k].sound, 0, len(texts[k].sound)); ok {
			return k, at, true
		}
	}
	return 0, 0, false
}

// follow goes on from a piece that was found for as long as the recording is the text's sound.
func follow(heard []int16, at int, texts []text, k, in int) run {
	sound := texts[k].sound
	const step = media.FrameSamples / 4 // 5 ms
	var loud, both float64
	for i := range pieceSamples {
		loud += float64(sound[in+i]) * float64(sound[in+i])
		both += float64(sound[in+i]) * float64(heard[at+i])
	}
	gain, n := both/loud, pieceSamples
	for at+n+step <= len(heard) && in+n+step <= len(sound) {
		var rest, power float64
		for i := range step {
			x, y := gain*float64(sound[in+n+i]), float64(heard[at+n+i])
			rest += (x - y) * (x - y)
			power += max(x*x, y*y)
		}
		if power > 4000*step && rest > 0.3*power { // -36 dBov and more, and something else
			break
		}
		n += step
	}
	return run{text: k, at: at, in: in, n: n, gain: gain, texts: texts}
}

// match is where between two samples of a sound a piece is found, by normalised cross-correlation: only the same sound has so much of it, G.711
// included. It looks at a quarter of the rate first.
func match(piece, sound []int16, from, to int) (at int, ok bool) {
	const quarter, near = 4, 8
	from, to = max(0, from), min(to, len(sound)-len(piece))
	if from > to {
		return 0, false
	}
	rough, likely := likeliest(fewer(sound[from:to+len(piece)], quarter), fewer(piece, quarter))
	if likely < .6 {
		return 0, false
	}
	from, to = max(from, from+rough*quarter-near), min(to, from+rough*quarter+near)
	at, likely = likeliest(floats(sound[from:to+len(piece)]), floats(piece))
	return from + at, likely >= found
}

// fewer is a sound at a part of its rate.
func fewer(pcm []int16, n int) []float64 {
	out := make([]float64, len(pcm)/n)
	for i := range out {
		for _, v := range pcm[i*n : (i+1)*n] {
			out[i] += float64(v)
		}
	}
	return out
}

// likeliest is where y is most like a part of x, and how like it is there, -1 to 1.
func likeliest(x, y []float64) (at int, best float64) {
	var own, power float64
	for i, v := range y {
		own += v * v
		power += x[i] * x[i]
	}
	for i := 0; ; i++ {
		if power > own/100 {
			dot := 0.0
			for k, v := range y {
				dot += v * x[i+k]
			}
			if l := dot / math.Sqrt(own*power); l > best {
				best, at = l, i
			}
		}
		if i+len(y) >= len(x) {
			return at, best
		}
		power += x[i+len(y)]*x[i+len(y)] - x[i]*x[i]
	}
}

// quiet tells that nobody is heard to speak.
func quiet(pcm []int16) bool { return media.LevelDBov(pcm) < -42 }

// twice is how much of the texts was heard more than once, and lost how much of those that were begun was not heard at all, in seconds;
// the last of them may have been going on when the recording ended.
func twice(runs []run) (again, lost float64) {
	heard := map[int][]bool{} // of each text, each 5 ms
	const step = media.FrameSamples / 4
	last := -1
	for _, r := range runs {
		if r.text < 0 {
			continue
		}
		last = max(last, r.text)
		h := heard[r.text]
		if h == nil {
			h = make([]bool, len(r.texts[r.text].sound)/step+1)
			heard[r.text] = h
		}
		for i := r.in / step; i < (r.in+r.n)/step; i++ {
			if h[i] && !quiet(r.texts[r.text].sound[i*step:(i+1)*step]) {
				again += seconds(step)
			}
			h[i] = true
		}
	}
	for k, h := range heard {
		for i, was := range h {
			if pcm := runs[0].texts[k].sound; !was && k != last && (i+1)*step <= len(pcm) && !quiet(pcm[i*step:(i+1)*step]) {
				lost += seconds(step)
			}
		}
	}
	return again, lost
}

// shownRuns are runs for people to read.
func shownRuns(runs []run) string {
	lines := make([]string, len(runs))
	for i, r := range runs {
		lines[i] = r.String()
	}
	return strings.Join(lines, "\n")
}

// loudIn tells how long a voice was heard between two samples, seconds.
func loudIn(pcm []int16, from, to int) (s float64) {
	for at := max(0, from); at+media.FrameSamples <= min(to, len(pcm)); at += media.FrameSamples {
		if !quiet(pcm[at : at+media.FrameSamples]) {
			s += seconds(media.FrameSamples)
		}
	}
	return s
}
