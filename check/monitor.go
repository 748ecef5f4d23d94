package check

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/acotel/acotel-sbc/store"
)

// Probe looks at one link.
type Probe struct {
	Name  string
	Owner string
	Every time.Duration
	Limit time.Duration // of one look; a look that takes longer found the link broken
	After time.Duration // from the start to the first look
	Quiet bool          // not looked at by itself in the quiet hours
	Look  func(ctx context.Context) Verdict
}

// Config is what a Monitor is made of.
type Config struct {
	DB           *store.DB // where since-when is kept; nil: nowhere
	Probes       []Probe
	Fails, Heals int
	Again        time.Duration           // pause before a look that contradicted the link's state is repeated; 0: 5 s
	QuietHours   func(at time.Time) bool // nil: none
	Changed      func(Change)            // told in order, one at a time
	Log          *slog.Logger
}

// Monitor runs probes on their schedule.
type Monitor struct {
	c     Config
	board *Board
	save  chan Change

	mu    sync.Mutex // one look at a time: the checks themselves shall be no load
	due   []time.Time
	stuck []<-chan struct{} // of looks that did not let go, until they do
}

// NewMonitor makes a monitor whose links are as the store last knew them; what it can't read is unknown.
func NewMonitor(ctx context.Context, c Config) *Monitor {
	if c.Again <= 0 {
		c.Again = 5 * time.Second
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	m := &Monitor{c: c, due: make([]time.Time, len(c.Probes)), stuck: make([]<-chan struct{}, len(c.Probes)), save: make(chan Change, 64)}
	m.board = NewBoard(c.Fails, c.Heals, m.changed)
	known, err := load(ctx, c.DB)
	if err != nil {
		c.Log.Warn("the last states of the links can't be read", "error", err)
	}
	now := time.Now()
	for i, p := range c.Probes {
		l := Link{Name: p.Name, Owner: p.Owner, State: Unknown, Since: now, Reason: "pas encore vérifié depuis le démarrage"}
		if k, ok := known[p.Name]; ok && k.State != Broken { // what was broken is looked at before it is believed
			l.State, l.Since, l.Reason = k.State, k.Since, k.Reason
		}
		m.board.Add(l)
		m.due[i] = now.Add(p.After)
	}
	for name, k := range known {
		if k.State == Broken {
			m.restore(name, k)
		}
	}
	return m
}

// restore takes a link that was broken when the service stopped as broken since then; it is closed to callers until one look is good.
func (m *Monitor) restore(name string, k Link) {
	m.board.mu.Lock()
	defer m.board.mu.Unlock()
	for _, e := range m.board.links {
		if e.Name == name {
			e.State, e.Since, e.Reason = Broken, k.Since, k.Reason
			e.streak = m.board.heals - 1 // the first good look heals
		}
	}
}

// changed is called by the board under its lock.
func (m *Monitor) changed(c Change) {
	m.c.Log.Log(context.Background(), level(c.Link.State), "a link of the chain changed", "link", c.Link.Name, "was", c.Was, "state", c.Link.State, "owner", c.Link.Owner, "reason", c.Link.Reason)
	if m.c.Changed != nil {
		m.c.Changed(c)
	}
	select {
	case m.save <- c:
	default: // the store is far behind: the next change of this link is written
	}
}

func level(s State) slog.Level {
	switch s {
	case Broken:
		return slog.LevelError
	case Degraded:
		return slog.LevelWarn
	}
	return slog.LevelInfo
}

// Report gives the links.
func (m *Monitor) Report() Report { return m.board.Report() }

// Run looks at the links until ctx ends.
func (m *Monitor) Run(ctx context.Context) {
	var saving sync.WaitGroup
	saving.Go(func() { m.saver(ctx) })
	defer saving.Wait()
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	for {
		m.round(ctx, time.Now())
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (m *Monitor) round(ctx context.Context, now time.Time) {
	for i, p := range m.c.Probes {
		if ctx.Err() != nil {
			return
		}
		m.mu.Lock()
		if !now.Before(m.due[i]) {
			if p.Quiet && m.c.QuietHours != nil && m.c.QuietHours(now) {
				m.due[i] = now.Add(time.Minute)
			} else {
				m.look(ctx, i)
			}
		}
		m.mu.Unlock()
	}
}

// Fresh looks at every link whose last look is older than age, until ctx ends, and repeats what is in doubt.
func (m *Monitor) Fresh(ctx context.Context, age time.Duration) Report {
	for range max(1, m.c.Fails, m.c.Heals) {
		doubt := false
		for i, p := range m.c.Probes {
			m.mu.Lock()
			if l := m.link(p.Name); time.Since(l.Checked) > age || m.board.doubtful(p.Name) {
				m.look(ctx, i)
			}
			m.mu.Unlock()
			doubt = doubt || m.board.doubtful(p.Name)
		}
		if !doubt || ctx.Err() != nil {
			break
		}
	}
	return m.Report()
}

func (m *Monitor) link(name string) Link {
	for _, l := range m.Report().Links {
		if l.Name == name {
			return l
		}
	}
	return Link{}
}

// look runs a probe once; m.mu is held.
func (m *Monitor) look(ctx context.Context, i int) {
	p := m.c.Probes[i]
	limit := p.Limit
	if limit <= 0 {
		limit = 10 * time.Second
	}
	v := m.ask(ctx, i, limit)
	if ctx.Err() != nil {
		return // we are stopping: what was found means nothing
	}
	now := time.Now()
	m.board.Note(p.Name, v, now)
	m.due[i] = now.Add(p.Every)
	if m.board.doubtful(p.Name) {
		m.due[i] = now.Add(min(p.Every, m.c.Again))
	}
}

// ask has a probe look. One that never comes back (a disk that is gone) is not asked again before it does: lookers would pile up.
func (m *Monitor) ask(ctx context.Context, i int, limit time.Duration) Verdict {
	late := Verdict{Broken, fmt.Sprintf("pas de réponse en %s", limit)}
	if m.stuck[i] != nil {
		select {
		case <-m.stuck[i]:
			m.stuck[i] = nil
		default:
			return late
		}
	}
	looking, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	got, done := make(chan Verdict, 1), make(chan struct{})
	go func() {
		defer close(done)
		got <- m.c.Probes[i].Look(looking)
	}()
	select {
	case v := <-got:
		return v
	case <-looking.Done():
	}
	select {
	case v := <-got:
		return v
	case <-time.After(time.Second): // a link that does not even let go
		m.stuck[i] = done
		return late
	}
}

// saver writes changes to the store, a newer one in place of one that could not be written.
func (m *Monitor) saver(ctx context.Context) {
	left := map[string]Link{}
	again := time.NewTicker(5 * time.Second)
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case c := <-m.save:
			left[c.Link.Name] = c.Link
		case <-again.C:
		}
		for name, l := range left {
			if err := save(ctx, m.c.DB, l); err == nil {
				delete(left, name)
			}
		}
	}
}

func load(ctx context.Context, db *store.DB) (map[string]Link, error) {
	if db == nil {
		return nil, nil
	}
	rows, err := db.QueryContext(ctx, "SELECT name, state, since, reason FROM check_links")
	if err != nil {
		return nil, fmt.Errorf("check: %w", err)
	}
	defer rows.Close()
	out := map[string]Link{}
	for rows.Next() {
		var l Link
		var since string
		if err := rows.Scan(&l.Name, &l.State, &since, &l.Reason); err != nil {
			return out, fmt.Errorf("check: %w", err)
		}
		if l.Since, err = store.ParseTime(since); err != nil {
			return out, err
		}
		out[l.Name] = l
	}
	return out, rows.Err()
}

func save(ctx context.Context, db *store.DB, l Link) error {
	if db == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	_, err := db.ExecContext(ctx, `INSERT INTO check_links (name, state, since, reason) VALUES ($1, $2, $3, $4)
		ON CONFLICT (name) DO UPDATE SET state = excluded.state, since = excluded.since, reason = excluded.reason`, l.Name, string(l.State), store.FormatTime(l.Since), l.Reason)
	if err != nil {
		return fmt.Errorf("check: %w", err)
	}
	return nil
}

// Told reads what each receiver of alerts was told last of each link.
func Told(ctx context.Context, db *store.DB) (map[string]map[string]State, error) {
	rows, err := db.QueryContext(ctx, "SELECT receiver, link, state FROM check_told")
	if err != nil {
		return nil, fmt.Errorf("check: %w", err)
	}
	defer rows.Close()
	out := map[string]map[string]State{}
	for rows.Next() {
		var receiver, link string
		var s State
		if err := rows.Scan(&receiver, &link, &s); err != nil {
			return out, fmt.Errorf("check: %w", err)
		}
		if out[receiver] == nil {
			out[receiver] = map[string]State{}
		}
		out[receiver][link] = s
	}
	return out, rows.Err()
}

// Remember writes what a receiver of alerts was told of a link.
func Remember(ctx context.Context, db *store.DB, receiver, link string, s State) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	_, err := db.ExecContext(ctx, `INSERT INTO check_told (receiver, link, state) VALUES ($1, $2, $3) ON CONFLICT (receiver, link) DO UPDATE SET state = excluded.state`,
		receiver, link, string(s))
	if err != nil {
		return fmt.Errorf("check: %w", err)
	}
	return nil
}
