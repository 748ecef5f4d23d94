package dialog

import (
	"github.com/acotel/acotel-sbc/record"
	"github.com/acotel/acotel-sbc/workshop"
)

// object answers questions and worries about the service, and asks that are not ours to meet (C1, C2, C15); false leaves the turn to the
// step. What else was in the sentence, a town above all, is taken up behind the answer.
func (d *Dialog) object(intent string, u understanding) bool {
	key := ""
	switch intent {
	case "is_machine":
		key = "about.machine"
	case "human":
		key = "command.human"
	case "sales_fear":
		key = "about.sales"
	case "my_number":
		key = "about.number"
	case "price":
		d.noteUnderstood(d.at, u)
		return d.answerThen(u, d.sayPrice)
	case "about_service":
		d.noteUnderstood(d.at, u)
		return d.answerAbout(u)
	case "hesitation":
		return d.hesitates(u)
	case "other_service", "out_of_scope":
		d.noteUnderstood(d.at, u)
		d.elsewhereAsked(intent, u)
		return true
	case "greeting":
		return d.greeted()
	case "thanks":
		return d.thanked()
	default:
		return false
	}
	d.noteUnderstood(d.at, u)
	return d.answerThen(u, func() { d.say(key, nil) })
}

// answerThen says the answer and takes up the rest of the sentence, or puts the open question again.
func (d *Dialog) answerThen(u understanding, answer func()) bool {
	d.turnOver()
	answer()
	if d.at.state() == "open" || d.at.state() == "place" {
		if u.sure("give_place") >= sureEnough && d.locate(u) {
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

func (d *Dialog) answerAbout(u understanding) bool {
	if d.at == step(openStep{}) && u.sure("give_place") < sureEnough {
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

// offerStep asks whether to look for a workshop, after the service was explained or something else was asked for.
type offerStep struct{ quiet }

func (offerStep) name() string  { return "offer" }
func (offerStep) state() string { return "confirm" }
func (offerStep) base() string  { return "about" }
func (offerStep) expects(*Dialog) expectation {
	x := yesNo()
	x.kinds = []string{"place", "postal_code"}
	return x
}
func (offerStep) ask(d *Dialog) { d.ask("about.next", nil) }
func (offerStep) next() []step {
	return []step{placeStep{}, searchStep{}, confirmStep{}, whichStep{}, endStep{}}
}

func (offerStep) heard(d *Dialog, u understanding) bool {
	d.want(u)
	switch {
	case d.locate(u):
	case u.yes(), u.is("search"), u.is("give_theme"), u.is("next"):
		d.askPlace("place.ask")
	case u.no(), u.is("thanks"):
		d.goodbye("goodbye")
	default:
		return false
	}
	return true
}

func (offerStep) keyed(d *Dialog, key string) bool {
	switch key {
	case "1":
		d.askPlace("place.ask")
	case "2":
		d.goodbye("goodbye")
	default:
		return false
	}
	return true
}

// elsewhereAsked answers what is not ours: another service by its number, the rest by saying what we do (C15). Both are marked and typed.
func (d *Dialog) elsewhereAsked(intent string, u understanding) {
	kind := intent
	d.turnOver()
	s, known := d.msgs.serviceFor(u.text)
	switch {
	case intent == "other_service" && known:
		kind = s.Name
		d.say("service.number", vars{"service": s.Say, "phone": s.Phone})
	case intent == "other_service":
		kind = "local"
		d.say("service.local", nil)
	default:
		d.say("scope.out", nil)
	}
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
func (d *Dialog) greeted() bool {
	if d.at != step(openStep{}) || d.uses["open.greeted"] > 0 {
		return false
	}
	d.turnOver()
	d.ask("open.greeted", nil)
	d.listen()
	return true
}

// thanked answers a thank-you where it is no answer.
func (d *Dialog) thanked() bool {
	switch d.at.(type) {
	case resultsStep, moreStep, offerStep, careStep, illnessStep:
		return false
	}
	d.turnOver()
	d.aside("command.you_are_welcome", nil)
	d.askShort()
	return true
}
