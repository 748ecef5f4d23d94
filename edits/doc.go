// Package edits keeps what people change beside the configuration while the service runs: messages (C6, C17) and the service of lines
// (T4). Every edit is a version with its author and time; nothing is overwritten, so that each can be rolled back. The newest edit of a
// kind and key is in force; one with an empty body takes back what the edits before it said, and the configuration counts again.
//
// It knows rows only: what a body means, and whether it is good, is decided by whoever puts it in.
package edits
