package record

// Measure is one of the service's figures (K1 to K13): a count, a rate or a mean, with one definition for all reports. Calls of the test
// line are never counted (T1), so every definition is of calls presented on the production line.
type Measure struct {
	Name   string
	Label  string // French
	Unit   Unit
	Target *float64 // nil: none
	AtMost bool     // the target is a ceiling
	// numerator and denominator give what one call adds; a nil denominator makes the measure a count. availability has neither: it counts
	// minutes, not calls.
	numerator, denominator func(*tallied) float64
}

// Unit says what a value is.
type Unit string

// The units of values.
const (
	Count   Unit = "count"   // value = numerator, denominator null
	Rate    Unit = "rate"    // 0..1
	Seconds Unit = "seconds" // mean
	Mark    Unit = "mark"    // mean, on the scale of the rating question
	Minutes Unit = "minutes" // sum
)

// tallied is what measures look at in a call.
type tallied struct {
	statuses           statusSet
	origin, region     string // "" unknown
	answered, welcomed bool
	seconds            float64 // answered time, 0 unless over
	timed              bool    // over, so that seconds is known
	asked, found       bool    // a town or postal code
	tries              int64   // 0 unknown
	sms, searches      int64
	rating             int64
	rated              bool
	waited, incident   bool // in the waiting room; a link of the chain failed
}

// statusSet holds statuses as bits, in the order of AllStatuses.
type statusSet uint32

var statusBits = func() map[Status]statusSet {
	m := map[Status]statusSet{}
	for i, s := range AllStatuses() {
		m[s] = 1 << i
	}
	return m
}()

func (t *tallied) is(s statusSet) bool { return t.statuses&s != 0 }

// The statuses that measures ask for, of each call many times.
var (
	isTraite, isRequete, isAbouti, isEvalue, isEfficace = statusBits[Traite], statusBits[Requete], statusBits[Abouti], statusBits[Evalue], statusBits[Efficace]
	isApart                                             = statusBits[Malade] | statusBits[Incivilite] | statusBits[HorsSujet]
)

// one is 1 when b holds.
func one(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func target(v float64) *float64 { return &v }

// Measures lists every measure in the order of reports. docs/mesures.md gives their formulas in words.
func Measures() []Measure { return measures }

var measures = []Measure{
	{Name: "presentes", Label: "Appels présentés", Unit: Count, numerator: always},
	{Name: "decroche", Label: "Taux de décroché", Unit: Rate, Target: target(0.99), numerator: answered, denominator: always},
	{Name: "accueillis", Label: "Appels accueillis", Unit: Rate, Target: target(0.99),
		numerator: func(t *tallied) float64 { return one(t.welcomed) }, denominator: always},
	availability,
	ofAnswered(Traite, "Traités", target(0.90), false),
	ofAnswered(NonTraite, "Non traités", nil, false),
	ofAnswered(Abandonne, "Abandonnés", target(0.05), true),
	{Name: string(Requete), Label: "Requêtés", Unit: Rate, Target: target(0.95),
		numerator: func(t *tallied) float64 { return one(ordinary(t) && t.is(isRequete)) }, denominator: func(t *tallied) float64 { return one(ordinary(t)) }},
	ofRequetes(Efficace, "Efficaces", nil),
	ofRequetes(NonEfficace, "Non efficaces", nil),
	ofRequetes(Abouti, "Aboutis", target(0.95)),
	{Name: string(Evalue), Label: "Évalués", Unit: Rate, Target: target(0.50),
		numerator: func(t *tallied) float64 { return one(t.is(isAbouti) && t.is(isEvalue)) }, denominator: func(t *tallied) float64 { return one(t.is(isAbouti)) }},
	ofAnswered(Malade, "Malade", nil, false),
	ofAnswered(Incivilite, "Incivilité", nil, false),
	ofAnswered(HorsSujet, "Hors sujet", nil, false),
	ofAnswered(Interrompu, "Interrompus", nil, false),
	{Name: "attente", Label: "Mis en attente", Unit: Rate, numerator: func(t *tallied) float64 { return one(t.waited) }, denominator: always},
	ofPresented(AttenteAbandonnee, "Attente abandonnée"),
	ofPresented(Refuse, "Refusés"),
	{Name: "incident", Label: "Touchés par un incident", Unit: Rate, numerator: func(t *tallied) float64 { return one(t.incident) }, denominator: always},
	{Name: "duree_moyenne_s", Label: "Durée moyenne des Aboutis", Unit: Seconds, Target: target(180), AtMost: true,
		numerator:   func(t *tallied) float64 { return one(t.is(isAbouti)) * t.seconds },
		denominator: func(t *tallied) float64 { return one(t.is(isAbouti) && t.timed) }},
	{Name: "place_found", Label: "Code postal ou commune trouvé", Unit: Rate, Target: target(0.95),
		numerator: func(t *tallied) float64 { return one(t.asked && t.found) }, denominator: func(t *tallied) float64 { return one(t.asked) }},
	{Name: "place_first_try", Label: "Trouvé au premier essai", Unit: Rate, Target: target(0.80),
		numerator: func(t *tallied) float64 { return one(t.asked && t.found && t.tries == 1) }, denominator: func(t *tallied) float64 { return one(t.asked) }},
	{Name: "sms", Label: "SMS par appel Efficace d'un mobile", Unit: Rate,
		numerator:   func(t *tallied) float64 { return one(efficaceMobile(t)) * float64(t.sms) },
		denominator: func(t *tallied) float64 { return one(efficaceMobile(t)) }},
	{Name: "note_moyenne", Label: "Note moyenne", Unit: Mark,
		numerator: func(t *tallied) float64 { return one(t.rated) * float64(t.rating) }, denominator: func(t *tallied) float64 { return one(t.rated) }},
	{Name: "collectes", Label: "Appels collectés", Unit: Count, numerator: answered},
	{Name: "traites_mobile", Label: "Appels de mobiles traités", Unit: Count, numerator: func(t *tallied) float64 { return treated(t, "mobile") }},
	{Name: "traites_fixe", Label: "Appels de fixes traités", Unit: Count, numerator: func(t *tallied) float64 { return treated(t, "fixe") }},
	{Name: "traites_autre", Label: "Autres appels traités", Unit: Count,
		numerator: func(t *tallied) float64 { return one(t.is(isTraite)) - treated(t, "mobile") - treated(t, "fixe") }},
	{Name: "minutes", Label: "Minutes des appels traités", Unit: Minutes,
		numerator: func(t *tallied) float64 { return one(t.is(isTraite)) * t.seconds / 60 }},
	{Name: "sms_envoyes", Label: "SMS envoyés", Unit: Count, numerator: func(t *tallied) float64 { return float64(t.sms) }},
	{Name: "recherches", Label: "Recherches", Unit: Count, numerator: func(t *tallied) float64 { return float64(t.searches) }},
}

// durationByStatus replaces duree_moyenne_s where calls are grouped by status (K4): there it is of the group's calls.
var durationByStatus = Measure{Name: "duree_moyenne_s", Label: "Durée moyenne", Unit: Seconds,
	numerator: func(t *tallied) float64 { return t.seconds }, denominator: func(t *tallied) float64 { return one(t.timed) }}

func always(*tallied) float64 { return 1 }

func answered(t *tallied) float64 { return one(t.answered) }

// ordinary calls are those that K1 expects to come to a search.
func ordinary(t *tallied) bool {
	return t.is(isTraite) && !t.is(isApart)
}

func efficaceMobile(t *tallied) bool { return t.is(isEfficace) && t.origin == "mobile" }

func treated(t *tallied, origin string) float64 { return one(t.is(isTraite) && t.origin == origin) }

func ofAnswered(s Status, label string, goal *float64, atMost bool) Measure {
	bit := statusBits[s]
	return Measure{Name: string(s), Label: label, Unit: Rate, Target: goal, AtMost: atMost,
		numerator: func(t *tallied) float64 { return one(t.answered && t.is(bit)) }, denominator: answered}
}

func ofPresented(s Status, label string) Measure {
	bit := statusBits[s]
	return Measure{Name: string(s), Label: label, Unit: Rate, numerator: func(t *tallied) float64 { return one(t.is(bit)) }, denominator: always}
}

func ofRequetes(s Status, label string, goal *float64) Measure {
	bit := statusBits[s]
	return Measure{Name: string(s), Label: label, Unit: Rate, Target: goal,
		numerator: func(t *tallied) float64 { return one(t.is(isRequete) && t.is(bit)) }, denominator: func(t *tallied) float64 { return one(t.is(isRequete)) }}
}
