// Package asrtest is the suite that every recogniser passes: what asr.Stream
// promises to the call, checked on the real backend.
package asrtest
