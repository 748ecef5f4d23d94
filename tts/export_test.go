package tts

// For tests that need real voices and therefore stand outside the package.
var (
	SameMoment = sameMoment
	WordBefore = wordBefore
)
