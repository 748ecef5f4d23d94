// Package remotetest is the suite for recognisers on other machines: servers
// that misbehave, and what must come of it.
package remotetest
