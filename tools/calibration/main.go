package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"

	"github.com/acotel/acotel-sbc/asr"
	"github.com/acotel/acotel-sbc/asr/phoneme"
	"github.com/acotel/acotel-sbc/asr/whisper"
	"github.com/acotel/acotel-sbc/asr/whisper/engine"
	"github.com/acotel/acotel-sbc/asr/whisper/install"
	"github.com/acotel/acotel-sbc/dialog/nlu"
	"github.com/acotel/acotel-sbc/hearing"
	"github.com/acotel/acotel-sbc/models"
	"github.com/acotel/acotel-sbc/onnx"
	"github.com/acotel/acotel-sbc/place"
)

//go:embed sentences.txt
var sentences string

func main() {
	n := flag.Int("n", 400, "utterances")
	seed := flag.Uint64("seed", 1, "of voices, places and noise")
	snr := flag.Float64("snr", 20, "signal to noise, dB")
	lines := flag.String("lines", "", "file of what callers say, {\"state\",\"said\"} a line, of which as many utterances again are taken")
	keep := flag.String("keep", "", "file in which the reader's output is kept, so that a second run with the same -n, -seed and -snr only searches")
	voices := flag.String("voices", "asr/training/held-out-voices.txt", "espeak-ng variants, one a line")
	verbose := flag.Bool("v", false, "show each utterance")
	p := phoneme.DefaultParams
	flag.Float64Var(&p.Scale, "scale", p.Scale, "")
	flag.Float64Var(&p.Garbage, "garbage", p.Garbage, "")
	flag.Float64Var(&p.Blank, "blank", p.Blank, "")
	flag.Float64Var(&p.Gain, "gain", p.Gain, "")
	flag.Float64Var(&p.Null, "null", p.Null, "")
	flag.Float64Var(&p.Floor, "floor", p.Floor, "")
	flag.BoolVar(&p.Fold, "fold", p.Fold, "")
	flag.Parse()
	if err := run(context.Background(), *n, *seed, *snr, *lines, *keep, *voices, p, *verbose); err != nil {
		fmt.Fprintln(os.Stderr, "calibration:", err)
		os.Exit(1)
	}
}

// utterance is something said, and what should be heard.
type utterance struct {
	State, Said, Want string // Want is empty for what is in no list
	Voice             string
	Free              bool // said by a simulated caller: right is what means the same
	LogProbs          [][]float32
	Read              []whisper.Words // by the word reader, where it is asked
}

func run(ctx context.Context, n int, seed uint64, snr float64, lines, keep, voices string, p phoneme.Params, verbose bool) error {
	g, err := place.Default()
	if err != nil {
		return err
	}
	table, err := hearing.Open(ctx, "")
	if err != nil {
		return err
	}
	lexicon, err := hearing.New(ctx, g, table, p)
	if err != nil {
		return err
	}
	all, err := kept(keep)
	if err != nil {
		if all, err = heard(ctx, g, n, seed, snr, lines, voices); err != nil {
			return err
		}
		if err := keepAll(keep, all); err != nil {
			return err
		}
	}
	parser, err := nlu.New(g)
	if err != nil {
		return err
	}
	s := phoneme.NewSearcher(phoneme.DefaultBeam)
	var rows []row
	for _, u := range all {
		grammar := lexicon.Grammar(asr.Hints{State: u.State})
		if err := s.Load(grammar.Loop, u.LogProbs); err != nil {
			return err
		}
		var found []phoneme.Heard
		for _, parts := range grammar.Groups {
			found = append(found, s.Search(parts, phoneme.Options{}))
		}
		for i, features := range whisper.DefaultCalibration.Features(found) {
			r := look(parser, u, found[i], features, verbose && i == 0)
			r.aside = i > 0 && !u.Free
			rows = append(rows, r)
		}
	}
	report(rows)
	fitWords(parser, all)
	return understand(ctx, parser, lexicon, all, verbose)
}

// look tells what became of an utterance in a search.
func look(parser *nlu.Parser, u utterance, h phoneme.Heard, features [whisper.FeatureCount]float64, verbose bool) row {
	r := row{utterance: u, features: features, found: len(h.Best) > 0}
	if r.found {
		r.heard, r.unsure = h.Best[0].Entry.Text, h.Best[0].Entry.Aside
	}
	for i, f := range h.Best[:min(5, len(h.Best))] {
		right := u.Want != "" && (f.Entry.Text == u.Want || f.Entry.Group == u.Want || f.Entry.PostalCode == u.Want)
		if u.Free {
			right = says(parser, u, f.Entry)
		}
		r.first = r.first || right && i == 0
		r.five = r.five || right
	}
	if verbose && !r.first && !u.Free {
		got := "nothing"
		if r.found {
			got = fmt.Sprintf("%s %.3f", h.Best[0].Entry.Text, h.Best[0].P)
		}
		fmt.Printf("%-10s %-40s want %-22q got %s, null %.3f, %s\n", u.State, u.Said, u.Want, got, h.Null, u.Voice)
	}
	return r
}

func kept(file string) (all []utterance, err error) {
	b, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(b, &all)
	}
	return all, err
}

func keepAll(file string, all []utterance) error {
	if file == "" {
		return nil
	}
	b, err := json.Marshal(all)
	if err != nil {
		return err
	}
	return os.WriteFile(file, b, 0o644)
}

// heard says n utterances and has them read.
func heard(ctx context.Context, g *place.Gazetteer, n int, seed uint64, snr float64, lines, voices string) ([]utterance, error) {
	dirs := models.Folders("")
	model, err := install.Used(dirs)
	if err != nil {
		return nil, err
	}
	rt, err := onnx.Load(dirs...)
	if err != nil {
		return nil, err
	}
	loaded, err := engine.Load(rt, model.Dir)
	if err != nil {
		return nil, err
	}
	ears := engine.Ears{Engine: loaded}
	defer ears.Close()
	b, err := os.ReadFile(voices)
	if err != nil {
		return nil, err
	}
	var names []string
	for line := range strings.Lines(string(b)) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			names = append(names, line)
		}
	}
	r := rand.New(rand.NewPCG(seed, 11))
	all := script(g, n, r)
	if lines != "" {
		said, err := callerLines(lines, n, r)
		if err != nil {
			return nil, err
		}
		all = append(all, said...)
	}
	for i := range all {
		u := &all[i]
		u.Voice = names[r.IntN(len(names))]
		pcm, err := speak(ctx, *u, snr, r)
		if err != nil {
			return nil, fmt.Errorf("%s by %s: %w", u.Said, u.Voice, err)
		}
		words := u.Free && (u.State == "open" || u.State == "reason")
		sound, err := ears.Hear(ctx, whisper.FrontEnd(pcm), false)
		if err != nil {
			return nil, err
		}
		if u.LogProbs, err = sound.Phonemes(); err != nil {
			return nil, err
		}
		if words { // which want a window of their own, as whisper.Recognizer gives them
			if sound, err = ears.Hear(ctx, whisper.FrontEnd(pcm), true); err != nil {
				return nil, err
			}
			if u.Read, err = sound.Words(ctx); err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}
