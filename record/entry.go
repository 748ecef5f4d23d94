package record

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/acotel/acotel-sbc/personal"
)

// newEntry makes a fact ready for the disk: anonymised, its data as JSON, its time as stored. A value that JSON can't
// hold (a NaN) is left out and reported; the entry is good all the same, for the rest of the fact is worth keeping.
func newEntry(f Fact, hide func(string) string) (entry, error) {
	e := entry{callID: f.CallID, at: f.At.UTC().Truncate(time.Microsecond), kind: f.Kind, data: "{}"}
	if len(f.Data) == 0 {
		return e, nil
	}
	clean := protect(f, hide)
	data, err := json.Marshal(clean)
	if err != nil {
		err = fmt.Errorf("record: data of fact %s is not JSON: %w", f.Kind, err)
		for k, v := range clean {
			if _, bad := json.Marshal(v); bad != nil {
				delete(clean, k)
			}
		}
		if data, _ = json.Marshal(clean); data == nil {
			data = []byte("{}")
		}
	}
	e.data = string(data)
	return e, err
}

// protect gives the data of a fact without what must never reach the disk: what the caller said is anonymised (G3),
// the caller's number masked (T5). It copies; the fact is the caller's.
func protect(f Fact, hide func(string) string) map[string]any {
	out := make(map[string]any, len(f.Data))
	for k, v := range f.Data {
		s, ok := v.(string)
		switch {
		case !ok:
		case k == "caller" || k == "caller_masked":
			v = personal.MaskNumber(s)
		case k == "text" || k == "words":
			if !(f.Kind == Turn && f.Data["who"] == "service") { // our own messages hold nobody's secrets
				s = hide(s)
			}
			v = strings.ToValidUTF8(s, "\uFFFD")
		case k == "reason" || k == "cause": // of providers and peers
			v = personal.HideNumbers(s)
		}
		out[k] = v
	}
	return out
}
