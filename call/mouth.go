package call

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/acotel/acotel-sbc/dialog"
	"github.com/acotel/acotel-sbc/media"
	"github.com/acotel/acotel-sbc/tts"
)

// lookahead is how many sentences are rendered before they are played: enough to
// hide the voice's delay, few enough to keep a long prompt out of memory.
const lookahead = 2

// mouth says what the conversation queues, sentence by sentence, and knows what
// of it was heard. Its producer renders ahead of the playout; flush makes all of
// it unsaid. Safe from any goroutine.
type mouth struct {
	voice Voice
	play  *media.Playout

	changed chan struct{} // for the conversation: something began, ended or failed
	work    chan struct{} // for the producer
	said    func(tts.Info, error)

	mu      sync.Mutex
	says    []*saying // not yet heard to the end, oldest first
	cancel  context.CancelFunc
	failure error // of the voice, since the last call of trouble
}

// saying is one Say on its way to the caller's ear.
type saying struct {
	dialog.Say
	sentences []string
	rendered  int // sentences given to the playout, or given up
	heard     int // sentences played to their end, or given up
}

func newMouth(v Voice, p *media.Playout) *mouth {
	return &mouth{voice: v, play: p, changed: make(chan struct{}, 1), work: make(chan struct{}, 1), said: func(tts.Info, error) {}}
}

func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// say queues speech behind what is queued.
func (m *mouth) say(s dialog.Say) {
	m.mu.Lock()
	m.says = append(m.says, &saying{Say: s, sentences: m.voice.Sentences(s.Text)})
	m.mu.Unlock()
	poke(m.work)
}

// silent tells whether all that was queued has been heard.
func (m *mouth) silent() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.update()
	return len(m.says) == 0
}

// guarded tells whether something that the caller must hear to its end is queued
// or being said: the notice.
func (m *mouth) guarded() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.update()
	for _, s := range m.says {
		if !s.Interruptible {
			return true
		}
	}
	return false
}

// message is the key of the message being said, "" when there is none.
func (m *mouth) message() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.update()
	if len(m.says) == 0 {
		return ""
	}
	return m.says[0].Message
}

// ending tells whether the last message is being said, or all has been said, and whether it is in its last sentence.
func (m *mouth) ending() (last, sentence bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.update()
	switch len(m.says) {
	case 0:
		return true, true
	case 1:
		return true, m.says[0].heard >= len(m.says[0].sentences)-1
	}
	return false, false
}

// update takes from the playout what was heard. The lock is held.
func (m *mouth) update() {
	done := m.play.Heard().Done
	for _, s := range m.says {
		for s.heard < s.rendered && contains(done, utteranceID(s.ID, s.heard)) {
			s.heard++
		}
	}
	for len(m.says) > 0 && m.says[0].heard >= len(m.says[0].sentences) {
		m.says = m.says[1:]
	}
}

func contains(list []string, id string) bool {
	for i := len(list) - 1; i >= 0; i-- { // the newest are asked for
		if list[i] == id {
			return true
		}
	}
	return false
}

func utteranceID(say string, sentence int) string { return fmt.Sprintf("%s#%d", say, sentence) }

// flush makes everything queued unsaid. If something was being said, it tells
// which Say and how much of its text was heard, 0..1.
func (m *mouth) flush() (say string, fraction float64, cut bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.update()
	if m.cancel != nil {
		m.cancel()
	}
	h := m.play.Flush()
	if len(m.says) == 0 {
		return "", 0, false
	}
	s := m.says[0]
	m.says = nil
	return s.ID, s.fraction(h), true
}

// rewind lets the sentence that is being said begin anew: it was cut by a hold. What
// follows it stays queued.
func (m *mouth) rewind() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.update()
	if len(m.says) == 0 {
		return
	}
	h, s := m.play.Heard(), m.says[0]
	if h.ID != utteranceID(s.ID, s.heard) || h.Played == 0 {
		return // not begun: it will be heard whole
	}
	if m.cancel != nil {
		m.cancel()
	}
	m.play.Flush()
	for _, s := range m.says {
		s.rendered = s.heard
	}
	poke(m.work)
}

// fraction is how much of the text was heard, by letters.
func (s *saying) fraction(h media.Heard) float64 {
	var total, heard float64
	for i, text := range s.sentences {
		n := float64(len(text))
		total += n
		switch {
		case i < s.heard:
			heard += n
		case h.ID == utteranceID(s.ID, i) && h.Total > 0:
			heard += n * min(1, float64(h.Played)/float64(h.Total))
		}
	}
	if total == 0 {
		return 1
	}
	return heard / total
}

// trouble gives the voice's last failure, once.
func (m *mouth) trouble() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	err := m.failure
	m.failure = nil
	return err
}

// next is the sentence to render, nil when there is nothing to do yet.
func (m *mouth) next() (s *saying, i int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.update()
	ahead := 0
	for _, s := range m.says {
		ahead += s.rendered - s.heard
		if ahead >= lookahead {
			return nil, 0
		}
		if s.rendered < len(s.sentences) {
			return s, s.rendered
		}
	}
	return nil, 0
}

// run is the producer. It ends with ctx.
func (m *mouth) run(ctx context.Context) {
	for {
		s, i := m.next()
		if s == nil {
			select {
			case <-ctx.Done():
				return
			case <-m.work:
			}
			continue
		}
		m.render(ctx, s, i)
		poke(m.changed)
	}
}

// render makes sentence i of s. A sentence that the voice can't make counts as
// heard, so that the conversation never hangs on it; trouble tells of it.
func (m *mouth) render(ctx context.Context, s *saying, i int) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	m.mu.Lock()
	if len(m.says) == 0 || !m.queued(s) || s.rendered != i { // flushed or rewound meanwhile
		m.mu.Unlock()
		return
	}
	m.cancel = cancel
	u := m.play.Begin(utteranceID(s.ID, i), s.Interruptible)
	s.rendered = i + 1
	m.mu.Unlock()

	info, err := m.voice.Say(ctx, strings.TrimSpace(s.sentences[i]), tts.Options{Rate: s.Rate, Volume: s.Volume}, u.WriteShared)
	u.End()
	if ctx.Err() == nil {
		m.said(info, err)
	}
	if err != nil && ctx.Err() == nil {
		m.mu.Lock()
		m.failure = fmt.Errorf("call: the voice failed: %w", err)
		m.mu.Unlock()
	}
}

func (m *mouth) queued(s *saying) bool {
	for _, q := range m.says {
		if q == s {
			return true
		}
	}
	return false
}
