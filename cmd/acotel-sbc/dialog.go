package main

import (
	"encoding/json"

	"github.com/spf13/cobra"

	"github.com/acotel/acotel-sbc/dialog"
)

// graph is the conversation as `dialog graph --json` prints it.
type graph struct {
	Steps    []dialog.Node `json:"steps"`
	Anywhere []dialog.Way  `json:"anywhere"` // leads out of every step that expects an answer
	Answered []string      `json:"answered"` // intents that are answered in every step, the question stands
}

func (a *app) dialogCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "dialog",
		Short: "Shows how the conversation goes",
		Args:  args(cobra.NoArgs),
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.jsonFlag(&cobra.Command{
		Use:   "graph",
		Short: "The whole conversation, made from the code, as a Mermaid state diagram",
		Args:  args(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			if a.json {
				return json.NewEncoder(a.out).Encode(graph{dialog.Graph(), dialog.Anywhere(), dialog.Answered()})
			}
			return dialog.Mermaid(a.out)
		},
	}))
	return cmd
}
