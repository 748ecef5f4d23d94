package call

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/acotel/acotel-sbc/media"
	"github.com/acotel/acotel-sbc/record"
)

// offer makes the caller's side hold the call (SendOnly, Inactive) or take it back (SendRecv).
func (p *phone) offer(dir media.Direction) time.Duration {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := p.call.Reinvite(ctx, dir); err != nil {
		p.t.Fatal(err)
	}
	return p.moment()
}

// TestHoldWhileSpeaking: what was being said is cut by the hold and said again from the sentence's beginning; nothing is heard
// between.
func TestHoldWhileSpeaking(t *testing.T) {
	t.Parallel()
	for name, dir := range map[string]media.Direction{"held": media.SendOnly, "inactive": media.Inactive} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := serving(t, nil)
			p := x.ring("0970000000")
			until(t, "the notice", func() bool { return x.said(notice) == 1 && p.heard(0) > 5 })
			held := p.offer(dir) + 200*time.Millisecond // what was under way
			if dir.Sends() {
				p.say(time.Second) // music, for whoever listens
			}
			p.lives(time.Second)
			if n := p.heard(held); n != 0 {
				t.Errorf("%d frames of sound on hold", n)
			}
			back := p.offer(media.SendRecv)
			until(t, "the end of what was being said", func() bool { _, ok := x.fact(record.Welcomed); return ok })
			until(t, "as much sound as the notice alone has", func() bool { return p.heard(back) >= 5*words(notice) })
			if n := x.said(notice); n != 1 {
				t.Errorf("the notice is on record %d times", n)
			}
			p.hangUp()
		})
	}
}

// TestHoldWhileListening: no silence is held against who is away, and the question is put again to who is back.
func TestHoldWhileListening(t *testing.T) {
	t.Parallel()
	x := serving(t, func(c *Config) { c.Turns.NoInputMS, c.Turns.NoInputAgainMS = 2500, 2500 })
	p := x.ring("0970000000")
	until(t, "the question", func() bool { _, ok := x.fact(record.QuestionAsked); return ok })
	p.quietFor(300 * time.Millisecond)
	p.offer(media.SendOnly)
	p.say(1500 * time.Millisecond)      // music on hold is no answer
	time.Sleep(1500 * time.Millisecond) // 3 s in all
	if _, ok := x.fact(record.NoInput); ok {
		t.Error("silence on hold was held against the caller")
	}
	if _, ok := x.fact(record.NotUnderstood); ok {
		t.Error("music on hold was taken for an answer")
	}
	if p.over() {
		t.Fatal("the call ended on hold")
	}
	back := p.offer(media.SendRecv)
	until(t, "the question again", func() bool { return p.heard(back) > 10 })
	until(t, "silence that counts again", func() bool { _, ok := x.fact(record.NoInput); return ok })
	p.hangUp()
}

// words is how many words a text has; the test's voice makes five frames of each.
func words(text string) int { return len(strings.Fields(text)) }
