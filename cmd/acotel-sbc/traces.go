package main

import (
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/acotel/acotel-sbc/config"
	"github.com/acotel/acotel-sbc/place"
	"github.com/acotel/acotel-sbc/record"
	"github.com/acotel/acotel-sbc/store"
)

func (a *app) tracesCommand() *cobra.Command {
	var table tableFlags
	var line, status, region, origin, id, from, to string
	cmd := a.jsonFlag(&cobra.Command{
		Use:   "traces",
		Short: "Lists the calls, one trace each, from the data folder",
		Long: "Lists the calls, one trace each (K8), oldest first: as JSON, or as CSV or XLSX for a spreadsheet. Filters add up.\n" +
			"Days are French days, both included.",
		Example: "  acotel-sbc traces --data DIR --from 2026-10-01 --to 2026-10-31 --xlsx appels.xlsx\n  acotel-sbc traces --data DIR --status non_efficace --region sud-est",
		Args:    args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			f := record.Filter{Line: line, Status: record.Status(status), Region: region, Origin: origin, ID: id}
			for _, w := range []struct {
				flag, word string
				known      []string
			}{{"line", line, []string{"production", "test"}}, {"status", status, texts(record.AllStatuses())}, {"region", region,
				[]string{place.RegionSudEst, place.RegionLanguedoc, place.RegionCentre, place.RegionBourgogne, place.RegionOther}},
				{"origin", origin, []string{"mobile", "fixe", "autre", "masque"}}} {
				if w.word != "" && !slices.Contains(w.known, w.word) {
					return usage("traces: --%s %q is unknown; known are %s", w.flag, w.word, strings.Join(w.known, ", "))
				}
			}
			var err error
			if f.From, f.To, err = days("traces", from, to); err != nil {
				return err
			}
			return a.readStore(cmd.Context(), func(_ config.Config, db *store.DB) error {
				traces := record.Traces(cmd.Context(), db, f)
				switch {
				case table.csv:
					return record.WriteCSV(a.out, traces)
				case table.xlsx != "":
					return table.file(func(f *os.File) error { return record.WriteXLSX(f, traces) })
				}
				return record.WriteJSON(a.out, traces)
			})
		},
	})
	fl := cmd.Flags()
	table.add(cmd)
	fl.StringVar(&line, "line", "", "production or test")
	fl.StringVar(&status, "status", "", "calls that have this status, for example abouti")
	fl.StringVar(&region, "region", "", "calls from this region, for example sud-est")
	fl.StringVar(&origin, "origin", "", "mobile, fixe, autre or masque")
	fl.StringVar(&id, "id", "", "one call")
	fl.StringVar(&from, "from", "", "first day, as 2026-12-31")
	fl.StringVar(&to, "to", "", "last day, as 2026-12-31")
	return cmd
}

// days reads a first and a last day, both included, in French time: from ≤ t < to. Zero where a text is empty.
func days(command, first, last string) (from, to time.Time, err error) {
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		return from, to, err
	}
	for _, d := range []struct {
		flag, text string
		add        int
		to         *time.Time
	}{{"--from", first, 0, &from}, {"--to", last, 1, &to}} {
		if d.text == "" {
			continue
		}
		day, err := time.ParseInLocation(time.DateOnly, d.text, paris)
		if err != nil {
			return from, to, usage("%s: %s %q is not a day such as 2026-12-31", command, d.flag, d.text)
		}
		*d.to = day.AddDate(0, 0, d.add)
	}
	if first != "" && last != "" && !from.Before(to) {
		return from, to, usage("%s: --to %s is before --from %s", command, last, first)
	}
	return from, to, nil
}

func texts[T ~string](words []T) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = string(w)
	}
	return out
}
