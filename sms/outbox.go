package sms

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/acotel/acotel-sbc/personal"
	"github.com/acotel/acotel-sbc/store"
)

// What Enqueue refuses, besides ErrNotMobile.
var (
	ErrNoConsent = errors.New("sms: the caller's words of consent are missing")
	ErrNoKey     = errors.New("sms: the message has no key")
	ErrNoText    = errors.New("sms: the message has no text")
	ErrBlocked   = errors.New("sms: the number is on the do-not-send list")
	ErrTooMany   = errors.New("sms: the number has had as many messages in a day as one may get")
)

// ErrPermanent is what a provider's error wraps when trying again can't help: a number that does not exist, a text
// that is refused.
var ErrPermanent = errors.New("sms: refused for good")

// ErrDoubt is what a provider's error wraps when it isn't known whether the message was taken: the answer was lost.
var ErrDoubt = errors.New("sms: it isn't known whether the message was taken")

// Message is one SMS to send.
type Message struct {
	CallID  string
	To      personal.Phone // caller's number in any French form; a mobile
	Text    string         // from Compose
	Consent personal.Text  // the caller's own words of consent, or the key pressed; anonymised when stored
	Key     string         // idempotency: a second Enqueue with the same key does nothing
}

// Submission is what a provider gets.
type Submission struct {
	Key  string
	To   personal.Phone // E.164
	Text string

	// Doubt: an earlier attempt's answer was lost (ErrDoubt, or a crash), the provider may have taken the message.
	Doubt bool
}

// LogValue shows no number and no text.
func (s Submission) LogValue() slog.Value {
	return slog.GroupValue(slog.String("key", s.Key), slog.Any("to", s.To))
}

// Receipt is what a provider answers.
type Receipt struct {
	ProviderID string // its own name for the message
}

// Provider hands messages to the telephone networks. A message is handed over again after an error, unless that wraps ErrPermanent. With
// Doubt set Send must find out whether the message was taken before, and return its receipt if so, or give it up (ErrPermanent): a caller
// gets it once.
type Provider interface {
	Name() string
	Send(ctx context.Context, s Submission) (Receipt, error)
}

// State is where a message stands.
type State string

// The states of a message. The last three are final.
const (
	Queued  State = "queued"  // waits for its next attempt
	Sending State = "sending" // handed to the provider, whose answer is not known
	Sent    State = "sent"    // the provider took it
	Failed  State = "failed"  // refused for good, or tried too often
	Expired State = "expired" // too old to be of use
)

// Outcome is the end of a message.
type Outcome struct {
	Key, CallID string
	State       State // Sent, Failed or Expired
	Reason      string
	ProviderID  string
	Attempts    int
}

// Settings of an outbox; zero fields take the defaults.
type Settings struct {
	Attempts    int           // tries before giving up; default 8
	FirstRetry  time.Duration // pause after the first failure, doubled each time; default 5 s
	LastRetry   time.Duration // longest pause; default 15 min
	Expiry      time.Duration // age at which a message is given up; default 4 h: afterwards a caller wonders whence it comes
	SendTimeout time.Duration // longest that one Send may take; default 15 s
	Parallel    int           // messages under way at once; default 4
	PerDay      int           // messages to one number in 24 hours; 0: no limit. Who gives a number that is not theirs floods nobody
}

func (s Settings) withDefaults() Settings {
	if s.Attempts <= 0 {
		s.Attempts = 8
	}
	if s.Parallel <= 0 {
		s.Parallel = 4
	}
	for p, d := range map[*time.Duration]time.Duration{&s.FirstRetry: 5 * time.Second, &s.LastRetry: 15 * time.Minute, &s.Expiry: 4 * time.Hour, &s.SendTimeout: 15 * time.Second} {
		if *p <= 0 {
			*p = d
		}
	}
	return s
}

// Option changes how an outbox works.
type Option func(*Outbox)

// WithSettings sets times and limits.
func WithSettings(s Settings) Option { return func(o *Outbox) { o.set = s.withDefaults() } }

// WithClock sets the clock.
func WithClock(now func() time.Time) Option { return func(o *Outbox) { o.now = now } }

// WithReport has f called with the end of every message, at least once, in the goroutine of Run; an end whose report
// failed is reported again. (The call's facts sms_sent and sms_failed come from there.)
func WithReport(f func(context.Context, Outcome) error) Option {
	return func(o *Outbox) { o.report = f }
}

// Outbox keeps messages until a provider has taken them.
type Outbox struct {
	db       *store.DB
	provider Provider
	log      *slog.Logger
	set      Settings
	now      func() time.Time
	report   func(context.Context, Outcome) error
	hashes   func(personal.Phone) []string
	wake     chan struct{} // capacity 1
	hurry    atomic.Bool   // what waits for its next attempt is due now
}

// NewOutbox makes an outbox on db. Nothing is sent before Run.
func NewOutbox(db *store.DB, p Provider, log *slog.Logger, options ...Option) *Outbox {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	o := &Outbox{db: db, provider: p, log: log, set: Settings{}.withDefaults(), now: time.Now, wake: make(chan struct{}, 1),
		hashes: func(personal.Phone) []string { return nil }, report: func(context.Context, Outcome) error { return nil }}
	for _, option := range options {
		option(o)
	}
	return o
}

// Hurry has messages that wait for another attempt tried at once: the provider is there again.
func (o *Outbox) Hurry() {
	o.hurry.Store(true)
	o.poke()
}

// poke wakes Run.
func (o *Outbox) poke() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// Enqueue stores the message for sending; when it returns nil the message survives a crash. A key that is known
// already changes nothing. Errors: ErrNotMobile, ErrNoConsent, ErrNoKey, ErrNoText, ErrBlocked, ErrTooMany, or the
// store's.
func (o *Outbox) Enqueue(ctx context.Context, m Message) error {
	switch {
	case m.Key == "":
		return ErrNoKey
	case strings.TrimSpace(m.Consent.Reveal()) == "":
		return ErrNoConsent
	case strings.TrimSpace(m.Text) == "":
		return ErrNoText
	}
	to, masked, err := mobile(m.To)
	if err != nil {
		return err
	}
	hashes := o.hashes(to)
	if blocked, err := o.blocked(ctx, hashes); err != nil || blocked {
		return cmp.Or(err, ErrBlocked)
	}
	n, encoding := Segments(m.Text)
	now := store.FormatTime(o.now())
	err = o.db.Tx(ctx, func(tx *sql.Tx) error { // counted and stored at once: calls from one number may come together
		if full, err := o.full(ctx, tx, hashes, m.Key); err != nil || full {
			return cmp.Or(err, ErrTooMany)
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO sms_outbox
			(key, call_id, recipient, recipient_masked, body, segments, encoding, consent, consent_at, state, created_at, next_attempt, expires_at, recipient_hash)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $9, $9, $11, $12) ON CONFLICT (key) DO NOTHING`,
			m.Key, m.CallID, to.Reveal(), masked, m.Text, n, encoding, personal.Anonymise(m.Consent.Reveal()), now, string(Queued), store.FormatTime(o.now().Add(o.set.Expiry)), first(hashes))
		return err
	})
	if err != nil {
		return fmt.Errorf("sms: storing message %s: %w", m.Key, err)
	}
	o.poke()
	return nil
}
