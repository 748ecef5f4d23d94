package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/acotel/acotel-sbc/simulate"
	"github.com/acotel/acotel-sbc/workshop"
)

func (a *app) simulateCommand() *cobra.Command {
	var o struct {
		text           bool
		calls, workers int
		seed           uint64
		errors         float64
	}
	cmd := a.jsonFlag(&cobra.Command{
		Use:   "simulate",
		Short: "Holds a campaign of calls with simulated callers and a recogniser's errors, and counts K1 to K7",
		Args:  args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch {
			case !o.text:
				return usage("simulate: a campaign is in text; the same callers over SIP are acotel-sbc bench talk")
			case o.calls < 1:
				return usage("simulate: --calls must be at least 1")
			case o.errors < 0 || o.errors > 1:
				return usage("simulate: --errors is a share of words, between 0 and 1")
			}
			return a.simulate(cmd.Context(), simulate.Config{Calls: o.calls, Seed: o.seed, Errors: o.errors, Workers: o.workers})
		},
	})
	f := cmd.Flags()
	f.BoolVar(&o.text, "text", true, "in text, without SIP or sound")
	f.IntVar(&o.calls, "calls", 2000, "how many calls")
	f.Uint64Var(&o.seed, "seed", 1, "the same seed gives the same callers, words and errors")
	f.Float64Var(&o.errors, "errors", 0.10, "share of the words that the recogniser gets wrong")
	f.IntVar(&o.workers, "workers", 0, "calls at once, 0 for one on each processor; it changes nothing but the time")
	return cmd
}

func (a *app) simulate(ctx context.Context, s simulate.Config) error {
	c, log, err := a.configured()
	if err != nil {
		return err
	}
	if s.Gazetteer, err = a.places(c); err != nil {
		return err
	}
	cat, err := a.catalogue(ctx, c, s.Gazetteer, log)
	if err != nil {
		return err
	}
	m, err := newMessages(c.Dialog)
	if err != nil {
		return err
	}
	p, err := newParser(c.Dialog.NLU, s.Gazetteer)
	if err != nil {
		return err
	}
	s.NewDialog = newDialogs(c, m, s.Gazetteer, p)
	s.Search = func(_ context.Context, q workshop.Query, set workshop.Settings) (workshop.Result, error) {
		return cat.Search(q, set), nil
	}
	s.Start = time.Now()
	r, err := simulate.Run(ctx, s)
	if err != nil {
		return err
	}
	if a.json {
		return json.NewEncoder(a.out).Encode(r)
	}
	a.printCampaign(r)
	return nil
}

// printCampaign shows the table of K1 to K7 with their targets, and the reasons of the calls that failed.
func (a *app) printCampaign(r simulate.Report) {
	fmt.Fprintf(a.out, "%s en %.1f s, graine %d, %.0f %% de mots mal reconnus\n\n", count(r.Calls, "appel"), r.Seconds, r.Seed, 100*r.Errors)
	t := r.Rates
	for _, row := range []struct {
		name   string
		value  *float64
		target string
	}{
		{"Traités (des appels)", t.Traite, "90 %"},
		{"Requêtés (des traités)", t.Requete, "> 95 %"},
		{"Requêtés (de qui veut un atelier)", t.WantedRequete, "≥ 97 %"},
		{"Efficaces (des requêtés)", t.Efficace, ""},
		{"Abandonnés (des appels)", t.Abandonne, "< 5 %"},
		{"Aboutis (des requêtés)", t.Abouti, "≥ 97 %"},
		{"Évalués (des aboutis)", t.Evalue, "50 %"},
		{"Lieu trouvé (des demandés)", t.PlaceFound, "≥ 97 %"},
		{"Lieu trouvé du premier coup", t.PlaceFirstTry, "≥ 90 %"},
		{"… et c'était le bon", t.PlaceRightFirst, ""},
		{"Lieu juste (des trouvés)", t.PlaceRight, ""},
		{"SMS (des efficaces, mobiles)", t.SMSSent, ""},
	} {
		value := "      —"
		if row.value != nil {
			value = fmt.Sprintf("%5.1f %%", 100**row.value)
		}
		fmt.Fprintf(a.out, "  %-36s%s   %s\n", row.name, value, row.target)
	}
	if r.MeanDurationS != nil {
		fmt.Fprintf(a.out, "  %-36s%5.0f s   < 180 s\n", "Durée moyenne des aboutis", *r.MeanDurationS)
	}
	fmt.Fprintf(a.out, "\n  %-18s%8s%10s%10s%10s%10s\n", "tempérament", "appels", "atelier", "requêtés", "aboutis", "échecs")
	for _, name := range slices.Sorted(maps.Keys(r.ByTemperament)) {
		v := r.ByTemperament[name]
		fmt.Fprintf(a.out, "  %-16s%8d%10d%10d%10d%10d\n", name, v.Calls, v.Wanted, v.Requete, v.Abouti, v.Failed)
	}
	if len(r.Failed) > 0 {
		fmt.Fprintf(a.out, "\n%s ; leurs transcriptions : --json\n", count(len(r.Failed), "échec"))
	}
	why := map[string]int{}
	for _, f := range r.Failed {
		reason, _, _ := strings.Cut(f.Why, ", lives")
		reason, _, _ = strings.Cut(reason, " at ")
		why[reason]++
	}
	for _, reason := range slices.SortedFunc(maps.Keys(why), func(x, y string) int {
		if why[x] != why[y] {
			return why[y] - why[x]
		}
		return strings.Compare(x, y)
	}) {
		fmt.Fprintf(a.out, "  %5d  %s\n", why[reason], reason)
	}
}
