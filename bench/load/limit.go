package load

import (
	"context"
	"errors"
	"fmt"
)

const (
	limitCalls = 3000 // the ports of the server end there
)

// What may give way first.
const (
	gavePacing  = "pacing"
	gavePackets = "lost"
	gaveCalls   = "failed"
	gaveNothing = "none" // up to the greatest number tried
)

// LimitResult is what `bench limit` finds: how many calls a server carries well.
type LimitResult struct {
	Header
	LimitCalls int        `json:"limit_calls"` // the greatest number at which all was well
	GaveWay    string     `json:"gave_way"`    // what did first past it: pacing, lost, failed; none
	Rows       []LimitRow `json:"rows"`
}

// LimitRow is one number of calls.
type LimitRow struct {
	Calls             int      `json:"calls"`
	PacingP50MS       *float64 `json:"pacing_p50_ms"`
	PacingP99MS       *float64 `json:"pacing_p99_ms"`
	Lost              uint64   `json:"lost"`
	Failed            int64    `json:"failed"`
	CPUPercentPerCall *float64 `json:"cpu_percent_per_call"`
	RSSKBPerCall      *float64 `json:"rss_kb_per_call"`
	GeneratorPercent  float64  `json:"generator_cpu_percent"`
	GaveWay           string   `json:"gave_way"`
}

// Limit raises the number of calls step by step until something gives way. Calls is the first number and the step, Seconds the time that
// each number is measured.
func Limit(ctx context.Context, o Options) (res LimitResult, err error) {
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
	res.GaveWay = gaveNothing
	for n := o.Calls; n <= limitCalls; n += o.Calls {
		row, err := r.limitRow(ctx, c, n, &res)
		if err != nil {
			return res, err
		}
		if row.GaveWay == gaveNothing {
			res.LimitCalls = n
			continue
		}
		res.GaveWay = row.GaveWay
		if fine := n - o.Calls/2; fine > res.LimitCalls && fine < n && row.GaveWay != gaveCalls {
			if row, err = r.limitRow(ctx, c, fine, &res); err != nil {
				return res, err
			}
			if row.GaveWay == gaveNothing {
				res.LimitCalls = fine
			} else {
				res.GaveWay = row.GaveWay
			}
		}
		break
	}
	return res, nil
}

// limitRow brings the crowd to n calls and measures.
func (r *rig) limitRow(ctx context.Context, c *crowd, n int, res *LimitResult) (LimitRow, error) {
	failed := c.failed.Load()
	if have := len(c.leave); n > have {
		c.grow(ctx, n-have)
	} else {
		c.shrink(have - n)
	}
	pause(ctx, settle)
	r.Progress("%d calls", n)
	m, err := r.measureMedia(ctx, c, "limit")
	if err != nil {
		return LimitRow{}, err
	}
	row := LimitRow{
		Calls: n, PacingP50MS: m.PacingMS.P50, PacingP99MS: m.PacingMS.P99, Lost: m.Lost, Failed: c.failed.Load() - failed,
		GeneratorPercent: m.Generator.CPUPercent, GaveWay: gaveNothing,
	}
	if m.Server != nil {
		row.CPUPercentPerCall, row.RSSKBPerCall = m.Server.CPUPercentPerCall, m.Server.RSSKBPerCall
	}
	switch {
	case row.Failed > 0:
		row.GaveWay = gaveCalls
	case row.Lost > 0:
		row.GaveWay = gavePackets
	case row.PacingP99MS != nil && *row.PacingP99MS > wantPacingMS:
		row.GaveWay = gavePacing
	}
	res.Header = m.Header
	res.Calls = n
	res.Rows = append(res.Rows, row)
	return row, nil
}

// Report is the result for people.
func (r LimitResult) Report() Report {
	rep := Report{
		Title: fmt.Sprintf("bench limit: %d calls", r.LimitCalls),
		Facts: append(r.facts()[:2], Fact{Name: "calls carried well", Value: fmt.Sprint(r.LimitCalls), Want: fmt.Sprintf("at least %d", wantLimitCalls), Good: r.LimitCalls >= wantLimitCalls},
			Fact{Name: "what gave way first", Value: r.GaveWay}),
	}
	t := Table{Title: "Each number of calls", Names: []string{"calls", "pacing p50 ms", "pacing p99 ms", "lost", "failed", "% of a core each", "KB each", "generator %", "gave way"}}
	pacing, cpu := Line{Name: "pacing error p99, ms"}, Line{Name: "% of a core for each call"}
	for _, row := range r.Rows {
		t.Rows = append(t.Rows, []string{fmt.Sprint(row.Calls), known(row.PacingP50MS, ""), known(row.PacingP99MS, ""), fmt.Sprint(row.Lost), fmt.Sprint(row.Failed),
			known(row.CPUPercentPerCall, ""), known(row.RSSKBPerCall, ""), figure(row.GeneratorPercent), row.GaveWay})
		pacing.add(float64(row.Calls), row.PacingP99MS)
		cpu.add(float64(row.Calls), row.CPUPercentPerCall)
	}
	rep.Tables = []Table{t}
	rep.Charts = []Chart{
		{Title: "Pacing error", X: "calls", Y: "ms", Lines: []Line{pacing}, Limit: wantPacingMS},
		{Title: "Cost of a call", X: "calls", Y: "% of a core", Lines: []Line{cpu}, Limit: wantCPUPercent},
	}
	return rep
}

// add puts a point on the line, if its value is known.
func (l *Line) add(x float64, y *float64) {
	if y != nil {
		l.Points = append(l.Points, [2]float64{x, *y})
	}
}
