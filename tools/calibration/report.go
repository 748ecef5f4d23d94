package main

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/acotel/acotel-sbc/asr/whisper"
	"github.com/acotel/acotel-sbc/dialog/nlu"
)

// row is what became of an utterance.
type row struct {
	utterance
	features    [whisper.FeatureCount]float64
	found       bool
	heard       string
	aside       bool // of a group that is not what was asked for
	unsure      bool // an entry that answers nothing: never sure, however clearly it was heard
	first, five bool // right at first, among the first five
}

// fit finds the logistic weights of the features of what was found, by the gradient with a little pull to zero.
func fit(rows []row) (w [whisper.FeatureCount + 1]float64) {
	var x [][]float64
	var right []bool
	for _, r := range rows {
		if r.found {
			x, right = append(x, r.features[:]), append(right, r.first)
		}
	}
	copy(w[:], logistic(x, right, len(w)))
	return w
}

// logistic fits a bias and weights, n in all, of figures x to what was right.
func logistic(x [][]float64, right []bool, n int) []float64 {
	const step, pull = 0.05, 0.002
	w := make([]float64, n)
	for range 20_000 {
		g := make([]float64, n)
		for k, figures := range x {
			sum := w[0]
			for i, f := range figures {
				sum += w[i+1] * f
			}
			d := -1 / (1 + math.Exp(-sum))
			if right[k] {
				d++
			}
			g[0] += d
			for i, f := range figures {
				g[i+1] += d * f
			}
		}
		for i := range w {
			w[i] += step * (g[i]/float64(max(1, len(x))) - pull*w[i])
		}
	}
	return w
}

// fitWords fits the confidence of the word reader to whether its best reading means what was said.
func fitWords(p *nlu.Parser, all []utterance) {
	var x [][]float64
	var right []bool
	n := 0
	for _, u := range all {
		if len(u.Read) == 0 {
			continue
		}
		same := nlu.Same(p.Parse(u.Said, u.State), p.Parse(u.Read[0].Text, u.State))
		x, right = append(x, []float64{u.Read[0].LogProb}), append(right, same)
		if same {
			n++
		}
	}
	if len(x) > 0 {
		w := logistic(x, right, 2)
		fmt.Printf("word reader: %d of %d readings mean what was said; bias %.2f, slope %.2f\n", n, len(x), w[0], w[1])
	}
}

func confidence(w [whisper.FeatureCount + 1]float64, r row) float64 {
	if !r.found || r.unsure {
		return 0
	}
	x := w[0]
	for i, f := range r.features {
		x += w[i+1] * f
	}
	return 1 / (1 + math.Exp(-x))
}

// report fits, lowers the bias until answers at 0.8 hold what is promised, and prints all.
func report(rows []row) {
	w := fit(rows)
	for range 200 {
		sure, right, passed, out := held(w, rows)
		if sure == 0 || float64(right) >= 0.95*float64(sure) && float64(passed) <= 0.05*float64(out) {
			break
		}
		w[0] -= 0.05
	}
	fmt.Printf("weights: bias %.3f, features %.3f\n", w[0], w[1:])
	type count struct{ n, first, five, sure int }
	by := map[string]*count{}
	for _, r := range rows {
		k := r.State
		switch {
		case r.Free:
			k = "callers: " + k
		case r.Want == "":
			k = "in no list"
		case r.State == "place" && len(r.Want) == 5 && r.Want[0] <= '9' && r.Want[0] >= '0':
			k = "postal code"
		}
		if r.aside {
			continue
		}
		if by[k] == nil {
			by[k] = &count{}
		}
		c := by[k]
		c.n++
		if r.first {
			c.first++
		}
		if r.five {
			c.five++
		}
		if confidence(w, r) >= 0.8 {
			c.sure++
		}
	}
	for _, k := range slices.Sorted(maps.Keys(by)) {
		if c := by[k]; c != nil {
			fmt.Printf("%-18s %4d: first %5.1f %%, first five %5.1f %%, at 0.8 or more %5.1f %%\n", k, c.n, pc(c.first, c.n), pc(c.five, c.n), pc(c.sure, c.n))
		}
	}
	inUse(rows)
	sure, right, passed, out := held(w, rows)
	fmt.Printf("as fitted: at 0.8 or more: %d answers, %.1f %% right; %d of %d in no list pass (%.1f %%)\n", sure, pc(right, sure), passed, out, pc(passed, out))
}

// inUse prints what the program's own calibration holds.
func inUse(rows []row) {
	c := whisper.DefaultCalibration
	var w [whisper.FeatureCount + 1]float64
	w[0] = c.Bias
	copy(w[1:], c.Weights[:])
	sure, right, passed, out := held(w, rows)
	fmt.Printf("as in use: at 0.8 or more: %d answers, %.1f %% right; %d of %d in no list pass (%.1f %%)\n", sure, pc(right, sure), passed, out, pc(passed, out))
	for _, r := range rows {
		if c := confidence(w, r); c >= 0.8 && !r.first && !r.Free {
			fmt.Printf("  sure and wrong: %s, %q, heard %s, %.2f, %.2f\n", r.State, r.Said, r.heard, c, r.features)
		}
	}
}

func pc(a, b int) float64 { return 100 * float64(a) / float64(max(1, b)) }

// held counts what is at 0.8 or more: answers, the right ones, those in no list, and how many of these there were.
func held(w [whisper.FeatureCount + 1]float64, rows []row) (sure, right, passed, out int) {
	for _, r := range rows {
		outside := r.Want == "" && !r.Free
		if outside {
			out++
		}
		if confidence(w, r) < 0.8 {
			continue
		}
		sure++
		if r.first {
			right++
		}
		if outside {
			passed++
		}
	}
	return sure, right, passed, out
}
