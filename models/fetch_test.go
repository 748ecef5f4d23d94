package models

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// What comes whole is given; of everything else nothing is left, and the reason is told.
func TestFetch(t *testing.T) {
	over := make(chan struct{})
	half := func(w http.ResponseWriter) {
		w.Header().Set("Content-Length", "1000")
		fmt.Fprint(w, strings.Repeat("x", 500))
		w.(http.Flusher).Flush()
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/whole", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "weights") })
	mux.HandleFunc("/dumb", func(_ http.ResponseWriter, q *http.Request) { waitFor(q, over) })
	mux.HandleFunc("/stalled", func(w http.ResponseWriter, q *http.Request) { half(w); waitFor(q, over) })
	mux.HandleFunc("/cut", func(w http.ResponseWriter, _ *http.Request) { half(w); panic(http.ErrAbortHandler) })
	mux.HandleFunc("/elsewhere", func(w http.ResponseWriter, q *http.Request) {
		http.Redirect(w, q, "file:///etc/passwd", http.StatusFound)
	})
	mux.HandleFunc("/slow", func(w http.ResponseWriter, _ *http.Request) { // never silent for long
		for range 80 {
			fmt.Fprint(w, "xxxxxxxxxx")
			w.(http.Flusher).Flush()
			time.Sleep(20 * time.Millisecond)
		}
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(over) })
	closed := httptest.NewServer(mux)
	closed.Close()
	live := context.Background() // the cases go on when this function has returned
	ended, cancel := context.WithCancel(live)
	cancel()
	for _, c := range []struct {
		name, address string
		ctx           context.Context
		bytes         int
		want          string
	}{
		{"whole", server.URL + "/whole", live, 7, ""},
		{"slow, longer in all than a silence may be", server.URL + "/slow", live, 800, ""},
		{"no answer", server.URL + "/dumb", live, 0, ErrStalled.Error()},
		{"silence in the middle", server.URL + "/stalled", live, 0, ErrStalled.Error()},
		{"cut off", server.URL + "/cut", live, 0, "unexpected EOF"},
		{"not there", server.URL + "/other", live, 0, "answers 404 Not Found"},
		{"sent to a file", server.URL + "/elsewhere", live, 0, "unsupported protocol scheme"},
		{"nobody there", closed.URL + "/whole", live, 0, "connection refused"},
		{"no address", "http://%zz", live, 0, "invalid URL escape"},
		{"a secret in the address", strings.Replace(server.URL, "//", "//me:geheim@", 1) + "/other", live, 0, "me:xxxxx@"},
		{"given up", server.URL + "/whole", ended, 0, "context canceled"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			path, err := Fetch(c.ctx, dir, c.address, time.Second)
			left, _ := os.ReadDir(dir)
			if c.want != "" {
				if err == nil || !strings.Contains(err.Error(), c.want) || len(left) > 0 {
					t.Errorf("%v, left behind: %v, want %q", err, left, c.want)
				}
				return
			}
			if got, readErr := os.ReadFile(path); err != nil || readErr != nil || len(got) != c.bytes || filepath.Dir(path) != dir {
				t.Errorf("%d bytes in %s, %v, %v", len(got), path, err, readErr)
			}
		})
	}
}

func waitFor(q *http.Request, over chan struct{}) {
	_, _ = io.Copy(io.Discard, q.Body)
	select {
	case <-q.Context().Done():
	case <-over:
	}
}

// One installs at a time into a folder; who is killed holds up nobody, and who does not want to wait need not.
func TestLock(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "not", "there", "yet")
	never := func() { t.Error("somebody else is said to have it") }
	first, err := Lock(t.Context(), dir, never)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	if _, err := Lock(ctx, dir, func() { cancel(enough) }); !errors.Is(err, enough) {
		t.Errorf("%v", err)
	}
	second, err := Lock(t.Context(), dir, func() { first() })
	if err != nil {
		t.Fatal(err)
	}
	second()
	if other, err := Lock(t.Context(), t.TempDir(), never); err != nil {
		t.Error(err)
	} else {
		other()
	}
	if _, err := Lock(t.Context(), "/proc/nowhere", never); err == nil {
		t.Error("a folder that can't be made is locked")
	}
}

func TestSweepTakesWhatWasInterruptedAlone(t *testing.T) {
	dir := t.TempDir()
	stay := []string{"whisper/base/model.json", "whisper/used", "onnxruntime/lib.so"}
	for _, path := range append([]string{".fetch-1", "whisper/.install-1/weights.bin", "whisper/.install-2/model.json"}, stay...) {
		put(t, filepath.Join(dir, path), "x")
	}
	if err := Sweep(dir); err != nil {
		t.Fatal(err)
	}
	for _, path := range stay {
		if _, err := os.Stat(filepath.Join(dir, path)); err != nil {
			t.Error(err)
		}
	}
	for _, pattern := range []string{".fetch*", "whisper/.install*"} {
		if left, _ := filepath.Glob(filepath.Join(dir, pattern)); len(left) > 0 {
			t.Errorf("left: %v", left)
		}
	}
	if err := Sweep(filepath.Join(dir, "nowhere")); err != nil {
		t.Error(err)
	}
}
