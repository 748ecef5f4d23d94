package softphone

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/acotel/acotel-sbc/dialog/nlu"
	"github.com/acotel/acotel-sbc/record"
)

// TestThePageHasWordsForEverything: what the service may tell of a call has French words in the page; nothing shows by its inner name.
func TestThePageHasWordsForEverything(t *testing.T) {
	file, err := fs.ReadFile(pageFiles, "page/words.js")
	if err != nil {
		t.Fatal(err)
	}
	text := string(file)
	statuses, kinds, why := []string{}, []string{}, []string{"lost"}
	for _, s := range record.AllStatuses() {
		statuses = append(statuses, string(s))
	}
	for k := range shown {
		kinds = append(kinds, string(k))
	}
	for _, r := range reasons {
		why = append(why, string(r))
	}
	for name, c := range map[string]struct {
		from, to string // of the place in the file
		key      string // before and after a name, as a pattern
		want     []string
	}{
		"intents":        {"const intents = {", "};", `\b%s:`, nlu.Intents},
		"entities":       {"const entities = {", "};", `\b%s:`, strings.Fields("place postal_code department theme module ordinal rating date time_of_day distance phone")},
		"states":         {"const questions = {", "};", `\b%s:`, strings.Fields("open place confirm theme results sms more rating reason")},
		"statuses":       {"const statuses = {", "};", `\b%s:`, statuses},
		"regions":        {"const regions = {", "};", `'?\b%s'?:`, strings.Fields("sud-est languedoc-roussillon centre-val-de-loire bourgogne-franche-comte autre")},
		"steps":          {"function step(", "default:", `case '%s':`, kinds},
		"ends":           {"const reasons = {", "};", `\b%s:`, why},
		"states of call": {"const states = {", "};", `\b%s:`, []string{stateConnecting, stateRinging, stateTalking, stateEnded}},
	} {
		t.Run(name, func(t *testing.T) {
			_, rest, ok := strings.Cut(text, c.from)
			block, _, closed := strings.Cut(rest, c.to)
			if !ok || !closed {
				t.Fatalf("words.js has no %q", c.from)
			}
			slices.Sort(c.want)
			for _, w := range c.want {
				if !regexp.MustCompile(strings.ReplaceAll(c.key, "%s", regexp.QuoteMeta(w))).MatchString(block) {
					t.Errorf("words.js has no words for %s", w)
				}
			}
		})
	}
}

// TestNothingIsLoadedFromElsewhere: the page names no other site, and has no script or style of its own in its text.
func TestNothingIsLoadedFromElsewhere(t *testing.T) {
	elsewhere := regexp.MustCompile(`(?i)(src|href|action|url|import|from)\s*[=(]?\s*["'(]?\s*(https?:)?//|<script(?:>| [^>]*[^>]>)[^<]+</script>|<style|\sstyle=|\son[a-z]+=`)
	entries, err := fs.ReadDir(pageFiles, "page")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		text, err := fs.ReadFile(pageFiles, "page/"+e.Name())
		if err != nil {
			t.Fatal(err)
		}
		if found := elsewhere.Find(text); found != nil {
			t.Errorf("%s: %s", e.Name(), found)
		}
	}
}

// TestAddresses: the page is found with and without a stroke at its end, and what is not there is not.
func TestAddresses(t *testing.T) {
	g, err := New(Config{Access: NewAccess(AccessConfig{Loopback: true, Session: time.Hour}), MaxCalls: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	for path, want := range map[string]int{
		"/telephone": http.StatusOK, "/telephone/": http.StatusMovedPermanently, "/telephone/words.js": http.StatusOK, "/telephone/entrer": http.StatusOK,
		"/telephone/closed.html": http.StatusNotFound, "/telephone/calls": http.StatusMethodNotAllowed, "/telephone/calls/x/events": http.StatusNotFound,
	} {
		req := httptest.NewRequest(http.MethodGet, path, nil)
		req.RemoteAddr, req.Host = "127.0.0.1:5000", "localhost"
		w := httptest.NewRecorder()
		g.Handler().ServeHTTP(w, req)
		if w.Code != want {
			t.Errorf("%s: %d, want %d", path, w.Code, want)
		}
	}
}
