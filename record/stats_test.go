package record

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/acotel/acotel-sbc/store"
	"github.com/acotel/acotel-sbc/store/storetest"
)

func parisTime(t testing.TB, text string) time.Time {
	t.Helper()
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at.In(paris)
}

// A day of a clock change has 23 or 25 hours, the hour that comes twice counts as two, weeks begin on Monday, months at French midnight.
func TestPeriodsFollowFrenchCivilTime(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		by         By
		at         string
		start, end string
	}{
		{ByMonth, "2026-03-31T23:59:59+02:00", "2026-03-01T00:00:00+01:00", "2026-04-01T00:00:00+02:00"},
		{ByMonth, "2026-12-31T23:00:00Z", "2027-01-01T00:00:00+01:00", "2027-02-01T00:00:00+01:00"},
		{ByWeek, "2026-03-29T23:59:00+02:00", "2026-03-23T00:00:00+01:00", "2026-03-30T00:00:00+02:00"}, // a Sunday
		{ByWeek, "2026-01-01T12:00:00+01:00", "2025-12-29T00:00:00+01:00", "2026-01-05T00:00:00+01:00"},
		{ByDay, "2026-03-29T12:00:00+02:00", "2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00"}, // 23 hours
		{ByDay, "2026-10-25T00:30:00+02:00", "2026-10-25T00:00:00+02:00", "2026-10-26T00:00:00+01:00"}, // 25 hours
		{ByHour, "2026-10-25T02:30:00+02:00", "2026-10-25T02:00:00+02:00", "2026-10-25T02:00:00+01:00"},
		{ByHour, "2026-10-25T02:30:00+01:00", "2026-10-25T02:00:00+01:00", "2026-10-25T03:00:00+01:00"},
		{ByHour, "2026-03-29T01:59:59+01:00", "2026-03-29T01:00:00+01:00", "2026-03-29T03:00:00+02:00"},
		{ByHalfHour, "2026-06-15T09:30:00+02:00", "2026-06-15T09:30:00+02:00", "2026-06-15T10:00:00+02:00"},
	} {
		start, end := c.by.start(parisTime(t, c.at))
		if got := start.Format(time.RFC3339); got != c.start {
			t.Errorf("%s of %s begins %s, want %s", c.by, c.at, got, c.start)
		}
		if got := end.Format(time.RFC3339); got != c.end {
			t.Errorf("%s of %s ends %s, want %s", c.by, c.at, got, c.end)
		}
	}
}

// randomCalls stores n calls made of random facts between two moments and returns what Summarise makes of each.
func randomCalls(t testing.TB, db *store.DB, rnd *rand.Rand, n int, from, to time.Time) []Summary {
	t.Helper()
	var out []Summary
	err := db.Tx(context.Background(), func(tx *sql.Tx) error {
		for i := range n {
			id := fmt.Sprintf("call-%06d", i)
			at := from.Add(time.Duration(rnd.Int64N(int64(to.Sub(from)))))
			var facts []Fact
			add := func(k Kind, data map[string]any) {
				at = at.Add(time.Duration(rnd.IntN(20_000)) * time.Millisecond)
				facts = append(facts, Fact{CallID: id, At: at, Kind: k, Data: data})
			}
			maybe := func(p float64, k Kind, data map[string]any) bool {
				if rnd.Float64() < p {
					add(k, data)
					return true
				}
				return false
			}
			line := "production"
			if rnd.IntN(10) == 0 {
				line = "test"
			}
			origins := []string{"mobile", "fixe", "autre", "masque"}
			add(Presented, map[string]any{"line": line, "origin": origins[rnd.IntN(4)]})
			if maybe(0.95, Answered, nil) {
				maybe(0.05, Admitted, map[string]any{"waited_s": 1 + rnd.IntN(60)})
				maybe(0.97, WelcomeStarted, nil)
				maybe(0.02, Incident, map[string]any{"link": "voice", "owner": "ours"})
				maybe(0.9, Understood, nil)
				maybe(0.03, Marked, map[string]any{"mark": []string{"malade", "incivilite", "hors_sujet"}[rnd.IntN(3)]})
				maybe(0.9, PlaceAsked, nil)
				regions := []string{"sud-est", "languedoc-roussillon", "autre"}
				if maybe(0.85, PlaceFound, map[string]any{"region": regions[rnd.IntN(3)], "postal_code": "84000", "tries": 1 + rnd.IntN(3)}) {
					maybe(0.97, Search, map[string]any{"found": rnd.IntN(4)})
					maybe(0.2, Search, map[string]any{"found": rnd.IntN(4)})
					maybe(0.5, SMSSent, map[string]any{"key": id})
					if maybe(0.9, Goodbye, nil) && maybe(0.8, RatingAsked, map[string]any{"question": "1"}) {
						maybe(0.6, Rated, map[string]any{"question": "1", "mark": 1 + rnd.IntN(4)})
					}
				}
			} else {
				add(Refused, nil)
			}
			if rnd.IntN(50) > 0 { // one in fifty goes on
				add(Ended, map[string]any{"by": []string{"local", "remote"}[rnd.IntN(2)]})
			}
			s := Summarise(facts)
			if _, err := tx.Exec("INSERT INTO calls (id, started_at) VALUES ($1, $2)", id, store.FormatTime(s.StartedAt)); err != nil {
				return err
			}
			if err := saveSummary(context.Background(), tx, s); err != nil {
				return err
			}
			out = append(out, s)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// naive counts one figure the long way, straight from the words of K1 to K13.
func naive(calls []Summary, measure string, from, to time.Time, in func(Summary) bool) (num, den float64) {
	for _, s := range calls {
		if s.Line != "production" || s.StartedAt.Before(from) || !s.StartedAt.Before(to) || !in(s) {
			continue
		}
		has := func(w Status) bool { return slices.Contains(s.Statuses, w) }
		count := func(of, it bool) {
			if of {
				den++
			}
			if of && it {
				num++
			}
		}
		answered := s.AnsweredAt != nil
		switch measure {
		case "presentes":
			num++
		case "decroche":
			count(true, answered)
		case "accueillis":
			count(true, s.Welcomed)
		case "traite", "non_traite", "abandonne", "malade", "incivilite", "hors_sujet", "interrompu":
			count(answered, has(Status(measure)))
		case "refuse", "attente_abandonnee":
			count(true, has(Status(measure)))
		case "attente":
			count(true, s.Wait != nil)
		case "incident":
			count(true, s.IncidentAt != nil)
		case "requete":
			count(has(Traite) && !has(Malade) && !has(Incivilite) && !has(HorsSujet), has(Requete))
		case "efficace", "non_efficace", "abouti":
			count(has(Requete), has(Status(measure)))
		case "evalue":
			count(has(Abouti), has(Evalue))
		case "duree_moyenne_s":
			if has(Abouti) && s.Duration != nil {
				num += s.Duration.Seconds()
				den++
			}
		case "place_found":
			count(s.PlaceAsked, s.PlaceFound)
		case "place_first_try":
			count(s.PlaceAsked, s.PlaceFound && s.PlaceTries != nil && *s.PlaceTries == 1)
		case "sms":
			if has(Efficace) && s.Origin == "mobile" {
				num += float64(s.SMSSent)
				den++
			}
		case "note_moyenne":
			if s.Rating != nil {
				num += float64(*s.Rating)
				den++
			}
		case "collectes":
			num += one(answered)
		case "traites_mobile", "traites_fixe":
			num += one(has(Traite) && s.Origin == strings.TrimPrefix(measure, "traites_"))
		case "traites_autre":
			num += one(has(Traite) && s.Origin != "mobile" && s.Origin != "fixe")
		case "minutes":
			if has(Traite) && s.Duration != nil {
				num += s.Duration.Minutes()
			}
		case "sms_envoyes":
			num += float64(s.SMSSent)
		case "recherches":
			num += float64(s.Searches)
		default:
			panic("no naive count of " + measure)
		}
	}
	return num, den
}

// Every cell equals a naive recount, in periods across a clock change and in groups.
func TestStatsEqualANaiveRecount(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	from, to := parisTime(t, "2026-10-20T00:00:00+02:00"), parisTime(t, "2026-11-03T00:00:00+01:00")
	calls := randomCalls(t, db, rand.New(rand.NewPCG(7, 7)), 1500, from.AddDate(0, 0, -2), to.AddDate(0, 0, 2))
	everywhere := func(Summary) bool { return true }
	for _, q := range []Query{
		{From: from, To: to}, {From: from, To: to, By: ByMonth}, {From: from, To: to, By: ByWeek}, {From: from, To: to, By: ByDay}, {From: from, To: to, By: ByHour},
		{From: from, To: to, Group: []Group{GroupRegion}}, {From: from, To: to, By: ByDay, Group: []Group{GroupOrigin}}, {From: from, To: to, Group: []Group{GroupLine}},
	} {
		got, err := ComputeStats(context.Background(), db, q)
		if err != nil {
			t.Fatal(err)
		}
		rows := 0
		for r := range got.Rows() {
			rows++
			if r.Measure == availability.Name {
				continue // counts minutes, not calls
			}
			end := q.To
			if _, next := q.By.start(r.Bucket); !next.IsZero() && next.Before(end) {
				end = next
			}
			in := everywhere
			for g, v := range r.Group {
				in = func(s Summary) bool {
					was := map[Group]string{GroupRegion: s.Region, GroupOrigin: s.Origin, GroupLine: s.Line}[g]
					return v == nil && was == "" || v != nil && *v == was
				}
			}
			num, den := naive(calls, r.Measure, r.Bucket, end, in)
			if d := *r.Numerator - num; d > 1e-4 || d < -1e-4 {
				t.Errorf("by %q, %s from %s %v: numerator %v, want %v", q.By, r.Measure, r.Bucket, r.title(nil), *r.Numerator, num)
			}
			if r.Denominator != nil && *r.Denominator != den {
				t.Errorf("by %q, %s from %s: denominator %v, want %v", q.By, r.Measure, r.Bucket, *r.Denominator, den)
			}
			if (r.Value == nil) != (r.Denominator != nil && den == 0) {
				t.Errorf("%s: value %v of denominator %v", r.Measure, r.Value, den)
			}
		}
		if rows == 0 {
			t.Errorf("%+v: no rows", q)
		}
	}
}

// What is written as JSON is what encoding/json makes of the rows, line by line.
func TestStatsJSON(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	from, to := parisTime(t, "2026-10-24T00:00:00+02:00"), parisTime(t, "2026-10-27T00:00:00+01:00")
	randomCalls(t, db, rand.New(rand.NewPCG(5, 5)), 200, from, to)
	for at := from; at.Before(to); at = at.Add(7 * time.Minute) {
		if err := Beat(context.Background(), db, at, true, ""); err != nil {
			t.Fatal(err)
		}
	}
	for _, q := range []Query{{}, {By: ByHour}, {By: ByDay, Group: []Group{GroupRegion, GroupStatus}}, {Measures: []string{"place_found"}, By: ByMonth}} {
		q.From, q.To, q.Now = from, to, to
		got, err := ComputeStats(context.Background(), db, q)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := got.WriteJSON(&b); err != nil {
			t.Fatal(err)
		}
		var read struct {
			From, To time.Time
			By       *By
			Group    *string
			Rows     []json.RawMessage
		}
		if err := json.Unmarshal(b.Bytes(), &read); err != nil {
			t.Fatalf("%v\n%s", err, b.Bytes())
		}
		if !read.From.Equal(from) || !read.To.Equal(to) || (read.By == nil) != (q.By == "") || (read.Group == nil) != (len(q.Group) == 0) {
			t.Errorf("head %+v", read)
		}
		i := 0
		for r := range got.Rows() {
			want, err := json.Marshal(r)
			if err != nil {
				t.Fatal(err)
			}
			if i >= len(read.Rows) || string(read.Rows[i]) != string(want) {
				t.Fatalf("row %d is %s, want %s", i, read.Rows[min(i, len(read.Rows)-1)], want)
			}
			i++
		}
		if i != len(read.Rows) || i == 0 {
			t.Errorf("%d rows of %d", len(read.Rows), i)
		}
	}
}

// What is written as CSV by all processors is what writeCSV makes of the rows, and what is given up in the middle leaves nothing running.
func TestStatsCSV(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	from, to := parisTime(t, "2026-01-01T00:00:00+01:00"), parisTime(t, "2026-02-15T00:00:00+01:00")
	randomCalls(t, db, rand.New(rand.NewPCG(5, 5)), 300, from, to)
	for _, q := range []Query{{}, {By: ByHalfHour}, {By: ByDay, Group: []Group{GroupRegion, GroupStatus}}, {By: ByHour, Group: []Group{GroupStatus, GroupRegion, GroupOrigin}},
		{Measures: []string{"minutes"}, By: ByMonth, Group: []Group{GroupLine}}, {From: to, To: to.AddDate(0, 0, 1), Group: []Group{GroupRegion}}} {
		if q.From.IsZero() {
			q.From, q.To = from, to
		}
		got, err := ComputeStats(t.Context(), db, q)
		if err != nil {
			t.Fatal(err)
		}
		var want, b bytes.Buffer
		if err := writeCSV(&want, statsHeader(q.Group), got.rows(q.Group)); err != nil {
			t.Fatal(err)
		}
		if err := got.WriteCSV(&b, q.Group); err != nil || !bytes.Equal(b.Bytes(), want.Bytes()) {
			t.Errorf("by %q of %v: %v, %d bytes, want %d", q.By, q.Group, err, b.Len(), want.Len())
		}
		if n := bytes.Count(want.Bytes(), []byte{'\n'}) - 1; n != got.Len() {
			t.Errorf("by %q of %v: Len is %d of %d rows", q.By, q.Group, got.Len(), n)
		}
		for _, most := range []int{0, 1, b.Len() / 2, b.Len() - 1} {
			if err := got.WriteCSV(&full{most: most}, q.Group); !errors.Is(err, syscall.ENOSPC) {
				t.Errorf("a disk that holds %d of %d bytes: %v", most, b.Len(), err)
			}
		}
		if err := got.WriteJSON(&full{most: 100}); !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("a disk that is full: %v", err)
		}
	}
}

// full is a disk with so many bytes left.
type full struct{ most int }

func (f *full) Write(p []byte) (int, error) {
	n := min(len(p), f.most)
	if f.most -= n; n < len(p) {
		return n, syscall.ENOSPC
	}
	return n, nil
}

// What a source, an operator's Reason header or a caller wrote runs nowhere as a formula.
func TestCellsAreNoFormulas(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{`=HYPERLINK("http://x")`: `'=HYPERLINK("http://x")`, "+1": "'+1", "-1+2": "'-1+2", "@SUM(A1)": "'@SUM(A1)", "\t=1": "'\t=1", "\r=1": "'\r=1",
		"\n=1": "'\n=1", "＝1+1": "'＝1+1", "": "", "Avignon": "Avignon", "84000": "84000", "é=1": "é=1", "063998••••": "063998••••"} {
		if got := guardCell(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

func TestNumbersAreWrittenAsStrconvWritesThem(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 1))
	numbers := []float64{0, 1, -1, 0.5, -0.5, 1e-6, 1e-7, 0.1 + 0.2, 1.0 / 3, 123456789.123456, 1e15, 1e22, 1 << 53, 999999.999999, 0.95, 180}
	for range 10_000 {
		numbers = append(numbers, rounded(r.Float64()*math.Pow(10, float64(r.IntN(12)))), r.Float64(), float64(r.IntN(100)))
	}
	for _, v := range numbers {
		if got, want := string(appendNumber(nil, v)), strconv.FormatFloat(v, 'f', -1, 64); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// Kinds of calls are summed up by what a second adds: so every measure must be of the seconds' first degree, and its denominator of none.
func TestMeasuresGrowEvenlyWithSeconds(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(2, 2))
	for range 2000 {
		one := tallied{statuses: statusSet(r.Uint32()) & (1<<len(AllStatuses()) - 1), origin: []string{"", "mobile", "fixe", "autre", "masque"}[r.IntN(5)], answered: r.IntN(2) == 0,
			welcomed: r.IntN(2) == 0, timed: r.IntN(2) == 0, asked: r.IntN(2) == 0, found: r.IntN(2) == 0, tries: r.Int64N(4), sms: r.Int64N(4), searches: r.Int64N(4),
			rating: r.Int64N(5), rated: r.IntN(2) == 0, waited: r.IntN(2) == 0, incident: r.IntN(2) == 0}
		long, longer := one, one
		long.seconds, longer.seconds = 60, 180
		for _, m := range append(Measures(), durationByStatus) {
			if m.numerator == nil {
				continue
			}
			a, b, c := m.numerator(&one), m.numerator(&long), m.numerator(&longer)
			if d := c - b - 2*(b-a); d > 1e-9 || d < -1e-9 {
				t.Fatalf("%s of %+v: %v in 0 s, %v in 60 s, %v in 180 s", m.Name, one, a, b, c)
			}
			if m.denominator != nil && m.denominator(&one) != m.denominator(&longer) {
				t.Fatalf("%s of %+v: the denominator depends on the seconds", m.Name, one)
			}
		}
	}
}

// Who gives up asking gets that as the error, and leaves nothing running.
func TestStatsGivenUp(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	from, to := parisTime(t, "2026-01-01T00:00:00+01:00"), parisTime(t, "2027-01-01T00:00:00+01:00")
	randomCalls(t, db, rand.New(rand.NewPCG(5, 5)), 50, from, to)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := ComputeStats(ctx, db, Query{From: from, To: to}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	// What can't be read in one of the spans is told, whichever reader met it.
	if _, err := db.ExecContext(t.Context(), "UPDATE calls SET started_at = '2026-07', line = 'production' WHERE id = 'call-000007'"); err != nil {
		t.Fatal(err)
	}
	if _, err := ComputeStats(t.Context(), db, Query{From: from, To: to}); err == nil || !strings.Contains(err.Error(), "unreadable") {
		t.Errorf("an unreadable call: %v", err)
	}
}

// Where the zeros of groups would be most of the answer, they are left out; what is left adds up to the same.
func TestManyZerosAreLeftOut(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	from, to := parisTime(t, "2026-01-01T00:00:00+01:00"), parisTime(t, "2027-01-01T00:00:00+01:00")
	randomCalls(t, db, rand.New(rand.NewPCG(6, 6)), 500, from, to)
	sums := func(by By) (rows int, sums map[string]float64) {
		got, err := ComputeStats(context.Background(), db, Query{From: from, To: to, By: by, Group: []Group{GroupStatus, GroupRegion, GroupOrigin}, Measures: []string{"presentes", "minutes"}})
		if err != nil {
			t.Fatal(err)
		}
		sums = map[string]float64{}
		for r := range got.Rows() {
			rows++
			sums[r.title(nil)+r.Measure] += *r.Numerator
		}
		return rows, sums
	}
	few, want := sums("")
	many, got := sums(ByHalfHour)
	if few == 0 || many > 500*6*2 || len(got) != len(want) {
		t.Errorf("%d rows, %d rows by half-hour, %d and %d groups", few, many, len(want), len(got))
	}
	for k, v := range want {
		if d := got[k] - v; d > 0.01 || d < -0.01 {
			t.Errorf("%s: %v, want %v", k, got[k], v)
		}
	}
}

// Grouped by status, a call counts under each of its statuses, and the duration is that of the group (K4).
func TestStatsByStatusGiveTheDurationOfEach(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	from, to := parisTime(t, "2026-06-01T00:00:00+02:00"), parisTime(t, "2026-07-01T00:00:00+02:00")
	calls := randomCalls(t, db, rand.New(rand.NewPCG(1, 1)), 300, from, to)
	got, err := ComputeStats(context.Background(), db, Query{From: from, To: to, Group: []Group{GroupStatus}, Measures: []string{"duree_moyenne_s", "presentes"}})
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for r := range got.Rows() {
		status := Status(*r.Group[GroupStatus])
		var n, sum float64
		for _, s := range calls {
			if s.Line != "production" || !slices.Contains(s.Statuses, status) || r.Measure == "duree_moyenne_s" && s.Duration == nil {
				continue
			}
			n++
			if s.Duration != nil {
				sum += s.Duration.Seconds()
			}
		}
		seen++
		if r.Measure == "presentes" && *r.Value != n {
			t.Errorf("%s: %v calls, want %v", status, *r.Value, n)
		}
		if r.Measure == "duree_moyenne_s" && n > 0 && (*r.Denominator != n || *r.Numerator < sum-0.01 || *r.Numerator > sum+0.01) {
			t.Errorf("%s: %v s of %v calls, want %v of %v", status, *r.Numerator, *r.Denominator, sum, n)
		}
	}
	if seen < 10 {
		t.Errorf("only %d rows", seen)
	}
}

func TestStatsRefuseWrongQuestions(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	from := parisTime(t, "2026-06-01T00:00:00+02:00")
	for _, c := range []struct {
		q    Query
		want string
	}{
		{Query{From: from, To: from}, "ends"},
		{Query{From: from, To: from.AddDate(0, 0, 1), By: "year"}, "known are month, week, day, hour, half-hour"},
		{Query{From: from, To: from.AddDate(0, 0, 1), Group: []Group{"town"}}, "known are status, region, origin, line"},
		{Query{From: from, To: from.AddDate(0, 0, 1), Group: []Group{GroupLine, GroupLine}}, "twice"},
		{Query{From: from, To: from.AddDate(0, 0, 1), Measures: []string{"x"}}, "known are presentes"},
		{Query{From: from, To: from.AddDate(1000, 0, 1), By: ByHalfHour}, "shorter span"},
	} {
		if _, err := ComputeStats(context.Background(), db, c.q); !errors.Is(err, ErrQuery) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.q, err, c.want)
		}
	}
}

// A workbook opens again with typed cells, dates in French time and a frozen header.
func TestWorkbooksHaveTypedCells(t *testing.T) {
	t.Parallel()
	rows := func(yield func(row, error) bool) {
		yield(row{"=1+1", 12.5, parisTime(t, "2026-06-15T09:30:00+02:00"), true, nil}, nil)
	}
	var buf bytes.Buffer
	if err := writeXLSX(&buf, "Appels", []string{"a", "b", "c", "d", "e"}, rows); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&buf)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for cell, want := range map[string]string{"A1": "a", "A2": "=1+1", "B2": "12.5", "C2": "2026-06-15 09:30:00", "D2": "TRUE", "E2": ""} {
		if got, err := f.GetCellValue("Appels", cell); err != nil || got != want {
			t.Errorf("%s is %q, %v; want %q", cell, got, err, want)
		}
	}
	if formula, _ := f.GetCellFormula("Appels", "A2"); formula != "" {
		t.Errorf("text became the formula %q", formula)
	}
	if p, err := f.GetPanes("Appels"); err != nil || !p.Freeze || p.YSplit != 1 {
		t.Errorf("panes %+v, %v", p, err)
	}
	if kind, _ := f.GetCellType("Appels", "B2"); kind != excelize.CellTypeUnset && kind != excelize.CellTypeNumber {
		t.Errorf("B2 has the type %v, want a number", kind)
	}
}

// A year of 100,000 calls, every minute of it noted as available: all measures in every period and group, and in the two that make most
// rows. cpu-ms/op is the processor time of this process, which a busy machine does not lengthen (a PostgreSQL server's own time is not in
// it); rows/op are written as JSON.
func BenchmarkStats(b *testing.B) {
	db := storetest.Open(b)
	from, to := parisTime(b, "2026-01-01T00:00:00+01:00"), parisTime(b, "2027-01-01T00:00:00+01:00")
	randomCalls(b, db, rand.New(rand.NewPCG(7, 7)), 100_000, from, to)
	err := db.Tx(context.Background(), func(tx *sql.Tx) error {
		for hour := from; hour.Before(to); hour = hour.Add(time.Hour) {
			if _, err := tx.Exec("INSERT INTO availability_hours (hour, open) VALUES ($1, $2)", store.FormatTime(hour), int64(wholeHour)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	groups := [][]Group{nil, {GroupLine}, {GroupOrigin}, {GroupRegion}, {GroupStatus}, {GroupStatus, GroupRegion, GroupOrigin}}
	for _, by := range append([]By{""}, Bys()...) {
		for _, g := range groups {
			q := Query{From: from, To: to, By: by, Group: g}
			b.Run(fmt.Sprintf("%s/%s", cmp.Or(by, "all"), cmp.Or(joined(g), "all")), func(b *testing.B) {
				before := processorTime(b)
				written := 0
				for b.Loop() {
					got, err := ComputeStats(context.Background(), db, q)
					if err != nil {
						b.Fatal(err)
					}
					var lines counter
					if err := got.WriteJSON(&lines); err != nil {
						b.Fatal(err)
					}
					written = int(lines)
				}
				b.ReportMetric(float64((processorTime(b)-before).Milliseconds())/float64(b.N), "cpu-ms/op")
				b.ReportMetric(float64(written), "rows/op")
			})
		}
	}
}

// counter counts the lines that are written.
type counter int

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(bytes.Count(p, []byte{'\n'}))
	return len(p), nil
}

func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
