// Package dialog is the conversation: what the service says next, whatever the caller does.
//
// It is a pure reducer. Events come in (words heard, keys pressed, silence, a search that answered), Actions go out (say this, listen
// for that, search, send an SMS, note a fact, hang up). It holds no audio, does no input or output, owns no clock and no goroutine: time
// comes with the events and every choice of wording comes from the seed, so that the same events give the same conversation over the
// telephone, in a terminal, in the replay of an old transcript and two thousand times in a test campaign.
//
// A run loop feeds events to Handle and executes the actions in order. Say queues speech; Listen says what may be answered, and silence
// counts only once everything queued was heard. Each step of the call has its own file: welcome.go, locate.go, find.go, refine.go,
// results.go, message_offer.go, closing.go; commands.go, care.go and objections.go work at any step; repair.go is what happens when
// nothing was understood.
//
// Every word that a caller hears stands in messages/fr.yaml, every word that is recognised in nlu/*.yaml. Requirements C1 to C16, K1.
package dialog
