// Package script plays a conversation in text: for a person at a terminal, for a chat script that checks what is said, for tests and
// campaigns of simulated callers.
//
// Session is the run loop of a call without sound: words, keys and silence go in, the sentences of the service come out. Its clock is
// virtual: speech takes its time at 155 words a minute, silences the time that the dialogue grants, so that the durations of a
// conversation are known without waiting for them. Chat reads turns from a reader, Run plays a script and compares.
//
// A script is a YAML list. Each entry is one thing the caller does (say, key or silence) and what is expected to be heard after it:
//
//   - from: "06 39 98 12 34"           # first entry, optional
//   - expect: voix automatique         # heard before the caller does anything
//   - say: je cherche un atelier à Orange
//     expect: [/J'ai trouvé \d+ ateliers/, Que préférez-vous]
//   - key: "1"
//     expect: Premier atelier
//   - silence: true
//     expect: /./
package script
