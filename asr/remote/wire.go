package remote

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/acotel/acotel-sbc/asr"
)

// HintsHeader is the HTTP header in which one node of this program tells
// another what it expects to hear: WireHints as JSON, in ASCII.
const HintsHeader = "Acotel-Hints"

// Bounds of what is taken from a peer.
const (
	maxPhrases      = 100
	maxPhraseBytes  = 200
	maxAlternatives = 10
)

// WireHints is asr.Hints between two nodes.
type WireHints struct {
	State   string   `json:"state,omitempty"`
	Kinds   []string `json:"kinds,omitempty"`
	Phrases []string `json:"phrases,omitempty"`
	Zone    string   `json:"zone,omitempty"` // where the caller probably is, to the department
}

// EncodeHints writes hints as JSON in ASCII; nil when nothing is expected.
func EncodeHints(h asr.Hints) []byte {
	w := WireHints{State: h.State, Kinds: h.Kinds, Phrases: h.Phrases[:min(len(h.Phrases), maxPhrases)], Zone: h.CallerZone}
	if w.State == "" && len(w.Kinds) == 0 && len(w.Phrases) == 0 && w.Zone == "" {
		return nil
	}
	text, err := json.Marshal(w)
	if err != nil {
		return nil // strings always can be written
	}
	ascii := make([]byte, 0, len(text))
	for _, r := range string(text) {
		switch {
		case r < 0x80:
			ascii = append(ascii, byte(r))
		case r > 0xFFFF: // no hint has such a sign; JSON would want a surrogate pair
			ascii = append(ascii, '?')
		default:
			ascii = fmt.Appendf(ascii, "\\u%04x", r)
		}
	}
	return ascii
}

// DecodeHints reads what EncodeHints wrote, within bounds.
func DecodeHints(text []byte) (asr.Hints, error) {
	if len(text) == 0 {
		return asr.Hints{}, nil
	}
	var w WireHints
	if err := json.Unmarshal(text, &w); err != nil {
		return asr.Hints{}, fmt.Errorf("asr: hints that can't be read: %w", err)
	}
	cut := func(list []string) []string {
		list = list[:min(len(list), maxPhrases)]
		for i, s := range list {
			list[i] = strings.ToValidUTF8(s[:min(len(s), maxPhraseBytes)], "") // half a letter at the end is left out
		}
		return list
	}
	return asr.Hints{State: w.State, Kinds: cut(w.Kinds), Phrases: cut(w.Phrases), CallerZone: w.Zone}, nil
}

// WireAlternative is asr.Alternative between two nodes.
type WireAlternative struct {
	Text       string  `json:"text"`
	Confidence float64 `json:"confidence"`
	INSEE      string  `json:"insee,omitempty"`
	PostalCode string  `json:"postal_code,omitempty"`
}

// ToWire writes alternatives for a peer.
func ToWire(heard []asr.Alternative) []WireAlternative {
	out := make([]WireAlternative, 0, len(heard))
	for _, a := range heard[:min(len(heard), maxAlternatives)] {
		out = append(out, WireAlternative(a))
	}
	return out
}

// FromWire reads a peer's alternatives: those with words, their confidences
// within 0..1 and falling.
func FromWire(in []WireAlternative) []asr.Alternative {
	var out []asr.Alternative
	last := 1.0
	for _, w := range in[:min(len(in), maxAlternatives)] {
		if w.Text == "" {
			continue
		}
		a := asr.Alternative(w)
		a.Confidence = min(max(a.Confidence, 0), last)
		last = a.Confidence
		out = append(out, a)
	}
	return out
}

// Words makes the answer of a server that gives one text: no alternative when
// it is empty.
func Words(text string, confidence float64) []asr.Alternative {
	if text == "" {
		return nil
	}
	return []asr.Alternative{{Text: text, Confidence: min(max(confidence, 0), 1)}}
}
