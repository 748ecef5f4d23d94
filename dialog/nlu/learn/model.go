package learn

import (
	"math"
	"math/rand/v2"
)

// Model gives labels probabilities. It never changes: safe for concurrent use.
type Model struct {
	labels  int
	index   map[uint64]int32 // feature → row
	weights []float32        // rows of one weight per label
}

// Example is one thing to learn from. Draw gives a sample of it: another wording each time, where it has several.
type Example struct {
	Label int
	Draw  func(r *rand.Rand) Sample
}

// How long and how boldly is learnt. Tuned on sentences that are not among those that the figures are reported on.
const (
	epochs      = 8
	averageFrom = 3 // epoch
	step        = 0.5
	dropWord    = 0.07 // of the words are left out while learning
	ignorable   = 0.01 // errors smaller than this are not worth correcting
	initialSum  = 0.02 // keeps AdaGrad's first steps from being wild
	keepAtLeast = 2    // words that are always left
)

// seed makes training repeatable; any other would do.
const seed = 20240917

// Train fits a model for that many labels, numbered from 0. No examples give a model that finds every label equally likely.
func Train(labels int, examples []Example) *Model {
	m := &Model{labels: labels, index: make(map[uint64]int32, 40*len(examples))}
	var sums []float32    // of squared gradients, one per weight
	var average []float32 // of the weights after each of the last epochs: steadier than where the last step happened to lead
	r := rand.New(rand.NewPCG(seed, 1))
	p := make([]float32, labels)
	var buf []feature
	var rows []int32
	for epoch := range epochs {
		for _, i := range r.Perm(len(examples)) {
			s := examples[i].Draw(r)
			s.Words = drop(s.Words, r)
			buf = features(buf, s)
			rows = rows[:0]
			for _, f := range buf {
				row, ok := m.index[f.hash]
				if !ok {
					row = int32(len(m.index))
					m.index[f.hash] = row
					m.weights = append(m.weights, make([]float32, labels)...)
					for range labels {
						sums = append(sums, initialSum)
					}
				}
				rows = append(rows, row)
			}
			m.score(p, rows, buf)
			softmax(p)
			p[examples[i].Label]--
			for c, wrong := range p {
				if wrong > -ignorable && wrong < ignorable {
					continue
				}
				for j, f := range buf {
					at := int(rows[j])*labels + c
					g := wrong * f.value
					sums[at] += g * g
					m.weights[at] -= step * g / float32(math.Sqrt(float64(sums[at])))
				}
			}
		}
		if epoch >= averageFrom {
			average = append(average, make([]float32, len(m.weights)-len(average))...)
			for i, w := range m.weights {
				average[i] += w / (epochs - averageFrom)
			}
		}
	}
	m.weights = append(m.weights[:0], average...)
	return m
}

// drop leaves out words at random, as a recogniser does.
func drop(words []string, r *rand.Rand) []string {
	if len(words) <= keepAtLeast {
		return words
	}
	out := make([]string, 0, len(words))
	for i, w := range words {
		if r.Float32() < dropWord && len(out)+len(words)-i > keepAtLeast {
			continue
		}
		out = append(out, w)
	}
	return out
}

// score sets p to the sum of the rows' weights; negative rows are unknown features.
func (m *Model) score(p []float32, rows []int32, list []feature) {
	clear(p)
	for j, row := range rows {
		if row < 0 {
			continue
		}
		v := list[j].value
		for c, w := range m.weights[int(row)*m.labels : int(row+1)*m.labels] {
			p[c] += v * w
		}
	}
}

// softmax turns scores into probabilities.
func softmax(p []float32) {
	top := float32(math.Inf(-1))
	for _, v := range p {
		top = max(top, v)
	}
	sum := float32(0)
	for i, v := range p {
		p[i] = float32(math.Exp(float64(v - top)))
		sum += p[i]
	}
	for i := range p {
		p[i] /= sum
	}
}

// Predict gives the probability of each label, and the share of what the model looked at that it had ever seen, 0..1.
func (m *Model) Predict(s Sample) (probabilities []float32, known float64) {
	list := features(nil, s)
	rows := make([]int32, len(list))
	seen := 0
	for i, f := range list {
		if row, ok := m.index[f.hash]; ok {
			rows[i] = row
			seen++
		} else {
			rows[i] = -1
		}
	}
	p := make([]float32, m.labels)
	m.score(p, rows, list)
	softmax(p)
	return p, float64(seen) / float64(len(list))
}

// Features says how many features the model knows.
func (m *Model) Features() int { return len(m.index) }
