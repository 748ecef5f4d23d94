package dialog

import (
	"slices"
	"strconv"

	"github.com/acotel/acotel-sbc/record"
)

// moreStep asks whether to look for something else (C10).
type moreStep struct{ quiet }

func (moreStep) name() string  { return "more" }
func (moreStep) state() string { return "more" }
func (moreStep) base() string  { return "more" }
func (moreStep) expects(*Dialog) expectation {
	x := yesNo()
	x.kinds = []string{"place", "postal_code", "theme", "module"}
	x.phrases = append(x.phrases, "une autre ville", "c'est tout", "au revoir")
	return x
}
func (moreStep) next() []step {
	return []step{sameStep{}, placeStep{}, searchStep{}, confirmStep{}, whichStep{}, ratingStep{}}
}

func (moreStep) ask(d *Dialog) {
	if len(d.list) == 0 {
		d.ask("more.ask_nothing", nil)
		return
	}
	d.ask("more.ask", nil)
}

// askMore asks it, behind what was said just now.
func (d *Dialog) askMore() { d.enter(moreStep{}) }

func (moreStep) heard(d *Dialog, u understanding) bool {
	switch {
	case d.elsewhere(u):
	case u.is("give_theme") && d.want(u):
		d.searchAgain()
	case u.no(), u.is("thanks"):
		d.leave()
	case u.yes(), u.is("search"), u.is("next"):
		d.askSamePlace()
	default:
		return false
	}
	return true
}

func (moreStep) keyed(d *Dialog, key string) bool {
	switch key {
	case "1":
		d.askSamePlace()
	case "2":
		d.leave()
	default:
		return false
	}
	return true
}

// sameStep asks whether the next search is for the same place.
type sameStep struct{}

func (sameStep) name() string  { return "more.same" }
func (sameStep) state() string { return "confirm" }
func (sameStep) base() string  { return "more.same" }
func (sameStep) expects(*Dialog) expectation {
	x := yesNo()
	x.kinds = []string{"place", "postal_code", "theme", "module"}
	return x
}
func (sameStep) ask(d *Dialog)       { d.ask("more.same_place", d.placeVars(d.spot)) }
func (sameStep) vars(d *Dialog) vars { return d.placeVars(d.spot) }
func (sameStep) next() []step        { return []step{searchStep{}, placeStep{}, confirmStep{}, whichStep{}} }

// askSamePlace asks it; after a search that found nothing another place is all that helps.
func (d *Dialog) askSamePlace() {
	if len(d.list) == 0 {
		d.anotherSearch()
		d.askPlace("place.ask_other")
		return
	}
	d.turnOver()
	d.aside("more.gladly", nil)
	d.enter(sameStep{})
}

func (sameStep) heard(d *Dialog, u understanding) bool {
	switch {
	case d.elsewhere(u):
	case u.is("give_theme") && d.want(u):
		d.searchAgain()
	case u.no(), u.is("next"):
		d.otherPlace()
	case u.yes():
		d.wanted = wanted{}
		d.searchAgain()
	default:
		return false
	}
	return true
}

func (sameStep) keyed(d *Dialog, key string) bool {
	switch key {
	case "1":
		d.wanted = wanted{}
		d.searchAgain()
	case "2":
		d.otherPlace()
	default:
		return false
	}
	return true
}

func (d *Dialog) otherPlace() {
	d.anotherSearch()
	d.wanted = wanted{}
	d.askPlace("place.ask_other")
}

// anotherSearch notes that the caller begins another search.
func (d *Dialog) anotherSearch() { d.note(record.AnotherSearch) }

// searchAgain looks around the same place for what was not told yet.
func (d *Dialog) searchAgain() {
	d.anotherSearch()
	d.turnOver()
	d.say("find.again", d.placeVars(d.spot))
	d.search(0)
}

// leave thanks, takes leave, and asks for a mark (C10, C11).
func (d *Dialog) leave() {
	d.turnOver()
	if d.given.is("thanks") {
		d.aside("goodbye.welcome", nil)
	}
	d.say("goodbye.thanks", nil)
	d.farewell()
	d.question = 0
	d.nextQuestion()
}

// farewell notes that leave was taken (K1: Abouti).
func (d *Dialog) farewell() {
	if !d.bidFarewell {
		d.bidFarewell = true
		d.note(record.Goodbye)
	}
}

// ratingStep asks for a mark.
type ratingStep struct{ quiet }

func (ratingStep) name() string  { return "rating" }
func (ratingStep) state() string { return "rating" }
func (ratingStep) base() string  { return "rating" }
func (ratingStep) expects(d *Dialog) expectation {
	return expectation{kinds: []string{"rating"}, keys: "123456789"[:d.set.RatingScale]}
}
func (ratingStep) ask(d *Dialog) { d.ask("rating.ask."+strconv.Itoa(d.question), nil) }
func (ratingStep) next() []step  { return []step{reasonStep{}, ratingStep{}, endStep{}} }

// nextQuestion asks the next rating question, or ends the call.
func (d *Dialog) nextQuestion() {
	if d.question >= d.set.RatingQuestions {
		d.end("goodbye.plain")
		return
	}
	d.question++
	d.note(record.RatingAsked, "question", strconv.Itoa(d.question))
	d.enter(ratingStep{})
	d.misses = 0
}

// end says the last words and hangs up.
func (d *Dialog) end(words string) {
	d.say(words, nil)
	d.hangUp("goodbye")
}

func (ratingStep) heard(d *Dialog, u understanding) bool {
	if e, ok := u.Entity("rating"); ok {
		mark, err := strconv.Atoi(e.Value)
		if err == nil && e.Opinion {
			mark = d.scaled(mark)
		}
		return err == nil && d.rate1(mark)
	}
	if u.no() {
		d.turnOver()
		d.end("goodbye.plain")
		return true
	}
	return false
}

// scaled brings a mark said in words from the scale of 1 to 4 to the one in use.
func (d *Dialog) scaled(mark int) int {
	return 1 + ((mark-1)*(d.set.RatingScale-1)+1)/3
}

func (ratingStep) keyed(d *Dialog, key string) bool {
	mark, err := strconv.Atoi(key)
	return err == nil && d.rate1(mark)
}

// rate1 keeps a mark on the scale; a bad one is asked why.
func (d *Dialog) rate1(mark int) bool {
	if mark < 1 || mark > d.set.RatingScale {
		return false
	}
	d.note(record.Rated, "mark", mark, "question", strconv.Itoa(d.question))
	d.turnOver()
	if mark <= d.set.RatingBad {
		d.goTo(reasonStep{})
		d.at.ask(d)
		d.listen()
		return true
	}
	d.afterMark("goodbye.end")
	return true
}

// afterMark goes on to the second question, or ends.
func (d *Dialog) afterMark(words string) {
	if d.question < d.set.RatingQuestions {
		d.nextQuestion()
		return
	}
	d.end(words)
}

// silent: a caller who does not want to rate is asked once more and then left in peace.
func (ratingStep) silent(d *Dialog) bool {
	if d.misses < 2 {
		return false
	}
	d.end("goodbye.plain")
	return true
}

// reasonStep asks what was wrong; whatever is said is the answer, kept as text, never as sound (C11).
type reasonStep struct{ quiet }

func (reasonStep) name() string                { return "reason" }
func (reasonStep) state() string               { return "reason" }
func (reasonStep) base() string                { return "reason" }
func (reasonStep) expects(*Dialog) expectation { return expectation{} }
func (reasonStep) ask(d *Dialog)               { d.ask("rating.reason", nil) }
func (reasonStep) next() []step                { return []step{ratingStep{}, endStep{}} }

func (reasonStep) free(d *Dialog, u understanding) bool {
	if slices.Contains([]string{"wait", "repeat"}, u.Best().Name) && len(u.text) < shortCommand && u.sure(u.Best().Name) >= sureEnough &&
		d.anywhere(u.Best().Name, u) {
		return true
	}
	d.turnOver()
	if b := u.Best(); (b.Name == "no" || b.Name == "goodbye") && len(u.text) < shortRefusal {
		d.end("goodbye.plain")
		return true
	}
	d.note(record.RatingReason, "text", u.text)
	d.afterMark("rating.reason_thanks")
	return true
}

// shortRefusal and shortCommand are the lengths in bytes under which "non, rien" is a refusal and "pardon ?" a command, and not a reason.
const shortRefusal, shortCommand = 25, 35

// keyed: any key means that the caller would rather not.
func (reasonStep) keyed(d *Dialog, _ string) bool {
	d.turnOver()
	d.end("goodbye.plain")
	return true
}

func (reasonStep) silent(d *Dialog) bool {
	if d.misses < 2 {
		return false
	}
	d.end("goodbye.plain")
	return true
}
