package phoneme

// Grammar is what may be said in a state of the conversation.
type Grammar struct {
	Loop *Loop
	// Groups are heard one beside the other: of each group one entry may have been said,
	// a theme and a place in the same breath. Most states have one group.
	Groups [][]Part
	// Words asks for the word reader too: the question is open.
	Words bool
	// Least is the confidence from which the best entry is given, 0: what the recogniser has for it.
	Least float64
	// Prior is what is known of this call, see Options; may be nil.
	Prior func(*Entry) float64
	// Given is what is known of what else was said in the same breath once an entry was heard: the communes of a department. It gives
	// nil where an entry tells nothing, and may be nil itself.
	Given func(said *Entry) func(*Entry) float64
}
