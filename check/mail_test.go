package check

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// certified makes a certificate for names, signed by itself, in dir; pool trusts it.
func certified(t *testing.T, dir string, names ...string) (certificate, key string, pool *x509.CertPool) {
	t.Helper()
	return certifiedUntil(t, dir, time.Now().Add(time.Hour), names...)
}

func certifiedUntil(t *testing.T, dir string, until time.Time, names ...string) (certificate, key string, pool *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "essai"}, NotBefore: until.Add(-365 * 24 * time.Hour), NotAfter: until, IsCA: true, BasicConstraintsValid: true}
	for _, n := range names {
		if ip := net.ParseIP(n); ip != nil {
			c.IPAddresses = append(c.IPAddresses, ip)
		} else {
			c.DNSNames = append(c.DNSNames, n)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	certificate, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	if err := errors.Join(os.WriteFile(certificate, text, 0o600), os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600)); err != nil {
		t.Fatal(err)
	}
	pool = x509.NewCertPool()
	pool.AppendCertsFromPEM(text)
	return certificate, key, pool
}

// letter is a message that the mail server took.
type letter struct {
	From string
	To   []string
	Text string
}

// mailServer starts aiosmtpd (testdata/peers/smtp) on a port, "0" for a free one; letters come out of the channel.
func mailServer(t *testing.T, port, mode, certificate, key, user, password string) (addr string, letters <-chan letter, kill func()) {
	t.Helper()
	const python = "/usr/bin/python3" // Debian's own, which has Debian's aiosmtpd
	if out, err := exec.Command(python, "-c", "import aiosmtpd").CombinedOutput(); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("python3-aiosmtpd is missing: run make setup-test: %s", out)
		}
		t.Skip("python3-aiosmtpd is missing: run make setup-test")
	}
	cmd := exec.Command(python, "../testdata/peers/smtp/peer.py", port, mode, certificate, key, user, password)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	took, listening, done := make(chan letter, 10), make(chan string, 1), make(chan struct{})
	go func() {
		defer close(done)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if at, ok := strings.CutPrefix(lines.Text(), "listening "); ok {
				listening <- at
				continue
			}
			var l letter
			if json.Unmarshal(lines.Bytes(), &l) == nil {
				took <- l
			}
		}
		_ = cmd.Wait() // killed
	}()
	kill = sync.OnceFunc(func() { _ = cmd.Process.Kill(); <-done })
	t.Cleanup(kill)
	select {
	case at := <-listening:
		return "127.0.0.1:" + at, took, kill
	case <-done:
		t.Fatal("the mail server ended")
	case <-time.After(time.Minute):
		t.Fatal("the mail server does not listen")
	}
	return "", nil, nil
}

var muted = Alert{Service: "standard", Event: "broken", Link: Link{Name: "voice", State: Broken, Reason: "la voix reste muette\r\nBcc: x@example.org", Owner: Ours, Since: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)}}

// TestMail sends through a real server: what arrives, and what is said of a server that does not take it.
func TestMail(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	certificate, key, pool := certified(t, dir, "127.0.0.1")
	elsewhere, elsewhereKey, elsewherePool := certified(t, t.TempDir(), "mail.example.org")
	trust := func(p *x509.CertPool) *tls.Config { return &tls.Config{RootCAs: p, MinVersion: tls.VersionTLS12} }
	for _, c := range []struct {
		name           string
		mode           string // of the server
		cert, key      string
		user, password string // that the server wants
		mail           Mail
		want           error
	}{
		{"STARTTLS", "starttls", certificate, key, "", "", Mail{TLS: trust(pool)}, nil},
		{"STARTTLS and a login", "starttls", certificate, key, "acotel", "secret", Mail{TLS: trust(pool), User: "acotel", Password: "secret"}, nil},
		{"TLS from the first byte", "implicit", certificate, key, "acotel", "secret", Mail{TLS: trust(pool), Implicit: true, User: "acotel", Password: "secret"}, nil},
		{"a relay without TLS", "plain", certificate, key, "", "", Mail{Plain: true}, nil},
		{"an unknown authority", "starttls", certificate, key, "", "", Mail{}, ErrMailCertificate},
		{"an unknown authority, from the first byte", "implicit", certificate, key, "", "", Mail{Implicit: true}, ErrMailCertificate},
		{"another host's certificate", "starttls", elsewhere, elsewhereKey, "", "", Mail{TLS: trust(elsewherePool)}, ErrMailCertificate},
		{"a server without TLS", "plain", certificate, key, "", "", Mail{TLS: trust(pool)}, ErrMailServer},
		{"TLS from the first byte where there is STARTTLS", "starttls", certificate, key, "", "", Mail{TLS: trust(pool), Implicit: true}, ErrMailServer},
		{"a wrong password", "starttls", certificate, key, "acotel", "secret", Mail{TLS: trust(pool), User: "acotel", Password: "other"}, ErrMailLogin},
		{"no login where one is wanted", "starttls", certificate, key, "acotel", "secret", Mail{TLS: trust(pool)}, ErrMailRefused},
		{"nobody of that name", "starttls", certificate, key, "", "", Mail{TLS: trust(pool), To: []string{"nobody@refused.example"}}, ErrMailRefused},
		{"nobody there", "", "", "", "", "", Mail{}, ErrMailServer},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := c.mail
			m.Server, m.From = "127.0.0.1:1", "standard@example.org" // nobody's
			var letters <-chan letter
			if c.mode != "" {
				m.Server, letters, _ = mailServer(t, "0", c.mode, c.cert, c.key, c.user, c.password)
			}
			if m.To == nil {
				m.To = []string{"claire@example.org", "astreinte@example.org"}
			}
			err := m.Send(t.Context(), muted)
			if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
				t.Fatalf("%v, want %v", err, c.want)
			}
			if err != nil {
				if !strings.Contains(err.Error(), m.Server) || strings.Contains(err.Error(), "secret") {
					t.Errorf("the error: %v", err)
				}
				t.Log(err)
				return
			}
			l := <-letters
			head, body, _ := strings.Cut(strings.ReplaceAll(l.Text, "\r\n", "\n"), "\n\n")
			if l.From != "standard@example.org" || strings.Join(l.To, " ") != "claire@example.org astreinte@example.org" {
				t.Errorf("envelope: %+v", l)
			}
			for _, want := range []string{"Message-ID: <", "Date: ", "Auto-Submitted: auto-generated", "charset=UTF-8"} {
				if !strings.Contains(head, want) {
					t.Errorf("no %q in\n%s", want, head)
				}
			}
			if strings.Contains(head, "Bcc") || !strings.Contains(head, "voice") || !strings.Contains(body, "la voix reste muette Bcc: x@example.org") || !strings.Contains(body, "04/03/2026 05:06:07") {
				t.Errorf("the letter:\n%s", l.Text)
			}
		})
	}
}

// TestAlertsWaitForTheMailServer: what a server that is away could not take arrives when it is back, in order; another receiver does
// not wait for it.
func TestAlertsWaitForTheMailServer(t *testing.T) {
	t.Parallel()
	certificate, key, pool := certified(t, t.TempDir(), "127.0.0.1")
	// A port below those that the kernel hands out, lest anybody gets it while the server is away: our own calls to it, too, come from one.
	port := freeBelowEphemeral(t)
	addr, _, kill := mailServer(t, port, "starttls", certificate, key, "", "")
	kill()
	other := make(chan Alert, 10)
	a := NewAlerts(Alerts{Service: "standard", Retry: 50 * time.Millisecond, Senders: []Sender{
		Mail{Server: addr, From: "standard@example.org", To: []string{"claire@example.org"}, TLS: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}, channel(other)}})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { a.Run(ctx); close(done) }()
	defer func() { cancel(); <-done }()
	a.Tell(Change{Link: Link{Name: "sms", State: Broken}, Was: OK})
	a.Tell(Change{Link: Link{Name: "sms", State: OK}, Was: Broken})
	for _, want := range []string{"broken", "recovered"} {
		if got := <-other; got.Event != want {
			t.Errorf("%+v, want %s", got, want)
		}
	}
	_, letters, _ := mailServer(t, port, "starttls", certificate, key, "", "")
	for _, want := range []string{"EN PANNE", "rétabli"} {
		if l := <-letters; !strings.Contains(l.Text, want) && !strings.Contains(l.Text, quoted(want)) {
			t.Errorf("%s\nis not %s", l.Text, want)
		}
	}
}

// freeBelowEphemeral is a port of loopback that nobody listens on.
func freeBelowEphemeral(t *testing.T) string {
	t.Helper()
	for try := range 1000 {
		port := strconv.Itoa(12000 + (os.Getpid()+try)%4000)
		if ln, err := net.Listen("tcp", "127.0.0.1:"+port); err == nil {
			_ = ln.Close()
			return port
		}
	}
	t.Fatal("no free port")
	return ""
}

// quoted is text as quoted-printable writes it.
func quoted(text string) string { return strings.ReplaceAll(text, "é", "=C3=A9") }

// channel is a receiver that takes everything at once.
type channel chan Alert

func (channel) Name() string { return "channel" }

func (c channel) Send(_ context.Context, a Alert) error { c <- a; return nil }
