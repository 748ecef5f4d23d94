// Package recorded is a voice that says sentences which people have recorded.
//
// A list, in YAML, names a WAV file for each of them:
//
//	recordings:
//	  - text: "Je regrette, nous avons un souci technique."
//	    file: incident.wav
//
// A recording belongs to words, not to the name of a message: when the owners
// edit the message, the recording of the old words is no longer used, and
// nobody hears something else than what is written. For the same reason a
// sentence with a placeholder can't be recorded. The Speaker says sentence by
// sentence, so each has a file of its own; two messages that share a sentence
// share its recording.
//
// All files are read, converted to one rate and brought to one active level
// (ITU-T P.56) when the list is opened. What can't be used is an error then.
package recorded
