package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/acotel/acotel-sbc/place"
)

func (a *app) placeCommand() *cobra.Command {
	return a.jsonFlag(&cobra.Command{
		Use:   "place [TEXT]",
		Short: "Finds communes by name or postal code; without TEXT, one per line of standard input",
		Args:  args(cobra.MaximumNArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error {
			g, err := place.Default()
			if err != nil {
				return err
			}
			if len(args) == 1 {
				return a.printPlaces(g.Find(args[0]))
			}
			lines := bufio.NewScanner(a.in)
			for lines.Scan() {
				if err := a.printPlaces(g.Find(lines.Text())); err != nil {
					return err
				}
			}
			return lines.Err()
		},
	})
}

func (a *app) printPlaces(found []place.Match) error {
	if a.json {
		if found == nil {
			found = []place.Match{}
		}
		return json.NewEncoder(a.out).Encode(found)
	}
	if len(found) == 0 {
		fmt.Fprintln(a.out, "rien trouvé")
	}
	for _, m := range found {
		fmt.Fprintf(a.out, "%3.0f %%  %s  %s (%s)  %s  %.4f %.4f  %s\n", m.Confidence*100, m.INSEE, m.Name, m.Department,
			strings.Join(m.PostalCodes, " "), m.Lat, m.Lon, m.Why)
	}
	return nil
}
