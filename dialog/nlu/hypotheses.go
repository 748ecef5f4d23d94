package nlu

import (
	"cmp"
	"slices"
	"time"

	"github.com/acotel/acotel-sbc/place"
)

// Hypothesis is one reading of a turn that a recogniser proposes.
type Hypothesis struct {
	Text   string
	Weight float64 // how likely it is against the others; only ratios count, 0 and less are left out
}

const (
	// senseless readings count for less than those that mean something: a misheard word makes nonsense more often than sense.
	senseless = 0.3
	// lent is the share of the weight from which what only other readings name is taken over.
	lent = 0.25
)

// ParseHypotheses understands one turn from several readings together: an intent is as sure as the readings that mean it are likely, a town
// is looked for in all of them at once, and what the best reading leaves out is taken from the others. Entities keep the words of the
// reading that they come from.
func (p *Parser) ParseHypotheses(day time.Time, list []Hypothesis, state string) Result {
	list = slices.DeleteFunc(slices.Clone(list), func(h Hypothesis) bool { return !(h.Weight > 0) })
	if len(list) == 0 {
		return p.ParseOn(day, "", state)
	}
	read := make([]Result, len(list))
	share := make([]float64, len(list)) // of the weight, as far as the reading makes sense
	total := 0.0
	for i, h := range list {
		read[i] = p.ParseOn(day, h.Text, state)
		share[i] = h.Weight
		if best := read[i].Best(); best.Name == "unclear" {
			share[i] *= senseless
		} else {
			share[i] *= best.Confidence
		}
		total += share[i]
	}
	if total == 0 {
		return read[0]
	}
	best := 0
	sure := map[string]float64{}
	for i := range read {
		share[i] /= total
		if share[i] > share[best] {
			best = i
		}
		for _, in := range read[i].Intents {
			sure[in.Name] += share[i] * in.Confidence
		}
	}
	out := Result{Intents: []Intent{}, Entities: slices.Clone(read[best].Entities)}
	for _, name := range Intents { // in a fixed order, so that equals stay where they are
		if c := sure[name]; c >= worthSaying {
			out.Intents = append(out.Intents, Intent{name, float64(int(c*1000+0.5)) / 1000})
		}
	}
	slices.SortStableFunc(out.Intents, func(a, b Intent) int { return cmp.Compare(b.Confidence, a.Confidence) })
	out.Entities = p.pool(out.Entities, read, share)
	return out
}

// pool adds the entities that enough other readings name, and looks the town up in all readings together.
func (p *Parser) pool(entities []Entity, read []Result, share []float64) []Entity {
	weight := map[[2]string]float64{}
	var heard []place.Heard
	for i, r := range read {
		for _, e := range r.Entities {
			weight[[2]string{e.Type, e.Value}] += share[i]
			if e.Type == "place" {
				heard = append(heard, place.Heard{Text: e.Text, Weight: share[i]})
			}
		}
	}
	for _, r := range read {
		for _, e := range r.Entities {
			has := slices.ContainsFunc(entities, func(o Entity) bool { return o.Type == e.Type })
			if !has && weight[[2]string{e.Type, e.Value}] >= lent {
				entities = append(entities, e)
			}
		}
	}
	at := slices.IndexFunc(entities, func(e Entity) bool { return e.Type == "place" })
	if at < 0 || len(heard) < 2 {
		return entities
	}
	if g, ok := p.places.(resolver); ok {
		if m := g.Resolve(heard, "").Matches; len(m) > 0 {
			entities[at].Value, entities[at].Places = m[0].Name, m
		}
	}
	return entities
}

// resolver is a gazetteer that finds towns in several readings together, and by their sound.
type resolver interface {
	Resolve(heard []place.Heard, near string) place.Answer
}
