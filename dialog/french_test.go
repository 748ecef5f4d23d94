package dialog

import (
	"testing"
	"time"

	"github.com/acotel/acotel-sbc/workshop"
)

func french(t *testing.T) words {
	t.Helper()
	m, err := DefaultMessages()
	if err != nil {
		t.Fatal(err)
	}
	return m.words
}

// TestPlaceWords: the prepositions that French puts before the name of a town.
func TestPlaceWords(t *testing.T) {
	w := french(t)
	for name, want := range map[string][2]string{
		"Orange":               {"à Orange", "près d'Orange"},
		"Carpentras":           {"à Carpentras", "près de Carpentras"},
		"Le Thor":              {"au Thor", "près du Thor"},
		"Les Angles":           {"aux Angles", "près des Angles"},
		"La Ciotat":            {"à La Ciotat", "près de La Ciotat"},
		"L'Isle-sur-la-Sorgue": {"à L'Isle-sur-la-Sorgue", "près de L'Isle-sur-la-Sorgue"},
		"Évian":                {"à Évian", "près d'Évian"},
		"Hyères":               {"à Hyères", "près d'Hyères"},
		"Ury":                  {"à Ury", "près d'Ury"},
	} {
		if at, near := w.at(name), w.near(name); at != want[0] || near != want[1] {
			t.Errorf("%s: %q, %q", name, at, near)
		}
	}
	if got := w.department("84"); got != "dans le Vaucluse" {
		t.Error(got)
	}
	if got := w.department("2B"); got != "en Haute-Corse" {
		t.Error(got)
	}
}

// TestTimeWords: dates and hours as one says them.
func TestTimeWords(t *testing.T) {
	w := french(t)
	for want, d := range map[string]workshop.Date{
		"mardi 14 mai":     {Year: 2024, Month: time.May, Day: 14},
		"vendredi 1er mai": {Year: 2026, Month: time.May, Day: 1},
		"dimanche 2 août":  {Year: 2026, Month: time.August, Day: 2},
		"":                 {},
	} {
		if got := w.date(d); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
	for want, c := range map[string]workshop.Clock{
		"14 h 30": workshop.NewClock(14, 30), "9 h": workshop.NewClock(9, 0), "midi": workshop.NewClock(12, 0),
		"12 h 05": workshop.NewClock(12, 5),
	} {
		if got := w.hour(c); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
}

// TestEveryDepartment: every department has its preposition, so that none is said as a bare name.
func TestEveryDepartment(t *testing.T) {
	w := french(t)
	for code := range w.Departments {
		if in := w.department(code); in == "" {
			t.Errorf("%s has no words", code)
		}
	}
	if n := len(w.Departments); n < 101 {
		t.Errorf("%d departments", n)
	}
}

// TestTexts: texts of a source made fit for speech.
func TestTexts(t *testing.T) {
	for in, want := range map[string]string{
		"Salle des fêtes": "salle des fêtes", "CCAS d'Orange": "CCAS d'Orange", "École": "école", "": "", "À la mairie": "à la mairie",
	} {
		if got := small(in); got != want {
			t.Errorf("small(%q) is %q", in, got)
		}
	}
	for in, want := range map[string]string{
		"On bouge": "On bouge.", "On bouge. ": "On bouge.", "Envie de bouger ?": "Envie de bouger ?", "  deux\n lignes ;": "deux lignes.", " . ": "",
	} {
		if got := sentence(in); got != want {
			t.Errorf("sentence(%q) is %q", in, got)
		}
	}
	for in, want := range map[string]string{"élan": "Élan", "à Orange": "À Orange", "": ""} {
		if got := capital(in); got != want {
			t.Errorf("capital(%q) is %q", in, got)
		}
	}
}
