package main

import (
	"context"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/agnivade/levenshtein"

	"github.com/acotel/acotel-sbc/breaker"
	"github.com/acotel/acotel-sbc/check"
	"github.com/acotel/acotel-sbc/dialog"
	"github.com/acotel/acotel-sbc/media"
	"github.com/acotel/acotel-sbc/tts"
)

// prepareVoices measures the voices and renders the fixed messages, before the first call.
func (s *server) prepareVoices(ctx context.Context) {
	if err := s.speaker.Warm(ctx); err != nil && ctx.Err() == nil {
		s.log.Error("a voice can't speak", "error", err)
	}
	s.checkRecordings(s.messages)
	s.prerender(ctx, s.messages)
}

// prerender says the fixed messages once into the cache, so that they are there
// even when the voice breaks later (T3), and the first caller waits for none.
// What is said when the rest is broken comes first.
func (s *server) prerender(ctx context.Context, m *dialog.Messages) {
	start, n := time.Now(), 0
	var texts []string
	for _, key := range m.Keys() {
		if strings.HasPrefix(key, "incident.") {
			texts = append(texts, m.Variants(key)...)
		}
	}
	texts = append(texts, m.Fixed()...)
	speeds := []float64{1} // of announcements
	if r := s.cfg.TTS.Rate; r != 1 {
		speeds = append(speeds, r)
	}
	work, stop := context.WithCancel(ctx)
	defer stop()
	sentences := make(chan string)
	var voices sync.WaitGroup
	for range runtime.GOMAXPROCS(0) { // the service waits for it
		voices.Go(func() {
			for sentence := range sentences {
				for _, speed := range speeds {
					if _, err := s.speaker.Say(work, sentence, tts.Options{Rate: speed}, func([]int16) error { return nil }); err != nil {
						if work.Err() == nil {
							s.log.Error("a message can't be rendered", "text", sentence, "error", err)
						}
						stop()
						break
					}
				}
			}
		})
	}
	for _, text := range texts {
		if strings.Contains(text, "{") {
			continue
		}
		for _, sentence := range s.speaker.Sentences(text) {
			sentences <- sentence
			n++
		}
	}
	close(sentences)
	voices.Wait()
	if work.Err() != nil {
		return
	}
	s.log.Info("messages rendered", "sentences", n, "ms", time.Since(start).Milliseconds())
}

// checkRecordings warns of recordings that no message asks for: a message was edited since, or the list is mistyped.
func (s *server) checkRecordings(m *dialog.Messages) {
	recorded := s.speaker.Recorded()
	if len(recorded) == 0 {
		return
	}
	plain := func(text string) string {
		return strings.ReplaceAll(strings.Join(strings.Fields(text), " "), "’", "'")
	}
	var said []string
	for _, key := range m.Keys() {
		for _, text := range m.Variants(key) {
			for _, sentence := range s.speaker.Sentences(text) {
				said = append(said, plain(sentence))
			}
		}
	}
	for _, text := range recorded {
		if slices.Contains(said, plain(text)) {
			continue
		}
		nearest, distance := "", len(text)
		for _, other := range said {
			if d := levenshtein.ComputeDistance(plain(text), other); d < distance {
				nearest, distance = other, d
			}
		}
		s.log.Warn("a recording is of a sentence that no message has, and is never heard", "sentence", text, "nearest", nearest)
	}
}

// lookAtVoice renders a sentence that was never said before, so that no cache answers for a voice that is gone.
func (s *server) lookAtVoice(ctx context.Context) check.Verdict {
	samples := 0
	info, err := s.speaker.Say(ctx, "Contrôle numéro "+strconv.FormatInt(time.Now().UnixMilli()%10_000_000, 10)+".", tts.Options{}, func(pcm []int16) error { samples += len(pcm); return nil })
	if err != nil {
		return check.Verdict{State: check.Broken, Reason: "la voix ne répond pas : " + err.Error()}
	}
	if samples < media.LineRate/2 {
		return check.Verdict{State: check.Broken, Reason: "la voix reste muette"}
	}
	var silent []string
	for _, v := range s.speaker.Voices() {
		if v.State != breaker.Closed {
			silent = append(silent, v.Name)
		}
	}
	if len(silent) > 0 {
		return check.Verdict{State: check.Degraded, Reason: "ne répond pas : " + strings.Join(silent, ", ") + " ; " + info.Voice + " parle"}
	}
	return check.Verdict{State: check.OK, Reason: "une phrase a été dite par " + info.Voice}
}
