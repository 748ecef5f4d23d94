package provider

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/acotel/acotel-sbc/personal"
	"github.com/acotel/acotel-sbc/sms"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var message = sms.Submission{Key: "call-1/1", To: personal.NewPhone("+33639980001"), Text: "Atelier mémoire : lundi 7 décembre à 10 h & thé à la fin"}

// server answers with handler and is closed, connections included, when the test ends.
func server(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
	return s.URL
}

func send(t *testing.T, p sms.Provider, s sms.Submission) (sms.Receipt, error) {
	t.Helper()
	return sendWithin(t, time.Minute, p, s)
}

func sendWithin(t *testing.T, limit time.Duration, p sms.Provider, s sms.Submission) (sms.Receipt, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	return p.Send(ctx, s)
}

func newHTTP(t *testing.T, c HTTPConfig) *HTTP {
	t.Helper()
	p, err := NewHTTP(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.client.CloseIdleConnections)
	return p
}

// What a provider that misbehaves does to a message: tried again, in doubt, or given up; nothing of it shows number, text or secret.
func TestHTTPJudgesWhatProvidersAnswer(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name             string
		answer           http.HandlerFunc
		permanent, doubt bool
		want             string // of the error; "" for success
	}{
		{"taken", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "0: Accepted for delivery id=77") }, false, false, ""},
		{"taken in other words", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "bonjour") }, false, false, "sms.http.accepted"},
		{"refused in a good answer", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "ERR unknown number") }, true, false, "refuses"},
		{"400", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", 400) }, true, false, "400"},
		{"429", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusTooManyRequests) }, false, false, "429"},
		{"500", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", 500) }, false, false, "500"},
		{"sent elsewhere", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
		}, false, false, "302"},
		{"hung up", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, false, true, "EOF"},
		{"half an answer", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			fmt.Fprint(w, "0: Acc")
		}, false, true, "stopped after 6"},
		{"too slow", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, false, true, "deadline"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := newHTTP(t, HTTPConfig{URL: server(t, c.answer) + "/send?p={{query .Secret.pw}}&to={{query .To}}&text={{query .Text}}", Accepted: "^0: ", Refused: "^ERR",
				ID: `/id=(\d+)/`, Secrets: map[string]string{"pw": "geheim"}})
			limit := time.Minute
			if c.want == "deadline" {
				limit = 2 * time.Second
			}
			got, err := sendWithin(t, limit, p, message)
			if (err == nil) != (c.want == "") {
				t.Fatalf("%v, want %q", err, c.want)
			}
			if err == nil {
				if got.ProviderID != "77" {
					t.Errorf("receipt %+v", got)
				}
				return
			}
			if errors.Is(err, sms.ErrPermanent) != c.permanent || errors.Is(err, sms.ErrDoubt) != c.doubt || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v: permanent %v, doubt %v; want %v, %v, %q", err, errors.Is(err, sms.ErrPermanent), errors.Is(err, sms.ErrDoubt), c.permanent, c.doubt, c.want)
			}
			for _, private := range []string{"geheim", "639980001", "moire"} {
				if strings.Contains(err.Error(), private) {
					t.Errorf("%v shows %q", err, private)
				}
			}
		})
	}
}

// A provider that nobody listens for has not taken the message.
func TestUnreachableIsNoDoubt(t *testing.T) {
	t.Parallel()
	if _, err := send(t, newHTTP(t, HTTPConfig{URL: "http://127.0.0.1:1/?to={{query .To}}"}), message); err == nil || errors.Is(err, sms.ErrDoubt) || errors.Is(err, sms.ErrPermanent) {
		t.Errorf("%v: to be tried again without doubt", err)
	}
}

// Templates reach the provider as they should, in a form, in JSON, and in headers.
func TestHTTPTemplates(t *testing.T) {
	t.Parallel()
	var got struct {
		To, Text, Receipts, Auth, Type string
	}
	url := server(t, func(_ http.ResponseWriter, r *http.Request) {
		got.Auth, got.Type = r.Header.Get("Authorization"), r.Method
		if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
			t.Error(err)
		}
	})
	p := newHTTP(t, HTTPConfig{URL: url, Body: `{"to": {{json .National}}, "text": {{json .Text}}, "receipts": {{json .Receipts}}}`,
		Headers: map[string]string{"Authorization": "Bearer {{.Secret.token}}"}, Secrets: map[string]string{"token": "t"}, Receipts: "https://x.example/r"})
	if _, err := send(t, p, message); err != nil {
		t.Fatal(err)
	}
	if got.To != "0639980001" || got.Text != message.Text || got.Auth != "Bearer t" || got.Type != http.MethodPost || got.Receipts != "https://x.example/r?key=call-1%2F1" {
		t.Errorf("%+v", got)
	}
}

// After a lost answer a service that can't be asked gets the message again only when told so.
func TestHTTPDoubt(t *testing.T) {
	t.Parallel()
	n := 0
	url := server(t, func(http.ResponseWriter, *http.Request) { n++ })
	again := message
	again.Doubt = true
	if _, err := send(t, newHTTP(t, HTTPConfig{URL: url}), again); !errors.Is(err, sms.ErrPermanent) || n != 0 {
		t.Errorf("%v, %d requests: want none", err, n)
	}
	if _, err := send(t, newHTTP(t, HTTPConfig{URL: url, Resend: true}), again); err != nil || n != 1 {
		t.Errorf("%v, %d requests: want one", err, n)
	}
}

func TestWrongConfiguration(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		make func() error
		want string
	}{
		{func() error { _, err := NewHTTP(HTTPConfig{URL: "nowhere"}); return err }, "sms.http.url"},
		{func() error { _, err := NewHTTP(HTTPConfig{URL: "http://x/{{.Nothing}}"}); return err }, "sms.http.url"},
		{func() error { _, err := NewHTTP(HTTPConfig{URL: "http://x/{{.Secret.pw}}"}); return err }, "sms.http.url"},
		{func() error { _, err := NewHTTP(HTTPConfig{URL: "http://x/", Body: "{{"}); return err }, "sms.http.body"},
		{func() error { _, err := NewHTTP(HTTPConfig{URL: "http://x/", Accepted: "("}); return err }, "sms.http.accepted"},
		{func() error { _, err := NewHTTP(HTTPConfig{URL: "http://x/", ID: "/x/"}); return err }, "sms.http.id"},
		{func() error { _, err := NewOVH(OVHConfig{ApplicationKey: "x"}); return err }, "sms.ovh."},
		{func() error { _, err := NewBrevo(BrevoConfig{}); return err }, "sms.brevo.api_key"},
		{func() error { _, err := NewBrevo(BrevoConfig{APIKey: "x"}); return err }, "sms.sender"},
	} {
		if err := c.make(); !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
}

// ovhServer is the part of OVHcloud's API that sends SMS; it checks signatures as theirs does, and its clock is wrong.
type ovhServer struct {
	t    *testing.T
	url  string
	tags map[string]int
	lose bool // takes the message, and the answer is lost
	hits int

	callBack string // what the account calls with receipts
}

const ovhAhead = 300 // seconds

func (s *ovhServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	now := time.Now().Unix() + ovhAhead
	if r.URL.Path == "/auth/time" {
		fmt.Fprint(w, now)
		return
	}
	body, _ := io.ReadAll(r.Body)
	stamp := r.Header.Get("X-Ovh-Timestamp")
	sum := sha1.Sum([]byte("AS+CK+" + r.Method + "+" + s.url + r.URL.RequestURI() + "+" + string(body) + "+" + stamp))
	var at int64
	if _, err := fmt.Sscan(stamp, &at); err != nil || at < now-30 || at > now+30 || r.Header.Get("X-Ovh-Signature") != "$1$"+hex.EncodeToString(sum[:]) {
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, `{"message":"Invalid signature"}`)
		return
	}
	if r.Method == http.MethodPut {
		var account struct{ CallBack string }
		if err := json.Unmarshal(body, &account); err != nil || r.URL.Path != "/sms/sms-1" {
			s.t.Errorf("%s %s, %v", r.URL.Path, body, err)
		}
		s.callBack = account.CallBack
		fmt.Fprint(w, "null")
		return
	}
	if r.Method == http.MethodGet {
		ids := []int{}
		if id := s.tags[r.URL.Query().Get("tag")]; id > 0 {
			ids = append(ids, id)
		}
		_ = json.NewEncoder(w).Encode(ids)
		return
	}
	var job struct {
		Receivers    []string
		Message, Tag string
		NoStopClause bool
	}
	if err := json.Unmarshal(body, &job); err != nil || len(job.Tag) > 20 || !job.NoStopClause {
		s.t.Errorf("job %s, %v", body, err)
	}
	if !strings.HasPrefix(job.Receivers[0], "+336") {
		fmt.Fprint(w, `{"ids":[],"invalidReceivers":["`+job.Receivers[0]+`"]}`)
		return
	}
	s.hits++
	s.tags[job.Tag] = 4000 + s.hits
	if s.lose {
		panic(http.ErrAbortHandler)
	}
	fmt.Fprintf(w, `{"ids":[%d],"invalidReceivers":[]}`, 4000+s.hits)
}

func TestOVH(t *testing.T) {
	t.Parallel()
	s := &ovhServer{t: t, tags: map[string]int{}}
	s.url = server(t, s.ServeHTTP)
	p, err := NewOVH(OVHConfig{Endpoint: s.url, ApplicationKey: "AK", ApplicationSecret: "AS", ConsumerKey: "CK", Service: "sms-1"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.client.CloseIdleConnections)
	if got, err := send(t, p, message); err != nil || got.ProviderID != "4001" {
		t.Fatalf("%+v, %v", got, err)
	}
	if err := p.AskReceipts(t.Context(), "https://standard.example/sms/receipts/x"); err != nil || s.callBack != "https://standard.example/sms/receipts/x" {
		t.Errorf("receipts go to %q, %v", s.callBack, err)
	}
	wrong := message
	wrong.To = personal.NewPhone("+33512")
	if _, err := send(t, p, wrong); !errors.Is(err, sms.ErrPermanent) {
		t.Errorf("an invalid number: %v", err)
	}
	s.lose = true
	long := message
	long.Key = strings.Repeat("k", 60)
	if _, err := send(t, p, long); !errors.Is(err, sms.ErrDoubt) {
		t.Errorf("a lost answer: %v", err)
	}
	long.Doubt = true
	if got, err := send(t, p, long); err != nil || got.ProviderID != "4002" || s.hits != 2 {
		t.Errorf("after doubt: %+v, %v, %d messages; want the one that was taken", got, err, s.hits)
	}
	bad, err := NewOVH(OVHConfig{Endpoint: s.url, ApplicationKey: "AK", ApplicationSecret: "other", ConsumerKey: "CK", Service: "sms-1"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(bad.client.CloseIdleConnections)
	if err := bad.AskReceipts(t.Context(), "https://standard.example"); err == nil || s.callBack == "https://standard.example" {
		t.Errorf("receipts asked for with a wrong secret: %v", err)
	}
	if _, err := send(t, bad, message); !errors.Is(err, sms.ErrPermanent) || !strings.Contains(err.Error(), "Invalid signature") {
		t.Errorf("a wrong secret: %v", err)
	}
}

func TestBrevo(t *testing.T) {
	t.Parallel()
	taken := map[string]int{}
	lose := false
	url := server(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Header.Get("api-key") != "K":
			w.WriteHeader(401)
			fmt.Fprint(w, `{"code":"unauthorized","message":"Key not found"}`)
		case r.Method == http.MethodGet:
			if id := taken[r.URL.Query().Get("tags")]; id > 0 {
				fmt.Fprintf(w, `{"events":[{"messageId":"%d","event":"sent"}]}`, id)
				return
			}
			fmt.Fprint(w, `{"events":[]}`)
		default:
			var m struct{ Sender, Recipient, Content, Type, Tag string }
			if err := json.NewDecoder(r.Body).Decode(&m); err != nil || m.Recipient != "33639980001" || m.Type != "transactional" || m.Content != message.Text {
				t.Errorf("%+v, %v", m, err)
			}
			taken[m.Tag] = 900 + len(taken)
			if lose {
				panic(http.ErrAbortHandler)
			}
			w.WriteHeader(201)
			fmt.Fprintf(w, `{"reference":"r","messageId":%d}`, taken[m.Tag])
		}
	})
	p, err := NewBrevo(BrevoConfig{Endpoint: url, APIKey: "K", Sender: "Ateliers"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.client.CloseIdleConnections)
	if got, err := send(t, p, message); err != nil || got.ProviderID != "900" {
		t.Fatalf("%+v, %v", got, err)
	}
	lose = true
	second := message
	second.Key = "call-2/1"
	if _, err := send(t, p, second); !errors.Is(err, sms.ErrDoubt) {
		t.Errorf("a lost answer: %v", err)
	}
	second.Doubt = true
	if got, err := send(t, p, second); err != nil || got.ProviderID != "901" || len(taken) != 2 {
		t.Errorf("after doubt: %+v, %v, %d messages", got, err, len(taken))
	}
	p.c.APIKey = "wrong"
	if _, err := send(t, p, message); !errors.Is(err, sms.ErrPermanent) || !strings.Contains(err.Error(), "unauthorized") {
		t.Errorf("a wrong key: %v", err)
	}
}

type outbox map[string]sms.Delivery

func (o outbox) Delivered(_ context.Context, key string, d sms.Delivery) (bool, error) {
	if key == "down" {
		return false, errors.New("no database")
	}
	o[key] = d
	return true, nil
}

func (o outbox) DeliveredAs(_ context.Context, id string, d sms.Delivery) (bool, error) {
	if id != "4001" {
		return false, nil
	}
	o["number "+id] = d
	return true, nil
}

func TestReceipts(t *testing.T) {
	t.Parallel()
	o := outbox{}
	h := Receipts{Outbox: o, Log: slog.New(slog.DiscardHandler)}
	for _, c := range []struct {
		method, target, body string
		code                 int
		key                  string
		want                 sms.Delivery
	}{
		{"GET", "/?key=a&status=1", "", 200, "a", sms.Delivered},                                                        // Kannel
		{"GET", "/?key=b&status=2", "", 200, "b", sms.Undelivered},                                                      //
		{"GET", "/?key=c&status=8", "", 200, "c", ""},                                                                   // taken by the SMSC: on its way
		{"POST", "/?key=d", `{"msg_status":"hardBounce"}`, 200, "d", sms.Undelivered},                                   // Brevo
		{"POST", "/?key=e", "status=DELIVRD&x=%C3%A9", 200, "e", sms.Delivered},                                         // a form
		{"GET", "/?id=4001&ptt=1&date=x&description=8&descriptionDlr=Buffered", "", 200, "number 4001", ""},             // OVHcloud, its guide's names: on its way
		{"GET", "/?id=4001&ptt=99&description=77", "", 200, "number 4001", ""},                                          // codes unheard of settle nothing
		{"GET", "/?id=4001&ptt=5&description=Failed", "", 200, "number 4001", ""},                                       // nor do words in place of them
		{"GET", "/?id=4001&ptt=24&date=x&description=16&descriptionDlr=Error", "", 200, "number 4001", sms.Undelivered}, //
		{"GET", "/?id=4001&ptt=0&date=x&description=1&descriptionDlr=Success", "", 200, "number 4001", sms.Delivered},   //
		{"GET", "/?id=4001&dlr=16", "", 200, "number 4001", sms.Undelivered},                                            // the name that others saw
		{"GET", "/?id=4001&ptt=4", "", 200, "number 4001", sms.Delivered},                                               //
		{"GET", "/?id=4001&dlr=8", "", 200, "number 4001", sms.Delivered},                                               // nothing new
		{"GET", "/?id=4999&dlr=1", "", 404, "number 4999", ""},                                                          // not ours, or not yet
		{"GET", "/?id=4001", "", 400, "number 4001", sms.Delivered},                                                     //
		{"GET", "/?status=1", "", 400, "", ""},                                                                          //
		{"POST", "/?key=f", "%%%", 400, "f", ""},                                                                        //
		{"POST", "/?key=g", `{"msg_status":{}}`, 400, "g", ""},                                                          //
		{"GET", "/?key=down&status=1", "", 503, "down", ""},                                                             // to be tried again
		{"POST", "/?key=h", strings.Repeat("x", 2*maxReceipt) + "&status=1", 400, "h", ""},                              // cut off before its status
	} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(c.method, c.target, strings.NewReader(c.body)))
		if w.Code != c.code || o[c.key] != c.want {
			t.Errorf("%s %s %.20q: %d %q; want %d %q", c.method, c.target, c.body, w.Code, o[c.key], c.code, c.want)
		}
	}
}
