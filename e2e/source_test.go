package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// townSite is a town's web site with n workshops in Avignon, one a day from tomorrow on.
func townSite(t *testing.T) (site *httptest.Server, n *atomic.Int32) {
	t.Helper()
	n = new(atomic.Int32)
	site = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		list := []map[string]string{}
		for i := range int(n.Load()) {
			list = append(list, map[string]string{"ref": fmt.Sprint(i), "nom": fmt.Sprintf("Atelier mémoire %d", i), "theme": "Bien dans sa tête",
				"jour": time.Now().AddDate(0, 0, 1+i).Format("02/01/2006"), "heure": "10h30", "cp": "84000", "ville": "Avignon", "tel": "0490800000"})
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"ateliers": list})
	}))
	t.Cleanup(site.Close)
	return site, n
}

// The service reads its source by itself, takes what another command has refreshed, and goes on with its copy when the source is gone
// or has lost too much (D1, D3).
func TestServeLivesFromItsSourceAndSurvivesIt(t *testing.T) {
	t.Parallel()
	site, n := townSite(t)
	n.Store(12)
	config := file(t, "acotel.yaml", `
workshops:
  source:
    kind: json
    url: `+site.URL+`/api
    items: ateliers
    retries: 0
    fields: {id: ref, title: nom, theme: theme, date: jour, start: heure, postal_code: cp, city: ville, phone: tel}
`)
	s := serve(t, t.TempDir(), "-c", config)
	status := func() (st struct {
		Rows, AgeS int
		Health     struct{ State, Reason string }
	}) {
		out, errOut, code := program(t, "", "workshops", "status", "--json", "-c", config, "--data", s.data)
		if code != 0 {
			t.Fatalf("workshops status: %d %s", code, errOut)
		}
		if err := json.Unmarshal([]byte(out), &st); err != nil {
			t.Fatalf("workshops status: %v\n%s", err, out)
		}
		return st
	}
	eventually(t, 20*time.Second, func() string {
		if st := status(); st.Rows != 12 || st.Health.State != "ok" {
			return fmt.Sprintf("the source was not read: %+v", st)
		}
		return ""
	})

	refresh := func(wantCode int, want string) {
		t.Helper()
		out, errOut, code := program(t, "", "workshops", "refresh", "-c", config, "--data", s.data)
		if code != wantCode || !strings.Contains(out+errOut, want) {
			t.Errorf("workshops refresh: status %d, want %d; %q, want it to hold %q", code, wantCode, out+errOut, want)
		}
	}
	n.Store(13)
	refresh(0, "13 séances")
	n.Store(3)
	refresh(1, "--force")
	// Who replaced the workshops by hand is in the audit log; what was held back, and what the service reads by itself, is not.
	if out, errOut, code := program(t, "", "privacy", "audit", "list", "-c", config, "--data", s.data); code != 0 ||
		strings.Count(out, `"action":"workshops refresh"`) != 1 || !strings.Contains(out, `"sessions":13`) {
		t.Errorf("audit list: status %d, %s%s", code, out, errOut)
	}
	if st := status(); st.Rows != 13 || st.Health.State != "held" {
		t.Errorf("a source that lost ten of thirteen: %+v", st)
	}
	site.Close()
	refresh(1, "refused")
	if st := status(); st.Rows != 13 || st.Health.State != "failing" || st.Health.Reason == "" {
		t.Errorf("a source that is gone: %+v", st)
	}

	// The caller hears of them all the same.
	s.call("--from", "0639980001", "--dtmf", "84000#", "--linger", "40s")
	eventually(t, 20*time.Second, func() string {
		list := traces(t, s.data)
		if len(list) != 1 || !list[0].has("efficace") {
			return fmt.Sprintf("traces %+v", list)
		}
		return ""
	})
}
