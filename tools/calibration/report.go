package main

import (
	"fmt"
	"math"

	"github.com/acotel/acotel-sbc/asr/whisper"
)

// row is what became of an utterance.
type row struct {
	utterance
	features    [whisper.FeatureCount]float64
	found       bool
	first, five bool // right at first, among the first five
}

// fit finds the logistic weights of the features, by Newton's gradient with a little pull to zero.
func fit(rows []row) (w [whisper.FeatureCount + 1]float64) {
	const step, pull = 0.05, 0.002
	for range 20_000 {
		var g [whisper.FeatureCount + 1]float64
		n := 0.0
		for _, r := range rows {
			if !r.found {
				continue
			}
			n++
			y := 0.0
			if r.first {
				y = 1
			}
			d := y - confidence(w, r)
			g[0] += d
			for i, x := range r.features {
				g[i+1] += d * x
			}
		}
		for i := range w {
			w[i] += step * (g[i]/n - pull*w[i])
		}
	}
	return w
}

func confidence(w [whisper.FeatureCount + 1]float64, r row) float64 {
	if !r.found {
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
		case r.Want == "":
			k = "in no list"
		case r.State == "place" && len(r.Want) == 5 && r.Want[0] <= '9' && r.Want[0] >= '0':
			k = "postal code"
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
	for _, k := range []string{"place", "postal code", "confirm", "theme", "results", "rating", "in no list"} {
		if c := by[k]; c != nil {
			fmt.Printf("%-12s %4d: first %5.1f %%, first five %5.1f %%, at 0.8 or more %5.1f %%\n", k, c.n, pc(c.first, c.n), pc(c.five, c.n), pc(c.sure, c.n))
		}
	}
	sure, right, passed, out := held(w, rows)
	fmt.Printf("at 0.8 or more: %d answers, %.1f %% right; %d of %d in no list pass (%.1f %%)\n", sure, pc(right, sure), passed, out, pc(passed, out))
}

func pc(a, b int) float64 { return 100 * float64(a) / float64(max(1, b)) }

// held counts what is at 0.8 or more: answers, the right ones, those in no list, and how many of these there were.
func held(w [whisper.FeatureCount + 1]float64, rows []row) (sure, right, passed, out int) {
	for _, r := range rows {
		if r.Want == "" {
			out++
		}
		if confidence(w, r) < 0.8 {
			continue
		}
		sure++
		if r.first {
			right++
		}
		if r.Want == "" {
			passed++
		}
	}
	return sure, right, passed, out
}
