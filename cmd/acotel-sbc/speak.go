package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/acotel/acotel-sbc/config"
	"github.com/acotel/acotel-sbc/media"
	"github.com/acotel/acotel-sbc/tts"
	"github.com/acotel/acotel-sbc/tts/espeak"
)

// Bounds of what speak takes.
const minSpeed, maxSpeed = 0.5, 2.0

// speakRates are the rates of a telephone line, wide and full band, Hz.
var speakRates = []int{8000, 16000, 48000}

// speakOptions are the flags of speak.
type speakOptions struct {
	out   string
	rate  int // Hz
	speed float64
	voice string // "": those of the configuration
}

func (a *app) speakCommand() *cobra.Command {
	var o speakOptions
	cmd := a.jsonFlag(&cobra.Command{
		Use:   `speak TEXT -o FILE.wav`,
		Short: "Says a French text into a WAV file, as a caller would hear it",
		Example: `  acotel-sbc speak "L'atelier est mardi 14 mai à 14h30." -o atelier.wav
  acotel-sbc speak "Bonjour." -o bonjour.wav --rate 16000 --speed 0.8 --voice fr+f2`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case o.out == "":
				return usage("speak: -o FILE.wav is missing")
			case toStandard(o.out) && a.json:
				return usage("speak: -o %s and --json: standard output takes the sound or the JSON; give a file", o.out)
			case strings.TrimSpace(args[0]) == "":
				return usage("speak: the text is empty; give the words to say")
			case !slices.Contains(speakRates, o.rate):
				return usage("speak: --rate %d: 8000, 16000 or 48000 samples a second; how fast it is said is --speed", o.rate)
			case !(o.speed >= minSpeed && o.speed <= maxSpeed):
				return usage("speak: --speed %g is outside %g to %g", o.speed, minSpeed, maxSpeed)
			}
			return a.speak(cmd.Context(), args[0], o)
		},
	})
	f := cmd.Flags()
	f.StringVarP(&o.out, "output", "o", "", "WAV file to write; - is standard output")
	f.IntVar(&o.rate, "rate", media.LineRate, "samples a second of the file: 8000, 16000, 48000")
	f.Float64Var(&o.speed, "speed", 1, "speed, 1 is normal, 0.8 slower")
	f.StringVar(&o.voice, "voice", "", "speak by this voice alone: espeak, wyoming, openai or recorded as configured, or a voice of espeak-ng such as fr+f2 or mb-fr1")
	return cmd
}

func (a *app) speak(ctx context.Context, text string, o speakOptions) error {
	c, log, err := a.configured()
	if err != nil {
		return err
	}
	if err := chooseVoice(&c, o.voice); err != nil {
		return err
	}
	speaker, closeVoice, err := newSpeaker(ctx, c, speakerOptions{rate: o.rate}, log)
	if errors.Is(err, espeak.ErrVoice) && o.voice != "" {
		return usage("speak: --voice %s: %w", o.voice, err)
	}
	if err != nil {
		return err
	}
	defer closeVoice()
	pcm, info, err := say(ctx, speaker, text, o.speed)
	if err != nil {
		return fmt.Errorf("speak: %w", err)
	}
	if len(pcm) == 0 {
		return usage("speak: nothing in %q can be said; give French words or digits", text)
	}
	told := a.out
	if toStandard(o.out) {
		told = a.err
		err = writeStream(a.out, pcm, o.rate)
	} else {
		err = writeSound(o.out, pcm, o.rate)
	}
	if err != nil {
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
	fmt.Fprintf(told, "%s : %.1f s de parole, voix %s, en %d ms\n", o.out, info.Audio.Seconds(), info.Voice, report.TookMS)
	return nil
}

// chooseVoice leaves one voice in the configuration: one of those it describes, or one of espeak-ng's.
func chooseVoice(c *config.Config, name string) error {
	switch {
	case name == "":
	case name == recordedVoice:
		if c.TTS.Recordings == "" {
			return usage("speak: --voice recorded: the configuration names no recordings (tts.recordings)")
		}
		c.TTS.Backends = nil
	case slices.Contains(config.TTSBackends, name):
		if name == "wyoming" && c.TTS.Wyoming.Address == "" || name == "openai" && c.TTS.OpenAI.URL == "" {
			return usage("speak: --voice %s: the configuration does not say where it is (tts.%s)", name, name)
		}
		c.TTS.Backends, c.TTS.Recordings = []string{name}, ""
	default:
		c.TTS.Backends, c.TTS.Recordings, c.TTS.Voice = []string{"espeak"}, "", name
	}
	return nil
}

// toStandard tells whether a name is that of standard output.
func toStandard(name string) bool { return name == "-" || name == "/dev/stdout" }

// writeSound writes a WAV file whole or not at all; what stood there before stays until then.
func writeSound(name string, pcm []int16, rate int) error {
	if real, err := filepath.EvalSymlinks(name); err == nil {
		name = real // a link stays one
	}
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() { // a pipe or device: as it comes
		f, err := os.OpenFile(name, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		return errors.Join(writeStream(f, pcm, rate), f.Close())
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".speak-*.wav")
	if err != nil {
		return fmt.Errorf("%s can't be written: %w", name, errors.Unwrap(err))
	}
	err = errors.Join(media.WriteWAV(f, pcm, rate), f.Chmod(0o644), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return fmt.Errorf("%s can't be written: %w", name, err)
	}
	return nil
}

// writeStream writes a WAV file to where nothing can be gone back to.
func writeStream(w io.Writer, pcm []int16, rate int) error {
	var m inMemory
	if err := media.WriteWAV(&m, pcm, rate); err != nil {
		return err
	}
	_, err := w.Write(m.data)
	return err
}

// inMemory is an io.WriteSeeker. Its methods never fail but for a place before its beginning.
type inMemory struct {
	data []byte
	at   int64
}

func (m *inMemory) Write(p []byte) (int, error) {
	end := m.at + int64(len(p))
	if grow := end - int64(len(m.data)); grow > 0 {
		m.data = append(m.data, make([]byte, grow)...)
	}
	copy(m.data[m.at:], p)
	m.at = end
	return len(p), nil
}

func (m *inMemory) Seek(offset int64, whence int) (int64, error) {
	at := offset
	switch whence {
	case io.SeekCurrent:
		at += m.at
	case io.SeekEnd:
		at += int64(len(m.data))
	}
	if at < 0 {
		return m.at, fmt.Errorf("speak: no byte %d", at)
	}
	m.at = at
	return at, nil
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
