package sip

import (
	"bytes"
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"
)

const (
	maxDatagram = 65535
	// socketBuffer holds a burst of large INVITEs while the reader is busy; the kernel may grant less.
	socketBuffer = 1 << 20
)

// datagrams is the UDP socket as sipgo sees it: only messages that passed the edge come out of it.
type datagrams struct {
	*net.UDPConn
	edge *edge
	buf  [maxDatagram]byte   // of the one goroutine that reads
	from sources             // of the same
	pool *sip.ConnectionPool // where sipgo looks for sockets; set before it reads

	served  chan struct{} // closed when sipgo begins to read: only then it finds the socket for sending
	serving sync.Once
}

func newDatagrams(conn *net.UDPConn, g *edge) *datagrams {
	_ = conn.SetReadBuffer(socketBuffer) // the default still works
	_ = conn.SetWriteBuffer(socketBuffer)
	return &datagrams{UDPConn: conn, edge: g, served: make(chan struct{})}
}

// ReadFrom waits for the next message that may pass. Only the closing of the socket is an error: sipgo stops reading at the
// first one.
func (d *datagrams) ReadFrom(b []byte) (int, net.Addr, error) {
	d.serving.Do(func() { close(d.served) })
	for {
		n, src, err := d.ReadFromUDPAddrPort(d.buf[:])
		if errors.Is(err, net.ErrClosed) {
			d.from.leave(d.pool, d.LocalAddr())
			return 0, nil, err
		}
		if err != nil {
			time.Sleep(time.Millisecond) // such as an ICMP error; not a reason to go deaf, nor to spin
			continue
		}
		src = netip.AddrPortFrom(src.Addr().Unmap(), src.Port())
		d.edge.trace(false, udp, d.LocalAddr(), src, d.buf[:n])
		clean := d.edge.pass(d.buf[:n], src, udp, d.send)
		if len(clean) == 0 || len(clean) > len(b) {
			continue
		}
		d.from.note(src)
		return copy(b, clean), net.UDPAddrFromAddrPort(src), nil
	}
}

// WriteTo counts INVITEs, which sipgo repeats without telling.
func (d *datagrams) WriteTo(b []byte, addr net.Addr) (int, error) {
	if bytes.HasPrefix(b, []byte("INVITE ")) {
		d.edge.stats.inviteWrites.Add(1)
	}
	d.edge.trace(true, udp, d.LocalAddr(), netAddrPort(addr), b)
	return d.UDPConn.WriteTo(b, addr)
}

func (d *datagrams) send(message []byte, to netip.AddrPort) {
	d.edge.trace(true, udp, d.LocalAddr(), to, message)
	if d.LocalAddr().(*net.UDPAddr).IP.To4() == nil && to.Addr().Is4() {
		to = netip.AddrPortFrom(netip.AddrFrom16(to.Addr().As16()), to.Port()) // a dual-stack socket wants the mapped form
	}
	if _, err := d.WriteToUDPAddrPort(message, to); err != nil {
		d.edge.log.Debug("sip: answer not sent", "peer", to, "error", err)
	}
}
