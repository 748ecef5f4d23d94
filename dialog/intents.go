package dialog

// answered are the intents that are answered on the spot in every step: the question stands, or is put again behind the answer (C1, C2,
// C13 to C16). The rest of the contract's intents are answers, and belong to the steps.
var answered = [...]string{"repeat", "slower", "louder", "wait", "back", "restart", "help", "goodbye", "call_later", "voicemail",
	"greeting", "thanks", "is_machine", "human", "sales_fear", "my_number", "price", "about_service", "hesitation", "other_service", "out_of_scope"}

// Answered lists the intents that are answered in every step.
func Answered() []string { return append([]string(nil), answered[:]...) }

// handler acts on an intent; false leaves the turn to the step, and then nothing was done.
type handler func(d *Dialog, u understanding) bool

// handlerOf gives what is done about an intent in every step; nil: nothing.
func handlerOf(intent string) handler {
	switch intent {
	case "repeat":
		return (*Dialog).repeatAsked
	case "slower":
		return (*Dialog).slowerAsked
	case "louder":
		return (*Dialog).louderAsked
	case "wait":
		return (*Dialog).waitAsked
	case "back":
		return (*Dialog).backAsked
	case "restart":
		return (*Dialog).restartAsked
	case "help":
		return (*Dialog).helpAsked
	case "goodbye":
		return (*Dialog).goodbyeSaid
	case "call_later":
		return (*Dialog).callLaterSaid
	case "voicemail":
		return (*Dialog).voicemailHeard
	case "greeting":
		return (*Dialog).greeted
	case "thanks":
		return (*Dialog).thanked
	case "is_machine":
		return (*Dialog).machineAsked
	case "human":
		return (*Dialog).humanAsked
	case "sales_fear":
		return (*Dialog).salesFeared
	case "my_number":
		return (*Dialog).numberFeared
	case "price":
		return (*Dialog).priceAsked
	case "about_service":
		return (*Dialog).serviceAsked
	case "hesitation":
		return (*Dialog).hesitates
	case "other_service":
		return (*Dialog).otherServiceAsked
	case "out_of_scope":
		return (*Dialog).outOfScope
	}
	return nil
}

// strays are the intents that lead away from the question. Commands do not, and those that end the call are never too many.
func strays(intent string) bool {
	switch intent {
	case "repeat", "slower", "louder", "wait", "back", "restart", "goodbye", "call_later", "voicemail":
		return false
	}
	return true
}

// digress answers what is no answer to the question. The question is not lost; but when digression follows on digression each one counts
// as a miss, so that the caller is led back, is offered the other ways in the end, and no call goes in circles (C12).
func (d *Dialog) digress(intent string, u understanding) bool {
	handle := handlerOf(intent)
	if handle == nil {
		return false
	}
	if !strays(intent) {
		return handle(d, u)
	}
	if d.astray >= d.set.Digressions {
		d.turnOver()
		d.missed("repair.astray")
		return true
	}
	astray := d.astray
	if !handle(d, u) {
		return false
	}
	d.astray = astray + 1
	if intent == d.strayed {
		d.astray++ // the same thing again
	}
	d.strayed = intent
	return true
}
