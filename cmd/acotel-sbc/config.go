package main

import (
	"fmt"
	"log/slog"
	"os"

	"github.com/spf13/cobra"

	"github.com/acotel/acotel-sbc/config"
)

func (a *app) configCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "config", Short: "Checks the configuration", Args: args(cobra.NoArgs), RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	cmd.AddCommand(&cobra.Command{
		Use:   "check -c FILE",
		Short: "Reads the configuration as serve would and says what is wrong",
		Args:  args(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			c, err := a.load(os.Environ())
			if err != nil {
				return err
			}
			if err := format(c).Validate(); err != nil {
				return usageError{err}
			}
			if _, err := sipConfig(c, nil); err != nil {
				return err
			}
			m, err := newMessages(c.Dialog)
			if err != nil {
				return err
			}
			if err := checkBargeIn(c.BargeIn, m); err != nil {
				return err
			}
			if _, err := newParser(c.Dialog.NLU, nil); err != nil {
				return err
			}
			if _, err := newSource(c, nil, slog.New(slog.DiscardHandler)); err != nil {
				return err
			}
			fmt.Fprintf(a.out, "La configuration est bonne : %s, %s, %s à la fois.\n", count(len(c.Trunks), "trunk"),
				count(len(c.Lines), "ligne"), count(c.Calls.Slots, "conversation"))
			if len(c.Trunks) == 0 {
				fmt.Fprintln(a.out, "Attention : sans trunk, aucun appel n'est accepté.")
			}
			if !hasService(c.Lines) {
				fmt.Fprintln(a.out, "Attention : aucune ligne de production ni de test n'est déclarée.")
			}
			return nil
		},
	})
	return cmd
}

func hasService(lines []config.Line) bool {
	for _, l := range lines {
		if l.Kind == config.Production || l.Kind == config.Test {
			return true
		}
	}
	return false
}
