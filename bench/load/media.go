package load

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// settle is the time between the last call's answer and the measurement.
const settle = 3 * time.Second

// MediaResult is what `bench media` finds: what calls that play and listen cost, and how evenly they are served.
type MediaResult struct {
	Header
	TxPPSPerCall float64     `json:"tx_pps_per_call"` // packets that the server sends in a second for each call
	PacingMS     Quantiles99 `json:"pacing_ms"`       // deviation from 20 ms between two packets of a call
	JitterMS     float64     `json:"jitter_ms"`       // RFC 3550 §6.4.1, mean of the calls
	Lost         uint64      `json:"lost"`
	Failed       int64       `json:"failed"` // calls that were not answered
	Ended        int64       `json:"ended"`  // calls that the server ended and that were placed anew
	pacing       *Histogram
}

// Media holds calls up and measures them for some seconds.
func Media(ctx context.Context, o Options) (res MediaResult, err error) {
	if err := o.check(); err != nil {
		return res, err
	}
	r, err := o.setUp(ctx, nil)
	if err != nil {
		return res, err
	}
	defer func() { err = errors.Join(err, r.close()) }()
	c := r.newCrowd()
	defer c.close()
	c.grow(ctx, o.Calls)
	pause(ctx, settle)
	return r.measureMedia(ctx, c, "media")
}

// measureMedia measures the calls that are up.
func (r *rig) measureMedia(ctx context.Context, c *crowd, bench string) (res MediaResult, err error) {
	up := c.up.Load()
	if up == 0 {
		return res, fmt.Errorf("load: none of %d calls was answered", r.Calls)
	}
	s, err := r.open()
	if err != nil {
		return res, err
	}
	if err := r.watchFor(ctx, r.Seconds, func() string { return fmt.Sprintf(", %d calls up", c.up.Load()) }); err != nil {
		return res, err
	}
	h, m, err := s.close(bench, int(up))
	if err != nil {
		return res, err
	}
	return MediaResult{
		Header: h, TxPPSPerCall: round(float64(m.Received+m.Lost)/h.Seconds/float64(up), 2),
		PacingMS: m.Pacing.quantiles99(), JitterMS: round(m.JitterMS, 3), Lost: m.Lost, Failed: c.failed.Load(), Ended: c.ended.Load(), pacing: m.Pacing,
	}, nil
}
