package e2e

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// scrape reads /metrics: series with its labels → value.
func (s *service) scrape() map[string]float64 {
	s.t.Helper()
	r, err := http.Get("http://" + s.http + "/metrics")
	if err == nil && r.StatusCode == http.StatusBadRequest { // it speaks TLS
		r.Body.Close()
		r, err = anyCertificate.Get("https://" + s.http + "/metrics")
	}
	if err != nil {
		s.t.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != http.StatusOK {
		s.t.Fatalf("status %d: %v\n%s", r.StatusCode, err, text)
	}
	out := map[string]float64{}
	for lines := bufio.NewScanner(strings.NewReader(string(text))); lines.Scan(); {
		if i := strings.LastIndexByte(lines.Text(), ' '); i > 0 && !strings.HasPrefix(lines.Text(), "#") {
			if v, err := strconv.ParseFloat(lines.Text()[i+1:], 64); err == nil {
				out[lines.Text()[:i]] = v
			}
		}
	}
	return out
}

// A call shows in the metrics while it lasts and when it is over, in its trace and in the log.
func TestMetricsAndQualityOfACall(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir())
	before := s.scrape()
	for _, name := range []string{`acotel_calls{state="talking"}`, `acotel_calls_limit{state="talking"}`, "acotel_vad_model_loaded", "acotel_workshops_copy_age_seconds",
		`acotel_trunk_up{trunk="loopback"}`, "go_goroutines", "process_open_fds", `acotel_calls_answered_total{line="production"}`} {
		if _, ok := before[name]; !ok {
			t.Errorf("no %s before the first call", name)
		}
	}
	done := make(chan error, 1)
	go func() {
		_, err := s.tryCall("--from", "0639980001", "--dtmf", "84000#", "--max", "25s", "--linger", "1s")
		done <- err
	}()
	eventually(t, 20*time.Second, func() string {
		m := s.scrape()
		if m[`acotel_calls{state="talking"}`] == 1 && m["acotel_rtp_sessions"] == 1 && m[`acotel_rtp_packets_total{direction="in"}`] > 50 {
			return ""
		}
		return "the call does not show in the metrics"
	})
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	eventually(t, 30*time.Second, func() string {
		if s.scrape()[`acotel_calls_ended_total{by="remote",ending="bye",line="production"}`] == 1 {
			return ""
		}
		return "the end does not show in the metrics"
	})
	m := s.scrape()
	for series, least := range map[string]float64{
		`acotel_call_setup_seconds_count`: 1, `acotel_call_first_sound_seconds_count`: 1, `acotel_call_mos_count{direction="in"}`: 1,
		`acotel_call_duration_seconds_count{line="production"}`: 1, `acotel_call_loss_ratio_bucket{direction="in",le="0.05"}`: 1,
		`acotel_rtp_packets_total{direction="out"}`: 100, `acotel_dtmf_keys_total`: 6, `acotel_sip_responses_total{code="200"}`: 2,
		`acotel_tts_latency_seconds_count{cached="true"}`: 1,
	} {
		if m[series] < least {
			t.Errorf("%s is %v, not %v or more", series, m[series], least)
		}
	}
	if m["acotel_rtp_sessions"] != 0 || m[`acotel_calls{state="talking"}`] != 0 {
		t.Error("the call is still counted as going on")
	}
	s.stop() // all facts are on disk then
	out, _, _ := program(t, "", "traces", "--json", "--data", s.data)
	var list []struct {
		MOS     *float64
		Quality map[string]*float64
	}
	if err := json.Unmarshal([]byte(out), &list); err != nil || len(list) != 1 {
		t.Fatalf("%v: %s", err, out)
	}
	q := list[0].Quality
	if list[0].MOS == nil || *list[0].MOS < 1 || q["loss"] == nil || q["jitter_ms"] == nil || q["rtt_ms"] == nil || q["mos_out"] == nil {
		t.Errorf("trace %s", out)
	}
	for line := range strings.SplitSeq(s.logText(), "\n") {
		var l struct {
			Msg     string
			Quality map[string]float64
		}
		if json.Unmarshal([]byte(line), &l) == nil && l.Msg == "call ended" && l.Quality["mos"] >= 1 {
			return
		}
	}
	t.Error("the log's line of the call's end has no quality")
}
