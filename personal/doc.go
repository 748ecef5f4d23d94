// Package personal holds what tells who a caller is, in types that can't show it by accident, and the rules that hide it in text.
//
// Phone and Text keep their content out of reach of fmt (all verbs, also inside other structs), slog, JSON, YAML, errors and panics: a
// number shows itself with its last four digits hidden (T5), a text not at all. The few places that need the content in clear say so with
// Reveal: the hash, the SMS provider, the outbox before delivery.
//
// NumberKey turns a number into a keyed hash, by which access and erasure find a caller's calls while nothing keeps the number (G4).
// Anonymise hides names, numbers, addresses and illnesses in a caller's sentence (G3); HideNumbers only telephone numbers, in texts of
// other origin (errors of a provider, headers of a peer).
//
// The package knows nothing of calls, messages or the database.
package personal
