package load

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
)

func pointer(v float64) *float64 { return &v }

// A result without a server's figures still makes a table, a page and JSON with null where nothing is known.
func TestReports(t *testing.T) {
	t.Parallel()
	h := &Histogram{}
	for i := range 500 {
		h.Add(time.Duration(i) * 20 * time.Microsecond)
	}
	use := &ServerUse{CPUPercentPerCall: pointer(0.15), RSSKBPerCall: pointer(512), CPUPercent: 45, RSSMB: 200}
	digits := uint64(6)
	for name, c := range map[string]struct {
		result Result
		table  []string // must stand in the table
		json   []string // and in the JSON
	}{
		"media":   {MediaResult{Header: Header{Bench: "media", Calls: 300, Server: use}, PacingMS: h.quantiles99(), pacing: h}, []string{"✓ at most 0.2 %", "✗ at most 400 KB", "9.89 ms"}, []string{`"cpu_percent_per_call":0.15`, `"p99":9.89`}},
		"target":  {MediaResult{Header: Header{Bench: "media", Target: "sip:1@192.0.2.1"}, pacing: &Histogram{}}, []string{"sip:1@192.0.2.1", "not known"}, []string{`"server":null`, `"p50":null`}},
		"setup":   {SetupResult{Header: Header{Bench: "setup"}, Rate: 50, Failed: 2, Why: map[string]int{"no <answer>": 2}, setup: h}, []string{"50 calls a second", "✗ none", "no <answer>"}, []string{`"rate":50`}},
		"bargein": {BargeInResult{Samples: 3, onset: h, decision: &Histogram{}}, []string{"onset to silence"}, []string{`"decision_to_silence_ms":{"p50":null`}},
		"limit": {LimitResult{LimitCalls: 400, GaveWay: gavePacing, Rows: []LimitRow{{Calls: 400, PacingP99MS: pointer(1), GaveWay: gaveNothing}, {Calls: 500, PacingP99MS: pointer(9), GaveWay: gavePacing}}},
			[]string{"✗ at least 500", "pacing"}, []string{`"limit_calls":400`}},
		"impair": {ImpairResult{Rows: []ImpairRow{{LossPercent: 10, DigitsSent: 6, DigitsHeard: &digits, MOS: pointer(3.4)}, {LossPercent: 20, DigitsSent: 6}}}, []string{"✓ 100 %", "3.4", "not known"}, []string{`"digits_heard":6`, `"digits_heard":null`}},
		"soak":   {SoakResult{Samples: []Sample{{Calls: 0, HeapMB: 40}, {Calls: 1000, HeapMB: 41}}, Slope: &SoakSlope{HeapKB: 1024}}, []string{"1024 KB"}, []string{`"heap_kb_per_1000_calls":1024`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := c.result.Report()
			var text, page strings.Builder
			WriteTable(&text, r)
			for _, want := range c.table {
				if !strings.Contains(text.String(), want) {
					t.Errorf("%q is not in\n%s", want, text.String())
				}
			}
			data, err := json.Marshal(c.result)
			for _, want := range c.json {
				if err != nil || !strings.Contains(string(data), want) {
					t.Errorf("%q is not in %s, %v", want, data, err)
				}
			}
			if err := WriteHTML(&page, r, time.Now()); err != nil {
				t.Fatal(err)
			}
			if n := strings.Count(page.String(), "<svg"); n != len(r.Charts) || n == 0 {
				t.Errorf("%d charts, want %d", n, len(r.Charts))
			}
			for _, svg := range strings.SplitAfter(page.String(), "<svg")[1:] {
				svg, _, _ = strings.Cut(svg, "</svg>")
				if err := wellFormed("<svg" + svg + "</svg>"); err != nil || strings.Contains(svg, "NaN") || strings.Contains(svg, "Inf") {
					t.Errorf("%v in a chart: %s", err, svg)
				}
			}
		})
	}
}

func wellFormed(text string) error {
	for d := xml.NewDecoder(strings.NewReader(text)); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func TestNiceStep(t *testing.T) {
	t.Parallel()
	for span, want := range map[float64]float64{1: 0.2, 6: 1, 7: 2, 100: 20, 250: 50, 0.03: 0.005} {
		if got := niceStep(span); got < want*0.999 || got > want*1.001 {
			t.Errorf("a span of %v has steps of %v, want %v", span, got, want)
		}
	}
}
