package workshop

import (
	"sync/atomic"
	"time"
)

// Meta says where a catalogue comes from (D3: its age is shown and watched).
type Meta struct {
	Source   string    `json:"source"`    // file name, address, or "demo:…"
	LoadedAt time.Time `json:"loaded_at"` // when the source was read
	Rows     int       `json:"rows"`      // sessions kept
	Broken   int       `json:"broken"`    // rows refused
	Cycles   int       `json:"cycles"`    // entries a caller can tell apart
	Open     int       `json:"open"`      // sessions that can be proposed
	First    Date      `json:"first"`     // date of the first session
	Last     Date      `json:"last"`      // date of the last session
	Ahead    int       `json:"ahead"`     // sessions on the day of loading or after it
	Known    Known     `json:"known"`     // how much the source tells of them
}

// Known counts the sessions of which a source tells something that a caller is told; a source that changes the name of a field shows here.
type Known struct {
	Hours       int `json:"hours"`
	Venue       int `json:"venue"` // or an address
	Point       int `json:"point"` // on the map, or remote
	Phone       int `json:"phone"`
	Price       int `json:"price"`
	Organiser   int `json:"organiser"`
	Description int `json:"description"` // or a summary
}

func (k *Known) count(w *Workshop) {
	for _, f := range []struct {
		n  *int
		is bool
	}{
		{&k.Hours, w.Start.Known()},
		{&k.Venue, w.Venue != "" || w.Address != ""},
		{&k.Point, w.Located() || w.Remote},
		{&k.Phone, w.Phone != ""},
		{&k.Price, w.Price.Kind != PriceUnknown},
		{&k.Organiser, w.Organiser != ""},
		{&k.Description, w.Description != "" || w.Summary != ""},
	} {
		if f.is {
			*f.n++
		}
	}
}

// counted fills the counts of m from the sessions it describes.
func (m Meta) counted(ws []Workshop) Meta {
	m.Rows, m.Open, m.First, m.Last, m.Ahead, m.Known = len(ws), 0, Date{}, Date{}, 0, Known{}
	loaded := DateOf(m.LoadedAt.In(Paris()))
	cycles := make(map[string]bool, len(ws))
	for i := range ws {
		w := &ws[i]
		cycles[w.Key()] = true
		if w.Proposable() {
			m.Open++
		}
		if !w.Date.Before(loaded) {
			m.Ahead++
		}
		m.Known.count(w)
		if m.First.IsZero() || w.Date.Before(m.First) {
			m.First = w.Date
		}
		if w.Date.After(m.Last) {
			m.Last = w.Date
		}
	}
	m.Cycles = len(cycles)
	return m
}

// Catalogue is the copy of the workshops that calls search: an immutable index, swapped whole. Safe for concurrent use; Search never
// waits for a load.
type Catalogue struct {
	current   atomic.Pointer[index]
	refreshed atomic.Pointer[Refreshed]
	now       func() time.Time
}

// NewCatalogue makes an empty catalogue; now tells the time for Age and is time.Now when nil.
func NewCatalogue(now func() time.Time) *Catalogue {
	if now == nil {
		now = time.Now
	}
	c := &Catalogue{now: now}
	c.current.Store(newIndex(nil, Meta{}))
	return c
}

// Set replaces the whole content and computes the counts of m; searches under way finish on the old content. The slice belongs to the
// catalogue from then on.
func (c *Catalogue) Set(ws []Workshop, m Meta) { c.current.Store(newIndex(ws, m.counted(ws))) }

// Search answers from memory, well under a millisecond.
func (c *Catalogue) Search(q Query, s Settings) Result {
	if q.From.IsZero() {
		q.From = c.now()
	}
	ix := c.current.Load()
	r := ix.search(q, s)
	r.AsOf = lastConfirmed(ix.meta, c.Refreshed())
	return r
}

// Note keeps what is known of the last refresh, for Age and Health.
func (c *Catalogue) Note(r Refreshed) { c.refreshed.Store(&r) }

// Refreshed is what Note was given last.
func (c *Catalogue) Refreshed() Refreshed {
	if r := c.refreshed.Load(); r != nil {
		return *r
	}
	return Refreshed{}
}

// Age is the time since the source was last known to have what the copy holds; 0 when nothing is loaded (see Meta).
func (c *Catalogue) Age() time.Duration {
	m := c.Meta()
	if m.LoadedAt.IsZero() {
		return 0
	}
	return AgeOf(m, c.Refreshed(), c.now())
}

// Health judges the copy now; maxAge 0 never calls it stale.
func (c *Catalogue) Health(maxAge time.Duration) Health {
	return HealthOf(c.Meta(), c.Refreshed(), maxAge, c.now())
}

// Len is the number of dated sessions.
func (c *Catalogue) Len() int { return len(c.current.Load().all) }

// Meta of what is loaded; LoadedAt is zero when nothing is.
func (c *Catalogue) Meta() Meta { return c.current.Load().meta }

// ByID finds one session.
func (c *Catalogue) ByID(id string) (Workshop, bool) {
	ix := c.current.Load()
	i, ok := ix.byID[id]
	if !ok {
		return Workshop{}, false
	}
	return ix.all[i], true
}

// All gives every session in the order of ID. The slice is shared: do not change it.
func (c *Catalogue) All() []Workshop { return c.current.Load().all }
