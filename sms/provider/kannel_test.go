package provider

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/acotel/acotel-sbc/sms"
)

// freePorts finds ports that nobody uses, below those that the kernel hands out: nobody else gets them before the program does.
func freePorts(t *testing.T, n int) (out []int) {
	t.Helper()
	for port := 11000 + os.Getpid()%1000; len(out) < n && port < 16000; port++ {
		if ln, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			_ = ln.Close()
			out = append(out, port)
		}
	}
	if len(out) < n {
		t.Fatal("no free ports")
	}
	return out
}

// run starts a program and ends it, by its own process, with the test. Its output comes line by line.
func run(t *testing.T, dir, name string, args ...string) <-chan string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("%s is missing: make setup-test installs it", name)
	}
	cmd := exec.Command(path, args...)
	cmd.Dir = dir
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = w, w
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	lines := make(chan string, 1000)
	var done sync.WaitGroup
	done.Go(func() {
		defer close(lines)
		for in := bufio.NewScanner(r); in.Scan(); {
			select {
			case lines <- in.Text():
			default: // nobody reads any more
			}
		}
	})
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		done.Wait()
		r.Close()
	})
	return lines
}

// dial waits for a listener.
func dial(t *testing.T, port int) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			c.Close()
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("nobody listens on port %d: %v", port, err)
		}
	}
}

// A real Kannel takes a message over HTTP, hands it to its fake SMSC with its accents, and its receipt comes back to us.
func TestKannel(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := freePorts(t, 4)
	config := filepath.Join(dir, "kannel.conf")
	if err := os.WriteFile(config, fmt.Appendf(nil, `group = core
admin-port = %d
admin-interface = 127.0.0.1
admin-password = admin
smsbox-port = %d
smsbox-interface = 127.0.0.1
box-allow-ip = 127.0.0.1
log-level = 1
dlr-storage = internal

group = smsc
smsc = fake
smsc-id = FAKE
port = %d
connect-allow-ip = 127.0.0.1

group = smsbox
bearerbox-host = 127.0.0.1
bearerbox-port = %d
sendsms-port = %d
sendsms-interface = 127.0.0.1
sendsms-chars = "+0123456789"
log-level = 1

group = sendsms-user
username = acotel
password = "geh&eim"
concatenation = true
max-messages = 4
`, p[0], p[1], p[2], p[1], p[3]), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, dir, "/usr/sbin/bearerbox", config)
	dial(t, p[0])
	dial(t, p[2])
	handset := run(t, dir, "/usr/lib/kannel/test/fakesmsc", "-H", "127.0.0.1", "-r", fmt.Sprint(p[2]), "-m", "1", "-i", "0.1", "33600000000 33600000000 text nop")
	run(t, dir, "/usr/sbin/smsbox", config)
	dial(t, p[3])

	got := make(chan string, 10)
	receipts := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		got <- r.URL.Query().Get("key") + " " + r.URL.Query().Get("status")
	}))
	t.Cleanup(receipts.Close)
	provider := newHTTP(t, HTTPConfig{
		URL: fmt.Sprintf("http://127.0.0.1:%d/cgi-bin/sendsms", p[3]) + "?username=acotel&password={{query .Secret.pw}}&to={{query .To}}&from={{query .Sender}}" +
			"&charset=UTF-8&coding=0&text={{query .Text}}&dlr-mask=31&dlr-url={{query .Receipts}}%26status%3D%25d",
		Accepted: "^0: Accepted|^3: Queued", Sender: "3960", Secrets: map[string]string{"pw": "geh&eim"}, Receipts: receipts.URL + "/r",
	})
	if _, err := send(t, provider, message); err != nil {
		t.Fatal(err)
	}
	deadline := time.After(30 * time.Second)
	for seen := false; !seen; {
		select {
		case line, ok := <-handset:
			if !ok {
				t.Fatal("the fake SMSC ended")
			}
			seen = strings.Contains(line, "<3960 +33639980001 text "+message.Text+">")
		case <-deadline:
			t.Fatal("the fake SMSC got no such message")
		}
	}
	for delivered := false; !delivered; {
		select {
		case r := <-got:
			delivered = r == message.Key+" 8" // the SMSC has it; a handset there is none
		case <-deadline:
			t.Fatal("no receipt came")
		}
	}
	// A wrong password is for good, not for later.
	provider.c.Secrets = map[string]string{"pw": "wrong"}
	if _, err := send(t, provider, message); !errors.Is(err, sms.ErrPermanent) {
		t.Errorf("a wrong password: %v", err)
	}
}
