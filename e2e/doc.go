// Package e2e holds whole calls: the real program, started as a user starts it,
// called by SIPp, by baresip and by our own caller, over loopback sockets. What
// each call leaves is read back with the program's own commands.
//
// Tests run in the order of their files: the longest calls (atonce_test.go,
// backends_test.go, call_*_test.go) come early, so that none is left at the end.
//
// It also checks the stair of the architecture. It holds tests only.
package e2e
