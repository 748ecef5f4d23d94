package dialog

import (
	"fmt"

	"github.com/acotel/acotel-sbc/record"
)

// maxMisses is how often one question may be missed (C12); the last time offers other ways.
const maxMisses = 3

// mostMisses is how many misses in a row, on whatever question, are borne before the call is ended politely.
const mostMisses = 6

// maxResumes is how often in a row the voice takes up what was interrupted by something that was no answer.
const maxResumes = 2

// noMatch: something was said or keyed that is no answer here.
func (d *Dialog) noMatch() {
	if d.takeUpAgain() {
		return
	}
	d.turnOver()
	d.missedPlace()
	d.missed("repair.nomatch")
}

// yieldStep is a step that need not have an answer: after three misses the conversation goes on without one, the way that does no harm.
type yieldStep interface{ yield(d *Dialog) bool }

// missed counts a miss, says so in the words of apology, and asks again in other words.
func (d *Dialog) missed(apology string) {
	if d.countMiss() {
		return
	}
	d.aside(fmt.Sprintf("%s.%d", apology, d.misses), nil)
	d.askAgain()
}

// missedHere counts a miss whose reason was just said.
func (d *Dialog) missedHere() {
	if !d.countMiss() {
		d.askAgain()
	}
}

// countMiss is true when it was one too many and something else has been begun.
func (d *Dialog) countMiss() bool {
	d.note(record.NotUnderstood, "state", d.at.state())
	d.misses++
	d.missedInRow++
	d.rephrased = true
	if d.missedInRow >= mostMisses {
		d.giveUp("repair.end", "not_understood")
		return true
	}
	if s, ok := d.at.(yieldStep); ok && d.misses >= maxMisses && s.yield(d) {
		return true
	}
	if d.misses > maxMisses {
		d.giveUp("repair.end", "not_understood")
		return true
	}
	return false
}

// unheard: the machine was too busy to listen. The question is put with its keys, which always work; it is no miss of the caller's, unless
// it goes on and on.
func (d *Dialog) unheard() {
	if d.at.state() == "" {
		return
	}
	d.turnOver()
	if d.deafTurns++; d.deafTurns > mostDeafTurns {
		d.missed("repair.nomatch")
		return
	}
	d.rephrased = true
	d.aside("repair.unheard", nil)
	d.ask(fmt.Sprintf("%s.again.%d", d.at.base(), maxMisses-1), d.at.vars(d))
	d.listen()
}

// mostDeafTurns is how many turns of a call may go unheard before they count like misses, so that no call goes on for ever.
const mostDeafTurns = 4

// silence: the caller did not answer in time.
func (d *Dialog) silence() {
	d.heardQuestion()
	d.note(record.NoInput)
	d.turnOver()
	d.misses++
	d.rephrased = true
	if d.at.state() == "" {
		d.lost()
		return
	}
	if s, ok := d.at.(silentStep); ok && s.silent(d) {
		return
	}
	if d.misses >= maxMisses {
		d.giveUp("repair.silence", "silence")
		return
	}
	d.aside(fmt.Sprintf("repair.noinput.%d", d.misses), nil)
	d.askAgain()
}

// silentStep is a step that has its own way with silence.
type silentStep interface{ silent(d *Dialog) bool }

// lost: nothing was asked, so somebody owes an answer: the search or the outbox. Silence twice means that it will not come.
func (d *Dialog) lost() {
	if d.misses < 2 {
		return
	}
	if _, sending := d.at.(sendingStep); sending {
		d.smsDone(SMSDone{At: d.now, Reason: "no answer"})
		return
	}
	d.incident("catalogue")
}

// askAgain puts the question in other words; the third time with the other ways there are: keys, a relative, the web site.
func (d *Dialog) askAgain() {
	try := min(max(d.misses, 1), maxMisses)
	d.ask(fmt.Sprintf("%s.again.%d", d.at.base(), try), d.at.vars(d))
	if d.misses >= maxMisses {
		d.say("repair.others", nil)
	}
	d.listen()
}

// giveUp ends a conversation that leads nowhere, politely. Once a search has had its result this is a leave-taking like another.
func (d *Dialog) giveUp(message, reason string) {
	d.say(message, nil)
	if d.searched {
		d.farewell()
	}
	d.hangUp(reason)
}

// takeUpAgain says what was cut short by something that was no answer, from the sentence that was interrupted on.
func (d *Dialog) takeUpAgain() bool {
	if d.cutAt < 0 || d.cutAt >= len(d.prompt) || d.resumed >= maxResumes || d.prompt[d.cutAt].question {
		return false
	}
	rest := d.prompt[d.cutAt:]
	resumed := d.resumed + 1
	d.turnOver()
	d.aside("results.goes_on", nil)
	for _, s := range rest {
		d.voice(s, true)
	}
	d.resumed = resumed
	d.listen()
	return true
}
