package tts

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/acotel/acotel-sbc/breaker"
	"github.com/acotel/acotel-sbc/media"
)

// Errors of a Speaker, for errors.Is.
var (
	ErrConfig = errors.New("tts: configuration")
	ErrClosed = errors.New("tts: the speaker is closed")
	// ErrEndless is a voice that went on for maxSound over one sentence.
	ErrEndless = errors.New("tts: the voice does not come to an end")
)

// maxSound bounds one sentence, far beyond what Sentences lets through: a voice that never ends must not fill the memory.
const maxSound = 10 * time.Minute

// SpeakerConfig says how sentences are made. Only Synthesizer is required.
type SpeakerConfig struct {
	Synthesizer Synthesizer
	Fallbacks   []Synthesizer // voices that take over where it fails, in their order
	Failures    int           // of a voice in a row, then it is left alone; 0: 2
	Rest        time.Duration // before it is tried again; 0: 15 s

	CacheDir    string        // folder of the disk cache, made when absent; empty: no disk cache
	CacheBytes  int64         // bound of the disk cache; 0: 256 MiB
	MemoryBytes int64         // bound of the cache in memory; 0: 16 MiB
	LineRate    int           // Hz of what Say emits; 0: 8000
	LevelDBov   float64       // active speech level aimed at (ITU-T P.56); 0: -20
	Pause       time.Duration // silence after a sentence at normal speed; 0: 500 ms
	Log         *slog.Logger  // nil: nothing is logged

	// Voiced is told what became of a sentence at a voice (its Name), trials included; Changed of a voice that is used otherwise. Both may
	// be nil.
	Voiced  func(voice string, o Outcome)
	Changed func(voice string, s breaker.State)
	Now     func() time.Time // for Rest; nil: time.Now
}

func (c SpeakerConfig) withDefaults() (SpeakerConfig, error) {
	if c.Synthesizer == nil {
		return c, fmt.Errorf("%w: a Speaker needs a Synthesizer", ErrConfig)
	}
	setDefault(&c.CacheBytes, 256<<20)
	setDefault(&c.MemoryBytes, 16<<20)
	setDefault(&c.LineRate, media.LineRate)
	setDefault(&c.LevelDBov, -20)
	setDefault(&c.Pause, 500*time.Millisecond)
	setDefault(&c.Failures, 2)
	setDefault(&c.Rest, 15*time.Second)
	if c.Voiced == nil {
		c.Voiced = func(string, Outcome) {}
	}
	if c.Changed == nil {
		c.Changed = func(string, breaker.State) {}
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.CacheBytes < 0 || c.MemoryBytes < 0 || c.Pause < 0 || c.Failures < 0 || c.Rest < 0 || c.LevelDBov > -3 || c.LevelDBov < -60 {
		return c, fmt.Errorf("%w: sizes, counts and times can't be negative, the level is -60 to -3 dBov", ErrConfig)
	}
	return c, nil
}

func setDefault[T comparable](v *T, otherwise T) {
	var zero T
	if *v == zero {
		*v = otherwise
	}
}

// Options are how one sentence is said.
type Options struct {
	Rate   float64       // speed, 1 = normal, "moins vite" = 0.8; 0 counts as 1; kept within 0.5..2
	Volume float64       // linear, 1 = normal; 0 counts as 1; kept within 0.1..4, peaks are limited
	Pause  time.Duration // silence after the sentence; 0: the Speaker's own; negative: none
}

// Slower than this words fall apart, faster nobody follows.
const minSpeed, maxSpeed = 0.5, 2.0

func (o Options) withDefaults(pause time.Duration) Options {
	setDefault(&o.Rate, 1)
	setDefault(&o.Volume, 1)
	o.Rate = min(max(o.Rate, minSpeed), maxSpeed)
	o.Volume = min(max(o.Volume, 0.1), 4)
	if o.Pause == 0 {
		o.Pause = time.Duration(float64(pause) / o.Rate)
	}
	o.Pause = max(o.Pause, 0)
	return o
}

// Info tells how a sentence was made.
type Info struct {
	Cached     bool          // no synthesis was needed
	Audio      time.Duration // length of what was emitted, the pause included
	Took       time.Duration // from the call of Say to its end
	FirstAudio time.Duration // from the call of Say to the first emit
	Voice      string        // the Name of who said it; of several that shared a sentence the last
}

// Speaker says French sentences at the line's rate. Its methods are safe from any goroutine. Whoever says the same sentence at the
// same moment shares one synthesis. Of several voices the first one speaks, and the next where it fails: with the whole sentence when
// nothing of it was heard, else from the word on at which it broke off. What was kept of a voice is used as long as it is the one to speak,
// or can't.
type Speaker struct {
	cfg    SpeakerConfig
	words  *normaliser
	voices []*voice
	ctx    context.Context // of all syntheses
	stop   context.CancelFunc
	disk   *disk // nil: none
	memory memory

	mu      sync.Mutex
	running map[content]*rendering
	rates   []float64 // speeds of what is kept, the first few
	closed  bool
	work    sync.WaitGroup // syntheses
}

// key is the content of a sentence's sound: voice, speed, level and words.
type key [sha256.Size]byte

// content is what is said, and how fast; by whom is open.
type content struct {
	text string
	rate float64
}

// NewSpeaker checks the configuration and opens the cache. A cache folder that can't be used is logged and done without.
func NewSpeaker(c SpeakerConfig) (*Speaker, error) {
	c, err := c.withDefaults()
	if err != nil {
		return nil, err
	}
	words, err := newNormaliser(frenchWords)
	if err != nil {
		return nil, err
	}
	s := &Speaker{cfg: c, words: words, memory: memory{limit: c.MemoryBytes}, running: map[content]*rendering{}, rates: []float64{1}}
	for _, y := range append([]Synthesizer{c.Synthesizer}, c.Fallbacks...) {
		v, err := s.newVoice(y)
		if err != nil {
			return nil, err
		}
		s.voices = append(s.voices, v)
	}
	s.ctx, s.stop = context.WithCancel(context.Background())
	if c.CacheDir != "" {
		s.disk = openDisk(c.CacheDir, c.CacheBytes, c.Log)
	}
	return s, nil
}

func (s *Speaker) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

// Close cancels the syntheses under way and waits for them; those who hear them get ErrClosed, as does every Say from then on. It may
// be called more than once.
func (s *Speaker) Close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.stop()
	s.work.Wait()
	return nil
}

// Sentences cuts a text where the voice pauses. Put together, the pieces are the text without its outer spaces.
func (s *Speaker) Sentences(text string) []string { return s.words.Sentences(text) }

// Say makes one sentence and gives it to emit at the line's rate, 16-bit mono, in pieces as they come, the pause after it included;
// emit must not change pcm, which others hear too, but may keep it. An error of emit ends it and is returned. When every voice fails, what
// was emitted stays said and the error tells. A sentence without anything to say emits nothing.
func (s *Speaker) Say(ctx context.Context, sentence string, o Options, emit func(pcm []int16) error) (Info, error) {
	start := time.Now()
	o = o.withDefaults(s.cfg.Pause)
	info := Info{Voice: s.cfg.Synthesizer.Name(), Cached: true}
	if s.isClosed() {
		return info, ErrClosed
	}
	text := strings.TrimSpace(s.words.Normalise(sentence))
	if !strings.ContainsFunc(text, sayable) {
		info.Took = time.Since(start)
		return info, ctx.Err()
	}
	samples := 0
	give := func(pcm []int16) error {
		if samples == 0 {
			info.FirstAudio = time.Since(start)
		}
		samples += len(pcm)
		return emit(louder(pcm, o.Volume))
	}
	var err error
	u := Utterance{Text: text, Written: strings.TrimSpace(sentence), Rate: o.Rate}
	if pcm, v := s.kept(u, s.cached); v != nil {
		info.Voice = v.Name()
		s.note(u.Rate)
		if err = ctx.Err(); err == nil {
			err = give(pcm)
		}
	} else {
		info.Cached = false
		var by string
		if by, err = s.synthesise(ctx, u, give); by != "" {
			info.Voice = by
		}
	}
	if err == nil && o.Pause > 0 {
		err = give(make([]int16, int(o.Pause.Seconds()*float64(s.cfg.LineRate))))
	}
	info.Audio = time.Duration(samples) * time.Second / time.Duration(s.cfg.LineRate)
	info.Took = time.Since(start)
	return info, err
}

// cached finds a sentence's sound in memory, then on disk.
func (s *Speaker) cached(k key) ([]int16, bool) {
	if pcm, ok := s.memory.get(k); ok {
		if s.disk != nil {
			s.disk.touch(k) // what is said every minute is the last to leave the disk
		}
		return pcm, true
	}
	if s.disk == nil {
		return nil, false
	}
	pcm, ok := s.disk.get(k)
	if ok {
		s.memory.put(k, pcm)
	}
	return pcm, ok
}

// synthesise joins the rendering of a sentence, or begins it, and tells who says it.
func (s *Speaker) synthesise(ctx context.Context, u Utterance, give func([]int16) error) (by string, err error) {
	k := content{u.Text, u.Rate}
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return "", ErrClosed
	}
	r, ok := s.running[k]
	if !ok {
		if pcm, kept := s.memory.get(s.keyOf(s.voices[0], u)); kept { // another's synthesis ended since we looked
			s.mu.Unlock()
			return s.voices[0].Name(), give(pcm)
		}
		r = newRendering(s.ctx, s.limit())
		s.running[k] = r
		s.work.Go(func() { s.render(k, r, u) })
	}
	r.join()
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if r.leave() && s.running[k] == r { // nobody wants it any more
			r.cancel()
			delete(s.running, k)
		}
	}()
	err = r.follow(ctx, give)
	return r.voice(), err
}

// limit is how many samples a sentence may have.
func (s *Speaker) limit() int { return int(maxSound.Seconds()) * s.cfg.LineRate }

// render makes the sound of a sentence for all who follow r, then keeps it.
func (s *Speaker) render(k content, r *rendering, u Utterance) {
	by, whole, err := s.speak(r, u)
	if err != nil && r.ctx.Err() == nil {
		err = fmt.Errorf("tts: %q could not be said: %w", u.Text, err)
	}
	var kept []int16
	if whole != nil {
		kept = whole.shape.levelled(r.sound())
		s.memory.put(s.keyOf(whole, u), kept)
		s.note(u.Rate)
	}
	s.mu.Lock()
	if s.running[k] == r {
		delete(s.running, k)
	}
	if err != nil && s.closed {
		err = ErrClosed
	}
	s.mu.Unlock()
	r.finish(by, err)
	if whole != nil && s.disk != nil {
		s.disk.put(s.keyOf(whole, u), kept)
	}
	r.cancel()
}
