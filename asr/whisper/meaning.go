package whisper

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/acotel/acotel-sbc/asr"
	"github.com/acotel/acotel-sbc/asr/phoneme"
	"github.com/acotel/acotel-sbc/media"
)

// silentBelow is the level, dBov, of the loudest 20 ms below which nothing was said.
const silentBelow = -62.0

// mostAlternatives is how many are given.
const mostAlternatives = 10

// FeatureCount is how many figures of a search speak for its best entry.
const FeatureCount = 6

// features are these figures: the log-odds of the best entry against all others and against nothing, the logarithm of its
// length in phonemes (short ones are heard everywhere) and of its share of all that was said, and how badly it fits, on the whole
// and where it is worst. Of what was said, beside is how many phonemes are explained by other entries.
func features(h phoneme.Heard, beside int) [FeatureCount]float64 {
	if len(h.Best) == 0 {
		return [FeatureCount]float64{}
	}
	best := h.Best[0]
	length := max(1, float64(best.Length))
	return [FeatureCount]float64{logOdds(best.P, 1-best.P-h.Null), logOdds(best.P, h.Null), math.Log(length),
		math.Log(min(1, length/max(1, float64(h.Phonemes-beside)))), min(h.Fit, 5), min(h.Worst, 40) / 10}
}

// Features are the figures that speak for the best entry of each of several searches in the same sound: a town, a theme and
// "est-ce qu'il y a quelque chose" of one sentence explain it together.
func (c Calibration) Features(found []phoneme.Heard) [][FeatureCount]float64 {
	return c.weigh(found).features
}

// weighed is what several searches in the same sound are worth.
type weighed struct {
	features  [][FeatureCount]float64
	accepted  []bool       // taken as said
	sure      []entryHeard // what is sure, apart from one another
	explained float64      // share of what was said that they explain
}

// weigh judges searches together.
func (c Calibration) weigh(found []phoneme.Heard) weighed {
	w := weighed{features: make([][FeatureCount]float64, len(found)), accepted: make([]bool, len(found))}
	beside := func(i int) (n int) {
		for j, h := range found {
			if j != i && w.accepted[j] && !overlap(spanOf(found[i]), spanOf(h)) {
				n += h.Best[0].Length
			}
		}
		return n
	}
	for {
		best, most := -1, spotted
		for i, h := range found {
			w.features[i] = features(h, beside(i))
			if len(h.Best) > 0 && !w.accepted[i] && c.of(w.features[i]) >= most {
				best, most = i, c.of(w.features[i])
			}
		}
		if best < 0 {
			return w
		}
		h := found[best]
		apart := !slices.ContainsFunc(w.sure, func(o entryHeard) bool { return overlap(o, spanOf(h)) })
		if most >= sureEnough && apart {
			w.sure = append(w.sure, spanOf(h))
			w.explained += float64(h.Best[0].Length) / math.Max(1, float64(h.Phonemes))
		}
		w.accepted[best] = true
	}
}

// sureEnough is the confidence of an answer that is taken without asking back.
const sureEnough = 0.8

// spanOf is where the best entry lies.
func spanOf(h phoneme.Heard) entryHeard {
	if len(h.Best) == 0 {
		return entryHeard{}
	}
	return entryHeard{from: h.From, to: h.Best[0].End, entry: h.Best[0].Entry}
}

// logOdds is log(p/q), bounded: what is beyond what the figures were fitted on does not count more.
func logOdds(p, q float64) float64 {
	const most = 10
	return min(max(math.Log(max(p, 1e-12))-math.Log(max(q, 1e-12)), -most), most)
}

// Calibration turns what the readers score into confidences: of answers at 0.8 or
// more, 95 in 100 are right. tools/calibration fits the figures of the phoneme reader (docs/speech.md).
type Calibration struct {
	Bias    float64
	Weights [FeatureCount]float64 // of Features
	// Of the word reader: logistic in the mean log-probability of a word.
	WordBias, WordSlope float64
	// Least is the confidence below which nothing was heard: the best of a search, and each of the word reader's, must reach it.
	Least float64
}

// DefaultCalibration belongs to the reader network and the parameters that come with the program.
var DefaultCalibration = Calibration{Bias: 0.183, Weights: [FeatureCount]float64{0.226, 0.200, 0.416, 1.739, -1.004, -1.070}, WordBias: 1.05, WordSlope: 1.9, Least: 0.1}

func logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// of is the confidence in an entry with these features.
func (c Calibration) of(features [FeatureCount]float64) float64 {
	x := c.Bias
	for i, f := range features {
		x += c.Weights[i] * f
	}
	return logistic(x)
}

// words is the confidence in a reading by the word reader.
func (c Calibration) words(w Words) float64 {
	return logistic(c.WordBias + c.WordSlope*w.LogProb)
}

// entryHeard is an alternative with where in the sound it was found, in frames.
type entryHeard struct {
	asr.Alternative
	from, to int
	entry    *phoneme.Entry
}

// framesEach is about how long a phoneme is, in frames of 20 ms.
const framesEach = 4

// alternatives are what a search found, with confidences: that of the best, which has these features, is
// calibrated, the others' are in proportion.
func (c Calibration) alternatives(h phoneme.Heard, features [FeatureCount]float64) []entryHeard {
	sure := c.of(features)
	var out []entryHeard
	for _, f := range h.Best {
		a := entryHeard{asr.Alternative{Text: f.Entry.Text, INSEE: f.Entry.INSEE, PostalCode: f.Entry.PostalCode}, f.End - framesEach*f.Length, f.End, f.Entry}
		a.Confidence = sure
		if f.Entry.Aside {
			a.Confidence = min(sure, mostAside)
		}
		if len(out) == 0 {
			a.from = h.From
		} else {
			a.Confidence = min(sure, (1-sure)*f.P/max(1e-9, 1-h.Best[0].P), sure*f.P/h.Best[0].P)
		}
		if a.Confidence < c.Least && len(out) == 0 || a.Confidence < hopeless {
			break
		}
		out = append(out, a)
	}
	return out
}

// mostAside is the confidence in what answers nothing ("il fait beau"), however clearly it was heard.
const mostAside = 0.6

// Understand makes of what several searches found in the same sound the answers that it may be, best first.
func (c Calibration) Understand(found []phoneme.Heard) []asr.Alternative {
	all, _, _ := c.understand(found, nil)
	return all
}

// part makes a part of the sound, in frames, ready to be searched, knowing what is sure beside it. given: that says something of what may
// be there.
type part func(from, to int, sure []*phoneme.Entry) (search func(group int) phoneme.Heard, given bool, err error)

// understand tells besides what share of what was said is explained by what is sure. What the sure entries leave of the sound is searched
// once more, unless again is nil.
func (c Calibration) understand(found []phoneme.Heard, again part) (all []asr.Alternative, explained float64, err error) {
	w := c.weigh(found)
	var heard [][]entryHeard
	for i, f := range w.features {
		heard = append(heard, c.alternatives(found[i], f))
	}
	if again != nil && len(w.sure) > 0 && slices.Contains(w.accepted, false) {
		if err := c.left(found[0].Frames, w, again, heard); err != nil {
			return nil, 0, err
		}
	}
	return joined(heard), w.explained, nil
}

// left puts into heard, group by group, what is clearer in a part of the sound that the sure entries leave than it was in the whole.
func (c Calibration) left(frames int, w weighed, again part, heard [][]entryHeard) error {
	var sure []*phoneme.Entry
	for _, e := range w.sure {
		sure = append(sure, e.entry)
	}
	for _, p := range leftBy(w.sure, frames) {
		search, given, err := again(p.from, p.to, sure)
		if err != nil {
			return err
		}
		for i := range heard {
			if w.accepted[i] {
				continue
			}
			h := search(i)
			alone := features(h, 0)
			if len(h.Best) == 0 || c.of(alone) < spotted {
				continue
			}
			e := c.alternatives(h, alone)
			for k := range e {
				if !given {
					e[k].Confidence = min(e[k].Confidence, mostLeft)
				}
				e[k].from, e[k].to = e[k].from+p.from, e[k].to+p.from
			}
			if len(heard[i]) == 0 || e[0].Confidence > heard[i][0].Confidence {
				heard[i] = e
			}
		}
	}
	return nil
}

// mostLeft is the confidence in what was found between sure entries only, when they say nothing of it: it is asked back.
const mostLeft = 0.79

// leastLeft is the shortest sound, in frames, between sure entries in which another is looked for: 240 ms.
const leastLeft = 12

// leftBy are the parts of a sound that entries leave.
func leftBy(sure []entryHeard, frames int) (parts []entryHeard) {
	sure = slices.SortedFunc(slices.Values(sure), func(a, b entryHeard) int { return cmp.Compare(a.from, b.from) })
	at := 0
	for _, s := range append(sure, entryHeard{from: frames, to: frames}) {
		if s.from-at >= leastLeft {
			parts = append(parts, entryHeard{from: at, to: s.from})
		}
		at = max(at, s.to)
	}
	return parts
}

// wellExplained is the share of what was said from which the word reader has nothing to add.
const wellExplained = 0.75

// hopeless is the confidence below which not even what stands behind a better alternative is given.
const hopeless = 1e-3

// silent says that nobody spoke: no frame of 20 ms is louder than a quiet line.
func silent(pcm []int16) bool {
	const frame = lineRate / 50
	for len(pcm) > 0 {
		n := min(frame, len(pcm))
		if media.LevelDBov(pcm[:n]) > silentBelow {
			return false
		}
		pcm = pcm[n:]
	}
	return true
}

// joined puts what several groups heard beside one another into one answer: "mémoire, Carpentras". What was heard in
// the same place as something surer was not said. With one group the answer is what it heard.
func joined(groups [][]entryHeard) []asr.Alternative {
	groups = slices.DeleteFunc(groups, func(g []entryHeard) bool { return len(g) == 0 })
	slices.SortStableFunc(groups, func(a, b []entryHeard) int {
		return cmp.Or(cmp.Compare(b[0].Confidence, a[0].Confidence), cmp.Compare(b[0].to-b[0].from, a[0].to-a[0].from))
	})
	var out []asr.Alternative
	var said []entryHeard // first of each group, beside each other
	for i, g := range groups {
		first := g[0]
		beside := !slices.ContainsFunc(said, func(o entryHeard) bool { return overlap(o, first) })
		if beside && first.Confidence >= spotted {
			said = append(said, first)
		}
		for _, e := range g {
			if i > 0 && !beside {
				e.Confidence *= secondPlace
			}
			out = append(out, e.Alternative)
		}
	}
	if len(said) > 1 {
		slices.SortFunc(said, func(a, b entryHeard) int { return cmp.Compare(a.from, b.from) })
		all := asr.Alternative{Confidence: 1}
		var parts []string
		for _, e := range said {
			parts = append(parts, e.Text)
			all.Confidence = min(all.Confidence, e.Confidence)
			all.INSEE, all.PostalCode = cmp.Or(all.INSEE, e.INSEE), cmp.Or(all.PostalCode, e.PostalCode)
		}
		all.Text = strings.Join(parts, ", ")
		for i := range out { // said in the same breath, each is part of it
			out[i].Confidence = min(out[i].Confidence, 0.99*all.Confidence)
		}
		out = append([]asr.Alternative{all}, out...)
	}
	return ranked(out)
}

// overlap says that two entries were found in the same place: half of the shorter lies in the longer.
func overlap(a, b entryHeard) bool {
	shared := min(a.to, b.to) - max(a.from, b.from)
	return 2*shared > min(a.to-a.from, b.to-b.from)
}

// secondPlace is left of the confidence in an entry where another was heard.
const secondPlace = 0.3

// spotted is the confidence from which entries of several groups are taken as said in one sentence.
const spotted = 0.5

// together ranks what both readers heard. Words that hold an entry that was spotted
// gain from it, and it from them.
func together(words, entries []asr.Alternative) []asr.Alternative {
	var out []asr.Alternative
	for _, w := range words {
		for _, e := range entries {
			if e.Confidence >= spotted && strings.Contains(strings.ToLower(w.Text), strings.ToLower(e.Text)) {
				w.Confidence = 1 - (1-w.Confidence)*(1-e.Confidence)
				w.INSEE, w.PostalCode = cmp.Or(w.INSEE, e.INSEE), cmp.Or(w.PostalCode, e.PostalCode)
			}
		}
		out = append(out, w)
	}
	return ranked(append(out, entries...))
}

// ranked sorts by confidence, drops what stands there twice and cuts to mostAlternatives.
func ranked(all []asr.Alternative) []asr.Alternative {
	slices.SortStableFunc(all, func(a, b asr.Alternative) int { return cmp.Compare(b.Confidence, a.Confidence) })
	var out []asr.Alternative
	for _, a := range all {
		twice := slices.ContainsFunc(out, func(o asr.Alternative) bool {
			return o.Text == a.Text && o.INSEE == a.INSEE && o.PostalCode == a.PostalCode
		})
		if !twice && len(out) < mostAlternatives {
			out = append(out, a)
		}
	}
	return out
}
