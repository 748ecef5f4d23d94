package simulate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/acotel/acotel-sbc/record"
)

// Report is the outcome of a campaign; its JSON is that of contracts `simulate`. A rate is 0..1 over its own denominator, nil when that is
// empty.
type Report struct {
	Calls         int                     `json:"calls"`
	Seconds       float64                 `json:"seconds"` // that the campaign took
	Seed          uint64                  `json:"seed"`
	Errors        float64                 `json:"errors"` // word errors as asked for
	Rates         Rates                   `json:"rates"`
	MeanDurationS *float64                `json:"mean_duration_s"` // of the Aboutis (K4)
	ByTemperament map[string]*Temperament `json:"by_temperament"`
	Failed        []Failed                `json:"failed"`
}

// Rates are K1, K5 and K6 over the denominators of the contract, and four of our own: what callers who want a workshop got.
type Rates struct {
	Requete       *float64 `json:"requete"`  // of the Traités that are not malade, incivilité or hors sujet
	Efficace      *float64 `json:"efficace"` // of the Requêtés
	Traite        *float64 `json:"traite"`   // of the calls answered
	Abandonne     *float64 `json:"abandonne"`
	Abouti        *float64 `json:"abouti"`          // of the Requêtés
	Evalue        *float64 `json:"evalue"`          // of the Aboutis
	PlaceFound    *float64 `json:"place_found"`     // of the calls in which a code or town was asked for
	PlaceFirstTry *float64 `json:"place_first_try"` // of the same

	PlaceRightFirst *float64 `json:"place_right_first"` // of the same, found at the first try and the right one; place_first_try believes the service
	WantedRequete   *float64 `json:"wanted_requete"`    // of the callers who want a workshop, Requêtés
	PlaceRight      *float64 `json:"place_right"`       // of the places found, those where the caller lives
	SMSSent         *float64 `json:"sms_sent"`          // of the Efficaces from mobiles, with an SMS (K7)
}

// Temperament is what became of the callers of one temperament.
type Temperament struct {
	Calls   int `json:"calls"`
	Wanted  int `json:"wanted"` // a workshop
	Requete int `json:"requete"`
	Abouti  int `json:"abouti"`
	Failed  int `json:"failed"`
}

// Failed is a call that did not give its caller what it should.
type Failed struct {
	ID          int    `json:"id"`
	Temperament string `json:"temperament"`
	Why         string `json:"why"`
	Transcript  []Turn `json:"transcript"`
}

// share is a rate in the making.
type share struct{ n, of int }

func (s *share) count(in, counted bool) {
	if in {
		s.of++
		if counted {
			s.n++
		}
	}
}

func (s share) rate() *float64 {
	if s.of == 0 {
		return nil
	}
	v := float64(s.n) / float64(s.of)
	return &v
}

// has says that a call has a status.
func (c *Call) has(s record.Status) bool { return slices.Contains(c.Summary.Statuses, s) }

// report counts a campaign.
func report(calls []Call) Report {
	r := Report{Calls: len(calls), ByTemperament: map[string]*Temperament{}, Failed: []Failed{}}
	var requete, efficace, traite, abandonne, abouti, evalue, found, first, rightFirst, wanted, right, sms share
	duration, aboutis := 0.0, 0
	for i := range calls {
		c := &calls[i]
		s := &c.Summary
		special := c.has(record.Malade) || c.has(record.Incivilite) || c.has(record.HorsSujet)
		isRequete, isAbouti := c.has(record.Requete), c.has(record.Abouti)
		traite.count(true, c.has(record.Traite))
		abandonne.count(true, c.has(record.Abandonne))
		requete.count(c.has(record.Traite) && !special, isRequete)
		efficace.count(isRequete, c.has(record.Efficace))
		abouti.count(isRequete, isAbouti)
		evalue.count(isAbouti, c.has(record.Evalue))
		found.count(s.PlaceAsked, s.PlaceFound)
		first.count(s.PlaceAsked, s.PlaceFound && s.PlaceTries != nil && *s.PlaceTries == 1)
		rightFirst.count(s.PlaceAsked && c.Caller.Goal == Workshop, c.RightAtOnce)
		wanted.count(c.Caller.Goal == Workshop, isRequete)
		right.count(c.Caller.Goal == Workshop && s.PlaceFound, c.Right)
		sms.count(c.has(record.Efficace) && s.Origin == "mobile", s.SMSSent > 0)
		if isAbouti && s.Duration != nil {
			duration += s.Duration.Seconds()
			aboutis++
		}
		r.keep(c)
	}
	r.Rates = Rates{
		Requete: requete.rate(), Efficace: efficace.rate(), Traite: traite.rate(), Abandonne: abandonne.rate(), Abouti: abouti.rate(), Evalue: evalue.rate(),
		PlaceFound: found.rate(), PlaceFirstTry: first.rate(), PlaceRightFirst: rightFirst.rate(), WantedRequete: wanted.rate(), PlaceRight: right.rate(), SMSSent: sms.rate(),
	}
	if aboutis > 0 {
		mean := duration / float64(aboutis)
		r.MeanDurationS = &mean
	}
	return r
}

// keep counts a call under its temperament and keeps its transcript when it failed.
func (r *Report) keep(c *Call) {
	t := r.ByTemperament[c.Caller.Temperament]
	if t == nil {
		t = &Temperament{}
		r.ByTemperament[c.Caller.Temperament] = t
	}
	t.Calls++
	if c.Caller.Goal == Workshop {
		t.Wanted++
		if c.has(record.Requete) {
			t.Requete++
		}
		if c.has(record.Abouti) {
			t.Abouti++
		}
	}
	if why := c.why(); why != "" {
		t.Failed++
		r.Failed = append(r.Failed, Failed{c.ID, c.Caller.Temperament, why, c.Transcript})
	}
}

// why says in what a call failed, "" when it did not.
func (c *Call) why() string {
	s := &c.Summary
	end := "the service hung up: " + s.EndReason
	if c.Left != "" {
		end = "the caller left: " + c.Left
	}
	home := fmt.Sprintf("%s (%s)", c.Caller.Home.Name, strings.Join(c.Caller.Home.PostalCodes, " "))
	switch {
	case c.has(record.Interrompu) || s.IncidentLink != "":
		return "incident: " + s.IncidentLink
	case c.Caller.Temperament == "ill":
		if !c.has(record.Malade) {
			return "ill and not noticed; " + end
		}
		return ""
	case c.has(record.Malade):
		return "taken for ill; " + end
	case c.has(record.Incivilite) && c.Caller.Temperament != "rude":
		return "taken for rude; " + end
	case c.Caller.Goal == Other:
		if c.has(record.Requete) {
			return "searched for someone who wanted something else"
		}
		return ""
	case !c.has(record.Requete) && c.Caller.Temperament == "rude" && c.has(record.Incivilite):
		return "" // shown the door, as it should be
	case !c.has(record.Requete) && !s.PlaceFound:
		return "no place found, lives at " + home + "; " + end
	case !c.has(record.Requete):
		return "no search; " + end
	case !c.Right:
		return "searched elsewhere than at " + home
	case !c.has(record.Abouti):
		return "no goodbye; " + end
	}
	return ""
}
