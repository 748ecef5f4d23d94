package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/acotel/acotel-sbc/config"
	"github.com/acotel/acotel-sbc/privacy"
	"github.com/acotel/acotel-sbc/store"
	"github.com/acotel/acotel-sbc/workshop"
)

func (a *app) workshopsCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "workshops", Short: "Imports, exports, refreshes and describes the workshops of the data folder", Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	var force bool
	importCmd := &cobra.Command{
		Use:   "import FILE.csv",
		Short: "Replaces the workshops by those of a CSV file; broken rows are listed, good ones kept",
		Args:  args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.importWorkshops(cmd.Context(), args[0], force)
		},
	}
	importCmd.Flags().BoolVar(&force, "force", false, "even when the file is empty or mostly broken")
	var out string
	exportCmd := &cobra.Command{
		Use:   "export -o FILE.csv",
		Short: "Writes the workshops as CSV",
		Args:  args(cobra.NoArgs),
		RunE:  func(cmd *cobra.Command, _ []string) error { return a.exportWorkshops(cmd.Context(), out) },
	}
	exportCmd.Flags().StringVarP(&out, "output", "o", "", "file to write, standard output when absent")
	statusCmd := a.jsonFlag(&cobra.Command{
		Use:   "status",
		Short: "Says where the workshops come from, how many, how old, and whether their copy is sound",
		Args:  args(cobra.NoArgs),
		RunE:  func(cmd *cobra.Command, _ []string) error { return a.workshopStatus(cmd.Context()) },
	})
	cmd.AddCommand(importCmd, exportCmd, a.refreshCommand(), statusCmd)
	return cmd
}

func (a *app) importWorkshops(ctx context.Context, name string, force bool) error {
	c, log, err := a.configured()
	if err != nil {
		return err
	}
	f, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("workshops import: %w", err)
	}
	defer f.Close()
	g, err := a.places(c)
	if err != nil {
		return err
	}
	db, err := openStore(ctx, c, log, false)
	if err != nil {
		return err
	}
	defer db.Close()
	w := writtenDown{ledger: privacy.OpenLedger(db, c.Data.Dir), action: "workshops import", force: force}
	read, meta, err := workshop.Import(ctx, db, f, workshop.ImportOptions{Name: name, Format: format(c), Gazetteer: g, Now: time.Now(), Force: force, Also: w.taken})
	listBroken(a.err, name, read.Broken, read.BrokenRows)
	if err == nil {
		err = w.keep()
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(a.out, "%s dans %s, dont %s à proposer ; lignes écartées : %d\n", count(meta.Rows, "séance"), c.Data.Dir, count(meta.Cycles, "atelier"), read.BrokenRows)
	if read.BrokenRows > 0 {
		return reported{fmt.Errorf("%d broken rows", read.BrokenRows)}
	}
	return nil
}

func (a *app) exportWorkshops(ctx context.Context, name string) (err error) {
	c, log, err := a.configured()
	if err != nil {
		return err
	}
	g, err := a.places(c)
	if err != nil {
		return err
	}
	cat, err := a.catalogue(ctx, c, g, log)
	if err != nil {
		return err
	}
	var w io.Writer = a.out
	if name != "" {
		f, err := os.Create(name)
		if err != nil {
			return fmt.Errorf("workshops export: %w", err)
		}
		defer func() {
			if cerr := f.Close(); err == nil {
				err = cerr
			}
		}()
		w = f
	}
	return workshop.WriteCSV(w, cat.All())
}

func (a *app) workshopStatus(ctx context.Context) error {
	return a.readStore(ctx, func(c config.Config, db *store.DB) error { return a.tellStatus(ctx, db, c) })
}
