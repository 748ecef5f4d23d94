package sip

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"time"
)

// Defaults of Config. The timers are those of RFC 3261 table 4.
const (
	DefaultT1 = 500 * time.Millisecond
	DefaultT2 = 4 * time.Second
	DefaultT4 = 5 * time.Second

	defaultPort    = 5060
	defaultTLSPort = 5061
)

// ErrConfig is wrapped by every error about a Config that cannot be used.
var ErrConfig = errors.New("sip: configuration")

// Config is what an Endpoint needs to know. Listen and Log may be empty; everything else has a default or may be left out.
type Config struct {
	// Listen is the host:port for UDP and TCP. The host may be empty or a wildcard; port 0 takes a free one.
	Listen string

	// Advertise replaces our own address in Contact, Via and SDP when we stand behind a one-to-one NAT. Left out, it is
	// the address we listen on, or with a wildcard the local address from which each peer is reached.
	Advertise netip.Addr

	// TLS is the secure transport.
	TLS TLS

	// Limits bound what peers may take of us.
	Limits Limits

	// Trunks are the only peers that get an answer. A request from elsewhere is dropped in silence and counted.
	Trunks []Trunk

	// SessionTimer says how sessions are kept alive.
	SessionTimer SessionTimer

	// Reliable says when provisional answers are sent reliably.
	Reliable Reliable

	// UserAgent is all we say about ourselves, in Server and User-Agent. Empty: these headers are left out.
	UserAgent string

	// ACKTimeout is how long a 200 waits for its ACK before we hang up, 64*T1 if 0 (RFC 3261 §13.3.1.4).
	ACKTimeout time.Duration

	// T1, T2 and T4 are the timers of RFC 3261 §17. sipgo keeps them in package variables, so all endpoints of a process
	// must agree on them. Only tests have a reason to change them.
	T1, T2, T4 time.Duration

	// Resolver looks up the names of the trunks' servers and of the URIs that we dial; net.DefaultResolver if nil. Names that
	// peers send us are never looked up.
	Resolver Resolver

	// Log gets one line per call event; nil for none. Caller numbers are masked (requirement T5).
	Log *slog.Logger
}

// Handler takes the new calls. Invite runs on a goroutine of its own for each call and returns when it is done with the call;
// what is still ringing then is refused with 480, what is still up is hung up. ctx ends with the call or the endpoint.
type Handler interface {
	Invite(ctx context.Context, c *Call)
}

// HandlerFunc makes a Handler of a function.
type HandlerFunc func(ctx context.Context, c *Call)

// Invite calls f.
func (f HandlerFunc) Invite(ctx context.Context, c *Call) { f(ctx, c) }

// withDefaults checks a Config and fills in what was left out.
func (cfg Config) withDefaults() (Config, error) {
	setDefault(&cfg.T1, DefaultT1)
	setDefault(&cfg.T2, DefaultT2)
	setDefault(&cfg.T4, DefaultT4)
	setDefault(&cfg.ACKTimeout, 64*cfg.T1)
	var err error
	if cfg.SessionTimer, err = cfg.SessionTimer.withDefaults(); err != nil {
		return cfg, err
	}
	if cfg.Limits.MessageBytes == 0 {
		cfg.Limits.MessageBytes = maxMessage
	}
	if cfg.Resolver == nil {
		cfg.Resolver = net.DefaultResolver
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if _, _, err := net.SplitHostPort(cfg.Listen); err != nil {
		return cfg, fmt.Errorf("%w: listen %q is not host:port, for example 127.0.0.1:5060", ErrConfig, cfg.Listen)
	}
	if cfg.T1 < 0 || cfg.T2 < cfg.T1 || cfg.T4 < 0 || cfg.ACKTimeout < 0 {
		return cfg, fmt.Errorf("%w: timers must be positive and T2 no shorter than T1", ErrConfig)
	}
	if cfg.Advertise.IsValid() && cfg.Advertise.IsUnspecified() {
		return cfg, fmt.Errorf("%w: %s cannot be advertised; give the address that the operator reaches us at", ErrConfig, cfg.Advertise)
	}
	if l := cfg.Limits; l.MessageBytes < leastMessage || l.MessageBytes > maxMessage {
		return cfg, fmt.Errorf("%w: messages of %d bytes; the bound must be %d to %d", ErrConfig, l.MessageBytes, leastMessage, maxMessage)
	}
	if strings.ContainsFunc(cfg.UserAgent, isControl) {
		return cfg, fmt.Errorf("%w: the user agent %q holds a control character", ErrConfig, cfg.UserAgent)
	}
	for _, t := range cfg.Trunks {
		if err := t.check(); err != nil {
			return cfg, err
		}
	}
	return cfg, nil
}

func setDefault(d *time.Duration, v time.Duration) {
	if *d == 0 {
		*d = v
	}
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

// Reliable says when provisional answers other than 100 are sent reliably (RFC 3262).
type Reliable uint8

// The ways to use RFC 3262.
const (
	ReliableRequired  Reliable = iota // when the peer requires it
	ReliableSupported                 // whenever the peer can
	ReliableOff                       // never: a call that requires it is refused with 420
)
