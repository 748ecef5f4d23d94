// Package check tests the whole chain while the service runs (requirement T7): a call of its own through the SIP socket, a search, a
// text message that is composed and not sent, the database, the disk, certificates, trunks, recogniser and voice.
//
// In go probes, each with its interval; out come links, each with a state, since when, a reason in French, and whom it belongs to (T8).
// A Monitor runs the probes one at a time and keeps the links on a Board, which has hysteresis: a link that calls can't do without is
// broken only after Fails failures in a row, and well again only after Heals good ones. The since-when of a state is kept in the store
// (table check_links) over restarts. Who wants to know of changes is told by Changed: alerts (Alerts, by webhook and e-mail) and call,
// which says the incident message (T3).
//
// The package uses the test caller of bench and is imported by cmd alone.
package check
