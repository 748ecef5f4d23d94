package call

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/acotel/acotel-sbc/asr"
	"github.com/acotel/acotel-sbc/asr/none"
	"github.com/acotel/acotel-sbc/media"
	"github.com/acotel/acotel-sbc/record"
	"github.com/acotel/acotel-sbc/sip"
	"github.com/acotel/acotel-sbc/workshop"
)

const sorry = "souci technique"

// incidentAt waits for the end of a call that had an incident and returns its link.
func (x *exchange) incidentOf(p *phone) string {
	x.t.Helper()
	until(x.t, "the end of the call", p.over)
	f, ok := x.fact(record.Incident)
	if !ok {
		x.t.Fatal("no incident in the record")
	}
	link, _ := f.Data["link"].(string)
	return link
}

func TestSlowSearchIsCovered(t *testing.T) {
	t.Parallel()
	covered := make(chan struct{})
	x := serving(t, func(c *Config) {
		c.Turns.SearchSlowMS, c.Turns.SearchMS = 500, int(patience/time.Millisecond)
		c.Search = func(ctx context.Context, _ workshop.Query, _ workshop.Settings) (workshop.Result, error) {
			select {
			case <-covered:
			case <-ctx.Done():
			}
			return workshop.Result{}, ctx.Err()
		}
	})
	p := x.ring("0970000000")
	p.key("84000#")
	until(t, "a word of waiting", func() bool { return x.said("Je cherche encore") > 0 })
	close(covered)
	until(t, "the result", func() bool { return x.said("rien trouvé") > 0 })
	p.hangUp()
}

func TestDeadSearchEndsInTheIncidentMessage(t *testing.T) {
	t.Parallel()
	x := serving(t, func(c *Config) {
		c.Turns.SearchMS = 1000
		c.Search = func(ctx context.Context, _ workshop.Query, _ workshop.Settings) (workshop.Result, error) {
			<-ctx.Done()
			return workshop.Result{}, ctx.Err()
		}
	})
	p := x.ring("0970000000")
	p.key("84000#")
	if link := x.incidentOf(p); link != "catalogue" || x.said(sorry) != 1 {
		t.Errorf("incident of %q, said %d times", link, x.said(sorry))
	}
}

func TestSearchThatFailsEndsInTheIncidentMessage(t *testing.T) {
	t.Parallel()
	x := serving(t, func(c *Config) {
		c.Search = func(context.Context, workshop.Query, workshop.Settings) (workshop.Result, error) {
			return workshop.Result{}, errors.New("the catalogue is gone")
		}
	})
	p := x.ring("0970000000")
	p.key("84000#")
	if link := x.incidentOf(p); link != "catalogue" {
		t.Errorf("incident of %q", link)
	}
}

func TestRecogniserThatNeverAnswers(t *testing.T) {
	t.Parallel()
	x := serving(t, func(c *Config) { c.Recognizer = &deaf{}; c.Turns.RecogniserMS = 500 })
	p := x.ring("0970000000")
	x.afterNotice(p)
	p.say(time.Second)
	if link := x.incidentOf(p); link != "recogniser" || x.said(sorry) != 1 {
		t.Errorf("incident of %q, said %d times", link, x.said(sorry))
	}
}

// opening is a recogniser that is still being opened when the caller leaves.
type opening struct{ none.Recognizer }

func (*opening) Open(ctx context.Context, _ asr.Format) (asr.Stream, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// TestNoCodecInCommon: an offer that we can't speak is refused, and no incident of ours (T8).
func TestNoCodecInCommon(t *testing.T) {
	t.Parallel()
	x := serving(t, func(c *Config) { c.Sound.Codecs = []media.Codec{media.PCMA()} })
	p := x.ring("0970000000", func(r *sip.DialRequest) { r.Local.Codecs = []media.Codec{media.PCMU()} })
	if p.status != 488 {
		t.Errorf("answered %d", p.status)
	}
	until(t, "the end of the call", func() bool { _, yes := x.fact(record.Ended); return yes })
	if f, yes := x.fact(record.Incident); yes {
		t.Errorf("an incident: %v", f.Data)
	}
	if f, _ := x.fact(record.Refused); f.Data["reason"] != refusedCodec {
		t.Errorf("refused: %v", f.Data)
	}
}

// TestCallerLeavesAtOnce: a caller who is gone before anything was said is no incident of ours.
func TestCallerLeavesAtOnce(t *testing.T) {
	t.Parallel()
	x := serving(t, func(c *Config) { c.Recognizer = &opening{} })
	p := x.ring("0970000000")
	p.hangUp()
	until(t, "the end of the call", func() bool { _, yes := x.fact(record.Ended); return yes })
	if f, yes := x.fact(record.Incident); yes {
		t.Errorf("an incident: %v", f.Data)
	}
}

func TestVoiceThatBreaksEndsTheCall(t *testing.T) {
	t.Parallel()
	x := serving(t, nil)
	p := x.ring("0970000000")
	x.afterNotice(p)
	x.voice.broken.Store(true)
	p.key("84000#")
	if link := x.incidentOf(p); link != "voice" {
		t.Errorf("incident of %q", link)
	}
	until(t, "the end of the call", func() bool { _, yes := x.fact(record.Ended); return yes })
	if f, _ := x.fact(record.Ended); f.Data["by"] != "local" {
		t.Errorf("ended %v", f.Data)
	}
}

func TestVoiceThatBreaksOnceSaysSo(t *testing.T) {
	t.Parallel()
	x := serving(t, nil)
	x.voice.cannot = "Avignon"
	p := x.ring("0970000000")
	x.afterNotice(p)
	p.key("84000#")
	x.incidentOf(p)
	if x.said(sorry) != 1 {
		t.Errorf("the incident message was said %d times", x.said(sorry))
	}
}

func TestCallThatLastsTooLong(t *testing.T) {
	t.Parallel()
	x := serving(t, func(c *Config) { c.Calls.MaxSeconds = 2 })
	p := x.ring("0970000000")
	until(t, "the end", p.over)
	if x.said("Terminé") != 1 {
		t.Error("the caller was not told why")
	}
}
