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
// once beside the other, so that nobody waits for both, and is stopped where it turns out to have nothing to add. Who gave a sure answer is
// not kept waiting for the rest of their words.
func (p *pool) understand(ctx context.Context, w *work, s *phoneme.Searcher, spent *asr.Spent) ([]asr.Alternative, error) {
	if silent(w.pcm) {
		return nil, nil
	}
	g := (*p.lexicon.Load()).Grammar(w.hints)
	pcm := p.set.Front.Process(w.pcm)
	wanted := g.Words && w.urgency != partial
	var words *reading
	if wanted {
		words = p.readBeside(ctx, pcm)
		defer words.stop()
	}
	var entries []asr.Alternative
	explained := 0.0
	if len(g.Groups) > 0 {
		var err error
		if entries, explained, err = p.search(ctx, pcm, g, s, spent); err != nil {
			return nil, err
		}
	}
	if !wanted || explained >= wellExplained {
		return entries, nil
	}
	sure := len(entries) > 0 && entries[0].Confidence >= sureEnough
	if words == nil {
		if sure && w.isOver() && p.set.Patience < quickest {
			return entries, nil
		}
		words = p.read(ctx, pcm)
		defer words.stop()
	}
	if sure && !words.within(p.set.Patience, w.over) {
		return entries, nil
	}
	<-words.done
	spent.Encode = max(spent.Encode, words.encode)
	spent.Decode = words.decode
	if words.err != nil {
		return entries, words.err // what the phoneme reader heard is there all the same
	}
	return together(words.heard, entries), nil
}

// quickest is what the shortest reading takes: one that begins when the turn is over needs no less.
const quickest = 350 * time.Millisecond

// search hears what is expected, and tells what share of what was said it explains.
func (p *pool) search(ctx context.Context, pcm []float32, g phoneme.Grammar, s *phoneme.Searcher, spent *asr.Spent) (entries []asr.Alternative, explained float64, err error) {
	began := time.Now()
	sound, err := p.ears.Hear(ctx, pcm, false)
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
	return c.understand(found, func(from, to int, sure []*phoneme.Entry) (func(int) phoneme.Heard, bool, error) {
		if err := s.Load(g.Loop, y[from:to]); err != nil {
			return nil, false, err
		}
		prior, given := g.Prior, false
		for i := 0; i < len(sure) && g.Given != nil && !given; i++ {
			if p := g.Given(sure[i]); p != nil {
				prior, given = p, true
			}
		}
		return func(group int) phoneme.Heard {
			return s.Search(g.Groups[group], phoneme.Options{N: mostAlternatives, Prior: prior})
		}, given, nil
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
func (p *pool) readBeside(ctx context.Context, pcm []float32) *reading {
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

// read is a reading on the lane of who asks, who waits for it.
func (p *pool) read(ctx context.Context, pcm []float32) *reading {
	ctx, cancel := context.WithCancel(ctx)
	r := &reading{cancel: cancel, done: make(chan struct{})}
	p.lanes.Go(func() { r.do(ctx, p, pcm) })
	return r
}

// within waits for a reading no longer than patience once over is closed. False: it wasn't there.
func (r *reading) within(patience time.Duration, over <-chan struct{}) bool {
	select {
	case <-r.done:
		return true
	case <-over:
	}
	t := time.NewTimer(patience)
	defer t.Stop()
	select {
	case <-r.done:
		return true
	case <-t.C:
		return false
	}
}

// do reads.
func (r *reading) do(ctx context.Context, p *pool, pcm []float32) {
	defer close(r.done)
	defer r.cancel()
	began := time.Now()
	sound, err := p.ears.Hear(ctx, pcm, true)
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
