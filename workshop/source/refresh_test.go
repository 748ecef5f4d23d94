package source

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/acotel/acotel-sbc/store/storetest"
	"github.com/acotel/acotel-sbc/workshop"
)

// site publishes whatever it is told to.
type site struct {
	mu     sync.Mutex
	n      int  // workshops
	phones bool // with telephone numbers
	etag   string
	status int
	asked  []string // If-None-Match of each request
}

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, r.Header.Get("If-None-Match"))
	if s.status != 0 {
		w.WriteHeader(s.status)
		return
	}
	if s.etag != "" {
		if r.Header.Get("If-None-Match") == s.etag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("ETag", s.etag)
	}
	var items []string
	for i := range s.n {
		phone := ""
		if s.phones {
			phone = `,"tel":"01 99 00 00 00"`
		}
		items = append(items, fmt.Sprintf(`{"id":"%d","t":"T","th":"corps","d":"2026-12-%02d","cp":"84000"%s}`, i, i%28+1, phone))
	}
	fmt.Fprintf(w, "[%s]", strings.Join(items, ","))
}

func (s *site) set(f func(*site)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(s)
}

func refresher(t *testing.T, s *site) (*Refresher, *workshop.Catalogue, *time.Time) {
	t.Helper()
	db := storetest.Open(t)
	now := today
	clock := func() time.Time { return now }
	cat := workshop.NewCatalogue(clock)
	limits := quick
	limits.Retries = -1
	src := open(t, Config{Kind: JSON, URL: serve(t, s.ServeHTTP), Limits: limits, Mapping: Mapping{Fields: map[string][]string{"id": {"id"}, "title": {"t"},
		"theme": {"th"}, "date": {"d"}, "postal_code": {"cp"}, "phone": {"tel"}}}})
	return NewRefresher(RefreshConfig{Source: src, DB: db, Catalogue: cat, Every: time.Hour, MaxLoss: 0.3, Now: clock}), cat, &now
}

func TestRefreshKeepsTheGoodCopy(t *testing.T) {
	ctx := context.Background()
	s := &site{n: 100, phones: true, etag: `"1"`}
	r, cat, now := refresher(t, s)
	step := func(name string, force bool, wantErr error, wantLen int, state workshop.HealthState) Outcome {
		t.Helper()
		*now = now.Add(time.Hour)
		out, err := r.Refresh(ctx, force)
		if !errors.Is(err, wantErr) || (err != nil) != (wantErr != nil) {
			t.Errorf("%s: %v, want %v", name, err, wantErr)
		}
		if cat.Len() != wantLen {
			t.Errorf("%s: %d workshops, want %d", name, cat.Len(), wantLen)
		}
		if h := cat.Health(5 * time.Hour); h.State != state || (h.Reason == "") != (state == workshop.Healthy) {
			t.Errorf("%s: health %+v, want %s", name, h, state)
		}
		return out
	}
	step("first", false, nil, 100, workshop.Healthy)
	if out := step("nothing new", false, nil, 100, workshop.Healthy); !out.NotModified {
		t.Error("nothing new: read again all the same")
	}
	if age := cat.Age(); age != 0 {
		t.Errorf("an unchanged source confirms the copy, yet its age is %v", age)
	}
	s.set(func(s *site) { s.etag, s.n = `"2"`, 50 })
	step("half of them gone", false, workshop.ErrHeld, 100, workshop.Held)
	s.set(func(s *site) { s.n, s.phones = 100, false })
	step("no telephone numbers any more", false, workshop.ErrHeld, 100, workshop.Held)
	s.set(func(s *site) { s.n = 0 })
	step("empty", false, workshop.ErrRefused, 100, workshop.Failing)
	s.set(func(s *site) { s.status = 500 })
	step("broken", false, ErrAnswer, 100, workshop.Failing)
	if st := cat.Refreshed(); st.Failures != 4 || !st.FailingSince.Equal(today.Add(3*time.Hour)) {
		t.Errorf("state %+v", st)
	}
	step("broken for longer than the copy may be old", false, ErrAnswer, 100, workshop.Failing)
	step("still", false, ErrAnswer, 100, workshop.Stale)
	s.set(func(s *site) { s.status, s.n, s.phones = 0, 80, true })
	step("well again", false, nil, 80, workshop.Healthy)
	s.set(func(s *site) { s.etag, s.n = `"3"`, 1 })
	step("by force", true, nil, 1, workshop.Healthy)
	// The validators are those of the copy, also after failures.
	want := []string{"", `"1"`, `"1"`, `"1"`, `"1"`, `"1"`, `"1"`, `"1"`, `"1"`, ""}
	if fmt.Sprint(s.asked) != fmt.Sprint(want) {
		t.Errorf("asked with %q, want %q", s.asked, want)
	}
}

func TestScheduleWaitsLongerAfterEachFailure(t *testing.T) {
	r, _, now := refresher(t, &site{})
	name := r.c.Source.Name()
	for _, c := range []struct {
		state workshop.Refreshed
		least time.Duration
	}{
		{workshop.Refreshed{}, 0},
		{workshop.Refreshed{Source: "elsewhere", TriedAt: *now}, 0},
		{workshop.Refreshed{Source: name, TriedAt: *now}, time.Hour},
		{workshop.Refreshed{Source: name, TriedAt: now.Add(-2 * time.Hour)}, 0},
		{workshop.Refreshed{Source: name, TriedAt: *now, Failures: 1}, time.Minute},
		{workshop.Refreshed{Source: name, TriedAt: *now, Failures: 3}, 4 * time.Minute},
		{workshop.Refreshed{Source: name, TriedAt: *now, Failures: 30}, time.Hour},
		{workshop.Refreshed{Source: name, TriedAt: *now, Failures: 1, Held: true}, time.Hour},
	} {
		if got := r.wait(c.state); got < c.least || float64(got) > float64(c.least)*(1+jitter) {
			t.Errorf("%+v: waits %v, want %v and at most a tenth more", c.state, got, c.least)
		}
	}
}

func TestRunRefreshesAndEnds(t *testing.T) {
	r, cat, _ := refresher(t, &site{n: 3})
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	r.c.Source.transport = &http.Transport{DisableKeepAlives: true}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); r.Run(ctx) }()
	for range 3000 {
		if cat.Len() == 3 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	cancel()
	<-done
	if cat.Len() != 3 {
		t.Errorf("%d workshops after Run", cat.Len())
	}
}
