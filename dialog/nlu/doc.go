// Package nlu finds out what a caller means.
//
// A sentence and the state of the conversation go in; intents, best first, and entities come out, in the words of the contract. A
// sentence may carry several things at once ("bonjour, je cherche un atelier mémoire à Orange": greeting, search, module, place).
//
// Two opinions are weighed together: those of rules and of a small classifier (package learn) that is trained at start from example
// sentences (examples/*.yaml, and the owners' own). Rules are exact and find entities; the classifier is forgiving. The wordings of
// rules stand in intents.yaml and entities.yaml, in a small template language described there; examples are written in the same way.
// Towns and postal codes are checked against the gazetteer, so that "à Orange" is a place and "à pied" is not; numbers said aloud
// ("quatre-vingt-quatre mille", "treize, zéro zéro huit") are read in every way that gives five digits and only codes that exist are
// kept. Everything is compared folded: lower case, no accents, hyphens and apostrophes as spaces. docs/nlu.md has the figures.
// Requirements C2, C3, C12 to C16.
package nlu
