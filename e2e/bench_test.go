package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// bench runs one measurement and reads its JSON.
func bench(t *testing.T, args ...string) map[string]any {
	t.Helper()
	file, page := filepath.Join(t.TempDir(), "result.json"), filepath.Join(t.TempDir(), "result.html")
	out, err := exec.Command(binary, append([]string{"bench"}, append(args, "--json", file, "--html", page)...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("bench %v: %v\n%s", args, err, out)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var result map[string]any
	if err := json.Unmarshal(data, &result); err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	if result["bench"] != args[0] {
		t.Errorf("bench is %v", result["bench"])
	}
	html, err := os.ReadFile(page)
	if err != nil || !strings.Contains(string(html), "<svg") || strings.Contains(string(html), "src=") || strings.Contains(string(html), "NaN") {
		t.Errorf("the report has no chart, or needs other files, or is broken: %v", err)
	}
	return result
}

// figure finds a number by its path.
func figure(t *testing.T, result any, path ...string) float64 {
	t.Helper()
	for _, key := range path {
		object, ok := result.(map[string]any)
		if !ok {
			t.Fatalf("%v: nothing at %s", path, key)
		}
		result = object[key]
	}
	n, ok := result.(float64)
	if !ok {
		t.Fatalf("%v is %v, no number", path, result)
	}
	return n
}

func TestBenchMedia(t *testing.T) {
	t.Parallel()
	r := bench(t, "media", "--calls", "3", "--seconds", "3", "--rate", "20")
	if n := figure(t, r, "tx_pps_per_call"); n < 10 || n > 60 {
		t.Errorf("%v packets a second for each call", n)
	}
	if n := figure(t, r, "failed"); n != 0 {
		t.Errorf("%v calls failed", n)
	}
	for _, path := range [][]string{{"server", "cpu_percent_per_call"}, {"server", "rss_kb_per_call"}, {"pacing_ms", "p50"}, {"pacing_ms", "p99"}, {"pacing_ms", "max"}, {"lost"}, {"calls"}, {"seconds"}} {
		figure(t, r, path...)
	}
	if figure(t, r, "server", "cpu_percent_per_call") <= 0 || figure(t, r, "pacing_ms", "max") < figure(t, r, "pacing_ms", "p50") {
		t.Errorf("figures that cannot be: %v", r)
	}
}

// Every kind of result names the figures of its contract.
func TestBenchLimit(t *testing.T) {
	t.Parallel()
	r := bench(t, "limit", "--calls", "2000", "--seconds", "1", "--rate", "2000", "--set", "calls.slots=3") // all but three are refused
	if r["gave_way"] != "failed" || figure(t, r, "limit_calls") != 0 {
		t.Errorf("gave way %v at %v", r["gave_way"], r["limit_calls"])
	}
	for _, row := range rows(t, r, "rows") {
		for _, key := range []string{"calls", "pacing_p99_ms", "lost", "failed", "cpu_percent_per_call"} {
			figure(t, row, key)
		}
	}
}

func TestBenchBargeIn(t *testing.T) {
	t.Parallel()
	r := bench(t, "bargein", "--calls", "3", "--seconds", "10", "--set", "tts.rate=1.5")
	if figure(t, r, "samples")+figure(t, r, "missed") < 1 {
		t.Fatalf("nobody spoke over the voice: %v", r)
	}
	// The voice may pause by itself just before the server decides: then that takes no time.
	for key, least := range map[string]float64{"onset_to_silence_ms": 1, "decision_to_silence_ms": 0} {
		if p50, most := figure(t, r, key, "p50"), figure(t, r, key, "max"); p50 < least || figure(t, r, key, "p95") > most {
			t.Errorf("%s: %v", key, r[key])
		}
	}
}

func TestBenchImpair(t *testing.T) {
	t.Parallel()
	r := bench(t, "impair", "--calls", "1", "--seconds", "3")
	seen := map[float64]bool{}
	for _, row := range rows(t, r, "rows") {
		seen[figure(t, row, "loss_percent")] = true
		if sent, heard := figure(t, row, "digits_sent"), figure(t, row, "digits_heard"); sent < 6 || heard > sent {
			t.Errorf("%v of %v digits: %v", heard, sent, row)
		}
		for _, key := range []string{"jitter_ms", "mos", "reorder_percent", "duplicate_percent", "concealed_percent"} {
			figure(t, row, key)
		}
	}
	if !seen[0] || !seen[10] || !seen[20] {
		t.Errorf("losses tried: %v", seen)
	}
}

func TestBenchSoak(t *testing.T) {
	t.Parallel()
	r := bench(t, "soak", "--calls", "5", "--rate", "20")
	samples := rows(t, r, "samples")
	if len(samples) != 6 {
		t.Errorf("%d samples", len(samples))
	}
	for _, s := range samples {
		for _, key := range []string{"calls", "goroutines", "sockets", "heap_mb", "rss_mb"} {
			figure(t, s, key)
		}
	}
	figure(t, r, "slope", "heap_kb_per_1000_calls")
	if n := figure(t, r, "slope", "goroutines_per_1000_calls"); n > 200 || n < -200 { // of five calls, so one goroutine is 200
		t.Errorf("%v goroutines are left by 1000 calls", n)
	}
}

func rows(t *testing.T, r map[string]any, key string) []any {
	t.Helper()
	list, _ := r[key].([]any)
	if len(list) == 0 {
		t.Fatalf("no %s: %v", key, r)
	}
	return list
}

// Another server is measured by the same callers, and nothing is said of its inside.
func TestBenchSetupOfAnotherServer(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir())
	r := bench(t, "setup", "--calls", "6", "--rate", "6", "--target", "sip:0970000000@"+s.sip)
	if v, ok := r["server"]; !ok || v != nil {
		t.Errorf("server is %v", v)
	}
	if figure(t, r, "placed") != 6 || figure(t, r, "failed") != 0 || figure(t, r, "rate") != 6 {
		t.Errorf("%v", r)
	}
	if figure(t, r, "invite_to_200_ms", "p50") <= 0 || figure(t, r, "invite_to_200_ms", "p99") > figure(t, r, "invite_to_200_ms", "max") {
		t.Errorf("%v", r["invite_to_200_ms"])
	}
	figure(t, r, "retransmissions")
}

func TestBenchRefusesWrongUse(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"media", "--calls", "0"}, {"media", "--rate", "-1"}, {"setup", "--seconds", "x"}, {"media", "more"}, {"nothing"}} {
		err := exec.Command(binary, append([]string{"bench"}, args...)...).Run()
		if exit, ok := err.(*exec.ExitError); !ok || exit.ExitCode() != 2 {
			t.Errorf("bench %v: %v, want status 2", args, err)
		}
	}
}
