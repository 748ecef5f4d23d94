package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/acotel/acotel-sbc/asr"
	"github.com/acotel/acotel-sbc/asr/none"
	"github.com/acotel/acotel-sbc/asr/pieces"
	"github.com/acotel/acotel-sbc/asr/whisper"
	"github.com/acotel/acotel-sbc/config"
	"github.com/acotel/acotel-sbc/media"
)

// Limits of transcribe.
const (
	longestPiece = 20 * time.Second // longer files are cut at silences
	longestFile  = 2 * time.Hour
	longestList  = 50_000 // entries of --list
)

// transcribeHints are the words that --hint takes: the states, and two of its own.
var transcribeHints = []string{"open", "place", "confirm", "theme", "results", "sms", "more", "rating", "reason", "postal_code", "none"}

func (a *app) transcribeCommand() *cobra.Command {
	var hint, list string
	var without []string
	cmd := a.jsonFlag(&cobra.Command{
		Use:   "transcribe FILE.wav… (- is standard input)",
		Short: "Says what is spoken in WAV files, as the service would hear a caller",
		Args:  args(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, files []string) error {
			if hint != "" && !slices.Contains(transcribeHints, hint) {
				return usage("transcribe: --hint %s is unknown, use one of %s", hint, strings.Join(transcribeHints, ", "))
			}
			front, err := frontWithout(without)
			if err != nil {
				return err
			}
			return a.transcribe(cmd.Context(), files, hint, list, front)
		},
	})
	cmd.Flags().StringVar(&hint, "hint", "", "what is expected: "+strings.Join(transcribeHints, ", "))
	cmd.Flags().StringVar(&list, "list", "", "file with the expected entries, one a line, in place of all others")
	cmd.Flags().StringSliceVar(&without, "without", nil, "steps of the front end that are left out: "+strings.Join(frontSteps, ", "))
	cmd.Flags().Lookup("without").Hidden = true // for measuring what each is good for
	return cmd
}

// frontSteps are the words that --without takes.
var frontSteps = []string{"filter", "high-pass", "level"}

func frontWithout(steps []string) (f whisper.Front, err error) {
	for _, s := range steps {
		switch s {
		case "filter":
			f.SkipFilter = true
		case "high-pass":
			f.SkipHighPass = true
		case "level":
			f.SkipLevel = true
		default:
			return f, usage("transcribe: --without %s is unknown, use some of %s", s, strings.Join(frontSteps, ", "))
		}
	}
	return f, nil
}

// transcript is one object of the contract.
type transcript struct {
	File         string             `json:"file"`
	Text         string             `json:"text"`
	Confidence   float64            `json:"confidence"`
	Alternatives []transcribedEntry `json:"alternatives"`
	AudioMS      int64              `json:"audio_ms"`
	TookMS       int64              `json:"took_ms"`
	Backend      string             `json:"backend"`
}

type transcribedEntry struct {
	Text       string  `json:"text"`
	Confidence float64 `json:"confidence"`
	INSEE      string  `json:"insee,omitempty"`
	PostalCode string  `json:"postal_code,omitempty"`

	asked string // the key that is always there, null for a command or a department; "": none
}

// MarshalJSON keeps the contract: where a place or a code was asked for each alternative has one of the keys.
func (e transcribedEntry) MarshalJSON() ([]byte, error) {
	type known transcribedEntry
	if e.asked == "" || e.INSEE != "" || e.PostalCode != "" {
		return json.Marshal(known(e))
	}
	unknown := struct {
		Text       string          `json:"text"`
		Confidence float64         `json:"confidence"`
		INSEE      json.RawMessage `json:"insee,omitempty"`
		PostalCode json.RawMessage `json:"postal_code,omitempty"`
	}{Text: e.Text, Confidence: e.Confidence}
	null := json.RawMessage("null")
	if e.asked == "insee" {
		unknown.INSEE = null
	} else {
		unknown.PostalCode = null
	}
	return json.Marshal(unknown)
}

// askedKey is the key of the contract that belongs to a hint.
func askedKey(hint string) string {
	switch hint {
	case "place":
		return "insee"
	case "postal_code":
		return hint
	}
	return ""
}

// transcribe prints each file's words. One that can't be read is reported, the others are heard all the same.
func (a *app) transcribe(ctx context.Context, files []string, hint, list string, front whisper.Front) error {
	c, err := a.load(os.Environ())
	if err != nil {
		return err
	}
	if c.Log.Level == config.Default().Log.Level {
		c.Log.Level = "warn" // what a service tells when it starts is in the way of the reasons for refusals
	}
	log, err := newLog(a.err, c.Log)
	if err != nil {
		return err
	}
	var entries []string
	if list != "" {
		if entries, err = readList(list); err != nil {
			return err
		}
	}
	hears, err := a.listener(ctx, c, entries, front, log)
	if err != nil {
		return err
	}
	defer hears.Close()
	if hears.Name() == none.New().Name() {
		return errors.New("transcribe: no recogniser is there to hear: acotel-sbc models list shows what is installed, make setup installs it")
	}
	hints := asr.Hints{State: hint, Phrases: entries}
	if hint == "postal_code" {
		hints.Kinds = []string{hint}
	}
	failed := false
	for _, name := range files {
		t, err := a.transcribeFile(ctx, hears, name, hints)
		if err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			fmt.Fprintln(a.err, prefixed(fmt.Errorf("transcribe: %s: %w", name, err)))
			failed = true
			continue
		}
		if err := a.printTranscript(t); err != nil {
			return err
		}
	}
	if failed {
		return reported{errors.New("some files could not be heard")}
	}
	return nil
}

func (a *app) printTranscript(t transcript) error {
	if a.json {
		return json.NewEncoder(a.out).Encode(t)
	}
	text := t.Text
	if text == "" {
		text = "(rien d'attendu)"
	}
	_, err := fmt.Fprintf(a.out, "%s : %s (confiance %.2f, %.1f s de son en %d ms, %s)\n", t.File, text, t.Confidence, float64(t.AudioMS)/1000, t.TookMS, t.Backend)
	for _, o := range t.Alternatives[min(1, len(t.Alternatives)):] {
		if err == nil {
			_, err = fmt.Fprintf(a.out, "    %.2f  %s %s%s\n", o.Confidence, o.Text, o.INSEE, o.PostalCode)
		}
	}
	return err
}

// readList reads the entries of --list: lines that hold something.
func readList(name string) ([]string, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, usage("transcribe: --list: %w", err)
	}
	defer f.Close()
	var out []string
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		text := strings.TrimPrefix(lines.Text(), "\ufeff") // as Windows writes it
		if !utf8.ValidString(text) {
			return nil, usage("transcribe: --list: %s:%d: is no UTF-8", name, n)
		}
		if t := strings.Join(strings.Fields(text), " "); t != "" {
			out = append(out, t)
		}
		if len(out) > longestList {
			return nil, usage("transcribe: --list: more than %d entries", longestList)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, usage("transcribe: --list: %s: %w", name, err)
	}
	if len(out) == 0 {
		return nil, usage("transcribe: --list: %s holds no entry", name)
	}
	return out, nil
}

// transcribeFile hears one file, in pieces when it is long.
func (a *app) transcribeFile(ctx context.Context, hears asr.Recognizer, name string, hints asr.Hints) (transcript, error) {
	t := transcript{File: name, Alternatives: []transcribedEntry{}, Backend: hears.Name()}
	sound, done, err := a.openSound(name)
	if err != nil {
		return t, err
	}
	defer done()
	pcm, rate, err := media.ReadWAV(sound)
	if err != nil {
		return t, err
	}
	audio := time.Duration(len(pcm)) * time.Second / time.Duration(rate)
	if audio > longestFile {
		return t, fmt.Errorf("%s of sound, %s is the most", audio.Round(time.Second), longestFile)
	}
	t.AudioMS = audio.Milliseconds()
	down, err := media.NewResampler(rate, media.LineRate)
	if err != nil {
		return t, err
	}
	pcm = down.Flush(down.Process(nil, pcm))
	began := time.Now()
	var heard [][]asr.Alternative
	for _, piece := range pieces.CutAtSilences(pcm, media.LineRate, int(longestPiece.Seconds()*media.LineRate)) {
		got, err := hear(ctx, hears, piece, hints)
		if err != nil {
			return t, err
		}
		if len(got) > 0 {
			heard = append(heard, got)
		}
	}
	t.TookMS = time.Since(began).Milliseconds()
	key := hints.State
	if slices.Contains(hints.Kinds, "postal_code") {
		key = "postal_code"
	}
	t.put(heard, askedKey(key))
	return t, nil
}

// openSound opens a file, or standard input ("-"). What can't be gone back in, as a pipe, is read to its end.
func (a *app) openSound(name string) (io.ReadSeeker, func(), error) {
	var in io.Reader = a.in
	done := func() {}
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, done, err
		}
		done = func() { _ = f.Close() }
		switch info, err := f.Stat(); {
		case err == nil && info.IsDir():
			return nil, done, errors.New("it is a folder")
		case err == nil && info.Mode().IsRegular():
			return f, done, nil
		}
		in = f
	}
	data, err := io.ReadAll(io.LimitReader(in, media.MaxWAV+1))
	if err == nil && len(data) > media.MaxWAV {
		err = fmt.Errorf("more than %d MB come from it: give a shorter WAV file", media.MaxWAV>>20)
	}
	return bytes.NewReader(data), done, err
}

// put fills in what was heard: of one piece all alternatives, of several the best of each, one after the other.
func (t *transcript) put(heard [][]asr.Alternative, asked string) {
	if len(heard) == 1 {
		for _, h := range heard[0] {
			t.Alternatives = append(t.Alternatives, transcribedEntry{Text: h.Text, Confidence: h.Confidence, INSEE: h.INSEE, PostalCode: h.PostalCode, asked: asked})
		}
	} else if len(heard) > 1 {
		all := transcribedEntry{Confidence: 1, asked: asked}
		var parts []string
		for _, h := range heard {
			parts = append(parts, h[0].Text)
			all.Confidence = min(all.Confidence, h[0].Confidence)
		}
		all.Text = strings.Join(parts, " ")
		t.Alternatives = append(t.Alternatives, all)
	}
	if len(t.Alternatives) > 0 {
		t.Text, t.Confidence = t.Alternatives[0].Text, t.Alternatives[0].Confidence
	}
}

// hear gives one piece of sound to a recogniser, as a call does, and returns its final result.
func hear(ctx context.Context, hears asr.Recognizer, pcm []int16, hints asr.Hints) ([]asr.Alternative, error) {
	s, err := hears.Open(ctx, asr.Format{SampleRate: media.LineRate})
	if err != nil {
		return nil, err
	}
	defer s.Close()
	s.Expect(hints)
	for len(pcm) > 0 {
		n := min(media.FrameSamples, len(pcm))
		if err := s.Write(pcm[:n]); err != nil {
			return nil, err
		}
		pcm = pcm[n:]
	}
	if err := s.EndTurn(); err != nil {
		return nil, err
	}
	for {
		select {
		case r, ok := <-s.Results():
			switch {
			case !ok:
				return nil, io.ErrUnexpectedEOF
			case r.Final:
				return r.Alternatives, r.Err
			}
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
