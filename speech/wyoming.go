package speech

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/acotel/acotel-sbc/asr"
	"github.com/acotel/acotel-sbc/asr/remote"
	"github.com/acotel/acotel-sbc/wyoming"
)

// wyomingHandler offers the recogniser and the voice by the Wyoming protocol.
type wyomingHandler struct{ *Server }

func (h *wyomingHandler) Info() wyoming.Info {
	about := func(name, what string) wyoming.Artifact {
		return wyoming.Artifact{Name: name, Installed: true, Description: what, Version: h.cfg.Version,
			Attribution: wyoming.Attribution{Name: "acotel-sbc", URL: "https://github.com/acotel/acotel-sbc"}}
	}
	french := func(a wyoming.Artifact) wyoming.Artifact {
		a.Languages = []string{"fr"}
		return a
	}
	return wyoming.Info{
		ASR: []wyoming.Program{{Artifact: about("acotel-sbc", "French on the telephone"), Models: []wyoming.Artifact{french(about(h.cfg.Recognizer.Name(), "French on the telephone"))}}},
		TTS: []wyoming.Program{{Artifact: about("acotel-sbc", "French voice"), Voices: []wyoming.Artifact{french(about(h.cfg.VoiceName, "French voice"))}}},
	}
}

// Transcribe begins a turn.
func (h *wyomingHandler) Transcribe(ctx context.Context, req wyoming.Transcribe, rate int, partial func(string)) (wyoming.Transcription, error) {
	if req.Language != "" && !strings.HasPrefix(strings.ToLower(req.Language), "fr") {
		return nil, wyoming.Failure{Text: fmt.Sprintf("language %q is not heard here, French alone is", req.Language), Code: "language"}
	}
	if own := h.cfg.Recognizer.Name(); req.Name != "" && req.Name != own && !slices.Contains(hearNames, req.Name) {
		return nil, wyoming.Failure{Text: fmt.Sprintf("there is no model %q; the model is %q", req.Name, own), Code: "model"}
	}
	hints := asr.Hints{Phrases: append(req.Names[:min(len(req.Names), 50)], req.Terms[:min(len(req.Terms), 50)]...)}
	if req.Context != nil && len(req.Context.Acotel) > 0 {
		var err error
		if hints, err = remote.DecodeHints(req.Context.Acotel); err != nil {
			return nil, err
		}
	}
	st, err := h.cfg.Recognizer.Open(ctx, asr.Format{SampleRate: rate})
	if err != nil {
		return nil, err
	}
	st.Expect(hints)
	t := &transcription{Server: h.Server, stream: st, answer: make(chan asr.Result, 1)}
	t.work.Go(func() { t.read(partial) })
	return t, nil
}

// transcription is one turn.
type transcription struct {
	*Server
	stream asr.Stream
	answer chan asr.Result // closed without one when the stream ends
	work   sync.WaitGroup
}

// read passes on what is heard. transcript-chunk adds to what was sent: words
// that were changed since are not sent again.
func (t *transcription) read(partial func(string)) {
	defer close(t.answer)
	sent := ""
	for r := range t.stream.Results() {
		if r.Final {
			t.answer <- r
			return
		}
		if more, grown := strings.CutPrefix(r.Text(), sent); grown && more != "" {
			partial(more)
			sent = r.Text()
		}
	}
}

func (t *transcription) Write(pcm []int16) error { return t.stream.Write(pcm) }

func (t *transcription) Finish(ctx context.Context) (wyoming.Transcript, error) {
	release, err := t.slot(ctx)
	if err != nil {
		return wyoming.Transcript{}, told(err)
	}
	defer release()
	if err := t.stream.EndTurn(); err != nil {
		return wyoming.Transcript{}, err
	}
	select {
	case r, ok := <-t.answer:
		if !ok {
			return wyoming.Transcript{}, asr.ErrClosed
		}
		if r.Err != nil && r.Text() == "" {
			return wyoming.Transcript{}, told(r.Err)
		}
		heard, err := json.Marshal(remote.ToWire(r.Alternatives))
		if err != nil {
			return wyoming.Transcript{}, err
		}
		return wyoming.Transcript{Text: r.Text(), Language: "fr", Context: &wyoming.Context{Acotel: heard}}, nil
	case <-ctx.Done():
		return wyoming.Transcript{}, ctx.Err()
	}
}

func (t *transcription) Close() {
	_ = t.stream.Close() // nil always
	t.work.Wait()
}

// told is an error as a peer is told of it: who is busy is known by the code.
func told(err error) error {
	if errors.Is(err, errFull) || errors.Is(err, asr.ErrBusy) {
		return wyoming.Failure{Text: err.Error(), Code: wyoming.CodeBusy}
	}
	return err
}

// Synthesize says a text.
func (h *wyomingHandler) Synthesize(ctx context.Context, req wyoming.Synthesize, start func(int, *wyoming.Context) error, emit func([]int16) error) error {
	if v := req.Voice; v != nil && v.Name != "" && v.Name != h.cfg.VoiceName {
		return wyoming.Failure{Text: fmt.Sprintf("there is no voice %q; the voice is %q", v.Name, h.cfg.VoiceName), Code: "voice"}
	}
	if len(req.Text) > 4*maxInput {
		return wyoming.Failure{Text: fmt.Sprintf("the text has more than %d bytes", 4*maxInput), Code: "text"}
	}
	var how struct{ Rate float64 }
	if req.Context != nil && len(req.Context.Acotel) > 0 {
		if err := json.Unmarshal(req.Context.Acotel, &how); err != nil {
			return fmt.Errorf("speech: how it is to be said: %w", err)
		}
	}
	release, err := h.slot(ctx)
	if err != nil {
		return told(err)
	}
	defer release()
	// What was asked for comes back: the peer knows that it need not make the sound slower itself.
	if err := start(h.cfg.VoiceRate, req.Context); err != nil {
		return err
	}
	return h.say(ctx, req.Text, how.Rate, emit)
}
