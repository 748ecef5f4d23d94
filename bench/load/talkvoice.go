package load

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"os/exec"
	"strconv"
	"strings"
	"sync"

	"github.com/acotel/acotel-sbc/media"
)

// person is how one caller sounds.
type person struct {
	Voice string  // variant of espeak-ng
	WPM   int     // words a minute
	Pitch int     // 0 to 99
	DBov  float64 // active level
	seed  uint64
}

// trackOf is sound as a caller sends it.
func trackOf(pcm []int16) *Track {
	var t Track
	t.append(pcm, rand.New(rand.NewPCG(1, 2)))
	return &t
}

// personOf draws the voice of a caller: always the same for the same seed and number.
func personOf(seed uint64, id int, voices []string, o TalkOptions) person {
	r := rand.New(rand.NewPCG(seed^0x9e3779b97f4a7c15, uint64(id)))
	p := person{Voice: voices[r.IntN(len(voices))], WPM: 125 + r.IntN(46), Pitch: 25 + r.IntN(51), seed: r.Uint64()}
	// Most telephones bring speech to about -20 dBov; the quietest and the loudest are rare.
	p.DBov = max(-40, min(-10, -22+6*r.NormFloat64()))
	if o.LevelDBov != 0 {
		p.DBov = o.LevelDBov
	}
	return p
}

// actor renders what callers say and keeps it.
type actor struct {
	mu      sync.Mutex
	said    map[string][]int16
	live    int // rendered during the measurement
	running chan struct{}
}

func newActor() *actor { return &actor{said: map[string][]int16{}, running: make(chan struct{}, 2)} }

// say gives the sound of a text in a person's voice. It begins and ends with its first and last sound.
func (a *actor) say(ctx context.Context, p person, text string, live bool) ([]int16, error) {
	key := fmt.Sprintf("%s/%d/%d/%.1f/%s", p.Voice, p.WPM, p.Pitch, p.DBov, text)
	a.mu.Lock()
	pcm, ok := a.said[key]
	if !ok && live {
		a.live++
	}
	a.mu.Unlock()
	if ok {
		return pcm, nil
	}
	select {
	case a.running <- struct{}{}:
		defer func() { <-a.running }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	pcm, err := espeak(ctx, p, text)
	if err != nil {
		return nil, err
	}
	pcm = padded(trimmed(pcm))
	levelTo(pcm, p.DBov)
	a.mu.Lock()
	a.said[key] = pcm
	a.mu.Unlock()
	return pcm, nil
}

// espeak runs the program, behind everything else on the machine.
func espeak(ctx context.Context, p person, text string) ([]int16, error) {
	args := []string{"-n", "19", "espeak-ng", "-v", "fr+" + p.Voice, "-s", strconv.Itoa(p.WPM), "-p", strconv.Itoa(p.Pitch), "--stdout", "--", text}
	out, err := exec.CommandContext(ctx, "nice", args...).Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			err = fmt.Errorf("%w: %s", err, strings.TrimSpace(string(exit.Stderr)))
		}
		return nil, fmt.Errorf("load: the callers' voice %s: %w", p.Voice, err)
	}
	pcm, rate, err := media.ReadWAV(bytes.NewReader(out))
	if err != nil {
		return nil, fmt.Errorf("load: the callers' voice %s: %w", p.Voice, err)
	}
	r, err := media.NewResampler(rate, media.LineRate)
	if err != nil {
		return nil, err
	}
	return r.Flush(r.Process(nil, pcm)), nil
}

// levelTo brings speech to an active level (ITU-T P.56).
func levelTo(pcm []int16, dBov float64) {
	have, _ := media.ActiveLevelDBov(pcm, media.LineRate)
	gain := math.Pow(10, (dBov-have)/20)
	for i, s := range pcm {
		pcm[i] = int16(max(-32768, min(32767, float64(s)*gain)))
	}
}

// hesitant cuts a text in two where somebody looks for words: the first half ends in a sound of hesitation. False: it is too short.
func hesitant(text string, seed uint64) (first, second string, ok bool) {
	words := strings.Fields(text)
	if len(words) < 3 {
		return text, "", false
	}
	h := fnv.New64a()
	fmt.Fprintf(h, "%d %s", seed, text)
	at := 1 + int(h.Sum64()%uint64(len(words)-1))
	return strings.Join(words[:at], " ") + " euh", strings.Join(words[at:], " "), true
}
