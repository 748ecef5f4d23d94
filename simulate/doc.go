// Package simulate plays callers: people of 70 to 90 who ring the service, and a telephone line that makes them hard to understand.
//
// A Caller is a person with a goal, a home, a temperament, patience and a telephone. It hears what the service asks (Prompt) and does one
// thing (Act): says something, presses keys, says nothing or hangs up. It knows neither how the service understands nor what it knows: its
// words stand in data/callers.yaml, apart from everything that the service was taught. A Channel turns what was said into what a recogniser
// on a telephone line would write: sound-alike French words in the place of a rare name, lost short words, numbers run together, at a
// given rate of word errors, with alternatives and confidences.
//
// Run holds a campaign: thousands of calls in text, in parallel, the same for a seed whatever the machine, and counts K1 to K7 by the
// definitions of package record. The same callers can speak over SIP: package bench asks a Caller what to say and leaves the errors to a
// real line. Requirements K1, K5 to K7, K15.
package simulate
