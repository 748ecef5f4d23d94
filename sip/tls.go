package sip

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

// TLS is SIP over TLS (RFC 3261 §26.2.1), TLS 1.2 or later. The zero value takes no such calls, but we can still open
// connections to peers whose certificate a system root vouches for.
type TLS struct {
	// Listen is the host:port, usually 5061. Empty: we take no connections.
	Listen string

	// Certificate and Key are PEM files, the certificate first and its chain behind it. They are read again when the
	// certificate's file changes, so that a renewal needs no restart. The same certificate shows who we are to peers
	// that we connect to.
	Certificate, Key string

	// Clients tells whether peers must show a certificate, and ClientCA (PEM) who vouches for it.
	Clients  ClientCertificates
	ClientCA string

	// ServerCA (PEM) vouches for the peers that we connect to; the system's roots if empty.
	ServerCA string
}

// ClientCertificates tells what we want of peers that connect to us.
type ClientCertificates uint8

// The choices. Whatever the certificate, a peer must also be of a trunk's addresses.
const (
	NoClientCertificate       ClientCertificates = iota // not asked for
	OptionalClientCertificate                           // verified when there is one
	RequiredClientCertificate                           // no connection without a good one
)

// security makes connections secure, in both directions.
type security struct {
	serving, dialling *tls.Config
	own               *certificate // nil: none

	mu    sync.Mutex
	shown map[string]ShownCertificate // by Peer
}

// ShownCertificate is what a peer showed at its newest TLS handshake with us, whether we took it or not: who is at the other end is known
// from the handshake before, and peers are few.
type ShownCertificate struct {
	Peer    string    // the name that we asked for, or the address of a peer that came to us
	Expires time.Time // of its own certificate
	At      time.Time // of the handshake
}

func newSecurity(c TLS) (*security, error) {
	s := &security{dialling: &tls.Config{MinVersion: tls.VersionTLS12}, shown: map[string]ShownCertificate{}}
	if c.Certificate != "" {
		s.own = &certificate{certFile: c.Certificate, keyFile: c.Key}
		if _, err := s.own.current(); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrConfig, err)
		}
		s.dialling.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return s.own.current() }
	}
	var err error
	if c.ServerCA != "" {
		if s.dialling.RootCAs, err = readPool(c.ServerCA); err != nil {
			return nil, err
		}
	}
	if c.Listen == "" {
		return s, nil
	}
	if s.own == nil {
		return nil, fmt.Errorf("%w: TLS needs a certificate and its key", ErrConfig)
	}
	s.serving = &tls.Config{
		MinVersion:     tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return s.own.current() },
		ClientAuth:     [...]tls.ClientAuthType{tls.NoClientCert, tls.VerifyClientCertIfGiven, tls.RequireAndVerifyClientCert}[c.Clients],
	}
	if c.Clients != NoClientCertificate {
		if s.serving.ClientCAs, err = readPool(c.ClientCA); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func readPool(file string) (*x509.CertPool, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%w: %s holds no certificate in PEM form", ErrConfig, file)
	}
	return pool, nil
}

// server makes an accepted connection secure.
func (s *security) server(conn net.Conn) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), dialTimeout)
	defer cancel()
	c := tls.Server(conn, s.serving)
	if err := c.HandshakeContext(ctx); err != nil {
		return nil, err
	}
	if from, _, err := net.SplitHostPort(conn.RemoteAddr().String()); err == nil {
		s.saw(from, c.ConnectionState().PeerCertificates)
	}
	return c, nil
}

// client makes a connection that we opened secure. name is who must be at its other end.
func (s *security) client(ctx context.Context, conn net.Conn, name string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	cfg := s.dialling.Clone()
	cfg.ServerName = name
	c := tls.Client(conn, cfg)
	if err := c.HandshakeContext(ctx); err != nil {
		var refused *tls.CertificateVerificationError
		if errors.As(err, &refused) {
			s.saw(name, refused.UnverifiedCertificates)
		}
		return nil, err
	}
	s.saw(name, c.ConnectionState().PeerCertificates)
	return c, nil
}

// saw notes a peer's certificates, its own first.
func (s *security) saw(peer string, chain []*x509.Certificate) {
	if len(chain) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shown[peer] = ShownCertificate{Peer: peer, Expires: chain[0].NotAfter, At: time.Now()}
}

// ShownCertificates are those of all peers that had a TLS handshake with us, by name.
func (e *Endpoint) ShownCertificates() []ShownCertificate {
	s := e.secure
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.SortedFunc(maps.Values(s.shown), func(a, b ShownCertificate) int { return strings.Compare(a.Peer, b.Peer) })
}

// certificate is ours, read again when its file has changed. One that can no longer be read stays in use.
type certificate struct {
	certFile, keyFile string

	mu      sync.Mutex
	looked  time.Time
	changed time.Time // of the file that was read
	pair    *tls.Certificate
}

// ServingTLS makes the settings of a TLS server of another kind, the HTTP side's, with a certificate that is read again when its file has
// changed. It fails when the certificate can't be used now.
func ServingTLS(certFile, keyFile string) (*tls.Config, error) {
	c := &certificate{certFile: certFile, keyFile: keyFile}
	if _, err := c.current(); err != nil {
		return nil, err
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}, GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.current() }}, nil
}

// lookAgain is how often the file is looked at, at most.
const lookAgain = time.Second

func (c *certificate) current() (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pair != nil && time.Since(c.looked) < lookAgain {
		return c.pair, nil
	}
	c.looked = time.Now()
	st, err := os.Stat(c.certFile)
	if err == nil && (c.pair == nil || !st.ModTime().Equal(c.changed)) {
		var pair tls.Certificate
		if pair, err = tls.LoadX509KeyPair(c.certFile, c.keyFile); err == nil {
			c.pair, c.changed = &pair, st.ModTime()
		}
	}
	if c.pair != nil {
		return c.pair, nil
	}
	return nil, fmt.Errorf("sip: certificate: %w", err)
}

// expires is the end of the certificate's life; the zero time without one.
func (s *security) expires() time.Time {
	if s.own == nil {
		return time.Time{}
	}
	pair, err := s.own.current()
	if err != nil || pair.Leaf == nil {
		return time.Time{}
	}
	return pair.Leaf.NotAfter
}
