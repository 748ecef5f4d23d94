package check

import (
	"sync"
	"time"
)

// State is how a link is.
type State string

// The states of a link.
const (
	OK       State = "ok"
	Degraded State = "degraded" // it serves, but somebody should look
	Broken   State = "broken"
	Unknown  State = "unknown" // not checked yet, or it can't be known
)

// Owners of links (T8): whom an incident is traced to.
const (
	Ours     = "ours"
	Operator = "operator"
	Source   = "source"
	SMS      = "sms"
)

// Verdict is what one look at a link found. Reason is French, for people.
type Verdict struct {
	State  State
	Reason string
}

// Link is one part of the chain as contracts `check` prints it.
type Link struct {
	Name    string    `json:"name"`
	State   State     `json:"state"`
	Since   time.Time `json:"since"`
	Reason  string    `json:"reason"`
	Owner   string    `json:"owner"`
	Checked time.Time `json:"checked,omitzero"` // last look
}

// Report is the JSON of acotel-sbc check.
type Report struct {
	OK    bool   `json:"ok"` // no link is broken
	Links []Link `json:"links"`
}

// Change is a link whose state changed.
type Change struct {
	Link Link
	Was  State
}

// Board keeps the links. Safe for concurrent use.
type Board struct {
	fails, heals int
	changed      func(Change)

	mu    sync.Mutex
	links []*entry
}

type entry struct {
	Link
	streak int // of verdicts unlike State, towards broken or away from it
}

// NewBoard makes a Board on which a link is broken after fails bad verdicts in a row, and not any more after heals others. changed is
// told of every change of state, in order; it must not call the Board back.
func NewBoard(fails, heals int, changed func(Change)) *Board {
	return &Board{fails: max(1, fails), heals: max(1, heals), changed: changed}
}

// Add puts a link on the board, in the state in which it was left if the store knew it.
func (b *Board) Add(l Link) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.links = append(b.links, &entry{Link: l})
}

// Note takes a verdict on a link of that name.
func (b *Board) Note(name string, v Verdict, at time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range b.links {
		if e.Name == name {
			b.note(e, v, at)
		}
	}
}

func (b *Board) note(e *entry, v Verdict, at time.Time) {
	e.Checked = at
	if v.State == e.State {
		e.streak, e.Reason = 0, v.Reason
		return
	}
	need := 1
	switch {
	case e.State == Unknown: // the first word counts
	case v.State == Broken:
		need = b.fails
	case e.State == Broken:
		need = b.heals
	}
	if e.streak++; e.streak < need {
		return
	}
	was := e.State
	e.State, e.Since, e.Reason, e.streak = v.State, at, v.Reason, 0
	if b.changed != nil {
		b.changed(Change{Link: e.Link, Was: was})
	}
}

// doubtful tells whether a look at the link spoke against its state and has to be repeated.
func (b *Board) doubtful(name string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range b.links {
		if e.Name == name {
			return e.streak > 0
		}
	}
	return false
}

// Report gives all links as they are now.
func (b *Board) Report() Report {
	b.mu.Lock()
	defer b.mu.Unlock()
	r := Report{OK: true, Links: []Link{}}
	for _, e := range b.links {
		r.OK = r.OK && e.State != Broken
		r.Links = append(r.Links, e.Link)
	}
	return r
}
