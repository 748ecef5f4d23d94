package openai

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// replies answers with one status after the other, the last one again and again.
type replies struct {
	statuses []int
	header   http.Header
	body     string

	mu   sync.Mutex
	seen []*http.Request
	sent []string
}

func (r *replies) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	body, _ := io.ReadAll(q.Body)
	r.mu.Lock()
	defer r.mu.Unlock()
	status := r.statuses[min(len(r.seen), len(r.statuses)-1)]
	r.seen, r.sent = append(r.seen, q), append(r.sent, string(body))
	for k, v := range r.header {
		w.Header()[k] = v
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, r.body)
}

func server(t *testing.T, h http.Handler) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL + "/v1/"
}

func TestWhatIsAskedAgain(t *testing.T) {
	for _, c := range []struct {
		name     string
		statuses []int
		header   http.Header
		tries    int
		status   int // of the error, 0: none
		most     time.Duration
	}{
		{"an answer", []int{200}, nil, 1, 0, 0},
		{"too many, then an answer", []int{429, 200}, nil, 2, 0, 0},
		{"broken, then an answer", []int{503, 500, 200}, nil, 3, 0, 0},
		{"broken for good", []int{502}, nil, 4, 502, 0},
		{"a wrong key is not asked again", []int{401}, nil, 1, 401, 0},
		{"nor what is too big", []int{413}, nil, 1, 413, 0},
		{"nor elsewhere", []int{302, 200}, http.Header{"Location": {"/elsewhere"}}, 1, 302, 0},
		{"nor when it would be too late", []int{429, 200}, http.Header{"Retry-After": {"600"}}, 1, 429, 0},
		{"nor when it would be later than is waited for", []int{429, 200}, http.Header{"Retry-After": {"30"}}, 1, 429, time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := &replies{statuses: c.statuses, header: c.header, body: `{"error":{"message":"so it is","type":"x"}}`}
			client := NewClient(server(t, r), "geheim", 3)
			defer client.Close()
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			answer, err := client.Do(ctx, Request{Method: "POST", Path: "/audio", ContentType: "text/plain", Header: http.Header{"X-A": {"b"}}, Body: []byte("sound"), MaxWait: c.most})
			if err == nil {
				answer.Body.Close()
			}
			var e *Error
			if status := c.status; status == 0 && err != nil || status != 0 && (!errors.As(err, &e) || e.Status != status || e.Message != "so it is") {
				t.Errorf("%v", err)
			}
			if len(r.seen) != c.tries || slices.ContainsFunc(r.sent, func(s string) bool { return s != "sound" }) {
				t.Errorf("%d tries, want %d; sent %q", len(r.seen), c.tries, r.sent)
			}
			q := r.seen[0]
			if q.URL.Path != "/v1/audio" || q.Header.Get("Authorization") != "Bearer geheim" || q.Header.Get("X-A") != "b" || q.Header.Get("Content-Type") != "text/plain" {
				t.Errorf("asked %s with %v", q.URL, q.Header)
			}
		})
	}
}

func TestRefusalsThatAreNotJSON(t *testing.T) {
	for _, c := range []struct{ name, body, want string }{
		{"a page", "<html>Bad gateway</html>\n", "502: <html>Bad gateway</html>"},
		{"a long one", strings.Repeat("é", 1000), "éééé"},
		{"nothing", "", "the server answers 502"},
		{"another JSON", `{"detail":"no"}`, `{"detail":"no"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			client := NewClient(server(t, &replies{statuses: []int{502}, body: c.body}), "", 0)
			defer client.Close()
			_, err := client.Do(t.Context(), Request{Method: "GET", Path: "/models"})
			if err == nil || !strings.Contains(err.Error(), c.want) || len(err.Error()) > 400 {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestTheContextEndsATry(t *testing.T) {
	began := make(chan struct{})
	client := NewClient(server(t, http.HandlerFunc(func(_ http.ResponseWriter, q *http.Request) {
		close(began)
		<-q.Context().Done()
	})), "", 3)
	defer client.Close()
	why := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() { <-began; cancel(why) }()
	if _, err := client.Do(ctx, Request{Method: "GET", Path: "/models"}); !errors.Is(err, why) {
		t.Errorf("%v", err)
	}
}

func TestNobodyThere(t *testing.T) {
	client := NewClient("http://127.0.0.1:1/v1", "", 2)
	defer client.Close()
	if _, err := client.Do(t.Context(), Request{Method: "GET", Path: "/models"}); err == nil {
		t.Error("an answer")
	}
}
