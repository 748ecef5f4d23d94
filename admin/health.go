package admin

import (
	"encoding/json"
	"net/http"
	"time"
)

// Link is one part of the chain that calls need (T8).
type Link struct {
	Name   string    `json:"name"`
	State  string    `json:"state"` // up, degraded or down
	Since  time.Time `json:"since,omitzero"`
	Reason string    `json:"reason,omitempty"`
}

// The states of a Link. A degraded one still serves calls, and a person should look at it.
const (
	Up       = "up"
	Degraded = "degraded"
	Down     = "down"
)

// Handler serves the health checks and the metrics. links is asked at each
// request and must return at once.
func Handler(links func() []Link, metrics http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", metrics)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]any{"ok": true})
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		list, status := links(), http.StatusOK
		for _, l := range list {
			if l.State == Down {
				status = http.StatusServiceUnavailable
			}
		}
		answer(w, status, map[string]any{"ok": status == http.StatusOK, "links": list})
	})
	return mux
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the peer is gone if it fails
}
