package privacy

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/acotel/acotel-sbc/capture"
	"github.com/acotel/acotel-sbc/config"
	"github.com/acotel/acotel-sbc/store"
)

// Backups is the folder, in the data folder, of backups whose retention is watched; their names begin with BackupPrefix.
const (
	Backups      = "backups"
	BackupPrefix = "acotel-backup-"
)

// batchCalls is how many calls one transaction changes: the writing connection stays free for the calls in progress.
const batchCalls = 500

// halfHour is the finest period of a figure (K9); past its retention a call is known at that grain.
const halfHour = 30 * time.Minute

// Destroyed tells what was destroyed of one kind of data.
type Destroyed struct {
	Kind  string     `json:"kind"`
	Label string     `json:"label"` // French
	Days  int        `json:"retention_days"`
	Count int64      `json:"count"`
	From  *time.Time `json:"from"` // moment of the oldest and of the newest; null when there are none
	To    *time.Time `json:"to"`
}

// Purge is the content of a certificate.
type Purge struct {
	At        time.Time   `json:"at"`
	By        string      `json:"by"`
	DryRun    bool        `json:"dry_run,omitempty"`
	Destroyed []Destroyed `json:"destroyed"`
}

// Count is how many records were destroyed in all.
func (p Purge) Count() (n int64) {
	for _, d := range p.Destroyed {
		n += d.Count
	}
	return n
}

// Purger destroys what is past its retention.
type Purger struct {
	DB      *store.DB
	Ledger  *Ledger
	Dir     string // data folder
	Keep    config.Retention
	Capture time.Duration // retention of captures
	Now     func() time.Time
}

// rule is one kind of data with its way to be found and destroyed.
type rule struct {
	kind, label string
	days        int
	count       string // SELECT COUNT(*), MIN(…), MAX(…) with $1, the first moment kept
	destroy     func(ctx context.Context, before string) error
}

const (
	saidKinds  = "'turn', 'place_heard', 'rating_reason', 'sms_consent'"
	overBefore = "(ended_at IS NOT NULL OR answered_at IS NULL) AND started_at < $1" // never a call in progress
)

func (p *Purger) rules() []rule {
	k := p.Keep
	return []rule{
		{"transcripts", "Transcriptions (paroles anonymisées) des appels", k.TranscriptsDays,
			"SELECT COUNT(*), MIN(at), MAX(at) FROM facts WHERE kind IN (" + saidKinds + ") AND at < $1 AND (data LIKE '%\"text\"%' OR data LIKE '%\"words\"%')",
			p.inCalls("EXISTS (SELECT 1 FROM facts f WHERE f.call_id = calls.id AND f.kind IN ("+saidKinds+") AND f.at < $1 AND (f.data LIKE '%\"text\"%' OR f.data LIKE '%\"words\"%'))", forgetWords)},
		{"numbers", "Numéros d'appelants (masqués) et leurs empreintes", k.NumbersDays,
			"SELECT COUNT(*), MIN(started_at), MAX(started_at) FROM calls WHERE NOT anonymous AND " + overBefore + " AND (caller_masked <> '' OR caller_hash <> '')",
			p.inCalls("NOT anonymous AND "+overBefore+" AND (caller_masked <> '' OR caller_hash <> '')", forgetCaller)},
		{"calls", "Traces et faits des appels (les chiffres anonymes demeurent)", k.CallsDays,
			"SELECT COUNT(*), MIN(started_at), MAX(started_at) FROM calls WHERE NOT anonymous AND " + overBefore,
			p.inCalls("NOT anonymous AND "+overBefore, anonymiseCall)},
		{"sms", "SMS : texte, consentement, empreinte du numéro", k.SMSDays,
			"SELECT COUNT(*), MIN(created_at), MAX(created_at) FROM sms_outbox WHERE reported AND created_at < $1",
			p.statement("DELETE FROM sms_outbox WHERE reported AND created_at < $1")},
		{"blocked", "Oppositions aux SMS (empreintes)", k.BlockedDays,
			"SELECT COUNT(*), MIN(blocked_at), MAX(blocked_at) FROM sms_blocked WHERE blocked_at < $1",
			p.statement("DELETE FROM sms_blocked WHERE blocked_at < $1")},
		{"marks", "Signalements du téléphone d'essai (paroles et commentaires anonymisés)", k.TranscriptsDays,
			"SELECT COUNT(*), MIN(at), MAX(at) FROM softphone_marks WHERE at < $1",
			p.statement("DELETE FROM softphone_marks WHERE at < $1")},
		{"audit", "Journal des accès et registre des violations (contenu)", k.AuditDays,
			"SELECT COUNT(*), MIN(at), MAX(at) FROM ledger WHERE kind IN ('audit', 'breach') AND content <> '' AND at < $1",
			p.statement("UPDATE ledger SET content = '' WHERE kind IN ('audit', 'breach') AND content <> '' AND at < $1")},
	}
}

// Run destroys what is past its retention and writes the certificate into the ledger, when there was anything. With dryRun it only tells.
func (p *Purger) Run(ctx context.Context, by string, dryRun bool) (Purge, error) {
	now := p.Now().UTC()
	done := Purge{At: now.Truncate(time.Second), By: by, DryRun: dryRun, Destroyed: []Destroyed{}}
	var failed error
	for _, r := range p.rules() {
		before := store.FormatTime(now.AddDate(0, 0, -r.days))
		d, err := p.find(ctx, r, before)
		if err == nil && d.Count > 0 && !dryRun {
			err = r.destroy(ctx, before)
		}
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("privacy: purge of %s: %w", r.kind, p.DB.Explain(err)))
			continue // what was not destroyed stands in no certificate
		}
		done.Destroyed = append(done.Destroyed, d)
	}
	files, err := p.files(now, dryRun)
	failed = errors.Join(failed, err)
	done.Destroyed = append(done.Destroyed, files...)
	if dryRun || done.Count() == 0 {
		return done, failed
	}
	_, err = p.Ledger.Append(ctx, Certificate, done)
	return done, errors.Join(failed, err)
}

func (p *Purger) find(ctx context.Context, r rule, before string) (Destroyed, error) {
	d := Destroyed{Kind: r.kind, Label: r.label, Days: r.days}
	var from, to sql.NullString
	if err := p.DB.QueryRowContext(ctx, r.count, before).Scan(&d.Count, &from, &to); err != nil {
		return d, err
	}
	for _, x := range []struct {
		text sql.NullString
		at   **time.Time
	}{{from, &d.From}, {to, &d.To}} {
		if x.text.Valid {
			at, err := store.ParseTime(x.text.String)
			if err != nil {
				return d, err
			}
			*x.at = &at
		}
	}
	return d, nil
}

func (p *Purger) statement(query string) func(context.Context, string) error {
	return func(ctx context.Context, before string) error {
		_, err := p.DB.ExecContext(ctx, query, before)
		return err
	}
}

// inCalls changes the calls that a condition chooses, some in each transaction, until none is left.
func (p *Purger) inCalls(condition string, change func(ctx context.Context, tx *sql.Tx, callID string) error) func(context.Context, string) error {
	query := fmt.Sprintf("SELECT id FROM calls WHERE %s LIMIT %d", condition, batchCalls)
	return func(ctx context.Context, before string) error {
		for {
			n := 0
			err := p.DB.Tx(ctx, func(tx *sql.Tx) error {
				ids, err := store.Strings(ctx, tx, query, before)
				if err != nil {
					return err
				}
				n = len(ids)
				for _, id := range ids {
					if err := change(ctx, tx, id); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil || n < batchCalls {
				return err
			}
		}
	}
}

// forgetWords takes what was said out of a call's facts. What statuses and tries are made of stays.
func forgetWords(ctx context.Context, tx *sql.Tx, callID string) error {
	return editFacts(ctx, tx, callID, saidKinds, "text", "words")
}

// forgetCaller takes the number and its hash out of a call and of its facts.
func forgetCaller(ctx context.Context, tx *sql.Tx, callID string) error {
	if err := editFacts(ctx, tx, callID, "'presented'", "caller", "caller_masked", "caller_hash"); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, "UPDATE calls SET caller_masked = '', caller_hash = '' WHERE id = $1", callID)
	return err
}

// editFacts deletes keys from the data of a call's facts.
func editFacts(ctx context.Context, tx *sql.Tx, callID, kinds string, keys ...string) error {
	rows, err := tx.QueryContext(ctx, "SELECT seq, data FROM facts WHERE call_id = $1 AND kind IN ("+kinds+")", callID)
	if err != nil {
		return err
	}
	defer rows.Close()
	edited := map[int64]string{}
	for rows.Next() {
		var seq int64
		var data string
		if err := rows.Scan(&seq, &data); err != nil {
			return err
		}
		var m map[string]any
		if err := json.Unmarshal([]byte(data), &m); err != nil {
			return fmt.Errorf("a fact of call %s is unreadable: %w", callID, err)
		}
		for _, k := range keys {
			delete(m, k)
		}
		clean, err := json.Marshal(m)
		if err != nil {
			return err
		}
		if string(clean) != data {
			edited[seq] = string(clean)
		}
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	for seq, data := range edited {
		if _, err := tx.ExecContext(ctx, "UPDATE facts SET data = $1 WHERE call_id = $2 AND seq = $3", data, callID, seq); err != nil {
			return err
		}
	}
	return nil
}

// anonymiseCall leaves of a call what figures count: line, statuses, region, origin, duration, tries, mark, counts, at the half-hour, under
// a random name. Its facts, its postal code and its messages' link to it are gone.
func anonymiseCall(ctx context.Context, tx *sql.Tx, callID string) error {
	var text string
	if err := tx.QueryRowContext(ctx, "SELECT started_at FROM calls WHERE id = $1", callID).Scan(&text); err != nil {
		return err
	}
	at, err := store.ParseTime(text)
	if err != nil {
		return err
	}
	raw := make([]byte, 16)
	_, _ = rand.Read(raw) // never fails
	for _, s := range []struct {
		query string
		args  []any
	}{
		{"DELETE FROM facts WHERE call_id = $1", []any{callID}},
		{"DELETE FROM softphone_marks WHERE call_id = $1", []any{callID}},
		{"UPDATE sms_outbox SET call_id = '' WHERE call_id = $1", []any{callID}},
		{`UPDATE calls SET id = $1, started_at = $2, answered_at = CASE WHEN answered_at IS NULL THEN NULL ELSE $2 END, ended_at = CASE WHEN ended_at IS NULL THEN NULL ELSE $2 END,
			called = '', trunk = '', codec = '', caller_masked = '', caller_hash = '', end_reason = NULL, end_cause = NULL, postal_code = NULL, insee = NULL, welcome_ms = NULL,
			conversation_ms = NULL, quality = NULL, incident_at = CASE WHEN incident_at IS NULL THEN NULL ELSE $2 END, anonymous = TRUE WHERE id = $3`,
			[]any{"anonyme-" + hex.EncodeToString(raw), store.FormatTime(at.Truncate(halfHour)), callID}},
	} {
		if _, err := tx.ExecContext(ctx, s.query, s.args...); err != nil {
			return err
		}
	}
	return nil
}

// note counts one more, of a moment.
func (d *Destroyed) note(at time.Time) {
	at = at.UTC().Truncate(time.Second)
	d.Count++
	if d.From == nil || at.Before(*d.From) {
		d.From = &at
	}
	if d.To == nil || at.After(*d.To) {
		d.To = &at
	}
}

func (p *Purger) captures() Destroyed {
	return Destroyed{Kind: "captures", Label: "Captures de diagnostic (signalisation et son)", Days: int(p.Capture.Hours() / 24)}
}

// CapturesGone writes the certificate of captures that were deleted when their time had come, minutes after it and not at the next Run.
func (p *Purger) CapturesGone(ctx context.Context, by string, gone []capture.File) error {
	d := p.captures()
	for _, f := range gone {
		d.note(f.At)
	}
	return p.certify(ctx, by, d)
}

// RecordingsGone is CapturesGone for the sound that testers of the browser's telephone had kept.
func (p *Purger) RecordingsGone(ctx context.Context, by string, files int, keep time.Duration) error {
	return p.certify(ctx, by, Destroyed{Kind: "recordings", Label: "Enregistrements du téléphone d'essai (son)", Days: int(keep.Hours() / 24), Count: int64(files)})
}

func (p *Purger) certify(ctx context.Context, by string, d Destroyed) error {
	_, err := p.Ledger.Append(ctx, Certificate, Purge{At: p.Now().UTC().Truncate(time.Second), By: by, Destroyed: []Destroyed{d}})
	return err
}

// files deletes captures and backups past their retention.
func (p *Purger) files(now time.Time, dryRun bool) ([]Destroyed, error) {
	captures, backups := p.captures(), Destroyed{Kind: "backups", Label: "Sauvegardes", Days: p.Keep.BackupsDays}
	list, failed := capture.Files(p.Dir, p.Capture)
	for _, f := range list {
		if now.Before(f.Expires) {
			continue
		}
		if !dryRun {
			if err := os.Remove(f.Name); err != nil {
				failed = errors.Join(failed, fmt.Errorf("privacy: %w", err))
				continue
			}
		}
		captures.note(f.At)
	}
	entries, err := os.ReadDir(filepath.Join(p.Dir, Backups))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		failed = errors.Join(failed, fmt.Errorf("privacy: %w", err))
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() || !strings.HasPrefix(e.Name(), BackupPrefix) || info.ModTime().After(now.AddDate(0, 0, -p.Keep.BackupsDays)) {
			continue
		}
		if !dryRun {
			if err := os.Remove(filepath.Join(p.Dir, Backups, e.Name())); err != nil {
				failed = errors.Join(failed, fmt.Errorf("privacy: %w", err))
				continue
			}
		}
		backups.note(info.ModTime())
	}
	return []Destroyed{captures, backups}, failed
}
