package bench

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/acotel/acotel-sbc/media"
	"github.com/acotel/acotel-sbc/sip"
)

// LegConfig says how the sound of a Leg is opened.
type LegConfig struct {
	URI      string          // whom it will ring; it decides the address that the sound is sent from
	Ports    media.PortRange // zero: any
	Listener media.Listener  // hears the other side
	Wheel    *media.Wheel    // nil: a clock of its own
	Log      *slog.Logger
}

// Leg is one call that we place, with its sound: what the test caller and the browser's telephone have in common.
type Leg struct {
	session *media.Session
	stop    context.CancelFunc
	wait    sync.WaitGroup

	mu   sync.Mutex
	call *sip.Call
}

// OpenLeg opens the sound, which runs from now on. It must be closed.
func OpenLeg(c LegConfig) (*Leg, error) {
	session, err := media.NewSession(media.SessionConfig{IP: LocalIP(c.URI), Ports: c.Ports, Listener: c.Listener, Wheel: c.Wheel, Log: c.Log})
	if err != nil {
		return nil, fmt.Errorf("bench: sound: %w", err)
	}
	l := &Leg{session: session}
	running, stop := context.WithCancel(context.Background())
	l.stop = stop
	l.wait.Go(func() { _ = session.Run(running) })
	return l, nil
}

// Session is the sound.
func (l *Leg) Session() *media.Session { return l.session }

// Dial rings; the address and the parameters of the sound are filled in. It returns as sip.Endpoint.Dial does.
func (l *Leg) Dial(ctx context.Context, ep *sip.Endpoint, r sip.DialRequest) (*sip.Call, error) {
	r.Local.Addr, r.Local.Agreed = l.session.Addr(), l.session.Configure
	call, err := ep.Dial(ctx, r)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	l.call = call
	l.mu.Unlock()
	return call, nil
}

// hangupTime is how long a BYE may wait for its answer.
const hangupTime = 3 * time.Second

// Hangup ends the call if it is up.
func (l *Leg) Hangup(reason string) {
	l.mu.Lock()
	call := l.call
	l.mu.Unlock()
	if call == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), hangupTime)
	defer cancel()
	_ = call.Hangup(ctx, reason) // the call is over for us whether the BYE was answered or not
}

// Close ends the sound and waits for it. The call itself is ended by Hangup.
func (l *Leg) Close() error {
	l.stop()
	l.wait.Wait()
	return l.session.Close()
}

// LocalIP is the address our sound is sent from: loopback for a call on this
// machine, else any.
func LocalIP(uri string) netip.Addr {
	host := uri
	if _, after, ok := strings.Cut(uri, "@"); ok {
		host = after
	} else if _, after, ok := strings.Cut(uri, ":"); ok {
		host = after
	}
	host, _, _ = strings.Cut(host, ";")
	if ap, err := netip.ParseAddrPort(host); err == nil && ap.Addr().IsLoopback() {
		return ap.Addr()
	}
	if a, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil && a.IsLoopback() {
		return a
	}
	if strings.HasPrefix(host, "localhost") {
		return netip.MustParseAddr("127.0.0.1")
	}
	return netip.IPv4Unspecified()
}
