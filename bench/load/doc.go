// Package load measures a SIP server with many calls at once: what a call costs it, how evenly it sends, how fast it answers,
// how soon it falls silent when the caller speaks, what it understands over a bad line, and where it gives way.
//
// A Fleet carries the sound of all calls on a few sockets: one goroutine wakes each millisecond, sends the packets that are due by
// sendmmsg and takes what came by recvmmsg. Arrival times are the kernel's (SO_TIMESTAMPNS), so that a busy generator does not
// spoil what it measures. Signalling is package sip's. Unless a target is given, the server is a child process of ours whose
// processor time and memory are read from /proc, its own children included.
//
// Each measurement is one file with a function that returns a result; its JSON is fixed by the project's contracts. All of them can be
// written as JSON, as a table and as one HTML page with charts.
//
// Standards: RFC 3550 (RTP, jitter), RFC 4733 (keys), RFC 3261 (calls).
package load
