package dialog

// contacts says whom to ring, for each workshop offered.
func (d *Dialog) contacts() {
	words := d.msgs.words
	for _, w := range d.offeredWorkshops() {
		v := vars{"title": plain(w.Title), "organiser": capital(plain(w.Organiser)), "phone": w.Phone}
		v["date_at"] = expand(words.DateAt, vars{"date": words.date(w.Date)})
		switch {
		case w.Organiser != "" && w.Phone != "":
			d.say("contacts.one", v)
		case w.Phone != "":
			d.say("contacts.one_phone", v)
		case w.Organiser != "":
			d.say("contacts.one_bare", v)
		}
	}
}

// contactsStep asks a caller who cannot get an SMS whether to repeat the number.
type contactsStep struct{ quiet }

func (contactsStep) name() string                { return "contacts" }
func (contactsStep) state() string               { return "confirm" }
func (contactsStep) base() string                { return "contacts" }
func (contactsStep) expects(*Dialog) expectation { return yesNo() }
func (contactsStep) ask(d *Dialog)               { d.ask("contacts.offer", nil) }
func (contactsStep) ways() []way {
	return append(elsewhereWays(), way{"yes", moreStep{}}, way{"no", moreStep{}}, way{"unclear", moreStep{}})
}

func (contactsStep) heard(d *Dialog, u understanding) bool {
	switch {
	case d.elsewhere(u):
	case u.yes():
		d.repeatContacts()
	case u.no():
		d.noContacts()
	default:
		return false
	}
	return true
}

func (contactsStep) keyed(d *Dialog, key string) bool {
	switch key {
	case "1":
		d.repeatContacts()
	case "2":
		d.noContacts()
	default:
		return false
	}
	return true
}

func (d *Dialog) repeatContacts() {
	d.turnOver()
	d.contacts()
	if d.caller.Origin != Mobile { // to a mobile no message can be sent for the time being
		d.say("contacts.mobile", nil)
	}
	d.askMore()
}

func (d *Dialog) noContacts() {
	d.turnOver()
	if d.caller.Origin != Mobile {
		d.aside("contacts.mobile", nil)
	}
	d.askMore()
}

// yield: to hear a number once too often does no harm.
func (contactsStep) yield(d *Dialog) bool {
	d.repeatContacts()
	return true
}
