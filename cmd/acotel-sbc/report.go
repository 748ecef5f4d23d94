package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"github.com/acotel/acotel-sbc/config"
	"github.com/acotel/acotel-sbc/report"
	"github.com/acotel/acotel-sbc/store"
)

func (a *app) reportCommand() *cobra.Command {
	var month, out, comments string
	cmd := &cobra.Command{
		Use:     "report",
		Short:   "Writes the monthly report as one printable HTML page (K14)",
		Example: "  acotel-sbc report --month 2026-10 -o rapport.html --data DIR --comments commentaires.yaml",
		Args:    args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			paris, err := time.LoadLocation("Europe/Paris")
			if err != nil {
				return err
			}
			first, err := time.ParseInLocation("2006-01", month, paris)
			if err != nil {
				return usage("report: --month %q is no month such as 2026-10", month)
			}
			if out == "" {
				return usage("report: -o FILE.html is missing")
			}
			said, err := readComments(comments)
			if err != nil {
				return err
			}
			return a.readStore(cmd.Context(), func(_ config.Config, db *store.DB) error {
				var page strings.Builder
				if err := report.Write(cmd.Context(), &page, db, first, time.Now(), said); err != nil {
					return err
				}
				return os.WriteFile(out, []byte(page.String()), 0o644) //nolint:gosec // a report to hand on
			})
		},
	}
	cmd.Flags().StringVar(&month, "month", "", "month, as 2026-10")
	cmd.Flags().StringVarP(&out, "output", "o", "", "file to write")
	cmd.Flags().StringVar(&comments, "comments", "", "YAML file of comments: "+strings.Join(report.Sections(), ", "))
	return cmd
}

func readComments(name string) (report.Comments, error) {
	if name == "" {
		return nil, nil
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, usage("report: --comments: %w", err)
	}
	var c report.Comments
	if err := yaml.Unmarshal(data, &c); err != nil {
		return nil, usage("report: --comments %s: %w", name, err)
	}
	for key := range c {
		if !slices.Contains(report.Sections(), key) {
			return nil, usage("report: --comments %s: %q is no section; sections are %s", name, key, fmt.Sprint(report.Sections()))
		}
	}
	return c, nil
}
