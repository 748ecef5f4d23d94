package main

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/acotel/acotel-sbc/call"
	"github.com/acotel/acotel-sbc/dialog/script"
	"github.com/acotel/acotel-sbc/sip"
	"github.com/acotel/acotel-sbc/workshop"
)

func (a *app) chatCommand() *cobra.Command {
	var from, file string
	cmd := &cobra.Command{
		Use:   "chat",
		Short: "Holds the conversation of a call in text; #84000# presses keys, an empty line is silence",
		Args:  args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.chat(cmd.Context(), from, cmd.Flags().Changed("from"), file)
		},
	}
	cmd.Flags().StringVar(&from, "from", "0639980001", "the caller's number, empty when withheld")
	cmd.Flags().StringVar(&file, "script", "", "play a script (YAML) and check what it expects")
	return cmd
}

func (a *app) chat(ctx context.Context, from string, chosen bool, file string) error {
	var played script.Script
	if file != "" {
		var err error
		if played, err = script.Load(file); err != nil {
			return usageError{err}
		}
		if played.From != "" && !chosen {
			from = played.From
		}
	}
	c, err := a.textConversation(ctx, from)
	if err != nil {
		return err
	}
	if file == "" {
		return script.Chat(ctx, a.in, a.out, c)
	}
	err = script.Run(ctx, played, a.out, c)
	var differs *script.Mismatch
	if errors.As(err, &differs) {
		return differs
	}
	return err
}

// sameWords makes every text conversation of the same turns the same, so that a
// script that passes today passes tomorrow.
func sameWords() uint64 { return 1 }

// textConversation is a call's conversation without its sound: nothing is stored
// and nothing is sent.
func (a *app) textConversation(ctx context.Context, from string) (script.Config, error) {
	c, err := a.load(os.Environ())
	if err != nil {
		return script.Config{}, err
	}
	log, err := newLog(a.err, c.Log)
	if err != nil {
		return script.Config{}, err
	}
	g, err := a.places(c)
	if err != nil {
		return script.Config{}, err
	}
	cat, err := a.catalogue(ctx, c, g, log)
	if err != nil {
		return script.Config{}, err
	}
	m, err := newMessages(c.Dialog)
	if err != nil {
		return script.Config{}, err
	}
	p, err := newParser(c.Dialog.NLU, g)
	if err != nil {
		return script.Config{}, err
	}
	asked, err := newChooser(c.Dialog.NLU.Model, p, nil, log)
	if err != nil {
		return script.Config{}, err
	}
	return script.Config{
		Chooser: asked,
		Dialog:  conversations(c, m, g, p, sameWords)(),
		Caller:  call.CallerOf(sip.ParseNumber(from)),
		Start:   time.Now(),
		Search: func(_ context.Context, q workshop.Query, set workshop.Settings) (workshop.Result, error) {
			return cat.Search(q, set), nil
		},
	}, nil
}
