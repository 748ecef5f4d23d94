package record

import (
	"io"
	"runtime"
	"slices"
	"sync"
	"time"
)

// rowFormat is how rows are written: what comes before one (and before the first), its period, its group, its measure, and what that comes to. No
// call of these functions may depend on another.
type rowFormat struct {
	before, first string
	period        func(b []byte, start time.Time) []byte
	group         func(named map[Group]*string) ([]byte, error)
	measure       func(m *Measure) ([]byte, error)
	figure        func(b []byte, m *Measure, f figure) []byte
}

// chunkRows is about how many rows are written at once, by one of the processors: some hundred kilobytes.
const chunkRows = 4096

// writeRows writes every row, in order. Rows are made by all processors, each some periods ahead of what is written; two chunks of each wait at
// most. An error is that of w, or of the format.
func (s Stats) writeRows(w io.Writer, f rowFormat) error {
	if s.run == nil || len(s.run.measures) == 0 {
		return nil
	}
	groups := make([][]byte, len(s.groups))
	for i, g := range s.groups {
		var err error
		if groups[i], err = f.group(g.named); err != nil {
			return err
		}
	}
	periods := len(s.run.buckets.starts)
	measures := make([][]byte, len(s.run.measures))
	for i := range measures {
		var err error
		if measures[i], err = f.measure(&s.run.measures[i]); err != nil {
			return err
		}
	}
	step := max(1, periods*chunkRows/max(1, s.Len()))
	chunks := (periods + step - 1) / step
	writers := min(runtime.GOMAXPROCS(0), chunks)
	stop := make(chan struct{})
	used := make(chan []byte, 3*writers)
	made := make([]chan []byte, writers)
	var wg sync.WaitGroup
	for i := range made {
		made[i] = make(chan []byte, 1)
		wg.Go(func() {
			e := rowEncoder{s: s, f: f, groups: groups, measures: measures, small: make([][]byte, len(measures)*smallest*smallest)}
			for c := i; c < chunks; c += writers {
				var b []byte
				select {
				case b = <-used:
				default:
				}
				b = e.encode(b[:0], c*step, min((c+1)*step, periods))
				select {
				case made[i] <- b:
				case <-stop:
					return
				}
			}
		})
	}
	defer wg.Wait()
	defer close(stop)
	first := true
	for c := range chunks {
		b := <-made[c%writers]
		out := b
		if first && len(b) > 0 {
			out, first = out[len(f.before):], false
			if _, err := io.WriteString(w, f.first); err != nil {
				return err
			}
		}
		if _, err := w.Write(out); err != nil {
			return err
		}
		used <- b
	}
	return nil
}

// smallest is the number of small whole numbers whose figures are written once and then copied: most periods of a group have few calls.
const smallest = 16

// rowEncoder writes the rows of periods.
type rowEncoder struct {
	s                Stats
	f                rowFormat
	groups, measures [][]byte
	small            [][]byte // by measure, numerator and denominator
	prefix           []byte
}

// encode appends the rows of periods from one to another.
func (e *rowEncoder) encode(b []byte, from, to int) []byte {
	r := e.s.run
	at := -1
	period := 0 // length of the period in prefix
	e.s.each(from, to, func(bucket int, g *tally, sums []sum) bool {
		if bucket != at {
			at = bucket
			e.prefix = e.f.period(append(e.prefix[:0], e.f.before...), r.buckets.starts[bucket])
			period = len(e.prefix)
		}
		e.prefix = append(e.prefix[:period], e.groups[g.index]...)
		for i := range sums {
			b = append(b, e.prefix...)
			b = e.figure(b, i, sums[i])
		}
		return true
	})
	return b
}

// figure appends a measure and what it comes to.
func (e *rowEncoder) figure(b []byte, i int, s sum) []byte {
	m := &e.s.run.measures[i]
	n, d, ok := s.small()
	if !ok {
		return e.f.figure(append(b, e.measures[i]...), m, m.figure(s))
	}
	known := &e.small[(i*smallest+n)*smallest+d]
	if *known == nil {
		*known = e.f.figure(slices.Clone(e.measures[i]), m, m.figure(s))
	}
	return append(b, *known...)
}

// small gives both sums where they are small whole numbers.
func (s sum) small() (n, d int, ok bool) {
	n, d = int(s.numerator), int(s.denominator)
	ok = uint(n) < smallest && uint(d) < smallest && float64(n) == s.numerator && float64(d) == s.denominator
	return n, d, ok
}
