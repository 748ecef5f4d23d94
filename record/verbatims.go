package record

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/kljensen/snowball/french"

	"github.com/acotel/acotel-sbc/store"
)

// Verbatims are what callers said, anonymised when it was written (G3): the transcripts of calls without result, how often words and
// expressions were used in all calls of the production line (K10), and why marks were bad (C11).
type Verbatims struct {
	From        time.Time  `json:"from"`
	To          time.Time  `json:"to"` // the first moment after
	Calls       []Verbatim `json:"calls"`
	Words       []Usage    `json:"words"`       // grouped by stem, the most used first
	Expressions []Usage    `json:"expressions"` // two or three words in a row, used at least twice
	Reasons     []Reason   `json:"reasons"`     // region by region, the unknown last
}

// Reason is what a caller gave as the reason of a bad mark.
type Reason struct {
	ID        string    `json:"id"`
	StartedAt time.Time `json:"started_at"`
	Region    *string   `json:"region"` // null: unknown
	Mark      *int      `json:"mark"`
	Text      string    `json:"text"`
}

// Verbatim is one call without result: answered, over, and not Efficace.
type Verbatim struct {
	ID        string    `json:"id"`
	StartedAt time.Time `json:"started_at"`
	Statuses  []Status  `json:"statuses"`
	Turns     []Said    `json:"turns"`
}

// Said is one turn of a conversation.
type Said struct {
	Who  string `json:"who"` // service, caller
	Text string `json:"text"`
}

// Usage is how often something was said, and in how many calls.
type Usage struct {
	Text  string `json:"text"` // the form used most
	Count int    `json:"count"`
	Calls int    `json:"calls"`
}

// usages gathers words under a key: a stem, or the expression itself.
type usages map[string]*usage

type usage struct {
	forms    map[string]int
	count    int
	calls    int
	lastCall string
}

func (u usages) add(key, form, call string) {
	x := u[key]
	if x == nil {
		x = &usage{forms: map[string]int{}}
		u[key] = x
	}
	x.forms[form]++
	x.count++
	if x.lastCall != call {
		x.lastCall = call
		x.calls++
	}
}

// list gives those said at least so often, the most used first.
func (u usages) list(atLeast int) []Usage {
	out := []Usage{}
	for _, x := range u {
		if x.count < atLeast {
			continue
		}
		best := Usage{Count: x.count, Calls: x.calls}
		most := 0
		for form, n := range x.forms {
			if n > most || n == most && form < best.Text {
				best.Text, most = form, n
			}
		}
		out = append(out, best)
	}
	slices.SortFunc(out, func(a, b Usage) int { return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Text, b.Text)) })
	return out
}

// expressionWords is the longest expression, in words.
const expressionWords = 3

// count takes in the words of one turn. Stop words (Snowball's French list) are no words of their own, and neither begin nor end an
// expression; what anonymisation hid is neither.
func (v *verbatimRun) count(text, call string) {
	words := []string{}
	for _, w := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && r != '[' && r != ']' && r != '-' }) {
		words = append(words, strings.Trim(w, "-"))
	}
	plain := func(w string) bool { return len(w) > 1 && !strings.ContainsAny(w, "[]") && !french.IsStopWord(w) }
	for i, w := range words {
		if !plain(w) {
			continue
		}
		v.words.add(french.Stem(w, false), w, call)
		for n := 2; n <= expressionWords && i+n <= len(words); n++ {
			if run := words[i : i+n]; plain(run[n-1]) && !slices.ContainsFunc(run, func(w string) bool { return strings.ContainsAny(w, "[]") }) {
				e := strings.Join(run, " ")
				v.expressions.add(e, e, call)
			}
		}
	}
}

// verbatimRun is a reading under way: turns come call by call.
type verbatimRun struct {
	words, expressions usages
	calls              []Verbatim
	now                *Verbatim // the call being read
	keep               bool      // it is without result
}

func (v *verbatimRun) end() {
	if v.now != nil && v.keep {
		v.calls = append(v.calls, *v.now)
	}
	v.now = nil
}

// ComputeVerbatims reads what was said in the calls of the production line that were presented from ≤ t < to; times of the result are in
// from's location.
func ComputeVerbatims(ctx context.Context, db *store.DB, from, to time.Time) (Verbatims, error) {
	v := &verbatimRun{words: usages{}, expressions: usages{}, calls: []Verbatim{}}
	if err := v.read(ctx, db, from, to); err != nil {
		return Verbatims{}, fmt.Errorf("record: reading verbatims: %w", db.Explain(err))
	}
	reasons, err := readReasons(ctx, db, from, to)
	if err != nil {
		return Verbatims{}, fmt.Errorf("record: reading the reasons of marks: %w", db.Explain(err))
	}
	return Verbatims{From: from, To: to, Calls: v.calls, Words: v.words.list(1), Expressions: v.expressions.list(2), Reasons: reasons}, nil
}

func readReasons(ctx context.Context, db *store.DB, from, to time.Time) ([]Reason, error) {
	rows, err := db.QueryContext(ctx, `SELECT c.id, c.started_at, c.region, c.rating, f.data FROM calls c JOIN facts f ON f.call_id = c.id AND f.kind = 'rating_reason'
		WHERE c.started_at >= $1 AND c.started_at < $2 AND c.line = 'production' ORDER BY c.region IS NULL, c.region, c.started_at, c.id, f.seq`,
		store.FormatTime(from), store.FormatTime(to))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := []Reason{}
	for rows.Next() {
		var r Reason
		var at, data string
		if err := rows.Scan(&r.ID, &at, &r.Region, &r.Mark, &data); err != nil {
			return nil, err
		}
		started, err := store.ParseTime(at)
		if err != nil {
			return nil, err
		}
		r.StartedAt = started.In(from.Location())
		var said Said
		if err := json.Unmarshal([]byte(data), &said); err != nil {
			return nil, fmt.Errorf("a reason of call %s is unreadable: %w", r.ID, err)
		}
		if r.Text = said.Text; r.Text != "" { // its retention has passed
			out = append(out, r)
		}
	}
	return out, errors.Join(rows.Err(), rows.Close())
}

func (v *verbatimRun) read(ctx context.Context, db *store.DB, from, to time.Time) error {
	rows, err := db.QueryContext(ctx, `SELECT c.id, c.started_at, c.statuses, c.answered_at IS NOT NULL AND c.ended_at IS NOT NULL, f.data
		FROM calls c JOIN facts f ON f.call_id = c.id AND f.kind = 'turn'
		WHERE c.started_at >= $1 AND c.started_at < $2 AND c.line = 'production' ORDER BY c.started_at, c.id, f.seq`, store.FormatTime(from), store.FormatTime(to))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id, at, statuses, data string
		var over bool
		if err := rows.Scan(&id, &at, &statuses, &over, &data); err != nil {
			return err
		}
		if v.now == nil || v.now.ID != id {
			v.end()
			started, err := store.ParseTime(at)
			if err != nil {
				return err
			}
			v.now = &Verbatim{ID: id, StartedAt: started.In(from.Location()), Statuses: splitStatuses(statuses)}
			v.keep = over && !slices.Contains(v.now.Statuses, Efficace)
		}
		var said Said
		if err := json.Unmarshal([]byte(data), &said); err != nil {
			return fmt.Errorf("a turn of call %s is unreadable: %w", id, err)
		}
		if v.keep {
			v.now.Turns = append(v.now.Turns, said)
		}
		if said.Who == "caller" {
			v.count(said.Text, id)
		}
	}
	v.end()
	return errors.Join(rows.Err(), rows.Close())
}
