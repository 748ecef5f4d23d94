package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/acotel/acotel-sbc/check"
)

func (a *app) checkCommand() *cobra.Command {
	var address string
	var age time.Duration
	var alerts bool
	cmd := a.jsonFlag(&cobra.Command{
		Use:   "check",
		Short: "Asks the running service how each link of the chain is",
		Long: "Asks the running service how each link of the chain is (T7). Links whose last look is older than --max-age are looked at again,\n" +
			"a test call included. The status is 1 when a link is broken or the service does not answer. With --try-alerts one message is sent by\n" +
			"each receiver of the configuration's check.alerts instead, and nothing is checked.",
		Example: "  acotel-sbc check --data DIR --json\n  acotel-sbc check --http 127.0.0.1:8080\n  acotel-sbc check --try-alerts -c acotel.yaml",
		Args:    args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if alerts {
				return a.tryAlerts(cmd.Context())
			}
			at, err := a.serviceAddress(address)
			if err != nil {
				return err
			}
			report, err := askCheck(cmd.Context(), http.DefaultClient, at, age)
			var stranger *tls.CertificateVerificationError
			if address == "" && errors.As(err, &stranger) {
				// The service on our own data folder, whose certificate names the host that others know it by. Nothing secret is asked.
				own := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}} //nolint:gosec // see above
				report, err = askCheck(cmd.Context(), own, at, age)
			}
			if err != nil {
				return err
			}
			return a.printCheck(report)
		},
	})
	cmd.Flags().StringVar(&address, "http", "", "HTTP address of the service")
	cmd.Flags().BoolVar(&alerts, "try-alerts", false, "send one message by each receiver of alerts")
	cmd.Flags().DurationVar(&age, "max-age", time.Minute, "look again at what was looked at longer ago; at least 10s")
	return cmd
}

// tryAlerts shows whether alerts arrive.
func (a *app) tryAlerts(ctx context.Context) error {
	c, log, err := a.configured()
	if err != nil {
		return err
	}
	alerts, err := newAlerts(c.Check.Alerts, log)
	if err != nil {
		return err
	}
	if len(alerts.Senders) == 0 {
		return usage("check: no receiver of alerts is configured: check.alerts.webhook.url, check.alerts.mail.server")
	}
	if err := alerts.Try(ctx); err != nil {
		return err
	}
	for _, s := range alerts.Senders {
		fmt.Fprintf(a.out, "%s : un message d'essai est parti\n", s.Name())
	}
	return nil
}

// serviceAddress finds where the running service is asked: named, left in the data folder, or configured.
func (a *app) serviceAddress(named string) (string, error) {
	if strings.Contains(named, "://") {
		return named, nil
	}
	if named != "" {
		return "http://" + named, nil
	}
	c, err := a.load(os.Environ())
	if err != nil {
		return "", err
	}
	return pageAddress(c), nil
}

func askCheck(ctx context.Context, client *http.Client, at string, age time.Duration) (check.Report, error) {
	var report check.Report
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("%s/check?max_age=%d", at, int(age.Seconds())), nil)
	if err != nil {
		return report, usage("check: --http %s: %w", at, err)
	}
	answer, err := client.Do(r)
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
