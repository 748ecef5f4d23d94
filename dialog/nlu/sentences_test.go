package nlu_test

import (
	"bufio"
	"encoding/json"
	"os"
	"strconv"
	"testing"

	"github.com/acotel/acotel-sbc/dialog/nlu"
	"github.com/acotel/acotel-sbc/place"
)

// sentence is one line of testdata/sentences.jsonl: what is said, what was asked, what must be understood of it.
type sentence struct {
	Text     string            `json:"text"`
	State    string            `json:"state"`
	Intent   string            `json:"intent"`
	Entities map[string]string `json:"entities"`
}

func parser(t testing.TB) *nlu.Parser {
	t.Helper()
	g, err := place.Default()
	if err != nil {
		t.Fatal(err)
	}
	p, err := nlu.New(g)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func sentences(t testing.TB) []sentence {
	t.Helper()
	f, err := os.Open("testdata/sentences.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []sentence
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var s sentence
		if err := json.Unmarshal(lines.Bytes(), &s); err != nil {
			t.Fatalf("line %d: %v", len(out)+1, err)
		}
		out = append(out, s)
	}
	return out
}

// tie is how near to the best intent another one may be and still count: the dialogue takes the one that answers its question.
const tie = 0.04

// TestSentences: the best intent, sure enough to act on, and every entity named; and no place where there is none.
func TestSentences(t *testing.T) {
	p := parser(t)
	for i, s := range sentences(t) {
		t.Run(strconv.Itoa(i+1)+" "+s.State+" "+s.Text, func(t *testing.T) {
			got := p.Parse(s.Text, s.State)
			if best := got.Best(); got.Confidence(s.Intent) < best.Confidence-tie || best.Confidence < 0.35 || best.Confidence > 1 {
				t.Errorf("intent %s, got %+v", s.Intent, got.Intents)
			}
			for kind, want := range s.Entities {
				if e, ok := got.Entity(kind); !ok || e.Value != want {
					t.Errorf("%s %s, got %s", kind, want, values(got))
				}
			}
			if _, ok := got.Entity("place"); ok && s.Entities["place"] == "" {
				t.Errorf("a place out of nothing: %s", values(got))
			}
		})
	}
}

func values(r nlu.Result) string {
	out := ""
	for _, e := range r.Entities {
		out += e.Type + "=" + e.Value + " (" + e.Text + ") "
	}
	return out
}
