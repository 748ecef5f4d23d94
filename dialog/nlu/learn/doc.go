// Package learn is a small text classifier: multinomial logistic regression over words, pairs of words and pieces of words.
//
// Sentences with their labels go in, a model comes out that gives each label a probability. It is trained anew at each start, in well
// under a second, always with the same result: the sentences are drawn in a fixed pseudo-random order. Pieces of words (three to five
// letters) make it forgiving of a recogniser's spelling; words left out at random while it learns make it forgiving of lost words; the
// state of the conversation weighs in where the sentences were given for one.
//
// Source: logistic regression fitted by AdaGrad (Duchi, Hazan, Singer, JMLR 12, 2011). It knows nothing of French or of our intents.
package learn
