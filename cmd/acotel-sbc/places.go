package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/acotel/acotel-sbc/place"
)

// fetchTimeout bounds the download of an official file.
const fetchTimeout = 5 * time.Minute

func (a *app) placesCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "places", Short: "Brings official positions and postal codes into the data folder", Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	cmd.AddCommand(&cobra.Command{
		Use:   "import FILE|URL",
		Short: "Reads the CSV of La Poste or the JSON of geo.api.gouv.fr; broken rows are listed, good ones kept",
		Args:  args(cobra.ExactArgs(1)),
		RunE:  func(cmd *cobra.Command, args []string) error { return a.importPlaces(cmd.Context(), args[0]) },
	})
	return cmd
}

func (a *app) importPlaces(ctx context.Context, name string) error {
	c, err := a.load(os.Environ())
	if err != nil {
		return err
	}
	in, err := openOfficial(ctx, name)
	if err != nil {
		return err
	}
	defer in.Close()
	g, err := place.Default()
	if err != nil {
		return err
	}
	file, err := g.ReadOfficial(in)
	for _, b := range file.Broken {
		fmt.Fprintf(a.err, "%s:%d: %s\n", name, b.Line, b.Reason)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	_, n := g.With(file.Places)
	if err := place.Save(c.Data.Dir, file.Places); err != nil {
		return err
	}
	fmt.Fprintf(a.out, "%s dans %s ; positions estimées devenues exactes : %d, encore estimées : %d ; lignes écartées : %d\n",
		count(n.Places, "commune"), c.Data.Dir, n.Positions, n.Estimated, len(file.Broken))
	if len(file.Broken) > 0 {
		return reported{fmt.Errorf("%d broken rows", len(file.Broken))}
	}
	return nil
}

// openOfficial opens a file, or asks an address for it.
func openOfficial(ctx context.Context, name string) (io.ReadCloser, error) {
	if !strings.HasPrefix(name, "http://") && !strings.HasPrefix(name, "https://") {
		f, err := os.Open(name)
		if err != nil {
			return nil, fmt.Errorf("places import: %w", err)
		}
		return f, nil
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, name, nil)
	if err != nil {
		return nil, usage("places import: %w", err)
	}
	client := http.Client{Timeout: fetchTimeout}
	answer, err := client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("places import: %w", err)
	}
	if answer.StatusCode != http.StatusOK {
		answer.Body.Close()
		return nil, fmt.Errorf("places import: %s answers %s", name, answer.Status)
	}
	return answer.Body, nil
}
