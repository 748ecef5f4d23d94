package nlu

import (
	"fmt"
	"slices"
	"strings"

	"github.com/acotel/acotel-sbc/place/spoken"
)

// counted are words before which a number is no code, no mark and no choice: "quatre-vingt-dix ans", "les deux autres".
var counted = strings.Fields(`an ans annee annees mois semaine semaines jour jours heure heures h minute minutes fois euro euros premiers premieres derniers
	autres personnes enfants petits age etages etage metres cents chiffres seances soeurs freres amies amis`)

// together are words behind which "deux" means both, and no choice.
var together = strings.Fields("les des mes nos ces entre tous toutes nous vous eux ses leurs dit on est")

// measures finds distances, and takes the numbers that count something.
func (p *Parser) measures(s *sentence, state string, res *Result) {
	for _, run := range spoken.Runs(s.words) {
		after := ""
		if run[1] < len(s.words) {
			after = s.words[run[1]]
		}
		switch {
		case after == "km" || after == "kms" || strings.HasPrefix(after, "kilometre") || after == "bornes" || after == "kilos" && s.before(run[0]) == "de":
			p.distance(s, run, res)
		case slices.Contains(counted, after):
			s.take(run[0], run[1])
		}
	}
	if s.distanceSaid {
		return
	}
	if e, ok := bestValue(s, p.rules.distances); ok && !s.taken(e.from, e.to) && !p.placeFollows(s, e.from, e.to) {
		e.Type = "distance"
		res.Entities = append(res.Entities, e)
		return
	}
	if e, ok := bestValue(s, p.rules.atHome); ok && state == "place" {
		e.Type = "distance"
		res.Entities = append(res.Entities, e)
	}
}

// placeFollows tells "à côté de Vesoul", "la ville la plus proche, c'est Céreste", where somebody lives, from a wish to stay near.
func (p *Parser) placeFollows(s *sentence, from, to int) bool {
	if to >= len(s.words) {
		return false
	}
	line := " " + strings.Join(s.words[:from], " ") + " "
	return slices.Contains(relations, s.words[to]) && !strings.Contains(line, " quelque chose ") && !strings.Contains(line, " atelier ") ||
		s.words[to] == "c" || strings.HasSuffix(line, " est ")
}

// relations follow "à côté" and the like when they tell where a place is, and how far nobody wishes to go.
var relations = []string{"de", "d", "du", "des"}

// distance takes "quinze kilomètres"; with "de Bourges" behind it says where the caller lives, and is no wish.
func (p *Parser) distance(s *sentence, run [2]int, res *Result) {
	to := run[1] + 1
	from := run[0]
	s.take(from, to)
	s.distanceSaid = true
	if to+1 < len(s.words) && slices.Contains(relations, s.words[to]) && !slices.Contains([]string{"chez", "la", "ma", "mon", "l", "ici"}, s.words[to+1]) {
		return
	}
	n, ok := spoken.One(s.words[run[0]:run[1]])
	if !ok || n <= 0 || n > maxKilometres {
		return
	}
	res.Entities = append(res.Entities, Entity{Type: "distance", Value: fmt.Sprintf("%d km", n), Text: s.said(from, to), from: from, to: to})
}

// maxKilometres bounds a distance that anybody may wish to go.
const maxKilometres = 300
