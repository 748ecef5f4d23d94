// Package place finds French communes and postal codes from what a caller said
// or keyed (requirement C3), and says where they are.
//
// In: a town name ("aix", "beaulieu dans l'hérault", "marseille 8e"), a postal
// code ("84000"), or both. Out: places, best first, each with its INSEE code,
// its postal codes, its department, the region of the service it belongs to,
// a position in degrees with an estimate of its error in km, and a confidence
// between 0 and 1 with the reason in words.
//
// The data is the file data/gazetteer.tsv.gz, made by tools/gazetteer from public
// sources (data/README.md) and embedded in the program: a look-up touches no
// file, no network and no lock, and takes well under a millisecond.
//
// Find takes a name as it is written; Resolve takes what several hypotheses of a recogniser
// say together: names that sound alike (package sound),
// spoken postal codes and those with a slip, departments and regions, "près de",
// "entre X et Y". The way of both: words → queries (code, department, arrondissement, name) →
// candidates → rank; ranking does not ask where a candidate came from.
package place
