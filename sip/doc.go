// Package sip is the trunk user agent: it takes the operator's calls, and places calls for our own test caller.
// It knows who calls whom and where the sound goes; it never knows what is said.
//
// What flows through it: datagrams and streams come in at the edge, where every message is checked and put into one
// canonical form before anything else reads it (malformed.go); requests then meet the transaction layer of sipgo, our own
// dialog table and the user agent rules; a new call is handed to a Handler as a Call, which answers with a LocalMedia and
// learns what offer and answer agreed on as media.Params. Sound itself goes through package media.
//
// Spoken here: RFC 3261 (SIP) with RFC 6026 (2xx and INVITE transactions) and RFC 3581 (rport), RFC 3264 and RFC 8866
// (offer, answer, SDP), RFC 3311 (UPDATE), RFC 6086 (INFO, digits only), RFC 3323 and RFC 3325 (privacy, asserted identity),
// RFC 4568 and RFC 8643 (keys of SRTP),
// RFC 5806 (Diversion), RFC 7044 (History-Info), RFC 7315 (P-Called-Party-ID), RFC 3263 (servers by name), RFC 7616 and RFC 8760
// (digest), RFC 5626 §3.5.1 (keep-alive of connections); RFC 4475 says how broken messages are refused. docs/sip.md tells more.
package sip
