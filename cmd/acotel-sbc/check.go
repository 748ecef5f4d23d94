package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/acotel/acotel-sbc/check"
)

func (a *app) checkCommand() *cobra.Command {
	var address string
	var age time.Duration
	cmd := a.jsonFlag(&cobra.Command{
		Use:   "check",
		Short: "Asks the running service how each link of the chain is",
		Long: "Asks the running service how each link of the chain is (T7). Links whose last look is older than --max-age are looked at again,\n" +
			"a test call included. The status is 1 when a link is broken or the service does not answer.",
		Example: "  acotel-sbc check --data DIR --json\n  acotel-sbc check --http 127.0.0.1:8080",
		Args:    args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			at, err := a.serviceAddress(address)
			if err != nil {
				return err
			}
			report, err := askCheck(cmd.Context(), at, age)
			if err != nil {
				return err
			}
			return a.printCheck(report)
		},
	})
	cmd.Flags().StringVar(&address, "http", "", "HTTP address of the service")
	cmd.Flags().DurationVar(&age, "max-age", time.Minute, "look again at what was looked at longer ago; at least 10s")
	return cmd
}

// serviceAddress finds the HTTP address of the running service: named, left in the data folder, or configured.
func (a *app) serviceAddress(named string) (string, error) {
	if named != "" {
		return strings.TrimPrefix(named, "http://"), nil
	}
	c, err := a.load(os.Environ())
	if err != nil {
		return "", err
	}
	left, err := os.ReadFile(filepath.Join(c.Data.Dir, httpFile))
	if err == nil {
		return strings.TrimSpace(string(left)), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	return c.HTTP.Listen, nil
}

func askCheck(ctx context.Context, at string, age time.Duration) (check.Report, error) {
	var report check.Report
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://%s/check?max_age=%d", at, int(age.Seconds())), nil)
	if err != nil {
		return report, usage("check: --http %s: %w", at, err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return report, fmt.Errorf("check: the service does not answer: %w", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		said, _ := io.ReadAll(io.LimitReader(answer.Body, 500)) // the status says enough without it
		return report, fmt.Errorf("check: the service answered %s: %s", answer.Status, strings.TrimSpace(string(said)))
	}
	if err := json.NewDecoder(answer.Body).Decode(&report); err != nil {
		return report, fmt.Errorf("check: the service's answer is not understood: %w", err)
	}
	return report, nil
}

func (a *app) printCheck(r check.Report) error {
	if a.json {
		if err := json.NewEncoder(a.out).Encode(r); err != nil {
			return err
		}
	} else {
		states := map[check.State]string{check.OK: "en ordre", check.Degraded: "dégradé", check.Broken: "EN PANNE", check.Unknown: "inconnu"}
		for _, l := range r.Links {
			fmt.Fprintf(a.out, "%-12s %-9s depuis le %s  %s\n", l.Name, states[l.State], l.Since.Local().Format("02/01 15:04:05"), l.Reason)
		}
	}
	if !r.OK {
		return reported{errors.New("a link is broken")}
	}
	return nil
}
