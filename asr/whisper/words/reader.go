package words

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"time"
)

// Limits of a reading.
const (
	MostBeams   = 4
	mostWords   = 224                    // half of the table of positions, as Whisper was trained
	fewestWords = 8                      // that any sound may give
	perWord     = 100 * time.Millisecond // of sound: three times as fast as people speak
)

// A reading of nothing: either sign alone is weak, since short answers can be unlikely and a quiet word can seem to be silence. Of 84 readings
// of noise 21 were a text, all with both signs; of 218 readings of people's recordings no right one had both (docs/speech.md).
const (
	unspoken = 0.35 // NoSpeech, at least
	unlikely = -1.2 // AvgLogProb, at most
)

// Options of one reading. The zero value is four beams and no limit but the model's.
type Options struct {
	Beams int           // hypotheses followed, 1 to MostBeams; 0: MostBeams
	Sound time.Duration // how long the sound is, without silence that was added; limits the number of words; 0: unknown
}

// Hypothesis is one reading of the whole sound.
type Hypothesis struct {
	Text       string
	LogProb    float64 // of all its words, the end included, natural logarithm
	AvgLogProb float64 // of one word: what ranks readings, also between sounds
	NoSpeech   float64 // probability that nobody spoke, 0 to 1, the same for all hypotheses of a sound; a weak sign
	Cut        bool    // it went round and was cut, a phantom was taken out, or it was too long: less sure than it says
}

// Reader is shared by all lanes.
type Reader struct {
	vocabulary   *Vocabulary
	first, later []float32 // suppression
	phantoms     phantoms
}

// New makes a reader for a vocabulary of so many entries, see NewVocabulary.
func New(entries int) (*Reader, error) {
	v, err := NewVocabulary(entries)
	if err != nil {
		return nil, err
	}
	return &Reader{vocabulary: v, first: v.suppress(true), later: v.suppress(false), phantoms: newPhantoms(phantomText)}, nil
}

// NoSpeech is the entry whose probability Next.Silent gives.
func (r *Reader) NoSpeech() int32 { return r.vocabulary.noSpeech() }

// Read gives the readings of a sound, best first, each text once; none when there were no words, or only what Whisper writes into noise. It stops between two steps when ctx ends,
// with the context's error.
func (r *Reader) Read(ctx context.Context, n Network, o Options) ([]Hypothesis, error) {
	if o.Beams == 0 {
		o.Beams = MostBeams
	}
	if o.Beams < 1 || o.Beams > MostBeams {
		return nil, fmt.Errorf("words: %d beams, give 1 to %d", o.Beams, MostBeams)
	}
	limit := mostWords
	if o.Sound > 0 {
		limit = min(limit, fewestWords+int(o.Sound/perWord))
	}
	next, err := n.Step([][]int32{{startOf}}, []int{0}, r.first)
	if err != nil {
		return nil, fmt.Errorf("words: %w", err)
	}
	silent := math.Exp(float64(next.Silent[0]))
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	next, err = n.Step([][]int32{{french, r.vocabulary.transcribe(), r.vocabulary.noTimestamps()}}, []int{0}, r.first)
	if err != nil {
		return nil, fmt.Errorf("words: %w", err)
	}
	s := search{beams: o.Beams, live: []beam{{}}}
	for s.grow(next); len(s.live) > 0 && s.length < limit; s.grow(next) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		words, from := s.step()
		if next, err = n.Step(words, from, r.later); err != nil {
			return nil, fmt.Errorf("words: %w", err)
		}
	}
	return r.hypotheses(s.ended(), silent), nil
}

// hypotheses are the texts of what the search found.
func (r *Reader) hypotheses(found []beam, silent float64) []Hypothesis {
	var out []Hypothesis
	at := map[string]int{}
	for _, b := range found {
		text, twice := onceOnly(r.vocabulary.Text(b.words))
		text, phantom := r.phantoms.without(text)
		key := Fold(text)
		if key == "" || silent >= unspoken && b.mean() <= unlikely {
			continue
		}
		h := Hypothesis{Text: text, LogProb: b.sum, AvgLogProb: b.mean(), NoSpeech: silent, Cut: b.cut || twice || phantom}
		if i, ok := at[key]; ok { // another spelling of the same
			out[i].LogProb = logSum(out[i].LogProb, h.LogProb)
			continue
		}
		at[key] = len(out)
		out = append(out, h)
	}
	slices.SortStableFunc(out, func(a, b Hypothesis) int { return cmp.Compare(b.AvgLogProb, a.AvgLogProb) })
	return out
}

// logSum is log(exp(a) + exp(b)).
func logSum(a, b float64) float64 {
	if a < b {
		a, b = b, a
	}
	return a + math.Log1p(math.Exp(b-a))
}
