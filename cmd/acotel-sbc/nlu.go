package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/acotel/acotel-sbc/dialog/nlu"
)

// states of the conversation, as --state takes them.
var states = []string{"open", "place", "confirm", "theme", "results", "sms", "more", "rating", "reason"}

func (a *app) nluCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "nlu",
		Short: "Shows what is understood of a sentence",
		Args:  args(cobra.NoArgs),
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	var state string
	parse := a.jsonFlag(&cobra.Command{
		Use:   "parse [TEXT]",
		Short: "Intents and entities of a sentence; without TEXT, one per line of standard input",
		Args:  args(cobra.MaximumNArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error {
			if !slices.Contains(states, state) {
				return usage("nlu parse: --state %q is unknown; the states are %s", state, strings.Join(states, ", "))
			}
			p, err := a.parser()
			if err != nil {
				return err
			}
			today := time.Now()
			if len(args) == 1 {
				return a.printMeaning(p.ParseOn(today, args[0], state))
			}
			lines := bufio.NewScanner(a.in)
			for lines.Scan() {
				if err := a.printMeaning(p.ParseOn(today, lines.Text(), state)); err != nil {
					return err
				}
			}
			return lines.Err()
		},
	})
	parse.Flags().StringVar(&state, "state", "open", "what the caller was asked: "+strings.Join(states, ", "))
	cmd.AddCommand(parse, a.nluTestCommand())
	return cmd
}

func (a *app) printMeaning(r nlu.Result) error {
	if r.Intents == nil {
		r.Intents = []nlu.Intent{}
	}
	if r.Entities == nil {
		r.Entities = []nlu.Entity{}
	}
	if a.json {
		return json.NewEncoder(a.out).Encode(r)
	}
	var intents, entities []string
	for _, i := range r.Intents {
		intents = append(intents, fmt.Sprintf("%s %.0f %%", i.Name, i.Confidence*100))
	}
	for _, e := range r.Entities {
		entities = append(entities, fmt.Sprintf("%s=%s (%q)", e.Type, e.Value, e.Text))
	}
	_, err := fmt.Fprintf(a.out, "%s ; %s\n", strings.Join(intents, ", "), strings.Join(entities, ", "))
	return err
}

// parser understands sentences without a conversation around them.
func (a *app) parser() (*nlu.Parser, error) {
	c, err := a.load(os.Environ())
	if err != nil {
		return nil, err
	}
	g, err := a.places(c)
	if err != nil {
		return nil, err
	}
	return newParser(c.Dialog.NLU, g)
}
