package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/acotel/acotel-sbc/place"
)

func (a *app) placeCommand() *cobra.Command {
	var from string
	cmd := a.jsonFlag(&cobra.Command{
		Use:   "place [TEXT]",
		Short: "Finds communes by name or postal code; without TEXT, one per line of standard input",
		Args:  args(cobra.MaximumNArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error {
			c, err := a.load(os.Environ())
			if err != nil {
				return err
			}
			g, err := a.places(c)
			if err != nil {
				return err
			}
			if len(args) == 1 {
				return a.printPlaces(g.Resolve([]place.Heard{{Text: args[0], Weight: 1}}, from))
			}
			lines := bufio.NewScanner(a.in)
			for lines.Scan() {
				if err := a.printPlaces(g.Resolve([]place.Heard{{Text: lines.Text(), Weight: 1}}, from)); err != nil {
					return err
				}
			}
			return lines.Err()
		},
	})
	cmd.Flags().StringVar(&from, "from", "", "the caller's landline number, or a department: what is near is likelier")
	return cmd
}

func (a *app) printPlaces(answer place.Answer) error {
	found := answer.Matches
	if a.json {
		if found == nil {
			found = []place.Match{}
		}
		return json.NewEncoder(a.out).Encode(found)
	}
	for _, code := range answer.Departments {
		fmt.Fprintf(a.out, "département %s, %s\n", code, place.DepartmentName(code))
	}
	if answer.Digits != "" {
		fmt.Fprintf(a.out, "code %s inconnu, proches : %s\n", answer.Digits, strings.Join(answer.Nearest, " "))
	}
	if len(found) == 0 && len(answer.Departments) == 0 {
		fmt.Fprintln(a.out, "rien trouvé")
	}
	for _, m := range found {
		fmt.Fprintf(a.out, "%3.0f %%  %s  %s (%s)  %s  %.4f %.4f  %s\n", m.Confidence*100, m.INSEE, m.Name, m.Department,
			strings.Join(m.PostalCodes, " "), m.Lat, m.Lon, m.Why)
	}
	return nil
}
