package dialog_test

import (
	"bytes"
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/acotel/acotel-sbc/dialog"
)

// contractStates and contractIntents are the words that the outside knows.
var (
	contractStates  = strings.Fields("open place confirm theme results sms more rating reason")
	contractIntents = strings.Fields(`search give_place give_theme choose yes no next previous details repeat slower louder wait back restart
		help human goodbye greeting thanks rate about_service is_machine price sales_fear my_number hesitation distress illness accident insult
		other_service out_of_scope call_later voicemail unclear`)
)

// happenings are what leads on besides intents: the answer of the search, keys, silence, a broken link.
var happenings = strings.Fields("many found nothing other_theme keys silence incident")

// TestGraph: every step can be reached from the welcome and can reach the end, and the words are those of the contract. That every way is
// taken, and no other one, is what TestAnything shows.
func TestGraph(t *testing.T) {
	t.Parallel()
	to, from := map[string][]string{}, map[string][]string{}
	link := func(a, b string) { to[a], from[b] = append(to[a], b), append(from[b], a) }
	words := func(of string, on []string) {
		for _, w := range on {
			if !slices.Contains(contractIntents, w) && !slices.Contains(happenings, w) {
				t.Errorf("%s: %q is neither an intent nor something that happens", of, w)
			}
		}
	}
	for _, n := range dialog.Graph() {
		if n.State != "" && !slices.Contains(contractStates, n.State) {
			t.Errorf("step %s has state %q", n.Name, n.State)
		}
		for _, w := range n.Ways {
			link(n.Name, w.To)
			words(n.Name, w.On)
		}
		if n.State == "" {
			continue
		}
		for _, w := range dialog.Anywhere() {
			link(n.Name, w.To)
			words("anywhere", w.On)
		}
	}
	words("answered", dialog.Answered())
	reached := func(start string, next map[string][]string) map[string]bool {
		seen := map[string]bool{}
		for queue := []string{start}; len(queue) > 0; queue = queue[1:] {
			if !seen[queue[0]] {
				seen[queue[0]] = true
				queue = append(queue, next[queue[0]]...)
			}
		}
		return seen
	}
	forth, back := reached("welcome", to), reached("end", from)
	for _, n := range dialog.Graph() {
		if !forth[n.Name] {
			t.Errorf("step %s cannot be reached", n.Name)
		}
		if !back[n.Name] {
			t.Errorf("step %s leads to no end", n.Name)
		}
	}
}

// TestEveryIntentHasItsPlace: each intent of the contract leads somewhere or is answered on the spot.
func TestEveryIntentHasItsPlace(t *testing.T) {
	t.Parallel()
	var known []string
	for _, n := range dialog.Graph() {
		for _, w := range n.Ways {
			known = append(known, w.On...)
		}
	}
	for _, w := range dialog.Anywhere() {
		known = append(known, w.On...)
	}
	known = append(known, dialog.Answered()...)
	for _, i := range contractIntents {
		if !slices.Contains(known, i) {
			t.Errorf("intent %s stands nowhere in the graph", i)
		}
	}
}

// TestMermaid: the diagram has every step and way, in Mermaid's grammar of state diagrams.
func TestMermaid(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := dialog.Mermaid(&out); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if lines[0] != "stateDiagram-v2" {
		t.Errorf("begins with %q", lines[0])
	}
	grammar := regexp.MustCompile(`^    (state "[^"]+" as \w+|(\w+|\[\*\]) --> (\w+|\[\*\])( : [^:]+)?|note right of \w+|    [^"]+|end note)$`)
	for _, l := range lines[1:] {
		if !grammar.MatchString(l) {
			t.Errorf("line %q", l)
		}
	}
	for _, n := range dialog.Graph() {
		id := "step_" + strings.ReplaceAll(n.Name, ".", "_")
		if !strings.Contains(out.String(), "\" as "+id+"\n") {
			t.Errorf("step %s is missing", n.Name)
		}
		for _, w := range n.Ways {
			if !strings.Contains(out.String(), "    "+id+" --> step_"+strings.ReplaceAll(w.To, ".", "_")) {
				t.Errorf("the way from %s to %s is missing", n.Name, w.To)
			}
		}
	}
	if err := dialog.Mermaid(failing{}); err == nil {
		t.Error("a broken writer was not reported")
	}
}

// failing is a writer that cannot.
type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.New("full") }
