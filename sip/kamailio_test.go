package sip

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// kamailioConfig is an operator's proxy and registrar: digest by a table of text files, nonces that are stale after a second, an
// interval that may be too brief, calls by the bindings it holds, and itself on the way of all that follows.
const kamailioConfig = `#!KAMAILIO
debug=1
log_stderror=yes
children=1
tcp_children=1
auto_aliases=no
disable_tls=yes
listen=udp:%[1]s
listen=tcp:%[1]s
loadmodule "kex.so"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "siputils.so"
loadmodule "textops.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "db_text.so"
loadmodule "auth.so"
loadmodule "auth_db.so"
modparam("auth_db", "db_url", "text://%[2]s")
modparam("auth_db", "calculate_ha1", yes)
modparam("auth_db", "password_column", "password")
modparam("auth", "algorithm", "%[3]s")
modparam("auth", "qop", "auth")
modparam("auth", "nonce_expire", 1)
modparam("registrar", "max_expires", 4)
request_route {
	if (is_method("REGISTER")) {
		if (!auth_check("$fd", "subscriber", "1")) {
			auth_challenge("$fd", "1");
			exit;
		}
		if ($hdr(Expires) != "0" && $(hdr(Expires){s.int}) < 120) {
			append_to_reply("Min-Expires: 120\r\n");
			sl_send_reply("423", "Interval Too Brief");
			exit;
		}
		save("location");
		exit;
	}
	if (is_method("OPTIONS") && !has_totag()) {
		sl_send_reply("200", "OK");
		exit;
	}
	if (has_totag()) {
		loose_route();
		t_relay();
		exit;
	}
	if (is_method("CANCEL")) {
		t_relay();
		exit;
	}
	record_route();
	if (!lookup("location")) {
		sl_send_reply("404", "Not Found");
		exit;
	}
	t_relay();
}
`

// kamailio starts the real thing (Debian package kamailio; make setup-test unpacks it) and gives its address.
func kamailio(t *testing.T, algorithm string) netip.AddrPort {
	t.Helper()
	bin, env, args := findKamailio(t)
	dir := t.TempDir()
	if len(dir) > 60 { // its control socket lies there, and a path of a socket is short
		var err error
		if dir, err = os.MkdirTemp("", "k"); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.RemoveAll(dir) })
	}
	at := apart()
	for name, text := range map[string]string{
		"version":      "table_name(string) table_version(int)\nsubscriber:7\n",
		"subscriber":   fmt.Sprintf("id(int,auto) username(string) domain(string) password(string)\n1:%s:%s:secret\n", operatorUser, operatorRealm),
		"kamailio.cfg": fmt.Sprintf(kamailioConfig, at, dir, algorithm),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, bin, append(args, "-DD", "-E", "-f", filepath.Join(dir, "kamailio.cfg"), "-P", filepath.Join(dir, "pid"), "-w", dir, "-Y", dir, "-m", "16", "-M", "4")...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr, cmd.Env = &out, &out, append(os.Environ(), env...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) } // it ends its children
	cmd.WaitDelay = 10 * time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("kamailio:\n%s", tail(out.Bytes(), 3000))
		}
	})
	probe, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(at))
	if err != nil {
		t.Fatal(err)
	}
	defer probe.Close()
	for i := range 300 {
		fmt.Fprintf(probe, "OPTIONS sip:%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bKready%d\r\nFrom: <sip:t@t>;tag=1\r\nTo: <sip:%s>\r\nCall-ID: ready\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 1\r\nContent-Length: 0\r\n\r\n",
			at, probe.LocalAddr(), i, at)
		_ = probe.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
		if n, err := probe.Read(make([]byte, 2000)); err == nil && n > 0 {
			return at
		}
		time.Sleep(20 * time.Millisecond) // nobody listens yet: the error comes at once
	}
	t.Fatal("kamailio does not answer")
	return at
}

// findKamailio looks where make setup-test unpacks it, then in the system.
func findKamailio(t *testing.T) (bin string, env, args []string) {
	t.Helper()
	root, err := filepath.Abs("../.cache/kamailio")
	if err != nil {
		t.Fatal(err)
	}
	if unpacked := filepath.Join(root, "usr/sbin/kamailio"); isFile(unpacked) {
		modules, _ := filepath.Glob(filepath.Join(root, "usr/lib/*/kamailio/modules"))
		libraries, _ := filepath.Glob(filepath.Join(root, "usr/lib/*/kamailio"))
		if len(modules) != 1 || len(libraries) != 1 {
			t.Fatalf("%s is not whole: remove it and run make setup-test", root)
		}
		return unpacked, []string{"LD_LIBRARY_PATH=" + libraries[0]}, []string{"-L", modules[0]}
	}
	if bin, err = exec.LookPath("kamailio"); err == nil {
		return bin, nil, nil
	}
	if os.Getenv("CI") == "true" {
		t.Fatal("kamailio is missing: run make setup-test")
	}
	t.Skip("kamailio is missing: run make setup-test")
	return "", nil, nil
}

func isFile(name string) bool {
	st, err := os.Stat(name)
	return err == nil && st.Mode().IsRegular()
}

// TestKamailio: we register at a real registrar, past its 423, go on when its nonces are stale, and take a call that comes
// through it, to its end.
func TestKamailio(t *testing.T) {
	for _, tt := range []struct{ algorithm, network string }{{"MD5", "udp"}, {"SHA-256", "udp"}, {"SHA-256", "tcp"}} {
		t.Run(tt.algorithm+" over "+tt.network, func(t *testing.T) {
			t.Parallel()
			at := kamailio(t, tt.algorithm)
			s := newService()
			e := listen(t, s, func(c *Config) {
				c.Trunks = []Trunk{{Name: "operator", Servers: []string{at.String()}, Transport: tt.network, Ping: time.Second,
					Register: &Registration{User: operatorUser, Domain: operatorRealm, Password: "secret", Expires: time.Minute}}}
			})
			st := trunkIs(t, e, "registered", up)
			if st.Registrations != 1 || st.RegistrationFailures != 0 || time.Until(st.Expires) > 4*time.Second {
				t.Errorf("state %+v", st)
			}
			kamailioCall(t, e, s, at)
			st = trunkIs(t, e, "registered again with a nonce that was stale", func(s TrunkState) bool { return s.Registrations >= 2 })
			if !st.Up || st.RegistrationFailures != 0 || st.Pings == 0 || st.PingFailures != 0 {
				t.Errorf("state %+v", st)
			}
			if err := e.Close(); err != nil {
				t.Error(err)
			}
			caller := listen(t, newService())
			if _, err := caller.Dial(t.Context(), DialRequest{URI: "sip:" + operatorUser + "@" + at.String(), From: "0639981234", Local: (&line{}).local()}); err == nil || !strings.Contains(err.Error(), "404") {
				t.Errorf("the registration was not given back: %v", err)
			}
		})
	}
}

// kamailioCall lets someone ring us by way of the proxy, and hangs up from our side.
func kamailioCall(t *testing.T, e *Endpoint, s *service, at netip.AddrPort) {
	t.Helper()
	caller := listen(t, newService())
	c, err := caller.Dial(t.Context(), DialRequest{URI: "sip:" + operatorUser + "@" + at.String(), From: "0639981234", Local: (&line{}).local()})
	if err != nil {
		t.Fatal(err)
	}
	rung := next(t, s.calls, "call")
	next(t, rung.Confirmed(), "ACK")
	if rung.Called() != operatorUser || rung.Caller().E164.Reveal() != "+33639981234" || rung.Trunk() != "operator" {
		t.Errorf("called %s by %v over %s", rung.Called(), rung.Caller(), rung.Trunk())
	}
	if err := rung.Hangup(t.Context(), ""); err != nil {
		t.Error(err)
	}
	next(t, c.Done(), "end")
	if end := c.End(); end.By != "remote" {
		t.Errorf("end %+v", end)
	}
}
