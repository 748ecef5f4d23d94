package load

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/acotel/acotel-sbc/sip"
)

// holdTime is how long the calls of `bench setup` stay up.
const holdTime = time.Second

// SetupResult is what `bench setup` finds: how fast calls are answered.
type SetupResult struct {
	Header
	Rate            float64        `json:"rate"` // calls placed in a second
	Placed          int            `json:"placed"`
	InviteTo200MS   Quantiles99    `json:"invite_to_200_ms"`
	Retransmissions uint64         `json:"retransmissions"` // INVITEs and answers that had to be sent again, by us
	Failed          int            `json:"failed"`
	Why             map[string]int `json:"why,omitempty"` // of those that failed
	setup           *Histogram
}

// Setup places calls at a steady rate, whether the earlier ones were answered or not, and hangs up a second after the answer. It
// places Calls of them, or goes on for Seconds when Calls is 0.
func Setup(ctx context.Context, o Options) (res SetupResult, err error) {
	if o.Calls == 0 {
		o.Calls = max(1, int(o.Rate*float64(o.Seconds)))
	}
	if err := o.check(); err != nil {
		return res, err
	}
	r, err := o.setUp(ctx, SilentTrack())
	if err != nil {
		return res, err
	}
	defer func() { err = errors.Join(err, r.close()) }()
	s, err := r.open()
	if err != nil {
		return res, err
	}
	t := &turnover{r: r, hold: holdTime, setup: &Histogram{}, why: map[string]int{}}
	t.run(ctx, o.Calls)
	h, _, err := s.close("setup", 0)
	if err != nil {
		return res, err
	}
	if t.setup.Count() == 0 {
		return res, fmt.Errorf("load: none of %d calls was answered: %v", t.placed, t.why)
	}
	return SetupResult{
		Header: h, Rate: o.Rate, Placed: t.placed, InviteTo200MS: t.setup.quantiles99(), Retransmissions: r.ep.Stats().Retransmissions,
		Failed: t.failed, Why: t.why, setup: t.setup,
	}, ctx.Err()
}

// turnover places short calls.
type turnover struct {
	r    *rig
	hold time.Duration

	placed int

	mu     sync.Mutex
	setup  *Histogram
	failed int
	why    map[string]int
}

// run places n calls, open loop, and waits for the last one's end.
func (t *turnover) run(ctx context.Context, n int) {
	var wait sync.WaitGroup
	defer wait.Wait()
	start := time.Now()
	for i := range n {
		pause(ctx, time.Until(start.Add(time.Duration(float64(i)*float64(time.Second)/t.r.Rate))))
		if ctx.Err() != nil {
			return
		}
		t.placed++
		wait.Go(func() { t.call(ctx) })
		if i%50 == 49 {
			t.r.Progress("%d of %d calls placed, %d failed", i+1, n, t.failures())
		}
	}
}

func (t *turnover) failures() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.failed
}

func (t *turnover) call(ctx context.Context) {
	c, err := t.r.dial(ctx, defaultFrom)
	t.mu.Lock()
	if err != nil {
		t.failed++
		t.why[reason(err)]++
	} else {
		t.setup.Add(c.SetUp)
	}
	t.mu.Unlock()
	if err != nil {
		return
	}
	pause(ctx, t.hold)
	c.hangUp()
}

// reason groups the failures of calls.
func reason(err error) string {
	var refused *sip.StatusError
	switch {
	case errors.As(err, &refused):
		return refused.Error()
	case errors.Is(err, sip.ErrTimeout):
		return "no answer"
	}
	return err.Error()
}
