package dialog

import (
	"slices"
	"strconv"
	"strings"

	"github.com/acotel/acotel-sbc/workshop"
)

// tell says one workshop, one fact a sentence, and asks how to go on.
func (d *Dialog) tell() {
	w := d.current()
	if len(d.list) == 1 {
		d.say("result.only", nil)
	} else {
		d.say("result.number", vars{"ordinal": d.msgs.words.ordinal(d.index + 1)})
	}
	if d.wanted.theme == w.Theme && d.wanted.theme != "" {
		d.say("result.what_chosen", vars{"title": plain(w.Title)}) // the theme has been said
	} else {
		d.say("result.what", vars{"title": plain(w.Title), "theme": small(w.Theme), "module": small(w.Module)})
	}
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

// tellContact says whom to ring: the number twice, or once to a mobile, which can have it in writing.
func (d *Dialog) tellContact(w workshop.Workshop) {
	v := vars{"organiser": plain(w.Organiser), "phone": w.Phone}
	mobile := d.caller.sms()
	switch {
	case w.Organiser != "" && w.Phone != "" && mobile:
		d.say("result.contact_once", v)
	case w.Organiser != "" && w.Phone != "":
		d.say("result.contact", v)
	case w.Phone != "" && mobile:
		d.say("result.phone_once", v)
	case w.Phone != "":
		d.say("result.phone", v)
	case w.Organiser != "":
		d.say("result.organiser", v)
	}
}

// details tells the full description; asked again, it leaves the rest to the organiser (C8).
func (d *Dialog) details() {
	w := d.current()
	again := d.detail == w.ID
	d.turnOver()
	d.misses, d.astray, d.resumed = 0, 0, 0
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
