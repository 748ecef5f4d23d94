package provider

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// TestProbe: what is asked without sending tells a provider that works from one that refuses or is gone.
func TestProbe(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet || r.URL.Path != "/account" || r.Header.Get("api-key") != "good" {
			w.WriteHeader(http.StatusUnauthorized)
		}
	}))
	brevo := func(key string) *Brevo {
		p, err := NewBrevo(BrevoConfig{Endpoint: server.URL, APIKey: key, Sender: "ACOTEL"})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	plain, err := NewHTTP(HTTPConfig{URL: server.URL + "/send?to={{.To}}"})
	if err != nil {
		t.Fatal(err)
	}
	if err := brevo("good").Probe(t.Context()); err != nil {
		t.Errorf("good key: %v", err)
	}
	if err := brevo("bad").Probe(t.Context()); err == nil {
		t.Error("a bad key passes")
	}
	if err := plain.Probe(t.Context()); err != nil {
		t.Errorf("listening: %v", err)
	}
	server.Close()
	if err := plain.Probe(t.Context()); err == nil {
		t.Error("a closed socket passes")
	}
}
