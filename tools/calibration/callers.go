package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/acotel/acotel-sbc/asr"
	"github.com/acotel/acotel-sbc/asr/phoneme"
	"github.com/acotel/acotel-sbc/asr/whisper"
	"github.com/acotel/acotel-sbc/dialog/nlu"
)

// callerLines reads what callers say, {"state","said"} a line (bench talk's transcripts have it), and takes n of them at random.
func callerLines(file string, n int, r *rand.Rand) ([]utterance, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var out []utterance
	for lines := bufio.NewScanner(f); lines.Scan(); {
		u := utterance{Free: true}
		if err := json.Unmarshal(lines.Bytes(), &u); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		out = append(out, u)
	}
	r.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out[:min(n, len(out))], nil
}

// says tells whether an entry is part of what a caller said: it has no intent and names nothing that the caller's sentence has not.
func says(p *nlu.Parser, u utterance, e *phoneme.Entry) bool {
	said, heard := p.Parse(u.Said, u.State), p.Parse(e.Text, u.State)
	for _, x := range heard.Entities {
		if y, ok := said.Entity(x.Type); !ok || y.Value != x.Value {
			return false
		}
	}
	if len(heard.Entities) > 0 {
		return true
	}
	return said.Confidence(heard.Best().Name) > 0.3
}

// replay gives a Recognizer the sounds of utterances that were read before, one after the other.
type replay struct{ now *utterance }

func (r *replay) Hear(context.Context, []float32, bool) (whisper.Sound, error) { return r.now, nil }
func (r *replay) Close() error                                                 { return nil }

// Phonemes are those kept.
func (u *utterance) Phonemes() ([][]float32, error) { return u.LogProbs, nil }

// Words are those kept.
func (u *utterance) Words(context.Context) ([]whisper.Words, error) { return u.Read, nil }

// understand has the whole recogniser hear what callers said, and tells how much of it the dialogue understands.
func understand(ctx context.Context, parser *nlu.Parser, lexicon whisper.Lexicon, all []utterance, verbose bool) error {
	ears := &replay{}
	set := whisper.DefaultSettings()
	set.Lanes, set.PartialEvery = 1, 0
	rec := whisper.New(ears, lexicon, set, nil)
	defer rec.Close()
	type count struct{ n, same, sure, sureSame int }
	by := map[string]*count{}
	for i := range all {
		u := &all[i]
		if !u.Free {
			continue
		}
		ears.now = u
		res, err := hear(ctx, rec, u)
		if err != nil {
			return err
		}
		var hyps []nlu.Hypothesis
		var heard []string
		best := 0.0
		for _, a := range res.Alternatives {
			hyps = append(hyps, nlu.Hypothesis{Text: a.Text, Weight: a.Confidence})
			heard = append(heard, fmt.Sprintf("%s %.2f", a.Text, a.Confidence))
			best = max(best, a.Confidence)
		}
		said := parser.Parse(u.Said, u.State)
		got := parser.ParseHypotheses(time.Now(), hyps, u.State)
		same := nlu.Same(said, got)
		for _, k := range []string{u.State, "all"} {
			if by[k] == nil {
				by[k] = &count{}
			}
			c := by[k]
			c.n++
			if same {
				c.same++
			}
			if best >= 0.8 {
				c.sure++
				if same {
					c.sureSame++
				}
			}
		}
		if verbose && !same {
			fmt.Printf("%-8s %s\n         %s (%s), want %s\n", u.State, u.Said, strings.Join(heard[:min(3, len(heard))], " | "), got.Best().Name, said.Best().Name)
		}
	}
	fmt.Println("what callers say, by state: understood; sure (0.8), of these understood")
	for _, k := range slices.Sorted(maps.Keys(by)) {
		c := by[k]
		fmt.Printf("%-12s %4d: %5.1f %%; %5.1f %%, %5.1f %%\n", k, c.n, pc(c.same, c.n), pc(c.sure, c.n), pc(c.sureSame, c.sure))
	}
	return nil
}

// hear is one turn of a call.
func hear(ctx context.Context, rec *whisper.Recognizer, u *utterance) (asr.Result, error) {
	s, err := rec.Open(ctx, asr.Format{SampleRate: 8000})
	if err != nil {
		return asr.Result{}, err
	}
	defer s.Close()
	s.Expect(asr.Hints{State: u.State})
	loud := make([]int16, 4000) // not silence: what is heard was kept
	for i := range loud {
		loud[i] = int16(3000 * (i%2*2 - 1))
	}
	if err := s.Write(loud); err != nil {
		return asr.Result{}, err
	}
	if err := s.EndTurn(); err != nil {
		return asr.Result{}, err
	}
	for res := range s.Results() {
		if res.Final {
			return res, res.Err
		}
	}
	return asr.Result{}, ctx.Err()
}
