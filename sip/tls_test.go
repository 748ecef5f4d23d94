package sip

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/acotel/acotel-sbc/media"
)

// authority signs certificates for the time of a test.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	file string // PEM of cert
}

func newAuthority(t testing.TB) *authority {
	t.Helper()
	a := &authority{file: filepath.Join(t.TempDir(), "ca.pem")}
	var err error
	if a.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &a.key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	writePEM(t, a.file, "CERTIFICATE", der)
	return a
}

func writePEM(t testing.TB, file, kind string, der []byte) {
	t.Helper()
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
}

// issue writes a certificate for a name or address, and its key.
func (a *authority) issue(t testing.TB, name string, life time.Duration) (cert, key string) {
	t.Helper()
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	a.issueTo(t, name, life, cert, key)
	return cert, key
}

func (a *authority) issueTo(t testing.TB, name string, life time.Duration, cert, key string) {
	t.Helper()
	own, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(life), KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}}
	if ip := net.ParseIP(name); ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else {
		template.DNSNames = []string{name}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &own.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalECPrivateKey(own)
	if err != nil {
		t.Fatal(err)
	}
	writePEM(t, key, "EC PRIVATE KEY", keyDER)
	writePEM(t, cert, "CERTIFICATE", der)
}

func (a *authority) pair(t testing.TB, name string) tls.Certificate {
	t.Helper()
	pair, err := tls.LoadX509KeyPair(a.issue(t, name, time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	return pair
}

// server is the TLS side of a server of a name.
func (a *authority) server(t testing.TB, name string) *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{a.pair(t, name)}}
}

func (a *authority) pool() *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(a.cert)
	return p
}

// tlsPhone connects and asks with OPTIONS; the first line of the answer, or the error.
func tlsPhone(e *Endpoint, cfg *tls.Config) (string, error) {
	conn, err := tls.DialWithDialer(&net.Dialer{Timeout: patience}, "tcp", e.TLSAddr().String(), cfg)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patience))
	fmt.Fprintf(conn, "OPTIONS sips:x@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TLS 127.0.0.1:9;branch=z9hG4bK-%d\r\nFrom: <sip:a@127.0.0.1>;tag=1\r\nTo: <sip:x@127.0.0.1>\r\n"+
		"Call-ID: c\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n", time.Now().UnixNano())
	return bufio.NewReader(conn).ReadString('\n')
}

func TestTLSClients(t *testing.T) {
	ours, theirs, strange := newAuthority(t), newAuthority(t), newAuthority(t)
	cert, key := ours.issue(t, "sbc.example", time.Hour)
	known, unknown := theirs.pair(t, "operator.example"), strange.pair(t, "operator.example")
	for _, tt := range []struct {
		name    string
		clients ClientCertificates
		shows   []tls.Certificate
		version uint16 // at most
		ok      bool
	}{
		{"not asked for", NoClientCertificate, nil, 0, true},
		{"optional, none", OptionalClientCertificate, nil, 0, true},
		{"optional, good", OptionalClientCertificate, []tls.Certificate{known}, 0, true},
		{"optional, of another authority", OptionalClientCertificate, []tls.Certificate{unknown}, 0, false},
		{"required, none", RequiredClientCertificate, nil, 0, false},
		{"required, good", RequiredClientCertificate, []tls.Certificate{known}, 0, true},
		{"required, of another authority", RequiredClientCertificate, []tls.Certificate{unknown}, 0, false},
		{"TLS 1.1", NoClientCertificate, nil, tls.VersionTLS11, false},
		{"TLS 1.2", NoClientCertificate, nil, tls.VersionTLS12, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := listen(t, newService(), func(c *Config) {
				c.TLS = TLS{Listen: "127.0.0.1:0", Certificate: cert, Key: key, Clients: tt.clients, ClientCA: theirs.file}
			})
			// GetClientCertificate shows it even to a server that would not take it.
			line, err := tlsPhone(e, &tls.Config{RootCAs: ours.pool(), ServerName: "sbc.example", MaxVersion: tt.version,
				GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
					if len(tt.shows) == 0 {
						return &tls.Certificate{}, nil
					}
					return &tt.shows[0], nil
				}})
			if ok := err == nil && line == "SIP/2.0 200 OK\r\n"; ok != tt.ok {
				t.Errorf("%q, %v", line, err)
			}
			if !tt.ok {
				eventually(t, "the failure to be counted", func() bool { return e.Stats().Handshakes == 1 })
			}
			if shown := len(e.ShownCertificates()); (shown == 1) != (tt.ok && len(tt.shows) > 0) {
				t.Errorf("%d certificates shown", shown)
			}
		})
	}
}

// TestCertificateIsRenewed: a new file is used without a restart, and a broken one leaves the old in use.
func TestCertificateIsRenewed(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	cert, key := a.issue(t, "sbc.example", time.Hour)
	c := &certificate{certFile: cert, keyFile: key}
	first, err := c.current()
	if err != nil {
		t.Fatal(err)
	}
	a.issueTo(t, "sbc.example", 48*time.Hour, cert, key)
	if err := os.Chtimes(cert, time.Now(), time.Now().Add(time.Minute)); err != nil { // file times may be coarse
		t.Fatal(err)
	}
	if same, _ := c.current(); same != first {
		t.Error("the file is looked at for each connection")
	}
	c.looked = time.Time{}
	second, err := c.current()
	if err != nil || second == first || time.Until(second.Leaf.NotAfter) < 24*time.Hour {
		t.Errorf("the new certificate is not in use: %v", err)
	}
	if err := os.WriteFile(cert, []byte("broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	_ = os.Chtimes(cert, time.Now(), time.Now().Add(2*time.Minute))
	c.looked = time.Time{}
	if third, err := c.current(); err != nil || third != second {
		t.Errorf("a broken file: %v", err)
	}
}

func TestTLSSettings(t *testing.T) {
	a := newAuthority(t)
	cert, key := a.issue(t, "sbc.example", time.Hour)
	empty := filepath.Join(t.TempDir(), "empty.pem")
	writePEM(t, empty, "NOTHING", nil)
	for name, c := range map[string]TLS{
		"no certificate":         {Listen: "127.0.0.1:0"},
		"no such file":           {Listen: "127.0.0.1:0", Certificate: "missing.pem", Key: key},
		"key of another":         {Listen: "127.0.0.1:0", Certificate: cert, Key: cert},
		"no authority of peers":  {Listen: "127.0.0.1:0", Certificate: cert, Key: key, Clients: RequiredClientCertificate},
		"an authority without":   {Listen: "127.0.0.1:0", Certificate: cert, Key: key, Clients: OptionalClientCertificate, ClientCA: empty},
		"no authority of theirs": {ServerCA: "missing.pem"},
	} {
		t.Run(name, func(t *testing.T) {
			if e, err := Listen(t.Context(), Config{Listen: "127.0.0.1:0", TLS: c, T1: testT1, T2: testT2, T4: testT4}, newService()); err == nil {
				e.Close()
				t.Error("no error")
			}
		})
	}
}

// TestTLSServerMustBeWhoItSays: we register only at a server whose certificate is good and bears its name.
func TestTLSServerMustBeWhoItSays(t *testing.T) {
	good, bad := newAuthority(t), newAuthority(t)
	for _, tt := range []struct {
		name string
		cfg  *tls.Config
		ok   bool
	}{
		{"good", good.server(t, "127.0.0.1"), true},
		{"another name", good.server(t, "127.0.0.2"), false},
		{"another authority", bad.server(t, "127.0.0.1"), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := newOperator(t, "127.0.0.1", "tls", rules{}, tt.cfg)
			e := subscriber(t, "tls", func(c *Config) { c.TLS.ServerCA = good.file }, o)
			if tt.ok {
				trunkIs(t, e, "registered", up)
			}
			eventually(t, "their certificate to be known", func() bool {
				shown := e.ShownCertificates()
				return len(shown) == 1 && shown[0].Peer == "127.0.0.1" && time.Until(shown[0].Expires) > 50*time.Minute && time.Until(shown[0].Expires) <= time.Hour
			})
			if tt.ok {
				return
			}
			trunkIs(t, e, "refused", func(s TrunkState) bool { return s.RegistrationFailures > 0 })
			if n := len(o.requests("REGISTER")); n > 0 {
				t.Error("a REGISTER was sent to whom we can't trust")
			}
		})
	}
}

// TestWeShowOurCertificate to a server that asks for it.
func TestWeShowOurCertificate(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	cert, key := a.issue(t, "sbc.example", time.Hour)
	cfg := a.server(t, "127.0.0.1")
	cfg.ClientAuth, cfg.ClientCAs = tls.RequireAndVerifyClientCert, a.pool()
	o := newOperator(t, "127.0.0.1", "tls", rules{}, cfg)
	e := subscriber(t, "tls", func(c *Config) { c.TLS = TLS{ServerCA: a.file, Certificate: cert, Key: key} }, o)
	trunkIs(t, e, "registered", up)
	if left := time.Until(e.CertificateExpires()); left < 50*time.Minute || left > time.Hour {
		t.Errorf("our certificate expires in %v", left)
	}
}

// TestCallOverTLS is a whole call between two endpoints, its sound protected by SRTP.
func TestCallOverTLS(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	cert, key := a.issue(t, "127.0.0.1", time.Hour)
	s := newService()
	e := listen(t, s, func(c *Config) { c.TLS = TLS{Listen: "127.0.0.1:0", Certificate: cert, Key: key} })
	caller := listen(t, newService(), func(c *Config) { c.TLS = TLS{ServerCA: a.file} })
	c, err := caller.Dial(t.Context(), DialRequest{URI: "sip:0199000001@" + e.TLSAddr().String() + ";transport=tls", From: "0639981234", Local: (&line{}).local()})
	if err != nil {
		t.Fatal(err)
	}
	rung := next(t, s.calls, "call")
	next(t, rung.Confirmed(), "ACK")
	ours, theirs := c.Media().Protection, rung.Media().Protection // TLS keeps the keys secret, so they are offered
	if ours.Suite != media.AESCM80 || theirs.Suite != ours.Suite || ours.Send != theirs.Receive || ours.Receive != theirs.Send || ours.Send == ours.Receive {
		t.Errorf("protected by %q and %q, or keys that do not fit", ours.Suite, theirs.Suite)
	}
	if err := rung.Hangup(t.Context(), ""); err != nil { // back over the caller's connection: it listens nowhere
		t.Error(err)
	}
	next(t, c.Done(), "end")
	if end := c.End(); end.By != "remote" {
		t.Errorf("end %+v", end)
	}
}
