package dialog

import (
	"github.com/acotel/acotel-sbc/asr"
	"github.com/acotel/acotel-sbc/dialog/nlu"
)

// step is one place in the conversation: what is asked there, what may be answered, and where that leads. Steps hold no data: all that a
// conversation knows stands in Dialog.
type step interface {
	// name identifies the step in the graph.
	name() string
	// state is the contract's word for what is expected; "" where nothing is.
	state() string
	// base is the beginning of the keys under which the question is asked again: base.again.1 to 3.
	base() string
	// expects says what may be answered.
	expects(d *Dialog) expectation
	// ask says the question.
	ask(d *Dialog)
	// vars are the variables of base.again.
	vars(d *Dialog) vars
	// heard acts on what was said; false means that it is no answer to this question, and then nothing was done.
	heard(d *Dialog, u understanding) bool
	// keyed acts on a lone key, likewise.
	keyed(d *Dialog, key string) bool
	// ways lists where an answer can lead.
	ways() []way
}

// expectation is what a question may be answered with.
type expectation struct {
	kinds   []string // entity types, for the recogniser
	phrases []string // likeliest wordings
	keys    string   // keys that answer alone
}

// quiet is what most steps leave unsaid.
type quiet struct{}

func (quiet) vars(*Dialog) vars                 { return nil }
func (quiet) keyed(*Dialog, string) bool        { return false }
func (quiet) heard(*Dialog, understanding) bool { return false }

// yesNo are the answers of a question for yes or no.
func yesNo() expectation {
	return expectation{keys: "12", phrases: []string{"oui", "non", "oui merci", "non merci", "d'accord", "bien sûr", "volontiers"}}
}

// hints tells the recogniser what is expected.
func (d *Dialog) hints(x expectation) asr.Hints {
	return asr.Hints{State: d.at.state(), Kinds: x.kinds, Phrases: x.phrases, CallerZone: d.caller.Zone}
}

// endStep is after the end.
type endStep struct{ quiet }

func (endStep) name() string                { return "end" }
func (endStep) state() string               { return "" }
func (endStep) base() string                { return "" }
func (endStep) expects(*Dialog) expectation { return expectation{} }
func (endStep) ask(*Dialog)                 {}
func (endStep) ways() []way                 { return nil }

// understanding is what one turn of the caller means.
type understanding struct {
	nlu.Result
	text       string
	confidence float64 // of the recogniser; 1 for keys and typed text
	words      string  // the caller's own words or key, as evidence of consent
	chosen     bool    // by a language model
}

// sure is how sure an intent is, with some of the recogniser's doubt in it: a recogniser doubts a whole turn for one word that went wrong,
// and the words that carry the meaning are seldom that one.
func (u understanding) sure(name string) float64 {
	return u.Confidence(name) * (1 - doubtCounts*(1-min(1, u.confidence/wellHeard)))
}

// certain is how sure an intent is with all of the recogniser's doubt: for what must not happen by mistake.
func (u understanding) certain(name string) float64 { return u.Confidence(name) * u.confidence }

// wellHeard is the confidence from which nineteen readings of twenty are right; doubtCounts how much of the doubt below it counts.
const wellHeard, doubtCounts = 0.8, 0.6

// is says that an intent was meant.
func (u understanding) is(name string) bool {
	return u.sure(name) >= sureEnough && (u.Best().Name == name || u.Confidence(name) >= u.Best().Confidence-closeEnough)
}

// yes and no are the two answers; "oui… enfin non" is neither.
func (u understanding) yes() bool { return u.is("yes") && !u.is("no") }
func (u understanding) no() bool  { return u.is("no") && !u.is("yes") }

// sureEnough is the least sureness that is acted on; closeEnough how near to the best intent another one may come and still be meant.
const (
	sureEnough  = 0.5
	closeEnough = 0.04
)
