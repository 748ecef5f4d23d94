package softphone

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/acotel/acotel-sbc/call"
	"github.com/acotel/acotel-sbc/dialog"
	"github.com/acotel/acotel-sbc/dialog/nlu"
	"github.com/acotel/acotel-sbc/record"
	"github.com/acotel/acotel-sbc/store/storetest"
)

// TestWhoIsLetIn: this machine under its own name, and nobody else without a link.
func TestWhoIsLetIn(t *testing.T) {
	for name, c := range map[string]struct {
		loopback     bool
		remote, host string
		headers      map[string]string
		in           bool
	}{
		"this machine by its name":            {true, "127.0.0.1:5000", "localhost:8080", nil, true},
		"this machine by its address":         {true, "127.0.0.1:5000", "127.0.0.1:8080", nil, true},
		"this machine by IPv6":                {true, "[::1]:5000", "[::1]:8080", nil, true},
		"this machine, IPv6 without a port":   {true, "[::1]:5000", "[::1]", nil, true},
		"this machine, mapped":                {true, "[::ffff:127.0.0.1]:5000", "127.0.0.1", nil, true},
		"another machine":                     {true, "192.0.2.7:5000", "127.0.0.1:8080", nil, false},
		"another machine that says localhost": {true, "192.0.2.7:5000", "localhost", nil, false},
		"a name elsewhere that points here":   {true, "127.0.0.1:5000", "attack.example:8080", nil, false},
		"through a proxy":                     {true, "127.0.0.1:5000", "localhost", map[string]string{"X-Forwarded-For": "192.0.2.7"}, false},
		"through a proxy of the other kind":   {true, "127.0.0.1:5000", "localhost", map[string]string{"Forwarded": "for=192.0.2.7"}, false},
		"through a proxy that hides itself":   {true, "127.0.0.1:5000", "127.0.0.1:8080", map[string]string{"Origin": "https://standard.example"}, false},
		"a page of this machine":              {true, "127.0.0.1:5000", "127.0.0.1:8080", map[string]string{"Origin": "http://127.0.0.1:8080"}, true},
		"no demonstration":                    {false, "127.0.0.1:5000", "localhost:8080", nil, false},
		"no host":                             {true, "127.0.0.1:5000", "", nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			a := NewAccess(AccessConfig{Loopback: c.loopback, Session: time.Hour})
			g, err := New(Config{Access: a, MaxCalls: 1})
			if err != nil {
				t.Fatal(err)
			}
			defer g.Close()
			for path, want := range map[string]int{pathPage: http.StatusForbidden, pathPage + "/settings": http.StatusUnauthorized} {
				if c.in {
					want = http.StatusOK
				}
				req := httptest.NewRequest(http.MethodGet, path, nil)
				req.RemoteAddr, req.Host = c.remote, c.host
				for k, v := range c.headers {
					req.Header.Set(k, v)
				}
				w := httptest.NewRecorder()
				g.Handler().ServeHTTP(w, req)
				if w.Code != want {
					t.Errorf("%s: %d, want %d", path, w.Code, want)
				}
				if csp := w.Header().Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
					t.Errorf("policy %q", csp)
				}
			}
		})
	}
}

// TestLinkLetsInOnce: a link opens the telephone for one browser, once, in its time; only its hash is kept.
func TestLinkLetsInOnce(t *testing.T) {
	db := storetest.Open(t)
	links := &Links{DB: db}
	a := NewAccess(AccessConfig{Links: links, Session: time.Hour})
	audit := &auditor{}
	g, err := New(Config{Access: a, MaxCalls: 1, Audit: audit})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	web := httptest.NewServer(g.Handler())
	defer web.Close()
	ctx := context.Background()
	good, _, err := links.Make(ctx, "claire", "Marie", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	old, _, err := links.Make(ctx, "claire", "Jean", -time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	var kept string
	if err := db.QueryRowContext(ctx, "SELECT COUNT(*) || ' ' || MAX(hash) FROM softphone_links WHERE hash LIKE $1", "%"+good+"%").Scan(&kept); err == nil && !strings.HasPrefix(kept, "0") {
		t.Errorf("the link is kept in clear: %s", kept)
	}
	newBrowser := func() *http.Client {
		jar, _ := cookiejar.New(nil) // never fails
		return &http.Client{Jar: jar}
	}
	status := func(c *http.Client) int {
		answer, err := c.Get(web.URL + pathPage + "/settings")
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		return answer.StatusCode
	}
	enter := func(c *http.Client, secret string) int {
		answer, err := c.PostForm(web.URL+pathEnter, url.Values{"jeton": {secret}})
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		return answer.StatusCode
	}
	marie, other := newBrowser(), newBrowser()
	defer marie.CloseIdleConnections()
	defer other.CloseIdleConnections()
	for _, step := range []struct {
		name string
		got  func() int
		want int
	}{
		{"before", func() int { return status(marie) }, http.StatusUnauthorized},
		{"a guess", func() int { return enter(marie, "AAAA") }, http.StatusForbidden},
		{"too old", func() int { return enter(marie, old) }, http.StatusForbidden},
		{"the link", func() int { return enter(marie, good) }, http.StatusNoContent},
		{"after", func() int { return status(marie) }, http.StatusOK},
		{"the link again, elsewhere", func() int { return enter(other, good) }, http.StatusForbidden},
		{"elsewhere", func() int { return status(other) }, http.StatusUnauthorized},
	} {
		if got := step.got(); got != step.want {
			t.Errorf("%s: %d, want %d", step.name, got, step.want)
		}
	}
	if !audit.has("lien Marie softphone.enter") || !audit.has("inconnu softphone.enter.refused") {
		t.Errorf("audit %v", audit.done)
	}
}

// TestLinksAreNotTriedForEver: from one address ten that fail in a minute are looked at and written down, and no more; elsewhere people come in.
func TestLinksAreNotTriedForEver(t *testing.T) {
	links := &Links{DB: storetest.Open(t)}
	audit := &auditor{}
	g, err := New(Config{Access: NewAccess(AccessConfig{Links: links, Session: time.Hour}), MaxCalls: 1, Audit: audit})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	good, _, err := links.Make(context.Background(), "claire", "Marie", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	enter := func(from, secret string) int {
		req := httptest.NewRequest(http.MethodPost, pathEnter, strings.NewReader(url.Values{"jeton": {secret}}.Encode()))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.RemoteAddr = from
		w := httptest.NewRecorder()
		g.Handler().ServeHTTP(w, req)
		return w.Code
	}
	for i := range mostTries + 5 {
		want := http.StatusForbidden
		if i >= mostTries {
			want = http.StatusTooManyRequests
		}
		if got := enter("[2001:db8::"+strconv.Itoa(i+1)+"]:5000", "AAAA"); got != want {
			t.Errorf("try %d: %d, want %d", i+1, got, want)
		}
	}
	if got := enter("[2001:db8::99]:5000", good); got != http.StatusTooManyRequests {
		t.Errorf("the link, from there: %d", got)
	}
	if got := enter("192.0.2.7:5000", good); got != http.StatusNoContent {
		t.Errorf("the link, from elsewhere: %d", got)
	}
	audit.mu.Lock()
	defer audit.mu.Unlock()
	if n := len(audit.done); n != mostTries+1 {
		t.Errorf("%d entries in the audit log, want %d", n, mostTries+1)
	}
}

// TestOtherSitesCannotCall: a page elsewhere can't use the tester's browser to make calls or to end them.
func TestOtherSitesCannotCall(t *testing.T) {
	r := newRig(t, nil)
	for name, headers := range map[string]map[string]string{
		"by its origin": {"Origin": "https://attack.example"}, "by the browser's word": {"Sec-Fetch-Site": "cross-site"}, "by a sister site": {"Sec-Fetch-Site": "same-site"},
	} {
		req, _ := http.NewRequest(http.MethodPost, r.web.URL+pathCalls, strings.NewReader("v=0"))
		req.Header.Set("Content-Type", typeSDP)
		for k, v := range headers {
			req.Header.Set(k, v)
		}
		answer, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %d", name, answer.StatusCode)
		}
	}
}

// TestOthersReachNoCall: who knows the name of a call that another browser made, also one whose link bears the same name, can neither follow nor
// end it.
func TestOthersReachNoCall(t *testing.T) {
	r := newRig(t, nil)
	enter := func() *http.Client {
		secret, _, err := r.gateway.cfg.Access.links.Make(t.Context(), "claire", "Marie", time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		jar, _ := cookiejar.New(nil) // never fails
		c := &http.Client{Jar: jar, Transport: &http.Transport{}}
		t.Cleanup(c.CloseIdleConnections)
		answer, err := c.PostForm(r.web.URL+pathEnter, url.Values{"jeton": {secret}})
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		return c
	}
	marie, namesake := enter(), enter()
	b, offer := r.offer(codecOpus)
	defer func() { _ = b.peer.GracefulClose(); b.wait.Wait() }()
	answer, err := marie.Post(r.web.URL+pathCalls+"?record=1", typeSDP, strings.NewReader(offer))
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusCreated {
		t.Fatalf("the call: %d", answer.StatusCode)
	}
	location := r.web.URL + answer.Header.Get("Location")
	status := func(c *http.Client, method, path, body string) int {
		req, _ := http.NewRequestWithContext(t.Context(), method, location+path, strings.NewReader(body))
		answer, err := c.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close() // events go on
		return answer.StatusCode
	}
	for name, other := range map[string]*http.Client{"a namesake": namesake, "this machine": http.DefaultClient} {
		for _, a := range []struct{ method, path, body string }{
			{http.MethodGet, "/events", ""}, {http.MethodPost, "/keys", `{"keys":"1"}`}, {http.MethodPost, "/marks", `{"seq":1}`}, {http.MethodGet, "/recording", ""}, {http.MethodDelete, "", ""},
		} {
			if got := status(other, a.method, a.path, a.body); got != http.StatusNotFound {
				t.Errorf("%s, %s %s: %d", name, a.method, a.path, got)
			}
		}
	}
	if n := r.gateway.InCall(); n != 1 {
		t.Errorf("%d calls go on", n)
	}
	if got := status(marie, http.MethodPost, "/keys", `{"keys":"1"}`); got != http.StatusNoContent {
		t.Errorf("her own keys: %d", got)
	}
	if got := status(marie, http.MethodDelete, "", ""); got != http.StatusOK {
		t.Errorf("her own end: %d", got)
	}
}

// TestSlowBodies: who never sends the whole of a request does not hold a connection for ever.
func TestSlowBodies(t *testing.T) {
	r := newRig(t, nil)
	r.gateway.bodyTime = 50 * time.Millisecond
	for path, c := range map[string]struct{ kind, want string }{pathEnter: {"application/x-www-form-urlencoded", "400"}, pathCalls: {typeSDP, "400"}} {
		conn, err := net.Dial("tcp", r.web.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(patience)) // never fails
		fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: %s\r\nContent-Length: 100\r\n\r\njeton=", path, c.kind)
		text, err := io.ReadAll(conn)
		conn.Close()
		if err != nil || !strings.HasPrefix(string(text), "HTTP/1.1 "+c.want) {
			t.Errorf("%s: %.80q %v", path, text, err)
		}
	}
}

// TestWhatIsSeenReachesTheBrowser: of its own call alone, with readings, meaning and the time to the first sound; and turns can be marked.
func TestWhatIsSeenReachesTheBrowser(t *testing.T) {
	r := newRig(t, func(c *Config) {
		c.Understand = func(text, state string) nlu.Result {
			return nlu.Result{Intents: []nlu.Intent{{Name: "give_place", Confidence: 1}}, Entities: []nlu.Entity{{Type: "place", Value: text, Text: state}}}
		}
		c.Trace = func(_ context.Context, id string) (record.Trace, error) {
			return record.Trace{ID: id, Line: "test"}, nil
		}
	})
	up := r.service.up()
	b := r.call(nil)
	b.state(stateTalking)
	wait(t, "answer", up)
	g, own := r.gateway, r.service.current().CallID()
	t0 := time.Now()
	spoken := &call.TurnTimes{SpokenUntil: t0.Add(-900 * time.Millisecond), Confidence: 0.9, Complete: true}
	for _, s := range []call.Seen{
		{CallID: "other", Peer: "another-call-id", Who: call.TheStart, At: t0},
		{CallID: "other", Peer: "another-call-id", Who: call.TheCaller, Text: "secret", At: t0},
		{CallID: "own", Peer: own, Who: call.TheStart, At: t0},
		{CallID: "own", Peer: own, Who: call.TheCaller, Text: "avi", Partial: true, At: t0, State: "place"},
		{CallID: "own", Peer: own, Who: call.TheCaller, Text: "Avignon, Martin", At: t0, State: "place", Turn: spoken,
			Readings: []dialog.Hypothesis{{Text: "Avignon, Martin", Confidence: 0.9}, {Text: "Avion", Confidence: 0.1}}},
		{CallID: "own", Peer: own, Who: call.TheService, Text: "J'ai trouvé.", Message: "found", At: t0.Add(100 * time.Millisecond)},
		{CallID: "own", Peer: own, Who: call.TheService, Text: "Encore.", At: t0.Add(time.Second)},
		{CallID: "own", Peer: own, Who: call.TheSMS, Text: "Vos ateliers", At: t0},
	} {
		g.See(s)
	}
	g.Add(record.Fact{CallID: "other", Kind: record.Search, At: t0})
	g.Add(record.Fact{CallID: "own", Kind: record.BargeIn, At: t0})
	g.Add(record.Fact{CallID: "own", Kind: record.Search, At: t0, Data: map[string]any{"found": 3}})
	g.Add(record.Fact{CallID: "own", Kind: record.Told, At: t0})
	next := func() Event { return wait(t, "event", b.events) }
	if e := next(); !e.Partial || e.Text != "avi" || e.Who != "caller" || e.Intents != nil {
		t.Errorf("partial words: %+v", e)
	}
	turn := next()
	if turn.Text != "Avignon, Martin" || turn.Confidence != 0.9 || !turn.Complete || len(turn.Alternatives) != 2 || turn.Dialog != "place" || turn.Intents[0].Name != "give_place" || turn.Entities[0].Text != "place" {
		t.Errorf("turn: %+v", turn)
	}
	if e := next(); e.Who != "service" || e.AnswerMS == nil || *e.AnswerMS != 1000 || e.Message != "found" {
		t.Errorf("answer: %+v", e)
	}
	if e := next(); e.AnswerMS != nil {
		t.Errorf("what answers nothing: %+v", e)
	}
	if e := next(); e.Kind != EventSMS || e.Text != "Vos ateliers" {
		t.Errorf("message: %+v", e)
	}
	if e := next(); e.Kind != EventBargeIn {
		t.Errorf("barge-in: %+v", e)
	}
	if e := next(); e.Kind != EventFact || e.Fact != record.Search || e.Data["found"] != 3.0 {
		t.Errorf("fact: %+v", e)
	}

	answer := b.do(http.MethodPost, "/marks", `{"seq":`+strconv.Itoa(turn.Seq)+`,"comment":"Madame Martin disait Avignon"}`)
	text, _ := io.ReadAll(answer.Body)
	answer.Body.Close()
	if answer.StatusCode != http.StatusCreated {
		t.Fatalf("mark: %d %s", answer.StatusCode, text)
	}
	for body, want := range map[string]int{`{"seq":999}`: http.StatusBadRequest, `{"seq":1}`: http.StatusBadRequest, `rubbish`: http.StatusBadRequest,
		`{"seq":2,"comment":"` + strings.Repeat("a", longestComment+1) + `"}`: http.StatusBadRequest} {
		if got := b.status(http.MethodPost, "/marks", body); got != want {
			t.Errorf("mark %.40s: %d", body, got)
		}
	}
	marks, err := g.cfg.Marks.List(t.Context(), time.Time{}.UTC())
	if err != nil || len(marks) != 1 {
		t.Fatalf("marks %+v %v", marks, err)
	}
	if k := marks[0]; k.CallID != "own" || k.Heard != "Avignon, [nom]" || k.Comment != "Madame [nom] disait Avignon" || len(k.Readings) != 2 || k.Readings[0].Text != "Avignon, [nom]" ||
		k.Intent != "give_place" || k.State != "place" || k.Who != "caller" {
		t.Errorf("mark %+v", k)
	}
	g.See(call.Seen{CallID: "own", Peer: own, Who: call.TheEnd, At: time.Now()})
	b.status(http.MethodDelete, "", "")
	if e := b.end(); e.Trace == nil || e.Trace.ID != "own" || e.Trace.Line != "test" {
		t.Errorf("the end: %+v", e)
	}
}
