package simulate

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/acotel/acotel-sbc/dialog"
	"github.com/acotel/acotel-sbc/place"
)

// Goal is what someone rings for.
type Goal string

// The goals. The ill want help, whether they know it or not.
const (
	Workshop Goal = "workshop"
	Care     Goal = "care"
	Other    Goal = "other" // another service, or a wrong number
)

// Said is one message that a caller hears: its key in the message file, and what was said.
type Said struct{ Key, Text string }

// Prompt is what a caller hears: all that was said since the caller's last act.
type Prompt struct {
	State   string // contract word of what is expected; "" when nothing is
	Said    []Said
	Elapsed time.Duration // since the call was answered
}

// Act is what a caller does: one of the fields is set.
type Act struct {
	Say     string
	Keys    string // "1", "84000#"
	Silence bool
	HangUp  bool
	Why     string // of hanging up: patience, time, done, help, rating
}

// Caller is one person on the telephone. Not safe for concurrent use.
type Caller struct {
	Temperament string
	Goal        Goal
	Home        place.Place // where the caller lives
	Near        place.Place // a bigger town close by, which would do as well; zero: none
	Wish        string      // theme in mind, "" for none
	Origin      dialog.Origin
	Zone        string // area prefix of a landline: "04"

	temper temper
	says   *lines
	r      *rand.Rand

	form     string // how the caller says where: town, code, both, neither
	name     string // the town as the caller calls it
	code     string // the postal code, "" when the town has none
	kind     string // of care: distress, accident, illness
	wishWord string
	wants    int // how many workshops the caller wants to hear

	patience  int
	opened    bool // what the call is for has been said
	placed    int  // answers to "where?" so far
	nearby    bool // the nearby town was named
	told      int
	digressed int
	quiet     bool   // the last act was silence
	misplaced string // name or code of a place that is not theirs, as the service said it
	themes    int
	detailed  bool
	another   bool
	closing   bool // another search was made, or declined
}

// NewCaller draws a caller for a seed. Callers live where people live: in the regions served, by population.
func (w *World) NewCaller(r *rand.Rand) *Caller {
	l := w.lines
	c := &Caller{says: l, r: r, Goal: Workshop}
	c.Temperament = drawn(w.shares, w.temperaments, r)
	c.temper = l.Temperaments[c.Temperament]
	c.patience = c.temper.Patience
	c.Origin = dialog.Origin(drawn(l.Lines, []string{string(dialog.Mobile), string(dialog.Landline), string(dialog.Withheld)}, r))
	c.Home = w.home(r)
	if c.Origin == dialog.Landline {
		c.Zone = areaPrefix(c.Home.Department)
	}
	if chance(l.Habits["nearby"], r) {
		c.Near = w.near(c.Home)
	}
	c.name = c.Home.Name
	if chance(l.Habits["shortens"], r) {
		c.name = shortened(c.Home.Name)
	}
	c.form = drawn(l.Places, []string{"town", "code", "both", "neither"}, r)
	if n := len(c.Home.PostalCodes); n > 0 {
		c.code = c.Home.PostalCodes[r.IntN(n)]
	} else {
		c.form = "town"
	}
	if chance(l.Habits["wish"], r) {
		wish := l.Wishes[r.IntN(len(l.Wishes))]
		c.Wish, c.wishWord = wish.Theme, one(wish.Say, r)
	}
	c.wants = 1 + r.IntN(3)
	switch c.Temperament {
	case "ill":
		c.Goal, c.kind = Care, []string{"distress", "accident", "illness"}[r.IntN(3)]
	case "wrong_number":
		c.Goal = Other
	}
	return c
}

// shortened is a long name as its people say it: "Aix" for "Aix-en-Provence", "Saint-Rémy".
func shortened(name string) string {
	for _, link := range []string{"-en-", "-sur-", "-de-", "-du-", "-les-", "-lès-", "-la-", "-le-", "-sous-", "-d'", "-l'"} {
		if at := strings.Index(name, link); at > 0 {
			return name[:at]
		}
	}
	return name
}

// areaPrefix is the beginning of the landline numbers of a department served.
func areaPrefix(department string) string {
	switch department {
	case "04", "05", "06", "13", "83", "84", "2A", "2B", "11", "30", "34", "48", "66":
		return "04"
	case "18", "28", "36", "37", "41", "45":
		return "02"
	}
	return "03"
}

// World is what all callers share: the places they live in, and their words. It never changes: safe for concurrent use.
type World struct {
	lines        *lines
	temperaments []string // sorted
	shares       map[string]int
	homes        []place.Place
	upTo         []float64 // running total of people
}

// NewWorld makes ready the places of the gazetteer and the embedded words.
func NewWorld(gaz *place.Gazetteer) (*World, error) {
	l, err := defaultLines()
	if err != nil {
		return nil, err
	}
	w := &World{lines: l, shares: map[string]int{}}
	for name, t := range l.Temperaments {
		w.temperaments = append(w.temperaments, name)
		w.shares[name] = t.Share
	}
	slices.Sort(w.temperaments)
	people := 0.0
	gaz.Places(func(p place.Place) bool {
		if p.Region != place.RegionOther && p.Population > 0 && !strings.HasSuffix(p.Name, "Arrondissement") {
			people += float64(p.Population)
			w.homes = append(w.homes, p)
			w.upTo = append(w.upTo, people)
		}
		return true
	})
	return w, nil
}

func (w *World) home(r *rand.Rand) place.Place {
	at, _ := slices.BinarySearch(w.upTo, r.Float64()*w.upTo[len(w.upTo)-1])
	return w.homes[min(at, len(w.homes)-1)]
}

// near is the biggest town within a few kilometres, when it is much bigger than the caller's own.
func (w *World) near(home place.Place) (best place.Place) {
	const within, bigger = 9.0, 4
	for _, p := range w.homes {
		if math.Abs(p.Lat-home.Lat) < 0.1 && p.Population > bigger*home.Population && p.Population > best.Population &&
			place.DistanceKM(p.Lat, p.Lon, home.Lat, home.Lon) <= within {
			best = p
		}
	}
	return best
}

// marseille is the commune; its arrondissements, each with a postal code of its own, are 13201 to 13216.
const marseille, arrondissements = "13055", "132"

// Finds says whether a commune or a postal code is where the caller wanted to look.
func (c *Caller) Finds(insee, code string) bool {
	if c.Home.INSEE == marseille && strings.HasPrefix(insee, arrondissements) {
		return slices.Contains(c.Home.PostalCodes, code)
	}
	for _, p := range []place.Place{c.Home, c.Near} {
		if p.INSEE != "" && (insee == p.INSEE || insee == "" && slices.Contains(p.PostalCodes, code)) {
			return p.INSEE == c.Home.INSEE || c.nearby
		}
	}
	return false
}
