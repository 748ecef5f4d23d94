package source

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// TestMisbehavingServer breaks a source in every way we could think of. Each ends in an error that says what happened, soon.
func TestMisbehavingServer(t *testing.T) {
	released := make(chan struct{})
	defer close(released) // before the servers close: they wait for their handlers
	good := file(t, "site.json")
	var calls atomic.Int32
	for _, c := range []struct {
		name   string
		serve  http.HandlerFunc
		is     error
		says   string
		change func(*Config)
	}{
		{"never answers", func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-released:
			case <-r.Context().Done():
			}
		}, ErrUnreachable, "", func(c *Config) { c.Limits.Timeout = 50 * time.Millisecond }},
		{"stops in the middle of its answer", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(len(good)))
			fmt.Fprint(w, good[:len(good)/2])
		}, ErrAnswer, "stopped after", nil},
		{"half an answer that looks whole", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, good[:len(good)/2]) }, ErrAnswer, "cut short", nil},
		{"empty answer", func(http.ResponseWriter, *http.Request) {}, ErrAnswer, "is empty", nil},
		{"a login page", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<!DOCTYPE html><title>Connexion</title>") }, ErrAnswer, "web page, not JSON (Connexion)", nil},
		{"500", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "base en panne", 500) }, ErrAnswer, "500 Internal Server Error base en panne", nil},
		{"404", func(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) }, ErrAnswer, "404", nil},
		{"a list where an object was", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"data":{"workshops":[]}}`) }, ErrAnswer, `no list at "data.ateliers" (it has: data)`, nil},
		{"a text where the list was", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"data":{"ateliers":"aucun"}}`) }, ErrAnswer, "no list", nil},
		{"gigantic", func(w http.ResponseWriter, _ *http.Request) {
			for range 64 {
				fmt.Fprint(w, strings.Repeat(" ", 64<<10))
			}
		}, ErrTooBig, "more than 1 MB", nil},
		{"another host", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.2:9/", http.StatusFound)
		}, ErrAnswer, "another host, 127.0.0.2:9", nil},
		{"round and round", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/", http.StatusFound) }, ErrAnswer, "on and on", nil},
		{"the same cursor for ever", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"data":{"ateliers":[{}]},"next":"7"}`) }, ErrPaging, "read already",
			func(c *Config) { c.Paging = Paging{Kind: Cursor, Next: "next"} }},
		{"pages without end", func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, `{"data":{"ateliers":[{}]},"next":"%d"}`, calls.Add(1))
		}, ErrPaging, "more than 20 pages", func(c *Config) { c.Paging = Paging{Kind: Cursor, Next: "next"} }},
		{"next page elsewhere", func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, `{"data":{"ateliers":[{}]},"next":"http://127.0.0.2:9/"}`)
		}, ErrPaging, "another host", func(c *Config) { c.Paging = Paging{Kind: ByLink, Next: "next"} }},
		{"no calendar", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n") }, ErrAnswer, "END:VCALENDAR",
			func(c *Config) { c.Kind = ICalendar }},
		{"nonsense in a calendar", func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, "BEGIN:VCALENDAR\r\n;;;\r\nEND:VCALENDAR\r\n")
		}, ErrAnswer, "no calendar",
			func(c *Config) { c.Kind = ICalendar }},
	} {
		t.Run(c.name, func(t *testing.T) {
			conf := Config{Kind: JSON, URL: serve(t, c.serve), Mapping: siteMapping(), Limits: quick}
			if c.change != nil {
				c.change(&conf)
			}
			_, err := open(t, conf).Fetch(context.Background(), "", "")
			if !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v\nwant %v that says %q", err, c.is, c.says)
			}
		})
	}
}

func TestNobodyThere(t *testing.T) {
	_, err := open(t, Config{Kind: JSON, URL: "http://127.0.0.1:1/?key=swordfish", Mapping: siteMapping()}).Fetch(context.Background(), "", "")
	if !errors.Is(err, ErrUnreachable) || strings.Contains(err.Error(), "swordfish") {
		t.Errorf("%v, want ErrUnreachable without the key", err)
	}
}

func TestMomentaryFailureIsAskedAgain(t *testing.T) {
	var calls atomic.Int32
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		switch calls.Add(1) {
		case 1:
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(http.StatusTooManyRequests)
		case 2:
			w.WriteHeader(http.StatusBadGateway)
		default:
			fmt.Fprint(w, file(t, "site.json"))
		}
	})
	if f := fetch(t, Config{Kind: JSON, URL: url, Mapping: siteMapping()}); len(f.Workshops) != 2 || calls.Load() != 3 {
		t.Errorf("%d workshops after %d requests", len(f.Workshops), calls.Load())
	}
}

func TestWindows1252IsRead(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("[{\"t\":\"M\xe9moire\",\"th\":\"corps\",\"d\":\"2026-12-01\",\"cp\":\"84000\"}]"))
	})
	f := fetch(t, Config{Kind: JSON, URL: url, Mapping: Mapping{Fields: map[string][]string{"title": {"t"}, "theme": {"th"}, "date": {"d"}, "postal_code": {"cp"}}}})
	if len(f.Workshops) != 1 || f.Workshops[0].Title != "Mémoire" {
		t.Errorf("%+v", f.Workshops)
	}
}

// canned answers every request with itself.
type canned []byte

func (c canned) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Status: "200 OK", Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(c)), Request: r}, nil
}

// FuzzFetch gives a source anything: it may refuse it, but never fall over.
func FuzzFetch(f *testing.F) {
	for _, name := range []string{"site.json", "openagenda-1.json", "schema_org.json", "calendar.ics"} {
		f.Add([]byte(file(f, name)))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, k := range []Kind{OpenAgenda, SchemaOrg, ICalendar} {
			s, err := New(Config{Kind: k, URL: "http://127.0.0.1/", Paging: Paging{Kind: NoPages}, Limits: quick}, Options{Transport: canned(body)})
			if err != nil {
				t.Fatal(err)
			}
			_, _ = s.Fetch(context.Background(), "", "")
		}
	})
}
