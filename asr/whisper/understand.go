package whisper

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/acotel/acotel-sbc/asr"
	"github.com/acotel/acotel-sbc/asr/phoneme"
)

// understand hears a piece of sound with what its grammar asks for. The phoneme reader comes first; the word reader, which wants a longer
// window and takes several times as long, is heard where expected sentences leave something unexplained. When a lane is free it begins at
// once beside the other, so that nobody waits for both, and is stopped where it turns out to have nothing to add.
func (p *pool) understand(ctx context.Context, w *work, s *phoneme.Searcher, spent *asr.Spent) ([]asr.Alternative, error) {
	if silent(w.pcm) {
		return nil, nil
	}
	g := (*p.lexicon.Load()).Grammar(w.hints)
	wanted := g.Words && w.urgency != partial
	var words *reading
	if wanted {
		words = p.readBeside(ctx, w.pcm)
		defer words.stop()
	}
	var entries []asr.Alternative
	explained := 0.0
	if len(g.Groups) > 0 {
		var err error
		if entries, explained, err = p.search(ctx, w.pcm, g, s, spent); err != nil {
			return nil, err
		}
	}
	if !wanted || explained >= wellExplained {
		return entries, nil
	}
	if words == nil {
		words = p.read(ctx, w.pcm)
	}
	<-words.done
	spent.Encode = max(spent.Encode, words.encode)
	spent.Decode = words.decode
	if words.err != nil {
		return entries, words.err // what the phoneme reader heard is there all the same
	}
	return together(words.heard, entries), nil
}

// search hears what is expected, and tells what share of what was said it explains.
func (p *pool) search(ctx context.Context, pcm []int16, g phoneme.Grammar, s *phoneme.Searcher, spent *asr.Spent) (entries []asr.Alternative, explained float64, err error) {
	began := time.Now()
	sound, err := p.ears.Hear(ctx, p.set.Front.Process(pcm), false)
	if err != nil {
		return nil, 0, fmt.Errorf("whisper: %w", err)
	}
	spent.Encode = time.Since(began)
	p.meter.Encoded(spent.Encode)
	began = time.Now()
	defer func() {
		spent.Search = time.Since(began)
		p.meter.Read("phonemes", spent.Search)
	}()
	y, err := sound.Phonemes()
	if err != nil {
		return nil, 0, fmt.Errorf("whisper: %w", err)
	}
	if err := s.Load(g.Loop, y); err != nil {
		return nil, 0, err
	}
	var found []phoneme.Heard
	for _, parts := range g.Groups {
		found = append(found, s.Search(parts, phoneme.Options{N: mostAlternatives, Prior: g.Prior}))
	}
	c := p.set.Calibration
	c.Least = cmp.Or(g.Least, c.Least)
	return c.understand(found, func(from, to, group int, beside []*phoneme.Entry) (h phoneme.Heard, given bool, err error) {
		if err := s.Load(g.Loop, y[from:to]); err != nil {
			return h, false, err
		}
		prior := g.Prior
		for _, e := range beside {
			if g.Given != nil && !given {
				if p := g.Given(e); p != nil {
					prior, given = p, true
				}
			}
		}
		return s.Search(g.Groups[group], phoneme.Options{N: mostAlternatives, Prior: prior}), given, nil
	})
}

// reading is a piece of sound heard by the word reader.
type reading struct {
	cancel         context.CancelFunc
	done           chan struct{} // closed when the following is there
	heard          []asr.Alternative
	encode, decode time.Duration
	err            error
}

// stop gives a reading up, if there is one. Nobody waits for its end.
func (r *reading) stop() {
	if r != nil {
		r.cancel()
	}
}

// readBeside begins a reading on a lane that has nothing to do; nil: there is none.
func (p *pool) readBeside(ctx context.Context, pcm []int16) *reading {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.busy >= p.set.Lanes || p.closed || len(p.waiting[final])+len(p.waiting[prepared]) > 0 {
		return nil
	}
	p.busy++
	ctx, cancel := context.WithCancel(ctx)
	r := &reading{cancel: cancel, done: make(chan struct{})}
	p.lanes.Go(func() {
		began := time.Now()
		r.do(ctx, p, pcm)
		p.meter.Busy(time.Since(began))
		p.mu.Lock()
		p.busy--
		p.mu.Unlock()
		p.wake.Broadcast()
	})
	return r
}

// read is a reading on the lane of who asks.
func (p *pool) read(ctx context.Context, pcm []int16) *reading {
	ctx, cancel := context.WithCancel(ctx)
	r := &reading{cancel: cancel, done: make(chan struct{})}
	r.do(ctx, p, pcm)
	return r
}

// do reads.
func (r *reading) do(ctx context.Context, p *pool, pcm []int16) {
	defer close(r.done)
	defer r.cancel()
	began := time.Now()
	sound, err := p.ears.Hear(ctx, p.set.Front.Process(pcm), true)
	if err != nil {
		r.err = fmt.Errorf("whisper: %w", err)
		return
	}
	r.encode = time.Since(began)
	p.meter.Encoded(r.encode)
	began = time.Now()
	words, err := sound.Words(ctx)
	r.decode = time.Since(began)
	p.meter.Read("words", r.decode)
	if err != nil {
		r.err = fmt.Errorf("whisper: %w", err)
		return
	}
	for _, w := range words {
		a := asr.Alternative{Text: strings.TrimSpace(w.Text), Confidence: p.set.Calibration.words(w)}
		if a.Text != "" && a.Confidence >= p.set.Calibration.Least {
			r.heard = append(r.heard, a)
		}
	}
}
