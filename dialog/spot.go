package dialog

import "strings"

// Old people answer in the middle of a story: "oh vous savez, à mon âge, c'est bon, merci, ma petite dame". When a turn as a whole means
// nothing to a closed question, a short answer is looked for inside it.

const (
	// longestAnswer is how many words a short answer has at most; shortestTurn, from how many on a turn may hold one.
	longestAnswer, shortestTurn = 3, 4
	// spottedAt is how sure the short answer must be, taken alone, and spottedWorth what it is worth then: enough to go on, too little
	// for consent.
	spottedAt, spottedWorth = 0.9, 0.65
	// mostSpotted bounds the words that are looked through.
	mostSpotted = 30
)

// spotted finds the short answer inside a turn; false when there is none, or when there are two that say different things.
func (d *Dialog) spotted(u understanding) (understanding, bool) {
	switch d.at.state() {
	case "confirm", "theme", "results", "sms", "more", "rating":
	default:
		return u, false
	}
	words := strings.Fields(u.text)
	if len(words) < shortestTurn || len(words) > mostSpotted {
		return u, false
	}
	var found understanding
	meaning := ""
	for n := longestAnswer; n > 0; n-- {
		for from := 0; from+n <= len(words); from++ {
			text := strings.Join(words[from:from+n], " ")
			r := d.nlu.Parse(text, d.at.state())
			best := r.Best()
			if best.Confidence < spottedAt || !shortAnswer(best.Name) {
				continue
			}
			if meaning != "" && best.Name != meaning {
				return u, false
			}
			if meaning == "" {
				meaning = best.Name
				found = understanding{Result: r, text: u.text, confidence: min(u.confidence, spottedWorth), words: text}
			}
		}
	}
	return found, meaning != ""
}

// shortAnswer says that an intent answers a closed question.
func shortAnswer(intent string) bool {
	switch intent {
	case "yes", "no", "next", "previous", "details", "choose", "give_theme", "rate":
		return true
	}
	return false
}
