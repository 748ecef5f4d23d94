package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/acotel/acotel-sbc/media"
	"github.com/acotel/acotel-sbc/tts"
)

func (a *app) speakCommand() *cobra.Command {
	var out string
	var rate float64
	cmd := a.jsonFlag(&cobra.Command{
		Use:   `speak TEXT -o FILE.wav`,
		Short: "Says a French text into a WAV file, as a caller would hear it",
		Args:  args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if out == "" {
				return usage("speak: -o FILE.wav is missing")
			}
			if strings.TrimSpace(args[0]) == "" {
				return usage("speak: the text is empty; give the words to say")
			}
			return a.speak(cmd.Context(), args[0], out, rate)
		},
	})
	cmd.Flags().StringVarP(&out, "output", "o", "", "WAV file to write")
	cmd.Flags().Float64Var(&rate, "rate", 1, "speed, 1 is normal")
	return cmd
}

func (a *app) speak(ctx context.Context, text, out string, rate float64) error {
	c, log, err := a.configured()
	if err != nil {
		return err
	}
	speaker, closeVoice, err := newSpeaker(ctx, c, speakerOptions{}, log)
	if err != nil {
		return err
	}
	defer closeVoice()
	pcm, info, err := say(ctx, speaker, text, rate)
	if err != nil {
		return err
	}
	f, err := os.Create(out)
	if err != nil {
		return fmt.Errorf("speak: %w", err)
	}
	defer f.Close()
	if err := media.WriteWAV(f, pcm, media.LineRate); err != nil {
		return fmt.Errorf("speak: %w", err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("speak: %w", err)
	}
	report := struct {
		Voice   string `json:"voice"`
		AudioMS int64  `json:"audio_ms"`
		TookMS  int64  `json:"took_ms"`
		Cached  bool   `json:"cached"`
	}{info.Voice, info.Audio.Milliseconds(), info.Took.Milliseconds(), info.Cached}
	if a.json {
		return json.NewEncoder(a.out).Encode(report)
	}
	fmt.Fprintf(a.out, "%s : %.1f s de parole, voix %s, en %d ms\n", out, info.Audio.Seconds(), info.Voice, report.TookMS)
	return nil
}

// say renders a whole text at the line's rate.
func say(ctx context.Context, s *tts.Speaker, text string, rate float64) ([]int16, tts.Info, error) {
	var pcm []int16
	total := tts.Info{Cached: true}
	for i, sentence := range s.Sentences(text) {
		info, err := s.Say(ctx, sentence, tts.Options{Rate: rate}, func(p []int16) error {
			pcm = append(pcm, p...)
			return nil
		})
		if err != nil {
			return nil, total, err
		}
		if i == 0 {
			total.FirstAudio = info.FirstAudio
		}
		total.Voice, total.Cached = info.Voice, total.Cached && info.Cached
		total.Audio += info.Audio
		total.Took += info.Took
	}
	return pcm, total, nil
}
