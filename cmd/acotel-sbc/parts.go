package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/acotel/acotel-sbc/config"
	"github.com/acotel/acotel-sbc/place"
	"github.com/acotel/acotel-sbc/store"
	"github.com/acotel/acotel-sbc/workshop"
	"github.com/acotel/acotel-sbc/workshop/demo"
)

// newLog writes where w goes, as the configuration says.
func newLog(w io.Writer, c config.Log) (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.Level)); err != nil {
		return nil, usage("log.level: %w", err)
	}
	o := &slog.HandlerOptions{Level: level}
	if c.Format == "text" {
		return slog.New(slog.NewTextHandler(w, o)), nil
	}
	return slog.New(slog.NewJSONHandler(w, o)), nil
}

// cacheDir is where rendered speech is kept.
func cacheDir(c config.Config) string { return filepath.Join(c.Data.Dir, "tts") }

// configured reads the configuration and makes the log that it asks for.
func (a *app) configured() (config.Config, *slog.Logger, error) {
	c, err := a.load(os.Environ())
	if err != nil {
		return c, nil, err
	}
	log, err := newLog(a.err, c.Log)
	return c, log, err
}

// readStore opens the database of the configuration for reading while f runs.
func (a *app) readStore(ctx context.Context, f func(config.Config, *store.DB) error) error {
	c, log, err := a.configured()
	if err != nil {
		return err
	}
	db, err := openStore(ctx, c, log, true)
	if err != nil {
		return err
	}
	defer db.Close()
	// Who asks to stop once has it stop in good order; a second time ends it at once, even where its reader takes nothing any more.
	defer context.AfterFunc(ctx, func() { signal.Reset(os.Interrupt, syscall.SIGTERM) })()
	return f(c, db)
}

// openStore opens the database: of the data folder, or the PostgreSQL one that is configured.
func openStore(ctx context.Context, c config.Config, log *slog.Logger, readOnly bool) (*store.DB, error) {
	url, err := c.Data.Database.Reveal()
	if err != nil {
		return nil, usage("data.database: %w", err)
	}
	return store.Open(ctx, store.Config{Dir: c.Data.Dir, URL: url, ReadOnly: readOnly, Log: log})
}

// format is how the configured source of workshops is read.
func format(c config.Config) workshop.Format {
	return workshop.Format{Delimiter: c.Workshops.Delimiter, Columns: c.Workshops.Columns, Themes: c.Workshops.Themes, Statuses: c.Workshops.Statuses}
}

func settings(c config.Config) workshop.Settings {
	return workshop.Settings{RadiiKM: c.Search.RadiiKM, Weeks: c.Search.Weeks}
}

// stored tells whether the command was told of a data folder or configuration;
// without one the embedded demonstration workshops are used.
func (a *app) stored() bool { return a.configFile != "" || a.dataDir != "" }

// places is the gazetteer a command works on: with what was imported into the data
// folder, when it was told of one.
func (a *app) places(c config.Config) (*place.Gazetteer, error) {
	if !a.stored() {
		return place.Default()
	}
	return place.Open(c.Data.Dir)
}

// catalogue gives the workshops a command works on: the store's when it was told
// of one, else the demonstration's, dated from today.
func (a *app) catalogue(ctx context.Context, c config.Config, g *place.Gazetteer, log *slog.Logger) (*workshop.Catalogue, error) {
	if !a.stored() {
		return demo.Catalogue(demo.Options{Today: workshop.DateOf(time.Now()), Gazetteer: g})
	}
	db, err := openStore(ctx, c, log, true)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	cat := workshop.NewCatalogue(time.Now)
	if err := cat.Load(ctx, db); err != nil {
		return nil, err
	}
	return cat, nil
}

// areaOf finds where to search: a postal code is its zone, a name its commune.
func areaOf(g *place.Gazetteer, text string) (workshop.Area, error) {
	if zone, ok := g.PostalZone(text); ok {
		return workshop.AreaOfZone(zone), nil
	}
	found := g.Find(text)
	if len(found) == 0 {
		return workshop.Area{}, fmt.Errorf("no commune and no postal code %q is known; try acotel-sbc place %q", text, text)
	}
	return workshop.AreaOfPlace(found[0].Place), nil
}
