package main

import (
	"github.com/acotel/acotel-sbc/asr"
	"github.com/acotel/acotel-sbc/asr/none"
	"github.com/acotel/acotel-sbc/asr/scripted"
	"github.com/acotel/acotel-sbc/config"
)

// newRecognizer makes the configured ears.
func newRecognizer(c config.Config) (asr.Recognizer, error) {
	return newBackend(c, c.ASR.Backends[0])
}

// newBackend makes one recogniser, by its name in asr.backends.
func newBackend(c config.Config, name string) (asr.Recognizer, error) {
	switch name {
	case "none":
		return none.New(), nil
	case "scripted":
		return scripted.New(c.ASR.Script...), nil
	}
	return nil, usage("asr.backends: %q is unknown", name)
}
