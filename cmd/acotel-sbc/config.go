package main

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/acotel/acotel-sbc/config"
	"github.com/acotel/acotel-sbc/tts/recorded"
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
			if err := checkFiles(c); err != nil {
				return err
			}
			fmt.Fprintf(a.out, "La configuration est bonne : %s, %s, %s à la fois.\n", count(len(c.Trunks), "trunk"),
				count(len(c.Lines), "ligne"), count(c.Calls.Slots, "conversation"))
			if len(c.Trunks) == 0 {
				fmt.Fprintln(a.out, "Attention : sans trunk, aucun appel n'est accepté.")
			}
			for _, f := range certificateFiles(c) {
				if ends, err := f.Expires(); err == nil && time.Until(ends) < time.Duration(c.Check.CertificateDays)*24*time.Hour {
					fmt.Fprintf(a.out, "Attention : le certificat %s (%s) finit le %s.\n", f.Name, f.Path, ends.Local().Format("02/01/2006"))
				}
			}
			c.Secrets(func(key string, s config.Secret) {
				if _, err := s.Reveal(); err != nil {
					fmt.Fprintf(a.out, "Attention : %s : %v\n", key, err)
				}
			})
			if !hasService(c.Lines) {
				fmt.Fprintln(a.out, "Attention : aucune ligne de production ni de test n'est déclarée.")
			}
			return nil
		},
	})
	return cmd
}

// checkFiles opens what the configuration names and serve would open: certificates with their keys, files, secrets.
func checkFiles(c config.Config) error {
	for _, pair := range []struct{ key, certificate, secret string }{
		{"sip.tls.certificate", c.SIP.TLS.Certificate, c.SIP.TLS.Key}, {"http.certificate", c.HTTP.Certificate, c.HTTP.Key},
	} {
		if pair.certificate == "" {
			continue
		}
		if _, err := tls.LoadX509KeyPair(pair.certificate, pair.secret); err != nil {
			return usage("%s: %w", pair.key, err)
		}
	}
	for _, f := range certificateFiles(c) {
		if _, err := f.Expires(); err != nil {
			return usage("%s: %w", f.Name, err)
		}
	}
	if name := c.Workshops.File; name != "" {
		f, err := os.Open(name)
		if err != nil {
			return usage("workshops.file: %w", err)
		}
		_ = f.Close()
	}
	if list := c.TTS.Recordings; list != "" {
		if _, err := recorded.Open(list); err != nil {
			return usage("tts.recordings: %w", err)
		}
	}
	if _, err := c.Data.Database.Reveal(); err != nil {
		return usage("data.database: %w", err)
	}
	discard := slog.New(slog.DiscardHandler)
	if _, err := newSMSProvider(c.SMS, "", discard); err != nil {
		return err
	}
	if _, err := newAlerts(c.Check.Alerts, discard); err != nil {
		return err
	}
	return nil
}

func hasService(lines []config.Line) bool {
	for _, l := range lines {
		if l.Kind == config.Production || l.Kind == config.Test {
			return true
		}
	}
	return false
}
