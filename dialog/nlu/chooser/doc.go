// Package chooser asks a language model what a caller meant, where our own rules are unsure.
//
// The model is any that answers POST {url}/chat/completions in the form of OpenAI's API. It is off unless an address is configured, and it
// has little to say: it chooses one of our intents and, of the entities that it is shown, those that the sentence names. Whatever else it
// answers, or answers too late, is thrown away, and the rules' own reading stands; no word of it reaches a fact, the log or a caller.
//
// It is never asked about distress, accidents and illness, about numbers where a place was asked for, nor where consent is asked for
// (state sms) or anything may be said (state reason); intents that end a call are never offered. The text that it gets was anonymised
// (record.Anonymise, G3); towns and postal codes stay in it. G6: whoever configures an address declares its owner as an outside service.
package chooser
