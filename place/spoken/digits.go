package spoken

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Limits of what is tried: a run of number words longer than a telephone number
// said digit by digit is no code.
const (
	maxReadings = 200
	maxRun      = 16
)

// Split gives every way to write a run of number words as exactly want digits,
// those of the fewest numbers first: [quatre vingt quatre mille] is 84000,
// [treize zero zero huit] 13008, [zero six deux cents] 06200, [trente quatre
// cents] 30400 and 34100. A reading of one digit less gets back the zero that
// people drop where it is one number, or one digit and one number: [six mille]
// is 06000, [six deux cents] 06200.
func Split(t []string, want int) []string {
	if len(t) == 0 || len(t) > maxRun {
		return nil
	}
	s := splitter{t: t, want: want}
	s.walk(0, make([]byte, 0, want+8), 0)
	slices.SortStableFunc(s.found, func(a, b splitting) int { return cmp.Compare(a.numbers, b.numbers) })
	var out []string
	for _, r := range s.found {
		if !slices.Contains(out, r.digits) {
			out = append(out, r.digits)
		}
	}
	return out
}

// splitter walks through all ways to cut a run into numbers.
type splitter struct {
	t     []string
	want  int
	found []splitting
}

type splitting struct {
	digits  string
	numbers int // of which it is made; one more when a zero was put before it
}

func (s *splitter) walk(i int, digits []byte, numbers int) {
	if len(s.found) >= maxReadings || len(digits) > s.want {
		return
	}
	if i == len(s.t) {
		switch {
		case len(digits) == s.want:
			s.found = append(s.found, splitting{string(digits), numbers})
		case len(digits) == s.want-1 && digits[0] != '0' && (numbers == 1 || numbers == 2 && s.oneDigitFirst(digits[1:])):
			s.found = append(s.found, splitting{"0" + string(digits), numbers + 1})
		}
		return
	}
	switch w := s.t[i]; {
	case IsDigits(w):
		s.walk(i+1, append(digits, w...), numbers+1)
	case isZero(w):
		s.walk(i+1, append(digits, '0'), numbers+1)
	case w == "et": // "quatre-vingt-quatre et trois zéros"
		s.walk(i+1, digits, numbers)
	}
	if n, to := zeros(s.t, i); n > 0 {
		s.walk(to, append(digits, strings.Repeat("0", n)...), numbers+1)
	}
	for _, n := range Cardinals(s.t, i) {
		s.walk(n.To, strconv.AppendInt(digits, int64(n.Value), 10), numbers+1)
	}
}

// oneDigitFirst says that the run can be one digit and then one number, rest.
func (s *splitter) oneDigitFirst(rest []byte) bool {
	if unit(s.t[0]) == 0 && !(IsDigits(s.t[0]) && len(s.t[0]) == 1) {
		return false
	}
	value, ok := One(s.t[1:])
	return ok && strconv.Itoa(value) == string(rest)
}

// zeros reads "double zéro", "trois zéros", "3 zéros", "trois fois zéro" at i: how
// many they are and the index after them; 0 when they are none.
func zeros(t []string, i int) (n, to int) {
	if n = max(times(t[i]), unit(t[i])); n == 0 {
		if f, ok := figures(t, i, 9); ok {
			n = f.Value
		}
	}
	to = i + 1
	if to < len(t) && t[to] == "fois" {
		to++
	}
	if n < 2 || n > 4 || to >= len(t) || !isZero(t[to]) {
		return 0, 0
	}
	if t[to] == "zero" && to == i+1 && times(t[i]) == 0 {
		return 0, 0 // "deux zéro" is 20
	}
	return n, to + 1
}

// Digits joins what a run says digit by digit, in pairs or as a number, however
// long: for telephone numbers and codes that are not complete.
func Digits(t []string) string {
	var b strings.Builder
	for i := 0; i < len(t); {
		if n, to := zeros(t, i); n > 0 {
			b.WriteString(strings.Repeat("0", n))
			i = to
			continue
		}
		best := Number{To: i + 1}
		for _, n := range Cardinals(t, i) {
			if n.To >= best.To {
				best = n
			}
		}
		switch {
		case best.Value > 0:
			b.WriteString(strconv.Itoa(best.Value))
		case IsDigits(t[i]):
			b.WriteString(t[i])
		case isZero(t[i]):
			b.WriteByte('0')
		}
		i = best.To
	}
	return b.String()
}

// Runs gives the maximal runs of number words as pairs [from, to). "et" neither
// begins nor ends one, "double", "triple" and "fois" stand only before a zero.
func Runs(t []string) [][2]int {
	var out [][2]int
	for i := 0; i < len(t); {
		if !inRun(t, i) || t[i] == "et" {
			i++
			continue
		}
		j := i
		for j < len(t) && inRun(t, j) {
			j++
		}
		end := j
		for t[end-1] == "et" {
			end--
		}
		out = append(out, [2]int{i, end})
		i = j
	}
	return out
}

func inRun(t []string, i int) bool {
	if IsWord(t[i]) {
		return true
	}
	before := i + 1
	if t[i] != "fois" && times(t[i]) == 0 {
		return false
	}
	return before < len(t) && isZero(t[before])
}
