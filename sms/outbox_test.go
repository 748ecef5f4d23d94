package sms

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/acotel/acotel-sbc/personal"
	"github.com/acotel/acotel-sbc/store"
	"github.com/acotel/acotel-sbc/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func openStore(t *testing.T, dir string) *store.DB {
	t.Helper()
	return storetest.OpenIn(t, dir)
}

// network is a provider that keeps its promise: a key is sent once.
type network struct {
	mu     sync.Mutex
	sent   map[string]Submission
	asked  []Submission
	answer func(n int) error // for the nth Send, from 1
}

func (*network) Name() string { return "network" }

func (p *network) Send(ctx context.Context, s Submission) (Receipt, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = append(p.asked, s)
	if p.answer != nil {
		if err := p.answer(len(p.asked)); err != nil {
			return Receipt{}, err
		}
	}
	if p.sent == nil {
		p.sent = map[string]Submission{}
	}
	p.sent[s.Key] = s
	return Receipt{ProviderID: "n-" + s.Key}, nil
}

func (p *network) counts() (asked, sent int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.asked), len(p.sent)
}

// stored is a row of the table.
type stored struct {
	state, recipient, masked, consent, consentAt, reason, providerID, encoding string
	attempts, segments                                                         int
	reported                                                                   bool
}

func read(t *testing.T, db *store.DB, key string) stored {
	t.Helper()
	var r stored
	err := db.QueryRowContext(context.Background(), `SELECT state, recipient, recipient_masked, consent, consent_at, reason, provider_id, encoding, attempts, segments, reported
		FROM sms_outbox WHERE key = $1`, key).Scan(&r.state, &r.recipient, &r.masked, &r.consent, &r.consentAt, &r.reason, &r.providerID, &r.encoding, &r.attempts, &r.segments, &r.reported)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func message(key string) Message {
	return Message{CallID: "call-1", To: personal.NewPhone("0639980001"), Text: "Votre atelier : mémoire", Consent: personal.NewText("oui je veux bien"), Key: key}
}

// runUntil runs the outbox until every message has ended and been reported.
func runUntil(t *testing.T, o *Outbox) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- o.Run(ctx) }()
	for {
		var left int
		if err := o.db.QueryRowContext(ctx, "SELECT COUNT(*) FROM sms_outbox WHERE NOT reported").Scan(&left); err != nil {
			t.Fatal(err)
		}
		if left == 0 {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
}

func TestEnqueueAndRun(t *testing.T) {
	db := openStore(t, t.TempDir())
	p := &network{}
	var ends []Outcome
	o := NewOutbox(db, p, nil, WithReport(func(_ context.Context, e Outcome) error {
		ends = append(ends, e)
		return nil
	}))
	for _, key := range []string{"a", "b", "a"} {
		if err := o.Enqueue(context.Background(), message(key)); err != nil {
			t.Fatal(err)
		}
	}
	r := read(t, db, "a")
	if r.state != "queued" || r.recipient != "+33639980001" || r.masked != "063998••••" || r.segments != 1 || r.encoding != GSM7 || r.consent == "" || r.consentAt == "" {
		t.Fatalf("queued: %+v", r)
	}
	runUntil(t, o)
	r = read(t, db, "a")
	if r.state != "sent" || r.recipient != "" || r.masked != "063998••••" || r.providerID != "n-a" || r.attempts != 1 || r.consent != "oui je veux bien" {
		t.Fatalf("sent: %+v", r)
	}
	if asked, sent := p.counts(); asked != 2 || sent != 2 {
		t.Errorf("%d asked, %d sent; want 2 and 2", asked, sent)
	}
	if len(ends) != 2 || ends[0].State != Sent || ends[0].CallID != "call-1" || ends[0].ProviderID == "" {
		t.Errorf("reported: %+v", ends)
	}
	if p.asked[0].To.Reveal() != "+33639980001" {
		t.Errorf("sent to %q", p.asked[0].To.Reveal())
	}
}

func TestEnqueueRefuses(t *testing.T) {
	db := openStore(t, t.TempDir())
	o := NewOutbox(db, &network{}, nil)
	for _, c := range []struct {
		name   string
		change func(*Message)
		want   error
	}{
		{"landline", func(m *Message) { m.To = personal.NewPhone("0199000001") }, ErrNotMobile},
		{"withheld", func(m *Message) { m.To = personal.NewPhone("") }, ErrNotMobile},
		{"abroad", func(m *Message) { m.To = personal.NewPhone("+32470123456") }, ErrNotMobile},
		{"machine number", func(m *Message) { m.To = personal.NewPhone("0700123456") }, ErrNotMobile},
		{"not a number", func(m *Message) { m.To = personal.NewPhone("anonymous") }, ErrNotMobile},
		{"short number", func(m *Message) { m.To = personal.NewPhone("3960") }, ErrNotMobile},
		{"no consent", func(m *Message) { m.Consent = personal.NewText(" ") }, ErrNoConsent},
		{"no key", func(m *Message) { m.Key = "" }, ErrNoKey},
		{"no text", func(m *Message) { m.Text = "" }, ErrNoText},
	} {
		m := message("k")
		c.change(&m)
		if err := o.Enqueue(context.Background(), m); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		} else if to := m.To.Reveal(); to != "" && strings.Contains(err.Error(), to) && len(to) > 4 && to[0] != 'a' {
			t.Errorf("%s: the error shows the number: %v", c.name, err)
		}
	}
}

func TestMobile(t *testing.T) {
	for in, want := range map[string]string{
		"0639980001": "+33639980001", "+33639980001": "+33639980001", "06 39 98 00 01": "+33639980001", "0033639980001": "+33639980001",
		"+33 7 55 12 34 56": "+33755123456", "+262692123456": "+262692123456", "0692123456": "+262692123456", "0690123456": "+590690123456",
		"0694212345": "+594694212345", "0696212345": "+596696212345", "+508551234": "+508551234", "0199000001": "", "0491000001": "", "+687751234": "",
	} {
		got, masked, err := mobile(personal.NewPhone(in))
		if got.Reveal() != want || (err == nil) != (want != "") || err == nil && !strings.HasSuffix(masked, "••••") {
			t.Errorf("mobile(%s) = %q, %q, %v; want %q", in, got.Reveal(), masked, err, want)
		}
	}
}

func TestRetries(t *testing.T) {
	down := errors.New("network: no answer")
	for _, c := range []struct {
		name     string
		answer   func(n int) error
		set      Settings
		state    string
		attempts int
		reason   string
	}{
		{"third time", func(n int) error {
			if n < 3 {
				return down
			}
			return nil
		}, Settings{}, "sent", 3, ""},
		{"refused for good", func(int) error { return fmt.Errorf("network: unknown number: %w", ErrPermanent) }, Settings{}, "failed", 1, "unknown number"},
		{"given up", func(int) error { return down }, Settings{Attempts: 3}, "failed", 3, "given up after 3 attempts: network: no answer"},
		{"too old", func(int) error { return down }, Settings{Attempts: 1000, Expiry: 30 * time.Millisecond}, "expired", 0, "too old; last attempt: network: no answer"},
	} {
		t.Run(c.name, func(t *testing.T) {
			db := openStore(t, t.TempDir())
			c.set.FirstRetry, c.set.LastRetry = time.Millisecond, 4*time.Millisecond
			o := NewOutbox(db, &network{answer: c.answer}, nil, WithSettings(c.set))
			if err := o.Enqueue(context.Background(), message("k")); err != nil {
				t.Fatal(err)
			}
			runUntil(t, o)
			r := read(t, db, "k")
			if r.state != c.state || r.recipient != "" || c.attempts > 0 && r.attempts != c.attempts || !strings.Contains(r.reason, c.reason) {
				t.Errorf("%+v", r)
			}
		})
	}
}

// TestHurry: what waits for a late attempt is sent as soon as it is known that the provider is back.
func TestHurry(t *testing.T) {
	db := openStore(t, t.TempDir())
	p := &network{}
	o := NewOutbox(db, p, nil, WithSettings(Settings{FirstRetry: time.Hour, LastRetry: time.Hour}))
	p.answer = func(n int) error {
		if n == 1 {
			o.Hurry()
			return errors.New("network: no answer")
		}
		return nil
	}
	if err := o.Enqueue(context.Background(), message("k")); err != nil {
		t.Fatal(err)
	}
	runUntil(t, o)
	if r := read(t, db, "k"); r.state != "sent" || r.attempts != 2 {
		t.Errorf("%+v", r)
	}
}

func TestPause(t *testing.T) {
	o := NewOutbox(nil, &network{}, nil)
	for attempts, want := range map[int]time.Duration{1: 5 * time.Second, 2: 10 * time.Second, 4: 40 * time.Second, 8: 640 * time.Second, 9: 15 * time.Minute, 99: 15 * time.Minute} {
		if got := o.pause(attempts); got != want {
			t.Errorf("after %d attempts: %v, want %v", attempts, got, want)
		}
	}
}

// The program dies between the provider's yes and the note of it: the message is handed over again with its key, and
// the caller gets one SMS.
func TestCrashWhileSending(t *testing.T) {
	dir := t.TempDir()
	p := &network{}
	db := openStore(t, dir)
	o := NewOutbox(db, p, nil)
	if err := o.Enqueue(context.Background(), message("k")); err != nil {
		t.Fatal(err)
	}
	if claimed, err := o.claim(context.Background(), "k"); err != nil || !claimed {
		t.Fatal(claimed, err)
	}
	if again, err := o.claim(context.Background(), "k"); err != nil || again {
		t.Fatalf("taken twice: %v, %v", again, err)
	}
	if _, err := p.Send(context.Background(), Submission{Key: "k", To: personal.NewPhone("+33639980001")}); err != nil {
		t.Fatal(err)
	}

	o = NewOutbox(openStore(t, dir), p, nil)
	runUntil(t, o)
	if r := read(t, db, "k"); r.state != "sent" || r.recipient != "" || r.attempts != 2 {
		t.Errorf("%+v", r)
	}
	if asked, sent := p.counts(); asked != 2 || sent != 1 {
		t.Errorf("%d asked, %d sent; want 2 and 1", asked, sent)
	}
}

// An end is reported again until its report was taken.
func TestReportAgain(t *testing.T) {
	db := openStore(t, t.TempDir())
	calls := 0
	o := NewOutbox(db, &network{}, nil, WithReport(func(context.Context, Outcome) error {
		if calls++; calls == 1 {
			return errors.New("not now")
		}
		return nil
	}))
	if err := o.Enqueue(context.Background(), message("k")); err != nil {
		t.Fatal(err)
	}
	runUntil(t, o)
	if calls != 2 || !read(t, db, "k").reported {
		t.Errorf("%d reports", calls)
	}
}

// A message under way when the service ends is waited for.
func TestEndWhileSending(t *testing.T) {
	db := openStore(t, t.TempDir())
	began, goOn := make(chan struct{}), make(chan struct{})
	p := &network{answer: func(int) error {
		close(began)
		<-goOn
		return nil
	}}
	o := NewOutbox(db, p, nil)
	if err := o.Enqueue(context.Background(), message("k")); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- o.Run(ctx) }()
	<-began
	cancel()
	close(goOn)
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if r := read(t, db, "k"); r.state != "sent" {
		t.Errorf("%+v", r)
	}
}

func TestManyAtOnce(t *testing.T) {
	db := openStore(t, t.TempDir())
	p := &network{}
	o := NewOutbox(db, p, nil)
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 40 {
				if err := o.Enqueue(context.Background(), message(fmt.Sprintf("%d-%d", g%2, i))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	runUntil(t, o)
	if asked, sent := p.counts(); asked != 80 || sent != 80 {
		t.Errorf("%d asked, %d sent; want 80 and 80", asked, sent)
	}
}

func TestLogProvider(t *testing.T) {
	var out bytes.Buffer
	p := NewLogProvider(slog.New(slog.NewTextHandler(&out, nil)))
	s := Submission{Key: "k", To: personal.NewPhone("+33639980001"), Text: "Votre atelier"}
	a, err := p.Send(context.Background(), s)
	if err != nil {
		t.Fatal(err)
	}
	b, _ := p.Send(context.Background(), s)
	if a != b || a.ProviderID == "" {
		t.Errorf("receipts %+v and %+v", a, b)
	}
	if !strings.Contains(out.String(), "Votre atelier") || strings.Contains(out.String(), "80001") {
		t.Error(out.String())
	}
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "submission", s)
	if strings.Contains(out.String(), "80001") {
		t.Error(out.String())
	}
}
