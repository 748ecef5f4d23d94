package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/acotel/acotel-sbc/config"
	"github.com/acotel/acotel-sbc/personal"
	"github.com/acotel/acotel-sbc/sms"
	"github.com/acotel/acotel-sbc/sms/provider"
	"github.com/acotel/acotel-sbc/store"
)

// receiptsPath is where delivery receipts are taken; a token that nobody can guess follows it.
const receiptsPath = "/sms/receipts/"

// newSMSProvider makes the configured provider; receipts is where it may send delivery receipts, "" for nowhere.
func newSMSProvider(c config.SMS, receipts string, log *slog.Logger) (sms.Provider, error) {
	reveal := func(key string, v config.Secret) (string, error) {
		text, err := v.Reveal()
		if err != nil {
			return "", usage("sms.%s: %w", key, err)
		}
		return text, nil
	}
	var p sms.Provider
	var err error
	switch c.Provider {
	case "http":
		secrets := map[string]string{}
		for name, v := range c.HTTP.Secrets {
			if secrets[name], err = reveal("http.secrets."+name, v); err != nil {
				return nil, err
			}
		}
		h := c.HTTP
		p, err = provider.NewHTTP(provider.HTTPConfig{Method: h.Method, URL: h.URL, Headers: h.Headers, Body: h.Body, Sender: c.Sender,
			Accepted: h.Accepted, Refused: h.Refused, ID: h.ID, Receipts: receipts, Resend: h.Resend, Secrets: secrets})
	case "ovh":
		o := provider.OVHConfig{Endpoint: c.OVH.Endpoint, Service: c.OVH.Service, Sender: c.Sender}
		for key, x := range map[string]struct {
			from config.Secret
			to   *string
		}{"application_key": {c.OVH.ApplicationKey, &o.ApplicationKey}, "application_secret": {c.OVH.ApplicationSecret, &o.ApplicationSecret},
			"consumer_key": {c.OVH.ConsumerKey, &o.ConsumerKey}} {
			if *x.to, err = reveal("ovh."+key, x.from); err != nil {
				return nil, err
			}
		}
		p, err = provider.NewOVH(o)
	case "brevo":
		key, kerr := reveal("brevo.api_key", c.Brevo.APIKey)
		if kerr != nil {
			return nil, kerr
		}
		p, err = provider.NewBrevo(provider.BrevoConfig{Endpoint: c.Brevo.Endpoint, APIKey: key, Sender: c.Sender, Receipts: receipts})
	default:
		return sms.NewLogProvider(log), nil
	}
	if err != nil {
		return nil, usageError{err}
	}
	return p, nil
}

// openSMS makes the outbox and lets it run.
func (s *server) openSMS() error {
	receipts := ""
	if base := s.cfg.SMS.PublicURL; base != "" {
		s.receiptsAt = receiptsPath + s.key.Derive("sms receipts")[:32]
		receipts = strings.TrimSuffix(base, "/") + s.receiptsAt
	}
	p, err := newSMSProvider(s.cfg.SMS, receipts, s.log)
	if err != nil {
		return err
	}
	s.provider = p
	c := s.cfg.SMS
	perDay := c.PerDay
	if c.Provider == "log" {
		perDay = 0 // nothing leaves
	}
	s.outbox = sms.NewOutbox(s.db, p, s.log, sms.WithReport(s.smsEnded), sms.WithHashes(s.key.Hashes),
		sms.WithSettings(sms.Settings{Attempts: c.Attempts, Expiry: time.Duration(c.ExpiryHours) * time.Hour, PerDay: perDay}))
	s.beside(func(ctx context.Context) { _ = s.outbox.Run(ctx) }) // ends with ctx alone
	if asker, ok := p.(interface {
		AskReceipts(context.Context, string) error
	}); ok && receipts != "" {
		s.beside(func(ctx context.Context) {
			if err := asker.AskReceipts(ctx, receipts); err != nil && ctx.Err() == nil {
				s.log.Warn("the SMS provider was not told where to send delivery receipts; messages go out without", "error", err)
			}
		})
	}
	return nil
}

// withReceipts adds the delivery receipts to what is served over HTTP, where a provider may send them.
func (s *server) withReceipts(h http.Handler) http.Handler {
	if s.receiptsAt == "" {
		return h
	}
	mux := http.NewServeMux()
	mux.Handle("/", h)
	c := s.cfg.SMS.HTTP
	mux.Handle(s.receiptsAt, provider.Receipts{Outbox: s.outbox, Delivered: c.Delivered, Undelivered: c.Undelivered, Log: s.log})
	return mux
}

func (a *app) smsCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "sms", Short: "Keeps the list of numbers that get no SMS", Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	var reason string
	block := &cobra.Command{
		Use:   "block NUMBER",
		Short: "Puts a mobile number on the list; the number itself is not kept",
		Args:  args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withOutbox(cmd.Context(), func(o *sms.Outbox) error {
				if err := o.Block(cmd.Context(), personal.NewPhone(args[0]), reason); err != nil {
					return wrongNumber(err)
				}
				if err := a.audited(cmd.Context(), "sms block", map[string]any{"number": personal.NewPhone(args[0])}); err != nil {
					return err
				}
				fmt.Fprintln(a.out, "ce numéro ne recevra plus de SMS")
				return nil
			})
		},
	}
	block.Flags().StringVar(&reason, "reason", "", "who asked for it, and when")
	unblock := &cobra.Command{
		Use:   "unblock NUMBER",
		Short: "Takes a mobile number off the list",
		Args:  args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withOutbox(cmd.Context(), func(o *sms.Outbox) error {
				if err := a.audited(cmd.Context(), "sms unblock", map[string]any{"number": personal.NewPhone(args[0])}); err != nil {
					return err // whom somebody may write to again is written down first
				}
				was, err := o.Unblock(cmd.Context(), personal.NewPhone(args[0]))
				if err != nil {
					return wrongNumber(err)
				}
				if !was {
					return fmt.Errorf("sms unblock: this number is not on the list")
				}
				fmt.Fprintln(a.out, "ce numéro peut recevoir des SMS de nouveau")
				return nil
			})
		},
	}
	cmd.AddCommand(block, unblock)
	return cmd
}

// wrongNumber makes a number that gets no SMS anyway wrong use.
func wrongNumber(err error) error {
	if errors.Is(err, sms.ErrNotMobile) {
		return usageError{err}
	}
	return err
}

// withOutbox opens the outbox of the data folder; it sends nothing.
func (a *app) withOutbox(ctx context.Context, f func(*sms.Outbox) error) error {
	c, log, err := a.configured()
	if err != nil {
		return err
	}
	// Only a data folder that is there: a key made now would hash to names that no service knows.
	ro, err := openStore(ctx, c, log, true)
	if err != nil {
		return err
	}
	if err := ro.Close(); err != nil {
		return err
	}
	var db *store.DB
	if db, err = openStore(ctx, c, log, false); err != nil {
		return err
	}
	defer db.Close()
	key, err := existingKey(c.Data.Dir)
	if err != nil {
		return err
	}
	return f(sms.NewOutbox(db, sms.NewLogProvider(log), log, sms.WithHashes(key.Hashes)))
}
