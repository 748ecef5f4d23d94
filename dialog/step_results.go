package dialog

import (
	"slices"
	"strconv"

	"github.com/acotel/acotel-sbc/workshop"
)

// resultsStep tells the workshops one by one, at the caller's pace (C8).
type resultsStep struct{ quiet }

func (resultsStep) name() string  { return "results" }
func (resultsStep) state() string { return "results" }
func (resultsStep) base() string  { return "results" }
func (resultsStep) expects(*Dialog) expectation {
	return expectation{keys: "123", kinds: []string{"ordinal", "theme", "place", "postal_code"},
		phrases: []string{"suivant", "détails", "répétez", "précédent", "oui", "non", "continuer", "le premier", "le deuxième", "c'est tout"}}
}
func (resultsStep) ask(d *Dialog) { d.tell() }
func (resultsStep) ways() []way {
	return append(elsewhereWays(), way{"next", resultsStep{}}, way{"previous", resultsStep{}}, way{"details", resultsStep{}}, way{"choose", resultsStep{}}, way{"no", smsStep{}}, way{"no", contactsStep{}}, way{"no", moreStep{}}, way{"choose", smsStep{}}, way{"choose", contactsStep{}}, way{"unclear", smsStep{}}, way{"unclear", contactsStep{}},
		way{"search", sameStep{}}, way{"give_theme", searchStep{}})
}

// beginResults tells the first workshop of the list.
func (d *Dialog) beginResults() {
	d.index, d.batch, d.long = 0, 0, false
	d.enter(resultsStep{})
}

// left is how many more can be told.
func (d *Dialog) left() int { return min(len(d.list), d.set.MaxTold) - d.index - 1 }

// current is the workshop being told.
func (d *Dialog) current() workshop.Workshop { return d.list[d.index] }

// askHowOn asks for the next step: in full the first time, shortly afterwards. After each pair the caller is asked whether to go on.
func (d *Dialog) askHowOn() {
	left := d.left()
	long := !d.long
	d.long = true
	switch {
	case left > 0 && (d.index+1)%d.set.BatchSize == 0:
		d.ask("results.two_more", vars{"left": d.msgs.words.left(left)})
	case left > 0 && long:
		d.ask("results.next_or_details", nil)
	case left > 0:
		d.ask("results.next_or_details_short", nil)
	case long:
		d.ask("results.last", nil)
	default:
		d.ask("results.last_short", nil)
	}
}

func (s resultsStep) heard(d *Dialog, u understanding) bool {
	switch {
	case d.elsewhere(u):
		return true
	case u.is("give_theme") && !u.is("details") && !u.is("next"):
		return d.anotherTheme(u)
	case u.is("details"):
		d.details()
	case u.is("previous"), u.is("back"):
		d.previous()
	case u.is("choose"):
		d.choose(u)
	case u.is("next"), u.yes():
		d.goOn()
	case u.no(), u.is("thanks"):
		d.turnOver()
		d.offer()
	case u.is("search"):
		d.askSamePlace()
	default:
		return false
	}
	return true
}

// keyed: 1 next, 2 details, 3 enough.
func (resultsStep) keyed(d *Dialog, key string) bool {
	switch key {
	case "1":
		d.goOn()
	case "2":
		d.details()
	case "3":
		d.turnOver()
		d.offer()
	default:
		return false
	}
	return true
}

// goOn tells the next workshop, or leads on when there is none.
func (d *Dialog) goOn() {
	d.turnOver()
	if d.left() <= 0 {
		if len(d.list) > 1 {
			d.aside("results.no_more", nil)
		}
		d.offer()
		return
	}
	d.index++
	d.tellAgain()
}

// tellAgain tells the workshop at the index as a new question.
func (d *Dialog) tellAgain() {
	d.misses, d.astray, d.resumed = 0, 0, 0
	d.tell()
	d.listen()
}

func (d *Dialog) previous() {
	d.turnOver()
	if d.index == 0 {
		d.aside("results.no_previous", nil)
	} else {
		d.index--
	}
	d.tellAgain()
}

// choose: "le deuxième" tells that one again, "celui-là m'intéresse" leads on with it.
func (d *Dialog) choose(u understanding) {
	i := d.index
	if e, ok := u.Entity("ordinal"); ok {
		i = d.ordinal(e.Value)
		if i < 0 {
			d.turnOver()
			d.aside("results.no_such", nil)
			d.ask("results.again.1", nil)
			d.listen()
			return
		}
	}
	d.chosen = d.list[i].ID
	d.turnOver()
	if i == d.index {
		d.aside("results.chosen", nil)
		d.offer()
		return
	}
	d.index = i
	d.tellAgain()
}

// ordinal is the index in the list that "2" or "last" means, -1 when there is none; "le dernier" is the last one told.
func (d *Dialog) ordinal(value string) int {
	if value == "last" {
		return d.index
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 || n > min(len(d.list), d.set.MaxTold) {
		return -1
	}
	return n - 1
}

// anotherTheme: another theme, named while results are told, is taken from the result when it has it, else searched.
func (d *Dialog) anotherTheme(u understanding) bool {
	if !d.want(u) {
		return false
	}
	if slices.ContainsFunc(d.result.Workshops, func(w workshop.Workshop) bool { return w.Theme == d.wanted.theme || w.Module == d.wanted.module }) {
		d.takeWanted()
		return true
	}
	d.searchAgain()
	return true
}

// yield: what cannot be understood is taken for "enough".
func (resultsStep) yield(d *Dialog) bool {
	d.turnOver()
	d.aside("results.move_on", nil)
	d.offer()
	return true
}
