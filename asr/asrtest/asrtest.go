package asrtest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/acotel/acotel-sbc/asr"
)

// answerLimit is how long the suite waits for a result: far longer than any
// backend takes on a loaded machine.
const answerLimit = 60 * time.Second

// Run checks the recogniser that open makes, a new one for each part.
func Run(t *testing.T, open func(t *testing.T) asr.Recognizer) {
	parts := map[string]func(*testing.T, asr.Recognizer){
		"a name":                           name,
		"formats":                          formats,
		"one final for each turn in order": finals,
		"turns without sound":              noSound,
		"cancelled turns have no final":    cancelled,
		"work begun before it is asked":    prepared,
		"an unread channel":                unread,
		"a closed stream":                  closedStream,
		"the end of the context":           contextEnds,
		"a closed recogniser":              closedRecognizer,
		"use from many goroutines":         together,
	}
	for n, part := range parts {
		t.Run(n, func(t *testing.T) {
			r := open(t)
			defer func() {
				if err := r.Close(); err != nil {
					t.Errorf("Close: %v", err)
				}
			}()
			part(t, r)
		})
	}
}

var line = asr.Format{SampleRate: 8000}

func stream(t *testing.T, r asr.Recognizer) asr.Stream {
	t.Helper()
	s, err := r.Open(context.Background(), line)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// sound is a fraction of a second of a buzz, which is no word.
func sound() []int16 {
	pcm := make([]int16, 1600)
	for i := range pcm {
		pcm[i] = int16(i%80*100 - 4000)
	}
	return pcm
}

// final reads up to the next final result, counting nothing but finals.
func final(t *testing.T, s asr.Stream) asr.Result {
	t.Helper()
	limit := time.After(answerLimit)
	for {
		select {
		case r, ok := <-s.Results():
			if !ok {
				t.Fatal("the channel is closed before the final result")
			}
			if r.Final {
				return r
			}
			if len(r.Alternatives) > 1 && !r.Prepared {
				t.Errorf("a partial with %d alternatives", len(r.Alternatives))
			}
		case <-limit:
			t.Fatal("no final result")
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func name(t *testing.T, r asr.Recognizer) {
	before := r.Name()
	_ = stream(t, r)
	if after := r.Name(); before == "" || after != before {
		t.Errorf("name %q, then %q", before, after)
	}
}

func formats(t *testing.T, r asr.Recognizer) {
	for _, rate := range []int{0, -1, 4000, 96000} {
		if _, err := r.Open(t.Context(), asr.Format{SampleRate: rate}); !errors.Is(err, asr.ErrFormat) {
			t.Errorf("%d Hz: %v", rate, err)
		}
	}
	for _, rate := range []int{8000, 16000, 48000} {
		s, err := r.Open(t.Context(), asr.Format{SampleRate: rate})
		if err != nil {
			t.Errorf("%d Hz: %v", rate, err)
			continue
		}
		_ = s.Close()
	}
}

func finals(t *testing.T, r asr.Recognizer) {
	s := stream(t, r)
	s.Expect(asr.Hints{State: "place", Kinds: []string{"place", "postal_code"}, CallerZone: "84"})
	var before time.Duration
	for turn := range 3 {
		must(t, s.Write(sound()))
		must(t, s.Write(nil))
		must(t, s.EndTurn())
		got := final(t, s)
		written := time.Duration(turn+1) * 200 * time.Millisecond
		if got.Turn != turn || got.Backend != r.Name() || got.Took < 0 {
			t.Errorf("turn %d: %+v", turn, got)
		}
		if got.Start < before || got.Start > got.End || got.End > written {
			t.Errorf("turn %d: speech from %v to %v, %v written", turn, got.Start, got.End, written)
		}
		last := 1.0
		for _, a := range got.Alternatives {
			if a.Confidence < 0 || a.Confidence > last {
				t.Errorf("confidences do not fall within 0..1: %+v", got.Alternatives)
			}
			last = a.Confidence
		}
		before = written
	}
	select {
	case more := <-s.Results():
		t.Errorf("a result nobody asked for: %+v", more)
	default:
	}
}

func noSound(t *testing.T, r asr.Recognizer) {
	s := stream(t, r)
	must(t, s.EndTurn())
	must(t, s.EndTurn())
	for turn := range 2 {
		if got := final(t, s); got.Turn != turn || len(got.Alternatives) != 0 || got.Start != 0 || got.End != 0 {
			t.Errorf("turn %d without sound: %+v", turn, got)
		}
	}
}

func cancelled(t *testing.T, r asr.Recognizer) {
	s := stream(t, r)
	must(t, s.Write(sound()))
	s.Cancel()
	s.Cancel()
	must(t, s.Write(sound()))
	must(t, s.EndTurn())
	if got := final(t, s); got.Turn != 2 {
		t.Errorf("the final is of turn %d, want 2", got.Turn)
	}
}

// prepared checks what Preparer promises, on streams that are one: preparing gives no
// final and changes no number, whatever follows it.
func prepared(t *testing.T, r asr.Recognizer) {
	s := stream(t, r)
	p, ok := s.(asr.Preparer)
	if !ok {
		t.Skip("it does not prepare")
	}
	p.Prepare() // of nothing
	must(t, s.Write(sound()))
	p.Prepare()
	p.Prepare()
	must(t, s.Write(make([]int16, 1600))) // silence: what was prepared stands
	must(t, s.EndTurn())
	if got := final(t, s); got.Turn != 0 || got.Prepared {
		t.Errorf("the prepared turn: %+v", got)
	}
	must(t, s.Write(sound()))
	p.Prepare()
	must(t, s.Write(sound())) // the caller went on
	must(t, s.EndTurn())
	if got := final(t, s); got.Turn != 1 {
		t.Errorf("the turn that went on: %+v", got)
	}
	must(t, s.Write(sound()))
	p.Prepare()
	s.Cancel()
	must(t, s.Write(sound()))
	must(t, s.EndTurn())
	if got := final(t, s); got.Turn != 3 {
		t.Errorf("after a cancelled turn: %+v", got)
	}
	must(t, s.Write(sound()))
	p.Prepare()
	must(t, s.Close())
	for more := range s.Results() {
		if more.Final {
			t.Errorf("a final that nobody asked for: %+v", more)
		}
	}
	p.Prepare() // closed: nothing
}

func unread(t *testing.T, r asr.Recognizer) {
	s := stream(t, r)
	asked := 0
	var err error
	for range asr.MaxUnread + 1 {
		must(t, s.Write(sound()))
		if err = s.EndTurn(); err != nil {
			break
		}
		asked++
	}
	if !errors.Is(err, asr.ErrBacklog) {
		t.Errorf("after %d turns that nobody reads: %v", asked, err)
	}
	if asked < asr.MaxUnread/2 {
		t.Errorf("only %d turns are kept", asked)
	}
	for range asked {
		final(t, s)
	}
	must(t, s.EndTurn())
	final(t, s)
}

// isClosed checks everything that a closed stream promises.
func isClosed(t *testing.T, s asr.Stream) {
	t.Helper()
	limit := time.After(answerLimit)
	for open := true; open; {
		select {
		case _, open = <-s.Results():
		case <-limit:
			t.Fatal("the channel is not closed")
		}
	}
	if err := s.Write(sound()); !errors.Is(err, asr.ErrClosed) {
		t.Errorf("Write: %v", err)
	}
	if err := s.EndTurn(); !errors.Is(err, asr.ErrClosed) {
		t.Errorf("EndTurn: %v", err)
	}
	s.Expect(asr.Hints{})
	s.Cancel()
	if err := s.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}

func closedStream(t *testing.T, r asr.Recognizer) {
	s := stream(t, r)
	must(t, s.Write(sound()))
	must(t, s.EndTurn())
	must(t, s.Close())
	isClosed(t, s)
}

func contextEnds(t *testing.T, r asr.Recognizer) {
	ctx, cancel := context.WithCancel(context.Background())
	s, err := r.Open(ctx, line)
	must(t, err)
	must(t, s.Write(sound()))
	cancel()
	isClosed(t, s)
	if _, err := r.Open(ctx, line); !errors.Is(err, context.Canceled) {
		t.Errorf("Open after the end of the context: %v", err)
	}
}

func closedRecognizer(t *testing.T, r asr.Recognizer) {
	s := stream(t, r)
	must(t, r.Close())
	isClosed(t, s)
	if _, err := r.Open(context.Background(), line); !errors.Is(err, asr.ErrClosed) {
		t.Errorf("Open: %v", err)
	}
}

// together is for the race detector: a writer, an asker, a reader and a closer.
func together(t *testing.T, r asr.Recognizer) {
	for range 4 {
		s := stream(t, r)
		var all sync.WaitGroup
		all.Go(func() {
			for range 50 {
				_ = s.Write(sound()[:160])
				if p, ok := s.(asr.Preparer); ok {
					p.Prepare()
				}
			}
		})
		all.Go(func() {
			for i := range 20 {
				s.Expect(asr.Hints{State: "confirm"})
				if i%3 == 0 {
					s.Cancel()
				} else {
					_ = s.EndTurn()
				}
			}
			_ = s.Close()
		})
		all.Go(func() {
			for range s.Results() {
			}
		})
		all.Wait()
	}
}
