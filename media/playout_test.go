package media

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// constant is n samples of one value, so that every fade is seen.
func constant(n int, v int16) []int16 {
	pcm := make([]int16, n)
	for i := range pcm {
		pcm[i] = v
	}
	return pcm
}

func say(p *Playout, id string, pcm []int16) *Utterance {
	u := p.Begin(id, true)
	if err := u.Write(pcm); err != nil {
		panic(err)
	}
	u.End()
	return u
}

// frames pulls n frames.
func frames(p *Playout, n int) (pcm []int16) {
	frame := make([]int16, FrameSamples)
	for range n {
		p.pull(frame)
		pcm = append(pcm, frame...)
	}
	return pcm
}

func events(p *Playout) string {
	var all []string
	for {
		select {
		case e := <-p.Events():
			s := e.Kind.String() + " " + e.ID
			if e.Interrupted {
				s += "!"
			}
			all = append(all, s)
		default:
			return strings.Join(all, ", ")
		}
	}
}

func TestUtterancesFollowEachOther(t *testing.T) {
	p := newPlayout()
	say(p, "a", constant(200, 100))
	say(p, "b", constant(300, 200))
	if p.Idle() {
		t.Error("idle with two utterances waiting")
	}
	pcm := frames(p, 4)
	want := slices.Concat(constant(200, 100), constant(300, 200))
	if !slices.Equal(pcm[:500], want) {
		t.Error("the second does not follow the first on the sample")
	}
	if tail := pcm[500:]; tail[0] < 180 || tail[rampSamples] != 0 || slices.Max(tail) > 200 {
		t.Error("no soft end after the last utterance")
	}
	if got := events(p); got != "started a, finished a, started b, finished b, drained b" {
		t.Errorf("events: %s", got)
	}
	if h := p.Heard(); !p.Idle() || h.ID != "" || !slices.Equal(h.Done, []string{"a", "b"}) {
		t.Errorf("heard %+v", h)
	}
}

func TestPauseAndResumeLoseNothing(t *testing.T) {
	p := newPlayout()
	ramped := make([]int16, 16000)
	for i := range ramped {
		ramped[i] = int16(1000 + i)
	}
	say(p, "a", ramped)
	before := frames(p, 10)
	if !slices.Equal(before, ramped[:1600]) {
		t.Fatal("not played as written")
	}
	p.Pause()
	fading := frames(p, 1)
	if fading[0] < 2500 || fading[fadeSamples] != 0 || fading[fadeSamples/2] > 1600 {
		t.Errorf("no fade: %v", fading[:fadeSamples])
	}
	if quiet := frames(p, 25); slices.Max(quiet) != 0 {
		t.Error("not silent while paused")
	}
	if h := p.Heard(); h.ID != "a" || h.Played != 200*time.Millisecond || h.Total != 2*time.Second || !h.Interruptible {
		t.Errorf("heard %+v", h)
	}
	p.Resume()
	after := frames(p, 10)
	if after[0] > 100 || !slices.Equal(after[fadeSamples:], ramped[1600+fadeSamples:3200]) {
		t.Error("does not go on where it was, faded in")
	}
}

func TestFlushSilencesEverything(t *testing.T) {
	p := newPlayout()
	say(p, "a", constant(160, 1000))
	b := p.Begin("b", false)
	if err := b.Write(constant(8000, 1000)); err != nil {
		t.Fatal(err)
	}
	c := p.Begin("c", true)
	frames(p, 3)
	h := p.Flush()
	if h.ID != "b" || h.Interruptible || h.Played != 40*time.Millisecond || h.Total != time.Second || !slices.Equal(h.Done, []string{"a"}) {
		t.Errorf("heard %+v", h)
	}
	pcm := frames(p, 5)
	if pcm[0] < 900 || slices.Max(pcm[fadeSamples:]) != 0 {
		t.Error("more than a fade is heard after Flush")
	}
	if got := events(p); got != "started a, finished a, started b, finished b!, finished c!" {
		t.Errorf("events: %s", got)
	}
	if err := b.Write(constant(10, 1)); !errors.Is(err, ErrFlushed) {
		t.Errorf("writing to a flushed utterance: %v", err)
	}
	c.End()
	if h := p.Heard(); h.ID != "" || len(h.Done) != 0 || !p.Idle() {
		t.Errorf("after Flush: %+v", h)
	}
	say(p, "d", constant(160, 500))
	if pcm := frames(p, 1); pcm[0] != 500 {
		t.Error("what comes after a Flush is not heard at once")
	}
}

func TestFlushEndsAPause(t *testing.T) {
	p := newPlayout()
	say(p, "a", constant(8000, 1000))
	frames(p, 2)
	p.Pause()
	frames(p, 2)
	if h := p.Flush(); h.Played != 40*time.Millisecond {
		t.Errorf("heard %+v", h)
	}
	if slices.Max(frames(p, 2)) != 0 {
		t.Error("a click of what was paused")
	}
	say(p, "b", constant(320, 700))
	if slices.Max(frames(p, 1)) != 700 {
		t.Error("b is not heard")
	}
}

func TestGrowingUtterance(t *testing.T) {
	p := newPlayout()
	u := p.Begin("a", true)
	say(p, "b", constant(160, 2))
	if slices.Max(frames(p, 3)) != 0 || events(p) != "" {
		t.Error("something was played before it was written")
	}
	if err := u.Write(constant(400, 100)); err != nil {
		t.Fatal(err)
	}
	pcm := frames(p, 4)
	if pcm[319] != 100 || slices.Max(pcm[320+rampSamples:]) != 0 {
		t.Error("half a frame was played while more is to come")
	}
	if h := p.Heard(); h.Played != 40*time.Millisecond || h.Total != 50*time.Millisecond {
		t.Errorf("heard %+v", h)
	}
	if _, starved := p.counters(); starved != 2 {
		t.Errorf("starved %d frames, want 2", starved)
	}
	u.End()
	u.End()
	if err := u.Write(constant(1, 1)); !errors.Is(err, ErrEnded) {
		t.Errorf("writing after End: %v", err)
	}
	pcm = frames(p, 2)
	if pcm[79] != 100 || pcm[80] != 2 {
		t.Error("the rest, then b, should follow")
	}
	if got := events(p); got != "started a, finished a, started b, finished b, drained b" {
		t.Errorf("events: %s", got)
	}
	if u.ID() != "a" || !u.Interruptible() {
		t.Error("an utterance does not know itself")
	}
}

func TestEmptyUtteranceEndsAtOnce(t *testing.T) {
	p := newPlayout()
	p.Begin("a", true).End()
	if frames(p, 1); events(p) != "started a, finished a, drained a" || !p.Idle() {
		t.Error("an empty utterance stays")
	}
}

func TestPlayoutIsBounded(t *testing.T) {
	p := newPlayout()
	u := p.Begin("a", true)
	if err := u.Write(make([]int16, maxQueued)); err != nil {
		t.Fatal(err)
	}
	if err := u.Write(make([]int16, 1)); !errors.Is(err, ErrPlayoutFull) {
		t.Errorf("past the bound: %v", err)
	}
	p.Flush()
	if err := p.Begin("b", true).Write(make([]int16, maxQueued)); err != nil {
		t.Errorf("after Flush: %v", err)
	}
}

func TestSlowReaderLosesOldEvents(t *testing.T) {
	p := newPlayout()
	for i := range 100 {
		say(p, fmt.Sprint(i), constant(160, 1))
	}
	frames(p, 101)
	if dropped, _ := p.counters(); dropped != 201-playoutEvents {
		t.Errorf("dropped %d", dropped)
	}
	got := events(p)
	if !strings.HasSuffix(got, "started 99, finished 99, drained 99") {
		t.Errorf("the newest events are gone: %s", got)
	}
}

func TestPlayoutFromManyGoroutines(t *testing.T) {
	p := newPlayout()
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 50 {
				u := p.Begin(fmt.Sprintf("%d-%d", g, i), true)
				for range 3 {
					if err := u.Write(constant(100, 50)); err != nil && !errors.Is(err, ErrFlushed) {
						t.Error(err)
					}
				}
				u.End()
				switch i % 10 {
				case 3:
					p.Pause()
				case 5:
					p.Resume()
				case 9:
					p.Flush()
				}
				p.Heard()
			}
		})
	}
	wg.Go(func() { frames(p, 2000) })
	wg.Wait()
	p.Flush()
	if frames(p, 1); !p.Idle() || p.queued != 0 {
		t.Errorf("%d samples left behind", p.queued)
	}
}

func TestPullDoesNotAllocate(t *testing.T) {
	p := newPlayout()
	for i := range 300 {
		u := say(p, fmt.Sprint(i), constant(250, 100))
		_ = u
	}
	frame := make([]int16, FrameSamples)
	if n := testing.AllocsPerRun(400, func() { p.pull(frame) }); n != 0 {
		t.Errorf("%v allocations a frame", n)
	}
}
