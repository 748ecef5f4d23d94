package sip

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The transports of RFC 3261 §18 that we speak, as Via names them.
const (
	udp        = "UDP"
	tcp        = "TCP"
	tlsNetwork = "TLS"
)

// Times of TCP and TLS. A message is never long on the way.
const (
	stallTimeout = 15 * time.Second // for the rest of a message that has begun
	writeTimeout = 5 * time.Second
	dialTimeout  = 5 * time.Second
	acceptPause  = 50 * time.Millisecond // when the process has no file descriptor left
)

// streams is a listener for TCP or TLS as sipgo sees it: connections of known peers, and those that we opened ourselves, each
// giving only whole messages that passed the edge.
type streams struct {
	network string
	ln      *net.TCPListener // nil: we only open connections
	edge    *edge
	sockets *sockets
	secure  *security // of TLS, else nil
	ready   chan handover
	done    chan struct{}

	mu     sync.Mutex
	open   map[*stream]struct{}
	closed bool
	shakes sync.WaitGroup // handshakes under way

	registered chan struct{} // of the connection last given to sipgo; touched by Accept alone
}

// handover is a connection on its way to sipgo. registered is closed once sipgo will find it for sending.
type handover struct {
	conn       *stream
	registered chan struct{}
}

func newStreams(network string, ln *net.TCPListener, g *edge, s *sockets, secure *security) *streams {
	return &streams{network: network, ln: ln, edge: g, sockets: s, secure: secure, ready: make(chan handover), done: make(chan struct{}), open: map[*stream]struct{}{}}
}

// run accepts until the listener is closed.
func (l *streams) run() {
	defer l.shakes.Wait()
	if l.ln == nil {
		return
	}
	for {
		conn, err := l.ln.AcceptTCP()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			l.edge.log.Warn("sip: cannot accept a connection", "transport", l.network, "error", err)
			time.Sleep(acceptPause)
			continue
		}
		src := addrPortOf(conn.RemoteAddr())
		if !l.edge.welcome(src.Addr()) {
			shutDoor(conn)
			continue
		}
		s, err := l.admit(conn)
		switch {
		case err != nil:
			l.edge.stats.socketsRefused.Add(1)
			l.edge.log.Warn("sip: connection refused", "transport", l.network, "peer", src, "error", err)
		case l.secure == nil:
			_, _ = l.hand(context.Background(), s) // fails only when we close
		default:
			l.shakes.Go(func() { l.accepted(s, src) })
		}
	}
}

// shutDoor closes a stranger's connection with a reset: nothing of ours goes out, and nothing stays behind.
func shutDoor(conn *net.TCPConn) {
	_ = conn.SetLinger(0)
	_ = conn.Close()
}

// accepted makes a connection a secure one before anything is read from it.
func (l *streams) accepted(s *stream, src netip.AddrPort) {
	conn, err := l.secure.server(s.Conn)
	if err != nil {
		l.edge.stats.handshakesFailed.Add(1)
		l.edge.guard.offence(src.Addr(), "TLS handshake failed")
		l.edge.log.Warn("sip: TLS handshake failed", "peer", src, "error", err)
		_ = s.Close()
		return
	}
	l.secured(s, conn)
	_, _ = l.hand(context.Background(), s)
}

// secured replaces the bare connection by the secure one above it.
func (l *streams) secured(s *stream, conn net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s.Conn = conn
}

// dial opens a connection to a peer and returns when requests to that address will use it.
func (l *streams) dial(ctx context.Context, to netip.AddrPort) error {
	d := net.Dialer{Timeout: dialTimeout}
	conn, err := d.DialContext(ctx, "tcp", to.String())
	if err != nil {
		return fmt.Errorf("sip: cannot reach %s over %s: %w", to, l.network, err)
	}
	s, err := l.admit(conn)
	if err != nil {
		return err
	}
	if l.secure != nil {
		secured, err := l.secure.client(ctx, conn, l.edge.peers.nameOf(to.Addr()))
		if err != nil {
			_ = s.Close()
			return fmt.Errorf("sip: no TLS with %s: %w", to, err)
		}
		l.secured(s, secured)
	}
	registered, err := l.hand(ctx, s)
	if err != nil {
		return err
	}
	select {
	case <-registered:
		return nil
	case <-l.done:
		return ErrClosed
	}
}

// admit counts a connection among the open ones, if there is room for it. Else it is closed.
func (l *streams) admit(conn net.Conn) (*stream, error) {
	release, err := l.sockets.take(addrPortOf(conn.RemoteAddr()).Addr())
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	s := &stream{Conn: conn, owner: l, release: release}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		release()
		_ = conn.Close()
		return nil, ErrClosed
	}
	l.open[s] = struct{}{}
	return s, nil
}

// hand gives a connection to sipgo's Accept.
func (l *streams) hand(ctx context.Context, s *stream) (registered chan struct{}, err error) {
	h := handover{conn: s, registered: make(chan struct{})}
	select {
	case l.ready <- h:
		return h.registered, nil
	case <-l.done:
		err = ErrClosed
	case <-ctx.Done():
		err = ctx.Err()
	}
	_ = s.Close()
	return nil, err
}

// Accept gives sipgo the next connection. When it is called again, the one before has been registered.
func (l *streams) Accept() (net.Conn, error) {
	if l.registered != nil {
		close(l.registered)
		l.registered = nil
	}
	select {
	case h := <-l.ready:
		l.registered = h.registered
		return h.conn, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

// Addr is where we listen; port 0 when we do not.
func (l *streams) Addr() net.Addr {
	if l.ln == nil {
		return &net.TCPAddr{IP: net.IPv4zero}
	}
	return l.ln.Addr()
}

// Close ends the listener and every connection.
func (l *streams) Close() error {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return nil
	}
	l.closed = true
	open := make([]*stream, 0, len(l.open))
	for s := range l.open {
		open = append(open, s)
	}
	l.mu.Unlock()
	close(l.done)
	var err error
	if l.ln != nil {
		err = l.ln.Close()
	}
	for _, s := range open {
		_ = s.Close()
	}
	return err
}

// stream is one TCP or TLS connection. Read gives whole canonical messages, in pieces if the reader's buffer is small.
type stream struct {
	net.Conn
	owner   *streams
	release func() // gives back its place among the open ones
	in      []byte // received, not yet a whole message
	out     []byte // passed, not yet read by sipgo
	last    bool   // the boundary of messages is lost: nothing more can be read
}

// Close closes the connection once.
func (s *stream) Close() error {
	s.owner.mu.Lock()
	delete(s.owner.open, s)
	conn := s.Conn
	s.owner.mu.Unlock()
	s.release()
	return conn.Close()
}

func (s *stream) Write(b []byte) (int, error) {
	// A peer that stops reading must not hold up the call that writes.
	_ = s.SetWriteDeadline(time.Now().Add(writeTimeout))
	s.owner.edge.trace(true, s.owner.network, s.LocalAddr(), addrPortOf(s.RemoteAddr()), b)
	n, err := s.Conn.Write(b)
	if err != nil {
		_ = s.Close()
	}
	return n, err
}

func (s *stream) Read(b []byte) (int, error) {
	src := addrPortOf(s.RemoteAddr())
	for len(s.out) == 0 {
		if s.last {
			return 0, io.EOF
		}
		message, err := s.next()
		if err != nil {
			return 0, io.EOF // whatever it was, this connection is over
		}
		s.owner.edge.trace(false, s.owner.network, s.LocalAddr(), src, message)
		s.out = bytes.Clone(s.owner.edge.pass(message, src, s.owner.network, s.reply))
	}
	n := copy(b, s.out)
	s.out = s.out[n:]
	return n, nil
}

func addrPortOf(a net.Addr) netip.AddrPort {
	src := a.(*net.TCPAddr).AddrPort()
	return netip.AddrPortFrom(src.Addr().Unmap(), src.Port())
}

func (s *stream) reply(message []byte, _ netip.AddrPort) { _, _ = s.Write(message) }

// next cuts one message off the stream (RFC 3261 §18.3). Where its end cannot be told it gives the headers alone, and is done.
func (s *stream) next() ([]byte, error) {
	for {
		s.skipKeepAlive()
		if end := bytes.Index(s.in, []byte("\r\n\r\n")); end >= 0 {
			head := end + 4
			length, ok := bodyLength(s.in[:end])
			if !ok || head+length > s.owner.edge.longest {
				s.last = true
				return s.in[:head], nil
			}
			if len(s.in) >= head+length {
				message := bytes.Clone(s.in[:head+length])
				s.in = append(s.in[:0], s.in[head+length:]...)
				_ = s.SetReadDeadline(time.Now().Add(stallTimeout)) // for what has begun already; fill lifts it if nothing has
				return message, nil
			}
		} else if len(s.in) > s.owner.edge.longest {
			s.last = true
			return s.in, nil
		}
		if err := s.fill(); err != nil {
			return nil, err
		}
	}
}

// skipKeepAlive drops empty lines between messages and answers a ping of two (RFC 5626 §3.5.1).
func (s *stream) skipKeepAlive() {
	rest := bytes.TrimLeft(s.in, "\r\n")
	skipped := len(s.in) - len(rest)
	if skipped == 0 || len(rest) == 0 && skipped < 4 {
		return // nothing, or perhaps half a ping
	}
	if len(rest) == 0 {
		_, _ = s.Write([]byte("\r\n"))
	}
	s.in = append(s.in[:0], rest...)
	if len(s.in) == 0 {
		_ = s.SetReadDeadline(time.Time{})
	}
}

func (s *stream) fill() error {
	if len(bytes.TrimLeft(s.in, "\r\n")) == 0 {
		_ = s.SetReadDeadline(time.Time{}) // between messages a connection may rest
	}
	var buf [4096]byte
	n, err := s.Conn.Read(buf[:])
	if n > 0 {
		if len(s.in) == 0 {
			_ = s.SetReadDeadline(time.Now().Add(stallTimeout)) // once per message: a slow drip does not extend it
		}
		s.in = append(s.in, buf[:n]...)
		return nil
	}
	return err
}

// bodyLength reads the one Content-Length of a header section. False: none, two, or not a number.
func bodyLength(head []byte) (int, bool) {
	length, found := 0, 0
	for _, l := range unfold(string(head))[1:] {
		name, value, _ := strings.Cut(l, ":")
		name = strings.ToLower(strings.TrimSpace(name))
		if name != "content-length" && name != "l" {
			continue
		}
		n, err := strconv.ParseUint(strings.TrimSpace(value), 10, 31)
		if err != nil {
			return 0, false
		}
		length, found = int(n), found+1
	}
	return length, found == 1
}
