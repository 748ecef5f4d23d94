package source

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/acotel/acotel-sbc/store"
	"github.com/acotel/acotel-sbc/workshop"
)

// RefreshConfig is what a Refresher is made of.
type RefreshConfig struct {
	Source    *Source
	DB        *store.DB
	Catalogue *workshop.Catalogue  // gets each good copy; nil: only the store does
	Every     time.Duration        // between two refreshes; at least minEvery
	MaxLoss   float64              // of sessions and fields, see workshop.Acceptance
	Now       func() time.Time     // nil: time.Now
	Done      func(Outcome, error) // hears of each refresh of Run; nil: nobody does

	Also func(ctx context.Context, tx *sql.Tx, m workshop.Meta) error // see workshop.Acceptance

	Log *slog.Logger // nil: silent
}

// Bounds of the schedule.
const (
	minEvery = time.Minute
	// retryFirst is the wait after the first failure, doubled after each further one up to Every.
	retryFirst = time.Minute
	// jitter is the share of a wait that is random, so that nodes do not ask a source all at once.
	jitter = 0.1
)

// Refresher renews the copy of the workshops from its source. One refresh runs at a time: it belongs to one goroutine.
type Refresher struct{ c RefreshConfig }

// NewRefresher completes c.
func NewRefresher(c RefreshConfig) *Refresher {
	c.Every = max(c.Every, minEvery)
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Refresher{c}
}

// Outcome of one refresh.
type Outcome struct {
	Meta        workshop.Meta        // of the copy that is there now
	Broken      []*workshop.RowError // items left out
	BrokenRows  int
	NotModified bool
}

// Run refreshes on schedule until ctx ends: at once when the copy is older than Every, after a failure sooner than usual. What goes wrong
// is kept beside the copy (workshop.Refreshed) and logged.
func (r *Refresher) Run(ctx context.Context) {
	state, err := workshop.StoredRefreshed(ctx, r.c.DB)
	if err != nil {
		r.c.Log.Error("the state of the workshops' refresh is unreadable, it begins anew", "error", err)
	}
	for {
		select {
		case <-time.After(r.wait(state)):
		case <-ctx.Done():
			return
		}
		out, err := r.Refresh(ctx, false)
		if r.c.Done != nil && ctx.Err() == nil {
			r.c.Done(out, err)
		}
		if err != nil && ctx.Err() == nil {
			r.c.Log.Error("the workshops could not be refreshed, the copy serves", "source", r.c.Source.Name(), "error", err)
		}
		if state, err = workshop.StoredRefreshed(ctx, r.c.DB); err != nil && ctx.Err() == nil {
			r.c.Log.Error("the state of the workshops' refresh is unreadable", "error", err)
			state = workshop.Refreshed{TriedAt: r.c.Now()}
		}
	}
}

// wait until the next refresh is due.
func (r *Refresher) wait(s workshop.Refreshed) time.Duration {
	if s.Source != r.c.Source.Name() || s.TriedAt.IsZero() {
		return 0
	}
	every := r.c.Every
	if s.Failures > 0 && !s.Held {
		every = min(every, retryFirst<<min(s.Failures-1, 10))
	}
	every += time.Duration(float64(every) * jitter * rand.Float64())
	return max(0, s.TriedAt.Add(every).Sub(r.c.Now()))
}

// Refresh reads the source once and replaces the copy by it when it is good enough; force takes it whatever it has lost. On an error the
// copy stays: ErrHeld and ErrRefused of workshop, or one of this package.
func (r *Refresher) Refresh(ctx context.Context, force bool) (Outcome, error) {
	state, err := workshop.StoredRefreshed(ctx, r.c.DB)
	if err != nil {
		return Outcome{}, err
	}
	if state.Source != r.c.Source.Name() || force {
		state = workshop.Refreshed{Source: r.c.Source.Name()} // another source's validators and failures say nothing of this one
	}
	now := r.c.Now()
	out, fetched, err := r.attempt(ctx, state, force, now)
	if ctx.Err() != nil {
		return out, fmt.Errorf("source: the refresh was stopped: %w", ctx.Err())
	}
	state.TriedAt = now.UTC()
	if err != nil {
		if state.Failures++; state.Failures == 1 {
			state.FailingSince = now.UTC()
		}
		state.Error, state.Held = err.Error(), errors.Is(err, workshop.ErrHeld)
	} else {
		state.GoodAt, state.Failures, state.FailingSince, state.Error, state.Held = now.UTC(), 0, time.Time{}, "", false
		if !out.NotModified {
			state.ETag, state.LastModified, state.Broken = fetched.ETag, fetched.LastModified, out.BrokenRows
		}
	}
	if werr := workshop.WriteRefreshed(ctx, r.c.DB, state); werr != nil {
		err = errors.Join(err, werr)
	}
	if r.c.Catalogue != nil {
		r.c.Catalogue.Note(state)
	}
	return out, err
}

func (r *Refresher) attempt(ctx context.Context, state workshop.Refreshed, force bool, now time.Time) (Outcome, Fetched, error) {
	stored, err := workshop.StoredMeta(ctx, r.c.DB)
	if err != nil && !errors.Is(err, workshop.ErrEmpty) {
		return Outcome{}, Fetched{}, err
	}
	if stored.Source != r.c.Source.Name() { // the copy is another source's: what it said last is not what we have
		state.ETag, state.LastModified = "", ""
	}
	f, err := r.c.Source.Fetch(ctx, state.ETag, state.LastModified)
	if err != nil {
		return Outcome{Meta: stored}, f, err
	}
	out := Outcome{Meta: stored, Broken: f.Broken, BrokenRows: f.BrokenRows, NotModified: f.NotModified}
	if f.NotModified {
		r.c.Log.Info("workshops unchanged", "source", r.c.Source.Name())
		return out, f, nil
	}
	m, err := workshop.Replace(ctx, r.c.DB, f.Workshops, workshop.Meta{Source: r.c.Source.Name(), LoadedAt: now, Broken: f.BrokenRows},
		workshop.Acceptance{Force: force, MaxLoss: r.c.MaxLoss, Also: r.c.Also})
	if err != nil {
		return out, f, err
	}
	out.Meta = m
	if r.c.Catalogue != nil {
		r.c.Catalogue.Set(f.Workshops, m)
	}
	r.c.Log.Info("workshops refreshed", "source", m.Source, "sessions", m.Rows, "ahead", m.Ahead, "broken", f.BrokenRows)
	return out, f, nil
}
