package whisper

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/acotel/acotel-sbc/asr"
	"github.com/acotel/acotel-sbc/asr/phoneme"
	"github.com/acotel/acotel-sbc/media"
)

// silentBelow is the level, dBov, of the loudest 20 ms below which nothing was said.
const silentBelow = -62.0

// mostAlternatives is how many are given.
const mostAlternatives = 10

// Calibration turns what the readers score into confidences: of answers at 0.8 or
// more, 95 in 100 are right. docs/speech.md tells how the figures were fitted.
type Calibration struct {
	// Of the phoneme reader: logistic in the log-odds of the best entry against the second, and
	// against nothing.
	Bias, Second, Null float64
	// Of the word reader: logistic in the mean log-probability of a token.
	WordBias, WordSlope float64
	// Least is the confidence below which an alternative is left out.
	Least float64
}

// DefaultCalibration belongs to the reader network and the parameters that come with the program.
var DefaultCalibration = Calibration{Bias: -0.5, Second: 0.6, Null: 0.5, WordBias: 2.5, WordSlope: 3, Least: 0.1}

func logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// clamped keeps odds that are beyond what the figures were fitted on from counting more.
func clamped(p, q float64) float64 {
	const most = 8
	return min(max(math.Log(max(p, 1e-12))-math.Log(max(q, 1e-12)), -most), most)
}

// entry is the confidence in the best entry that a search found.
func (c Calibration) entry(h phoneme.Heard) float64 {
	if len(h.Best) == 0 {
		return 0
	}
	best, others := h.Best[0].P, max(0, 1-h.Best[0].P-h.Null)
	return logistic(c.Bias + c.Second*clamped(best, others) + c.Null*clamped(best, h.Null))
}

// words is the confidence in a reading by the word reader.
func (c Calibration) words(w Words) float64 {
	return logistic(c.WordBias + c.WordSlope*w.LogProb)
}

// alternatives are what a search found, with confidences: that of the best is
// calibrated, the others' are in proportion.
func (c Calibration) alternatives(h phoneme.Heard) []asr.Alternative {
	sure := c.entry(h)
	var out []asr.Alternative
	for _, f := range h.Best {
		a := asr.Alternative{Text: f.Entry.Text, INSEE: f.Entry.INSEE, PostalCode: f.Entry.PostalCode}
		a.Confidence = sure
		if len(out) > 0 {
			a.Confidence = min(sure, (1-sure)*f.P/max(1e-9, 1-h.Best[0].P), sure*f.P/h.Best[0].P)
		}
		if a.Confidence < c.Least {
			break
		}
		out = append(out, a)
	}
	return out
}

// understand hears a piece of sound with what its grammar asks for.
func (p *pool) understand(ctx context.Context, w *work, s *phoneme.Searcher, spent *asr.Spent) ([]asr.Alternative, error) {
	if silent(w.pcm) {
		return nil, nil
	}
	g := (*p.lexicon.Load()).Grammar(w.hints)
	began := time.Now()
	sound, err := p.ears.Hear(ctx, FrontEnd(w.pcm), g.Words && w.urgency != partial)
	if err != nil {
		return nil, fmt.Errorf("whisper: %w", err)
	}
	spent.Encode = time.Since(began)
	p.meter.Encoded(spent.Encode)
	began = time.Now()
	var heard [][]asr.Alternative
	if len(g.Groups) > 0 {
		y, err := sound.Phonemes()
		if err != nil {
			return nil, fmt.Errorf("whisper: %w", err)
		}
		if err := s.Load(g.Loop, y); err != nil {
			return nil, err
		}
		for _, parts := range g.Groups {
			heard = append(heard, p.set.Calibration.alternatives(s.Search(parts, phoneme.Options{N: mostAlternatives, Prior: g.Prior})))
		}
	}
	spent.Search = time.Since(began)
	p.meter.Read("phonemes", spent.Search)
	if !g.Words || w.urgency == partial {
		return joined(heard), nil
	}
	began = time.Now()
	words, err := sound.Words(ctx)
	spent.Decode = time.Since(began)
	p.meter.Read("words", spent.Decode)
	var read []asr.Alternative
	for _, r := range words {
		if a := (asr.Alternative{Text: strings.TrimSpace(r.Text), Confidence: p.set.Calibration.words(r)}); a.Text != "" && a.Confidence >= p.set.Calibration.Least {
			read = append(read, a)
		}
	}
	if err != nil {
		return joined(heard), fmt.Errorf("whisper: %w", err) // what the phoneme reader heard is there all the same
	}
	return together(read, joined(heard)), nil
}

// silent says that nobody spoke: no frame of 20 ms is louder than a quiet line.
func silent(pcm []int16) bool {
	const frame = lineRate / 50
	for len(pcm) > 0 {
		n := min(frame, len(pcm))
		if media.LevelDBov(pcm[:n]) > silentBelow {
			return false
		}
		pcm = pcm[n:]
	}
	return true
}

// joined puts what several groups heard beside one another into sentences: "mémoire, Carpentras".
// With one group that is what it heard.
func joined(groups [][]asr.Alternative) []asr.Alternative {
	groups = slices.DeleteFunc(groups, func(g []asr.Alternative) bool { return len(g) == 0 })
	switch len(groups) {
	case 0:
		return nil
	case 1:
		return groups[0]
	}
	sure := slices.DeleteFunc(slices.Clone(groups), func(g []asr.Alternative) bool { return g[0].Confidence < spotted })
	var out []asr.Alternative
	if len(sure) > 1 {
		all := asr.Alternative{Confidence: 1}
		var parts []string
		for _, g := range sure {
			parts = append(parts, g[0].Text)
			all.Confidence = min(all.Confidence, g[0].Confidence)
			all.INSEE, all.PostalCode = cmp.Or(all.INSEE, g[0].INSEE), cmp.Or(all.PostalCode, g[0].PostalCode)
		}
		all.Text = strings.Join(parts, ", ")
		out = append(out, all)
	}
	for _, g := range groups {
		out = append(out, g...)
	}
	return ranked(out)
}

// spotted is the confidence from which entries of several groups are taken as said in one sentence.
const spotted = 0.5

// together ranks what both readers heard. Words that hold an entry that was spotted
// gain from it, and it from them.
func together(words, entries []asr.Alternative) []asr.Alternative {
	var out []asr.Alternative
	for _, w := range words {
		for _, e := range entries {
			if e.Confidence >= spotted && strings.Contains(strings.ToLower(w.Text), strings.ToLower(e.Text)) {
				w.Confidence = 1 - (1-w.Confidence)*(1-e.Confidence)
				w.INSEE, w.PostalCode = cmp.Or(w.INSEE, e.INSEE), cmp.Or(w.PostalCode, e.PostalCode)
			}
		}
		out = append(out, w)
	}
	return ranked(append(out, entries...))
}

// ranked sorts by confidence, drops what stands there twice and cuts to mostAlternatives.
func ranked(all []asr.Alternative) []asr.Alternative {
	slices.SortStableFunc(all, func(a, b asr.Alternative) int { return cmp.Compare(b.Confidence, a.Confidence) })
	var out []asr.Alternative
	for _, a := range all {
		twice := slices.ContainsFunc(out, func(o asr.Alternative) bool {
			return o.Text == a.Text && o.INSEE == a.INSEE && o.PostalCode == a.PostalCode
		})
		if !twice && len(out) < mostAlternatives {
			out = append(out, a)
		}
	}
	return out
}
