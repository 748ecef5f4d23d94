package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"

	"github.com/acotel/acotel-sbc/place"
)

// evaluate prints how far the positions are from those of a table of true
// centres (rows insee,name,lat,lon), for a person to read.
func (a *atlas) evaluate(path string, w io.Writer) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("gazetteer: %w", err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return fmt.Errorf("gazetteer: %s: %w", path, err)
	}
	type kind struct {
		name string
		errs []float64 // km
		said []float64 // errorKM
	}
	kinds := []*kind{{name: "exact"}, {name: "exact, regions served"}, {name: "approximate"}, {name: "approximate, regions served"}}
	bins := map[int]*kind{}
	for _, row := range rows {
		c := a.byCode[row[0]]
		lat, err1 := strconv.ParseFloat(row[2], 64)
		lon, err2 := strconv.ParseFloat(row[3], 64)
		if c == nil || err1 != nil || err2 != nil || c.Department >= "97" {
			continue
		}
		d, k := c.at.km(point{lat, lon}), 0
		if !c.located {
			k = 2
			b := int(c.errorKM)
			if bins[b] == nil {
				bins[b] = &kind{name: fmt.Sprintf("approximate, error_km %d to %d", b, b+1)}
			}
			bins[b].errs, bins[b].said = append(bins[b].errs, d), append(bins[b].said, c.errorKM)
		}
		kinds[k].errs, kinds[k].said = append(kinds[k].errs, d), append(kinds[k].said, c.errorKM)
		if place.RegionOf(c.Department) != place.RegionOther {
			kinds[k+1].errs, kinds[k+1].said = append(kinds[k+1].errs, d), append(kinds[k+1].said, c.errorKM)
		}
	}
	for b := range 100 {
		if bins[b] != nil {
			kinds = append(kinds, bins[b])
		}
	}
	fmt.Fprintf(w, "%-32s %6s %6s %6s %6s %6s %6s %6s %7s\n", "km", "n", "median", "p67", "p90", "p99", "rms", "said", "within")
	for _, k := range kinds {
		within := 0
		for i, d := range k.errs {
			if d <= k.said[i] {
				within++
			}
		}
		slices.Sort(k.errs)
		at := func(p float64) float64 { return k.errs[min(len(k.errs)-1, int(p*float64(len(k.errs))))] }
		fmt.Fprintf(w, "%-32s %6d %6.2f %6.2f %6.2f %6.2f %6.2f %6.2f %6.0f%%\n", k.name, len(k.errs), at(.5), at(.67), at(.9), at(.99), rms(k.errs), rms(k.said), 100*float64(within)/float64(len(k.errs)))
	}
	return nil
}

func rms(v []float64) float64 {
	s := 0.0
	for _, x := range v {
		s += x * x
	}
	return math.Sqrt(s / float64(max(1, len(v))))
}
