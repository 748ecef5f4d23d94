package main

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/acotel/acotel-sbc/admin"
	"github.com/acotel/acotel-sbc/bench"
	"github.com/acotel/acotel-sbc/call"
	"github.com/acotel/acotel-sbc/check"
	"github.com/acotel/acotel-sbc/config"
	"github.com/acotel/acotel-sbc/record"
	"github.com/acotel/acotel-sbc/sip"
	"github.com/acotel/acotel-sbc/sms"
	"github.com/acotel/acotel-sbc/workshop"
)

// checkTrunk is the name under which our own test calls come in.
const checkTrunk = "acotel-check"

// checkLine is the number of our own test calls, and what the service understood of the last one.
type checkLine struct {
	number string

	mu   sync.Mutex
	seen check.CallSeen
}

// Add takes the facts of a test call in place of the recorder.
func (l *checkLine) Add(f record.Fact) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch f.Kind {
	case record.PlaceFound:
		l.seen.Place = true
	case record.Search:
		l.seen.Found = true
	}
}

func (l *checkLine) begin() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.seen = check.CallSeen{}
}

func (l *checkLine) last() check.CallSeen {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.seen
}

// served sees, among the facts on their way to the record, when a caller's search last came to its end.
type served struct{ at atomic.Int64 } // Unix nanoseconds; 0: never

// Add looks at one fact.
func (w *served) Add(f record.Fact) {
	if f.Kind == record.Search {
		w.at.Store(f.At.UnixNano())
	}
}

func (w *served) last() time.Time { return time.Unix(0, w.at.Load()) }

// openCheckLine makes the line of our own test calls, with a number that nobody can guess; nil when there shall be none.
func (s *server) openCheckLine() *call.Check {
	if s.cfg.Check.Seconds == 0 || s.cfg.Check.CallMinutes == 0 {
		return nil
	}
	s.checkLine = &checkLine{number: "check-" + rand.Text()}
	return &call.Check{Number: s.checkLine.number, Trunk: checkTrunk, Facts: s.checkLine}
}

// admitChecks lets the address from which our own calls come in, behind all operators; it reaches the check line, and the test lines by the
// secret prefix of the telephone in the browser.
func (s *server) admitChecks(c *sip.Config) {
	if s.checkLine == nil && s.softphone == nil {
		return
	}
	ip := netip.MustParseAddr("127.0.0.1")
	if at, err := netip.ParseAddrPort(c.Listen); err == nil && !at.Addr().IsUnspecified() {
		ip = at.Addr()
	}
	for _, t := range c.Trunks {
		for _, p := range t.Peers {
			if p.Contains(ip) {
				return // it may call already
			}
		}
	}
	c.Trunks = append(c.Trunks, sip.Trunk{Name: checkTrunk, Peers: []netip.Prefix{netip.PrefixFrom(ip, ip.BitLen())}})
}

// startChecks begins to look at the chain; the calls are there.
func (s *server) startChecks(ctx context.Context) error {
	c := s.cfg.Check
	if c.Seconds == 0 {
		return nil
	}
	alerts, err := newAlerts(c.Alerts, s.log)
	if err != nil {
		return err
	}
	if alerts.Told, err = check.Told(ctx, s.db); err != nil {
		return err
	}
	alerts.Remember = func(ctx context.Context, receiver, link string, state check.State) {
		if err := check.Remember(ctx, s.db, receiver, link, state); err != nil && ctx.Err() == nil {
			s.log.Warn("it can't be noted that an alert was sent: it is sent again after a restart", "by", receiver, "link", link, "error", err)
		}
	}
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		return err
	}
	from, to, err := c.QuietHours()
	if err != nil {
		return usage("check.quiet: %w", err)
	}
	quiet := check.Quiet(from, to, paris)
	m := check.NewMonitor(ctx, check.Config{DB: s.db, Probes: s.probes(), Fails: c.Fails, Heals: c.Heals, QuietHours: quiet,
		Changed: func(change check.Change) { s.linkChanged(change); alerts.Tell(change) }, Log: s.log})
	for _, l := range m.Report().Links {
		if l.State == check.Broken { // since before the start
			s.linkChanged(check.Change{Link: l})
		}
	}
	alerts.Resume(m.Report())
	s.monitor.Store(m)
	s.beside(alerts.Run)
	s.beside(func(own context.Context) {
		// With the signal, not with the end: our own call must not hold up a service that waits for its last callers.
		own, cancel := context.WithCancel(own)
		defer cancel()
		defer context.AfterFunc(ctx, cancel)()
		m.Run(own)
	})
	file := filepath.Join(s.cfg.Data.Dir, httpFile)
	s.later(func() error { return os.Remove(file) })
	return os.WriteFile(file, []byte(s.httpAddr.String()), 0o600)
}

// httpFile holds, in the data folder, the HTTP address of the service that runs there.
const httpFile = "http.addr"

// linkChanged closes the lines, or opens them again (T3); without a provider no SMS is offered.
func (s *server) linkChanged(c check.Change) {
	if c.Link.Name == "sms" {
		s.service.WithholdSMS(c.Link.State == check.Broken)
		if c.Was == check.Broken {
			s.outbox.Hurry() // callers were told that their message comes in a moment
		}
	}
	if !slices.Contains(s.cfg.Check.Close, c.Link.Name) {
		return
	}
	if c.Link.State == check.Broken {
		s.service.Close(call.Outage{Link: c.Link.Name, Owner: c.Link.Owner, Tell: c.Link.Name != "call"})
		return
	}
	s.service.Open(c.Link.Name)
}

// probes are the links, in the order of the report.
func (s *server) probes() []check.Probe {
	c := s.cfg.Check
	every := time.Duration(c.Seconds) * time.Second
	list := []check.Probe{
		{Name: "database", Owner: check.Ours, Look: check.Database(s.db)},
		{Name: "disk", Owner: check.Ours, Look: check.Disk(s.cfg.Data.Dir, check.DiskNeeds{FreeMB: uint64(c.FreeMB), FreeInodes: uint64(c.FreeInodes)})}, //nolint:gosec // not negative
		{Name: "workshops", Owner: check.Source, Look: s.lookAtWorkshops},
		{Name: "voice", Owner: check.Ours, Look: s.lookAtVoice},
		{Name: "recogniser", Owner: check.Ours, Limit: 45 * time.Second, Look: s.recogniserProbe()},
		{Name: "sms", Owner: check.SMS, Look: s.lookAtSMS},
		{Name: "trunks", Owner: check.Operator, Look: check.Trunks(s.endpoint.Trunks, checkTrunk)},
		{Name: "certificate", Owner: check.Ours, Look: check.Certificates(certificateFiles(s.cfg), s.shownCertificates, time.Duration(c.CertificateDays)*24*time.Hour)},
	}
	for i := range list {
		list[i].Every = every
	}
	if s.checkLine != nil {
		list = append(list, check.Probe{Name: "call", Owner: check.Ours, Every: time.Duration(c.CallMinutes) * time.Minute, Limit: 90 * time.Second,
			After: time.Duration(c.CallAfterSeconds) * time.Second, Quiet: true, Look: s.ownCall().Look})
	}
	return list
}

// certificateFiles are the certificates that the configuration names: ours, and those of whom we trust.
func certificateFiles(c config.Config) (files []check.CertificateFile) {
	for _, f := range []check.CertificateFile{
		{Name: "SIP", Path: c.SIP.TLS.Certificate},
		{Name: "HTTP", Path: c.HTTP.Certificate},
		{Name: "autorité des opérateurs (client_ca)", Path: c.SIP.TLS.ClientCA, Authority: true},
		{Name: "autorité des opérateurs (server_ca)", Path: c.SIP.TLS.ServerCA, Authority: true},
		{Name: "autorité du courriel", Path: c.Check.Alerts.Mail.CA, Authority: true},
	} {
		if f.Path != "" {
			files = append(files, f)
		}
	}
	return files
}

// shownCertificates are what operators showed us at their TLS handshakes.
func (s *server) shownCertificates() []check.Dated {
	var out []check.Dated
	for _, c := range s.endpoint.ShownCertificates() {
		out = append(out, check.Dated{Name: "opérateur " + c.Peer, Expires: c.Expires, Shown: c.At})
	}
	return out
}

func (s *server) ownCall() check.OwnCall {
	at := s.endpoint.Addr()
	if at.Addr().IsUnspecified() {
		at = netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), at.Port())
	}
	uri := fmt.Sprintf("sip:%s@%s", s.checkLine.number, at)
	step := bench.Step{Keys: s.cfg.Check.Code + "#"}
	byVoice := s.cfg.Check.Speak && s.cfg.ASR.Backends[0] != "none"
	if byVoice {
		step = bench.Step{Say: s.cfg.Check.Sentence}
	}
	return check.OwnCall{
		Caller:   bench.Caller{URI: uri, Steps: []bench.Step{step}, Voice: voiceOf(s.speaker), Max: time.Minute, Linger: 3 * time.Second},
		Endpoint: func(ctx context.Context) (*sip.Endpoint, error) { return callerEndpoint(ctx, uri) },
		Seen:     s.checkLine.last, Begin: s.checkLine.begin, ByVoice: byVoice, Served: s.served.last,
		Busy: func() bool { talking, _ := s.service.InCall(); return talking >= max(1, s.cfg.Calls.Slots-1) },
	}
}

// lookAtWorkshops looks at the age of the copy and searches it.
func (s *server) lookAtWorkshops(context.Context) check.Verdict {
	h := s.catalogue.Health(maxAge(s.cfg))
	if h.State == workshop.Empty {
		return check.Verdict{State: check.Broken, Reason: "aucun atelier : " + h.Reason}
	}
	area, err := areaOf(s.gazetteer, s.cfg.Check.Code)
	if err != nil {
		return check.Verdict{State: check.Broken, Reason: "la recherche de contrôle est impossible : " + err.Error()}
	}
	found := s.catalogue.Search(workshop.Query{Area: area}, settings(s.cfg))
	text := fmt.Sprintf("%d séances, copie de %s, %d ateliers trouvés autour de %s", s.catalogue.Len(), s.catalogue.Age().Round(time.Minute), len(found.Workshops), s.cfg.Check.Code)
	if h.State != workshop.Healthy {
		return check.Verdict{State: check.Degraded, Reason: string(h.State) + " : " + h.Reason + " ; " + text}
	}
	return check.Verdict{State: check.OK, Reason: text}
}

// lookAtSMS composes a message and, where the provider can be asked without sending, asks it.
func (s *server) lookAtSMS(ctx context.Context) check.Verdict {
	area, err := areaOf(s.gazetteer, s.cfg.Check.Code)
	if err != nil {
		return check.Verdict{State: check.Unknown, Reason: err.Error()}
	}
	text := "rien à composer"
	if found := s.catalogue.Search(workshop.Query{Area: area}, settings(s.cfg)).Workshops; len(found) > 0 {
		body, err := (sms.Composer{MaxSegments: s.cfg.SMS.MaxSegments}).Compose(found)
		if err != nil {
			return check.Verdict{State: check.Broken, Reason: "le message ne peut pas être composé : " + err.Error()}
		}
		n, _ := sms.Segments(body)
		text = fmt.Sprintf("message composé, %d segments", n)
	}
	p, ok := s.provider.(interface{ Probe(context.Context) error })
	if !ok {
		return check.Verdict{State: check.OK, Reason: text + " ; les messages vont au journal, aucun fournisseur n'est configuré"}
	}
	if err := p.Probe(ctx); err != nil {
		return check.Verdict{State: check.Broken, Reason: "le fournisseur ne répond pas : " + err.Error()}
	}
	return check.Verdict{State: check.OK, Reason: text + " ; le fournisseur répond"}
}

// newAlerts makes the receivers of alerts.
func newAlerts(c config.Alerts, log *slog.Logger) (*check.Alerts, error) {
	name := c.Service
	if name == "" {
		name, _ = os.Hostname() // an unnamed service still warns
	}
	a := check.Alerts{Service: name, PerHour: c.PerHour, Log: log}
	if c.Webhook.URL != "" {
		secret, err := c.Webhook.Secret.Reveal()
		if err != nil {
			return nil, usage("check.alerts.webhook.secret: %w", err)
		}
		a.Senders = append(a.Senders, check.Webhook{URL: c.Webhook.URL, Secret: secret})
	}
	if m := c.Mail; m.Server != "" {
		password, err := m.Password.Reveal()
		if err != nil {
			return nil, usage("check.alerts.mail.password: %w", err)
		}
		mail := check.Mail{Server: m.Server, User: m.User, Password: password, From: m.From, To: m.To, Implicit: m.Implicit, Plain: m.Plain}
		if m.CA != "" {
			pem, err := os.ReadFile(m.CA)
			if err != nil {
				return nil, usage("check.alerts.mail.ca: %w", err)
			}
			mail.TLS = &tls.Config{RootCAs: x509.NewCertPool(), MinVersion: tls.VersionTLS12}
			if !mail.TLS.RootCAs.AppendCertsFromPEM(pem) {
				return nil, usage("check.alerts.mail.ca: %s holds no certificate", m.CA)
			}
		}
		a.Senders = append(a.Senders, mail)
	}
	return check.NewAlerts(a), nil
}

// checkedLinks are the links that closed the lines: readiness shows them.
func (s *server) checkedLinks() []admin.Link {
	m := s.monitor.Load()
	if m == nil {
		return nil
	}
	var out []admin.Link
	for _, l := range m.Report().Links {
		state := admin.Up
		switch {
		case l.State == check.Broken && slices.Contains(s.cfg.Check.Close, l.Name) && l.Name != "call":
			state = admin.Down // but not for our own call: callers shall hear from us that we are down (docs/exploitation.md)
		case l.State == check.Broken || l.State == check.Degraded:
			state = admin.Degraded
		}
		out = append(out, admin.Link{Name: "check:" + l.Name, State: state, Since: l.Since, Reason: l.Reason})
	}
	return out
}

// withChecks adds GET /check: the links, looked at again where the last look is older than ?max_age= seconds (at least 10).
func (s *server) withChecks(h http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", h)
	mux.HandleFunc("GET /check", func(w http.ResponseWriter, r *http.Request) {
		m := s.monitor.Load()
		if m == nil {
			http.Error(w, "check.seconds is 0, or the service is starting", http.StatusServiceUnavailable)
			return
		}
		report := m.Report()
		if age, err := strconv.Atoi(r.URL.Query().Get("max_age")); err == nil {
			report = m.Fresh(r.Context(), time.Duration(max(10, age))*time.Second)
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		_ = json.NewEncoder(w).Encode(report) // the peer is gone if it fails
	})
	return mux
}
