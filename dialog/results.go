package dialog

import (
	"slices"
	"strconv"
	"strings"

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
func (resultsStep) next() []step {
	return []step{resultsStep{}, smsStep{}, contactsStep{}, searchStep{}, confirmStep{}, whichStep{}, placeStep{}, ratingStep{}, moreStep{}, sameStep{}}
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

// tell says one workshop, one fact a sentence, and asks how to go on.
func (d *Dialog) tell() {
	w := d.current()
	if len(d.list) == 1 {
		d.say("result.only", nil)
	} else {
		d.say("result.number", vars{"ordinal": d.msgs.words.ordinal(d.index + 1)})
	}
	d.say("result.what", vars{"title": plain(w.Title), "theme": small(w.Theme), "module": small(w.Module)})
	if plain(w.Summary) != "" {
		d.say("result.summary", vars{"summary": sentence(w.Summary)})
	}
	d.tellWhen(w)
	d.tellWhere(w)
	d.tellPrice(w)
	d.tellContact(w)
	if !slices.Contains(d.told, w.ID) {
		d.pending = w.ID
	}
	d.askHowOn()
}

func (d *Dialog) tellWhen(w workshop.Workshop) {
	words := d.msgs.words
	v := vars{"date": words.date(w.Date)}
	switch {
	case w.Date.IsZero():
		return
	case w.Start.Known() && w.End.Known():
		v["start"], v["end"] = words.hour(w.Start), words.hour(w.End)
		d.say("result.when", v)
	case w.Start.Known():
		v["start"] = words.hour(w.Start)
		d.say("result.when_start", v)
	default:
		d.say("result.when_day", v)
	}
}

// tellWhere names the town and the room, and the distance when it is another town than the caller's.
func (d *Dialog) tellWhere(w workshop.Workshop) {
	if w.Remote {
		d.say("result.remote", nil)
		return
	}
	if w.City == "" {
		return
	}
	v := vars{"at": d.msgs.words.at(w.City), "venue": small(plain(w.Venue)), "km": kilometres(w.DistanceKM)}
	far := w.Measured() && w.City != d.spot.name && w.DistanceKM >= 1
	key := "result.where"
	if far {
		key = "result.where_far"
	}
	if v["venue"] == "" {
		key += "_town"
	}
	d.say(key, v)
}

func (d *Dialog) tellPrice(w workshop.Workshop) {
	switch w.Price.Kind {
	case workshop.Free:
		d.say("result.free", nil)
	case workshop.FreeWill:
		d.say("result.free_will", nil)
	case workshop.Amount:
		d.say("result.price", vars{"price": w.Price.String()})
	}
}

// tellContact says whom to ring, the number twice.
func (d *Dialog) tellContact(w workshop.Workshop) {
	v := vars{"organiser": plain(w.Organiser), "phone": w.Phone}
	switch {
	case w.Organiser != "" && w.Phone != "":
		d.say("result.contact", v)
	case w.Phone != "":
		d.say("result.phone", v)
	case w.Organiser != "":
		d.say("result.organiser", v)
	}
}

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
	d.misses, d.resumed = 0, 0
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

// details tells the full description; asked again, it leaves the rest to the organiser (C8).
func (d *Dialog) details() {
	w := d.current()
	again := d.detail == w.ID
	d.turnOver()
	d.misses, d.resumed = 0, 0
	if !again {
		d.tellMore(w)
	}
	v := vars{"organiser": plain(w.Organiser), "phone": w.Phone}
	switch {
	case w.Phone != "":
		d.say("detail.organiser", v)
	case w.Organiser != "":
		d.say("detail.organiser_only", v)
	}
	d.detail = w.ID
	d.ask("results.after_details", nil)
	d.listen()
}

func (d *Dialog) tellMore(w workshop.Workshop) {
	said := len(d.prompt)
	for paragraph := range strings.SplitSeq(w.Description, "\n") {
		if plain(paragraph) != "" {
			d.say("detail.description", vars{"description": sentence(paragraph)})
		}
	}
	switch v := (vars{"address": plain(w.Address), "at": d.msgs.words.at(w.City)}); {
	case w.Address == "" || w.Remote:
	case w.City == "":
		d.say("detail.address_only", v)
	default:
		d.say("detail.address", v)
	}
	switch v := (vars{"session": strconv.Itoa(w.Session), "sessions": strconv.Itoa(w.Sessions)}); {
	case w.Sessions > 1 && w.Session == 1:
		d.say("detail.cycle_first", v)
	case w.Sessions > 1 && w.Session > 1:
		d.say("detail.cycle", v)
	}
	if len(d.prompt) == said {
		d.say("detail.nothing", nil)
	}
}

// namesPlace says that a place was meant, alone or with what to do there: "je cherche un atelier à Orange", "non, plutôt à Apt".
func (d *Dialog) namesPlace(u understanding) bool {
	return u.is("give_place") || u.sure("give_place") >= sureEnough && (u.is("search") || u.is("give_theme") || u.is("yes") || u.is("no") || u.is("next"))
}

// elsewhere takes another place named in the middle of things as a new search.
func (d *Dialog) elsewhere(u understanding) bool {
	if !d.namesPlace(u) {
		return false
	}
	if _, ok := u.Entity("place"); !ok {
		if e, ok := u.Entity("postal_code"); !ok || !e.Known {
			return false
		}
	}
	d.anotherSearch()
	d.want(u)
	return d.locate(u)
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
