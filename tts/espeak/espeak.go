package espeak

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/acotel/acotel-sbc/tts"
)

// Errors of the voice, for errors.Is. All are wrapped with what was seen.
var (
	ErrNotInstalled = errors.New("espeak: program not found")
	ErrVoice        = errors.New("espeak: no such voice")
	ErrStalled      = fmt.Errorf("espeak: %w", tts.ErrStalled)
	ErrBusy         = fmt.Errorf("espeak: all child processes stayed busy: %w", tts.ErrBusy)
	ErrNoSound      = errors.New("espeak: no sound was made")
	ErrDied         = errors.New("espeak: the child process failed")
)

// Config is how the voice sounds and how much of the machine it may take. The
// zero value is good.
type Config struct {
	Binary         string        // program, a name looked up in PATH or a path; "": espeak-ng
	Voice          string        // as "espeak-ng --voices" names it, with variant: fr, fr+f3, mb-fr4; "": fr
	Pitch          int           // 1 to 99; 0: 50
	WordsPerMinute int           // espeak-ng's own measure, 80 to 450; 0: 150, which gives 155 real ones with the pauses between sentences
	WordGap        time.Duration // additional silence between words, in steps of 10 ms, up to 500 ms
	Children       int           // processes at the same time; 0: two for each core, at least 4
	Stall          time.Duration // longest wait for sound, and for a free process; 0: 3 s
}

// Limits of the program, from its manual page.
const (
	defaultWordsPerMinute = 150
	minWordsPerMinute     = 80
	maxWordsPerMinute     = 450
	defaultPitch          = 50
	normalAmplitude       = 100 // peaks near -4 dBFS: loud, and far from the program's own clipping
	maxAmplitude          = 200
	maxWordGap            = 500 * time.Millisecond
)

// withDefaults fills what is zero and refuses what espeak-ng would silently bend.
func (c Config) withDefaults() (Config, error) {
	if c.Binary == "" {
		c.Binary = "espeak-ng"
	}
	if c.Voice == "" {
		c.Voice = "fr"
	}
	if c.Pitch == 0 {
		c.Pitch = defaultPitch
	}
	if c.WordsPerMinute == 0 {
		c.WordsPerMinute = defaultWordsPerMinute
	}
	if c.Children == 0 {
		c.Children = max(4, 2*runtime.GOMAXPROCS(0))
	}
	if c.Stall == 0 {
		c.Stall = 3 * time.Second
	}
	switch {
	case c.Pitch < 1 || c.Pitch > 99:
		return c, fmt.Errorf("espeak: pitch %d is out of range, give 1 to 99", c.Pitch)
	case c.WordsPerMinute < minWordsPerMinute || c.WordsPerMinute > maxWordsPerMinute:
		return c, fmt.Errorf("espeak: %d words per minute is out of range, give %d to %d", c.WordsPerMinute, minWordsPerMinute, maxWordsPerMinute)
	case c.WordGap < 0 || c.WordGap > maxWordGap:
		return c, fmt.Errorf("espeak: word gap %v is out of range, give 0 to %v", c.WordGap, maxWordGap)
	case c.Children < 0 || c.Stall < 0:
		return c, fmt.Errorf("espeak: number of processes and stall time can't be negative")
	case strings.HasPrefix(c.Voice, "-") || strings.ContainsAny(c.Voice, "\x00\n"):
		return c, fmt.Errorf("%w: %q is no name of a voice", ErrVoice, c.Voice)
	}
	return c, nil
}

// Voice is espeak-ng with one set of settings. It implements tts.Synthesizer
// and tts.Fingerprinter.
type Voice struct {
	conf     Config
	path     string
	version  string
	rate     int
	spelling *spelling
	slots    chan struct{} // one token for each running child
}

var (
	_ tts.Synthesizer   = (*Voice)(nil)
	_ tts.Fingerprinter = (*Voice)(nil)
)

// New finds the program, reads its version and has it say one syllable, so that
// what is missing is known at the start and not in a call. ctx bounds this
// check. ErrNotInstalled and ErrVoice say what to install.
func New(ctx context.Context, c Config) (*Voice, error) {
	c, err := c.withDefaults()
	if err != nil {
		return nil, err
	}
	path, err := exec.LookPath(c.Binary)
	if err != nil {
		return nil, fmt.Errorf("%w: %q: install the Debian package espeak-ng (apt-get install espeak-ng) or give the program's path: %w", ErrNotInstalled, c.Binary, err)
	}
	v := &Voice{conf: c, path: path, spelling: newSpelling(lexiconText), slots: make(chan struct{}, c.Children)}
	if v.version, err = v.readVersion(ctx); err != nil {
		return nil, err
	}
	if err := v.checkVariant(ctx); err != nil {
		return nil, err
	}
	heard := 0
	err = v.speak(ctx, v.arguments(1, 1), "a", func(pcm []int16) error { heard += len(pcm); return nil }, func(rate int) error {
		v.rate = rate
		return nil
	})
	if err != nil {
		return nil, err
	}
	return v, nil
}

// Name is "espeak-ng" and the voice.
func (v *Voice) Name() string { return "espeak-ng " + v.conf.Voice }

// Fingerprint names all that changes the sound.
func (v *Voice) Fingerprint() string {
	return fmt.Sprintf("%s version=%s pitch=%d wpm=%d gap=%v rate=%d spelling=%s", v.Name(), v.version, v.conf.Pitch, v.conf.WordsPerMinute, v.conf.WordGap, v.rate, v.spelling.hash)
}

// SampleRate is what the program's header said at New, 22050 Hz for its own
// voices and 16000 Hz for MBROLA's.
func (v *Voice) SampleRate() int { return v.rate }

// Close does nothing: no process outlives its sentence.
func (v *Voice) Close() error { return nil }

// Synthesize says one sentence (see tts.Synthesizer). The text goes in by
// standard input, so nothing in it can be taken for an option.
func (v *Voice) Synthesize(ctx context.Context, u tts.Utterance, emit func(pcm []int16) error) error {
	if err := v.acquire(ctx); err != nil {
		return err
	}
	defer func() { <-v.slots }()
	return v.speak(ctx, v.arguments(u.Rate, u.Volume), v.spelling.mend(u.Text), emit, func(rate int) error {
		if rate != v.rate {
			return fmt.Errorf("%w: sample rate %d Hz, %d Hz before: was another version installed? restart the service", ErrDied, rate, v.rate)
		}
		return nil
	})
}

// acquire waits for a free process, in bounded time.
func (v *Voice) acquire(ctx context.Context) error {
	select {
	case v.slots <- struct{}{}:
		return nil
	default:
	}
	wait := time.NewTimer(v.conf.Stall)
	defer wait.Stop()
	select {
	case v.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("espeak: %w", ctx.Err())
	case <-wait.C:
		return fmt.Errorf("%w for %v (%d at once): raise their number or the machine's", ErrBusy, v.conf.Stall, v.conf.Children)
	}
}

// arguments are the program's options for a rate and a volume around 1.
func (v *Voice) arguments(rate, volume float64) []string {
	within := func(x, low, high float64) string {
		return strconv.Itoa(int(math.Round(min(max(x, low), high))))
	}
	if rate <= 0 {
		rate = 1
	}
	if volume <= 0 {
		volume = 1
	}
	args := []string{
		"--stdin", "--stdout", "-b", "1", // UTF-8 in, WAVE out
		"-z", // no pause at the end: the Speaker's own follows
		"-v", v.conf.Voice,
		"-p", strconv.Itoa(v.conf.Pitch),
		"-s", within(float64(v.conf.WordsPerMinute)*rate, minWordsPerMinute, maxWordsPerMinute),
		"-a", within(normalAmplitude*volume, 1, maxAmplitude),
	}
	if steps := int(v.conf.WordGap / (10 * time.Millisecond)); steps > 0 {
		args = append(args, "-g", strconv.Itoa(steps))
	}
	return args
}
