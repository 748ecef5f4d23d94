package simulate

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"time"

	"github.com/acotel/acotel-sbc/dialog"
	"github.com/acotel/acotel-sbc/dialog/script"
	"github.com/acotel/acotel-sbc/place"
	"github.com/acotel/acotel-sbc/record"
)

// Config is what a campaign needs.
type Config struct {
	Calls   int
	Seed    uint64
	Errors  float64 // share of words that the recogniser gets wrong, 0 to 1
	Workers int     // calls at once; 0: one for each processor. It changes nothing but the time

	Gazetteer *place.Gazetteer
	Search    script.Search
	// NewDialog makes the conversation of one call; seed chooses its wordings.
	NewDialog func(seed uint64) *dialog.Dialog
	Start     time.Time // when every call is answered
	// Keep, where not nil, gets the facts of each call when it is over. It is called from several goroutines.
	Keep func(id int, facts []record.Fact)
}

// Turn is one side's turn in a transcript.
type Turn struct {
	Who   string `json:"who"`             // caller, service
	Text  string `json:"text"`            // what was said; "[1]" keys; "" silence
	Heard string `json:"heard,omitempty"` // what the recogniser made of it, when that is something else
}

// Call is one call of a campaign.
type Call struct {
	ID          int
	Caller      *Caller
	Summary     record.Summary
	Transcript  []Turn
	Right       bool   // the place found last is the caller's
	RightAtOnce bool   // the place found first was, and it was found at the first try
	Left        string // why the caller hung up; "" when the service did
}

// Run holds a campaign and reports. It stops early with ctx. Errors: the caller's words cannot be read.
func Run(ctx context.Context, c Config) (Report, error) {
	if c.Calls < 1 || c.Errors < 0 || c.Errors > 1 {
		return Report{}, errors.New("simulate: a campaign has at least one call, and errors between 0 and 1")
	}
	world, err := NewWorld(c.Gazetteer)
	if err != nil {
		return Report{}, err
	}
	began := time.Now()
	channel := NewChannel(c.Errors, c.Gazetteer)
	calls := make([]Call, c.Calls)
	next := make(chan int)
	var group sync.WaitGroup
	workers := c.Workers
	if workers < 1 {
		workers = runtime.GOMAXPROCS(0)
	}
	for range workers {
		group.Go(func() {
			for i := range next {
				calls[i] = c.hold(ctx, world, channel, i)
			}
		})
	}
	for i := range calls {
		if ctx.Err() != nil {
			break
		}
		next <- i
	}
	close(next)
	group.Wait()
	if ctx.Err() != nil {
		return Report{}, fmt.Errorf("simulate: %w", ctx.Err())
	}
	r := report(calls)
	r.Seed, r.Errors, r.Seconds = c.Seed, c.Errors, time.Since(began).Seconds()
	return r, nil
}

// maxTurns ends a call that goes in circles; the service's own limit of time would.
const maxTurns = 120

// hold is one call, from its own stream of chance, so that it does not matter which worker has it and when.
func (c Config) hold(ctx context.Context, world *World, channel *Channel, id int) Call {
	r := rand.New(rand.NewPCG(c.Seed, uint64(id)))
	caller := world.NewCaller(r)
	call := Call{ID: id, Caller: caller}
	facts := []record.Fact{
		{Kind: record.Presented, At: c.Start, Data: map[string]any{"line": "production", "origin": string(caller.Origin)}},
		{Kind: record.Answered, At: c.Start},
		{Kind: record.WelcomeStarted, At: c.Start},
	}
	s := script.NewSession(script.Config{
		Dialog: c.NewDialog(r.Uint64()), Caller: dialog.Caller{Origin: caller.Origin, Zone: caller.Zone}, Start: c.Start, Search: c.Search,
		Fact: func(f record.Fact) { facts = append(facts, f) },
		SMS: func(m dialog.SendSMS) error {
			facts = append(facts, record.Fact{Kind: record.SMSSent, At: c.Start, Data: map[string]any{"key": m.Key}})
			return nil
		},
	})
	reply := s.Begin(ctx)
	facts = append(facts, record.Fact{Kind: record.Welcomed, At: s.Now()})
	for range maxTurns {
		call.hear(reply)
		if reply.Over {
			break
		}
		act := caller.Answer(prompt(reply, s.Now().Sub(c.Start)))
		if act.HangUp {
			call.Left = act.Why
			s.HangUp(ctx)
			break
		}
		reply = call.act(ctx, s, act, channel, r)
	}
	if !s.Over() {
		call.Left = "circles"
		s.HangUp(ctx)
	}
	by := "local"
	if call.Left != "" {
		by = "remote"
	}
	facts = append(facts, record.Fact{Kind: record.Ended, At: s.Now(), Data: map[string]any{"by": by, "reason": s.Reason()}})
	call.Summary = record.Summarise(facts)
	if c.Keep != nil {
		c.Keep(id, facts)
	}
	call.judgePlaces(facts)
	return call
}

// prompt is what the caller hears of a reply.
func prompt(r script.Reply, elapsed time.Duration) Prompt {
	p := Prompt{State: r.State, Elapsed: elapsed}
	for _, s := range r.Said {
		p.Said = append(p.Said, Said{s.Message, s.Text})
	}
	return p
}

// hear keeps what the service said.
func (c *Call) hear(r script.Reply) {
	if text := r.Text(); text != "" {
		c.Transcript = append(c.Transcript, Turn{Who: "service", Text: text})
	}
}

// act does what the caller does, through the line.
func (c *Call) act(ctx context.Context, s *script.Session, a Act, channel *Channel, r *rand.Rand) script.Reply {
	switch {
	case a.Keys != "":
		c.Transcript = append(c.Transcript, Turn{Who: "caller", Text: "[" + a.Keys + "]"})
		return s.Key(ctx, a.Keys)
	case a.Silence:
		c.Transcript = append(c.Transcript, Turn{Who: "caller"})
		return s.Silence(ctx)
	}
	heard := channel.Hear(a.Say, r)
	t := Turn{Who: "caller", Text: a.Say, Heard: "…"}
	if len(heard) > 0 {
		t.Heard = heard[0].Text
	}
	c.Transcript = append(c.Transcript, t)
	return s.Hear(ctx, heard)
}

// judgePlaces compares the places found with where the caller lives.
func (c *Call) judgePlaces(facts []record.Fact) {
	first := true
	for _, f := range facts {
		if f.Kind != record.PlaceFound {
			continue
		}
		insee, _ := f.Data["insee"].(string)
		code, _ := f.Data["postal_code"].(string)
		c.Right = c.Caller.Finds(insee, code)
		if first {
			c.RightAtOnce = c.Right && c.Summary.PlaceTries != nil && *c.Summary.PlaceTries == 1
			first = false
		}
	}
}
