package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"github.com/acotel/acotel-sbc/config"
	"github.com/acotel/acotel-sbc/dialog"
	"github.com/acotel/acotel-sbc/dialog/nlu"
	"github.com/acotel/acotel-sbc/privacy"
	"github.com/acotel/acotel-sbc/record"
	"github.com/acotel/acotel-sbc/store"
	"github.com/acotel/acotel-sbc/workshop"
)

// handoverText is what stands first in the folder that people read.
const handoverText = `Reversibilité du service téléphonique (exigence G7)

messages.yaml        les textes que les appelants entendent, avec leurs modifications (un fichier pour dialog.messages)
dialogue.mmd         le déroulement de la conversation (diagramme Mermaid)
comprehension/       intentions, entités et phrases d'exemple
configuration.yaml   la configuration, correspondances des sources de données comprises ; les secrets n'y sont pas
ateliers.csv         les ateliers en service
statistiques.csv     toutes les mesures par mois et par région, depuis le premier appel
appels.csv           la trace de chaque appel, numéros masqués
registre.md          le registre des traitements

Le dossier tables/ contient la base entière en JSON Lines, files/ les fichiers du dossier des données (clés comprises) :
acotel-sbc import CE_FICHIER -c neuf.yaml les rétablit dans une instance neuve. manifest.json donne l'empreinte de chaque fichier.
`

func (a *app) exportCommand() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "export -o FILE",
		Short: "Hands everything over in one ZIP file of open formats (G7): what import brings back, and what people read",
		Args:  args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if file == "" {
				return usage("export: -o FILE is missing")
			}
			return a.withLedger(cmd.Context(), func(c config.Config, db *store.DB, l *privacy.Ledger) error {
				extra, err := a.handover(cmd.Context(), c, db)
				if err != nil {
					return fmt.Errorf("export: %w", err)
				}
				if err := l.Act(cmd.Context(), userName(), "export", map[string]any{"file": filepath.Base(file)}); err != nil {
					return err
				}
				m, err := privacy.Backup(cmd.Context(), db, c.Data.Dir, file, time.Now(), extra...)
				if err != nil {
					return err
				}
				fmt.Fprintf(a.out, "Remise complète : %s (%s). Elle contient les clés : gardez-la comme le dossier des données.\n", file, count(len(m.Entries), "fichier"))
				return nil
			})
		},
	}
	cmd.Flags().StringVarP(&file, "output", "o", "", "ZIP file, readable by its owner alone")
	return cmd
}

// handover are the files of an export that people and other programs read.
func (a *app) handover(ctx context.Context, c config.Config, db *store.DB) ([]privacy.Extra, error) {
	text := func(name string, b []byte) privacy.Extra {
		return privacy.Extra{Name: name, Write: func(w io.Writer) error { _, err := w.Write(b); return err }}
	}
	base, err := newMessages(c.Dialog)
	if err != nil {
		return nil, err
	}
	m, err := edited(ctx, db, base)
	if err != nil {
		return nil, err
	}
	messages := map[string][]string{}
	for _, k := range m.Keys() {
		messages[k] = m.Variants(k)
	}
	out := []privacy.Extra{
		text("LISEZMOI.txt", []byte(handoverText)),
		{Name: "messages.yaml", Write: asYAML(map[string]any{"messages": messages})}, // as dialog.messages takes it
		{Name: "dialogue.mmd", Write: dialog.Mermaid},
		{Name: "configuration.yaml", Write: asYAML(c)},
		{Name: "registre.md", Write: func(w io.Writer) error { return privacy.WriteRegister(w, c) }},
		{Name: "appels.csv", Write: func(w io.Writer) error { return record.WriteCSV(w, record.Traces(ctx, db, record.Filter{})) }},
		{Name: "statistiques.csv", Write: func(w io.Writer) error { return allStats(ctx, db, w) }},
	}
	files, err := nlu.Files()
	if err != nil {
		return nil, err
	}
	if own := c.Dialog.NLU.Examples; own != "" {
		if files["examples/"+filepath.Base(own)], err = os.ReadFile(own); err != nil {
			return nil, err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		out = append(out, text("comprehension/"+name, files[name]))
	}
	g, err := a.places(c)
	if err != nil {
		return nil, err
	}
	log, err := newLog(a.err, c.Log)
	if err != nil {
		return nil, err
	}
	cat, err := a.catalogue(ctx, c, g, log)
	if errors.Is(err, workshop.ErrEmpty) {
		return out, nil // a service that has none yet can be handed over, too
	}
	if err != nil {
		return nil, err
	}
	return append(out, privacy.Extra{Name: "ateliers.csv", Write: func(w io.Writer) error { return workshop.WriteCSV(w, cat.All()) }}), nil
}

func asYAML(v any) func(io.Writer) error {
	return func(w io.Writer) error {
		e := yaml.NewEncoder(w)
		e.SetIndent(2)
		if err := e.Encode(v); err != nil {
			return err
		}
		return e.Close()
	}
}

// allStats writes all measures by month and region, since the first call.
func allStats(ctx context.Context, db *store.DB, w io.Writer) error {
	first, err := store.Strings(ctx, db, "SELECT COALESCE(MIN(started_at), '') FROM calls")
	if err != nil {
		return err
	}
	q, err := statsQuery("export", "", "", string(record.ByMonth), []string{string(record.GroupRegion)}, nil, time.Now())
	if err != nil {
		return err
	}
	if len(first) == 1 && first[0] != "" {
		at, err := store.ParseTime(first[0])
		if err != nil {
			return err
		}
		y, month, _ := at.In(q.From.Location()).Date()
		q.From = time.Date(y, month, 1, 0, 0, 0, 0, q.From.Location())
	}
	s, err := record.ComputeStats(ctx, db, q)
	if err != nil {
		return err
	}
	return s.WriteCSV(w, q.Group)
}
