package speech

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/acotel/acotel-sbc/openai"
	"github.com/acotel/acotel-sbc/tts"
	"github.com/acotel/acotel-sbc/wyoming"
)

// speak answers POST /v1/audio/speech. The sound is sent as it is made.
func (s *Server) speak(w http.ResponseWriter, q *http.Request) error {
	q.Body = http.MaxBytesReader(w, q.Body, maxRequest)
	var r openai.Speech
	if err := json.NewDecoder(q.Body).Decode(&r); err != nil {
		var big *http.MaxBytesError
		if errors.As(err, &big) || errors.Is(err, os.ErrDeadlineExceeded) {
			return err
		}
		return refuse(http.StatusBadRequest, badRequest, "", "", "the body is no JSON: %v", err)
	}
	if err := s.checkSpeech(r); err != nil {
		return err
	}
	release, err := s.slot(q.Context())
	if err != nil {
		return err
	}
	defer release()
	begun := false
	err = s.say(q.Context(), r.Input, r.Speed, func(pcm []int16) error {
		if err := patient(w); err != nil {
			return err
		}
		if !begun {
			begun = true
			if err := s.beginSound(w, r.ResponseFormat); err != nil {
				return err
			}
		}
		if _, err := w.Write(wyoming.Bytes(pcm)); err != nil {
			return err
		}
		return http.NewResponseController(w).Flush()
	})
	switch {
	case err != nil && begun:
		if q.Context().Err() == nil { // who is gone, as a caller who interrupts, is no trouble
			s.cfg.Log.Error("a sentence broke off", "error", err)
		}
		panic(http.ErrAbortHandler) // the client must not take half a sentence for a whole one
	case err == nil && !begun:
		return refuse(http.StatusBadRequest, badRequest, "invalid_value", "input", "nothing in the input can be said; give French words or digits")
	}
	return err
}

// checkSpeech refuses what is not made here.
func (s *Server) checkSpeech(r openai.Speech) error {
	if err := checkModel(r.Model, s.cfg.VoiceName, speakNames); err != nil {
		return err
	}
	switch n := utf8.RuneCountInString(r.Input); {
	case strings.TrimSpace(r.Input) == "":
		return refuse(http.StatusBadRequest, badRequest, "missing_required_parameter", "input", "the input is empty")
	case n > maxInput:
		return refuse(http.StatusBadRequest, badRequest, "string_above_max_length", "input", "the input has %d characters, at most %d are said", n, maxInput)
	case r.ResponseFormat != "wav" && r.ResponseFormat != "pcm":
		asked := r.ResponseFormat
		if asked == "" {
			asked = "mp3 (what no response_format means)"
		}
		return refuse(http.StatusBadRequest, badRequest, "unsupported_value", "response_format", "response_format %s is not made here; there are wav and pcm (%d Hz, 16 bits, mono)", asked, s.cfg.VoiceRate)
	case r.Voice != "" && r.Voice != s.cfg.VoiceName && r.Voice != voiceAlias:
		return refuse(http.StatusBadRequest, badRequest, "unsupported_value", "voice", "there is no voice %q; the voice is %q", r.Voice, s.cfg.VoiceName)
	case r.Speed != 0 && (r.Speed < 0.25 || r.Speed > 4):
		return refuse(http.StatusBadRequest, badRequest, "invalid_value", "speed", "speed %g is outside 0.25 to 4", r.Speed)
	}
	return nil
}

// say says a text, sentence by sentence. Once a sentence could not be said, the
// rest is not either.
func (s *Server) say(ctx context.Context, text string, speed float64, emit func([]int16) error) error {
	for _, sentence := range s.cfg.Voice.Sentences(text) {
		if _, err := s.cfg.Voice.Say(ctx, sentence, tts.Options{Rate: speed}, emit); err != nil {
			return err
		}
	}
	return nil
}

// beginSound writes the headers, and that of a WAV file whose length is not
// known yet.
func (s *Server) beginSound(w http.ResponseWriter, format string) error {
	if format == "pcm" {
		w.Header().Set("Content-Type", "audio/pcm")
		w.WriteHeader(http.StatusOK)
		return nil
	}
	w.Header().Set("Content-Type", "audio/wav")
	const unknown = 0xFFFFFFFF
	b := append(make([]byte, 0, 44), "RIFF"...)
	b = binary.LittleEndian.AppendUint32(b, unknown)
	b = append(b, "WAVEfmt "...)
	b = binary.LittleEndian.AppendUint32(b, 16)
	b = binary.LittleEndian.AppendUint16(b, 1) // PCM
	b = binary.LittleEndian.AppendUint16(b, 1) // channel
	b = binary.LittleEndian.AppendUint32(b, uint32(s.cfg.VoiceRate))
	b = binary.LittleEndian.AppendUint32(b, uint32(2*s.cfg.VoiceRate))
	b = binary.LittleEndian.AppendUint16(b, 2)
	b = binary.LittleEndian.AppendUint16(b, 16)
	b = append(b, "data"...)
	b = binary.LittleEndian.AppendUint32(b, unknown)
	_, err := w.Write(b)
	return err
}
