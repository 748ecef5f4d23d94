// Command acotel-sbc answers a telephone trunk, talks French with the caller
// and finds prevention workshops. Each command has a file of its own here; none
// holds more than the wiring of packages.
package main
