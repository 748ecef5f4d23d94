// Package vosk hears by a vosk-server: a WebSocket for each turn, to which
//
//	{"config" : {"sample_rate": 8000, "words": true, "phrase_list": ["oui", "non", "[unk]"]}}
//
// goes first, then the sound as binary messages, each answered by one result,
// then {"eof" : 1}, answered by the last one. A result is {"partial": "…"} while
// words may still change, or {"text": "…", "result": [{"word", "conf", …}]} when
// the server believes that a sentence has ended; several of these in one turn
// are joined. Confidence is the mean of the words' own.
//
// The server compares the last message with its text, blanks included, and
// takes a message for a configuration that holds the word config; both are
// written as it expects them.
//
// phrase_list makes the grammar: with Config.Grammar the expected phrases of a
// closed question, and "[unk]" for everything else, which is left out of what is
// heard. Only models with a graph that is made at run time take one (the small
// ones), others ignore it; and commands that the question does not expect are
// lost. That is why it is off by default.
//
// Source: https://github.com/alphacep/vosk-server, websocket/asr_server.py, and
// https://alphacephei.com/vosk/server.
package vosk
