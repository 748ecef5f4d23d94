package privacy

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/acotel/acotel-sbc/capture"
	"github.com/acotel/acotel-sbc/personal"
	"github.com/acotel/acotel-sbc/record"
	"github.com/acotel/acotel-sbc/store"
)

// Dossier is everything known of one number (GDPR articles 15 and 20). The number itself is not in it: nobody knows it but who asked.
type Dossier struct {
	Number   string           `json:"number"` // last 4 digits hidden
	At       time.Time        `json:"at"`
	Calls    []DossierCall    `json:"calls"`
	SMS      []DossierSMS     `json:"sms"`
	Blocked  []DossierRefusal `json:"sms_refusals"`
	Captures []DossierCapture `json:"captures"`
}

// DossierCapture is a diagnostic capture of a call, with its sound and the number in clear; it is in the captures' folder.
type DossierCapture struct {
	Call string    `json:"call"`
	At   time.Time `json:"at"`
	File string    `json:"file"`
}

// DossierCall is a call with all of its facts.
type DossierCall struct {
	record.Trace
	Facts []DossierFact `json:"facts"`
}

// DossierFact is one fact of a call.
type DossierFact struct {
	At   time.Time      `json:"at"`
	Kind string         `json:"kind"`
	Data map[string]any `json:"data"`
}

// DossierSMS is a message to the number.
type DossierSMS struct {
	SentAt        string `json:"created_at"`
	Text          string `json:"text"`
	Consent       string `json:"consent"`
	State         string `json:"state"`
	Delivery      string `json:"delivery"`
	Provider      string `json:"provider"`
	NumberInClear bool   `json:"number_in_clear"` // only until it is delivered or given up
}

// DossierRefusal is an entry of the do-not-send list.
type DossierRefusal struct {
	Since  string `json:"since"`
	Reason string `json:"reason"`
}

// Numbers answers requests about one number, which it knows by its hashes alone.
type Numbers struct {
	DB  *store.DB
	Dir string // data folder, where captures of calls are
	Key *personal.NumberKey
	Now func() time.Time
}

// Access gathers everything known of a number in E.164 form.
func (n *Numbers) Access(ctx context.Context, number personal.Phone) (Dossier, error) {
	d := Dossier{Number: number.String(), At: n.Now().Truncate(time.Second), Calls: []DossierCall{}, SMS: []DossierSMS{}, Blocked: []DossierRefusal{}, Captures: []DossierCapture{}}
	for _, hash := range n.Key.Hashes(number) {
		ids, err := n.calls(ctx, hash)
		if err != nil {
			return d, err
		}
		for _, id := range ids {
			c, err := n.call(ctx, id)
			if err != nil {
				return d, err
			}
			d.Calls = append(d.Calls, c)
		}
		if err := n.captures(ids, &d); err != nil {
			return d, err
		}
		if err := n.messages(ctx, hash, &d); err != nil {
			return d, fmt.Errorf("privacy: reading messages: %w", n.DB.Explain(err))
		}
	}
	return d, nil
}

func (n *Numbers) calls(ctx context.Context, hash string) ([]string, error) {
	tx, err := n.DB.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, err
	}
	defer func() { _ = tx.Rollback() }()
	ids, err := store.Strings(ctx, tx, "SELECT id FROM calls WHERE caller_hash = $1 ORDER BY started_at, id", hash)
	if err != nil {
		return nil, fmt.Errorf("privacy: reading calls: %w", n.DB.Explain(err))
	}
	return ids, nil
}

func (n *Numbers) call(ctx context.Context, id string) (DossierCall, error) {
	c := DossierCall{Facts: []DossierFact{}}
	for t, err := range record.Traces(ctx, n.DB, record.Filter{ID: id}) {
		if err != nil {
			return c, err
		}
		c.Trace = t
	}
	facts, err := record.Facts(ctx, n.DB, id)
	for _, f := range facts {
		delete(f.Data, "caller_hash") // means nothing outside
		c.Facts = append(c.Facts, DossierFact{At: f.At, Kind: string(f.Kind), Data: f.Data})
	}
	return c, err
}

func (n *Numbers) captures(ids []string, d *Dossier) error {
	files, err := capture.Files(n.Dir, 0)
	if err != nil {
		return fmt.Errorf("privacy: %w", err)
	}
	for _, f := range files {
		if slices.Contains(ids, f.Call) {
			d.Captures = append(d.Captures, DossierCapture{Call: f.Call, At: f.At.Truncate(time.Second), File: filepath.Base(f.Name)})
		}
	}
	return nil
}

func (n *Numbers) messages(ctx context.Context, hash string, d *Dossier) error {
	rows, err := n.DB.QueryContext(ctx, "SELECT created_at, body, consent, state, delivery, provider, recipient <> '' FROM sms_outbox WHERE recipient_hash = $1 ORDER BY created_at, key", hash)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var m DossierSMS
		if err := rows.Scan(&m.SentAt, &m.Text, &m.Consent, &m.State, &m.Delivery, &m.Provider, &m.NumberInClear); err != nil {
			return err
		}
		d.SMS = append(d.SMS, m)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	var r DossierRefusal
	err = n.DB.QueryRowContext(ctx, "SELECT blocked_at, reason FROM sms_blocked WHERE recipient_hash = $1", hash).Scan(&r.Since, &r.Reason)
	if err == nil {
		d.Blocked = append(d.Blocked, r)
	}
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	return err
}

// Erased tells what an erasure destroyed.
type Erased struct {
	Calls      int   `json:"calls"`        // made anonymous
	Captures   int   `json:"captures"`     // of these calls, deleted
	SMS        int64 `json:"sms"`          // deleted, also those still to be sent
	InProgress int   `json:"in_progress"`  // calls that go on, and SMS being handed over: ask again when that is over
	Refusals   int   `json:"sms_refusals"` // kept: they carry out the person's own wish (no SMS)
}

// Erase makes every call of a number anonymous and deletes its messages, and the captures of its calls (article 17). Figures do not change. An entry on the do-not-send list
// stays: it keeps us from writing to the person again.
func (n *Numbers) Erase(ctx context.Context, number personal.Phone) (Erased, error) {
	var e Erased
	for _, hash := range n.Key.Hashes(number) {
		ids, err := n.over(ctx, hash)
		if err != nil {
			return e, fmt.Errorf("privacy: erasing: %w", n.DB.Explain(err))
		}
		gone, err := capture.DeleteOf(n.Dir, ids) // first: once a call is anonymous nobody knows which file is its
		if e.Captures += gone; err != nil {
			return e, fmt.Errorf("privacy: erasing: %w", err)
		}
		err = n.DB.Tx(ctx, func(tx *sql.Tx) error {
			for _, id := range ids {
				if err := anonymiseCall(ctx, tx, id); err != nil {
					return err
				}
			}
			e.Calls += len(ids)
			var going, sending, refusals int
			if err := tx.QueryRowContext(ctx, "SELECT COUNT(*) FROM calls WHERE caller_hash = $1", hash).Scan(&going); err != nil {
				return err
			}
			if err := tx.QueryRowContext(ctx, "SELECT COUNT(*) FROM sms_outbox WHERE recipient_hash = $1 AND state = 'sending'", hash).Scan(&sending); err != nil {
				return err
			}
			if err := tx.QueryRowContext(ctx, "SELECT COUNT(*) FROM sms_blocked WHERE recipient_hash = $1", hash).Scan(&refusals); err != nil {
				return err
			}
			e.InProgress, e.Refusals = e.InProgress+going+sending, e.Refusals+refusals
			res, err := tx.ExecContext(ctx, "DELETE FROM sms_outbox WHERE recipient_hash = $1 AND state <> 'sending'", hash)
			if err != nil {
				return err
			}
			m, err := res.RowsAffected()
			e.SMS += m
			return err
		})
		if err != nil {
			return e, fmt.Errorf("privacy: erasing: %w", n.DB.Explain(err))
		}
	}
	return e, nil
}

// over are the calls of a number that are over.
func (n *Numbers) over(ctx context.Context, hash string) ([]string, error) {
	tx, err := n.DB.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, err
	}
	defer func() { _ = tx.Rollback() }()
	return store.Strings(ctx, tx, "SELECT id FROM calls WHERE caller_hash = $1 AND (ended_at IS NOT NULL OR answered_at IS NULL)", hash)
}

// Breach is one entry of the log of breaches (GDPR article 33.5). It is reported to the controller within 48 hours (contract), who has 72 to
// tell the authority.
type Breach struct {
	Found    time.Time `json:"found"`    // when it was noticed
	Nature   string    `json:"nature"`   // what happened
	Data     string    `json:"data"`     // which data, of whom, how many
	Effects  string    `json:"effects"`  // likely consequences
	Measures string    `json:"measures"` // taken or planned
	Reported string    `json:"reported"` // to whom and when; "": not yet
	By       string    `json:"by"`
}

// ReportWithin is how soon the controller is told.
const ReportWithin = 48 * time.Hour

// Deadline is the moment by which the controller must be told.
func (b Breach) Deadline() time.Time { return b.Found.Add(ReportWithin) }

// ContentOf decodes the content of an entry; false when its retention has passed.
func ContentOf[T any](e Entry) (v T, ok bool, err error) {
	if string(e.Content) == "null" {
		return v, false, nil
	}
	if err := json.Unmarshal(e.Content, &v); err != nil {
		return v, false, fmt.Errorf("privacy: entry %d of the ledger is unreadable: %w", e.Seq, err)
	}
	return v, true, nil
}
