package main

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/acotel/acotel-sbc/config"
	"github.com/acotel/acotel-sbc/record"
	"github.com/acotel/acotel-sbc/store"
)

func (a *app) verbatimsCommand() *cobra.Command {
	var from, to string
	var top int
	cmd := a.jsonFlag(&cobra.Command{
		Use:   "verbatims",
		Short: "What callers said, anonymised: calls without result, words and expressions by use",
		Args:  args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			q, err := statsQuery("verbatims", from, to, "", nil, nil, time.Now())
			if err != nil {
				return err
			}
			if top < 0 {
				return usage("verbatims: --top %d is less than none", top)
			}
			if err := a.audited(cmd.Context(), "verbatims", map[string]any{"from": q.From, "to": q.To}); err != nil {
				return err
			}
			return a.readStore(cmd.Context(), func(_ config.Config, db *store.DB) error {
				v, err := record.ComputeVerbatims(cmd.Context(), db, q.From, q.To)
				if err != nil {
					return err
				}
				if a.json {
					return json.NewEncoder(a.out).Encode(v)
				}
				a.writeVerbatims(v, top)
				return nil
			})
		},
	})
	cmd.Flags().StringVar(&from, "from", "", "first day, as 2026-12-31; without it this month's first")
	cmd.Flags().StringVar(&to, "to", "", "last day, as 2026-12-31; without it today")
	cmd.Flags().IntVar(&top, "top", 30, "words and expressions shown as text (JSON has all)")
	return cmd
}

func (a *app) writeVerbatims(v record.Verbatims, top int) {
	fmt.Fprintf(a.out, "%s sans résultat\n", count(len(v.Calls), "appel"))
	for _, c := range v.Calls {
		fmt.Fprintf(a.out, "\n%s  %s\n", c.StartedAt.Format("02/01/2006 15:04"), c.ID)
		for _, t := range c.Turns {
			who := "  > "
			if t.Who == "caller" {
				who = "    "
			}
			fmt.Fprintln(a.out, who+t.Text)
		}
	}
	fmt.Fprintln(a.out, "\nRaisons des mauvaises notes")
	for _, r := range v.Reasons {
		region, mark := "région inconnue", "?"
		if r.Region != nil {
			region = *r.Region
		}
		if r.Mark != nil {
			mark = strconv.Itoa(*r.Mark)
		}
		fmt.Fprintf(a.out, "  %s, note %s : %s\n", region, mark, r.Text)
	}
	for _, list := range []struct {
		title string
		of    []record.Usage
	}{{"Mots", v.Words}, {"Expressions", v.Expressions}} {
		fmt.Fprintf(a.out, "\n%s\n", list.title)
		for _, u := range list.of[:min(max(top, 0), len(list.of))] {
			fmt.Fprintf(a.out, "  %5d  %s (%s)\n", u.Count, u.Text, count(u.Calls, "appel"))
		}
	}
}
