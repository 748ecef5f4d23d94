package dialog

import (
	"github.com/acotel/acotel-sbc/record"
	"github.com/acotel/acotel-sbc/workshop"
)

// Questions and worries about the service, and asks that are not ours to meet (C1, C2, C15). What else was in the sentence, a town above
// all, is taken up behind the answer.

func (d *Dialog) machineAsked(u understanding) bool { return d.reassure("about.machine", u) }
func (d *Dialog) humanAsked(u understanding) bool   { return d.reassure("command.human", u) }
func (d *Dialog) salesFeared(u understanding) bool  { return d.reassure("about.sales", u) }
func (d *Dialog) numberFeared(u understanding) bool { return d.reassure("about.number", u) }

func (d *Dialog) reassure(key string, u understanding) bool {
	d.noteUnderstood(d.at, u)
	return d.answerThen(u, func() { d.say(key, nil) })
}

func (d *Dialog) priceAsked(u understanding) bool {
	d.noteUnderstood(d.at, u)
	return d.answerThen(u, d.sayPrice)
}

// answerThen says the answer and takes up the rest of the sentence, or puts the open question again.
func (d *Dialog) answerThen(u understanding, answer func()) bool {
	d.turnOver()
	answer()
	if d.at.state() == "open" || d.at.state() == "place" {
		if namesWhere(u) && d.locate(u) {
			return true
		}
		if d.want(u) {
			d.askPlaceBehind()
			return true
		}
	}
	d.askShort()
	return true
}

// namesWhere says that a place was named beside the question: "je suis retraité à Avignon, qu'est-ce que vous proposez ?"
func namesWhere(u understanding) bool {
	if u.sure("give_place") >= sureEnough {
		return true
	}
	e, ok := u.Entity("place")
	return ok && len(e.Places) > 0 && carriesName(e.Places[0], e.Text) && e.Places[0].Confidence >= plainly
}

// askPlaceBehind asks where, behind what was just said.
func (d *Dialog) askPlaceBehind() {
	if d.at == step(openStep{}) {
		d.noteAskedNow()
		d.goTo(placeStep{})
	}
	d.askShort()
}

// sayPrice answers "combien ça coûte": of the workshop being told, or of the service.
func (d *Dialog) sayPrice() {
	if d.at != step(resultsStep{}) || len(d.list) == 0 {
		d.say("about.price", nil)
		return
	}
	switch w := d.current(); w.Price.Kind {
	case workshop.Free:
		d.say("price.this_free", nil)
	case workshop.FreeWill:
		d.say("price.this_free_will", nil)
	case workshop.Amount:
		d.say("price.this", vars{"price": w.Price.String()})
	default:
		d.say("price.this_unknown", nil)
	}
}

// aboutService explains the service and checks that it was understood (C1).
func (d *Dialog) aboutService() {
	d.turnOver()
	d.say("about.service", nil)
	d.goTo(offerStep{})
	d.at.ask(d)
	d.listen()
}

// serviceAsked explains, and among the results leaves "c'est quoi ?" to them.
func (d *Dialog) serviceAsked(u understanding) bool {
	if d.at != step(resultsStep{}) || !u.is("details") {
		d.noteUnderstood(d.at, u)
	}
	if d.at == step(openStep{}) && !namesWhere(u) {
		d.want(u)
		d.aboutService()
		return true
	}
	if d.at == step(resultsStep{}) && u.is("details") {
		return false
	}
	return d.answerThen(u, func() { d.say("about.service", nil) })
}

// hesitates reassures, and makes the next step small (C2).
func (d *Dialog) hesitates(u understanding) bool {
	d.noteUnderstood(d.at, u)
	switch d.at.(type) {
	case openStep, offerStep:
		if d.locate(u) {
			return true
		}
		d.want(u)
		d.turnOver()
		d.aside("about.hesitation", nil)
		d.noteAskedNow()
		d.goTo(placeStep{})
		d.ask("place.short", nil)
		d.listen()
	case themeStep, themeAloneStep:
		if d.misses > 0 {
			return false // the step tells everything then
		}
		d.turnOver()
		d.misses = 1
		d.aside("about.hesitation_theme", nil)
		d.at.ask(d)
		d.listen()
	case resultsStep:
		d.turnOver()
		d.aside("about.hesitation_results", nil)
		d.askShort()
	default:
		return false
	}
	return true
}

// otherServiceAsked gives the number of another service (C15).
func (d *Dialog) otherServiceAsked(u understanding) bool {
	if s, known := d.msgs.serviceFor(u.text); known {
		d.notOurs(u, s.Name, "service.number", vars{"service": s.Say, "phone": s.Phone})
		return true
	}
	d.notOurs(u, "local", "service.local", nil)
	return true
}

// outOfScope says what we do instead.
func (d *Dialog) outOfScope(u understanding) bool {
	d.notOurs(u, "out_of_scope", "scope.out", nil)
	return true
}

// notOurs answers what is not ours to do; the call is marked with the kind.
func (d *Dialog) notOurs(u understanding, kind, answer string, v vars) {
	d.noteUnderstood(d.at, u)
	d.turnOver()
	d.say(answer, v)
	d.note(record.Marked, "mark", "hors_sujet", "kind", kind)
	if d.at.state() == "open" || d.at.state() == "place" {
		d.goTo(offerStep{})
		d.ask("scope.next", nil)
		d.listen()
		return
	}
	d.askShort()
}

// greeted answers "allô, bonjour" with a greeting, once; it is no answer to any question.
func (d *Dialog) greeted(understanding) bool {
	if d.at != step(openStep{}) || d.uses["open.greeted"] > 0 {
		return false
	}
	d.turnOver()
	d.ask("open.greeted", nil)
	d.listen()
	return true
}

// thanked answers a thank-you where it is no answer.
func (d *Dialog) thanked(understanding) bool {
	switch d.at.(type) {
	case resultsStep, moreStep, offerStep, careStep, illnessStep:
		return false
	}
	d.turnOver()
	d.aside("command.you_are_welcome", nil)
	d.askShort()
	return true
}
