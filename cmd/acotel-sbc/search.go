package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/acotel/acotel-sbc/workshop"
)

func (a *app) searchCommand() *cobra.Command {
	var where, theme, module, from string
	cmd := a.jsonFlag(&cobra.Command{
		Use:   "search --place 84000",
		Short: "Finds workshops near a place, widening as a call does",
		Args:  args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if where == "" {
				return usage("search: --place is missing, for example --place 84000 or --place avignon")
			}
			return a.search(cmd.Context(), where, theme, module, from)
		},
	})
	f := cmd.Flags()
	f.StringVar(&where, "place", "", "postal code or town")
	f.StringVar(&theme, "theme", "", "theme, for example \"Bien chez soi\"")
	f.StringVar(&module, "module", "", "module of a theme")
	f.StringVar(&from, "from", "", "first day, as 2026-12-31; today when absent")
	return cmd
}

func (a *app) search(ctx context.Context, where, theme, module, from string) error {
	c, log, err := a.configured()
	if err != nil {
		return err
	}
	q := workshop.Query{From: time.Now(), Theme: theme, Module: module}
	if theme != "" {
		if _, ok := workshop.ParseTheme(theme); !ok {
			var known []string
			for _, t := range workshop.Themes() {
				known = append(known, t.Label)
			}
			return usage("search: theme %q is unknown; the themes are %s", theme, strings.Join(known, ", "))
		}
	}
	if from != "" {
		day, err := workshop.ParseISODate(from)
		if err != nil {
			return usage("search: --from: %w", err)
		}
		q.From = day.At(workshop.NewClock(0, 0))
	}
	g, err := a.places(c)
	if err != nil {
		return err
	}
	if q.Area, err = areaOf(g, where); err != nil {
		return fmt.Errorf("search: %w", err)
	}
	cat, err := a.catalogue(ctx, c, g, log)
	if err != nil {
		return err
	}
	r := cat.Search(q, settings(c))
	if a.json {
		return json.NewEncoder(a.out).Encode(r)
	}
	fmt.Fprintf(a.out, "%s : %s à moins de %g km, dans les %d semaines\n", r.Place, count(len(r.Workshops), "atelier"), r.RadiusKM, r.Weeks)
	for _, w := range r.Workshops {
		where := fmt.Sprintf("%s, %s (%.1f km)", w.Venue, w.City, w.DistanceKM)
		if w.Remote {
			where = w.Venue
		}
		fmt.Fprintf(a.out, "  %s %s  %s — %s, %s, %s\n", w.Date, w.Start, w.Title, where, w.Price, w.Phone)
	}
	return nil
}
