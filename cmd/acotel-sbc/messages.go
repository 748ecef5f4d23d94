package main

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"

	"github.com/spf13/cobra"

	"github.com/acotel/acotel-sbc/config"
	"github.com/acotel/acotel-sbc/edits"
	"github.com/acotel/acotel-sbc/store"
)

func (a *app) messagesCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "messages", Short: "Shows and edits what callers hear, without a restart", Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	var by string
	var unheard bool
	list := &cobra.Command{Use: "list", Short: "Lists the messages in force", Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.showMessages(cmd, "") }}
	get := &cobra.Command{Use: "get KEY", Short: "Shows a message", Args: args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error { return a.showMessages(cmd, args[0]) }}
	set := &cobra.Command{Use: "set KEY TEXT…", Short: "Edits a message; several texts are wordings of which calls choose one", Args: args(cobra.MinimumNArgs(2)),
		Example: "  acotel-sbc messages set nothing.region.sud-est \"Appelez votre caisse régionale.\" --data DIR --author claire",
		RunE: func(cmd *cobra.Command, args []string) error {
			body, err := json.Marshal(args[1:]) // YAML, too
			if err != nil {
				return err
			}
			return a.setMessage(cmd, args[0], by, unheard, func(*store.DB) (string, error) { return string(body), nil })
		}}
	history := a.historyCommand(edits.Message, "KEY", "message")
	rollback := &cobra.Command{Use: "rollback KEY VERSION", Short: "Brings a version back; 0 is the text of the configuration", Args: args(cobra.ExactArgs(2)),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := versionOf("messages", args[1])
			if err != nil {
				return err
			}
			return a.setMessage(cmd, args[0], by, unheard, func(db *store.DB) (string, error) {
				e, err := edits.Version(cmd.Context(), db, edits.Message, args[0], id)
				return e.Body, err
			})
		}}
	for _, c := range []*cobra.Command{set, rollback} {
		c.Flags().StringVar(&by, "author", "", "who decides; the user of this machine when left out")
		c.Flags().BoolVar(&unheard, "unheard", false, "do not have the voice say the text before it is taken")
	}
	cmd.AddCommand(list, get, set, history, rollback)
	return cmd
}

// setMessage stores a text that was checked against the messages in force, and that the voice can say.
func (a *app) setMessage(cmd *cobra.Command, key, by string, unheard bool, body func(*store.DB) (string, error)) error {
	return a.edit(cmd.Context(), func(c config.Config, db *store.DB, log *slog.Logger) (edits.Edit, error) {
		e := edits.Edit{Kind: edits.Message, Key: key, Author: author(by)}
		base, err := newMessages(c.Dialog)
		if err != nil {
			return e, err
		}
		if e.Body, err = body(db); err != nil {
			return e, err
		}
		if e.Body == "" {
			return e, nil
		}
		m, err := withMessage(base, key, e.Body)
		if err != nil {
			return e, usageError{err}
		}
		if unheard {
			return e, nil
		}
		return e, rehearse(cmd.Context(), c, m.Variants(key), log)
	})
}

func (a *app) showMessages(cmd *cobra.Command, key string) error {
	return a.readStore(cmd.Context(), func(c config.Config, db *store.DB) error {
		base, err := newMessages(c.Dialog)
		if err != nil {
			return err
		}
		m, err := edited(cmd.Context(), db, base)
		if err != nil {
			return err
		}
		if key != "" {
			texts := m.Variants(key)
			if len(texts) == 0 {
				return fmt.Errorf("messages: %q says nothing; acotel-sbc messages list shows what is said", key)
			}
			fmt.Fprintln(a.out, strings.Join(texts, "\n"))
			return nil
		}
		for _, k := range m.Keys() {
			for _, text := range m.Variants(k) {
				fmt.Fprintf(a.out, "%s: %s\n", k, text)
			}
		}
		return nil
	})
}
