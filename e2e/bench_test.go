package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// bench runs one measurement and reads its JSON.
func bench(t *testing.T, args ...string) map[string]any {
	t.Helper()
	file := filepath.Join(t.TempDir(), "result.json")
	out, err := exec.Command(binary, append([]string{"bench"}, append(args, "--json", file)...)...).CombinedOutput()
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
	if n := figure(t, r, "tx_pps_per_call"); n < 40 || n > 60 {
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
