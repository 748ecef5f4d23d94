package admin

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestDebugShowsTheProcessAndKeepsTheRest(t *testing.T) {
	t.Parallel()
	h := WithDebug(Handler(func() []Link { return nil }, http.NotFoundHandler()))
	for path, want := range map[string]int{"/debug/runtime?gc=1": 200, "/debug/pprof/goroutine?debug=1": 200, "/healthz": 200, "/debug/other": 404} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if w.Code != want {
			t.Errorf("%s: %d, want %d", path, w.Code, want)
		}
		if path == "/debug/runtime?gc=1" {
			var got struct {
				Goroutines int   `json:"goroutines"`
				HeapBytes  int64 `json:"heap_bytes"`
			}
			if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || got.Goroutines < 1 || got.HeapBytes < 1 {
				t.Errorf("%s, %v", w.Body, err)
			}
		}
	}
	w := httptest.NewRecorder()
	Handler(func() []Link { return nil }, http.NotFoundHandler()).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/debug/runtime", nil))
	if w.Code != http.StatusNotFound {
		t.Errorf("without debug: %d", w.Code)
	}
}
