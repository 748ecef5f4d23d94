// Package config is the one YAML file that tells the service where to listen,
// whom to trust and how to behave.
//
// Load reads the file strictly: an unknown key, a value of the wrong kind or a
// value out of its range is an error that names file, line and the nearest
// known key, so that a typing mistake never turns into a silent default.
// Every key can be overridden: first by the environment (ACOTEL_SIP_LISTEN for
// sip.listen), then by "key=value" settings from the command line.
//
// The package only holds values. What a value means is decided by the package
// that uses it; config checks what can be checked without opening a socket or
// a file. config/acotel.example.yaml explains every key.
package config
