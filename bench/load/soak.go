package load

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	soakHold  = 200 * time.Millisecond // how long a call stays up
	soakEvery = 1000                   // calls between two samples
	soakRest  = time.Second            // between the last BYE and a sample
	// soakWarm are the first samples, left out of the slope when there are enough others: SIP remembers transactions for 32 s (RFC 3261
	// timers H, I and J), and caches fill.
	soakWarm = 3
)

// SoakResult is what `bench soak` finds: what is left of calls that are over.
type SoakResult struct {
	Header
	Rate    float64    `json:"rate"`
	Failed  int        `json:"failed"`
	Samples []Sample   `json:"samples"`
	Slope   *SoakSlope `json:"slope"` // null for another server
}

// Sample is the server after some calls, at rest unless callers are on the line.
type Sample struct {
	Calls      int     `json:"calls"`
	Callers    int     `json:"callers,omitempty"`
	Seconds    float64 `json:"seconds"` // since the first call
	Goroutines int     `json:"goroutines"`
	Sockets    int     `json:"sockets"`
	HeapMB     float64 `json:"heap_mb"` // alive after a collection
	RSSMB      float64 `json:"rss_mb"`
}

// SoakSlope is what a thousand calls leave behind.
type SoakSlope struct {
	HeapKB     float64 `json:"heap_kb_per_1000_calls"`
	Goroutines float64 `json:"goroutines_per_1000_calls"`
	Sockets    float64 `json:"sockets_per_1000_calls"`
}

// Soak places short calls, Rate in a second, and looks at the server after each thousand.
func Soak(ctx context.Context, o Options) (res SoakResult, err error) {
	o.Seconds = max(1, o.Seconds) // not asked for: the calls decide
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
	t := &turnover{r: r, hold: soakHold, setup: &Histogram{}, why: map[string]int{}}
	res.Rate = o.Rate
	start := time.Now()
	sample := func(calls int) error {
		if r.server == nil {
			return nil
		}
		pause(ctx, soakRest)
		in, err := r.server.Runtime(ctx)
		if err != nil {
			return err
		}
		u, err := r.server.Usage()
		if err != nil {
			return err
		}
		res.Samples = append(res.Samples, Sample{
			Calls: calls, Seconds: round(time.Since(start).Seconds(), 1), Goroutines: in.Goroutines, Sockets: u.Sockets,
			HeapMB: round(float64(in.HeapBytes)/(1<<20), 3), RSSMB: round(float64(u.RSS)/(1<<20), 1),
		})
		return nil
	}
	if err := sample(0); err != nil {
		return res, err
	}
	every := min(soakEvery, max(1, o.Calls/5))
	for done := 0; done < o.Calls; {
		n := min(every, o.Calls-done)
		t.run(ctx, n)
		if ctx.Err() != nil {
			return res, ctx.Err()
		}
		done += n
		if err := sample(done); err != nil {
			return res, err
		}
		r.Progress("%d of %d calls are over, %d failed", done, o.Calls, t.failures())
	}
	h, _, err := s.close("soak", 0)
	if err != nil {
		return res, err
	}
	res.Header, res.Failed, res.Slope = h, t.failed, slopeOf(res.Samples)
	return res, nil
}

// slopeOf is the trend of the samples by least squares, nil without enough of them.
func slopeOf(samples []Sample) *SoakSlope {
	if len(samples) >= 2*soakWarm {
		samples = samples[soakWarm:]
	}
	if len(samples) < 2 {
		return nil
	}
	trend := func(of func(Sample) float64) float64 {
		var sx, sy, sxx, sxy float64
		n := float64(len(samples))
		for _, s := range samples {
			x, y := float64(s.Calls)/1000, of(s)
			sx, sy, sxx, sxy = sx+x, sy+y, sxx+x*x, sxy+x*y
		}
		return round((n*sxy-sx*sy)/(n*sxx-sx*sx), 2) + 0 // not -0
	}
	return &SoakSlope{
		HeapKB:     trend(func(s Sample) float64 { return s.HeapMB * 1024 }),
		Goroutines: trend(func(s Sample) float64 { return float64(s.Goroutines) }),
		Sockets:    trend(func(s Sample) float64 { return float64(s.Sockets) }),
	}
}

// Report is the result for people.
func (r SoakResult) Report() Report {
	rep := Report{Title: fmt.Sprintf("bench soak: %d short calls, %s a second", r.Calls, figure(r.Rate)), Facts: append(r.facts(), none("calls that failed", uint64(r.Failed)))}
	if r.Slope != nil {
		rep.Facts = append(rep.Facts,
			Fact{Name: "heap left by 1000 calls", Value: figure(r.Slope.HeapKB) + " KB"},
			Fact{Name: "goroutines left by 1000 calls", Value: figure(r.Slope.Goroutines)},
			Fact{Name: "sockets left by 1000 calls", Value: figure(r.Slope.Sockets)})
	}
	t := Table{Title: "The server at rest", Names: []string{"calls", "goroutines", "sockets", "heap MB", "RSS MB"}}
	heap, rss, goroutines := Line{Name: "heap"}, Line{Name: "resident"}, Line{Name: "goroutines"}
	for _, s := range r.Samples {
		t.Rows = append(t.Rows, []string{fmt.Sprint(s.Calls), fmt.Sprint(s.Goroutines), fmt.Sprint(s.Sockets), figure(s.HeapMB), figure(s.RSSMB)})
		x, g := float64(s.Calls), float64(s.Goroutines)
		heap.add(x, &s.HeapMB)
		rss.add(x, &s.RSSMB)
		goroutines.add(x, &g)
	}
	if len(t.Rows) > 0 {
		rep.Tables = []Table{t}
		rep.Charts = []Chart{
			{Title: "Memory", X: "calls", Y: "MB", Lines: []Line{heap, rss}},
			{Title: "Goroutines", X: "calls", Y: "", Lines: []Line{goroutines}},
		}
	}
	return rep
}
