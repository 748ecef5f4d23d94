package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/acotel/acotel-sbc/config"
	"github.com/acotel/acotel-sbc/privacy"
	"github.com/acotel/acotel-sbc/store"
)

func (a *app) backupCommand() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "backup [-o FILE]",
		Short: "Saves the whole instance at one moment, also while serve runs, into a ZIP file that restore brings back",
		Long: `Writes every table and the files of the data folder (keys included) with a manifest of hashes. Without -o the file goes into DATA/backups,
where it is deleted after privacy.retention.backups_days.`,
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withLedger(cmd.Context(), func(c config.Config, db *store.DB, l *privacy.Ledger) error {
				now := time.Now()
				if file == "" {
					dir := filepath.Join(c.Data.Dir, privacy.Backups)
					if err := os.MkdirAll(dir, 0o700); err != nil {
						return fmt.Errorf("backup: %w", err)
					}
					file = filepath.Join(dir, privacy.BackupPrefix+now.UTC().Format("20060102T150405Z")+".zip")
				}
				if err := l.Act(cmd.Context(), userName(), "backup", map[string]any{"file": filepath.Base(file)}); err != nil {
					return err
				}
				m, err := privacy.Backup(cmd.Context(), db, c.Data.Dir, file, now)
				if err != nil {
					return err
				}
				var rows int64
				for _, t := range m.Tables {
					rows += t.Rows
				}
				fmt.Fprintf(a.out, "Sauvegarde : %s (%d lignes). Elle contient les clés : gardez-la comme le dossier des données.\n", file, rows)
				return nil
			})
		},
	}
	cmd.Flags().StringVarP(&file, "output", "o", "", "ZIP file, readable by its owner alone")
	return cmd
}

func (a *app) restoreCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "restore FILE",
		Aliases: []string{"import"},
		Short:   "Brings what backup or export wrote back into an empty data folder (and an empty PostgreSQL database, when one is configured)",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, log, err := a.configured()
			if err != nil {
				return err
			}
			release, err := store.LockDir(c.Data.Dir)
			if err != nil {
				return err
			}
			defer release()
			db, err := openStore(cmd.Context(), c, log, false)
			if err != nil {
				return err
			}
			defer db.Close()
			m, err := privacy.Restore(cmd.Context(), db, c.Data.Dir, args[0])
			if err != nil {
				return err
			}
			fmt.Fprintf(a.out, "Sauvegarde du %s rétablie dans %s.\n", privacy.French(m.At), c.Data.Dir)
			return privacy.OpenLedger(db, c.Data.Dir).Act(cmd.Context(), userName(), "restore", map[string]any{"file": filepath.Base(args[0])})
		},
	}
}
