package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// links is what /readyz says of each part.
func (s *service) links() map[string]string {
	r, err := http.Get("http://" + s.http + "/readyz")
	if err != nil {
		return nil
	}
	defer r.Body.Close()
	var body struct {
		Links []struct{ Name, State, Reason string }
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		s.t.Error(err)
	}
	states := map[string]string{}
	for _, l := range body.Links {
		states[l.Name] = strings.TrimSpace(l.State + " " + l.Reason)
	}
	return states
}

// The configuration's trunks: one registers at SIPp (challenge, 423, a stale nonce) and is given back at the end, one finds
// nobody; the service is ready all the same and says how each is.
func TestTrunksOfTheConfiguration(t *testing.T) {
	t.Parallel()
	peer(t, "sipp")
	port := freePort(t)
	conf := file(t, "acotel.yaml", fmt.Sprintf(`trunks:
  - name: operateur
    servers: ["127.0.0.1:%d"]
    options_seconds: 0
    register: {user: "0970000000", domain: operator.example, password: %q, expires_seconds: 600}
  - name: absent
    servers: ["127.0.0.1:9"]
`, port, "file:"+file(t, "password", "secret\n")))
	registrar := make(chan struct{})
	go func() {
		defer close(registrar)
		sippAlone(t, "registrar.xml", "-i", "127.0.0.1", "-p", fmt.Sprint(port), "-m", "1")
	}()
	s := serve(t, t.TempDir(), "-c", conf)
	eventually(t, 60*time.Second, func() string {
		l := s.links()
		if l["trunk:operateur"] == "up" && strings.HasPrefix(l["trunk:absent"], "degraded down: ") && s.status("/readyz") == http.StatusOK &&
			strings.Count(s.logText(), "trunk is up") == 1 {
			return ""
		}
		return fmt.Sprintf("links %v\n%s", l, s.logText())
	})
	// The registrar granted a second: the next REGISTER, its stale nonce and a longer time follow by themselves.
	eventually(t, 60*time.Second, func() string {
		if s.scrape()[`acotel_trunk_registrations_total{result="accepted",trunk="operateur"}`] != 2 {
			return "not registered again\n" + s.logText()
		}
		return ""
	})
	s.stop()
	<-registrar
	if strings.Contains(s.logText(), "secret") {
		t.Error("the password is in the log")
	}
}
