package main

import (
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/acotel/acotel-sbc/config"
	"github.com/acotel/acotel-sbc/record"
	"github.com/acotel/acotel-sbc/store"
)

func (a *app) tracesCommand() *cobra.Command {
	var table tableFlags
	var line, status, id, from, to string
	cmd := a.jsonFlag(&cobra.Command{
		Use:   "traces",
		Short: "Lists the calls, one trace each, from the data folder",
		Args:  args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			f := record.Filter{Line: line, Status: record.Status(status), ID: id}
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
	return from, to, nil
}
