package record

// Status is a word of K1 for what became of a call. A call may have several.
type Status string

// The statuses. A fact counts for the whole call whatever its time, unless "before" is said.
const (
	// Requete: a search was made and had its result (a search fact): Efficace or NonEfficace comes with it.
	Requete Status = "requete"
	// Efficace: at least one search of the call found a workshop.
	Efficace Status = "efficace"
	// NonEfficace: searches were made and all were empty, after widening.
	NonEfficace Status = "non_efficace"
	// Traite: answered, and the caller's answer was understood, with or without rephrasing. A place that was found or a
	// search that was made says the same: a valid keyed code counts as an understood answer.
	Traite Status = "traite"
	// NonTraite: answered, over, and not Traite: left before the first question, or never understood. Never billed.
	NonTraite Status = "non_traite"
	// Abandonne: answered, and the caller hung up before the result of the first search. Not a call in which we took
	// leave first or which we turned away: then it was not the caller who gave up.
	Abandonne Status = "abandonne"
	// Abouti: the goodbye was reached. (Its rate counts those among the Requetes.)
	Abouti Status = "abouti"
	// Evalue: at least one rating question was answered, and every one that was asked.
	Evalue Status = "evalue"
	// Malade: distress, illness or accident was detected (C13).
	Malade Status = "malade"
	// Incivilite: insults were detected and the call did not reach the goodbye (section 6.1: "n'ayant pas abouti et incivique").
	Incivilite Status = "incivilite"
	// HorsSujet: something out of scope was asked for, and no search was made: the call was out of scope altogether
	// (section 6.1: "correspond totalement").
	HorsSujet Status = "hors_sujet"
	// Interrompu: our program died during the call.
	Interrompu Status = "interrompu"
	// AttenteAbandonnee: the caller left while waiting for a slot (T2).
	AttenteAbandonnee Status = "attente_abandonnee"
	// Refuse: turned away: no slot within the waiting limit, or service suspended or draining (T2, T4).
	Refuse Status = "refuse"
)

// AllStatuses lists every status in the order in which they are given.
func AllStatuses() []Status {
	return []Status{Requete, Efficace, NonEfficace, Traite, NonTraite, Abandonne, Abouti, Evalue,
		Malade, Incivilite, HorsSujet, Interrompu, AttenteAbandonnee, Refuse}
}

// Statuses computes the statuses of a call from its facts, in the order of AllStatuses; those of a call that goes on
// are those it has so far. It is pure.
func Statuses(facts []Fact) []Status { return Summarise(facts).Statuses }

// statuses applies the definitions above to what the facts came to.
func (s *fold) statuses() []Status {
	over := s.EndedAt != nil
	requete := s.Searches > 0
	traite := s.AnsweredAt != nil && (s.understood || s.PlaceFound || requete)
	abouti := s.goodbye
	holds := map[Status]bool{
		Requete:           requete,
		Efficace:          requete && s.found,
		NonEfficace:       requete && !s.found,
		Traite:            traite,
		NonTraite:         s.AnsweredAt != nil && over && !traite,
		Abandonne:         s.AnsweredAt != nil && s.EndedBy == "remote" && !requete && !abouti && !s.refused,
		Abouti:            abouti,
		Evalue:            s.evalue(),
		Malade:            s.marks[string(Malade)],
		Incivilite:        s.marks[string(Incivilite)] && !abouti,
		HorsSujet:         s.marks[string(HorsSujet)] && !requete,
		Interrompu:        s.interrupted,
		AttenteAbandonnee: s.waitingAbandoned,
		Refuse:            s.refused,
	}
	out := []Status{}
	for _, st := range AllStatuses() {
		if holds[st] {
			out = append(out, st)
		}
	}
	return out
}

func (s *fold) evalue() bool {
	for q := range s.asked {
		if !s.rated[q] {
			return false
		}
	}
	return len(s.rated) > 0
}
