package main

import (
	"context"
	"fmt"
	"log/slog"
	"regexp"
	"slices"

	"github.com/acotel/acotel-sbc/config"
	"github.com/acotel/acotel-sbc/tts"
)

// placeholder is a variable in a message.
var placeholder = regexp.MustCompile(`\{[^{}]*\}`)

// rehearse has the configured voice say texts before callers hear them; what it says is kept in the cache of the data folder, so that it
// is there for the running service. A text that can't be said, or is silent, is an error.
func rehearse(ctx context.Context, c config.Config, texts []string, log *slog.Logger) error {
	texts = slices.DeleteFunc(slices.Clone(texts), func(t string) bool { return t == "" })
	if len(texts) == 0 {
		return nil
	}
	speaker, closeVoices, err := newSpeaker(ctx, c, speakerOptions{cacheDir: cacheDir(c)}, log)
	if err != nil {
		return fmt.Errorf("the text can't be rehearsed (--unheard takes it all the same): %w", err)
	}
	defer closeVoices()
	for _, text := range texts {
		samples := 0
		for _, sentence := range speaker.Sentences(placeholder.ReplaceAllString(text, "exemple")) {
			if _, err := speaker.Say(ctx, sentence, tts.Options{}, func(pcm []int16) error { samples += len(pcm); return nil }); err != nil {
				return fmt.Errorf("the voice can't say %q (--unheard takes it all the same): %w", sentence, err)
			}
		}
		if samples == 0 {
			return usage("the voice is silent for %q: callers would hear nothing", text)
		}
	}
	return nil
}
