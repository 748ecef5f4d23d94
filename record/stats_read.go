package record

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/acotel/acotel-sbc/store"
)

// figures are calls as figures need them: kinds of calls, and the calls in the order of time, in parts.
type figures struct {
	kinds []tallied
	parts [][]placed
}

// placed is a call in its period.
type placed struct {
	call
	bucket int32
}

// statsColumns are all that figures need of a call, in one text: columns one by one cost more than all the rest (BenchmarkStats). First the
// moment, then what is the same in many calls (words, flags and small numbers in one number), and the duration last.
const (
	statsWhere   = ` FROM calls WHERE started_at >= $1 AND started_at < $2 AND line = 'production'`
	statsColumns = `started_at || statuses || COALESCE(region, '') || ',' || origin || ',' || (` + packed + `) || ',' || COALESCE(duration_ms, 0)`
	packed       = `CASE WHEN answered_at IS NULL THEN 0 ELSE 1 END + CASE WHEN welcomed THEN 2 ELSE 0 END + CASE WHEN place_asked THEN 4 ELSE 0 END
		+ CASE WHEN place_found THEN 8 ELSE 0 END + CASE WHEN wait_ms IS NULL THEN 0 ELSE 16 END + CASE WHEN incident_link IS NULL THEN 0 ELSE 32 END
		+ CASE WHEN duration_ms IS NULL THEN 0 ELSE 64 END
		+ 128 * (COALESCE(rating + 1, 0) + 1000 * (COALESCE(place_tries, 0) + 1000 * (sms_sent + 1000 * searches)))`
)

// Calls are read by several connections, each some spans of time, for the processors' sake.
const (
	maxReaders  = 4                // as many connections as there are at least (store)
	spansEach   = 4                // a reader that had quiet weeks goes on with the next span
	spanCuts    = 30 * time.Minute // where spans may be cut: the anonymised call is moved to its half-hour, never into another span
	firstToLast = `SELECT COALESCE((SELECT MIN(started_at)` + statsWhere + `), ''), COALESCE((SELECT MAX(started_at)` + statsWhere + `), '')`
)

// readFigures reads the calls of from ≤ started_at < to.
func readFigures(ctx context.Context, db *store.DB, b *buckets, from, to time.Time) (figures, error) {
	var first, last string
	if err := db.QueryRowContext(ctx, firstToLast, store.FormatTime(from), store.FormatTime(to)).Scan(&first, &last); err != nil || first == "" {
		return figures{}, err
	}
	readers := min(runtime.GOMAXPROCS(0), maxReaders)
	bounds, err := spans(from, to, first, last, readers*spansEach)
	if err != nil {
		return figures{}, err
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	kinds := kinds{ids: map[string]int32{}}
	parts := make([][]placed, len(bounds)-1)
	var next atomic.Int64
	var wg sync.WaitGroup
	for range readers {
		wg.Go(func() {
			known := map[string]int32{}
			for i := next.Add(1) - 1; i < int64(len(parts)); i = next.Add(1) - 1 {
				var err error
				if parts[i], err = readSpan(ctx, db, b, bounds[i], bounds[i+1], &kinds, known); err != nil {
					stop(err)
					return
				}
			}
		})
	}
	wg.Wait()
	return figures{kinds: kinds.list, parts: parts}, context.Cause(ctx)
}

// spans cuts the time from one moment to another in n or fewer, of the same length between the first call and the last.
func spans(from, to time.Time, first, last string, n int) ([]time.Time, error) {
	begin, err := store.ParseTime(first)
	if err != nil {
		return nil, err
	}
	end, err := store.ParseTime(last)
	if err != nil {
		return nil, err
	}
	out := []time.Time{from}
	for i := 1; i < n; i++ {
		at := begin.Add(end.Sub(begin) / time.Duration(n) * time.Duration(i)).Truncate(spanCuts)
		if at.After(out[len(out)-1]) && at.Before(to) {
			out = append(out, at)
		}
	}
	return append(out, to), nil
}

func readSpan(ctx context.Context, db *store.DB, b *buckets, from, to time.Time, k *kinds, known map[string]int32) (out []placed, err error) {
	rows, err := db.QueryContext(ctx, "SELECT "+statsColumns+statsWhere+" ORDER BY started_at", store.FormatTime(from), store.FormatTime(to))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	at := 0
	for rows.Next() {
		var text sql.RawBytes
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		moment, like, ms, err := cutFigures(text)
		if err != nil {
			return nil, err
		}
		id, ok := known[string(like)]
		if !ok {
			if id, err = k.id(string(like)); err != nil {
				return nil, err
			}
			known[string(like)] = id
		}
		at = b.find(at, moment)
		out = append(out, placed{call{id, ms}, int32(at)}) //nolint:gosec // at most maxBuckets
	}
	return out, errors.Join(rows.Err(), rows.Close())
}

// cutFigures cuts what statsColumns gives into the moment, what the call is like, and its duration in ms.
func cutFigures(text []byte) (moment, like []byte, ms int64, err error) {
	const width = len("2006-01-02T15:04:05.000000Z")
	last := bytes.LastIndexByte(text, ',')
	if last < width || text[width-1] != 'Z' {
		return nil, nil, 0, unreadable(string(text))
	}
	if ms, err = strconv.ParseInt(string(text[last+1:]), 10, 64); err != nil {
		return nil, nil, 0, unreadable(string(text))
	}
	return text[:width], text[width:last], ms, nil
}

func unreadable(text string) error {
	return fmt.Errorf("record: a call's figures are unreadable: %q", text)
}

// kinds numbers what calls are like.
type kinds struct {
	mu   sync.Mutex
	ids  map[string]int32
	list []tallied
}

func (k *kinds) id(like string) (int32, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if id, ok := k.ids[like]; ok {
		return id, nil
	}
	t, err := unpack(like)
	if err != nil {
		return 0, err
	}
	id := int32(len(k.list)) //nolint:gosec // two thousand million kinds
	k.ids[like], k.list = id, append(k.list, t)
	return id, nil
}

// unpack reads what a call is like.
func unpack(like string) (t tallied, err error) {
	parts := strings.Split(like, ",")
	if len(parts) < 4 {
		return t, unreadable(like)
	}
	words := parts[:len(parts)-3]
	t.region, t.origin = parts[len(parts)-3], parts[len(parts)-2]
	for _, s := range words {
		t.statuses |= statusBits[Status(s)]
	}
	n, err := strconv.ParseInt(parts[len(parts)-1], 10, 64)
	if err != nil {
		return t, unreadable(like)
	}
	t.answered, t.welcomed, t.asked, t.found, t.waited, t.incident, t.timed = n&1 != 0, n&2 != 0, n&4 != 0, n&8 != 0, n&16 != 0, n&32 != 0, n&64 != 0
	n >>= 7
	if rating := n % 1000; rating > 0 {
		t.rated, t.rating = true, rating-1
	}
	t.tries, t.sms, t.searches = n/1000%1000, n/1_000_000%1000, n/1_000_000_000
	return t, nil
}
