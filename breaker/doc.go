// Package breaker decides whether a backend that others can stand in for is used.
//
// A backend that fails several times in a row is left alone (open). After a rest it is tried once, beside the backend that works
// (half-open), and the outcome decides whether it is used again (closed). Who tries it, and on what, is the affair of the caller.
package breaker
