package load

import (
	"context"
	"fmt"
	"math"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/acotel/acotel-sbc/media"
	"github.com/acotel/acotel-sbc/sip"
)

// Options are what all measurements share.
type Options struct {
	Calls   int
	Seconds int
	Rate    float64 // new calls in a second

	Target  string       // SIP URI of another server; "": our own is started
	Server  ServerConfig // of our own
	Profile string       // file for the server's processor profile during the measurement; "": none

	IP       netip.Addr                                       // local address of our calls
	Endpoint func(ctx context.Context) (*sip.Endpoint, error) // for our calls; closed by who measures
	Voice    Speak                                            // of the callers
	Progress func(format string, args ...any)                 // hears what goes on
	Talk     TalkOptions                                      // of Talk alone
}

// Header is the beginning of every result.
type Header struct {
	Bench     string       `json:"bench"`
	Target    string       `json:"target"`
	StartedAt time.Time    `json:"started_at"`
	Machine   Machine      `json:"machine"`
	Calls     int          `json:"calls"`
	Seconds   float64      `json:"seconds"` // measured
	Server    *ServerUse   `json:"server"`  // null for another server
	Generator GeneratorUse `json:"generator"`
}

// ServerUse is what a call costs the server.
type ServerUse struct {
	CPUPercentPerCall *float64 `json:"cpu_percent_per_call"` // of one core, children included
	RSSKBPerCall      *float64 `json:"rss_kb_per_call"`      // above what it took without calls
	CPUPercent        float64  `json:"cpu_percent"`          // of one core, in all
	RSSMB             float64  `json:"rss_mb"`               // in all
}

// GeneratorUse tells whether the generator was a fair measure.
type GeneratorUse struct {
	CPUPercent float64  `json:"cpu_percent"` // of one core
	LateP99MS  *float64 `json:"late_p99_ms"` // its own ticks of 1 ms
	Refused    uint64   `json:"refused"`     // packets that the kernel did not take
}

// rig is the set-up of one measurement: the server, our endpoint, the fleet.
type rig struct {
	Options
	server *Server // nil: another server
	uri    string
	ep     *sip.Endpoint
	fleet  *Fleet
	rest   Usage // of the server before the first call

	stopFleet context.CancelFunc
	fleetDone chan struct{}
}

// setUp starts what a measurement needs. A track of nil lets the callers speak a third of the time.
func (o Options) setUp(ctx context.Context, track *Track) (*rig, error) {
	r := &rig{Options: o, uri: o.Target, fleetDone: make(chan struct{})}
	var err error
	if track == nil {
		o.Progress("rendering the callers' voice")
		if track, err = NewTrack(ctx, o.Voice); err != nil {
			return nil, err
		}
	}
	if o.Target == "" {
		o.Progress("starting the server")
		if r.server, err = StartServer(ctx, o.Server); err != nil {
			return nil, err
		}
		r.uri = "sip:0970000000@" + r.server.SIP
		if r.rest, err = r.atRest(ctx); err != nil {
			_ = r.server.Stop()
			return nil, err
		}
	}
	if r.ep, err = o.Endpoint(ctx); err != nil {
		if r.server != nil {
			_ = r.server.Stop()
		}
		return nil, err
	}
	r.fleet = NewFleet(o.IP, track)
	run, cancel := context.WithCancel(context.WithoutCancel(ctx))
	r.stopFleet = cancel
	go func() { r.fleet.Run(run); close(r.fleetDone) }()
	return r, nil
}

// atRest is the server's usage when nothing is left of its start.
func (r *rig) atRest(ctx context.Context) (Usage, error) {
	if _, err := r.server.Runtime(ctx); err != nil {
		return Usage{}, err
	}
	pause(ctx, time.Second)
	return r.server.Usage()
}

// close ends everything; an error is the server's bad end.
func (r *rig) close() error {
	_ = r.ep.Close() // hangs up what is left
	r.stopFleet()
	<-r.fleetDone
	if r.server == nil {
		return nil
	}
	return r.server.Stop()
}

// Call is one of our calls, up.
type Call struct {
	Leg   *Leg
	SIP   *sip.Call
	SetUp time.Duration // from the INVITE to its 200
}

// defaultFrom is who calls.
const defaultFrom = "0199000001"

// dial places one call.
func (r *rig) dial(ctx context.Context, from string) (*Call, error) {
	leg, err := r.fleet.NewLeg()
	if err != nil {
		return nil, err
	}
	start := time.Now()
	call, err := r.ep.Dial(ctx, sip.DialRequest{
		URI: r.uri, From: from,
		Local: sip.LocalMedia{Addr: leg.Addr(), MediaOptions: sip.MediaOptions{Codecs: []media.Codec{media.PCMA()}}, Agreed: leg.Connect},
	})
	if err != nil {
		leg.Close()
		return nil, err
	}
	return &Call{Leg: leg, SIP: call, SetUp: time.Since(start)}, nil
}

// hangUp ends a call; it may have ended before.
func (c *Call) hangUp() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_ = c.SIP.Hangup(ctx, "done") // over for us, whether the BYE was answered or not
	c.Leg.Close()
}

// crowd keeps a number of calls up: one that the other side ends is placed anew.
type crowd struct {
	r      *rig
	up     atomic.Int64
	failed atomic.Int64         // not answered
	ended  atomic.Int64         // by the other side
	leave  []context.CancelFunc // one for each place
	wait   sync.WaitGroup
}

func (r *rig) newCrowd() *crowd { return &crowd{r: r} }

// grow adds n calls at the rate asked for and returns when they are up, have failed, or ctx ends.
func (c *crowd) grow(ctx context.Context, n int) {
	want := c.up.Load() + int64(n)
	every := time.Duration(float64(time.Second) / c.r.Rate)
	failedBefore := c.failed.Load()
	for i := range n {
		place, leave := context.WithCancel(ctx)
		c.leave = append(c.leave, leave)
		c.wait.Go(func() { c.keep(place) })
		if i%25 == 24 {
			c.r.Progress("%d of %d calls are up", c.up.Load(), want)
		}
		pause(ctx, every)
	}
	for c.up.Load()+c.failed.Load()-failedBefore < want && ctx.Err() == nil {
		pause(ctx, 20*time.Millisecond)
	}
}

// keep holds one place in the crowd.
func (c *crowd) keep(ctx context.Context) {
	for ctx.Err() == nil {
		call, err := c.r.dial(ctx, defaultFrom)
		if err != nil {
			if ctx.Err() == nil {
				c.failed.Add(1)
			}
			return
		}
		c.up.Add(1)
		select {
		case <-call.SIP.Done():
			c.up.Add(-1)
			c.ended.Add(1)
			call.Leg.Close()
		case <-ctx.Done():
			c.up.Add(-1)
			call.hangUp()
		}
	}
}

// shrink hangs n calls up.
func (c *crowd) shrink(n int) {
	for range min(n, len(c.leave)) {
		c.leave[len(c.leave)-1]()
		c.leave = c.leave[:len(c.leave)-1]
	}
}

// close hangs all up.
func (c *crowd) close() {
	c.shrink(len(c.leave))
	c.wait.Wait()
}

// span is a time in which use is measured.
type span struct {
	r            *rig
	began        time.Time
	server, self Usage
}

// open begins the measurement of the fleet and of what both processes use.
func (r *rig) open() (s span, err error) {
	s.r = r
	if r.server != nil {
		if s.server, err = r.server.Usage(); err != nil {
			return s, err
		}
	}
	s.self, s.began = ownUsage(), time.Now()
	r.fleet.Open()
	return s, nil
}

// close ends it. calls is what the cost is divided by, 0: none.
func (s span) close(bench string, calls int) (Header, Measured, error) {
	m := s.r.fleet.Collect()
	took := time.Since(s.began)
	h := Header{Bench: bench, Target: s.r.uri, StartedAt: s.began, Machine: ThisMachine(), Calls: s.r.Calls, Seconds: milliseconds(took) / 1000}
	h.Generator = GeneratorUse{CPUPercent: percent(ownUsage().CPU-s.self.CPU, took), LateP99MS: m.Late.at(0.99), Refused: m.Refused}
	if s.r.server == nil {
		return h, m, nil
	}
	now, err := s.r.server.Usage()
	if err != nil {
		return h, m, err
	}
	h.Server = &ServerUse{CPUPercent: percent(now.CPU-s.server.CPU, now.At.Sub(s.server.At)), RSSMB: round(float64(now.RSS)/(1<<20), 1)}
	if calls > 0 {
		cpu := round(h.Server.CPUPercent/float64(calls), 3)
		rss := round(float64(now.RSS-s.r.rest.RSS)/1024/float64(calls), 1)
		h.Server.CPUPercentPerCall, h.Server.RSSKBPerCall = &cpu, &rss
	}
	return h, m, nil
}

// watchFor waits for the time of a measurement, says how far it is, and takes a profile when one was asked for.
func (r *rig) watchFor(ctx context.Context, seconds int, what func() string) error {
	profiled := make(chan error, 1)
	if r.Profile != "" && r.server != nil {
		go func() { profiled <- r.server.Profile(ctx, max(1, seconds-1), r.Profile) }()
	} else {
		profiled <- nil
	}
	for left := seconds; left > 0 && ctx.Err() == nil; left-- {
		r.Progress("measuring, %d s left%s", left, what())
		pause(ctx, time.Second)
	}
	if err := <-profiled; err != nil {
		return err
	}
	return ctx.Err()
}

func pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

func percent(part, whole time.Duration) float64 {
	if whole <= 0 {
		return 0
	}
	return round(100*float64(part)/float64(whole), 2)
}

// check tells what is wrong with the options of a measurement.
func (o Options) check() error {
	switch {
	case o.Calls < 1:
		return fmt.Errorf("%w: --calls must be at least 1", ErrOptions)
	case o.Seconds < 1:
		return fmt.Errorf("%w: --seconds must be at least 1", ErrOptions)
	case !(o.Rate > 0) || math.IsInf(o.Rate, 1): // NaN is no rate either
		return fmt.Errorf("%w: --rate must be above 0", ErrOptions)
	}
	return nil
}
