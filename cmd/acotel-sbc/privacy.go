package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/acotel/acotel-sbc/config"
	"github.com/acotel/acotel-sbc/personal"
	"github.com/acotel/acotel-sbc/privacy"
	"github.com/acotel/acotel-sbc/sip"
	"github.com/acotel/acotel-sbc/store"
)

// purgeEvery is how often the running service looks for what is past its retention.
const purgeEvery = time.Hour

// purger destroys what is past its retention.
func purger(c config.Config, db *store.DB) *privacy.Purger {
	return &privacy.Purger{DB: db, Ledger: privacy.OpenLedger(db, c.Data.Dir), Dir: c.Data.Dir, Keep: c.Privacy.Retention, Capture: keepCaptures(c), Now: time.Now}
}

// keepPromises purges at start and every hour.
func (s *server) keepPromises() {
	p := purger(s.cfg, s.db)
	s.beside(func(ctx context.Context) {
		tick := time.NewTicker(purgeEvery)
		defer tick.Stop()
		for {
			done, err := p.Run(ctx, "serve", false)
			switch {
			case ctx.Err() != nil:
				return
			case err != nil:
				s.log.Error("data past its retention can't be destroyed; it is tried again in an hour", "error", err)
			}
			if n := done.Count(); n > 0 {
				s.log.Info("data past its retention was destroyed: acotel-sbc privacy certificates", "records", n)
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
		}
	})
}

// anonymiser is how transcripts are anonymised.
func anonymiser(c config.Privacy) personal.Anonymiser {
	return personal.Anonymiser{KeepHealth: !c.HideHealth, HealthWords: c.HealthWords}
}

// withLedger opens the data folder, which must be there, to change it or to write down that it was read.
func (a *app) withLedger(ctx context.Context, f func(config.Config, *store.DB, *privacy.Ledger) error) error {
	c, log, err := a.configured()
	if err != nil {
		return err
	}
	db, err := openExisting(ctx, c, log)
	if err != nil {
		return err
	}
	defer db.Close()
	return f(c, db, privacy.OpenLedger(db, c.Data.Dir))
}

// openExisting opens for writing a database that must be there, in the schema of this program.
func openExisting(ctx context.Context, c config.Config, log *slog.Logger) (*store.DB, error) {
	ro, err := openStore(ctx, c, log, true)
	if err != nil {
		return nil, err
	}
	if err := ro.Close(); err != nil {
		return nil, err
	}
	return openStore(ctx, c, log, false)
}

// audited writes into the ledger of the data folder that an operator does something with personal data.
func (a *app) audited(ctx context.Context, action string, detail map[string]any) error {
	return a.withLedger(ctx, func(_ config.Config, _ *store.DB, l *privacy.Ledger) error {
		return l.Act(ctx, userName(), action, detail)
	})
}

func (a *app) privacyCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "privacy", Short: "Personal data: one number's access, export and erasure, purge, audit log, breaches, register (docs/rgpd.md)", Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	cmd.AddCommand(a.privacyAccessCommand(), a.privacyExportCommand(), a.privacyEraseCommand(), a.privacyPurgeCommand(), a.privacyCertificatesCommand(),
		a.privacyAuditCommand(), a.privacyBreachCommand(), a.privacyRegisterCommand(), a.privacyRotateCommand())
	return cmd
}

// aboutNumber opens what answers requests about one number, and writes down that one was made.
func (a *app) aboutNumber(ctx context.Context, action, text string, f func(*privacy.Numbers, personal.Phone) (map[string]any, error)) error {
	number := sip.ParseNumber(text).E164
	if number.IsZero() {
		return usage("privacy: %q is no telephone number", personal.MaskNumber(text))
	}
	return a.withLedger(ctx, func(c config.Config, db *store.DB, l *privacy.Ledger) error {
		key, err := existingKey(c.Data.Dir)
		if err != nil {
			return err
		}
		detail := map[string]any{"number": number}
		if err := l.Act(ctx, userName(), action+" asked", detail); err != nil {
			return err
		}
		found, err := f(&privacy.Numbers{DB: db, Dir: c.Data.Dir, Key: key, Now: time.Now}, number)
		if err != nil {
			return err
		}
		for k, v := range found {
			detail[k] = v
		}
		return l.Act(ctx, userName(), action, detail)
	})
}

// existingKey opens the key of number hashes, which serve made at its first start; one made now would find nobody.
func existingKey(dir string) (*personal.NumberKey, error) {
	if _, err := os.Stat(filepath.Join(dir, personal.KeyFile)); errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%s has no %s: no call was taken here yet, or the file is lost and the numbers can't be found again; a backup holds it", dir, personal.KeyFile)
	}
	return personal.OpenNumberKey(dir, strings.NewReader("")) // an empty source: no key is made here
}

func (a *app) privacyAccessCommand() *cobra.Command {
	return a.jsonFlag(&cobra.Command{
		Use:   "access NUMBER",
		Short: "Shows everything known of one telephone number",
		Args:  args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.aboutNumber(cmd.Context(), "access", args[0], func(n *privacy.Numbers, number personal.Phone) (map[string]any, error) {
				d, err := n.Access(cmd.Context(), number)
				if err != nil {
					return nil, err
				}
				found := map[string]any{"calls": len(d.Calls), "sms": len(d.SMS)}
				if a.json {
					return found, json.NewEncoder(a.out).Encode(d)
				}
				return found, d.WriteText(a.out)
			})
		},
	})
}

func (a *app) privacyExportCommand() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "export NUMBER -o FILE",
		Short: "Writes everything known of one telephone number as JSON, for the person who asks",
		Args:  args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if file == "" {
				return usage("privacy export: -o FILE is missing")
			}
			return a.aboutNumber(cmd.Context(), "export", args[0], func(n *privacy.Numbers, number personal.Phone) (map[string]any, error) {
				d, err := n.Access(cmd.Context(), number)
				if err != nil {
					return nil, err
				}
				text, err := json.MarshalIndent(d, "", "  ")
				if err != nil {
					return nil, err
				}
				return map[string]any{"calls": len(d.Calls), "sms": len(d.SMS)}, os.WriteFile(file, append(text, '\n'), 0o600)
			})
		},
	}
	cmd.Flags().StringVarP(&file, "output", "o", "", "JSON file, readable by its owner alone")
	return cmd
}

func (a *app) privacyEraseCommand() *cobra.Command {
	var sure bool
	cmd := a.jsonFlag(&cobra.Command{
		Use:   "erase NUMBER --yes",
		Short: "Makes the calls of one telephone number anonymous and deletes its messages; the figures stay",
		Args:  args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !sure {
				return usage("privacy erase: what is erased can't be brought back; add --yes")
			}
			return a.aboutNumber(cmd.Context(), "erase", args[0], func(n *privacy.Numbers, number personal.Phone) (map[string]any, error) {
				e, err := n.Erase(cmd.Context(), number)
				if err != nil {
					return nil, err
				}
				found := map[string]any{"calls": e.Calls, "sms": e.SMS, "captures": e.Captures, "in_progress": e.InProgress}
				if a.json {
					return found, json.NewEncoder(a.out).Encode(e)
				}
				fmt.Fprintf(a.out, "Appels rendus anonymes : %d ; SMS effacés : %d ; captures effacées : %d\n", e.Calls, e.SMS, e.Captures)
				if e.Refusals > 0 {
					fmt.Fprintln(a.out, "L'opposition aux SMS est gardée : elle exécute la volonté de la personne (sms unblock la retire).")
				}
				if e.InProgress > 0 {
					return found, fmt.Errorf("privacy erase: %d calls or SMS of this number go on: ask again when they are over", e.InProgress)
				}
				return found, nil
			})
		},
	})
	cmd.Flags().BoolVar(&sure, "yes", false, "erase")
	return cmd
}

func (a *app) privacyPurgeCommand() *cobra.Command {
	var dry bool
	cmd := a.jsonFlag(&cobra.Command{
		Use:   "purge",
		Short: "Destroys what is past its retention now (serve does it every hour) and writes the certificate",
		Args:  args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withLedger(cmd.Context(), func(c config.Config, db *store.DB, _ *privacy.Ledger) error {
				done, err := purger(c, db).Run(cmd.Context(), userName(), dry)
				if a.json {
					return errors.Join(err, json.NewEncoder(a.out).Encode(done))
				}
				return errors.Join(err, done.WriteText(a.out))
			})
		},
	})
	cmd.Flags().BoolVar(&dry, "dry-run", false, "only tell what would be destroyed")
	return cmd
}

func (a *app) privacyCertificatesCommand() *cobra.Command {
	return a.jsonFlag(&cobra.Command{
		Use:   "certificates",
		Short: "Prints the certificates of destruction",
		Args:  args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.listLedger(cmd.Context(), privacy.Certificate, func(w io.Writer, e privacy.Entry) error {
				p, _, err := privacy.ContentOf[privacy.Purge](e)
				if err != nil {
					return err
				}
				fmt.Fprintf(w, "CERTIFICAT DE DESTRUCTION n° %d\n", e.Seq)
				if err := p.WriteText(w); err != nil {
					return err
				}
				_, err = fmt.Fprintf(w, "Empreinte de chaînage (SHA-256) : %s\n\n", e.Hash)
				return err
			})
		},
	})
}

// listLedger prints the entries of a kind, as JSON or as text.
func (a *app) listLedger(ctx context.Context, kind privacy.EntryKind, text func(io.Writer, privacy.Entry) error) error {
	return a.readStore(ctx, func(c config.Config, db *store.DB) error {
		list, err := privacy.OpenLedger(db, c.Data.Dir).Entries(ctx, kind)
		if err != nil {
			return err
		}
		if a.json {
			return json.NewEncoder(a.out).Encode(list)
		}
		if len(list) == 0 {
			fmt.Fprintln(a.out, "Aucune entrée.")
		}
		for _, e := range list {
			if err := text(a.out, e); err != nil {
				return err
			}
		}
		return nil
	})
}

func (a *app) privacyAuditCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "audit", Short: "The log of what was done with personal data", Args: args(cobra.NoArgs), RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	list := a.jsonFlag(&cobra.Command{Use: "list", Short: "Lists it, oldest first", Args: args(cobra.NoArgs), RunE: func(cmd *cobra.Command, _ []string) error {
		return a.listLedger(cmd.Context(), privacy.Audit, func(w io.Writer, e privacy.Entry) error {
			_, err := fmt.Fprintf(w, "%5d  %s  %s\n", e.Seq, privacy.French(e.At), e.Content)
			return err
		})
	}})
	var known string
	verify := &cobra.Command{Use: "verify", Short: "Follows the chain of hashes of the whole ledger; status 1 when it was tampered with", Args: args(cobra.NoArgs), RunE: func(cmd *cobra.Command, _ []string) error {
		return a.readStore(cmd.Context(), func(c config.Config, db *store.DB) error {
			l := privacy.OpenLedger(db, c.Data.Dir)
			n, head, err := l.Verify(cmd.Context(), known)
			if err != nil {
				return err
			}
			proven, err := l.VerifyEdits(cmd.Context())
			if err != nil {
				return err
			}
			if n == 0 {
				fmt.Fprintln(a.out, "Registre vide : rien n'y a été écrit.")
				return nil
			}
			fmt.Fprintf(a.out, "Registre intact : %s, dernière empreinte %s ; éditions de messages et de lignes conformes : %d\n", count(n, "entrée"), head, proven)
			return nil
		})
	}}
	verify.Flags().StringVar(&known, "head", "", "a hash noted elsewhere that must be in the chain")
	cmd.AddCommand(list, verify)
	return cmd
}

func (a *app) privacyBreachCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "breach", Short: "The log of personal data breaches", Args: args(cobra.NoArgs), RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	var b privacy.Breach
	var found string
	add := &cobra.Command{Use: "add", Short: "Writes a breach down and tells by when the controller must know", Args: args(cobra.NoArgs), RunE: func(cmd *cobra.Command, _ []string) error {
		b.Found, b.By = time.Now(), userName()
		if found != "" {
			at, err := time.Parse(time.RFC3339, found)
			if err != nil || at.After(b.Found) {
				return usage("privacy breach add: --found %q is no moment of the past such as 2026-12-31T18:00:00+01:00", found)
			}
			b.Found = at
		}
		if b.Nature == "" || b.Data == "" {
			return usage("privacy breach add: --nature and --affected say what happened, and to which data of whom")
		}
		for _, p := range []*string{&b.Nature, &b.Data, &b.Effects, &b.Measures, &b.Reported} {
			*p = personal.HideNumbers(*p)
		}
		return a.withLedger(cmd.Context(), func(_ config.Config, _ *store.DB, l *privacy.Ledger) error {
			e, err := l.Append(cmd.Context(), privacy.BreachKind, b)
			if err != nil {
				return err
			}
			fmt.Fprintf(a.out, "Violation n° %d consignée. À signaler au responsable du traitement avant le %s (48 h).\n", e.Seq, privacy.French(b.Deadline()))
			return nil
		})
	}}
	f := add.Flags()
	f.StringVar(&found, "found", "", "when it was noticed, as 2026-12-31T18:00:00+01:00; without it now")
	f.StringVar(&b.Nature, "nature", "", "what happened")
	f.StringVar(&b.Data, "affected", "", "which data, of whom, how many")
	f.StringVar(&b.Effects, "effects", "", "likely consequences")
	f.StringVar(&b.Measures, "measures", "", "taken or planned")
	f.StringVar(&b.Reported, "reported", "", "to whom it was reported, and when")
	list := a.jsonFlag(&cobra.Command{Use: "list", Short: "Lists the breaches with their deadlines", Args: args(cobra.NoArgs), RunE: func(cmd *cobra.Command, _ []string) error {
		return a.listLedger(cmd.Context(), privacy.BreachKind, func(w io.Writer, e privacy.Entry) error {
			b, kept, err := privacy.ContentOf[privacy.Breach](e)
			if err != nil || !kept {
				return err
			}
			reported := b.Reported
			if reported == "" {
				reported = "NON, à faire avant le " + privacy.French(b.Deadline())
				if time.Now().After(b.Deadline()) {
					reported = "NON, délai de 48 h dépassé depuis le " + privacy.French(b.Deadline())
				}
			}
			_, err = fmt.Fprintf(w, "n° %d, constatée le %s\n  nature : %s\n  données : %s\n  conséquences : %s\n  mesures : %s\n  signalée : %s\n", e.Seq,
				privacy.French(b.Found), b.Nature, b.Data, b.Effects, b.Measures, reported)
			return err
		})
	}})
	cmd.AddCommand(add, list)
	return cmd
}

func (a *app) privacyRegisterCommand() *cobra.Command {
	return &cobra.Command{Use: "register", Short: "The register of processing (GDPR article 30) as Markdown, made from the configuration", Args: args(cobra.NoArgs), RunE: func(*cobra.Command, []string) error {
		c, err := a.load(os.Environ())
		if err != nil {
			return err
		}
		return privacy.WriteRegister(a.out, c)
	}}
}

func (a *app) privacyRotateCommand() *cobra.Command {
	return &cobra.Command{Use: "rotate-key", Short: "Puts a new key of number hashes before the old ones; serve takes it at its next start", Args: args(cobra.NoArgs), RunE: func(cmd *cobra.Command, _ []string) error {
		return a.withLedger(cmd.Context(), func(c config.Config, _ *store.DB, l *privacy.Ledger) error {
			if err := personal.Rotate(c.Data.Dir, rand.Reader); err != nil {
				return err
			}
			fmt.Fprintln(a.out, "Nouvelle clé en place ; elle vaut dès le prochain démarrage du service. Les anciennes restent pour retrouver les appels passés.")
			return l.Act(cmd.Context(), userName(), "rotate-key", nil)
		})
	}}
}
