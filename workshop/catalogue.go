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
}

// counted fills the counts of m from the sessions it describes.
func (m Meta) counted(ws []Workshop) Meta {
	m.Rows, m.Open, m.First, m.Last = len(ws), 0, Date{}, Date{}
	cycles := make(map[string]bool, len(ws))
	for i := range ws {
		w := &ws[i]
		cycles[w.Key()] = true
		if w.Proposable() {
			m.Open++
		}
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
	current atomic.Pointer[index]
	now     func() time.Time
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
	return c.current.Load().search(q, s)
}

// Age is the time since the source was read; 0 when nothing is loaded (see Meta).
func (c *Catalogue) Age() time.Duration {
	m := c.Meta()
	if m.LoadedAt.IsZero() {
		return 0
	}
	return c.now().Sub(m.LoadedAt)
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
