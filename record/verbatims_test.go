package record

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/acotel/acotel-sbc/store/storetest"
)

// Transcripts are those of calls without result; words are counted by stem over all calls, without stop words and without what was hidden.
func TestVerbatims(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	said := func(call, line, who, text string) Fact {
		return Fact{CallID: call, At: noon, Kind: Turn, Data: map[string]any{"who": who, "text": text}}
	}
	call := func(id, line string, efficace bool, turns ...string) []Fact {
		facts := []Fact{{CallID: id, At: noon, Kind: Presented, Data: map[string]any{"line": line}}, {CallID: id, At: noon, Kind: Answered}}
		for i, text := range turns {
			facts = append(facts, said(id, line, []string{"service", "caller"}[i%2], text))
		}
		if efficace {
			facts = append(facts, Fact{CallID: id, At: noon, Kind: Search, Data: map[string]any{"found": 2}})
		}
		return append(facts, Fact{CallID: id, At: noon.Add(time.Minute), Kind: Ended, Data: map[string]any{"by": "remote"}})
	}
	var facts []Fact
	facts = append(facts, call("a", "production", false, "Que souhaitez-vous ?", "je m'appelle Monique Durand, je cherche des ateliers de mémoire", "Où ?", "un atelier mémoire à Orange")...)
	facts = append(facts, call("b", "production", true, "Que souhaitez-vous ?", "un atelier mémoire")...)
	facts = append(facts, call("c", "test", false, "Que souhaitez-vous ?", "essai essai essai")...)
	kept(t, db, facts...)
	v, err := ComputeVerbatims(context.Background(), db, noon.Add(-time.Hour), noon.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if len(v.Calls) != 1 || v.Calls[0].ID != "a" || len(v.Calls[0].Turns) != 4 || v.Calls[0].Turns[1].Text != "je m'appelle [nom], je cherche des ateliers de mémoire" {
		t.Fatalf("calls %+v", v.Calls)
	}
	if len(v.Words) == 0 || v.Words[0] != (Usage{"atelier", 3, 2}) || v.Words[1] != (Usage{"mémoire", 3, 2}) {
		t.Errorf("words %+v", v.Words)
	}
	for _, u := range v.Words {
		switch u.Text {
		case "nom", "de", "un", "essai", "durand", "monique":
			t.Errorf("%q is counted", u.Text)
		}
	}
	if len(v.Expressions) != 1 || v.Expressions[0] != (Usage{"atelier mémoire", 2, 2}) {
		t.Errorf("expressions %+v", v.Expressions)
	}
	if v, err := ComputeVerbatims(context.Background(), db, noon.Add(time.Hour), noon.Add(2*time.Hour)); err != nil || v.Calls == nil || v.Words == nil || v.Expressions == nil {
		t.Errorf("an empty span: %+v, %v", v, err)
	}
}

// The reasons of bad marks are told region by region, anonymised, until their retention has passed (C11).
func TestReasonsOfMarks(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	rated := func(id, line, region, reason string, mark int) (facts []Fact) {
		facts = lived("presented line="+line, "answered", "place_found region="+region, "rating_asked question=1", "rated question=1", "rating_reason", "ended by=local")
		facts[4].Data["mark"], facts[5].Data["text"] = mark, reason
		if region == "" {
			facts = append(facts[:2:2], facts[3:]...)
		}
		for i := range facts {
			facts[i].CallID = id
		}
		return facts
	}
	kept(t, db, rated("a", "production", "sud-est", "c'était trop long, je m'appelle Monique Durand", 1)...)
	kept(t, db, rated("b", "production", "", "je n'ai rien compris", 2)...)
	kept(t, db, rated("c", "production", "autre", "trop loin", 2)...)
	kept(t, db, rated("d", "test", "autre", "essai", 1)...)
	kept(t, db, rated("e", "production", "autre", "", 1)...) // its words are past their retention
	v, err := ComputeVerbatims(context.Background(), db, noon.Add(-time.Hour), noon.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, r := range v.Reasons {
		region := "?"
		if r.Region != nil {
			region = *r.Region
		}
		got += fmt.Sprintf("%s %s %d %s\n", r.ID, region, *r.Mark, r.Text)
	}
	if want := "c autre 2 trop loin\na sud-est 1 c'était trop long, je m'appelle [nom]\nb ? 2 je n'ai rien compris\n"; got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}
