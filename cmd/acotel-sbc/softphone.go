package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/netip"
	"path/filepath"
	"time"

	"github.com/acotel/acotel-sbc/call"
	"github.com/acotel/acotel-sbc/config"
	"github.com/acotel/acotel-sbc/dialog/nlu"
	"github.com/acotel/acotel-sbc/media"
	"github.com/acotel/acotel-sbc/privacy"
	"github.com/acotel/acotel-sbc/record"
	"github.com/acotel/acotel-sbc/sms"
	"github.com/acotel/acotel-sbc/softphone"
)

// recordings is the folder, in the data folder, of what testers recorded.
const recordings = "recordings"

// openSoftphone makes the telephone of the page /telephone, when there shall be one: it is made before the calls' service, which tells it
// what happens.
func (s *server) openSoftphone(understands *nlu.Parser, ports media.PortRange) error {
	c := s.cfg.Softphone
	ledger := privacy.OpenLedger(s.db, s.cfg.Data.Dir)
	kept := &softphone.Recordings{Dir: filepath.Join(s.cfg.Data.Dir, recordings), Keep: time.Duration(c.RecordingHours) * time.Hour, Max: time.Duration(c.MaxSeconds) * time.Second}
	s.sweepRecordings(kept, ledger) // also when the telephone was switched off since
	if !c.Enabled && !s.demo {
		return nil
	}
	first, last, err := c.BrowserPorts()
	if err != nil {
		return usage("softphone.ports: %w", err)
	}
	ice, err := iceServers(c)
	if err != nil {
		return err
	}
	access := softphone.AccessConfig{Loopback: s.demo, Session: time.Duration(c.SessionHours) * time.Hour, Secure: s.cfg.HTTP.Certificate != "", Links: &softphone.Links{DB: s.db}}
	who := softphone.NewAccess(access)
	cfg := softphone.Config{
		Lines: testLines(s.cfg.Lines), MaxCalls: c.MaxCalls, MaxTime: kept.Max, Ports: ports, First: first, Last: last,
		Advertise: c.Advertise, ICEServers: ice,
		Understand: func(text, state string) nlu.Result { return understands.ParseOn(time.Now(), text, state) },
		Trace:      s.traceOf,
		Marks:      &softphone.Marks{DB: s.db, Hide: anonymiser(s.cfg.Privacy).Hide},
		Access:     who, Audit: ledger, Log: s.log,
	}
	if c.RecordingHours > 0 {
		cfg.Recordings = kept
	}
	if s.softphone, err = softphone.New(cfg); err != nil {
		return err
	}
	s.later(s.softphone.Close)
	s.phonePrefix = "telephone-" + rand.Text() + "-"
	return nil
}

// sweepRecordings deletes recordings past their time as long as the service runs, and writes down that it did.
func (s *server) sweepRecordings(r *softphone.Recordings, ledger *privacy.Ledger) {
	s.beside(func(ctx context.Context) {
		r.Run(ctx, func(deleted int, err error) {
			if err != nil {
				s.log.Error("old recordings can't be deleted", "error", err)
			}
			if deleted > 0 {
				if err := purger(s.cfg, s.db).RecordingsGone(ctx, "serve", deleted, r.Keep); err != nil {
					s.log.Error("recordings were deleted, their certificate can't be written", "files", deleted, "error", err)
				}
				if err := ledger.Act(ctx, "service", "softphone.recordings.deleted", map[string]any{"files": deleted, "hours": r.Keep.Hours()}); err != nil {
					s.log.Error("softphone: the audit log can't be written", "error", err)
				}
			}
		})
	})
}

// phone is what the calls' service must know of the telephone.
func (s *server) phone() *call.Phone {
	if s.softphone == nil {
		return nil
	}
	p := &call.Phone{Prefix: s.phonePrefix, Trunk: checkTrunk}
	if s.cfg.SMS.Provider != "log" {
		p.Messenger = unsent{} // a tester shall see the message, nobody shall get it
	}
	return p
}

// unsent takes messages that are shown and not sent.
type unsent struct{}

func (unsent) Enqueue(context.Context, sms.Message) error { return nil }

// testLines are the numbers that the telephone may call, the test lines first.
func testLines(list []config.Line) (out []softphone.Line) {
	for _, l := range list {
		if l.Kind == config.Test && l.Number != "*" {
			out = append(out, softphone.Line{Number: l.Number, Label: "ligne d'essai"})
		}
	}
	for _, l := range list {
		if l.Kind == config.Echo && l.Number != "*" {
			out = append(out, softphone.Line{Number: l.Number, Label: "écho"})
		}
	}
	return out
}

func iceServers(c config.Softphone) (list []softphone.ICEServer, err error) {
	if len(c.STUN) > 0 {
		list = append(list, softphone.ICEServer{URLs: c.STUN})
	}
	if c.TURN.URL != "" {
		password, err := c.TURN.Password.Reveal()
		if err != nil {
			return nil, usage("softphone.turn.password: %w", err)
		}
		list = append(list, softphone.ICEServer{URLs: []string{c.TURN.URL}, Username: c.TURN.User, Credential: password})
	}
	return list, nil
}

// traceOf reads the trace of a call that has just ended.
func (s *server) traceOf(ctx context.Context, id string) (record.Trace, error) {
	if err := s.recorder.Flush(ctx); err != nil {
		return record.Trace{}, err
	}
	for t, err := range record.Traces(ctx, s.db, record.Filter{ID: id}) {
		return t, err
	}
	return record.Trace{}, fmt.Errorf("no trace of call %s", id)
}

// startSoftphone lets the telephone call; the service listens.
func (s *server) startSoftphone(ctx context.Context) error {
	if s.softphone == nil {
		return nil
	}
	at := s.endpoint.Addr()
	if at.Addr().IsUnspecified() {
		at = netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), at.Port())
	}
	uri := func(number string) string { return fmt.Sprintf("sip:%s%s@%s", s.phonePrefix, number, at) }
	ep, err := callerEndpoint(context.WithoutCancel(ctx), uri(""))
	if err != nil {
		return fmt.Errorf("serve: the telephone of the page: %w", err)
	}
	s.later(func() error { s.softphone.Stop(); return ep.Close() })
	s.softphone.Start(ep, uri)
	// With the signal, not with the end: testers must not hold up a service that waits for its last callers.
	s.beside(func(own context.Context) {
		select {
		case <-ctx.Done():
			s.softphone.Stop()
		case <-own.Done():
		}
	})
	return nil
}

// withSoftphone adds the page.
func (s *server) withSoftphone(h http.Handler) http.Handler {
	if s.softphone == nil {
		return h
	}
	mux := http.NewServeMux()
	mux.Handle("/", h)
	page := s.softphone.Handler()
	mux.Handle("GET /{$}", http.RedirectHandler("/telephone", http.StatusFound)) // there is no other page for people
	mux.Handle("/telephone", page)
	mux.Handle("/telephone/", page)
	return mux
}

// factsTo lets somebody else see the facts on their way to the record.
type factsTo struct {
	call.Facts
	to call.Facts
}

func (f factsTo) Add(x record.Fact) {
	f.Facts.Add(x)
	f.to.Add(x)
}

// both are two observers.
type both [2]call.Observer

func (b both) See(s call.Seen) {
	for _, o := range b {
		if o != nil {
			o.See(s)
		}
	}
}
