package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// binary is the program under test, built once.
var binary string

// voiced is the data folder of a service that has said all its messages: others need not say them again. The first test that wants it makes it.
var voiced string

var render = sync.OnceFunc(func() {
	cmd := exec.Command(binary, "serve", "--demo", "--sip", "127.0.0.1:0", "--http", "127.0.0.1:0", "--data", voiced, "--set", "asr.backends=[none]", "--set", "check.seconds=0")
	stderr, err := cmd.StderrPipe()
	if err != nil || cmd.Start() != nil {
		return // each renders for itself then
	}
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		if strings.Contains(lines.Text(), `"listening"`) {
			_ = cmd.Process.Signal(syscall.SIGTERM)
		}
	}
	_ = cmd.Wait()
})

// lend puts what the voice has said into a new data folder.
func lend(data string) {
	render()
	said, err := filepath.Glob(filepath.Join(voiced, "tts", "*"))
	if err != nil || os.MkdirAll(filepath.Join(data, "tts"), 0o700) != nil {
		return
	}
	for _, f := range said {
		_ = os.Link(f, filepath.Join(data, "tts", filepath.Base(f))) // there already, or another disk: it is rendered
	}
}

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "acotel-e2e-")
	if err != nil {
		panic(err)
	}
	binary = filepath.Join(dir, "acotel-sbc")
	build := exec.Command("go", "build", "-o", binary, "../cmd/acotel-sbc")
	build.Stderr = os.Stderr
	code := 1
	if err := build.Run(); err == nil {
		voiced = filepath.Join(dir, "voiced")
		code = m.Run()
	}
	os.RemoveAll(dir)
	os.Exit(code)
}

// service is a running `acotel-sbc serve`.
type service struct {
	t         *testing.T
	cmd       *exec.Cmd
	sip, http string
	data      string
	done      chan struct{}
	err       error

	mu  sync.Mutex
	log bytes.Buffer
	out bytes.Buffer
}

// serve starts the service with demonstration data on free ports and waits until
// it is ready.
func serve(t *testing.T, data string, args ...string) *service {
	return serveIn(t, data, nil, args...)
}

// serveIn is serve with variables of the environment beside those of the test.
func serveIn(t *testing.T, data string, env []string, args ...string) *service {
	t.Helper()
	s := begin(t, data, env, args...)
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		if s.status("/readyz") == http.StatusOK {
			return s
		}
		if time.Now().After(deadline) {
			t.Fatalf("serve is not ready\n%s", s.logText())
		}
	}
}

// begin starts the service and waits until it listens, ready or not.
func begin(t *testing.T, data string, env []string, args ...string) *service {
	t.Helper()
	return launch(t, data, env, append([]string{"--demo", "--sip", "127.0.0.1:0", "--http", "127.0.0.1:0", "--data", data,
		"--set", "calls.cpu_guard_percent=0", "--set", "calls.clock_guard_ms=0", // a busy test machine must not refuse calls
		"--set", "asr.backends=[none]"}, args...)...) // nor hear what most tests say by keys
}

// launch is begin with nothing but the flags given; they name the folder data, and free ports.
func launch(t *testing.T, data string, env []string, args ...string) *service {
	t.Helper()
	lend(data)
	s := &service{t: t, data: data, done: make(chan struct{})}
	s.cmd = exec.Command(binary, append([]string{"serve"}, args...)...)
	s.cmd.Env = append(os.Environ(), env...)
	s.cmd.Stdout = lockedWriter{&s.mu, &s.out}
	stderr, err := s.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	listening := make(chan struct{})
	go s.readLog(stderr, listening)
	t.Cleanup(func() { s.stop() })
	select {
	case <-listening:
	case <-s.done:
		t.Fatalf("serve ended: %v\n%s", s.err, s.logText())
	case <-time.After(3 * time.Minute): // that renders its messages on a machine with other work
		t.Fatalf("serve does not listen\n%s", s.logText())
	}
	return s
}

type lockedWriter struct {
	mu *sync.Mutex
	w  io.Writer
}

func (l lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

// readLog keeps the log and finds the addresses in it.
func (s *service) readLog(r io.Reader, listening chan struct{}) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		s.mu.Lock()
		s.log.Write(append(lines.Bytes(), '\n'))
		s.mu.Unlock()
		var l struct{ Msg, SIP, HTTP string }
		if json.Unmarshal(lines.Bytes(), &l) == nil && l.Msg == "listening" {
			s.sip, s.http = l.SIP, l.HTTP
			close(listening)
		}
	}
	s.err = s.cmd.Wait()
	close(s.done)
}

func (s *service) logText() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.String()
}

func (s *service) outText() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.out.String()
}

func (s *service) status(path string) int {
	r, err := http.Get("http://" + s.http + path)
	if err != nil {
		return 0
	}
	r.Body.Close()
	if r.StatusCode == http.StatusBadRequest { // it speaks TLS
		if r, err = anyCertificate.Get("https://" + s.http + path); err != nil {
			return 0
		}
		r.Body.Close()
	}
	return r.StatusCode
}

// stop sends SIGTERM and waits; calls still up are given a few seconds.
func (s *service) stop() {
	select {
	case <-s.done:
		return
	default:
	}
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.done:
	case <-time.After(20 * time.Second):
		_ = s.cmd.Process.Kill()
		<-s.done
		s.t.Errorf("serve did not stop on SIGTERM\n%s", s.logText())
	}
}

// program runs the program to its end.
func program(t *testing.T, in string, args ...string) (out, errOut string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, args...)
	var o, e bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(in), &o, &e
	err := cmd.Run()
	if err != nil && cmd.ProcessState == nil {
		t.Fatalf("%v: %v", args, err)
	}
	return o.String(), e.String(), cmd.ProcessState.ExitCode()
}

// callReport is what `call --json` prints.
type callReport struct {
	Status  int
	Codec   string
	SRTP    string
	EndedBy string `json:"ended_by"`
	Heard   struct {
		Packets, Lost int
		Seconds       float64
		SpeechSeconds float64 `json:"speech_seconds"`
	}
	Timeline []struct {
		TMS    int64 `json:"t_ms"`
		Event  string
		Detail string
	}
}

func (r callReport) at(event string) (int64, bool) {
	for _, e := range r.Timeline {
		if e.Event == event {
			return e.TMS, true
		}
	}
	return 0, false
}

func (s *service) call(args ...string) callReport {
	s.t.Helper()
	r, err := s.tryCall(args...)
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

// tryCall may be used from any goroutine.
func (s *service) tryCall(args ...string) (callReport, error) {
	return s.tryCallTo("0970000000", args...)
}

func (s *service) tryCallTo(number string, args ...string) (callReport, error) {
	var r callReport
	cmd := exec.Command(binary, append([]string{"call", "sip:" + number + "@" + s.sip, "--json"}, args...)...)
	var o, e bytes.Buffer
	cmd.Stdout, cmd.Stderr = &o, &e
	err := cmd.Run()
	if jerr := json.Unmarshal(o.Bytes(), &r); jerr != nil {
		return r, fmt.Errorf("call: %w: no report: %w\n%s", err, jerr, e.String())
	}
	if err != nil {
		return r, fmt.Errorf("call: %w\n%s", err, e.String())
	}
	return r, nil
}

// trace is what `traces --json` prints.
type trace struct {
	ID         string
	Line       string
	Caller     string
	Origin     *string
	DurationS  *float64 `json:"duration_s"`
	Statuses   []string
	Region     *string
	PostalCode *string `json:"postal_code"`
	SMSSent    int     `json:"sms_sent"`
	EndedBy    *string `json:"ended_by"`
	PlaceTries *int    `json:"place_tries"`
}

func (tr trace) has(status string) bool {
	for _, s := range tr.Statuses {
		if s == status {
			return true
		}
	}
	return false
}

// decode reads what a command printed.
func decode(t *testing.T, out string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(out), into); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

func traces(t *testing.T, data string, args ...string) []trace {
	t.Helper()
	out, errOut, code := program(t, "", append([]string{"traces", "--json", "--data", data}, args...)...)
	if code != 0 {
		t.Fatalf("traces: status %d\n%s", code, errOut)
	}
	var list []trace
	decode(t, out, &list)
	return list
}

// ended waits for n calls that are over: the last facts of a call reach the disk a moment after its end.
func ended(t *testing.T, data string, n int, args ...string) (list []trace) {
	t.Helper()
	eventually(t, 20*time.Second, func() string {
		list = traces(t, data, args...)
		over := 0
		for _, tr := range list {
			if tr.EndedBy != nil {
				over++
			}
		}
		if len(list) != n || over != n {
			return fmt.Sprintf("%d traces, %d of them of calls that are over, not %d: %+v", len(list), over, n, list)
		}
		return ""
	})
	return list
}

// talking waits until the service has said something to n callers.
func (s *service) talking(n int) {
	s.t.Helper()
	eventually(s.t, 30*time.Second, func() string {
		if strings.Count(s.outText(), "voix automatique") < n {
			return "the service does not talk\n" + s.outText() + s.logText()
		}
		return ""
	})
}

// eventually waits until check holds; what it returns says what is missing. limit is what it may take; a busy machine gets a minute.
func eventually(t *testing.T, limit time.Duration, check func() string) {
	t.Helper()
	limit = max(limit, time.Minute)
	for deadline := time.Now().Add(limit); ; time.Sleep(100 * time.Millisecond) {
		missing := check()
		if missing == "" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(missing)
		}
	}
}

// peer finds a program that tests need; make test installs it.
func peer(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s is missing: run make setup-test", name)
		}
		t.Skipf("%s is missing: run make setup-test", name)
	}
	return path
}
