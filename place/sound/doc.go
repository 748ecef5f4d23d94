// Package sound says how French text sounds, and how likely one string of sounds
// is taken for another on the telephone.
//
// In: French words as a dictionary, a gazetteer or a recogniser writes them, with
// accents or without. Out: their sounds, one byte each, without word boundaries,
// so that "beau laine" and "Bollène" are the same; a distance between two such
// strings in which sounds that are easily mistaken for one another are near (b and
// p, f and s, an and on); and a skeleton of consonant classes to look them up by.
//
// The rules are those of French spelling, with the exceptions that place names and
// the commonest words need. They are written for comparing, not for speaking:
// open and closed vowels are one, and so are "un" and "in", "ui" and "u i".
package sound
