package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/acotel/acotel-sbc/dialog/nlu"
	"github.com/acotel/acotel-sbc/place"
	"github.com/acotel/acotel-sbc/simulate"
)

// nluTestCommand measures how well written-down meanings are understood.
func (a *app) nluTestCommand() *cobra.Command {
	var errors float64
	cmd := a.jsonFlag(&cobra.Command{
		Use:   "test FILE",
		Short: "Accuracy and confusions over sentences with their meaning",
		Long: `Accuracy and confusions over sentences with their meaning.

FILE has one JSON object a line: {"text", "state", "intent", "entities"}, and if
need be "today": "2026-11-25", the day on which it was said. FILE - is standard input.`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error {
			list, err := a.labelled(args[0])
			if err != nil {
				return err
			}
			p, err := a.parser()
			if err != nil {
				return err
			}
			r := nlu.Evaluate(p, list, time.Now())
			if errors > 0 {
				if r, err = overTheLine(p, list, errors); err != nil {
					return err
				}
			}
			if a.json {
				return json.NewEncoder(a.out).Encode(r)
			}
			return printReport(a.out, r)
		},
	})
	cmd.Flags().Float64Var(&errors, "errors", 0, "share of the words that a recogniser gets wrong, 0 to 1; the sentences are then understood from its readings")
	return cmd
}

// overTheLine evaluates sentences as the simulated recogniser hears them, each time in the same way.
func overTheLine(p *nlu.Parser, list []nlu.Labelled, errors float64) (nlu.Report, error) {
	if errors > 1 {
		return nlu.Report{}, usage("nlu test: --errors is a share, 0 to 1")
	}
	g, err := place.Default()
	if err != nil {
		return nlu.Report{}, err
	}
	line, r := simulate.NewChannel(errors, g), rand.New(rand.NewPCG(1, 2))
	return nlu.EvaluateHeard(list, time.Now(), func(day time.Time, l nlu.Labelled) nlu.Result {
		var heard []nlu.Hypothesis
		for _, h := range line.Hear(l.Text, r) {
			heard = append(heard, nlu.Hypothesis{Text: h.Text, Weight: h.Confidence})
		}
		return p.ParseHypotheses(day, heard, l.State)
	}), nil
}

func (a *app) labelled(file string) ([]nlu.Labelled, error) {
	in := a.in
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	list, err := nlu.ReadLabelled(in)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return list, nil
}

// shownConfusions is how many confusions and misses the table shows; --json has them all.
const shownConfusions = 20

func printReport(out io.Writer, r nlu.Report) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(out, "%d phrases, intention juste : %s", r.Sentences, percent(&r.Accuracy))
	if r.Noisy.N > 0 {
		fmt.Fprintf(out, " ; mal entendues : %s de %d", percent(r.Noisy.Accuracy), r.Noisy.N)
	}
	fmt.Fprintf(out, " ; comprises à 0,8 ou plus : %d, justes à %s\n", r.Sure.N, percent(r.Sure.Accuracy))
	rows := func(title string, scores map[string]nlu.Score) {
		fmt.Fprintf(w, "\n%s\tphrases\tprécision\trappel\t\n", title)
		names := slices.SortedFunc(maps.Keys(scores), func(a, b string) int {
			return cmp.Or(cmp.Compare(scores[b].N, scores[a].N), cmp.Compare(a, b))
		})
		for _, name := range names {
			s := scores[name]
			fmt.Fprintf(w, "%s\t%d\t%s\t%s\t\n", name, s.N, percent(s.Precision), percent(s.Recall))
		}
	}
	rows("intention", r.ByIntent)
	rows("entité", r.ByEntity)
	fmt.Fprintf(w, "\nvoulue\tcomprise\tphrases\t\n")
	for _, c := range r.Confusions[:min(shownConfusions, len(r.Confusions))] {
		fmt.Fprintf(w, "%s\t%s\t%d\t\n", c.Want, c.Got, c.N)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, m := range r.Misses[:min(shownConfusions, len(r.Misses))] {
		if _, err := fmt.Fprintf(out, "%s: %q : %s, compris %s%s%s\n", m.State, m.Text, m.Want, m.Got,
			list(" ; manque ", m.Missing), list(" ; de trop ", m.Invented)); err != nil {
			return err
		}
	}
	return nil
}

func list(title string, all []string) string {
	if len(all) == 0 {
		return ""
	}
	return title + strings.Join(all, ", ")
}

func percent(share *float64) string {
	if share == nil {
		return "–"
	}
	return strings.Replace(fmt.Sprintf("%.1f %%", *share*100), ".", ",", 1)
}
