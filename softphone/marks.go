package softphone

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/acotel/acotel-sbc/store"
)

// Mark is a turn that a tester says was misunderstood, kept for the review of C18. Its texts are anonymised.
type Mark struct {
	ID       string    `json:"id"`
	CallID   string    `json:"call_id"`
	At       time.Time `json:"at"`      // of the mark
	SaidAt   time.Time `json:"said_at"` // of the turn
	Who      string    `json:"who"`     // of the turn: caller or service
	State    string    `json:"state"`
	Heard    string    `json:"heard"`
	Readings []Reading `json:"readings"`
	Intent   string    `json:"intent"`
	Comment  string    `json:"comment"`
}

// Marks keeps them.
type Marks struct {
	DB   *store.DB
	Hide func(text string) string // anonymises
}

// longestComment is what a tester may write, in bytes: the page's thousand characters, of three bytes at most.
const longestComment = 3000

// add keeps a mark of one event of a call.
func (m *Marks) add(ctx context.Context, callID string, e Event, comment string) (Mark, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return Mark{}, fmt.Errorf("softphone: %w", err)
	}
	k := Mark{ID: id.String(), CallID: callID, At: time.Now(), SaidAt: e.At, Who: e.Who, State: e.Dialog, Heard: m.Hide(e.Text), Readings: []Reading{}, Comment: m.Hide(comment)}
	for _, r := range e.Alternatives {
		k.Readings = append(k.Readings, Reading{m.Hide(r.Text), r.Confidence})
	}
	if len(e.Intents) > 0 {
		k.Intent = e.Intents[0].Name
	}
	readings, err := json.Marshal(k.Readings)
	if err != nil {
		return k, fmt.Errorf("softphone: %w", err)
	}
	_, err = m.DB.ExecContext(ctx, "INSERT INTO softphone_marks (id, call_id, at, said_at, who, state, heard, readings, intent, comment) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
		k.ID, k.CallID, store.FormatTime(k.At), store.FormatTime(k.SaidAt), k.Who, k.State, k.Heard, string(readings), k.Intent, k.Comment)
	if err != nil {
		return k, fmt.Errorf("softphone: keeping a mark: %w", m.DB.Explain(err))
	}
	return k, nil
}

// List gives the marks from a moment on, oldest first; times are in the moment's location.
func (m *Marks) List(ctx context.Context, from time.Time) ([]Mark, error) {
	rows, err := m.DB.QueryContext(ctx, "SELECT id, call_id, at, said_at, who, state, heard, readings, intent, comment FROM softphone_marks WHERE at >= $1 ORDER BY at, id", store.FormatTime(from))
	if err != nil {
		return nil, fmt.Errorf("softphone: reading marks: %w", m.DB.Explain(err))
	}
	defer rows.Close()
	list := []Mark{}
	for rows.Next() {
		var k Mark
		var at, said, readings string
		if err := rows.Scan(&k.ID, &k.CallID, &at, &said, &k.Who, &k.State, &k.Heard, &readings, &k.Intent, &k.Comment); err != nil {
			return nil, fmt.Errorf("softphone: reading marks: %w", err)
		}
		var bad [3]error
		k.At, bad[0] = store.ParseTime(at)
		k.SaidAt, bad[1] = store.ParseTime(said)
		bad[2] = json.Unmarshal([]byte(readings), &k.Readings)
		if err := errors.Join(bad[:]...); err != nil {
			return nil, fmt.Errorf("softphone: mark %s: %w", k.ID, err)
		}
		k.At, k.SaidAt = k.At.In(from.Location()), k.SaidAt.In(from.Location())
		list = append(list, k)
	}
	return list, errors.Join(rows.Err(), rows.Close())
}
