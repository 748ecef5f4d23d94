package record_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/acotel/acotel-sbc/dialog"
	"github.com/acotel/acotel-sbc/dialog/nlu"
	"github.com/acotel/acotel-sbc/place"
	"github.com/acotel/acotel-sbc/record"
	"github.com/acotel/acotel-sbc/simulate"
	"github.com/acotel/acotel-sbc/store"
	"github.com/acotel/acotel-sbc/store/storetest"
	"github.com/acotel/acotel-sbc/workshop"
	"github.com/acotel/acotel-sbc/workshop/demo"
)

// The campaign's calls come in these two months, the end of summer time and a change of month among them.
var (
	campaignFrom = time.Date(2026, time.October, 1, 0, 0, 0, 0, workshop.Paris())
	campaignTo   = time.Date(2026, time.December, 1, 0, 0, 0, 0, workshop.Paris())
)

// campaign holds n simulated calls and gives their facts, moved to moments between from and to. One in ten came on the test line; some
// never got as far as a conversation, and some were cut short by a crash.
func campaign(t *testing.T, n int) [][]record.Fact {
	t.Helper()
	g, err := place.Default()
	if err != nil {
		t.Fatal(err)
	}
	p, err := nlu.New(g)
	if err != nil {
		t.Fatal(err)
	}
	day := time.Date(2026, time.May, 4, 10, 0, 0, 0, workshop.Paris())
	cat, err := demo.Catalogue(demo.Options{Today: workshop.DateOf(day), Gazetteer: g})
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	calls := make([][]record.Fact, n)
	_, err = simulate.Run(context.Background(), simulate.Config{
		Calls: n, Seed: 1, Errors: 0.10, Gazetteer: g, Start: day,
		Search: func(_ context.Context, q workshop.Query, s workshop.Settings) (workshop.Result, error) {
			return cat.Search(q, s), nil
		},
		NewDialog: func(seed uint64) *dialog.Dialog {
			return dialog.New(dialog.Config{Gazetteer: g, Parser: p, Seed: seed})
		},
		Keep: func(id int, facts []record.Fact) {
			mu.Lock()
			defer mu.Unlock()
			calls[id] = facts
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(3, 3))
	for i, facts := range calls {
		moved := campaignFrom.AddDate(0, 0, -1).Add(time.Duration(r.Int64N(int64(campaignTo.AddDate(0, 0, 2).Sub(campaignFrom))))).Truncate(time.Millisecond).Sub(day)
		presented := facts[0]
		switch r.IntN(40) {
		case 0:
			facts = []record.Fact{presented, {Kind: record.Refused, At: day, Data: map[string]any{"reason": "full"}}, {Kind: record.Ended, At: day, Data: map[string]any{"by": "local"}}}
		case 1:
			facts = []record.Fact{presented, {Kind: record.Answered, At: day}, {Kind: record.Waiting, At: day, Data: map[string]any{"position": 1}},
				{Kind: record.WaitingAbandoned, At: day.Add(20 * time.Second)}, {Kind: record.Ended, At: day.Add(20 * time.Second), Data: map[string]any{"by": "remote"}}}
		case 2:
			half := facts[:1+len(facts)/2]
			last := half[len(half)-1].At
			facts = append(slices.Clone(half), record.Fact{Kind: record.Interrupted, At: last.Add(time.Hour), Data: map[string]any{"last_at": store.FormatTime(last.Add(moved).Truncate(time.Millisecond))}})
		case 3: // it goes on
			facts = facts[:1+len(facts)/2]
		case 4:
			facts = slices.Insert(slices.Clone(facts), len(facts)-1, record.Fact{Kind: record.Incident, At: facts[len(facts)-1].At, Data: map[string]any{"link": "voice", "owner": "ours"}})
		}
		if r.IntN(10) == 0 {
			facts[0].Data["line"] = "test"
		}
		for k := range facts {
			facts[k].CallID, facts[k].At = fmt.Sprintf("campaign-%04d", i), facts[k].At.Add(moved).Truncate(time.Millisecond) // as the store keeps them
		}
		calls[i] = facts
	}
	return calls
}

// told is what the facts of a call say, read one by one: a second, naive reading of docs/mesures.md that shares nothing with the first.
type told struct {
	at                     time.Time
	line, origin, region   string
	seconds                float64 // of a call that is over
	over                   bool
	is                     map[string]bool // statuses
	welcome, asked, placed bool
	tries, sms, searches   float64
	mark                   float64
	marked                 bool
	answered               bool
	waited, struck         bool
}

func number(x any) float64 {
	switch v := x.(type) {
	case int:
		return float64(v)
	case int64:
		return float64(v)
	case float64:
		return v
	}
	return 0
}

func read(facts []record.Fact) told {
	d := told{is: map[string]bool{}}
	var began time.Time
	var understood, found, goodbye, refused bool
	marks, asked, rated := map[string]bool{}, map[string]bool{}, map[string]bool{}
	by := ""
	end := func(at time.Time) { d.over, d.seconds = true, at.Sub(began).Seconds() }
	for _, f := range facts {
		switch f.Kind {
		case record.Presented:
			d.at, d.line, d.origin = f.At, f.Data["line"].(string), f.Data["origin"].(string)
			began = f.At
		case record.Answered:
			d.answered, began = true, f.At
		case record.WelcomeStarted:
			d.welcome = true
		case record.Waiting:
			d.waited = true
		case record.Incident:
			d.struck = true
		case record.Understood:
			understood = true
		case record.PlaceAsked:
			d.asked = true
		case record.PlaceFound:
			if !d.placed {
				d.tries = number(f.Data["tries"])
			}
			d.placed = true
			d.region, _ = f.Data["region"].(string)
		case record.Search:
			d.searches++
			found = found || number(f.Data["found"]) > 0
		case record.SMSSent:
			d.sms++
		case record.Goodbye:
			goodbye = true
		case record.RatingAsked:
			asked[fmt.Sprint(f.Data["question"])] = true
		case record.Rated:
			q := fmt.Sprint(f.Data["question"])
			rated[q] = true
			if q == "1" {
				d.mark, d.marked = number(f.Data["mark"]), true
			}
		case record.Marked:
			marks[f.Data["mark"].(string)] = true
		case record.WaitingAbandoned:
			d.is["attente_abandonnee"] = true
		case record.Refused:
			refused = true
		case record.Interrupted:
			d.is["interrompu"] = true
			at, err := time.Parse(time.RFC3339Nano, f.Data["last_at"].(string))
			if err != nil {
				panic(err)
			}
			end(at)
		case record.Ended:
			by, _ = f.Data["by"].(string)
			end(f.At)
		}
	}
	d.is["refuse"] = refused
	d.is["requete"] = d.searches > 0
	d.is["efficace"] = found
	d.is["non_efficace"] = d.searches > 0 && !found
	d.is["traite"] = d.answered && (understood || d.placed || d.searches > 0)
	d.is["non_traite"] = d.answered && d.over && !d.is["traite"]
	d.is["abandonne"] = d.answered && by == "remote" && d.searches == 0 && !goodbye && !refused
	d.is["abouti"] = goodbye
	d.is["malade"] = marks["malade"]
	d.is["incivilite"] = marks["incivilite"] && !goodbye
	d.is["hors_sujet"] = marks["hors_sujet"] && d.searches == 0
	d.is["evalue"] = len(rated) > 0
	for q := range asked {
		d.is["evalue"] = d.is["evalue"] && rated[q]
	}
	return d
}

// counts says whether a call is in the denominator of a measure, and what it adds to both.
func (d told) counts(measure string, byStatus bool) (num, den float64) {
	rate := func(of, it bool) (float64, float64) {
		switch {
		case of && it:
			return 1, 1
		case of:
			return 0, 1
		}
		return 0, 0
	}
	sum := func(of bool, x float64) (float64, float64) {
		if of {
			return x, 1
		}
		return 0, 0
	}
	wants := d.is["traite"] && !d.is["malade"] && !d.is["incivilite"] && !d.is["hors_sujet"]
	switch measure {
	case "presentes":
		return 1, 0
	case "decroche":
		return rate(true, d.answered)
	case "accueillis":
		return rate(true, d.welcome)
	case "requete":
		return rate(wants, d.is["requete"])
	case "efficace", "non_efficace", "abouti":
		return rate(d.is["requete"], d.is[measure])
	case "evalue":
		return rate(d.is["abouti"], d.is["evalue"])
	case "refuse", "attente_abandonnee":
		return rate(true, d.is[measure])
	case "attente":
		return rate(true, d.waited)
	case "incident":
		return rate(true, d.struck)
	case "traite", "non_traite", "abandonne", "malade", "incivilite", "hors_sujet", "interrompu":
		return rate(d.answered, d.is[measure])
	case "duree_moyenne_s":
		return sum((d.is["abouti"] || byStatus) && d.over && d.answered, d.seconds)
	case "place_found":
		return rate(d.asked, d.placed)
	case "place_first_try":
		return rate(d.asked, d.placed && d.tries == 1)
	case "sms":
		return sum(d.is["efficace"] && d.origin == "mobile", d.sms)
	case "note_moyenne":
		return sum(d.marked, d.mark)
	case "collectes":
		return rate(d.answered, true)
	case "traites_mobile", "traites_fixe":
		return rate(d.is["traite"] && d.origin == strings.TrimPrefix(measure, "traites_"), true)
	case "traites_autre":
		return rate(d.is["traite"] && d.origin != "mobile" && d.origin != "fixe", true)
	case "minutes":
		return sum(d.is["traite"] && d.over, d.seconds/60)
	case "sms_envoyes":
		return d.sms, 0
	case "recherches":
		return d.searches, 0
	}
	panic("docs/mesures.md has no " + measure)
}

// closes is the moment at which the period ends that holds t, in French civil time.
func closes(by record.By, t time.Time) time.Time {
	t = t.In(workshop.Paris())
	y, m, d := t.Date()
	switch by {
	case record.ByMonth:
		return time.Date(y, m+1, 1, 0, 0, 0, 0, workshop.Paris())
	case record.ByWeek:
		for d++; time.Date(y, m, d, 0, 0, 0, 0, workshop.Paris()).Weekday() != time.Monday; d++ {
		}
		return time.Date(y, m, d, 0, 0, 0, 0, workshop.Paris())
	case record.ByDay:
		return time.Date(y, m, d+1, 0, 0, 0, 0, workshop.Paris())
	case record.ByHour:
		return t.Truncate(time.Hour).Add(time.Hour)
	case record.ByHalfHour:
		return t.Truncate(30 * time.Minute).Add(30 * time.Minute)
	}
	return campaignTo
}

// A campaign of simulated calls (2,000 of them in make test-long), recorded as serve does: in every cell stats tells what a naive recount of the facts comes to.
func TestStatsOfACampaignEqualARecount(t *testing.T) {
	t.Parallel()
	calls := 300
	if os.Getenv("TEST_LONG") != "" { // make test-long
		calls = 2000
	}
	db := storetest.Open(t)
	rec := record.NewRecorder(db, nil)
	var all []told
	for _, facts := range campaign(t, calls) {
		all = append(all, read(facts))
		for _, f := range facts {
			rec.Add(f)
		}
	}
	if err := rec.Flush(t.Context()); err != nil { // Close waits some seconds only
		t.Fatal(err)
	}
	if err := rec.Close(); err != nil {
		t.Fatal(err)
	}
	type cell struct{ num, den float64 }
	for _, q := range []record.Query{
		{}, {By: record.ByMonth}, {By: record.ByWeek}, {By: record.ByDay}, {By: record.ByHour}, {By: record.ByHalfHour, Measures: []string{"presentes", "requete", "minutes"}},
		{Group: []record.Group{record.GroupStatus}}, {Group: []record.Group{record.GroupRegion}}, {Group: []record.Group{record.GroupOrigin}}, {Group: []record.Group{record.GroupLine}},
		{By: record.ByDay, Group: []record.Group{record.GroupRegion}}, {By: record.ByWeek, Group: []record.Group{record.GroupRegion, record.GroupOrigin}},
		{By: record.ByMonth, Group: []record.Group{record.GroupStatus, record.GroupRegion}},
	} {
		q.From, q.To = campaignFrom, campaignTo
		t.Run(fmt.Sprintf("by %q of %v", q.By, q.Group), func(t *testing.T) {
			got, err := record.ComputeStats(context.Background(), db, q)
			if err != nil {
				t.Fatal(err)
			}
			byStatus := slices.Contains(q.Group, record.GroupStatus)
			// What the recount comes to, by period, group and measure. A call stands in as many groups as it has statuses.
			want := map[string]*cell{}
			key := func(bucket time.Time, group map[record.Group]string, measure string) string {
				k := closes(q.By, bucket).Format(time.RFC3339) + " " + measure
				for _, g := range slices.Sorted(maps.Keys(group)) {
					k += fmt.Sprintf(" %s=%s", g, group[g])
				}
				return k
			}
			measures := map[string]bool{}
			for r := range got.Rows() {
				measures[r.Measure] = r.Measure != "disponibilite"
			}
			for _, d := range all {
				if d.line != "production" || d.at.Before(q.From) || !d.at.Before(q.To) {
					continue
				}
				groups := []map[record.Group]string{{}}
				for _, g := range q.Group {
					values := []string{map[record.Group]string{record.GroupRegion: d.region, record.GroupOrigin: d.origin, record.GroupLine: d.line}[g]}
					if g == record.GroupStatus {
						values = nil
						for s, is := range d.is {
							if is {
								values = append(values, s)
							}
						}
					}
					var next []map[record.Group]string
					for _, old := range groups {
						for _, v := range values {
							m := maps.Clone(old)
							m[g] = v
							next = append(next, m)
						}
					}
					groups = next
				}
				for _, group := range groups {
					for m, counted := range measures {
						if !counted {
							continue
						}
						k := key(d.at, group, m)
						if want[k] == nil {
							want[k] = &cell{}
						}
						num, den := d.counts(m, byStatus)
						want[k].num += num
						want[k].den += den
					}
				}
			}
			seen := 0
			for r := range got.Rows() {
				if r.Measure == "disponibilite" {
					continue // counts minutes, not calls
				}
				group := map[record.Group]string{}
				for g, v := range r.Group {
					if group[g] = ""; v != nil {
						group[g] = *v
					}
				}
				k := key(r.Bucket, group, r.Measure)
				w := want[k]
				if w == nil {
					w = &cell{}
				} else {
					seen++
				}
				if d := *r.Numerator - w.num; d > 1e-3 || d < -1e-3 {
					t.Errorf("%s: numerator %v, want %v", k, *r.Numerator, w.num)
				}
				if r.Denominator != nil && *r.Denominator != w.den {
					t.Errorf("%s: denominator %v, want %v", k, *r.Denominator, w.den)
				}
				if r.Denominator != nil && (r.Value == nil) != (w.den == 0) {
					t.Errorf("%s: value %v of %v", k, r.Value, w.den)
				}
			}
			if seen != len(want) {
				t.Errorf("%d of %d cells are there", seen, len(want))
			}
		})
	}
}
