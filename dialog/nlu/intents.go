package nlu

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// Confidence of the kinds of wordings.
const (
	strongConfidence = 0.95
	wholeConfidence  = 0.97
	// usual and weak grow with the share of the sentence that they cover.
	usualFrom, usualSpan = 0.55, 0.40
	weakFrom, weakSpan   = 0.30, 0.20
	// orderStep breaks ties by the order of intents.yaml.
	orderStep = 1e-6
)

// Weights of the opinions about an intent: how much a rule's and an entity's confidence of 1 adds to the classifier's log-probability.
// Tuned on the development half of the evaluation set.
const (
	ruleWeight   = 2.5
	entityWeight = 2.0
	taughtWeight = 9.0  // added where the owners' examples have the sentence word for word
	askedWeight  = 1.0  // added where a place was asked for
	wholeWeight  = 3.0  // added where a rule's wording, or what was named, is all that was said
	sharpness    = 1.2  // of the classifier's probabilities, which are too cautious by themselves
	floor        = 1e-3 // what the classifier finds impossible may still be so
	// Intents beside the best one: what a rule says of them counts for less, and never reaches the best.
	besides, besideBest = 0.9, 0.01
	worthSaying         = 0.04
)

// intents weighs what rules, entities and the classifier say of every intent.
func (p *Parser) intents(s *sentence, state string, res *Result) []Intent {
	filler := p.filler(s)
	byRule := []Intent{}
	for i, rule := range p.rules.intents {
		best := p.score(s, filler, rule.all)
		if w, ok := rule.state[state]; ok {
			best = max(best, p.score(s, filler, w))
		}
		if best > 0 {
			byRule = append(byRule, Intent{rule.name, best - float64(i)*orderStep})
		}
	}
	byEntity := fromEntities(nil, state, *res)
	sample := s.sample(state, res.Entities)
	entityShare := entityWeight
	if namedOnly(s, filler, res.Entities) {
		entityShare += wholeWeight
	}
	if state == "place" {
		entityShare += askedWeight
	}
	taught, ok := p.said[saidKey(state, plainWords(s.words))]
	if !ok {
		taught = -1
	}
	probable, _ := p.model.Predict(sample)
	opinion := make([]float64, len(Intents))
	top := math.Inf(-1)
	for i, name := range Intents {
		opinion[i] = sharpness * math.Log(float64(probable[i])+floor)
		rule := confidenceIn(byRule, name)
		opinion[i] += ruleWeight * rule
		if rule > strongConfidence {
			opinion[i] += wholeWeight
		}
		opinion[i] += entityShare * confidenceIn(byEntity, name)
		if i == taught {
			opinion[i] += taughtWeight
		}
		top = max(top, opinion[i])
	}
	sum := 0.0
	for i := range opinion {
		opinion[i] = math.Exp(opinion[i] - top)
		sum += opinion[i]
	}
	out := []Intent{}
	best := slices.Max(opinion) / sum
	for i, name := range Intents {
		c := opinion[i] / sum
		if c < best { // something else that was said beside it
			c = max(c, min(best-besideBest, max(confidenceIn(byRule, name)*besides, confidenceIn(byEntity, name))))
		}
		if c >= worthSaying {
			out = append(out, Intent{name, float64(int(c*1000+0.5)) / 1000})
		}
	}
	res.Entities = relevant(res.Entities, Intents[slices.Index(opinion, slices.Max(opinion))], best)
	slices.SortStableFunc(out, func(a, b Intent) int { return cmp.Compare(b.Confidence, a.Confidence) })
	return out
}

// wishes are the intents beside which a theme, a day or a distance is a wish; beside the others it is told by the way ("je suis tombée
// dans ma cuisine", "il va pleuvoir demain").
var wishes = strings.Fields("search give_place give_theme choose yes next hesitation rate")

// byTheWay is how sure the intent must be for what was told by the way to be dropped.
const byTheWay = 0.55

// relevant drops entities that the intent makes meaningless.
func relevant(list []Entity, intent string, confidence float64) []Entity {
	if confidence < byTheWay {
		return list
	}
	wish := slices.Contains(wishes, intent)
	return slices.DeleteFunc(list, func(e Entity) bool {
		switch e.Type {
		case "distance":
			return !wish && intent != "unclear" || intent == "next" // "chez moi" alone answers "where?", though not well
		case "theme", "module":
			return !wish || intent == "next" || (intent == "hesitation" || intent == "search") && e.Value == "any"
		case "date":
			return !wish
		case "time_of_day":
			return !wish && intent != "call_later"
		case "rating":
			return intent != "rate" && intent != "yes" && intent != "no"
		case "ordinal":
			return intent == "search" || intent == "next" || intent == "previous" || intent == "hesitation"
		case "phone":
			return intent == "my_number" && !(e.Value != "" && e.Value[0] == '0')
		}
		return false
	})
}

// namedOnly says that nothing was said but what the entities are, fillers and articles aside.
func namedOnly(s *sentence, filler []bool, entities []Entity) bool {
	covered := slices.Clone(filler)
	for _, e := range entities {
		for i := e.from; i < e.to; i++ {
			covered[i] = true
		}
	}
	for i, c := range covered {
		if !c && !slices.Contains(small, s.words[i]) {
			return false
		}
	}
	return len(entities) > 0
}

// small words that stand before what is named.
var small = strings.Fields("a au aux l la le les un une de des d du en c est pour")

func confidenceIn(list []Intent, name string) float64 {
	for _, i := range list {
		if i.Name == name {
			return i.Confidence
		}
	}
	return 0
}

// score is the best proof that the wordings give.
func (p *Parser) score(s *sentence, filler []bool, w wordings) float64 {
	best := 0.0
	for _, t := range w.strong {
		if _, _, ok := s.match(t); ok {
			return strongConfidence
		}
	}
	for _, t := range w.whole {
		if s.isAll(t, filler) {
			best = max(best, wholeConfidence)
		}
	}
	for _, t := range w.usual {
		if from, to, ok := s.match(t); ok {
			best = max(best, usualFrom+usualSpan*covers(s, filler, from, to))
		}
	}
	for _, t := range w.weak {
		if from, to, ok := s.match(t); ok {
			best = max(best, weakFrom+weakSpan*covers(s, filler, from, to))
		}
	}
	return best
}

// covers is the share of the meaningful words that lie in words[from:to].
func covers(s *sentence, filler []bool, from, to int) float64 {
	all, inside := 0, 0
	for i := range s.words {
		in := i >= from && i < to
		if in {
			inside++
		}
		if in || !filler[i] {
			all++
		}
	}
	if all == 0 {
		return 0
	}
	return float64(inside) / float64(all)
}

// fromEntities adds the intents that naming something amounts to.
func fromEntities(out []Intent, state string, res Result) []Intent {
	add := func(name string, confidence float64) {
		for i := range out {
			if out[i].Name == name {
				out[i].Confidence = max(out[i].Confidence, confidence)
				return
			}
		}
		out = append(out, Intent{name, confidence})
	}
	for _, e := range res.Entities {
		switch e.Type {
		case "place", "postal_code", "department":
			add("give_place", placeConfidence(e, state))
		case "theme", "module":
			c := 0.82
			if state == "theme" {
				c = 0.96
			}
			add("give_theme", c)
		case "ordinal":
			c := 0.6
			if state == "theme" || state == "results" || state == "sms" {
				c = 0.94
			}
			add("choose", c)
		case "rating":
			if state == "rating" {
				add("rate", 0.98)
			}
		}
	}
	return out
}

func placeConfidence(e Entity, state string) float64 {
	switch {
	case e.Type == "postal_code" && e.Known:
		return 0.96
	case e.Type == "postal_code", e.Type == "department":
		if state == "place" {
			return 0.8
		}
		return 0.6
	case len(e.Places) == 0:
		return 0.4
	}
	c := e.Places[0].Confidence
	if state == "place" || state == "confirm" {
		return min(0.98, max(0.5, c))
	}
	return min(0.9, max(0.5, c*0.92))
}
