package sip

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"
)

// closeTimeout bounds how long Close waits for peers to answer our BYEs.
const closeTimeout = 2 * time.Second

// settleTime is what sipgo gets to finish the handling of messages that it has read, microseconds' work.
const settleTime = 20 * time.Millisecond

// bindAttempts is how often a free port is looked for that UDP and TCP both can have.
const bindAttempts = 16

// Endpoint is a SIP user agent on one address for UDP and TCP, and on another for TLS. Make one with Listen.
type Endpoint struct {
	cfg     Config
	log     *slog.Logger
	handler Handler
	peers   *peers
	guard   *guard
	stats   *counters
	table   *dialogTable
	addr    netip.AddrPort
	tlsAddr netip.AddrPort // zero: none

	ua     *sipgo.UserAgent
	udp    *datagrams
	tcp    *streams
	tls    *streams
	secure *security

	sockets *sockets // connections, all transports
	deaf    deaf     // peers without TCP

	watches  []*watch // one for each trunk
	watching sync.WaitGroup
	unwatch  context.CancelFunc

	calls context.Context // parent of the calls' contexts: what Listen was given
	ctx   context.Context // ends with Close, after the calls
	stop  context.CancelFunc

	halfOpen   atomic.Int64 // calls presented to us, not answered yet or without their ACK
	retryAfter atomic.Int64 // 0: not draining; else seconds+1

	mu      sync.Mutex
	closing bool           // no new work
	work    sync.WaitGroup // everything that runs for a call or a request
	readers sync.WaitGroup
	closed  chan struct{} // when Close is done
	detach  func() bool   // unhooks Close from the context of Listen
}

// Listen opens the address for UDP and TCP and takes calls until Close or the end of ctx; ctx is also the parent of what
// handlers get. The timers of cfg go to package variables of sipgo: all endpoints of a process must have the same.
func Listen(ctx context.Context, cfg Config, h Handler) (*Endpoint, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	if h == nil {
		return nil, fmt.Errorf("%w: no handler for calls", ErrConfig)
	}
	if err := setLibrary(cfg); err != nil {
		return nil, err
	}
	e := &Endpoint{cfg: cfg, log: cfg.Log, handler: h, peers: newPeers(cfg.Trunks), stats: newCounters(), table: newDialogTable(), closed: make(chan struct{})}
	e.calls = ctx
	e.ctx, e.stop = context.WithCancel(context.WithoutCancel(ctx))
	for i, t := range cfg.Trunks {
		e.watches = append(e.watches, newWatch(e, i, t))
	}
	e.guard = newGuard(cfg.Limits, e.stats, e.log)
	g := &edge{guard: e.guard, longest: cfg.Limits.MessageBytes, peers: e.peers, stats: e.stats, log: e.log, early: e.early, heard: e.heard}
	if e.secure, err = newSecurity(cfg.TLS); err != nil {
		e.stop()
		return nil, err
	}
	if err := e.bind(g); err != nil {
		e.stop()
		return nil, err
	}
	if err := e.start(); err != nil {
		e.stop()
		_ = e.closeListeners()
		return nil, err
	}
	e.watch()
	e.detach = context.AfterFunc(ctx, func() { _ = e.Close() })
	e.log.Info("sip: listening", "address", e.addr, "trunks", len(cfg.Trunks))
	return e, nil
}

// watch begins to look after the trunks that want it.
func (e *Endpoint) watch() {
	var ctx context.Context
	ctx, e.unwatch = context.WithCancel(e.ctx)
	for _, w := range e.watches {
		if w.active() {
			e.watching.Go(func() { w.run(ctx) })
		}
	}
}

// bind opens UDP and TCP on one port, and TLS on its own.
func (e *Endpoint) bind(g *edge) error {
	e.sockets = newSockets(e.cfg.Limits.Connections, e.cfg.Limits.ConnectionsPerSource)
	if err := e.bindPair(g); err != nil {
		return err
	}
	var ln *net.TCPListener
	if e.cfg.TLS.Listen != "" {
		l, err := net.Listen("tcp", e.cfg.TLS.Listen)
		if err != nil {
			_, _ = e.udp.Close(), e.tcp.Close()
			return fmt.Errorf("sip: cannot listen on TLS %s: %w", e.cfg.TLS.Listen, err)
		}
		ln = l.(*net.TCPListener)
		e.tlsAddr = addrPortOf(ln.Addr())
	}
	e.tls = newStreams(tlsNetwork, ln, g, e.sockets, e.secure)
	return nil
}

func (e *Endpoint) bindPair(g *edge) error {
	host, port, _ := net.SplitHostPort(e.cfg.Listen)
	for range bindAttempts {
		conn, err := net.ListenPacket("udp", net.JoinHostPort(host, port))
		if err != nil {
			return fmt.Errorf("sip: cannot listen on UDP %s: %w", e.cfg.Listen, err)
		}
		addr := conn.LocalAddr().(*net.UDPAddr).AddrPort()
		ln, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(int(addr.Port()))))
		if err == nil {
			e.addr = netip.AddrPortFrom(addr.Addr().Unmap(), addr.Port())
			e.udp, e.tcp = newDatagrams(conn.(*net.UDPConn), g), newStreams(tcp, ln.(*net.TCPListener), g, e.sockets, nil)
			return nil
		}
		_ = conn.Close()
		if port != "0" {
			return fmt.Errorf("sip: cannot listen on TCP %s: %w", e.cfg.Listen, err)
		}
	}
	return fmt.Errorf("sip: found no port free for both UDP and TCP on %s", e.cfg.Listen)
}

// start puts sipgo's transport and transaction layers on our sockets. We speak to the transaction layer, not to sipgo.Server:
// that one ends a transaction when the handler returns, where ours outlive it.
func (e *Endpoint) start() error {
	quiet := slog.New(libraryLog{e.log.Handler()})
	ua, err := sipgo.NewUA(
		sipgo.WithUserAgentDNSResolver(&net.Resolver{PreferGo: true, Dial: noLookups}),
		sipgo.WithUserAgentTransportLayerOptions(sip.WithTransportLayerLogger(quiet), sip.WithTransportLayerTransports(sip.TransportsConfig{
			TCP: &sip.TransportTCP{DialerCreate: noDialer},
			TLS: &sip.TransportTLS{TransportTCP: &sip.TransportTCP{DialerCreate: noDialer}},
		})),
		sipgo.WithUserAgentTransactionLayerOptions(sip.WithTransactionLayerLogger(quiet), sip.WithTransactionLayerUnhandledResponseHandler(e.stray)),
	)
	if err != nil {
		return fmt.Errorf("sip: %w", err)
	}
	e.ua = ua
	ua.TransactionLayer().OnRequest(e.receive)
	e.udp.pool = ua.TransportLayer().Pool(udp)
	e.readers.Go(func() { _ = ua.TransportLayer().ServeUDP(e.udp) })
	e.readers.Go(func() { _ = ua.TransportLayer().ServeTCP(e.tcp) })
	e.readers.Go(func() { _ = ua.TransportLayer().ServeTLS(e.tls) })
	e.readers.Go(e.tcp.run)
	e.readers.Go(e.tls.run)
	<-e.udp.served
	return nil
}

// sipgo would look up and dial what a Via names when the peer's connection is gone before its answer. Only we open connections
// (streams.dial), and only to peers.
var errOwnConnections = errors.New("the peer's connection is gone")

func noLookups(context.Context, string, string) (net.Conn, error) { return nil, errOwnConnections }

func noDialer(net.Addr) net.Dialer {
	return net.Dialer{Control: func(string, string, syscall.RawConn) error { return errOwnConnections }}
}

// Addr is the address we listen on; the port is the one taken when Listen was given 0.
func (e *Endpoint) Addr() netip.AddrPort { return e.addr }

// TLSAddr is where we listen for TLS; the zero value when we do not.
func (e *Endpoint) TLSAddr() netip.AddrPort { return e.tlsAddr }

// streams are the connections of a transport other than UDP.
func (e *Endpoint) streams(network string) *streams {
	if network == tlsNetwork {
		return e.tls
	}
	return e.tcp
}

// Stats are the counters so far.
func (e *Endpoint) Stats() Stats {
	s := e.stats.snapshot(e.table.active())
	s.HalfOpen, s.Connections, s.Banned = int(e.halfOpen.Load()), e.sockets.count(), len(e.guard.bans())
	return s
}

// CertificateExpires is the end of the life of our certificate; the zero time when we have none.
func (e *Endpoint) CertificateExpires() time.Time { return e.secure.expires() }

// Drain takes no new calls from now on: INVITE and OPTIONS get 503 with Retry-After, so that the operator goes elsewhere. Calls
// that are up go on.
func (e *Endpoint) Drain(retryAfter time.Duration) {
	e.retryAfter.Store(seconds(retryAfter) + 1)
	e.log.Info("sip: draining", "calls", e.table.active())
}

func (e *Endpoint) draining() (retryAfter time.Duration, yes bool) {
	s := e.retryAfter.Load()
	return time.Duration(s-1) * time.Second, s > 0
}

// seconds rounds up, as Retry-After counts.
func seconds(d time.Duration) int64 { return int64((d + time.Second - 1) / time.Second) }

// Close gives the registrations back, hangs up what is still there, waits for all handlers and closes the sockets. It waits a moment for the peers' answers.
func (e *Endpoint) Close() error {
	e.mu.Lock()
	if e.closing {
		e.mu.Unlock()
		<-e.closed
		return nil
	}
	e.closing = true
	e.mu.Unlock()
	defer close(e.closed)
	if e.detach != nil {
		e.detach()
	}
	e.unwatch()
	e.hangupAll()
	e.watching.Wait()
	e.stop()
	e.work.Wait()
	err := e.closeSockets()
	e.log.Info("sip: closed")
	return err
}

// closeSockets ends sipgo. It handles each message on a goroutine that nobody can wait for: nothing is let in any more, those on
// their way get a moment to answer, and who comes later still finds the sockets gone (gone.go).
func (e *Endpoint) closeSockets() error {
	e.udp.edge.shut.Store(true)
	time.Sleep(settleTime)
	e.ua.TransactionLayer().Close()
	err := e.closeListeners()
	e.readers.Wait()
	for _, network := range []string{tcp, tlsNetwork} {
		_ = e.ua.TransportLayer().Pool(network).Clear() // reports connections that are closed already
	}
	return err
}

func (e *Endpoint) closeListeners() error {
	return errors.Join(e.tcp.Close(), e.tls.Close(), e.udp.Close())
}

func (e *Endpoint) hangupAll() {
	ctx, cancel := context.WithTimeout(e.ctx, closeTimeout)
	defer cancel()
	var bye sync.WaitGroup
	for _, c := range e.table.all() {
		bye.Go(func() { c.shutdown(ctx) })
	}
	bye.Wait()
}

// spawn runs f on a goroutine that Close waits for; false when it is too late.
func (e *Endpoint) spawn(f func()) bool {
	if !e.enter() {
		return false
	}
	go func() {
		defer e.work.Done()
		f()
	}()
	return true
}

// enter begins a piece of work that Close waits for; work.Done ends it.
func (e *Endpoint) enter() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closing {
		return false
	}
	e.work.Add(1)
	return true
}

// known tells whether an address belongs to a trunk.
func (e *Endpoint) known(ip netip.Addr) bool {
	_, ok := e.peers.trunk(ip)
	return ok
}

// selfFor is what we call ourselves towards a peer, and the local address that it is reached from. Without a listener for TLS
// the port is that of UDP and TCP: whoever we connect to over TLS answers over that connection.
func (e *Endpoint) selfFor(peer netip.Addr, network string) (self netip.AddrPort, local netip.Addr) {
	listening := e.addr
	if network == tlsNetwork && e.tlsAddr.IsValid() {
		listening = e.tlsAddr
	}
	local = listening.Addr()
	if local.IsUnspecified() {
		local = localIPFor(peer, local)
	}
	ip := local
	if adv := e.cfg.Advertise.Unmap(); adv.IsValid() && adv.Is4() == local.Is4() {
		ip = adv
	}
	return netip.AddrPortFrom(ip, listening.Port()), local
}

// localIPFor asks the kernel's routing table; connecting a UDP socket sends nothing.
func localIPFor(peer, fallback netip.Addr) netip.Addr {
	conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(peer, defaultPort)))
	if err != nil {
		return fallback
	}
	defer conn.Close()
	return conn.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap()
}
