package dialog

import (
	"slices"
	"testing"
	"time"
)

// TestKeyBuffer: single keys and codes are told apart by the pauses between presses (contracts).
func TestKeyBuffer(t *testing.T) {
	type press struct {
		at  time.Duration // since the first
		key rune          // 0: only time passes
	}
	ms := time.Millisecond
	for name, c := range map[string]struct {
		presses []press
		want    []string
	}{
		"a lone key after its time":    {[]press{{0, '1'}, {1499 * ms, 0}, {1500 * ms, 0}}, []string{"", "", "1"}},
		"a lone key at once with #":    {[]press{{0, '1'}, {200 * ms, '#'}}, []string{"", "1"}},
		"a code without #":             {[]press{{0, '8'}, {900 * ms, '4'}, {1800 * ms, '0'}, {2700 * ms, '0'}, {3600 * ms, '0'}}, []string{"", "", "", "", "84000"}},
		"the # after a code is its":    {[]press{{0, '8'}, {1, '4'}, {2, '0'}, {3, '0'}, {4, '0'}, {5, '#'}, {6, '#'}}, []string{"", "", "", "", "84000", "", ""}},
		"a code that stays incomplete": {[]press{{0, '8'}, {1000 * ms, '4'}, {4999 * ms, 0}, {5000 * ms, 0}}, []string{"", "", "", "84"}},
		"an incomplete code with #":    {[]press{{0, '8'}, {1000 * ms, '4'}, {1100 * ms, '#'}}, []string{"", "", "84"}},
		"star at once, digits dropped": {[]press{{0, '8'}, {100 * ms, '*'}, {5000 * ms, 0}}, []string{"", "*", ""}},
		"# alone is nothing":           {[]press{{0, '#'}, {100 * ms, 0}}, []string{"", ""}},
		"letters are no keys":          {[]press{{0, 'A'}, {1, 'x'}}, []string{"", ""}},
	} {
		t.Run(name, func(t *testing.T) {
			b := KeyBuffer{Rule: KeyRule{Lone: 1500 * ms, Gap: 4 * time.Second}}
			start := time.Unix(1000, 0)
			for i, p := range c.presses {
				got := ""
				if p.key == 0 {
					got = b.Tick(start.Add(p.at))
				} else {
					got = b.Press(p.key, start.Add(p.at))
				}
				if got != c.want[i] {
					t.Errorf("press %d: %q, not %q", i+1, got, c.want[i])
				}
			}
		})
	}
}

func TestSplitKeys(t *testing.T) {
	for in, want := range map[string][]string{
		"84000#": {"84000"}, "84000#1": {"84000", "1"}, "840001": {"84000", "1"}, "1": {"1"}, "1#2#": {"1", "2"}, "*": {"*"},
		"#": nil, "": nil, " 8 4 0 0 0 # ": {"84000"}, "84#": {"84"}, "abc": nil,
	} {
		if got := SplitKeys(in); !slices.Equal(got, want) {
			t.Errorf("%q: %q, not %q", in, got, want)
		}
	}
}
