package main

import (
	"context"

	"github.com/acotel/acotel-sbc/media"
	"github.com/acotel/acotel-sbc/media/silero"
	"github.com/acotel/acotel-sbc/models"
)

// openSpeech chooses what finds the callers' speech. Without the network's files the gate alone has to do, and the log says so, once.
func (s *server) openSpeech(context.Context) error {
	c := s.cfg.VAD
	if c.Backend != "silero" {
		return nil
	}
	m, err := silero.Open(models.Folders(s.cfg.Models.Dir)...)
	if err != nil {
		s.log.Warn("voice activity by energy alone: coughs and music may interrupt the voice; make setup fetches the model", "error", err)
		return nil
	}
	s.later(m.Close)
	s.vad = m
	s.speech = func() media.VADConfig { return media.VADConfig{Model: m.Line(), Threshold: float32(c.Threshold)} }
	return nil
}
