package dialog

import (
	"slices"
	"strings"

	"github.com/acotel/acotel-sbc/record"
	"github.com/acotel/acotel-sbc/sms"
	"github.com/acotel/acotel-sbc/workshop"
)

// offer proposes to put in writing what was told: by SMS to a mobile, else by saying the numbers once more (C9).
func (d *Dialog) offer() {
	list := d.offeredWorkshops()
	if d.caller.sms() {
		if d.sentKeys[messageKey(list)] {
			d.aside("sms.already", nil)
			d.askMore()
			return
		}
		d.note(record.SMSOffered)
		d.enter(smsStep{})
		return
	}
	if !slices.ContainsFunc(list, func(w workshop.Workshop) bool { return w.Phone != "" }) {
		d.askMore()
		return
	}
	d.enter(contactsStep{})
}

// offeredWorkshops are at most two: the one the caller chose, or the last ones told.
func (d *Dialog) offeredWorkshops() []workshop.Workshop {
	if d.chosen != "" {
		for _, w := range d.list {
			if w.ID == d.chosen {
				return []workshop.Workshop{w}
			}
		}
	}
	from := max(0, d.index+1-sms.MaxWorkshops)
	return slices.Clone(d.list[from : d.index+1])
}

// messageKey names a message by its workshops: the same ones are never sent twice in a call.
func messageKey(list []workshop.Workshop) string {
	var ids []string
	for _, w := range list {
		ids = append(ids, w.ID)
	}
	slices.Sort(ids)
	return strings.Join(ids, "+")
}

// smsStep asks whether to send the message.
type smsStep struct{ quiet }

func (smsStep) name() string                { return "sms" }
func (smsStep) state() string               { return "sms" }
func (smsStep) base() string                { return "sms" }
func (smsStep) expects(*Dialog) expectation { return yesNo() }
func (smsStep) ways() []way {
	return append(elsewhereWays(), way{"yes", sendingStep{}}, way{"no", moreStep{}}, way{"unclear", moreStep{}}, way{"choose", smsStep{}}, way{"search", sameStep{}})
}

func (smsStep) ask(d *Dialog) {
	switch list := d.offeredWorkshops(); {
	case len(list) == 1:
		d.ask("sms.offer_one", nil)
	case d.index+1 > len(list):
		d.ask("sms.offer_last", nil)
	default:
		d.ask("sms.offer_two", nil)
	}
}

func (smsStep) heard(d *Dialog, u understanding) bool {
	if e, ok := u.Entity("ordinal"); ok {
		if i := d.ordinal(e.Value); i >= 0 && i <= d.index {
			d.chosen = d.list[i].ID
			if !clearYes(u) {
				d.turnOver()
				d.enter(smsStep{})
				return true
			}
		}
	}
	switch {
	case clearYes(u):
		d.send(u.words)
	case d.elsewhere(u):
	case u.no():
		d.turnOver()
		d.aside("sms.not_sent", nil)
		d.askMore()
	case u.is("details"):
		d.turnOver()
		d.say("sms.what", nil)
		d.at.ask(d)
		d.listen()
	case u.is("search"), u.is("next"):
		d.askSamePlace()
	default:
		return false
	}
	return true
}

func (smsStep) keyed(d *Dialog, key string) bool {
	switch key {
	case "1":
		d.send("#1")
	case "2":
		d.turnOver()
		d.aside("sms.not_sent", nil)
		d.askMore()
	default:
		return false
	}
	return true
}

// clearYes is consent: a yes that was well heard, with no no beside it.
func clearYes(u understanding) bool {
	return u.certain("yes") >= consentAt && u.Confidence("no") < sureEnough
}

// consentAt is how sure a yes must be to count as consent.
const consentAt = 0.7

// send hands the message over, with the words of consent.
func (d *Dialog) send(words string) {
	list := d.offeredWorkshops()
	if d.sentKeys[messageKey(list)] {
		d.turnOver()
		d.aside("sms.already", nil)
		d.askMore()
		return
	}
	d.note(record.SMSConsent, "words", words)
	text, err := sms.Composer{MaxSegments: d.set.SMSSegments}.Compose(list)
	if err != nil {
		d.goTo(sendingStep{})
		d.smsDone(SMSDone{At: d.now, Reason: err.Error()})
		return
	}
	d.turnOver()
	d.goTo(sendingStep{})
	var ids []string
	for _, w := range list {
		ids = append(ids, w.ID)
	}
	d.out = append(d.out, SendSMS{Text: text, Workshops: ids, Consent: words, Key: messageKey(list)})
}

// sendingStep is while the outbox takes the message.
type sendingStep struct{ quiet }

func (sendingStep) name() string                { return "sending" }
func (sendingStep) state() string               { return "" }
func (sendingStep) base() string                { return "" }
func (sendingStep) expects(*Dialog) expectation { return expectation{} }
func (sendingStep) ask(*Dialog)                 {}
func (sendingStep) ways() []way                 { return []way{{"", moreStep{}}} }

// smsDone says whether the message is on its way. When it is not, the caller gets the numbers by ear.
func (d *Dialog) smsDone(e SMSDone) {
	if d.at != step(sendingStep{}) {
		return
	}
	d.turnOver()
	if e.OK {
		d.sentKeys[messageKey(d.offeredWorkshops())] = true
		d.aside("sms.queued", nil)
	} else {
		d.say("sms.failed", nil)
		d.contacts()
	}
	d.askMore()
}

// yield: without a clear yes nothing is sent; the numbers are said once more instead.
func (smsStep) yield(d *Dialog) bool {
	d.turnOver()
	d.aside("sms.not_sent", nil)
	d.contacts()
	d.askMore()
	return true
}
