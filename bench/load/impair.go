package load

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

const (
	impairKeys  = "84000#"        // pressed again and again
	impairEvery = 4 * time.Second // from one time to the next
	impairDrain = time.Second     // for the last key, before the BYE
	// logPatience is how long the server may take to write the line of a call's end.
	logPatience = 10 * time.Second
)

// impairments are the lines tried, all at once.
var impairments = []Impairment{
	{},
	{LossPercent: 1}, {LossPercent: 5}, {LossPercent: 10}, {LossPercent: 15}, {LossPercent: 20},
	{JitterMS: 20}, {JitterMS: 40}, {JitterMS: 60}, {JitterMS: 80}, {JitterMS: 100},
	{ReorderPercent: 5}, {DuplicatePercent: 5},
	{LossPercent: 10, JitterMS: 40, ReorderPercent: 2, DuplicatePercent: 2},
}

// ImpairResult is what `bench impair` finds: what a server understands over bad lines.
type ImpairResult struct {
	Header
	Rows   []ImpairRow `json:"rows"`
	Failed int         `json:"failed"`
}

// ImpairRow is one kind of line, over all its calls. What only the server knows is null for another one.
type ImpairRow struct {
	LossPercent      float64  `json:"loss_percent"`
	JitterMS         float64  `json:"jitter_ms"`
	ReorderPercent   float64  `json:"reorder_percent"`
	DuplicatePercent float64  `json:"duplicate_percent"`
	DigitsSent       uint64   `json:"digits_sent"`
	DigitsHeard      *uint64  `json:"digits_heard"`      // one too many counts like one too few
	MOS              *float64 `json:"mos"`               // E-model estimate of what the server hears, mean of the calls
	ConcealedPercent *float64 `json:"concealed_percent"` // of frames with sound that the server made up
	DelayMS          *float64 `json:"delay_ms"`          // of its jitter buffer
	calls            int
}

// callEnd is what the server's log says of one call at its end.
type callEnd struct {
	keys                  float64
	mos, concealed, delay *float64
}

// ends collects the ends of calls by the visible beginning of the caller's number, which tells the rows apart.
type ends struct {
	mu     sync.Mutex
	byFrom map[string][]callEnd
}

func (e *ends) see(l LogLine) {
	if l["msg"] != "call ended" {
		return
	}
	caller, _ := l["caller"].(map[string]any)
	from, _ := caller["number"].(string)
	quality, _ := l["quality"].(map[string]any)
	keys, ok := l["keys"].(float64)
	if !ok || len(from) < visibleDigits {
		return
	}
	optional := func(key string) *float64 {
		if v, ok := quality[key].(float64); ok {
			return &v
		}
		return nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	from = from[:visibleDigits]
	e.byFrom[from] = append(e.byFrom[from], callEnd{keys: keys, mos: optional("mos"), concealed: optional("concealed"), delay: optional("delay_ms")})
}

func (e *ends) of(from string) []callEnd {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]callEnd(nil), e.byFrom[from[:visibleDigits]]...)
}

// visibleDigits of a number are in the log, the other four are not.
const visibleDigits = 6

// lineNumber is a caller's number whose visible digits name the row.
func lineNumber(row int) string { return fmt.Sprintf("0199%02d0001", row) }

// Impair places Calls calls on each kind of line, all at once, lets them press keys for Seconds, and asks what arrived.
func Impair(ctx context.Context, o Options) (res ImpairResult, err error) {
	if err := o.check(); err != nil {
		return res, err
	}
	e := &ends{byFrom: map[string][]callEnd{}}
	o.Server.Watch = e.see
	r, err := o.setUp(ctx, nil)
	if err != nil {
		return res, err
	}
	defer func() { err = errors.Join(err, r.close()) }()
	s, err := r.open()
	if err != nil {
		return res, err
	}
	p := &presses{r: r, rows: make([]ImpairRow, len(impairments)), sent: map[int][]uint64{}}
	p.run(ctx)
	if ctx.Err() != nil {
		return res, ctx.Err()
	}
	if r.server != nil {
		for deadline := time.Now().Add(logPatience); !p.complete(e) && time.Now().Before(deadline); {
			pause(ctx, 50*time.Millisecond)
		}
	}
	h, _, err := s.close("impair", 0)
	if err != nil {
		return res, err
	}
	res = ImpairResult{Header: h, Failed: p.failed, Rows: p.rows}
	for i := range res.Rows {
		if r.server != nil {
			res.Rows[i].judge(p.sent[i], e.of(lineNumber(i)))
		}
	}
	return res, nil
}

// presses are the calls of all rows.
type presses struct {
	r *rig

	mu     sync.Mutex
	rows   []ImpairRow
	sent   map[int][]uint64 // by row, of each call
	failed int
}

func (p *presses) run(ctx context.Context) {
	var wait sync.WaitGroup
	defer wait.Wait()
	every := time.Duration(float64(time.Second) / p.r.Rate)
	for i, line := range impairments {
		p.rows[i] = ImpairRow{LossPercent: line.LossPercent, JitterMS: line.JitterMS, ReorderPercent: line.ReorderPercent, DuplicatePercent: line.DuplicatePercent}
		for range p.r.Calls {
			wait.Go(func() { p.call(ctx, i, line) })
			pause(ctx, every)
		}
	}
	p.r.Progress("%d calls press keys on %d kinds of line", p.r.Calls*len(impairments), len(impairments))
}

// call is one caller: keys, again and again, over a bad line.
func (p *presses) call(ctx context.Context, row int, line Impairment) {
	c, err := p.r.dial(ctx, lineNumber(row))
	if err != nil {
		p.mu.Lock()
		p.failed++
		p.mu.Unlock()
		return
	}
	c.Leg.Impair(line)
	end := time.Now().Add(time.Duration(p.r.Seconds) * time.Second)
	for ctx.Err() == nil {
		c.Leg.Press(impairKeys)
		pause(ctx, min(impairEvery, max(time.Until(end), 0)))
		if !time.Now().Before(end) {
			break
		}
	}
	for ctx.Err() == nil {
		if _, pending := c.Leg.Pressed(); !pending {
			break
		}
		pause(ctx, 20*time.Millisecond)
	}
	pause(ctx, impairDrain)
	n, _ := c.Leg.Pressed()
	c.hangUp()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rows[row].DigitsSent += n
	p.rows[row].calls++
	p.sent[row] = append(p.sent[row], n)
}

// complete tells whether the log has the end of every call.
func (p *presses) complete(e *ends) bool {
	for i := range p.rows {
		if len(e.of(lineNumber(i))) < p.rows[i].calls {
			return false
		}
	}
	return true
}

// judge compares what was sent with what the server says it heard. All calls of a row press the same keys, so that their order does not
// matter.
func (row *ImpairRow) judge(sent []uint64, got []callEnd) {
	if len(got) == 0 {
		return
	}
	var heard uint64
	for i, c := range got {
		if i < len(sent) {
			heard += uint64(max(0, float64(sent[i])-max(c.keys-float64(sent[i]), float64(sent[i])-c.keys)))
		}
	}
	row.DigitsHeard = &heard
	row.MOS = mean(got, 2, func(c callEnd) *float64 { return c.mos })
	row.DelayMS = mean(got, 1, func(c callEnd) *float64 { return c.delay })
	if share := mean(got, 5, func(c callEnd) *float64 { return c.concealed }); share != nil {
		v := round(*share*100, 3)
		row.ConcealedPercent = &v
	}
}

func mean(list []callEnd, digits int, of func(callEnd) *float64) *float64 {
	sum, n := 0.0, 0.0
	for _, c := range list {
		if v := of(c); v != nil {
			sum, n = sum+*v, n+1
		}
	}
	if n == 0 {
		return nil
	}
	v := round(sum/n, digits)
	return &v
}

// Report is the result for people.
func (r ImpairResult) Report() Report {
	rep := Report{Title: "bench impair: keys and sound over bad lines", Facts: append(r.facts(), none("calls not answered", uint64(r.Failed)))}
	t := Table{Title: "Lines", Names: []string{"loss %", "jitter ms", "reordered %", "doubled %", "keys sent", "keys heard", "MOS", "made up %", "delay ms"}}
	mos, digits, hidden := Line{Name: "MOS"}, Line{Name: "keys heard, %"}, Line{Name: "sound made up, %"}
	mosJitter, delay := Line{Name: "MOS"}, Line{Name: "delay of the jitter buffer, ms"}
	for _, row := range r.Rows {
		heard := "not known"
		if row.DigitsHeard != nil {
			heard = fmt.Sprint(*row.DigitsHeard)
		}
		t.Rows = append(t.Rows, []string{figure(row.LossPercent), figure(row.JitterMS), figure(row.ReorderPercent), figure(row.DuplicatePercent),
			fmt.Sprint(row.DigitsSent), heard, known(row.MOS, ""), known(row.ConcealedPercent, ""), known(row.DelayMS, "")})
		if row.ReorderPercent > 0 || row.DuplicatePercent > 0 {
			continue
		}
		if row.JitterMS == 0 {
			mos.add(row.LossPercent, row.MOS)
			hidden.add(row.LossPercent, row.ConcealedPercent)
			if row.DigitsHeard != nil && row.DigitsSent > 0 {
				share := 100 * float64(*row.DigitsHeard) / float64(row.DigitsSent)
				digits.add(row.LossPercent, &share)
				if row.LossPercent == wantDigitsAtLoss {
					rep.Facts = append(rep.Facts, Fact{Name: "keys heard at 10 % loss", Value: figure(share) + " %", Want: "100 %", Good: *row.DigitsHeard == row.DigitsSent})
				}
			}
		}
		if row.LossPercent == 0 {
			mosJitter.add(row.JitterMS, row.MOS)
			delay.add(row.JitterMS, row.DelayMS)
		}
	}
	rep.Tables = []Table{t}
	rep.Charts = []Chart{
		{Title: "Keys heard", X: "loss, %", Y: "%", Lines: []Line{digits}}, {Title: "Sound made up", X: "loss, %", Y: "%", Lines: []Line{hidden}},
		{Title: "MOS over loss", X: "loss, %", Y: "", Lines: []Line{mos}}, {Title: "MOS over jitter", X: "jitter, ms", Y: "", Lines: []Line{mosJitter}},
		{Title: "Delay of the jitter buffer", X: "jitter, ms", Y: "ms", Lines: []Line{delay}},
	}
	return rep
}
