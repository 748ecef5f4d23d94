package dialog

import (
	"slices"
	"strings"
)

// anywhere answers what may be said at any step (C1, C14 to C16); false leaves the turn to the step.
func (d *Dialog) anywhere(intent string, u understanding) bool {
	switch intent {
	case "repeat":
		d.repeat("command.repeat")
	case "slower":
		d.rate = max(slowest, d.rate*slowerBy)
		d.repeat("command.slower")
	case "louder":
		d.volume = min(loudest, d.volume*louderBy)
		d.repeat("command.louder")
	case "wait":
		d.remark("command.wait")
		d.listenFor(d.set.Patience)
	case "back":
		return d.back()
	case "restart":
		d.restart()
	case "help":
		d.help()
	case "goodbye", "call_later":
		if d.at == step(resultsStep{}) && u.is("no") {
			return false // "c'est tout": enough of the list, the message can still be offered
		}
		d.goodbye(intent)
	case "voicemail":
		d.turnOver()
		d.hangUp("voicemail")
	default:
		return d.object(intent, u)
	}
	return true
}

// How far "slower" and "louder" go, and by how much a time. Slower than two thirds is understood less well (elderly listeners, synthetic
// speech), louder than twice distorts.
const (
	slowest, slowerBy = 0.7, 0.85
	loudest, louderBy = 2.0, 1.35
)

// repeat says the prompt again, without its acknowledgements.
func (d *Dialog) repeat(acknowledge string) {
	again := d.prompt[min(d.asides, len(d.prompt)):]
	if d.at == step(resultsStep{}) && !slices.ContainsFunc(again, said.tells) {
		again = nil // only questions and answers in between: what the caller wants to hear again is the workshop
	}
	d.turnOver()
	d.aside(acknowledge, nil)
	if len(again) == 0 {
		d.at.ask(d)
	}
	for _, s := range again {
		d.voice(s, true)
	}
	d.listen()
}

// tells says that a sentence tells a workshop.
func (s said) tells() bool {
	return strings.HasPrefix(s.key, "result.") || strings.HasPrefix(s.key, "detail.") || strings.HasPrefix(s.key, "help.")
}

// back returns to the question before; among results, to the workshop before.
func (d *Dialog) back() bool {
	if d.at == step(resultsStep{}) && d.index > 0 {
		return false
	}
	d.turnOver()
	if len(d.history) == 0 {
		d.aside("command.no_back", nil)
		d.askShort()
		return true
	}
	told := d.told
	d.memory = d.history[len(d.history)-1]
	d.history = d.history[:len(d.history)-1]
	d.told, d.misses, d.resumed, d.pending = told, 0, 0, ""
	d.aside("command.back", nil)
	d.at.ask(d)
	d.listen()
	return true
}

// restart forgets all but what was told, and asks where to look.
func (d *Dialog) restart() {
	d.turnOver()
	d.memory = memory{at: placeStep{}, told: d.told}
	d.history = nil
	d.noteAskedNow()
	d.aside("command.restart", nil)
	d.at.ask(d)
	d.listen()
}

// help explains what can be answered here.
func (d *Dialog) help() {
	d.turnOver()
	d.ask("help."+d.at.state(), nil)
	d.listen()
}

// goodbye: the caller takes leave. After a search the mark is asked for; before it there is nothing to rate.
func (d *Dialog) goodbye(intent string) {
	switch {
	case d.bidFarewell:
		d.turnOver()
		d.end("goodbye.plain")
	case d.searched:
		d.leave()
	default:
		d.turnOver()
		d.farewell()
		if intent == "call_later" {
			d.end("goodbye.later")
			return
		}
		d.end("goodbye.early")
	}
}

// askShort puts the question again after something that came in between; that is no miss.
func (d *Dialog) askShort() {
	switch d.at.(type) {
	case openStep:
		d.ask("open.short", nil)
	case placeStep:
		d.ask("place.short", nil)
	case confirmStep, whichStep, sameStep, themeStep, themeAloneStep:
		d.at.ask(d)
	default:
		d.ask(d.at.base()+".again.1", d.at.vars(d))
	}
	d.listen()
}

// key is what was pressed: a postal code at any moment, * repeats, 0 helps, the rest is the step's.
func (d *Dialog) key(e Keyed) {
	d.heardQuestion()
	keys := strings.TrimSuffix(e.Keys, "#")
	if d.at.state() == "" || keys == "" {
		return
	}
	d.heardWorkshop()
	u := understanding{text: "#" + keys, confidence: 1, words: "#" + keys}
	d.given = u
	d.noteCaller(u)
	asked := d.at
	switch {
	case keys == "*":
		d.repeat("command.repeat")
	case keys == "0":
		d.help()
	case len(keys) > 1:
		d.keyedCode(keys)
	case d.at.keyed(d, keys):
		d.noteUnderstoodKey(asked)
	default:
		d.noMatch()
	}
}

// keyedCode takes a postal code from the keys: a valid one is searched without confirmation.
func (d *Dialog) keyedCode(keys string) {
	zone, ok := d.gaz.PostalZone(keys)
	d.tried(keys)
	if !ok {
		if d.at.state() == "open" || d.at.state() == "place" {
			d.wrongCode(keys)
			return
		}
		d.turnOver()
		d.sayWrongCode(keys)
		d.missedHere()
		return
	}
	asked := d.at
	if d.searched {
		d.anotherSearch()
	}
	d.noteUnderstoodKey(asked)
	d.placeFound(spotOfZone(zone))
}
