package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/acotel/acotel-sbc/config"
	"github.com/acotel/acotel-sbc/privacy"
	"github.com/acotel/acotel-sbc/softphone"
	"github.com/acotel/acotel-sbc/store"
)

func (a *app) softphoneCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "softphone",
		Short: "Lets people use the test telephone in the browser, and lists what they marked as misunderstood",
		Args:  args(cobra.NoArgs),
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.softphoneLinkCommand(), a.softphoneMarksCommand())
	return cmd
}

func (a *app) softphoneLinkCommand() *cobra.Command {
	var note, address string
	cmd := a.jsonFlag(&cobra.Command{
		Use:   "link",
		Short: "Makes a link that lets one person in, once, for softphone.link_minutes",
		Example: `  acotel-sbc softphone link -c acotel.yaml --for "Marie, caisse du Sud-Est"
  acotel-sbc softphone link --data /var/lib/acotel --url https://standard.example.org`,
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if address != "" && !config.IsWebAddress(address) {
				return usage("softphone link: --url %q is no address such as https://standard.example.org", address)
			}
			return a.withLedger(cmd.Context(), func(c config.Config, db *store.DB, l *privacy.Ledger) error {
				return a.makeLink(cmd.Context(), c, db, l, note, address)
			})
		},
	})
	cmd.Flags().StringVar(&note, "for", "", "whom the link is for, as the audit log shall name them")
	cmd.Flags().StringVar(&address, "url", "", "address by which people reach the service, default: http.listen")
	return cmd
}

func (a *app) makeLink(ctx context.Context, c config.Config, db *store.DB, l *privacy.Ledger, note, address string) error {
	links := softphone.Links{DB: db}
	secret, expires, err := links.Make(ctx, userName(), note, time.Duration(c.Softphone.LinkMinutes)*time.Minute)
	if err != nil {
		return err
	}
	if err := l.Act(ctx, userName(), "softphone.link", map[string]any{"for": note, "expires": expires.UTC().Format(time.RFC3339)}); err != nil {
		return err
	}
	here := address == "" // how the service listens: whether others reach it so is not known
	if here {
		address = pageAddress(c)
	}
	link := strings.TrimSuffix(address, "/") + "/telephone/entrer#" + secret
	if a.json {
		return json.NewEncoder(a.out).Encode(map[string]any{"url": link, "expires": expires.Format(time.RFC3339), "for": note})
	}
	if !c.Softphone.Enabled && !a.demo {
		fmt.Fprintln(a.err, "Attention : softphone.enabled est à false dans cette configuration ; le lien ne sert qu'à un service lancé avec --demo, ou une fois le téléphone activé.")
	}
	if here {
		fmt.Fprintln(a.err, "C'est l'adresse où le service écoute ; --url donne celle par laquelle les testeurs l'atteignent, par exemple --url https://standard.example.org.")
	}
	fmt.Fprintf(a.out, "%s\nCe lien sert une fois, jusqu'au %s.\n", link, privacy.French(expires))
	return nil
}

// pageAddress is where the service on the data folder is reached from this machine: the address that it wrote there, or the configured one.
func pageAddress(c config.Config) string {
	scheme, at := "http", c.HTTP.Listen
	if c.HTTP.Certificate != "" {
		scheme = "https"
	}
	if text, err := os.ReadFile(filepath.Join(c.Data.Dir, httpFile)); err == nil {
		at = strings.TrimSpace(string(text))
	}
	return scheme + "://" + at
}

func (a *app) softphoneMarksCommand() *cobra.Command {
	var from string
	cmd := a.jsonFlag(&cobra.Command{
		Use:   "marks",
		Short: "Lists the turns that testers marked as misunderstood, anonymised, for review",
		Args:  args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			since := time.Time{}
			if from != "" {
				var err error
				if since, err = time.ParseInLocation(time.DateOnly, from, time.Local); err != nil {
					return usage("softphone marks: --from %q is no day, for example 2026-10-01", from)
				}
			}
			return a.withLedger(cmd.Context(), func(c config.Config, db *store.DB, _ *privacy.Ledger) error {
				list, err := (&softphone.Marks{DB: db, Hide: anonymiser(c.Privacy).Hide}).List(cmd.Context(), since.In(time.Local))
				if err != nil {
					return err
				}
				return a.printMarks(list)
			})
		},
	})
	cmd.Flags().StringVar(&from, "from", "", "from this day on (2026-10-01)")
	return cmd
}

func (a *app) printMarks(list []softphone.Mark) error {
	if a.json {
		return json.NewEncoder(a.out).Encode(list)
	}
	if len(list) == 0 {
		fmt.Fprintln(a.err, "Aucun tour n'a été signalé.")
	}
	for _, k := range list {
		who := map[string]string{"caller": "entendu", "service": "dit"}[k.Who]
		fmt.Fprintf(a.out, "%s  %s : « %s »", privacy.French(k.At), who, k.Heard)
		if k.State != "" {
			fmt.Fprintf(a.out, "  [%s]", strings.TrimSpace(k.State+" "+k.Intent))
		}
		fmt.Fprintln(a.out)
		if k.Comment != "" {
			fmt.Fprintf(a.out, "    %s\n", k.Comment)
		}
	}
	return nil
}
