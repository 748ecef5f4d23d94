package call

import (
	"fmt"
	"testing"
	"time"

	"github.com/acotel/acotel-sbc/config"
	"github.com/acotel/acotel-sbc/media"
	"github.com/acotel/acotel-sbc/record"
)

// factsOf gives all facts of a kind.
func (r *recorder) factsOf(kind record.Kind) (list []record.Fact) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, f := range r.facts {
		if f.Kind == kind {
			list = append(list, f)
		}
	}
	return list
}

// TestWaitingRoom: two slots; the third caller waits, hears music and gets in; the
// fourth keeps the place behind and waits out; the fifth is refused (T2).
func TestWaitingRoom(t *testing.T) {
	t.Parallel()
	x := serving(t, func(c *Config) { c.Calls.Slots, c.Calls.WaitSlots, c.Calls.WaitSeconds = 2, 2, 8 })
	first, second := x.ring("0970000000"), x.ring("0970000000")
	until(t, "both welcomes", func() bool { return x.said(notice) == 2 })
	third := x.ring("0970000000")
	until(t, "the waiting message", func() bool { return x.said("Patientez") == 1 })
	fourth := x.ring("0970000000")
	until(t, "the second waiting message", func() bool { return x.said("Patientez") == 2 })
	if fifth := x.ring("0970000000"); fifth.status != 503 {
		t.Errorf("fifth call: status %d", fifth.status)
	}
	if st := x.service.Stats(); st.Talking != 2 || st.Waiting != 2 || st.Refused[refusedFull] != 1 || st.Seated != 2 || st.Waited != 0 {
		t.Errorf("stats %+v", st)
	}
	// The message lasts 0.1 s: what is heard for longer is music.
	until(t, "music", func() bool { return third.heard(0) > 60 && fourth.heard(0) > 60 })
	third.key("1") // to the music: no answer to anything
	first.hangUp()
	until(t, "the welcome of the third", func() bool { return x.said(notice) == 3 })
	if x.said("Merci") != 1 {
		t.Error("the third was not thanked for waiting")
	}
	until(t, "the end of the fourth", fourth.over)
	if x.said("Occupé") != 1 {
		t.Error("the fourth was not told")
	}
	third.hangUp()
	second.hangUp()
	until(t, "all to be gone", func() bool { talking, waiting := x.service.InCall(); return talking == 0 && waiting == 0 })
	checkWaits(t, x)
}

func checkWaits(t *testing.T, x *exchange) {
	t.Helper()
	waits, in, out := x.factsOf(record.Waiting), x.factsOf(record.Admitted), x.factsOf(record.Refused)
	if len(waits) != 2 || waits[0].Data["position"] != 1 || waits[1].Data["position"] != 2 {
		t.Fatalf("waits %v", waits)
	}
	if len(in) != 1 || in[0].CallID != waits[0].CallID || in[0].Data["waited_s"].(float64) <= 0 {
		t.Errorf("admitted %v", in)
	}
	if len(out) != 2 || out[0].Data["reason"] != refusedFull || out[0].Data["status"] != 503 ||
		out[1].CallID != waits[1].CallID || out[1].Data["reason"] != refusedWait || out[1].Data["waited_s"].(float64) < 8 {
		t.Errorf("refused %v", out)
	}
	st := x.service.Stats()
	if st.Presented != 5 || st.Seated != 3 || st.Waited != 1 || st.Refused[refusedWait] != 1 || st.WaitTimes.Count != 2 ||
		st.WaitTimes.Sum < 8 || st.WaitTimes.Buckets[5] > 1 || st.WaitTimes.Buckets[300] != 2 {
		t.Errorf("stats %+v", st)
	}
	if keyed := x.factsOf(record.NotUnderstood); len(keyed) > 0 {
		t.Errorf("a key pressed to the music was taken for an answer: %v", keyed)
	}
}

func TestCallerLeavesTheWaitingRoom(t *testing.T) {
	t.Parallel()
	x := serving(t, func(c *Config) { c.Calls.Slots, c.Calls.WaitSlots, c.Calls.WaitSeconds = 1, 1, 60 })
	first := x.ring("0970000000")
	until(t, "the welcome", func() bool { return x.said(notice) == 1 })
	second := x.ring("0970000000")
	until(t, "sound", func() bool { return second.heard(0) > 5 })
	second.hangUp()
	until(t, "the abandoned wait", func() bool { _, ok := x.fact(record.WaitingAbandoned); return ok })
	until(t, "an empty waiting room", func() bool { _, waiting := x.service.InCall(); return waiting == 0 })
	third := x.ring("0970000000") // the place is free again
	if third.status != 0 {
		t.Errorf("status %d", third.status)
	}
	third.hangUp()
	first.hangUp()
	if f, _ := x.fact(record.WaitingAbandoned); f.Data["waited_s"].(float64) <= 0 {
		t.Errorf("%v", f.Data)
	}
	until(t, "the count", func() bool { return x.service.Stats().Abandoned == 2 })
}

// TestGuardTurnsCallsAway: calls in progress go on, new ones get 503.
func TestGuardTurnsCallsAway(t *testing.T) {
	t.Parallel()
	g := newBusy(80, 0)
	x := serving(t, func(c *Config) { c.Guard = g.Guard })
	first := x.ring("0970000000")
	until(t, "the welcome", func() bool { return x.said(notice) == 1 })
	g.pass(10, 100, 0)
	if second := x.ring("0970000000"); second.status != 503 {
		t.Errorf("second call: status %d", second.status)
	}
	if first.over() {
		t.Error("the call in progress was ended")
	}
	if f, ok := x.fact(record.Refused); !ok || f.Data["reason"] != refusedCPU {
		t.Errorf("refused %v", f.Data)
	}
	if st := x.service.Stats(); st.LoadGuard != refusedCPU || st.CPUPercent < 80 || st.Refused[refusedCPU] != 1 {
		t.Errorf("stats %+v", st)
	}
	g.pass(10, 10, 0)
	third := x.ring("0970000000")
	if third.status != 0 {
		t.Errorf("third call: status %d", third.status)
	}
	third.hangUp()
	first.hangUp()
}

// TestSuspendedLineNeedsNoSlot: nobody waits to hear that the service is closed.
func TestSuspendedLineNeedsNoSlot(t *testing.T) {
	t.Parallel()
	x := serving(t, func(c *Config) {
		c.Calls.Slots, c.Calls.WaitSlots = 1, 0
		c.Lines = append(c.Lines, config.Line{Number: "0970000001", Kind: config.Suspended})
	})
	first := x.ring("0970000000")
	p := x.ring("0970000001")
	until(t, "the end", p.over)
	first.hangUp()
	if f, ok := x.fact(record.Refused); !ok || f.Data["reason"] != suspended || x.said("Fermé") != 1 {
		t.Errorf("refused %v, said %d times", f.Data, x.said("Fermé"))
	}
}

func TestSwell(t *testing.T) {
	frame := func(at time.Duration) []int16 {
		f := make([]int16, media.FrameSamples)
		for i := range f {
			f[i] = 10000
		}
		swell(f, at)
		return f
	}
	for at, want := range map[time.Duration]int16{0: 0, musicFade / 2: 5000, musicFade: 10000, musicFor / 2: 10000, musicFor - musicFade/2: 5000} {
		if f := frame(at); f[0] < want-5 || f[0] > want+5 {
			t.Errorf("at %v: %d, want %d", at, f[0], want)
		}
	}
	if f := frame(musicFor - media.FrameDuration); f[len(f)-1] > 10 {
		t.Errorf("the end is cut off at %d", f[len(f)-1])
	}
}

// TestLinePlans is when a line is closed (T4), and which line a number reaches (T1).
func TestLinePlans(t *testing.T) {
	const from, until = "2030-12-24T18:00:00+01:00", "2031-01-02T08:00:00+01:00"
	at := func(s string) time.Time {
		m, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	for _, tt := range []struct {
		name string
		line config.Line
		at   string
		want bool
	}{
		{"open", config.Line{Kind: config.Production}, from, false},
		{"closed", config.Line{Kind: config.Suspended}, from, true},
		{"the moment before", config.Line{Kind: config.Production, SuspendedFrom: from, SuspendedUntil: until}, "2030-12-24T17:59:59+01:00", false},
		{"from the moment on", config.Line{Kind: config.Test, SuspendedFrom: from, SuspendedUntil: until}, from, true},
		{"the same moment elsewhere", config.Line{Kind: config.Production, SuspendedFrom: from, SuspendedUntil: until}, "2030-12-24T17:00:00Z", true},
		{"the last second", config.Line{Kind: config.Production, SuspendedFrom: from, SuspendedUntil: until}, "2031-01-02T07:59:59+01:00", true},
		{"open again", config.Line{Kind: config.Production, SuspendedFrom: from, SuspendedUntil: until}, until, false},
		{"until further notice", config.Line{Kind: config.Production, SuspendedFrom: from}, "2040-01-01T00:00:00Z", true},
		{"opens on a day", config.Line{Kind: config.Production, SuspendedUntil: until}, "2029-01-01T00:00:00Z", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.line.Number = "0970000000"
			l, ok := newLines([]config.Line{tt.line}).find("+33970000000", "")
			if !ok || l.suspended(at(tt.at)) != tt.want {
				t.Errorf("found %v, suspended %v", ok, l.suspended(at(tt.at)))
			}
		})
	}
}

func TestCalledNumberChoosesTheLine(t *testing.T) {
	numbered := newLines([]config.Line{{Number: "09 70 00 00 00", Kind: config.Production}, {Number: "+33199000099", Kind: config.Test},
		{Number: "0970000001", Kind: config.Suspended}, {Number: "accueil", Kind: config.Echo}})
	open := newLines([]config.Line{{Number: "*", Kind: config.Production}, {Number: "0199000099", Kind: config.Test}})
	for _, tt := range []struct {
		lines           lines
		called, dialled string
		want            config.LineKind // "": none
	}{
		{numbered, "0970000000", "", config.Production}, {numbered, "+33970000000", "", config.Production},
		{numbered, "33970000000", "", config.Production}, {numbered, "0033970000000", "", config.Production},
		{numbered, "970000000", "", config.Production}, {numbered, "0199000099", "", config.Test},
		{numbered, "0970000001", "", config.Suspended}, {numbered, "Accueil", "", config.Echo},
		{numbered, "0970000002", "", ""}, {numbered, "", "", ""}, {numbered, "0970000002", "+33970000000", config.Production},
		{numbered, "0970000001", "0970000000", config.Suspended}, // the number rung counts before the one first dialled
		{open, "0970000002", "", config.Production}, {open, "", "", config.Production}, {open, "+33199000099", "", config.Test},
		{open, "0970000002", "0199000099", config.Test},
	} {
		t.Run(fmt.Sprintf("%s after %s", tt.called, tt.dialled), func(t *testing.T) {
			if l, _ := tt.lines.find(tt.called, tt.dialled); l.Kind != tt.want {
				t.Errorf("line %q, want %q", l.Kind, tt.want)
			}
		})
	}
}
