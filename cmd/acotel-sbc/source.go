package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/acotel/acotel-sbc/config"
	"github.com/acotel/acotel-sbc/place"
	"github.com/acotel/acotel-sbc/privacy"
	"github.com/acotel/acotel-sbc/store"
	"github.com/acotel/acotel-sbc/workshop"
	"github.com/acotel/acotel-sbc/workshop/source"
)

// followEvery is how often serve looks whether another command has changed the stored workshops.
const followEvery = 5 * time.Second

// newSource makes the configured source; nil when there is none.
func newSource(c config.Config, g *place.Gazetteer, log *slog.Logger) (*source.Source, error) {
	w := c.Workshops
	if w.Source.Kind == "" {
		return nil, nil
	}
	sc, err := sourceConfig(c)
	if err != nil {
		return nil, err
	}
	s, err := source.New(sc, source.Options{Gazetteer: g, Log: log})
	if err != nil {
		return nil, usage("workshops.source: %w", err)
	}
	return s, nil
}

func sourceConfig(c config.Config) (source.Config, error) {
	w := c.Workshops
	s := w.Source
	out := source.Config{
		Kind: source.Kind(s.Kind), URL: s.URL, Method: s.Method, Body: s.Body, Headers: map[string]string{}, Agent: c.SIP.UserAgent, CSV: format(c),
		Paging: source.Paging{Kind: source.PagingKind(s.Paging.Kind), Parameter: s.Paging.Parameter, First: s.Paging.First,
			SizeParameter: s.Paging.SizeParameter, Size: s.Paging.Size, Next: s.Paging.Next},
		Mapping: source.Mapping{Items: s.Items, Each: s.Each, Fields: map[string][]string{}, Dates: s.Dates, Themes: w.Themes, Statuses: w.Statuses, Values: s.Values},
		Limits: source.Limits{Timeout: time.Duration(s.TimeoutSeconds) * time.Second, MaxBytes: int64(s.MaxMB) << 20, MaxPages: s.MaxPages,
			Delay: max(time.Duration(s.DelayMS)*time.Millisecond, time.Millisecond), Retries: retries(s.Retries)},
	}
	for field, paths := range s.Fields {
		out.Mapping.Fields[field] = paths
	}
	for name, secret := range s.Headers {
		v, err := secret.Reveal()
		if err != nil {
			return out, usage("workshops.source.headers.%s: %w", name, err)
		}
		out.Headers[name] = v
	}
	return out, nil
}

// retries as source counts them: 0 would mean its default.
func retries(n int) int {
	if n == 0 {
		return -1
	}
	return n
}

// maxAge is how old the copy may get.
func maxAge(c config.Config) time.Duration { return time.Duration(c.Workshops.MaxAgeHours) * time.Hour }

// keepWorkshopsYoung refreshes the copy from its source, and follows what other commands do to it, while the service runs.
func (s *server) keepWorkshopsYoung() error {
	ctx, cancel := context.WithCancel(context.Background())
	var following sync.WaitGroup // of these alone: the outbox, which runs beside them, ends later
	s.later(func() error { cancel(); following.Wait(); return nil })
	following.Go(func() {
		s.catalogue.Follow(ctx, s.db, followEvery, func(err error) {
			s.log.Error("the stored workshops can't be read again, the loaded ones serve", "error", err)
		})
	})
	src, err := newSource(s.cfg, s.gazetteer, s.log)
	if err != nil || src == nil {
		return err
	}
	r := source.NewRefresher(source.RefreshConfig{Source: src, DB: s.db, Catalogue: s.catalogue, Every: time.Duration(s.cfg.Workshops.RefreshMinutes) * time.Minute,
		MaxLoss: s.cfg.Workshops.MaxLoss, Done: s.refreshed, Log: s.log})
	following.Go(func() { r.Run(ctx) })
	return nil
}

func (a *app) refreshCommand() *cobra.Command {
	var force bool
	cmd := a.jsonFlag(&cobra.Command{
		Use:   "refresh",
		Short: "Reads the configured source now; broken items are listed, a reading that lost too much is held back",
		Args:  args(cobra.NoArgs),
		RunE:  func(cmd *cobra.Command, _ []string) error { return a.refreshWorkshops(cmd.Context(), force) },
	})
	cmd.Flags().BoolVar(&force, "force", false, "take it whatever it has lost against the copy")
	return cmd
}

func (a *app) refreshWorkshops(ctx context.Context, force bool) error {
	c, log, err := a.configured()
	if err != nil {
		return err
	}
	g, err := a.places(c)
	if err != nil {
		return err
	}
	src, err := newSource(c, g, log)
	if err != nil {
		return err
	}
	if src == nil {
		return usage("workshops refresh: no source is configured: set workshops.source.kind and workshops.source.url, or use workshops import FILE.csv")
	}
	db, err := openStore(ctx, c, log, false)
	if err != nil {
		return err
	}
	defer db.Close()
	w := writtenDown{ledger: privacy.OpenLedger(db, c.Data.Dir), action: "workshops refresh", force: force}
	out, err := source.NewRefresher(source.RefreshConfig{Source: src, DB: db, MaxLoss: c.Workshops.MaxLoss, Also: w.taken, Log: log}).Refresh(ctx, force)
	listBroken(a.err, src.Name(), out.Broken, out.BrokenRows)
	if err == nil {
		err = w.keep()
	}
	if err != nil {
		return err
	}
	if err := a.tellStatus(ctx, db, c); err != nil {
		return err
	}
	if out.BrokenRows > 0 {
		return reported{fmt.Errorf("%d broken items", out.BrokenRows)}
	}
	return nil
}

// writtenDown writes into the ledger, in the transaction that replaces the workshops, that an operator did so. What the service refreshes by
// itself is not there: its log and `workshops status` tell of that.
type writtenDown struct {
	ledger *privacy.Ledger
	action string
	force  bool
	entry  privacy.Entry
}

func (w *writtenDown) taken(ctx context.Context, tx *sql.Tx, m workshop.Meta) (err error) {
	detail := map[string]any{"source": m.Source, "sessions": m.Rows, "broken": m.Broken}
	if w.force {
		detail["forced"] = true
	}
	w.entry, err = w.ledger.AppendIn(ctx, tx, privacy.Audit, privacy.Action{Actor: userName(), Action: w.action, Detail: detail})
	return err
}

// keep is for after the transaction.
func (w *writtenDown) keep() error {
	if w.entry.Hash == "" {
		return nil // nothing was replaced
	}
	return w.ledger.Keep(w.entry)
}

// listBroken writes the rows left out, one a line.
func listBroken(w io.Writer, name string, rows []*workshop.RowError, all int) {
	for _, row := range rows {
		fmt.Fprintln(w, row)
	}
	if more := all - len(rows); more > 0 {
		fmt.Fprintf(w, "%s: %d more broken rows\n", name, more)
	}
}

// status is what `workshops status` tells.
type status struct {
	workshop.Meta
	AgeS    *int64              `json:"age_s"` // since the source was last known to have what the copy holds
	Health  workshop.Health     `json:"health"`
	Refresh *workshop.Refreshed `json:"refresh"` // null: no source was ever asked
}

func (a *app) tellStatus(ctx context.Context, db *store.DB, c config.Config) error {
	m, err := workshop.StoredMeta(ctx, db)
	if err != nil && !errors.Is(err, workshop.ErrEmpty) {
		return err
	}
	r, err := workshop.StoredRefreshed(ctx, db)
	if err != nil {
		return err
	}
	now := time.Now()
	st := status{Meta: m, Health: workshop.HealthOf(m, r, maxAge(c), now)}
	if !m.LoadedAt.IsZero() {
		age := int64(workshop.AgeOf(m, r, now).Seconds())
		st.AgeS = &age
	}
	if !r.TriedAt.IsZero() {
		st.Refresh = &r
	}
	if a.json {
		return json.NewEncoder(a.out).Encode(st)
	}
	st.write(a.out)
	return nil
}

// healthWords say the states in French.
var healthWords = map[workshop.HealthState]string{workshop.Healthy: "bonne", workshop.Failing: "la dernière lecture a échoué",
	workshop.Held: "la dernière lecture est retenue", workshop.Stale: "trop vieille", workshop.Empty: "vide"}

func (s status) write(w io.Writer) {
	if s.AgeS != nil {
		fmt.Fprintf(w, "%s, dont %s à venir et %s ; lignes écartées : %d\n", count(s.Rows, "séance"), count(s.Ahead, "séance"), count(s.Cycles, "atelier"), s.Broken)
		fmt.Fprintf(w, "source %s, lue le %s, il y a %s\n", s.Source, s.LoadedAt.In(workshop.Paris()).Format("02/01/2006 à 15:04"),
			time.Duration(*s.AgeS)*time.Second)
	}
	fmt.Fprintf(w, "état de la copie : %s\n", healthWords[s.Health.State])
	if s.Health.Reason != "" {
		fmt.Fprintf(w, "  depuis le %s : %s\n", s.Health.Since.In(workshop.Paris()).Format("02/01/2006 à 15:04"), s.Health.Reason)
	}
}
