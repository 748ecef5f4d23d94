package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/acotel/acotel-sbc/config"
	"github.com/acotel/acotel-sbc/record"
	"github.com/acotel/acotel-sbc/store"
)

// tableFlags choose how a table is written.
type tableFlags struct {
	csv  bool
	xlsx string
}

func (f *tableFlags) add(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&f.csv, "csv", false, "print CSV on standard output")
	cmd.Flags().StringVar(&f.xlsx, "xlsx", "", "write this XLSX file")
	exclusive(cmd, "json", "csv", "xlsx")
}

// file writes the XLSX file with write.
func (f *tableFlags) file(write func(*os.File) error) (err error) {
	out, err := os.Create(f.xlsx)
	if err != nil {
		return fmt.Errorf("--xlsx: %w", err)
	}
	defer func() {
		if cerr := out.Close(); err == nil {
			err = cerr
		}
	}()
	if err := write(out); err != nil {
		if info, serr := out.Stat(); serr == nil && info.Mode().IsRegular() {
			_ = os.Remove(f.xlsx) // half a workbook opens nowhere
		}
		return err
	}
	return nil
}

// interruptible writes until its context ends: an answer of millions of rows is not written on for somebody who gave up.
type interruptible struct {
	ctx context.Context
	w   io.Writer
}

func (i interruptible) Write(p []byte) (int, error) {
	if err := i.ctx.Err(); err != nil {
		return 0, err
	}
	return i.w.Write(p)
}

func (a *app) statsCommand() *cobra.Command {
	var table tableFlags
	var from, to, by string
	var groups, measures []string
	cmd := a.jsonFlag(&cobra.Command{
		Use:   "stats",
		Short: "Figures of the production line: statuses, durations, places, SMS, what is billed",
		Long: "Figures of the production line (K1 to K13), each with its numerator and denominator; docs/mesures.md defines them.\n" +
			"Without --from it is this month, without --to up to today.",
		Example: "  acotel-sbc stats --data DIR --by day\n  acotel-sbc stats --data DIR --from 2026-01-01 --to 2026-12-31 --by month --group region --measure requete,abouti --csv",
		Args:    args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			q, err := statsQuery("stats", from, to, by, groups, measures, time.Now())
			if err != nil {
				return err
			}
			if err := q.Validate(); err != nil {
				return usage("stats: %w", err)
			}
			return a.readStore(cmd.Context(), func(_ config.Config, db *store.DB) error {
				s, err := record.ComputeStats(cmd.Context(), db, q)
				if errors.Is(err, record.ErrQuery) {
					return usage("stats: %w", err)
				}
				if err != nil {
					return err
				}
				out := interruptible{cmd.Context(), a.out}
				switch {
				case a.json:
					return s.WriteJSON(out)
				case table.csv:
					return s.WriteCSV(out, q.Group)
				case table.xlsx != "":
					return table.file(func(f *os.File) error { return s.WriteXLSX(f, q.Group) })
				}
				return s.WriteText(out)
			})
		},
	})
	fl := cmd.Flags()
	fl.StringVar(&from, "from", "", "first day, as 2026-12-31")
	fl.StringVar(&to, "to", "", "last day, as 2026-12-31")
	fl.StringVar(&by, "by", "", "month, week, day, hour or half-hour")
	fl.StringSliceVar(&groups, "group", nil, "status, region, origin or line; several with a comma")
	fl.StringSliceVar(&measures, "measure", nil, "these measures alone, with a comma between")
	table.add(cmd)
	return cmd
}

// statsQuery reads the flags; days are French days, both included.
func statsQuery(command, from, to, by string, groups, measures []string, now time.Time) (record.Query, error) {
	q := record.Query{By: record.By(by), Measures: measures}
	for _, g := range groups {
		q.Group = append(q.Group, record.Group(strings.TrimSpace(g)))
	}
	var err error
	if q.From, q.To, err = days(command, from, to); err != nil {
		return q, err
	}
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		return q, err
	}
	y, m, d := now.In(paris).Date()
	if q.To.IsZero() {
		q.To = time.Date(y, m, d+1, 0, 0, 0, 0, paris)
	}
	if q.From.IsZero() {
		last := q.To.AddDate(0, 0, -1)
		q.From = time.Date(last.Year(), last.Month(), 1, 0, 0, 0, 0, paris)
	}
	if !q.From.Before(q.To) {
		return q, usage("%s: --from %s is after today", command, from)
	}
	return q, nil
}
