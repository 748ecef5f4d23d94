//go:build unix && !linux

package media

import (
	"net"
	"net/netip"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const readBatch = 1

// rawSocket is the RTP socket as the clock reads it.
type rawSocket struct {
	conn syscall.RawConn
}

func newRawSocket(c *net.UDPConn) (s rawSocket, err error) {
	s.conn, err = c.SyscallConn()
	return s, err
}

// packetReader is the memory for one reading. Here a packet counts as arrived when it is read.
type packetReader struct {
	data [maxPacket]byte
	size int
	from netip.AddrPort
}

// read takes one packet if one waits, and never blocks. Nothing there is no error.
func (r *packetReader) read(s *rawSocket) (n int, err error) {
	closed := s.conn.Control(func(fd uintptr) {
		var from unix.Sockaddr
		r.size, from, err = unix.Recvfrom(int(fd), r.data[:], unix.MSG_DONTWAIT)
		switch a := from.(type) {
		case *unix.SockaddrInet4:
			r.from = netip.AddrPortFrom(netip.AddrFrom4(a.Addr), uint16(a.Port))
		case *unix.SockaddrInet6:
			r.from = netip.AddrPortFrom(netip.AddrFrom16(a.Addr).Unmap(), uint16(a.Port))
		}
	})
	switch {
	case closed != nil:
		return 0, net.ErrClosed
	case err == unix.EAGAIN || err == unix.EINTR:
		return 0, nil
	case err != nil:
		return 0, err
	}
	return 1, nil
}

func (r *packetReader) packet(int) ([]byte, netip.AddrPort, time.Duration) {
	return r.data[:r.size], r.from, 0
}
