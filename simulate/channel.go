package simulate

import (
	"math/rand/v2"
	"slices"
	"strings"
	"unicode"

	"github.com/acotel/acotel-sbc/dialog"
	"github.com/acotel/acotel-sbc/place"
)

// Channel is a telephone line with a recogniser of French at its end. What goes in is what a caller says, what comes out are the readings
// that the recogniser proposes. It never changes and is safe for concurrent use.
type Channel struct {
	errors  float64
	confuse *confuser
}

// NewChannel makes a line on which this share of the words (0 to 1) goes wrong. The gazetteer lends its names: a rare town is sometimes
// taken for another.
func NewChannel(errors float64, gaz *place.Gazetteer) *Channel {
	return &Channel{errors: errors, confuse: newConfuser(gaz)}
}

const (
	// An error is a lost word (short ones above all), else a wrong one; now and then a word is added.
	lostShort, lostLong, added = 0.45, 0.06, 0.08
	// shortWord is the length in letters up to which words get lost.
	shortWord = 3
	// oneWordIsMany makes up for wrong words that come out as several, so that the rate of errors is what was asked for.
	oneWordIsMany = 0.8
	// recoverable is how often the right word stands among the alternatives of a wrong one; tempting how often a wrong word stands among
	// those of a right one.
	recoverable, tempting = 0.6, 0.25
	// mostReadings is how many readings are proposed at most.
	mostReadings = 5
)

// slot is one word as the recogniser may have heard it, the likeliest first.
type slot struct {
	readings []string
	wrong    bool
}

// Hear gives the readings of what was said, best first, each with its confidence: of readings at 0.8 or more, about 95 % are right.
func (c *Channel) Hear(said string, r *rand.Rand) []dialog.Hypothesis {
	var line []slot
	for _, w := range words(said) {
		s := slot{readings: []string{w}}
		if r.Float64() < c.errors*oneWordIsMany {
			s = c.misheard(w, r)
		} else if c.errors > 0 && r.Float64() < tempting {
			if m := c.confuse.mistaken(w, r); m != "" {
				s.readings = append(s.readings, m)
			}
		}
		line = append(line, s)
	}
	return proposals(line, r)
}

// misheard is a word gone wrong.
func (c *Channel) misheard(w string, r *rand.Rand) slot {
	lost := lostLong
	if len([]rune(w)) <= shortWord {
		lost = lostShort
	}
	s := slot{wrong: true}
	switch at := r.Float64(); {
	case at < lost:
		s.readings = []string{""}
	case at < lost+added:
		s.readings = []string{w + " " + one([]string{"et", "à", "de", "le", "euh", "un", "la", "en"}, r)}
	default:
		if m := c.confuse.mistaken(w, r); m != "" {
			s.readings = []string{m}
		} else {
			s.readings = []string{""}
		}
	}
	if r.Float64() < recoverable {
		s.readings = append(s.readings, w)
	} else if m := c.confuse.mistaken(w, r); m != "" && m != s.readings[0] {
		s.readings = append(s.readings, m)
	}
	return s
}

// proposals are the readings of a line: the likeliest of every word, then with other words in some places.
func proposals(line []slot, r *rand.Rand) []dialog.Hypothesis {
	wrong := 0
	var doubtful []int // slots with an alternative, those that went wrong first
	for i, s := range line {
		if s.wrong {
			wrong++
		}
		if len(s.readings) > 1 {
			doubtful = append(doubtful, i)
		}
	}
	r.Shuffle(len(doubtful), func(i, j int) { doubtful[i], doubtful[j] = doubtful[j], doubtful[i] })
	slices.SortStableFunc(doubtful, func(a, b int) int { return btoi(line[b].wrong) - btoi(line[a].wrong) })
	confidence := sureness(wrong, len(line), r)
	var out []dialog.Hypothesis
	seen := map[string]bool{}
	style := r.IntN(styles)
	add := func(other ...int) {
		text := written(line, other, style)
		if seen[text] || text == "" || len(out) == mostReadings {
			return
		}
		seen[text] = true
		out = append(out, dialog.Hypothesis{Text: text, Confidence: confidence})
		confidence *= 0.6 + 0.3*r.Float64()
	}
	add()
	if wrong > 1 && r.IntN(2) == 0 {
		add(doubtful[:min(len(doubtful), wrong)]...)
	}
	for _, i := range doubtful {
		add(i)
	}
	if wrong > 1 {
		add(doubtful[:min(len(doubtful), wrong)]...)
	}
	return out
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// sureness is what the recogniser thinks of its best reading. It tends to be right about being right.
func sureness(wrong, of int, r *rand.Rand) float64 {
	mean, spread := 0.93, 0.05
	if wrong > 0 {
		mean, spread = 0.62-0.12*float64(wrong)/float64(max(of, 1)), 0.12
	}
	return min(0.99, max(0.2, mean+spread*r.NormFloat64()))
}

// written puts a reading together, taking the second choice in some places, with numbers in the figures of the recogniser's liking.
func written(line []slot, second []int, style int) string {
	var out []string
	for i, s := range line {
		w := s.readings[0]
		if slices.Contains(second, i) {
			w = s.readings[1]
		}
		out = append(out, strings.Fields(w)...)
	}
	text := strings.Join(figures(out, style), " ")
	return strings.ReplaceAll(text, "' ", "'")
}

// words cuts what is said into the words that a recogniser deals with: apart at spaces, hyphens and behind apostrophes, without signs.
func words(said string) []string {
	said = strings.NewReplacer("-", " ", "'", "' ", "’", "' ").Replace(said)
	var out []string
	for _, w := range strings.Fields(said) {
		w = strings.TrimFunc(w, func(r rune) bool { return r != '\'' && !unicode.IsLetter(r) && !unicode.IsDigit(r) })
		if w != "" && w != "'" {
			out = append(out, w)
		}
	}
	return out
}
