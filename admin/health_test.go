package admin

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestReadyz(t *testing.T) {
	for _, c := range []struct {
		name  string
		links []Link
		code  int
		want  string
	}{
		{"all up", []Link{{Name: "sip", State: Up}}, 200, `"ok":true`},
		{"one degraded", []Link{{Name: "workshops", State: Degraded, Reason: "stale"}}, 200, "stale"},
		{"one down", []Link{{Name: "sip", State: Up}, {Name: "database", State: Down, Reason: "disk full"}}, 503, "disk full"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			Handler(func() []Link { return c.links }, http.NotFoundHandler()).ServeHTTP(w, httptest.NewRequest("GET", "/readyz", nil))
			if w.Code != c.code || !strings.Contains(w.Body.String(), c.want) {
				t.Errorf("got %d %s", w.Code, w.Body)
			}
		})
	}
	w := httptest.NewRecorder()
	Handler(func() []Link { return nil }, http.NotFoundHandler()).ServeHTTP(w, httptest.NewRequest("GET", "/healthz", nil))
	if w.Code != 200 {
		t.Errorf("healthz %d", w.Code)
	}
}
