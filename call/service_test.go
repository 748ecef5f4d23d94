package call

import (
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/acotel/acotel-sbc/config"
	"github.com/acotel/acotel-sbc/personal"
	"github.com/acotel/acotel-sbc/record"
	"github.com/acotel/acotel-sbc/sip"
)

func TestLines(t *testing.T) {
	t.Parallel()
	x := serving(t, func(c *Config) {
		c.Lines = []config.Line{
			{Number: "0970000000", Kind: config.Production}, {Number: "0199000099", Kind: config.Test},
			{Number: "0970000001", Kind: config.Suspended, Message: "En travaux"}, {Number: "0970000002", Kind: config.Suspended},
			{Number: "0970000003", Kind: config.Echo},
			{Number: "0970000004", Kind: config.Production, SuspendedFrom: "2020-01-01T00:00:00+01:00", Message: "Vacances"},
		}
	})
	t.Run("unknown", func(t *testing.T) {
		if p := x.ring("0970000009"); p.status != 404 {
			t.Errorf("status %d", p.status)
		}
	})
	t.Run("suspended", func(t *testing.T) {
		for number, text := range map[string]string{"0970000001": "En travaux", "+33970000002": "Fermé", "0970000004": "Vacances"} {
			p := x.ring(number)
			until(t, "the end", p.over)
			if x.said(text) != 1 || p.heard(0) == 0 {
				t.Errorf("%s: %q was said %d times", number, text, x.said(text))
			}
		}
	})
	t.Run("echo", func(t *testing.T) {
		p := x.ring("0970000003")
		time.Sleep(300 * time.Millisecond)
		if n := p.heard(0); n > 0 {
			t.Errorf("an echo line spoke first: %d frames", n)
		}
		p.say(time.Second)
		until(t, "the echo", func() bool { return p.heard(0)+p.mended() > 45 })
		p.hangUp()
	})
	t.Run("production and test", func(t *testing.T) {
		for number, line := range map[string]string{"0970000000": "production", "0199000099": "test"} {
			p := x.ring(number)
			until(t, "the welcome", func() bool { return p.heard(0) > 5 })
			p.hangUp()
			if got := x.lineOf(number); got != line {
				t.Errorf("%s counts for the line %q, not %q", number, got, line)
			}
		}
	})
}

// lineOf is the line for which the calls to a number are counted.
func (r *recorder) lineOf(called string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, f := range r.facts {
		if f.Kind == record.Presented && f.Data["called"] == called {
			return f.Data["line"].(string)
		}
	}
	return ""
}

func TestCallerIsKeptMasked(t *testing.T) {
	t.Parallel()
	x := serving(t, func(c *Config) { c.Hash = func(n personal.Phone) string { return "hash of " + n.Reveal()[:4] } })
	p := x.ring("0970000000")
	until(t, "the welcome", func() bool { return p.heard(0) > 60 }) // long enough for quality to be known
	p.hangUp()
	f, ok := x.fact(record.Presented)
	if !ok || f.Data["caller_masked"] != "063998••••" || f.Data["origin"] != "mobile" || f.Data["caller_hash"] != "hash of +336" || f.Data["line"] != "production" {
		t.Errorf("%v", f.Data)
	}
	until(t, "the last fact", func() bool { _, ok := x.fact(record.Ended); return ok })
	if f, _ := x.fact(record.Ended); f.Data["by"] != "remote" {
		t.Errorf("ended %v", f.Data)
	}
	if f, _ := x.fact(record.Quality); f.Data["loss"] != 0.0 || f.Data["mos"].(float64) <= 1 || f.Data["mos"].(float64) > 4.5 {
		t.Errorf("quality %v", f.Data)
	}
}

// TestWithheldNumberIsNowhere: a caller who hides their number is known to nobody, though the operator tells it (T5, G1).
func TestWithheldNumberIsNowhere(t *testing.T) {
	t.Parallel()
	var log lockedText
	x := serving(t, func(c *Config) {
		c.Hash = func(n personal.Phone) string { return "hash of " + n.Reveal() }
		c.Log = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	p := x.ring("0970000000", func(r *sip.DialRequest) {
		r.From, r.Headers = "", map[string]string{"P-Asserted-Identity": `"Mme Rose" <tel:+33639985678>`, "Privacy": "id", "Remote-Party-ID": "<sip:0639985678@192.0.2.1>"}
	})
	until(t, "the welcome", func() bool { return x.said(notice) == 1 })
	p.hangUp()
	until(t, "the last fact", func() bool { _, ok := x.fact(record.Ended); return ok })
	f, _ := x.fact(record.Presented)
	if f.Data["caller_masked"] != "" || f.Data["origin"] != "masque" || f.Data["caller_hash"] != nil {
		t.Errorf("presented %v", f.Data)
	}
	x.mu.Lock()
	everything := fmt.Sprint(x.facts, x.seen) + log.String()
	x.mu.Unlock()
	// Whole or masked, in digits enough that no port and no time of day has them by chance.
	for _, secret := range []string{"39985678", "39 98 56 78", "•", "Rose"} {
		if strings.Contains(everything, secret) {
			t.Errorf("%q is kept\n%s", secret, everything)
		}
	}
}

// lockedText is a log in memory.
type lockedText struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *lockedText) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}
func (l *lockedText) String() string { l.mu.Lock(); defer l.mu.Unlock(); return l.b.String() }
