package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/acotel/acotel-sbc/asr"
	"github.com/acotel/acotel-sbc/check"
	"github.com/acotel/acotel-sbc/media"
)

// recogniserProbe says check.sentence with our own voice and looks at what is heard of it: every check.call_minutes, at each look after
// one that went wrong, and not while callers talk, who need the machine. In between the recogniser is only opened.
func (s *server) recogniserProbe() func(context.Context) check.Verdict {
	var heard string       // what the last listening heard
	var listened time.Time // when that was; zero: it went wrong
	again := time.Duration(max(1, s.cfg.Check.CallMinutes)) * time.Minute
	return func(ctx context.Context) check.Verdict {
		if s.cfg.ASR.Backends[0] == "none" {
			return check.Verdict{State: check.Unknown, Reason: "aucune reconnaissance vocale n'est configurée : les appelants répondent par le clavier"}
		}
		if talking, _ := s.service.InCall(); talking == 0 && time.Since(listened) >= again {
			v, words := s.listenToOurselves(ctx)
			if heard, listened = words, time.Now(); v.State != check.OK {
				listened = time.Time{}
			}
			return v
		}
		stream, err := s.hears.Open(ctx, asr.Format{SampleRate: media.LineRate})
		if err != nil {
			listened = time.Time{}
			return check.Verdict{State: check.Broken, Reason: "la reconnaissance vocale ne répond pas : " + err.Error()}
		}
		_ = stream.Close()
		if listened.IsZero() {
			return check.Verdict{State: check.OK, Reason: s.hears.Name() + " répond"}
		}
		return check.Verdict{State: check.OK, Reason: s.hears.Name() + " " + heard}
	}
}

// listenToOurselves has the recogniser hear check.sentence, said by our own voice.
func (s *server) listenToOurselves(ctx context.Context) (v check.Verdict, heard string) {
	pcm, err := voiceOf(s.speaker)(ctx, s.cfg.Check.Sentence)
	if err != nil { // the link of the voice tells it
		return check.Verdict{State: check.Unknown, Reason: "sans voix, pas d'écoute : " + err.Error()}, ""
	}
	began := time.Now()
	words, err := hear(ctx, s.hears, pcm, asr.Hints{State: "place", Kinds: []string{"postal_code"}})
	took := time.Since(began).Seconds()
	switch {
	case errors.Is(err, asr.ErrBusy):
		return check.Verdict{State: check.Degraded, Reason: "la reconnaissance vocale est trop occupée pour écouter"}, ""
	case err != nil:
		return check.Verdict{State: check.Broken, Reason: "la reconnaissance vocale ne répond pas : " + err.Error()}, ""
	case len(words) == 0:
		return check.Verdict{State: check.Degraded, Reason: fmt.Sprintf("rien n'a été entendu de « %s »", s.cfg.Check.Sentence)}, ""
	}
	best := words[0]
	heard = fmt.Sprintf("a entendu « %s » (confiance %.2f) en %.1f s", best.Text, best.Confidence, took)
	return check.Verdict{State: check.OK, Reason: s.hears.Name() + " " + heard}, heard
}
