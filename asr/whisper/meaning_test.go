package whisper

import (
	"slices"
	"testing"

	"github.com/acotel/acotel-sbc/asr"
	"github.com/acotel/acotel-sbc/asr/phoneme"
)

func TestGroupsAreJoined(t *testing.T) {
	at := func(text string, confidence float64, from, to int) entryHeard {
		return entryHeard{Alternative: asr.Alternative{Text: text, Confidence: confidence}, from: from, to: to}
	}
	for _, c := range []struct {
		name   string
		groups [][]entryHeard
		want   []string
	}{
		{"nothing", [][]entryHeard{nil, nil}, nil},
		{"one group", [][]entryHeard{{at("oui", 0.9, 0, 10), at("ouais", 0.05, 0, 10)}}, []string{"oui", "ouais"}},
		{"a place after a theme", [][]entryHeard{{at("Carpentras", 0.8, 60, 90)}, {at("mémoire", 0.9, 10, 40)}}, []string{"mémoire, Carpentras", "mémoire", "Carpentras"}},
		{"two in the same place", [][]entryHeard{{at("mémoire", 0.95, 10, 40)}, {at("Mesnois", 0.9, 12, 38)}}, []string{"mémoire", "Mesnois"}},
		{"an unsure one beside", [][]entryHeard{{at("mémoire", 0.95, 10, 40)}, {at("Mesnois", 0.3, 50, 70)}}, []string{"mémoire", "Mesnois"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			last := 1.0
			for _, a := range joined(c.groups) {
				got = append(got, a.Text)
				if a.Confidence > last {
					t.Errorf("%s %.2f comes after %.2f", a.Text, a.Confidence, last)
				}
				last = a.Confidence
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

func TestWordsAndEntriesTogether(t *testing.T) {
	words := []asr.Alternative{{Text: "Je cherche à Avignon", Confidence: 0.6}, {Text: "Je cherche à Vignon", Confidence: 0.3}}
	got := together(words, []asr.Alternative{{Text: "Avignon", Confidence: 0.9, INSEE: "84007"}})
	if len(got) != 3 || got[0].Text != words[0].Text || got[0].INSEE != "84007" || got[0].Confidence < 0.9 {
		t.Errorf("%+v", got)
	}
}

func TestCalibrationRises(t *testing.T) {
	e := &phoneme.Entry{Text: "oui"}
	last := -1.0
	for _, p := range []float64{0.001, 0.1, 0.5, 0.9, 0.999} {
		h := phoneme.Heard{Best: []phoneme.Found{{Entry: e, P: p, Length: 5}}, Null: (1 - p) / 2}
		c := DefaultCalibration.of(features(h, 0))
		if c <= last || c < 0 || c > 1 {
			t.Errorf("%.3f after %.3f at a share of %g", c, last, p)
		}
		last = c
	}
	if len(DefaultCalibration.alternatives(phoneme.Heard{Null: 1}, [FeatureCount]float64{})) != 0 {
		t.Error("confidence in nothing")
	}
}

func TestWhatEntriesLeave(t *testing.T) {
	at := func(from, to int) entryHeard { return entryHeard{from: from, to: to} }
	for _, c := range []struct {
		name   string
		sure   []entryHeard
		frames int
		want   []entryHeard
	}{
		{"nothing said", nil, 0, nil},
		{"nothing sure", nil, 40, []entryHeard{at(0, 40)}},
		{"before and after", []entryHeard{at(20, 40)}, 60, []entryHeard{at(0, 20), at(40, 60)}},
		{"too short to hold a word", []entryHeard{at(11, 50)}, 60, nil},
		{"between two, in any order", []entryHeard{at(40, 60), at(0, 20)}, 60, []entryHeard{at(20, 40)}},
		{"one in another", []entryHeard{at(0, 40), at(10, 20)}, 60, []entryHeard{at(40, 60)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := leftBy(c.sure, c.frames); !slices.Equal(got, c.want) {
				t.Errorf("%v is left, want %v", got, c.want)
			}
		})
	}
}
