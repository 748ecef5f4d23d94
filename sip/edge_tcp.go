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

// Bounds of TCP. Trunks keep a handful of connections open, with OPTIONS now and then; a message is never long on the way.
const (
	maxStreams   = 256
	stallTimeout = 15 * time.Second // for the rest of a message that has begun
	writeTimeout = 5 * time.Second
	dialTimeout  = 5 * time.Second
	acceptPause  = 50 * time.Millisecond // when the process has no file descriptor left
)

// streams is the TCP listener as sipgo sees it: connections of known peers, and those that we opened ourselves, each giving
// only whole messages that passed the edge.
type streams struct {
	ln    *net.TCPListener
	edge  *edge
	ready chan handover
	done  chan struct{}

	mu     sync.Mutex
	open   map[*stream]struct{}
	closed bool

	registered chan struct{} // of the connection last given to sipgo; touched by Accept alone
}

// handover is a connection on its way to sipgo. registered is closed once sipgo will find it for sending.
type handover struct {
	conn       *stream
	registered chan struct{}
}

func newStreams(ln *net.TCPListener, g *edge) *streams {
	return &streams{ln: ln, edge: g, ready: make(chan handover), done: make(chan struct{}), open: map[*stream]struct{}{}}
}

// run accepts until the listener is closed.
func (l *streams) run() {
	for {
		conn, err := l.ln.AcceptTCP()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			l.edge.log.Warn("sip: cannot accept a TCP connection", "error", err)
			time.Sleep(acceptPause)
			continue
		}
		src := conn.RemoteAddr().(*net.TCPAddr).AddrPort()
		if l.edge.peers.standing(src.Addr()) == stranger {
			l.edge.stats.dropped.Add(1)
			_ = conn.Close()
			continue
		}
		if _, err := l.hand(context.Background(), conn); err != nil {
			l.edge.log.Warn("sip: TCP connection refused", "peer", src, "error", err)
		}
	}
}

// dial opens a connection to a peer and returns when requests to that address will use it.
func (l *streams) dial(ctx context.Context, to netip.AddrPort) error {
	d := net.Dialer{Timeout: dialTimeout}
	conn, err := d.DialContext(ctx, "tcp", to.String())
	if err != nil {
		return fmt.Errorf("sip: cannot reach %s over TCP: %w", to, err)
	}
	registered, err := l.hand(ctx, conn.(*net.TCPConn))
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

// hand gives a connection to sipgo's Accept.
func (l *streams) hand(ctx context.Context, conn *net.TCPConn) (registered chan struct{}, err error) {
	s := &stream{TCPConn: conn, owner: l}
	l.mu.Lock()
	switch {
	case l.closed:
		err = ErrClosed
	case len(l.open) >= maxStreams:
		err = fmt.Errorf("sip: %d TCP connections are open, no more are taken", maxStreams)
	default:
		l.open[s] = struct{}{}
	}
	l.mu.Unlock()
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
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

// Addr is where we listen.
func (l *streams) Addr() net.Addr { return l.ln.Addr() }

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
	err := l.ln.Close()
	for _, s := range open {
		_ = s.Close()
	}
	return err
}

// stream is one TCP connection. Read gives whole canonical messages, in pieces if the reader's buffer is small.
type stream struct {
	*net.TCPConn
	owner *streams
	in    []byte // received, not yet a whole message
	out   []byte // passed, not yet read by sipgo
	last  bool   // the boundary of messages is lost: nothing more can be read
}

// Close closes the connection once.
func (s *stream) Close() error {
	s.owner.mu.Lock()
	delete(s.owner.open, s)
	s.owner.mu.Unlock()
	return s.TCPConn.Close()
}

func (s *stream) Write(b []byte) (int, error) {
	// A peer that stops reading must not hold up the call that writes.
	_ = s.SetWriteDeadline(time.Now().Add(writeTimeout))
	n, err := s.TCPConn.Write(b)
	if err != nil {
		_ = s.Close()
	}
	return n, err
}

func (s *stream) Read(b []byte) (int, error) {
	src := s.RemoteAddr().(*net.TCPAddr).AddrPort()
	src = netip.AddrPortFrom(src.Addr().Unmap(), src.Port())
	for len(s.out) == 0 {
		if s.last {
			return 0, io.EOF
		}
		message, err := s.next()
		if err != nil {
			return 0, io.EOF // whatever it was, this connection is over
		}
		s.out = bytes.Clone(s.owner.edge.pass(message, src, "TCP", s.reply))
	}
	n := copy(b, s.out)
	s.out = s.out[n:]
	return n, nil
}

func (s *stream) reply(message []byte, _ netip.AddrPort) { _, _ = s.Write(message) }

// next cuts one message off the stream (RFC 3261 §18.3). Where its end cannot be told it gives the headers alone, and is done.
func (s *stream) next() ([]byte, error) {
	for {
		s.skipKeepAlive()
		if end := bytes.Index(s.in, []byte("\r\n\r\n")); end >= 0 {
			head := end + 4
			length, ok := bodyLength(s.in[:end])
			if !ok || head+length > maxMessage {
				s.last = true
				return s.in[:head], nil
			}
			if len(s.in) >= head+length {
				message := bytes.Clone(s.in[:head+length])
				s.in = append(s.in[:0], s.in[head+length:]...)
				_ = s.SetReadDeadline(time.Now().Add(stallTimeout)) // for what has begun already; fill lifts it if nothing has
				return message, nil
			}
		} else if len(s.in) > maxMessage {
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
	n, err := s.TCPConn.Read(buf[:])
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
