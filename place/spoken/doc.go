// Package spoken reads French numbers as they are said: cardinals with all their
// compounds, the tens of Switzerland and Belgium, digit by digit, in pairs, in
// any mixture, and beside figures that a recogniser wrote ("84 mille", "13 0 0 8").
//
// In: words folded by place.Fold. Out: every number that begins at a word, every
// way to write a run of number words as so many digits, and the runs themselves.
// It knows French numbers and nothing else: which postal codes exist is asked by
// place, which run is a telephone number or a mark by dialog/nlu.
//
// It is the one home of spoken numbers (requirement C3).
package spoken
