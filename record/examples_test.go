package record

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/acotel/acotel-sbc/store"
	"github.com/acotel/acotel-sbc/store/storetest"
)

// example is one line of testdata/examples.txt.
type example struct {
	name  string
	facts []Fact
	want  string
}

// lines gives the lines of a file that say something.
func lines(t *testing.T, name string) (out []string) {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for in := bufio.NewScanner(f); in.Scan(); {
		if l := strings.TrimSpace(in.Text()); l != "" && l[0] != '#' {
			out = append(out, l)
		}
	}
	return out
}

func examples(t *testing.T) (out []example) {
	t.Helper()
	for i, l := range lines(t, "testdata/examples.txt") {
		cells := strings.Split(l, "|")
		if len(cells) != 5 {
			t.Fatalf("example %q has %d cells", l, len(cells))
		}
		at := parisTime(t, strings.TrimSpace(cells[0]))
		e := example{name: strings.TrimSpace(cells[0]), want: strings.Join(strings.Fields(cells[4]), " ")}
		id := fmt.Sprintf("example-%03d", i)
		e.facts = []Fact{{CallID: id, At: at, Kind: Presented, Data: map[string]any{"line": strings.TrimSpace(cells[1]), "origin": strings.TrimSpace(cells[2])}}}
		for _, word := range strings.Fields(cells[3]) {
			what, second, ok := strings.Cut(word, "@")
			s, err := strconv.Atoi(second[strings.LastIndex(second, "@")+1:])
			if !ok || err != nil {
				t.Fatalf("example %s: %q", e.name, word)
			}
			f := exampleFact(t, what, at)
			f.CallID, f.At = id, at.Add(time.Duration(s)*time.Second)
			e.facts = append(e.facts, f)
		}
		out = append(out, e)
	}
	return out
}

// exampleFact makes a fact of the words of examples.txt.
func exampleFact(t *testing.T, what string, presented time.Time) Fact {
	t.Helper()
	what, value, _ := strings.Cut(what, "=")
	number := func(s string) float64 {
		n, err := strconv.ParseFloat(s, 64)
		if err != nil {
			t.Fatalf("%s=%s", what, value)
		}
		return n
	}
	switch what {
	case "answered":
		return Fact{Kind: Answered}
	case "welcome":
		return Fact{Kind: WelcomeStarted}
	case "welcomed":
		return Fact{Kind: Welcomed}
	case "understood":
		return Fact{Kind: Understood}
	case "asked":
		return Fact{Kind: PlaceAsked}
	case "found":
		region, tries, _ := strings.Cut(value, "/")
		return Fact{Kind: PlaceFound, Data: map[string]any{"region": region, "tries": number(tries)}}
	case "search":
		return Fact{Kind: Search, Data: map[string]any{"found": number(value)}}
	case "sms":
		return Fact{Kind: SMSSent}
	case "goodbye":
		return Fact{Kind: Goodbye}
	case "rate?", "rate?1", "rate?2":
		return Fact{Kind: RatingAsked, Data: map[string]any{"question": strings.TrimPrefix(what+"1", "rate?")[:1]}}
	case "rated":
		return Fact{Kind: Rated, Data: map[string]any{"question": "1", "mark": number(value)}}
	case "malade", "incivilite", "hors_sujet":
		return Fact{Kind: Marked, Data: map[string]any{"mark": what}}
	case "waiting":
		return Fact{Kind: Waiting, Data: map[string]any{"position": 1}}
	case "left":
		return Fact{Kind: WaitingAbandoned}
	case "refused":
		return Fact{Kind: Refused}
	case "crash":
		last := presented.Add(time.Duration(number(value)) * time.Second)
		return Fact{Kind: Interrupted, Data: map[string]any{"last_at": store.FormatTime(last)}}
	case "remote", "local":
		return Fact{Kind: Ended, Data: map[string]any{"by": what}}
	}
	t.Fatalf("unknown word %q", what)
	return Fact{}
}

// Each example has the statuses that were worked out by hand.
func TestExamplesHaveTheirStatuses(t *testing.T) {
	t.Parallel()
	seen := map[Status]int{}
	all := examples(t)
	for _, e := range all {
		var got []string
		for _, s := range Statuses(e.facts) {
			got = append(got, string(s))
			seen[s]++
		}
		if strings.Join(got, " ") != e.want {
			t.Errorf("%s: %s, want %s", e.name, strings.Join(got, " "), e.want)
		}
	}
	if len(all) < 60 {
		t.Errorf("only %d examples", len(all))
	}
	for _, s := range AllStatuses() {
		if seen[s] == 0 {
			t.Errorf("no example is %s", s)
		}
	}
}

// The figures of the examples are those that were counted apart, across midnight, months, years and clock changes.
func TestExamplesComeToTheirFigures(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	db := storetest.Open(t)
	err := db.Tx(ctx, func(tx *sql.Tx) error {
		for _, e := range examples(t) {
			s := Summarise(e.facts)
			if _, err := tx.Exec("INSERT INTO calls (id, started_at) VALUES ($1, $2)", s.ID, store.FormatTime(s.StartedAt)); err != nil {
				return err
			}
			if err := saveSummary(ctx, tx, s); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var rows map[string]StatsRow
	checked := 0
	for _, l := range lines(t, "testdata/figures.txt") {
		words := strings.Fields(l)
		if by := By(words[0]); len(words) == 2 && strings.HasPrefix(words[1], "202") {
			start, end := by.start(parisTime(t, words[1]))
			got, err := ComputeStats(ctx, db, Query{From: start, To: end, By: by})
			if err != nil {
				t.Fatal(err)
			}
			rows = map[string]StatsRow{}
			for r := range got.Rows() {
				if !r.Bucket.Equal(start) {
					t.Errorf("%s has the period %s", l, r.Bucket)
				}
				rows[r.Measure] = r
			}
			for _, m := range Measures() {
				if _, ok := rows[m.Name]; !ok {
					t.Errorf("%s lacks %s", l, m.Name)
				}
			}
			continue
		}
		r, ok := rows[words[0]]
		if !ok {
			t.Errorf("no figure %s", words[0])
			continue
		}
		checked++
		want, err := strconv.ParseFloat(words[1], 64)
		if err != nil || math.Abs(*r.Numerator-want) > 1e-6 {
			t.Errorf("%s of %s: numerator %v, want %s", words[0], r.Bucket, *r.Numerator, words[1])
		}
		if (len(words) == 4) != (r.Denominator != nil) {
			t.Errorf("%s of %s: denominator %v, want %v", words[0], r.Bucket, r.Denominator, words[2:])
		} else if len(words) == 4 && strconv.FormatFloat(*r.Denominator, 'f', -1, 64) != words[3] {
			t.Errorf("%s of %s: denominator %v, want %s", words[0], r.Bucket, *r.Denominator, words[3])
		}
	}
	if checked < 5*25 {
		t.Errorf("only %d figures", checked)
	}
}
