package main

import (
	"errors"
	"log/slog"
	"time"

	"github.com/acotel/acotel-sbc/asr"
	"github.com/acotel/acotel-sbc/asr/chain"
	"github.com/acotel/acotel-sbc/asr/none"
	"github.com/acotel/acotel-sbc/asr/openai"
	"github.com/acotel/acotel-sbc/asr/scripted"
	"github.com/acotel/acotel-sbc/asr/vosk"
	"github.com/acotel/acotel-sbc/asr/wyoming"
	"github.com/acotel/acotel-sbc/config"
	"github.com/acotel/acotel-sbc/metrics"
)

// answerMargin is left of turns.recogniser_ms when the last recogniser gives up, so that its answer still comes in time.
const answerMargin = 150 * time.Millisecond

// newRecognizer makes the configured ears, one after the other. own is the recogniser of this process, for where it is
// asked for; m may be nil.
func newRecognizer(c config.Config, own func() (asr.Recognizer, error), log *slog.Logger, m *metrics.Metrics) (asr.Recognizer, error) {
	ears := chain.Config{Within: ms(c.Turns.RecogniserMS) - answerMargin, Keep: time.Duration(c.ASR.KeepSeconds) * time.Second,
		Failures: c.ASR.Breaker.Failures, Rest: time.Duration(c.ASR.Breaker.Seconds) * time.Second, Log: log}
	if m != nil {
		ears.Turned, ears.Changed = m.Heard, m.HearsBy
	}
	for _, name := range c.ASR.Backends {
		b, err := newBackend(c, name, own)
		if err != nil {
			for _, opened := range ears.Backends {
				err = errors.Join(err, opened.Recognizer.Close())
			}
			return nil, err
		}
		b.Label = name
		ears.Backends = append(ears.Backends, b)
		if m != nil {
			m.Hears(name)
		}
	}
	if len(c.ASR.Backends) == 1 && c.ASR.Backends[0] == "none" {
		return ears.Backends[0].Recognizer, nil // it never fails
	}
	return chain.New(ears)
}

// newBackend makes one recogniser, by its name in asr.backends.
func newBackend(c config.Config, name string, own func() (asr.Recognizer, error)) (chain.Backend, error) {
	switch name {
	case "whisper":
		r, err := own()
		return chain.Backend{Recognizer: r}, err
	case "none":
		return chain.Backend{Recognizer: none.New()}, nil
	case "scripted":
		return chain.Backend{Recognizer: scripted.New(c.ASR.Script...)}, nil
	case "wyoming":
		w := c.ASR.Wyoming
		return chain.Backend{Timeout: ms(w.TimeoutMS), Recognizer: wyoming.New(wyoming.Config{
			Address: w.Address, Model: w.Model, Language: w.Language, Timeout: ms(w.TimeoutMS), Confidence: w.Confidence, Late: !w.Early})}, nil
	case "openai":
		o := c.ASR.OpenAI
		key, err := o.Key.Reveal()
		if err != nil {
			return chain.Backend{}, usage("asr.openai.key: %w", err)
		}
		r, err := openai.New(openai.Config{URL: o.URL, Key: key, Model: o.Model, Language: o.Language, Hints: o.Hints,
			Timeout: ms(o.TimeoutMS), Retries: o.Retries, Confidence: o.Confidence, Late: !o.Early})
		return chain.Backend{Timeout: ms(o.TimeoutMS), Recognizer: r}, err
	case "vosk":
		v := c.ASR.Vosk
		return chain.Backend{Timeout: ms(v.TimeoutMS), Recognizer: vosk.New(vosk.Config{
			URL: v.URL, Grammar: v.Grammar, Timeout: ms(v.TimeoutMS), Confidence: v.Confidence})}, nil
	}
	return chain.Backend{}, usage("asr.backends: %s can't be used yet", name)
}

func ms(n int) time.Duration { return time.Duration(n) * time.Millisecond }
