package report

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/acotel/acotel-sbc/record"
	"github.com/acotel/acotel-sbc/store"
)

// TestReport: the page is self-contained, shows the figures that stats gives, the month before, and comments as text.
func TestReport(t *testing.T) {
	db, err := store.Open(t.Context(), store.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	month := time.Date(2026, 10, 1, 0, 0, 0, 0, paris)
	r := record.NewRecorder(db, nil)
	call := func(id, line string, at time.Time) {
		for i, k := range []record.Kind{record.Presented, record.Answered, record.Welcomed, record.Ended} {
			r.Add(record.Fact{CallID: id, At: at.Add(time.Duration(i) * 10 * time.Second), Kind: k, Data: map[string]any{"line": line, "origin": "mobile", "by": "remote"}})
		}
	}
	call("a", "production", month.Add(34*time.Hour))
	for i, mark := range []int{1, 4} {
		id := "rated-" + strconv.Itoa(i)
		for j, f := range []record.Fact{{Kind: record.Presented, Data: map[string]any{"line": "production", "origin": "fixe"}}, {Kind: record.Answered},
			{Kind: record.PlaceFound, Data: map[string]any{"region": "sud-est"}}, {Kind: record.Search, Data: map[string]any{"found": i}}, {Kind: record.Goodbye},
			{Kind: record.RatingAsked, Data: map[string]any{"question": "1"}}, {Kind: record.Rated, Data: map[string]any{"question": "1", "mark": mark}}, {Kind: record.Ended}} {
			f.CallID, f.At = id, month.Add(60*time.Hour+time.Duration(j)*time.Second)
			r.Add(f)
		}
	}
	call("b", "production", month.Add(35*time.Hour))
	call("c", "test", month.Add(36*time.Hour))
	call("d", "production", month.AddDate(0, 0, -3))
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := Write(t.Context(), &b, db, month, month.AddDate(0, 1, 3), Comments{"resume": "Bon mois.\n\n<script>alert(1)</script>"}); err != nil {
		t.Fatal(err)
	}
	text := b.String()
	for _, want := range []string{"Mesures d&#39;octobre 2026, comparées à septembre 2026", "Disponibilité de 6\u00a0h à 21\u00a0h", "<th scope=\"row\">Appels présentés</th><td>4</td><td></td><td>1</td>",
		"<th scope=\"row\">Sud-Est</th><td>2</td><td>100\u00a0%</td><td>50\u00a0%</td><td>100\u00a0%</td><td>100\u00a0%</td><td>2,5</td>", "<th scope=\"col\">Note moyenne</th>",
		"<th scope=\"row\">fixe (09 compris)</th><td>2</td><td>100\u00a0%</td><td>100\u00a0%</td>", "<th scope=\"row\">mobile</th><td>2</td>", "<th scope=\"row\">Aboutis</th><td>2</td><td>6\u00a0s</td>",
		"<th scope=\"row\">Non traités</th><td>2</td><td>20\u00a0s</td>", "<p>Bon mois.</p>", "<th scope=\"row\">ven. 2</th><td>2</td>", "<th scope=\"row\">10\u00a0h</th><td>1</td>", "<th scope=\"row\">inconnue</th><td>2</td>", "&lt;script&gt;", "lang=\"fr\""} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, no := range []string{"<script", "http://", "https://", "src=", "ZgotmplZ"} {
		if strings.Contains(text, no) {
			t.Errorf("the page holds %q", no)
		}
	}
}

func TestNumber(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 1234567: "1\u202f234\u202f567", 99.5: "99,5", 100: "100", -1000: "-1\u202f000"} {
		if got := number(v); got != want {
			t.Errorf("%v: %q, want %q", v, got, want)
		}
	}
}
