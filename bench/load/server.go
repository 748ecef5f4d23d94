package load

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	startLimit = 2 * time.Minute  // a fresh machine renders all messages first
	stopLimit  = 15 * time.Second // from SIGTERM to the end
	keptLines  = 12               // of the log, shown when the server fails
)

// Server is a service under test: a child process with its own figures.
type Server struct {
	SIP, HTTP string // its addresses

	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
	err  error         // of its end; read after done

	mu    sync.Mutex
	lines []string           // the newest of its log
	watch func(line LogLine) // sees every line
}

// LogLine is one line of the server's log.
type LogLine map[string]any

// ServerConfig says what to start.
type ServerConfig struct {
	Program string             // path of acotel-sbc
	Args    []string           // behind `serve --demo`: settings of who measures
	Hears   bool               // with the recognisers of its configuration; false: with none
	Watch   func(line LogLine) // sees every line of the log, on one goroutine; nil: nobody does
}

// lifted are the settings that let the server take all it can, and be looked into.
var lifted = []string{
	"calls.slots=10000", "calls.wait_slots=0", "calls.cpu_guard_percent=0", "calls.clock_guard_ms=0", "calls.drain_seconds=1",
	"sip.limits.messages_per_second=0", "sip.limits.calls_per_second=0", "sip.limits.half_open=0", "sip.limits.ban_after=0",
	"rtp.ports=16384-32767", "http.debug=true", "log.level=info", "log.format=json",
}

// StartServer starts `serve --demo` on free ports of loopback and returns when it is ready.
func StartServer(ctx context.Context, c ServerConfig) (*Server, error) {
	s := &Server{done: make(chan struct{}), watch: c.Watch}
	args := []string{"serve", "--demo", "--sip", "127.0.0.1:0", "--http", "127.0.0.1:0"}
	for _, set := range lifted {
		args = append(args, "--set", set)
	}
	if !c.Hears {
		args = append(args, "--set", "asr.backends=[none]")
	}
	s.cmd = exec.Command(c.Program, append(args, c.Args...)...)
	s.cmd.SysProcAttr = childAttributes()
	stderr, err := s.cmd.StderrPipe()
	if err != nil {
		return nil, fmt.Errorf("load: the server: %w", err)
	}
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("load: the server: %w", err)
	}
	listening := make(chan struct{})
	go s.follow(stderr, listening)
	limit := time.NewTimer(startLimit)
	defer limit.Stop()
	select {
	case <-listening:
		err = s.ready(ctx)
	case <-s.done:
		return nil, fmt.Errorf("load: the server ended at once: %w\n%s", s.err, s.log())
	case <-ctx.Done():
		err = ctx.Err()
	case <-limit.C:
		err = errors.New("it does not listen")
	}
	if err != nil {
		_ = s.Stop()
		return nil, fmt.Errorf("load: the server did not start: %w\n%s", err, s.log())
	}
	return s, nil
}

// follow reads the log to its end.
func (s *Server) follow(r io.Reader, listening chan struct{}) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		s.mu.Lock()
		s.lines = append(s.lines, lines.Text())
		s.lines = s.lines[max(0, len(s.lines)-keptLines):]
		s.mu.Unlock()
		var l LogLine
		if json.Unmarshal(lines.Bytes(), &l) != nil {
			continue
		}
		if l["msg"] == "listening" && s.SIP == "" {
			s.SIP, _ = l["sip"].(string)
			s.HTTP, _ = l["http"].(string)
			close(listening)
		}
		if s.watch != nil {
			s.watch(l)
		}
	}
	_, _ = io.Copy(io.Discard, r) // a line too long must not block the server
	s.err = s.cmd.Wait()
	close(s.done)
}

func (s *Server) log() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.lines, "\n")
}

// ready waits for /readyz.
func (s *Server) ready(ctx context.Context) error {
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		res, err := s.get(ctx, "/readyz")
		if err == nil {
			res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return nil
			}
			err = errors.New("it is not ready: " + res.Status)
		}
		if time.Now().After(deadline) || ctx.Err() != nil {
			return err
		}
	}
}

func (s *Server) get(ctx context.Context, path string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.HTTP+path, nil)
	if err != nil {
		return nil, err
	}
	return http.DefaultClient.Do(req)
}

// Usage is what the server and its children have used.
func (s *Server) Usage() (Usage, error) {
	u, err := usageOf(s.cmd.Process.Pid)
	if err != nil {
		return u, fmt.Errorf("%w\n%s", err, s.log())
	}
	return u, nil
}

// Runtime is what the server tells of its inside.
type Runtime struct {
	Goroutines int   `json:"goroutines"`
	HeapBytes  int64 `json:"heap_bytes"` // alive after a collection
}

// Runtime lets the server collect its garbage and tell what is left.
func (s *Server) Runtime(ctx context.Context) (r Runtime, err error) {
	res, err := s.get(ctx, "/debug/runtime?gc=1")
	if err != nil {
		return r, fmt.Errorf("load: the server's inside: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return r, fmt.Errorf("load: the server's inside: %s", res.Status)
	}
	return r, json.NewDecoder(res.Body).Decode(&r)
}

// Profile writes the server's processor profile over some seconds to a file, for `go tool pprof`.
func (s *Server) Profile(ctx context.Context, seconds int, file string) error {
	res, err := s.get(ctx, fmt.Sprintf("/debug/pprof/profile?seconds=%d", seconds))
	if err != nil {
		return fmt.Errorf("load: profile: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("load: profile: %s", res.Status)
	}
	f, err := os.Create(file)
	if err != nil {
		return fmt.Errorf("load: profile: %w", err)
	}
	_, err = io.Copy(f, res.Body)
	return errors.Join(err, f.Close())
}

// Stop ends the server and waits for it.
func (s *Server) Stop() error {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	limit := time.NewTimer(stopLimit)
	defer limit.Stop()
	select {
	case <-s.done:
	case <-limit.C:
		_ = s.cmd.Process.Kill()
		<-s.done
		return fmt.Errorf("load: the server did not end within %v\n%s", stopLimit, s.log())
	}
	if s.err != nil {
		return fmt.Errorf("load: the server ended badly: %w\n%s", s.err, s.log())
	}
	return nil
}
