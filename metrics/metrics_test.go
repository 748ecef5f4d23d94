package metrics

import (
	"errors"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/acotel/acotel-sbc/asr"
	"github.com/acotel/acotel-sbc/asr/chain"
	"github.com/acotel/acotel-sbc/breaker"
	"github.com/acotel/acotel-sbc/call"
	"github.com/acotel/acotel-sbc/config"
	"github.com/acotel/acotel-sbc/media/silero"
	"github.com/acotel/acotel-sbc/sip"
	"github.com/acotel/acotel-sbc/tts"
)

// watched are metrics over a service in mid-life.
func watched(sound func() call.Sound) *Metrics {
	m := New()
	m.Watch(Sources{
		Talking: 15, Waiting: 5,
		Calls: func() call.Stats {
			return call.Stats{Talking: 3, Waiting: 1, Seated: 9, Waited: 2, Refused: map[string]uint64{"full": 2}, CPUPercent: 40,
				WaitTimes: call.Histogram{Count: 2, Sum: 30, Buckets: map[float64]uint64{10: 1, 30: 2}}}
		},
		Sound: sound,
		SIP: func() sip.Stats {
			return sip.Stats{Invites: 7, Responses: map[int]uint64{200: 5, 503: 2}, Bans: 1, Banned: 1, Dropped: 9}
		},
		Trunks: func() []sip.TrunkState {
			return []sip.TrunkState{{Name: "operateur", Up: true, Pings: 4, PingFailures: 1}}
		},
		Certificate: func() time.Time { return time.Unix(2e9, 0) },
		Voice:       func() tts.Usage { return tts.Usage{Memory: 10, Disk: 20} },
		Speech:      func() (silero.Stats, bool) { return silero.Stats{Steps: 12}, true },
		Workshops:   func() Workshops { return Workshops{Sessions: 100, Age: time.Hour, State: "ok"} },
		Facts:       func() (int, uint64) { return 2, 0 },
		Links:       func() map[string]bool { return map[string]bool{"sip": true, "database": false} },
		Telephone: func() Telephone {
			return Telephone{Calls: 2, Limit: 10, Ended: map[string]uint64{"ice": 1}, Refused: map[string]uint64{"busy": 3},
				Legs: map[string]TelephoneLeg{"browser": {Received: 50, Sent: 60, LostOut: 1, Concealed: 2, Buffer: .04}}, Dropped: 5}
		},
	})
	return m
}

func still() call.Sound { return call.Sound{Sessions: 3, PacketsReceived: 100, Lost: 4} }

func scrape(t *testing.T, m *Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if w.Code != 200 {
		t.Fatalf("status %d: %s", w.Code, w.Body)
	}
	return w.Body.String()
}

func known(v float64) *float64 { return &v }

func TestScrape(t *testing.T) {
	m := watched(still)
	c := m.Calls
	c.Presented(config.Production)
	c.Answered(config.Production, 4*time.Millisecond)
	c.FirstSound(30 * time.Millisecond)
	c.Spoken(tts.Info{Cached: true, FirstAudio: time.Millisecond}, nil)
	c.Spoken(tts.Info{}, errors.New("no voice"))
	c.Recognised(asr.Result{Final: true, Took: 200 * time.Millisecond, Alternatives: []asr.Alternative{{Text: "oui"}}})
	c.Recognised(asr.Result{Final: true})
	c.BargedIn()
	c.FalseStart()
	c.Covered()
	c.Unheard()
	c.Ended(call.Ending{Line: config.Production, By: "remote", Reason: "bye", Answered: true, Talked: 2 * time.Minute,
		Quality: call.Quality{MOS: known(4.3), MOSOut: known(3.9), Loss: known(.02), JitterMS: known(3), RTTMS: known(40)}})
	c.Ended(call.Ending{Line: config.Production, By: "local", Reason: "something new"})
	c.Ended(call.Ending{Line: config.Production, By: "none", Reason: "session timer expired"})
	c.Ended(call.Ending{Line: config.Test, By: "remote", Reason: "bye", Answered: true, Deaf: true})
	m.SMS(true)
	m.Refresh("held")
	m.Hears("wyoming")
	m.Heard("wyoming", chain.Late)
	m.HearsBy("wyoming", breaker.Open)
	m.Speaks("espeak")
	m.Voiced("espeak", tts.Stalled)
	m.SpeaksBy("espeak", breaker.HalfOpen)
	text := scrape(t, m)
	for _, line := range []string{
		`acotel_tts_voice_sentences_total{outcome="stalled",voice="espeak"} 1`, `acotel_tts_voice_sentences_total{outcome="said",voice="espeak"} 0`, `acotel_tts_voice_state{voice="espeak"} 1`,
		`acotel_asr_covered_total 1`, `acotel_asr_unheard_turns_total 1`,
		`acotel_calls{state="talking"} 3`, `acotel_calls_limit{state="waiting"} 5`, `acotel_calls_presented_total{line="production"} 1`,
		`acotel_calls_ended_total{by="remote",ending="bye",line="production"} 1`, `acotel_calls_ended_total{by="local",ending="other",line="production"} 1`,
		`acotel_calls_ended_total{by="none",ending="lost",line="production"} 1`,
		`acotel_calls_refused_total{reason="full"} 2`, `acotel_calls_refused_total{reason="cpu"} 0`, `acotel_conversations_total{waited="false"} 7`,
		`acotel_waiting_seconds_bucket{le="10"} 1`, `acotel_waiting_seconds_sum 30`, `acotel_load_guard_cpu_ratio 0.4`,
		`acotel_calls_without_sound_total 1`, `acotel_call_setup_seconds_bucket{le="0.005"} 1`, `acotel_call_setup_seconds_bucket{le="0.002"} 0`,
		`acotel_call_mos_bucket{direction="in",le="4.3"} 1`, `acotel_call_mos_bucket{direction="out",le="3.75"} 0`,
		`acotel_call_loss_ratio_bucket{direction="in",le="0.02"} 1`, `acotel_call_loss_ratio_count{direction="out"} 0`,
		`acotel_call_jitter_seconds_sum{direction="in"} 0.003`, `acotel_call_round_trip_seconds_sum 0.04`,
		`acotel_call_duration_seconds_bucket{line="production",le="120"} 1`, `acotel_call_duration_seconds_count{line="production"} 1`,
		`acotel_asr_latency_seconds_count{result="words"} 1`, `acotel_asr_latency_seconds_count{result="nothing"} 1`,
		`acotel_tts_latency_seconds_count{cached="true"} 1`, `acotel_tts_failures_total 1`, `acotel_voice_barge_ins_total 1`, `acotel_voice_false_starts_total 1`,
		`acotel_sip_responses_total{code="503"} 2`, `acotel_sip_bans_total 1`, `acotel_sip_dropped_total{reason="stranger"} 9`,
		`acotel_trunk_up{trunk="operateur"} 1`, `acotel_trunk_options_total{result="answered",trunk="operateur"} 3`,
		`acotel_workshops_copy_age_seconds 3600`, `acotel_workshops_state{state="ok"} 1`, `acotel_workshops_refreshes_total{result="held"} 1`,
		`acotel_vad_model_loaded 1`, `acotel_tts_cache_bytes{where="disk"} 20`, `acotel_sms_messages_total{result="sent"} 1`,
		`acotel_asr_backend_turns_total{backend="wyoming",outcome="late"} 1`, `acotel_asr_backend_turns_total{backend="wyoming",outcome="words"} 0`,
		`acotel_asr_backend_state{backend="wyoming"} 2`,
		`acotel_softphone_calls 2`, `acotel_softphone_calls_ended_total{reason="ice"} 1`, `acotel_softphone_refused_total{reason="busy"} 3`,
		`acotel_softphone_packets_total{direction="out",leg="browser"} 60`, `acotel_softphone_packets_lost_total{direction="out",leg="browser"} 1`,
		`acotel_softphone_jitter_buffer_seconds{leg="browser"} 0.04`, `acotel_softphone_frames_dropped_total 5`,
		`acotel_link_up{link="database"} 0`, `acotel_rtp_packets_lost_total{direction="in"} 4`,
	} {
		if !strings.Contains(text, "\n"+line+"\n") {
			t.Errorf("no line %s", line)
		}
	}
	for _, name := range []string{"go_goroutines", "process_resident_memory_bytes", "go_build_info"} {
		if !strings.Contains(text, "\n"+name) {
			t.Errorf("nothing of %s", name)
		}
	}
	if t.Failed() {
		t.Log(text)
	}
}

// The names keep the conventions that Prometheus' own linter knows.
func TestNamesAreConventional(t *testing.T) {
	problems, err := testutil.GatherAndLint(watched(still).registry)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		if strings.HasPrefix(p.Metric, namespace) {
			t.Errorf("%s: %s", p.Metric, p.Text)
		}
	}
}

// A packet that was counted as lost and comes late makes no counter go back: Prometheus would take that for a restart.
func TestCountersOnlyGrow(t *testing.T) {
	lost := uint64(4)
	m := watched(func() call.Sound { return call.Sound{Lost: lost} })
	scrape(t, m)
	lost = 3
	if text := scrape(t, m); !strings.Contains(text, `acotel_rtp_packets_lost_total{direction="in"} 4`) {
		t.Error("the counter went back")
	}
}

// docs/metrics.md names every metric and no other.
func TestEveryMetricIsDescribed(t *testing.T) {
	page, err := os.ReadFile("../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	m := watched(still)
	m.Calls.Ended(call.Ending{})
	m.Hears("none")
	m.Speaks("espeak")
	families, err := m.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	described := map[string]bool{}
	for _, name := range regexp.MustCompile("(?m)^\\| `(acotel_[a-z_]+)").FindAllStringSubmatch(string(page), -1) {
		described[name[1]] = true
	}
	for _, f := range families {
		if name := f.GetName(); strings.HasPrefix(name, namespace) {
			if !described[name] {
				t.Errorf("%s is not described", name)
			}
			delete(described, name)
		}
	}
	for name := range described {
		t.Errorf("%s is described and does not exist", name)
	}
}
