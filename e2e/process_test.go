package e2e

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// process starts a program of another make, which runs until the test ends. What it says is shown when the test has failed. over is closed when
// it ended by itself.
func process(t *testing.T, cmd *exec.Cmd) (over <-chan struct{}) {
	t.Helper()
	name := filepath.Base(cmd.Path)
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }() // it is killed at the latest
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may be gone
		<-ended
		log.Close()
		if text, err := os.ReadFile(log.Name()); t.Failed() && err == nil {
			t.Logf("%s:\n%s", name, tail(string(text), 4000))
		}
	})
	return ended
}

// listens waits until a process takes a connection, and gives it.
func listens(t *testing.T, over <-chan struct{}, address string) (conn net.Conn) {
	t.Helper()
	eventually(t, time.Minute, func() string {
		select {
		case <-over:
			t.Fatalf("it ended before it listened on %s", address)
		default:
		}
		var err error
		if conn, err = net.Dial("tcp", address); err != nil {
			return err.Error()
		}
		return ""
	})
	return conn
}
