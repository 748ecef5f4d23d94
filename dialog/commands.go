package dialog

import (
	"slices"
	"strings"

	"github.com/acotel/acotel-sbc/place"
	"github.com/acotel/acotel-sbc/workshop"
)

// How far "slower" and "louder" go, and by how much a time. Slower than two thirds is understood less well (elderly listeners, synthetic
// speech), louder than twice distorts.
const (
	slowest, slowerBy = 0.7, 0.8
	loudest, louderBy = 2.0, 1.35
)

// repeatAsked says the last words again; asked for the number, that alone.
func (d *Dialog) repeatAsked(u understanding) bool {
	if d.msgs.asksNumber(u.text) && d.numberAgain() {
		return true
	}
	d.repeat("command.repeat")
	return true
}

func (d *Dialog) slowerAsked(understanding) bool {
	d.rate = max(slowest, d.rate*slowerBy)
	d.repeat("command.slower")
	return true
}

func (d *Dialog) louderAsked(understanding) bool {
	d.volume = min(loudest, d.volume*louderBy)
	d.repeat("command.louder")
	return true
}

// waitAsked grants the caller time; what was asked stays as it was.
func (d *Dialog) waitAsked(u understanding) bool {
	if d.msgs.asksNumber(u.text) && d.numberAgain() {
		return true
	}
	d.remark("command.wait")
	d.listenFor(d.set.Patience)
	return true
}

// voicemailHeard: a machine at the other end. Who has answered a question is none.
func (d *Dialog) voicemailHeard(understanding) bool {
	if d.understood {
		return false
	}
	d.turnOver()
	d.hangUp("voicemail")
	return true
}

// numberAgain says whom to ring once more: for the workshop being told, else for those told last. The question stands.
func (d *Dialog) numberAgain() bool {
	list := d.lastTold
	if d.at == step(resultsStep{}) && len(d.list) > 0 {
		list = d.list[d.index : d.index+1]
	}
	list = keep(list, func(w workshop.Workshop) bool { return w.Phone != "" })
	if len(list) == 0 {
		return false
	}
	d.turnOver()
	for _, w := range list {
		v := vars{"title": plain(w.Title), "organiser": capital(plain(w.Organiser)), "phone": w.Phone}
		switch {
		case len(list) > 1:
			d.say("number.again_of", v)
		case v["organiser"] != "":
			d.say("number.again", v)
		default:
			d.say("number.again_bare", v)
		}
	}
	d.askShort()
	return true
}

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

// returned puts the question again to a caller who was away; while nothing is asked there is nothing to put.
func (d *Dialog) returned() {
	if d.at.state() != "" {
		d.repeat("command.returned")
	}
}

// tells says that a sentence tells a workshop.
func (s said) tells() bool {
	return strings.HasPrefix(s.key, "result.") || strings.HasPrefix(s.key, "detail.") || strings.HasPrefix(s.key, "help.")
}

// backAsked returns to the question before; among results, to the workshop before.
func (d *Dialog) backAsked(understanding) bool {
	if d.at == step(resultsStep{}) && d.index > 0 {
		return false
	}
	d.turnOver()
	if len(d.history) == 0 {
		d.aside("command.no_back", nil)
		d.askShort()
		return true
	}
	told, last := d.told, d.lastTold
	d.memory = d.history[len(d.history)-1]
	d.history = d.history[:len(d.history)-1]
	d.told, d.lastTold, d.misses, d.resumed, d.pending = told, last, 0, 0, ""
	d.aside("command.back", nil)
	d.at.ask(d)
	d.listen()
	return true
}

// restartAsked forgets all but what was told, and asks where to look.
func (d *Dialog) restartAsked(understanding) bool {
	d.turnOver()
	d.memory = memory{at: placeStep{}, told: d.told, lastTold: d.lastTold}
	d.history = nil
	d.noteAskedNow()
	d.aside("command.restart", nil)
	d.at.ask(d)
	d.listen()
	return true
}

// helpAsked explains what can be answered here.
func (d *Dialog) helpAsked(understanding) bool {
	d.turnOver()
	d.ask("help."+d.at.state(), nil)
	d.listen()
	return true
}

// goodbyeSaid: the caller takes leave. "C'est tout" among the results means enough of the list, and the message can still be offered.
func (d *Dialog) goodbyeSaid(u understanding) bool {
	if d.at == step(resultsStep{}) && u.is("no") {
		return false
	}
	d.goodbye("goodbye")
	return true
}

func (d *Dialog) callLaterSaid(understanding) bool {
	d.goodbye("call_later")
	return true
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
	d.keyedTurns++
	switch {
	case keys == "*":
		d.repeat("command.repeat")
	case keys == "0":
		d.digress("help", u)
	case len(keys) > 1:
		d.keyedCode(keys)
	case d.at.keyed(d, keys):
		d.missedInRow = 0
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
			if !d.offerNearest(keys, []place.Heard{{Text: keys, Weight: 1}}) {
				d.wrongCode(keys)
			}
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
	d.missedInRow = 0
	d.noteUnderstoodKey(asked)
	d.placeFound(spotOfZone(zone))
}
