package record

import (
	"encoding/json"
	"fmt"
)

// TraceQuality is how a call sounded, beside its mos: seen from us, "out" is the caller's side by their RTCP reports. Unknown values are
// null: many peers send no reports.
type TraceQuality struct {
	MOSOut      *float64 `json:"mos_out"`       // E-model (ITU-T G.107), 1 to 4.4
	Loss        *float64 `json:"loss"`          // share of the caller's packets that never came, 0..1 (RFC 3550)
	LossOut     *float64 `json:"loss_out"`      // share of ours
	JitterMS    *float64 `json:"jitter_ms"`     // interarrival jitter (RFC 3550 A.8)
	JitterOutMS *float64 `json:"jitter_out_ms"` //
	RTTMS       *float64 `json:"rtt_ms"`        // round trip, mean
	RTTMaxMS    *float64 `json:"rtt_max_ms"`    // longest
	Late        *float64 `json:"late"`          // share of the caller's packets that came after their moment, 0..1
	Concealed   *float64 `json:"concealed"`     // share of the frames heard that were made up, 0..1
	DelayMS     *float64 `json:"delay_ms"`      // of the jitter buffer
}

// cells are the values with their names, in the order of the CSV columns.
func (q *TraceQuality) cells() (names []string, values []*float64) {
	if q == nil {
		q = &TraceQuality{}
	}
	names = []string{"mos_out", "loss", "loss_out", "jitter_ms", "jitter_out_ms", "rtt_ms", "rtt_max_ms", "late", "concealed", "delay_ms"}
	return names, []*float64{q.MOSOut, q.Loss, q.LossOut, q.JitterMS, q.JitterOutMS, q.RTTMS, q.RTTMaxMS, q.Late, q.Concealed, q.DelayMS}
}

// qualityOf reads a quality fact; nil when it knows nothing but the MOS.
func qualityOf(f Fact) *TraceQuality {
	var q TraceQuality
	known := false
	for name, into := range map[string]**float64{
		"mos_out": &q.MOSOut, "loss": &q.Loss, "loss_out": &q.LossOut, "jitter_ms": &q.JitterMS, "jitter_out_ms": &q.JitterOutMS,
		"rtt_ms": &q.RTTMS, "rtt_max_ms": &q.RTTMaxMS, "late": &q.Late, "concealed": &q.Concealed, "delay_ms": &q.DelayMS,
	} {
		if v, ok := f.number(name); ok {
			*into, known = &v, true
		}
	}
	if !known {
		return nil
	}
	return &q
}

// qualityOrNull is the value of the column.
func qualityOrNull(q *TraceQuality) any {
	if q == nil {
		return nil
	}
	text, err := json.Marshal(q)
	if err != nil { // numbers alone; a NaN does not pass newEntry
		return nil
	}
	return string(text)
}

func parseQuality(text *string) (*TraceQuality, error) {
	if text == nil {
		return nil, nil
	}
	var q TraceQuality
	if err := json.Unmarshal([]byte(*text), &q); err != nil {
		return nil, fmt.Errorf("record: the quality of a call is unreadable: %w", err)
	}
	return &q, nil
}
