// Package call lives one telephone call: it takes a dialog from sip, opens its
// sound with media, and lets the caller and the conversation talk to each other.
//
//	RTP → ear (voice activity, turns) → recogniser → conversation → dialog.Handle
//	RTP ← playout ← mouth (sentences of the voice)  ←────┘  search, SMS, facts
//
// Per call there are the session's goroutine for RTCP, the mouth's producer, the conversation itself, and short-lived ones for a search or an
// SMS; Invite returns when all are gone. The package decides turn-taking
// (C16: when a turn begins, ends, or was only a cough), the slots and the
// waiting room (T2), and what the caller hears when a link breaks (T3). What is
// said is dialog's affair, how it travels is sip's and media's.
package call
