package check

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/acotel/acotel-sbc/bench"
	"github.com/acotel/acotel-sbc/store"
	"github.com/acotel/acotel-sbc/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestBoardHysteresis(t *testing.T) {
	for _, c := range []struct {
		name     string
		verdicts []State
		want     []State // changes, in order
	}{
		{"the first word counts", []State{Broken}, []State{Broken}},
		{"one bad look is no outage", []State{OK, Broken, OK, Broken, OK}, []State{OK}},
		{"two in a row are", []State{OK, Broken, Broken}, []State{OK, Broken}},
		{"one good look heals nothing", []State{Broken, OK, Broken}, []State{Broken}},
		{"two in a row heal", []State{Broken, OK, OK}, []State{Broken, OK}},
		{"degraded is shown at once", []State{OK, Degraded, OK}, []State{OK, Degraded, OK}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []State
			b := NewBoard(2, 2, func(ch Change) { got = append(got, ch.Link.State) })
			b.Add(Link{Name: "x", State: Unknown})
			for _, v := range c.verdicts {
				b.Note("x", Verdict{State: v}, time.Now())
			}
			if len(got) != len(c.want) {
				t.Fatalf("changes %v, want %v", got, c.want)
			}
			for i := range got {
				if got[i] != c.want[i] {
					t.Errorf("changes %v, want %v", got, c.want)
				}
			}
		})
	}
}

// TestSinceOutlivesARestart: a link that broke before a restart is broken since then, until one look is good.
func TestSinceOutlivesARestart(t *testing.T) {
	db, err := store.Open(t.Context(), store.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	since := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	if err := save(t.Context(), db, Link{Name: "voice", State: Broken, Since: since, Reason: "muette"}); err != nil {
		t.Fatal(err)
	}
	var well atomic.Bool
	var last atomic.Pointer[Change]
	m := NewMonitor(t.Context(), Config{DB: db, Fails: 2, Heals: 2, Changed: func(c Change) { last.Store(&c) },
		Probes: []Probe{{Name: "voice", Every: time.Hour, Look: func(context.Context) Verdict {
			if well.Load() {
				return good("dit")
			}
			return bad("muette")
		}}}})
	if l := m.Report().Links[0]; l.State != Broken || !l.Since.Equal(since) || l.Reason != "muette" {
		t.Fatalf("after the restart: %+v", l)
	}
	well.Store(true)
	if r := m.Fresh(t.Context(), 0); !r.OK || r.Links[0].State != OK || r.Links[0].Since.Equal(since) {
		t.Fatalf("healed: %+v", r)
	}
	if c := last.Load(); c == nil || c.Was != Broken {
		t.Errorf("change %+v", c)
	}
}

// TestAHangingProbeIsBroken: a link that does not answer does not hold up the others, and is not looked at again before it lets go.
func TestAHangingProbeIsBroken(t *testing.T) {
	stuck := make(chan struct{})
	var looks atomic.Int32
	m := NewMonitor(t.Context(), Config{Probes: []Probe{
		{Name: "stuck", Limit: 10 * time.Millisecond, Look: func(context.Context) Verdict { looks.Add(1); <-stuck; return good("") }},
		{Name: "well", Look: func(context.Context) Verdict { return good("") }},
	}})
	r := m.Fresh(t.Context(), 0)
	if r.OK || r.Links[0].State != Broken || r.Links[1].State != OK {
		t.Errorf("%+v", r)
	}
	if r = m.Fresh(t.Context(), 0); r.Links[0].State != Broken || looks.Load() != 1 {
		t.Errorf("%d lookers wait: %+v", looks.Load(), r.Links[0])
	}
	m.mu.Lock()
	letGo := m.stuck[0]
	m.mu.Unlock()
	close(stuck)
	<-letGo
	if r = m.Fresh(t.Context(), 0); !r.OK || looks.Load() != 2 {
		t.Errorf("after it let go: %d looks, %+v", looks.Load(), r.Links[0])
	}
}

func TestDatabaseProbe(t *testing.T) {
	db, err := store.Open(t.Context(), store.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if v := Database(db)(t.Context()); v.State != OK {
		t.Errorf("open: %+v", v)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if v := Database(db)(t.Context()); v.State != Broken {
		t.Errorf("closed: %+v", v)
	}
}

// TestOwnCallVerdict: what fails in our own call alone, while callers are served, closes nothing.
func TestOwnCallVerdict(t *testing.T) {
	began := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	spoke := func(seconds float64) (r bench.Report) { r.Heard.SpeechSeconds = seconds; return r }
	for _, c := range []struct {
		name   string
		report bench.Report
		err    error
		seen   CallSeen
		served time.Time
		want   State
	}{
		{"well", spoke(9), nil, CallSeen{true, true}, time.Time{}, OK},
		{"not taken", spoke(0), errors.New("503"), CallSeen{}, time.Time{}, Broken},
		{"mute", spoke(0.2), nil, CallSeen{true, true}, time.Time{}, Broken},
		{"not understood", spoke(9), nil, CallSeen{}, time.Time{}, Broken},
		{"not searched", spoke(9), nil, CallSeen{Place: true}, time.Time{}, Broken},
		{"not understood, a caller was, meanwhile", spoke(9), nil, CallSeen{}, began.Add(5 * time.Second), Degraded},
		{"not taken, a caller was just before", spoke(0), errors.New("503"), CallSeen{}, began.Add(-30 * time.Second), Degraded},
		{"not understood, a caller was long ago", spoke(9), nil, CallSeen{}, began.Add(-2 * time.Minute), Broken},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := OwnCall{Seen: func() CallSeen { return c.seen }, Served: func() time.Time { return c.served }}
			if v := o.verdict(began, c.report, c.err); v.State != c.want || v.Reason == "" {
				t.Errorf("%+v, want %s", v, c.want)
			}
		})
	}
}

func TestDiskProbe(t *testing.T) {
	for _, c := range []struct {
		name string
		dir  string
		need DiskNeeds
		want State
	}{
		{"room", t.TempDir(), DiskNeeds{FreeMB: 1}, OK},
		{"too little room", t.TempDir(), DiskNeeds{FreeMB: 1 << 40}, Broken},
		{"too few inodes", t.TempDir(), DiskNeeds{FreeInodes: 1 << 60}, Broken},
		{"no folder", "/nowhere/at/all", DiskNeeds{}, Broken},
	} {
		t.Run(c.name, func(t *testing.T) {
			if v := Disk(c.dir, c.need)(t.Context()); v.State != c.want {
				t.Errorf("%+v, want %s", v, c.want)
			}
		})
	}
}

func TestCertificateProbe(t *testing.T) {
	const warn = 14 * 24 * time.Hour
	ends := func(name string, days ...int) CertificateFile {
		var text []byte
		for _, d := range days {
			path, _, _ := certifiedUntil(t, t.TempDir(), time.Now().Add(time.Duration(d)*24*time.Hour), "standard.example")
			one, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			text = append(text, one...)
		}
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return CertificateFile{Name: name, Path: path}
	}
	authority := func(f CertificateFile) CertificateFile { f.Authority = true; return f }
	peer := func(days, shown int) []Dated {
		in := func(days int) time.Time { return time.Now().Add(time.Duration(days)*24*time.Hour + time.Hour) }
		return []Dated{{"opérateur sip.operateur.example", in(days), in(shown)}}
	}
	for _, c := range []struct {
		name  string
		files []CertificateFile
		want  State
		holds string
		shown []Dated
	}{
		{"none", nil, Unknown, "aucun", nil},
		{"a peer's, long", nil, OK, "sip.operateur.example : valable", peer(90, -1)},
		{"a peer's, soon", []CertificateFile{ends("SIP", 90)}, Degraded, "dans 3 jours", peer(3, -1)},
		{"a peer's, over", []CertificateFile{ends("SIP", 90)}, Broken, "sip.operateur.example : expiré", peer(-2, -1)},
		{"a peer's, over since it was shown", []CertificateFile{ends("SIP", 90)}, Degraded, "aucune connexion depuis", peer(-2, -9)},
		{"long", []CertificateFile{ends("SIP", 90)}, OK, "SIP : valable", nil},
		{"soon", []CertificateFile{ends("SIP", 3)}, Degraded, "SIP : expire le", nil},
		{"over", []CertificateFile{ends("SIP", -1)}, Broken, "expiré", nil},
		{"the chain behind it counts not", []CertificateFile{ends("SIP", 90, -1)}, OK, "", nil},
		{"the worst counts", []CertificateFile{ends("SIP", 90), ends("HTTP", -1), ends("x", 3)}, Broken, "HTTP : expiré", nil},
		{"soon behind long", []CertificateFile{ends("SIP", 90), ends("HTTP", 3), ends("x", 90)}, Degraded, "HTTP : expire", nil},
		{"an old authority beside a new one", []CertificateFile{authority(ends("autorité", -10, 90))}, OK, "", nil},
		{"no authority is good any more", []CertificateFile{authority(ends("autorité", -10, -1))}, Broken, "", nil},
		{"no certificate in it", []CertificateFile{ends("vide")}, Broken, "illisible", nil},
		{"no file", []CertificateFile{{Name: "SIP", Path: "/nowhere"}}, Broken, "illisible", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			if v := Certificates(c.files, func() []Dated { return c.shown }, warn)(t.Context()); v.State != c.want || !strings.Contains(v.Reason, c.holds) {
				t.Errorf("%+v, want %s", v, c.want)
			}
		})
	}
}

// TestAlertsOutliveARestart: what a receiver was not told before the service was stopped it is told after it, and nothing twice, whatever
// another receiver knows.
func TestAlertsOutliveARestart(t *testing.T) {
	db := storetest.Open(t)
	for _, l := range []Link{{Name: "untold", State: Broken}, {Name: "told", State: Broken}, {Name: "well", State: OK}, {Name: "healed", State: OK}} {
		if err := save(t.Context(), db, l); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"told", "healed"} {
		if err := Remember(t.Context(), db, "one", name, Broken); err != nil {
			t.Fatal(err)
		}
	}
	told, err := Told(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	var probes []Probe
	for _, name := range []string{"untold", "told", "well", "healed", "new"} {
		probes = append(probes, Probe{Name: name})
	}
	m := NewMonitor(t.Context(), Config{DB: db, Probes: probes})
	one, other := make(chan Alert, 10), make(chan Alert, 10) // the other was away all the time before
	kept := make(chan string, 10)
	a := NewAlerts(Alerts{Senders: []Sender{named{"one", channel(one)}, named{"other", channel(other)}}, Told: told,
		Remember: func(ctx context.Context, receiver, link string, s State) {
			if err := Remember(ctx, db, receiver, link, s); err != nil {
				t.Error(err)
			}
			kept <- receiver
		}})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { a.Run(ctx); close(done) }()
	a.Resume(m.Report())
	for i, c := range []struct {
		got  chan Alert
		want string
	}{{one, "untold broken"}, {one, "healed recovered"}, {other, "untold broken"}, {other, "told broken"}} {
		if g := <-c.got; g.Link.Name+" "+g.Event != c.want {
			t.Errorf("alert %d: %s %s, want %s", i, g.Link.Name, g.Event, c.want)
		}
		<-kept
	}
	cancel()
	<-done
	if n := len(one) + len(other); n > 0 {
		t.Errorf("%d more alerts", n)
	}
	told, err = Told(t.Context(), db)
	if err != nil || told["one"]["healed"] != OK || told["one"]["untold"] != Broken || told["other"]["told"] != Broken || len(told["other"]) != 2 {
		t.Errorf("remembered: %v, %v", told, err)
	}
}

// named gives a receiver another name.
type named struct {
	name string
	Sender
}

func (n named) Name() string { return n.name }

// TestOneOfTwoReceiversFails: the other gets each alert once and at once; the one that failed gets what happened meanwhile, in order, once.
func TestOneOfTwoReceiversFails(t *testing.T) {
	well, late := make(chan Alert, 10), make(chan Alert, 10)
	var down atomic.Bool
	down.Store(true)
	a := NewAlerts(Alerts{Retry: time.Millisecond, Senders: []Sender{named{"late", failing{&down, late}}, named{"well", channel(well)}}})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { a.Run(ctx); close(done) }()
	changes := []Change{{Link: Link{Name: "sms", State: Broken}}, {Link: Link{Name: "voice", State: Broken}}, {Link: Link{Name: "sms", State: OK}}}
	for _, c := range changes {
		a.Tell(c)
	}
	wants := []string{"sms broken", "voice broken", "sms recovered"}
	for i, want := range wants {
		if g := <-well; g.Link.Name+" "+g.Event != want {
			t.Errorf("well, alert %d: %s %s, want %s", i, g.Link.Name, g.Event, want)
		}
	}
	if len(late) > 0 {
		t.Error("the one that is down got something")
	}
	down.Store(false)
	for i, want := range wants {
		if g := <-late; g.Link.Name+" "+g.Event != want {
			t.Errorf("late, alert %d: %s %s, want %s", i, g.Link.Name, g.Event, want)
		}
	}
	cancel()
	<-done
	if n := len(well) + len(late); n > 0 {
		t.Errorf("%d more alerts", n)
	}
}

// failing is a receiver that refuses while it is down.
type failing struct {
	down *atomic.Bool
	got  channel
}

func (failing) Name() string { return "failing" }

func (f failing) Send(ctx context.Context, a Alert) error {
	if f.down.Load() {
		return errors.New("down")
	}
	return f.got.Send(ctx, a)
}

// TestFarBehind: a receiver that is far behind loses the oldest changes, not the newest, and nobody waits for it.
func TestFarBehind(t *testing.T) {
	a := NewAlerts(Alerts{Senders: []Sender{channel(nil)}})
	for i := range alertQueue + 3 {
		a.Tell(Change{Link: Link{Name: strings.Repeat("x", i)}})
	}
	if q := a.queues[0]; len(q) != alertQueue || len((<-q).Link.Name) != 3 {
		t.Errorf("%d wait", len(q))
	}
}

// TestTooManyAlertsWait: what is too much for an hour is told when there is room, once, as it is then.
func TestTooManyAlertsWait(t *testing.T) {
	got := make(channel, 10)
	a := NewAlerts(Alerts{Senders: []Sender{got}, PerHour: 1, Hour: time.Second})
	now := time.Now()
	for i, c := range []struct {
		link string
		now  State
	}{{"disk", Broken}, {"voice", Broken}, {"sms", Broken}, {"voice", OK}, {"sms", Degraded}} {
		a.Tell(Change{Link: Link{Name: c.link, State: c.now, Since: now.Add(time.Duration(i))}})
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { a.Run(ctx); close(done) }()
	for _, want := range []string{"disk broken", "sms degraded"} { // that the voice was away for a moment is no news any more
		if g := <-got; g.Link.Name+" "+g.Event != want {
			t.Errorf("%s %s, want %s", g.Link.Name, g.Event, want)
		}
	}
	cancel()
	<-done
	if len(got) > 0 {
		t.Errorf("one more: %+v", <-got)
	}
}

// TestAlerts: each trouble is told once, with its recovery, signed, and again when the receiver refused it.
func TestAlerts(t *testing.T) {
	type got struct {
		Alert
		signed bool
	}
	received := make(chan got, 10)
	var refused atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if refused.Add(1) <= 2 {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		body, _ := io.ReadAll(r.Body)
		var g got
		if err := json.Unmarshal(body, &g.Alert); err != nil {
			t.Error(err)
		}
		g.signed = r.Header.Get("X-Acotel-Signature") == "sha256="+Sign("secret", body)
		received <- g
	}))
	defer server.Close()
	client := server.Client()
	defer client.CloseIdleConnections()
	a := NewAlerts(Alerts{Service: "essai", Retry: time.Millisecond, PerHour: 2, Told: map[string]map[string]State{"webhook": {"voice": Broken}}, Senders: []Sender{Webhook{URL: server.URL, Secret: "secret", Client: client}}})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { a.Run(ctx); close(done) }()
	defer func() { cancel(); <-done }()
	link := func(s State) Link { return Link{Name: "sms", State: s, Reason: "fermé"} }
	a.Tell(Change{Link: link(OK), Was: Unknown}) // no news
	a.Tell(Change{Link: link(Broken), Was: OK})
	a.Tell(Change{Link: link(Broken), Was: Unknown}) // told already
	a.Tell(Change{Link: link(OK), Was: Broken})
	a.Tell(Change{Link: link(Broken), Was: OK}) // one too many in this hour
	a.Tell(Change{Link: Link{Name: "voice", State: OK}, Was: Broken})
	for i, want := range []string{"sms broken", "sms recovered", "voice recovered"} {
		g := <-received
		if s := g.Link.Name + " " + g.Event; s != want || !g.signed || g.Service != "essai" {
			t.Errorf("alert %d: %+v, want %s", i, g, want)
		}
	}
}
