package e2e

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Fifteen complete calls at once (T2): all of them end as they should and no
// packet is lost by us. The figures are logged, and are worth something when it runs alone: go test -v -run Fifteen, or make bench.
func TestFifteenCallsAtOnce(t *testing.T) {
	t.Parallel()
	const n = 15
	s := serve(t, t.TempDir())
	cpu0, rss0 := s.usage()
	start := time.Now()
	reports := make([]callReport, n)
	errs := make([]error, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			time.Sleep(time.Duration(i) * 50 * time.Millisecond)
			args := append(completeCall(), "--quiet", "3s") // a busy machine makes pauses between sentences that are no end
			args[1] = fmt.Sprintf("06399800%02d", i)
			reports[i], errs[i] = s.tryCall(args...)
		})
	}
	time.Sleep(20 * time.Second)
	cpu1, rss1 := s.usage()
	spent := time.Since(start)
	all.Wait()
	var setup, audio []int64
	for i, r := range reports {
		if errs[i] != nil {
			t.Errorf("call %d: %v", i, errs[i])
			continue
		}
		if r.Status != 200 || r.EndedBy != "remote" || r.Heard.Lost != 0 {
			t.Errorf("call %d: status %d, ended by %s, %d of %d packets lost, %+v", i, r.Status, r.EndedBy, r.Heard.Lost, r.Heard.Packets, r.Timeline)
		}
		answered, _ := r.at("answered")
		first, _ := r.at("first_audio")
		setup, audio = append(setup, answered), append(audio, first)
	}
	checkCompleteTrace(t, s.data, n)
	if t.Failed() {
		t.Log(s.logText())
		return
	}
	slices.Sort(setup)
	slices.Sort(audio)
	t.Logf("INVITE to 200 OK: median %d ms, max %d ms", setup[n/2], setup[n-1])
	t.Logf("INVITE to first audio: median %d ms, max %d ms", audio[n/2], audio[n-1])
	t.Logf("first %.0f s of %d calls: %.2f %% of a core for each call, %d KB for each call over %d KB at rest", spent.Seconds(), n,
		100*(cpu1-cpu0).Seconds()/spent.Seconds()/n, (rss1-rss0)/n, rss0)
}

// usage reads CPU time and resident memory (KB) of the service and the children
// it has waited for.
func (s *service) usage() (cpu time.Duration, rssKB int) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	if err != nil {
		s.t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	f := strings.Fields(rest)
	for _, i := range []int{11, 12, 13, 14} { // utime, stime, cutime, cstime of proc(5), in ticks of 10 ms
		n, _ := strconv.Atoi(f[i])
		cpu += time.Duration(n) * 10 * time.Millisecond
	}
	pages, _ := strconv.Atoi(f[21])
	return cpu, pages * os.Getpagesize() / 1024
}

func TestCallPastTheLimitIsTurnedAway(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir(), "--set", "calls.slots=1", "--set", "calls.wait_slots=0")
	first := make(chan error, 1)
	go func() { _, err := s.tryCall("--max", "15s"); first <- err }()
	s.talking(1)
	r, err := s.tryCall()
	if err == nil || r.Status != http.StatusServiceUnavailable {
		t.Errorf("second call: %+v, %v", r, err)
	}
	if err := <-first; err != nil {
		t.Errorf("first call: %v", err)
	}
	eventually(t, 20*time.Second, func() string {
		for _, tr := range traces(t, s.data) {
			if tr.has("refuse") {
				return ""
			}
		}
		return "no trace is refused"
	})
}

func TestCallPastTheSlotsWaitsItsTurn(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir(), "--set", "calls.slots=1", "--set", "calls.wait_slots=1")
	first := make(chan error, 1)
	go func() { _, err := s.tryCall("--max", "10s"); first <- err }()
	s.talking(1)
	r, err := s.tryCall("--max", "45s", "--dtmf", "84000#", "--dtmf", "84000#")
	if err != nil || r.Status != 200 || r.Heard.SpeechSeconds < 3 {
		t.Errorf("second call: %+v, %v", r, err)
	}
	if err := <-first; err != nil {
		t.Errorf("first call: %v", err)
	}
	eventually(t, 20*time.Second, func() string {
		for _, tr := range traces(t, s.data) {
			if !tr.has("refuse") && tr.PostalCode != nil {
				return ""
			}
		}
		return fmt.Sprintf("the waiting caller was not served\n%s", s.outText())
	})
}
