package place_test

import (
	"math"
	"math/rand/v2"
	"sort"
	"testing"

	"github.com/acotel/acotel-sbc/place"
	"github.com/acotel/acotel-sbc/simulate"
)

// Of what is sure, what is right: callers of the regions served, drawn by their
// number, say their commune over a line that mishears words. Being too sure is what must not be:
// it makes a search in the wrong place.
func TestConfidenceIsCalibrated(t *testing.T) {
	t.Parallel()
	g, err := place.Default()
	if err != nil {
		t.Fatal(err)
	}
	var homes []place.Place
	var upTo []float64
	people := 0.0
	for p := range g.Places {
		if p.Region != place.RegionOther && len(p.INSEE) == 5 && (p.INSEE < "13201" || p.INSEE > "13216") {
			people += float64(p.Population)
			homes, upTo = append(homes, p), append(upTo, people)
		}
	}
	const calls = 800
	for _, errors := range []float64{0, 0.3, 0.6} {
		line := simulate.NewChannel(errors, g)
		r := rand.New(rand.NewPCG(7, uint64(errors*100)))
		var bins [10]struct {
			n, right int
			sum      float64
		}
		first, three, sure, sureRight := 0, 0, 0, 0
		for range calls {
			home := homes[sort.SearchFloat64s(upTo, r.Float64()*people)]
			var heard []place.Heard
			for _, h := range line.Hear(home.Name, r) {
				heard = append(heard, place.Heard{Text: h.Text, Weight: h.Confidence})
			}
			got := g.Resolve(heard, "").Matches
			for i, m := range got[:min(3, len(got))] {
				if m.INSEE == home.INSEE {
					three++
					if i == 0 {
						first++
					}
				}
			}
			if len(got) == 0 {
				continue
			}
			right := got[0].INSEE == home.INSEE
			b := &bins[min(9, int(got[0].Confidence*10))]
			b.n++
			b.sum += got[0].Confidence
			if right {
				b.right++
			}
			if got[0].Confidence >= .8 {
				sure++
				if right {
					sureRight++
				}
			}
		}
		off, over := 0.0, 0.0
		for _, b := range bins {
			if b.n > 0 {
				off += math.Abs(float64(b.right)-b.sum) / calls
				over += max(0, b.sum-float64(b.right)) / calls
				t.Logf("errors %.1f: mean confidence %.2f, right %.2f of %d", errors, b.sum/float64(b.n), float64(b.right)/float64(b.n), b.n)
			}
		}
		t.Logf("errors %.1f: first %.1f %%, among three %.1f %%, sure %.1f %% of which right %.1f %%, expected calibration error %.3f", errors,
			100*float64(first)/calls, 100*float64(three)/calls, 100*float64(sure)/calls, 100*float64(sureRight)/float64(max(1, sure)), off)
		if sureRight*100 < 95*sure || over > .02 || off > .15 {
			t.Errorf("errors %.1f: of %d sure %d are right, too sure by %.3f, off by %.3f", errors, sure, sureRight, over, off)
		}
	}
}
