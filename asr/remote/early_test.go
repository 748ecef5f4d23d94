package remote

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/acotel/acotel-sbc/asr"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// peer is a server whose sessions tell when they are asked, and answer when they are told to.
type peer struct {
	asked chan *visit // sessions that were told that this was all
}

// visit is one session.
type visit struct {
	ctx     context.Context
	peer    *peer
	samples int
	hints   asr.Hints
	answer  chan reply
}

type reply struct {
	text string
	err  error
}

func (p *peer) open(ctx context.Context, _ int, _ asr.Hints, _ func(string, float64)) (Session, error) {
	return &visit{ctx: ctx, peer: p, answer: make(chan reply, 1)}, nil
}

func (v *visit) Write(pcm []int16) error { v.samples += len(pcm); return nil }
func (v *visit) Close()                  {}
func (v *visit) Finish(h asr.Hints) ([]asr.Alternative, error) {
	v.hints = h
	v.peer.asked <- v
	select {
	case r := <-v.answer:
		return Words(r.text, 0.7), r.err
	case <-v.ctx.Done():
		return nil, v.ctx.Err()
	}
}

// line of 8 kHz: 200 ms of a buzz, and of silence.
var (
	loud  = slices.Repeat([]int16{4000, 4000, -4000, -4000}, 400)
	quiet = make([]int16, 1600)
)

// caller speaks to a recogniser of the peer and keeps what comes out.
type caller struct {
	*testing.T
	peer *peer
	asr.Stream
}

func call(t *testing.T, early bool) caller {
	p := &peer{asked: make(chan *visit, 10)}
	r := New(Config{Name: "peer", Open: p.open, Early: early, Timeout: time.Minute})
	s, err := r.Open(t.Context(), asr.Format{SampleRate: 8000})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return caller{t, p, s}
}

func (c caller) write(pieces ...[]int16) {
	c.Helper()
	for _, p := range pieces {
		for frame := range slices.Chunk(p, 160) {
			if err := c.Write(frame); err != nil {
				c.Fatal(err)
			}
		}
	}
}

func (c caller) end() {
	c.Helper()
	if err := c.EndTurn(); err != nil {
		c.Fatal(err)
	}
}

func (c caller) prepare() { c.Stream.(asr.Preparer).Prepare() }

// asked is the next session that was told that this was all, after so many samples.
func (c caller) asked(samples int) *visit {
	c.Helper()
	v := <-c.peer.asked
	if v.samples != samples {
		c.Errorf("the server was asked after %d samples, want %d", v.samples, samples)
	}
	return v
}

// hears checks the next result.
func (c caller) hears(prepared bool, turn int, text string) {
	c.Helper()
	if r := <-c.Results(); r.Prepared != prepared || r.Final == prepared || r.Turn != turn || r.Text() != text || r.Err != nil {
		c.Errorf("%+v, want %q of turn %d, prepared %v", r, text, turn, prepared)
	}
}

// nothingElse checks that the server was asked for nothing more, once all is over.
func (c caller) nothingElse() {
	c.Helper()
	if err := c.Close(); err != nil {
		c.Fatal(err)
	}
	if len(c.peer.asked) > 0 {
		c.Errorf("the server was asked %d times more", len(c.peer.asked))
	}
}

func TestAnsweredBeforeTheEnd(t *testing.T) {
	for name, run := range map[string]func(c caller){
		"silence follows": func(c caller) {
			c.write(loud)
			c.prepare()
			c.prepare()
			c.asked(1600).answer <- reply{text: "oui"}
			c.hears(true, 0, "oui")
			c.write(quiet, quiet)
			c.end()
			c.hears(false, 0, "oui")
		},
		"the end comes before the answer": func(c caller) {
			c.write(loud)
			c.prepare()
			v := c.asked(1600)
			c.write(quiet)
			c.end()
			v.answer <- reply{text: "oui"}
			c.hears(false, 0, "oui")
		},
		"the caller speaks on before the answer": func(c caller) {
			c.write(loud)
			c.prepare()
			v := c.asked(1600)
			c.write(quiet, loud)
			<-v.ctx.Done()
			c.prepare()
			c.asked(4800).answer <- reply{text: "oui merci"}
			c.hears(true, 0, "oui merci")
			c.end()
			c.hears(false, 0, "oui merci")
		},
		"the caller speaks on after the answer": func(c caller) {
			c.write(loud)
			c.prepare()
			c.asked(1600).answer <- reply{text: "oui"}
			c.hears(true, 0, "oui")
			c.write(loud)
			c.end()
			c.asked(3200).answer <- reply{text: "oui merci"}
			c.hears(false, 0, "oui merci")
		},
		"it fails": func(c caller) {
			c.write(loud)
			c.prepare()
			c.asked(1600).answer <- reply{err: errors.New("broken")}
			c.write(quiet)
			c.end()
			c.asked(3200).answer <- reply{text: "oui"}
			c.hears(false, 0, "oui")
		},
		"one that was thrown away is no failure": func(c caller) {
			c.write(loud)
			c.prepare()
			v := c.asked(1600)
			c.write(loud)
			<-v.ctx.Done()
			c.end()
			c.asked(3200).answer <- reply{err: errors.New("broken")}
			c.asked(3200).answer <- reply{text: "oui"}
			c.hears(false, 0, "oui")
		},
		"something else is expected": func(c caller) {
			c.write(loud)
			c.prepare()
			v := c.asked(1600)
			c.Expect(asr.Hints{State: "confirm"})
			<-v.ctx.Done()
			c.end()
			if v = c.asked(1600); v.hints.State != "confirm" {
				c.Errorf("asked with %+v", v.hints)
			}
			v.answer <- reply{text: "oui"}
			c.hears(false, 0, "oui")
		},
		"the turn is cancelled": func(c caller) {
			c.write(loud)
			c.prepare()
			v := c.asked(1600)
			c.Cancel()
			<-v.ctx.Done()
			c.write(loud, loud)
			c.end()
			c.asked(3200).answer <- reply{text: "oui"}
			c.hears(false, 1, "oui")
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := call(t, true)
			run(c)
			c.nothingElse()
		})
	}
}

// A server that hears while the sound comes is asked at the end.
func TestPrepareIsForThoseThatWorkAtTheEnd(t *testing.T) {
	c := call(t, false)
	c.write(loud)
	c.prepare()
	c.write(quiet)
	c.end()
	c.asked(3200).answer <- reply{text: "oui"}
	c.hears(false, 0, "oui")
	c.nothingElse()
}
