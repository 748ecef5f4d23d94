// Package bench owns the test caller: a telephone without a person, that rings
// a SIP address, speaks and keys when the other side falls silent, records what
// it hears, and writes down when everything happened.
//
// It knows nothing of the service it calls but SIP and RTP, so the same caller
// serves `acotel-sbc call`, the demonstration, the whole-call tests and the load
// measurements that grow from it. Times are in ms from the INVITE.
//
// It speaks SIP (RFC 3261), RTP (RFC 3550) and telephone events (RFC 4733) by
// way of the packages sip and media.
package bench
