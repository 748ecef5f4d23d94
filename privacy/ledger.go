package privacy

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/acotel/acotel-sbc/store"
)

// EntryKind is what an entry of the ledger is about.
type EntryKind string

// The kinds of entries.
const (
	Audit       EntryKind = "audit"       // somebody read or changed personal data
	Certificate EntryKind = "certificate" // personal data was destroyed
	BreachKind  EntryKind = "breach"      // personal data was lost, altered or seen by somebody it was not for
)

// Entry is one line of the ledger.
type Entry struct {
	Seq     int64           `json:"seq"`
	At      time.Time       `json:"at"`
	Kind    EntryKind       `json:"kind"`
	Content json.RawMessage `json:"content"` // null once its retention has passed
	Hash    string          `json:"hash"`

	prev, contentHash string
}

// Action is the content of an audit entry. It holds no number in clear.
type Action struct {
	Actor  string         `json:"actor"`
	Action string         `json:"action"`
	Detail map[string]any `json:"detail,omitempty"`
}

// Ledger is the append-only log of a database. Head is the file that holds the last hash seen; it lies beside the database, not in it.
type Ledger struct {
	db   *store.DB
	head string
	now  func() time.Time
}

// headFile is the name of that file in the data folder.
const headFile = "ledger.head"

// OpenLedger gives the ledger of db, whose data folder is dir.
func OpenLedger(db *store.DB, dir string) *Ledger {
	return &Ledger{db: db, head: filepath.Join(dir, headFile), now: time.Now}
}

// Act writes that somebody did something.
func (l *Ledger) Act(ctx context.Context, actor, action string, detail map[string]any) error {
	_, err := l.Append(ctx, Audit, Action{Actor: actor, Action: action, Detail: detail})
	return err
}

// Append writes an entry; content becomes JSON.
func (l *Ledger) Append(ctx context.Context, kind EntryKind, content any) (e Entry, err error) {
	err = l.db.Tx(ctx, func(tx *sql.Tx) error {
		e, err = l.AppendIn(ctx, tx, kind, content)
		return err
	})
	if err != nil {
		return Entry{}, fmt.Errorf("privacy: writing the ledger: %w", l.db.Explain(err))
	}
	return e, l.Keep(e)
}

// AppendIn is Append within a transaction, together with what the entry is about. Once that is committed the entry goes to Keep.
func (l *Ledger) AppendIn(ctx context.Context, tx *sql.Tx, kind EntryKind, content any) (Entry, error) {
	text, err := json.Marshal(content)
	if err != nil {
		return Entry{}, fmt.Errorf("privacy: an entry of the ledger is not JSON: %w", err)
	}
	e := Entry{At: l.now().UTC().Truncate(time.Microsecond), Kind: kind, Content: text, contentHash: hashOf(string(text))}
	if l.db.Postgres() { // SQLite's writers follow one another anyway
		if _, err := tx.ExecContext(ctx, "LOCK TABLE ledger IN SHARE ROW EXCLUSIVE MODE"); err != nil {
			return e, err
		}
	}
	err = tx.QueryRowContext(ctx, "SELECT seq, hash FROM ledger ORDER BY seq DESC LIMIT 1").Scan(&e.Seq, &e.prev)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return e, err
	}
	e.Seq++
	e.Hash = e.chain()
	_, err = tx.ExecContext(ctx, "INSERT INTO ledger (seq, at, kind, content, content_hash, prev, hash) VALUES ($1, $2, $3, $4, $5, $6, $7)",
		e.Seq, store.FormatTime(e.At), string(e.Kind), string(text), e.contentHash, e.prev, e.Hash)
	return e, err
}

// chain is the hash of an entry: SHA-256 over its fields, one a line, and the hash of the entry before.
func (e Entry) chain() string {
	return hashOf(strings.Join([]string{strconv.FormatInt(e.Seq, 10), store.FormatTime(e.At), string(e.Kind), e.contentHash, e.prev}, "\n"))
}

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// Keep writes the last hash beside the database.
func (l *Ledger) Keep(e Entry) error {
	f, err := os.CreateTemp(filepath.Dir(l.head), headFile+".*")
	if err != nil {
		return fmt.Errorf("privacy: the head of the ledger can't be kept: %w", err)
	}
	_, err = fmt.Fprintf(f, "%d %s\n", e.Seq, e.Hash)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), l.head)
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return fmt.Errorf("privacy: the head of the ledger can't be kept: %w", err)
	}
	return nil
}

// Entries lists the ledger in its order; kind "" is all.
func (l *Ledger) Entries(ctx context.Context, kind EntryKind) ([]Entry, error) {
	rows, err := l.db.QueryContext(ctx, "SELECT seq, at, kind, content, content_hash, prev, hash FROM ledger WHERE $1 = '' OR kind = $1 ORDER BY seq", string(kind))
	if err != nil {
		return nil, fmt.Errorf("privacy: reading the ledger: %w", l.db.Explain(err))
	}
	defer rows.Close()
	list := []Entry{}
	for rows.Next() {
		var e Entry
		var at, content string
		if err := rows.Scan(&e.Seq, &at, &e.Kind, &content, &e.contentHash, &e.prev, &e.Hash); err != nil {
			return nil, fmt.Errorf("privacy: reading the ledger: %w", err)
		}
		if e.At, err = store.ParseTime(at); err != nil {
			return nil, err
		}
		e.Content = json.RawMessage("null")
		if content != "" {
			e.Content = json.RawMessage(content)
		}
		list = append(list, e)
	}
	return list, errors.Join(rows.Err(), rows.Close())
}

// ErrTampered is wrapped by what Verify finds wrong.
var ErrTampered = errors.New("privacy: the ledger has been tampered with")

// Verify follows the chain from its beginning to its end and to the head kept beside the database. known, when not "", is a hash written
// down elsewhere (a printed certificate) that must be in the chain. The error wraps ErrTampered and names the first entry that is wrong.
func (l *Ledger) Verify(ctx context.Context, known string) (entries int, head string, err error) {
	list, err := l.Entries(ctx, "")
	if err != nil {
		return 0, "", err
	}
	seen := known == ""
	for i, e := range list {
		switch {
		case e.Seq != int64(i+1):
			return i, head, fmt.Errorf("%w: entry %d is missing", ErrTampered, i+1)
		case e.prev != head:
			return i, head, fmt.Errorf("%w: entry %d does not follow the one before", ErrTampered, e.Seq)
		case string(e.Content) != "null" && hashOf(string(e.Content)) != e.contentHash:
			return i, head, fmt.Errorf("%w: the content of entry %d was changed", ErrTampered, e.Seq)
		case e.chain() != e.Hash:
			return i, head, fmt.Errorf("%w: entry %d was changed", ErrTampered, e.Seq)
		}
		head = e.Hash
		seen = seen || e.Hash == known
	}
	if !seen {
		return len(list), head, fmt.Errorf("%w: the hash %s is in no entry", ErrTampered, known)
	}
	return len(list), head, l.verifyHead(list)
}

// verifyHead finds an end that was cut off, or a chain made anew.
func (l *Ledger) verifyHead(list []Entry) error {
	text, err := os.ReadFile(l.head)
	if errors.Is(err, os.ErrNotExist) {
		if len(list) == 0 {
			return nil
		}
		return fmt.Errorf("%w: the file %s, which holds the last hash, is missing", ErrTampered, l.head)
	}
	if err != nil {
		return fmt.Errorf("privacy: %w", err)
	}
	var seq int
	var hash string
	if n, _ := fmt.Sscan(string(text), &seq, &hash); n != 2 || seq < 1 {
		return fmt.Errorf("%w: the file %s is unreadable", ErrTampered, l.head)
	}
	if seq > len(list) {
		return fmt.Errorf("%w: entries %d to %d were cut off", ErrTampered, len(list)+1, seq)
	}
	if list[seq-1].Hash != hash {
		return fmt.Errorf("%w: entry %d is another one than was written", ErrTampered, seq)
	}
	return nil
}
