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

	"github.com/acotel/acotel-sbc/config"
	"github.com/acotel/acotel-sbc/dialog/nlu"
	"github.com/acotel/acotel-sbc/dialog/nlu/chooser"
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
		RunE: func(cmd *cobra.Command, args []string) error {
			if !slices.Contains(states, state) {
				return usage("nlu parse: --state %q is unknown; the states are %s", state, strings.Join(states, ", "))
			}
			p, asked, err := a.understanding()
			if err != nil {
				return err
			}
			defer asked.Close()
			today := time.Now()
			meaning := func(text string) error {
				r := p.ParseOn(today, text, state)
				if q, unsure := asked.Ask(text, state, r); unsure {
					if choice, ok := asked.Choose(cmd.Context(), q); ok {
						return a.printMeaning(r.With(choice), "model")
					}
				}
				return a.printMeaning(r, "rules")
			}
			if len(args) == 1 {
				return meaning(args[0])
			}
			lines := bufio.NewScanner(a.in)
			for lines.Scan() {
				if err := meaning(lines.Text()); err != nil {
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

// printMeaning prints a result and who came to it, "rules" or "model".
func (a *app) printMeaning(r nlu.Result, by string) error {
	if r.Intents == nil {
		r.Intents = []nlu.Intent{}
	}
	if r.Entities == nil {
		r.Entities = []nlu.Entity{}
	}
	if a.json {
		return json.NewEncoder(a.out).Encode(struct {
			nlu.Result
			By string `json:"by"`
		}{r, by})
	}
	var intents, entities []string
	for _, i := range r.Intents {
		intents = append(intents, fmt.Sprintf("%s %.0f %%", i.Name, i.Confidence*100))
	}
	for _, e := range r.Entities {
		entities = append(entities, fmt.Sprintf("%s=%s (%q)", e.Type, e.Value, e.Text))
	}
	if by == "model" {
		by = " (language model)"
	} else {
		by = ""
	}
	_, err := fmt.Fprintf(a.out, "%s ; %s%s\n", strings.Join(intents, ", "), strings.Join(entities, ", "), by)
	return err
}

// parser understands sentences without a conversation around them.
func (a *app) parser() (*nlu.Parser, error) {
	c, err := a.load(os.Environ())
	if err != nil {
		return nil, err
	}
	return a.parserOf(c)
}

func (a *app) parserOf(c config.Config) (*nlu.Parser, error) {
	g, err := a.places(c)
	if err != nil {
		return nil, err
	}
	return newParser(c.Dialog.NLU, g)
}

// understanding is the parser and the language model beside it, nil when none is configured.
func (a *app) understanding() (*nlu.Parser, *chooser.Chooser, error) {
	c, err := a.load(os.Environ())
	if err != nil {
		return nil, nil, err
	}
	log, err := newLog(a.err, c.Log)
	if err != nil {
		return nil, nil, err
	}
	p, err := a.parserOf(c)
	if err != nil {
		return nil, nil, err
	}
	asked, err := newChooser(c.Dialog.NLU.Model, p, nil, log)
	return p, asked, err
}
