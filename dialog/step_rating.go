package dialog

import (
	"strconv"

	"github.com/acotel/acotel-sbc/record"
)

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
func (ratingStep) ways() []way {
	return []way{{"rate", reasonStep{}}, {"rate", ratingStep{}}, {"rate", endStep{}}, {"no", endStep{}}, {"unclear", endStep{}}}
}

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

// yield: a mark that cannot be understood is not worth the trouble.
func (ratingStep) yield(d *Dialog) bool {
	d.turnOver()
	d.end("goodbye.plain")
	return true
}
