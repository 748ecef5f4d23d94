package nlu_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/acotel/acotel-sbc/dialog/nlu"
)

// intentNames are those of the command contract.
var intentNames = strings.Fields(`search give_place give_theme choose yes no next previous details repeat slower louder wait back restart help human
	goodbye greeting thanks rate about_service is_machine price sales_fear my_number hesitation distress illness accident insult other_service
	out_of_scope call_later voicemail unclear`)

// entityTypes likewise.
var entityTypes = strings.Fields("place postal_code department theme module ordinal rating date time_of_day distance phone")

// TestContract: nothing but the contract's names comes out, best first, and the JSON has its keys.
func TestContract(t *testing.T) {
	p := parser(t)
	seen := map[string]bool{}
	for _, s := range sentences(t) {
		r := p.Parse(s.Text, s.State)
		for i, in := range r.Intents {
			seen[in.Name] = true
			if !slices.Contains(intentNames, in.Name) {
				t.Errorf("%q: intent %s is not in the contract", s.Text, in.Name)
			}
			if i > 0 && in.Confidence > r.Intents[i-1].Confidence {
				t.Errorf("%q: intents are not best first: %+v", s.Text, r.Intents)
			}
		}
		for _, e := range r.Entities {
			if !slices.Contains(entityTypes, e.Type) || e.Value == "" || !strings.Contains(s.Text, e.Text) {
				t.Errorf("%q: entity %+v", s.Text, e)
			}
		}
	}
	for _, name := range intentNames {
		if !seen[name] && name != "unclear" {
			t.Errorf("no sentence is understood as %s", name)
		}
	}
	got, err := json.Marshal(p.Parse("un atelier mémoire à Orange", "open"))
	if err != nil {
		t.Fatal(err)
	}
	var shape struct {
		Intents  []map[string]any `json:"intents"`
		Entities []map[string]any `json:"entities"`
	}
	if err := json.Unmarshal(got, &shape); err != nil || len(shape.Intents) == 0 || len(shape.Entities) != 2 {
		t.Fatalf("%s: %v", got, err)
	}
	if len(shape.Intents[0]) != 2 || len(shape.Entities[0]) != 3 || shape.Entities[0]["type"] != "module" || shape.Entities[1]["value"] != "Orange" {
		t.Errorf("JSON %s", got)
	}
}

// TestNothing: what says nothing is unclear, whatever was asked, and lists are empty, never null.
func TestNothing(t *testing.T) {
	p := parser(t)
	for _, text := range []string{"", " ", "…", "?!", "bla bla truc machin", "\x00\xff", "🙂"} {
		for _, state := range []string{"", "open", "place", "confirm", "theme", "results", "sms", "more", "rating", "reason", "nowhere"} {
			r := p.Parse(text, state)
			if r.Best().Name != "unclear" || r.Intents == nil || r.Entities == nil {
				t.Errorf("%q in %q: %+v", text, state, r)
			}
		}
	}
}

// TestVolunteered: one sentence carries several things.
func TestVolunteered(t *testing.T) {
	r := parser(t).Parse("Bonjour, je cherche un atelier de gym le mardi matin à Carpentras, pas trop loin", "open")
	for kind, want := range map[string]string{"place": "Carpentras", "module": "Activité physique adaptée", "date": "tuesday", "time_of_day": "matin", "distance": "near"} {
		if e, ok := r.Entity(kind); !ok || e.Value != want {
			t.Errorf("%s: want %s, got %s", kind, want, values(r))
		}
	}
	for _, name := range []string{"search", "give_place", "give_theme", "greeting"} {
		if r.Confidence(name) == 0 {
			t.Errorf("%s is missing: %+v", name, r.Intents)
		}
	}
}

// TestReadings: a code said aloud is read in every way that exists, likeliest first; the regions served come first.
func TestReadings(t *testing.T) {
	p := parser(t)
	for said, want := range map[string][]string{
		"quatre-vingt-quatre cent":  {"84100", "80400"},
		"six mille":                 {"06000", "61000"},
		"6000":                      {"06000"},
		"treize zéro zéro huit":     {"13008"},
		"vingt et un mille":         {"21000"},
		"soixante et onze mille":    {"71000"},
		"zéro quatre deux cent dix": {"04210"},
	} {
		e, ok := p.Parse(said, "place").Entity("postal_code")
		if got := append([]string{e.Value}, e.Codes...); !ok || !e.Known || !slices.Equal(got, want) {
			t.Errorf("%s: want %v, got %v", said, want, got)
		}
	}
	for said, digits := range map[string]string{"99999": "99999", "8410": "8410", "841002": "841002", "0841": "0841"} {
		if e, ok := p.Parse(said, "place").Entity("postal_code"); !ok || e.Known || e.Value != digits {
			t.Errorf("%s: %+v", said, e)
		}
	}
}

// TestWithoutPlaces: a parser without a gazetteer finds no town and believes every code.
func TestWithoutPlaces(t *testing.T) {
	p, err := nlu.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	if r := p.Parse("j'habite à Orange", "place"); len(r.Entities) != 0 {
		t.Errorf("%+v", r.Entities)
	}
	if e, ok := p.Parse("99999", "place").Entity("postal_code"); !ok || !e.Known {
		t.Errorf("%+v", e)
	}
}

// FuzzParse: no sentence breaks the parser, and what it finds stands in the sentence.
func FuzzParse(f *testing.F) {
	for _, s := range sentences(f) {
		f.Add(s.Text, s.State)
	}
	f.Add("quatre vingt quatre vingt quatre vingt quatre vingt quatre vingt dix mille cent", "place")
	f.Add(strings.Repeat("oui ", 400), "confirm")
	p := parser(f)
	f.Fuzz(func(t *testing.T, text, state string) {
		r := p.Parse(text, state)
		if len(r.Intents) == 0 {
			t.Fatal("no intent")
		}
		for _, e := range r.Entities {
			if !strings.Contains(text, e.Text) {
				t.Errorf("%q is not in %q", e.Text, text)
			}
		}
	})
}

func BenchmarkParse(b *testing.B) {
	p := parser(b)
	for b.Loop() {
		p.Parse("bonjour madame, je voudrais un atelier pour la mémoire près d'Orange s'il vous plaît", "open")
	}
}
