package nlu_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/acotel/acotel-sbc/dialog/nlu"
)

// stateNames are the contract's states.
var stateNames = strings.Fields("open place confirm theme results sms more rating reason")

// evaluationSet reads one half of the evaluation set: development, which wordings may be tuned on, or held-out, which they may not.
func evaluationSet(t testing.TB, half string) []nlu.Labelled {
	t.Helper()
	f, err := os.Open("testdata/eval/" + half + ".jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	list, err := nlu.ReadLabelled(f)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestEvaluationSet: the set is as large and as varied as it must be, in the contract's words.
func TestEvaluationSet(t *testing.T) {
	all := append(evaluationSet(t, "development"), evaluationSet(t, "held-out")...)
	intents, states, entities, noisy := map[string]int{}, map[string]int{}, map[string]int{}, 0
	said := map[string]bool{}
	for _, l := range all {
		if key := l.State + " " + l.Text; said[key] {
			t.Errorf("twice: %s", key)
		} else {
			said[key] = true
		}
		intents[l.Intent]++
		states[l.State]++
		for _, e := range l.Entities {
			entities[e.Type]++
		}
		if l.Noise {
			noisy++
		}
	}
	if len(all) < 1500 || noisy < 150 {
		t.Errorf("%d sentences, %d misheard", len(all), noisy)
	}
	counted := func(what string, names []string, counts map[string]int, least int) {
		for name, n := range counts {
			if !slices.Contains(names, name) {
				t.Errorf("%s %s is not in the contract", what, name)
			} else if n < least {
				t.Errorf("%s %s: %d sentences", what, name, n)
			}
		}
		if len(counts) != len(names) {
			t.Errorf("%d of %d kinds of %s", len(counts), len(names), what)
		}
	}
	counted("intent", intentNames, intents, 25)
	counted("state", stateNames, states, 10)
	counted("entity", entityTypes, entities, 5)
}

// TestReadLabelled: entities may be written in three ways; what is wrong is told with its line.
func TestReadLabelled(t *testing.T) {
	list, err := nlu.ReadLabelled(strings.NewReader(`{"text":"a","intent":"yes","entities":{"place":"Orange","rating":4,"date":["monday","friday"]}}

{"text":"b","state":"sms","intent":"no","entities":[{"type":"ordinal","value":"2"}]}
{"text":"c","intent":"no","entities":null}`))
	if err != nil || len(list) != 3 || list[0].State != "open" || list[1].State != "sms" {
		t.Fatalf("%+v %v", list, err)
	}
	want := []nlu.Entity{{Type: "date", Value: "friday"}, {Type: "date", Value: "monday"}, {Type: "place", Value: "Orange"}, {Type: "rating", Value: "4"}}
	for i, w := range want {
		if got := list[0].Entities[i]; got.Type != w.Type || got.Value != w.Value {
			t.Errorf("%+v, not %+v", got, w)
		}
	}
	for _, c := range []struct{ file, want string }{
		{"{\"text\":\"a\",\"intent\":\"yes\"}\nnonsense", "line 2"},
		{`{"text":"a"}`, "line 1: no intent"},
		{`{"text":"a","intent":"yes","today":"tomorrow"}`, "line 1: today"},
		{`{"text":"a","intent":"yes","entities":"Orange"}`, "line 1"},
	} {
		if _, err := nlu.ReadLabelled(strings.NewReader(c.file)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.file, err)
		}
	}
}

// TestEvaluate: what the figures count.
func TestEvaluate(t *testing.T) {
	r := nlu.Evaluate(parser(t), []nlu.Labelled{
		{Text: "oui", State: "confirm", Intent: "yes"},
		{Text: "non", State: "confirm", Intent: "yes", Noise: true},
		{Text: "à Orange", State: "place", Intent: "give_place", Entities: nlu.Expected{{Type: "place", Value: "orange"}}},
		{Text: "à Orange", State: "place", Intent: "give_place", Entities: nlu.Expected{{Type: "place", Value: "Apt"}}},
	}, time.Time{})
	if r.Sentences != 4 || r.Accuracy != 0.75 || *r.Noisy.Accuracy != 0 || r.Sure.N != 4 {
		t.Errorf("%+v", r)
	}
	if yes := r.ByIntent["yes"]; *yes.Precision != 1 || *yes.Recall != 0.5 || yes.N != 2 {
		t.Errorf("%+v", yes)
	}
	if no := r.ByIntent["no"]; *no.Precision != 0 || no.Recall != nil {
		t.Errorf("what nobody said has no recall: %+v", no)
	}
	if place := r.ByEntity["place"]; *place.Precision != 0.5 || *place.Recall != 0.5 {
		t.Errorf("%+v", place)
	}
	if len(r.Confusions) != 1 || r.Confusions[0] != (nlu.Confusion{Want: "yes", Got: "no", N: 1}) {
		t.Errorf("%+v", r.Confusions)
	}
	if m := r.Misses[1]; m.Missing[0] != "place=Apt" || m.Invented[0] != "place=Orange" {
		t.Errorf("%+v", m)
	}
}
