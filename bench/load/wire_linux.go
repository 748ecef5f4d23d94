package load

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	wireBatch   = 128 // datagrams in one system call
	wireMaxSize = 1500
	wireBuffer  = 8 << 20 // bytes of the kernel's buffers; 250 calls fill that in half a second
	controlSize = 64
)

// wire is a UDP socket that moves datagrams in batches and tells when each arrived, by the kernel's clock. It never blocks. It is used
// by one goroutine at a time.
type wire struct {
	conn *net.UDPConn
	fd   int
	addr netip.AddrPort
	six  bool

	in, out wireSide
}

// wireSide is the memory of one direction, laid out as the kernel wants it (recvmmsg(2)).
type wireSide struct {
	headers [wireBatch]mmsghdr
	iovecs  [wireBatch]unix.Iovec
	names   [wireBatch]unix.RawSockaddrInet6 // IPv4 fits in
	control [wireBatch][controlSize]byte
	data    [wireBatch][wireMaxSize]byte
	n       int // datagrams waiting to be sent
}

type mmsghdr struct {
	header unix.Msghdr
	size   uint32
	_      [4]byte
}

// openWire binds ip to a free port.
func openWire(ip netip.Addr) (*wire, error) {
	network := "udp4"
	if ip.Is6() && !ip.Is4In6() {
		network = "udp6"
	}
	conn, err := net.ListenUDP(network, net.UDPAddrFromAddrPort(netip.AddrPortFrom(ip, 0)))
	if err != nil {
		return nil, fmt.Errorf("load: socket: %w", err)
	}
	w := &wire{conn: conn, six: network == "udp6"}
	local := conn.LocalAddr().(*net.UDPAddr).AddrPort()
	w.addr = netip.AddrPortFrom(local.Addr().Unmap(), local.Port())
	raw, err := conn.SyscallConn()
	if err == nil {
		err = raw.Control(func(fd uintptr) {
			w.fd = int(fd)
			// Past the system's limit when we may; a smaller buffer works too.
			for _, o := range [][2]int{{unix.SO_RCVBUFFORCE, unix.SO_RCVBUF}, {unix.SO_SNDBUFFORCE, unix.SO_SNDBUF}} {
				if unix.SetsockoptInt(w.fd, unix.SOL_SOCKET, o[0], wireBuffer) != nil {
					_ = unix.SetsockoptInt(w.fd, unix.SOL_SOCKET, o[1], wireBuffer)
				}
			}
		})
	}
	if err == nil {
		err = unix.SetsockoptInt(w.fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1)
	}
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("load: socket: %w", err)
	}
	for _, s := range []*wireSide{&w.in, &w.out} {
		for i := range s.headers {
			s.iovecs[i].Base = &s.data[i][0]
			h := &s.headers[i].header
			h.Iov, h.Iovlen = &s.iovecs[i], 1
			h.Name = (*byte)(unsafe.Pointer(&s.names[i]))
		}
	}
	return w, nil
}

func (w *wire) close() error { return w.conn.Close() }

// buffer is where the next datagram to send is written; nil when the batch is full.
func (w *wire) buffer() []byte {
	if w.out.n == wireBatch {
		return nil
	}
	return w.out.data[w.out.n][:]
}

// queue takes the datagram in buffer, size bytes of it, to be sent to an address.
func (w *wire) queue(size int, to sockaddr) {
	i := w.out.n
	w.out.n++
	w.out.iovecs[i].SetLen(size)
	w.out.names[i] = to.raw
	w.out.headers[i].header.Namelen = to.size
}

// flush sends what is queued and returns how many datagrams the kernel refused.
func (w *wire) flush() (refused int) {
	for at := 0; at < w.out.n; {
		n, _, err := unix.Syscall6(unix.SYS_SENDMMSG, uintptr(w.fd), uintptr(unsafe.Pointer(&w.out.headers[at])), uintptr(w.out.n-at), unix.MSG_DONTWAIT, 0, 0)
		if err != 0 || n == 0 {
			refused++
			n = 1
		}
		at += int(n)
	}
	w.out.n = 0
	runtime.KeepAlive(w)
	return refused
}

// receive gives every datagram that waits to take. data is valid during the call.
func (w *wire) receive(take func(data []byte, from netip.AddrPort, at time.Time)) {
	for {
		for i := range w.in.headers {
			h := &w.in.headers[i].header
			h.Namelen = unix.SizeofSockaddrInet6
			h.Control = &w.in.control[i][0]
			h.SetControllen(controlSize)
			w.in.iovecs[i].SetLen(wireMaxSize)
		}
		n, _, err := unix.Syscall6(unix.SYS_RECVMMSG, uintptr(w.fd), uintptr(unsafe.Pointer(&w.in.headers[0])), wireBatch, unix.MSG_DONTWAIT, 0, 0)
		runtime.KeepAlive(w)
		if err != 0 {
			return // nothing there, or a peer's ICMP: the next call sees the rest
		}
		for i := range int(n) {
			m := &w.in.headers[i]
			take(w.in.data[i][:min(int(m.size), wireMaxSize)], addrPort(&w.in.names[i]), arrival(w.in.control[i][:m.header.Controllen]))
		}
		if n < wireBatch {
			return
		}
	}
}

// arrival reads the kernel's time (struct scm_timestamping's first timespec) of a datagram; without one it is now.
func arrival(control []byte) time.Time {
	const header = unix.SizeofCmsghdr
	if len(control) >= header+16 {
		h := (*unix.Cmsghdr)(unsafe.Pointer(&control[0]))
		if h.Level == unix.SOL_SOCKET && h.Type == unix.SCM_TIMESTAMPNS {
			return time.Unix(int64(binary.NativeEndian.Uint64(control[header:])), int64(binary.NativeEndian.Uint64(control[header+8:])))
		}
	}
	return time.Now()
}

// sockaddr is an address as the kernel takes it.
type sockaddr struct {
	raw  unix.RawSockaddrInet6
	size uint32
}

func (w *wire) sockaddr(a netip.AddrPort) (s sockaddr) {
	port := a.Port()<<8 | a.Port()>>8
	if w.six {
		s.raw = unix.RawSockaddrInet6{Family: unix.AF_INET6, Port: port, Addr: a.Addr().As16()}
		s.size = unix.SizeofSockaddrInet6
		return s
	}
	four := (*unix.RawSockaddrInet4)(unsafe.Pointer(&s.raw))
	*four = unix.RawSockaddrInet4{Family: unix.AF_INET, Port: port, Addr: a.Addr().Unmap().As4()}
	s.size = unix.SizeofSockaddrInet4
	return s
}

func addrPort(n *unix.RawSockaddrInet6) netip.AddrPort {
	port := n.Port<<8 | n.Port>>8
	if n.Family == unix.AF_INET {
		return netip.AddrPortFrom(netip.AddrFrom4((*unix.RawSockaddrInet4)(unsafe.Pointer(n)).Addr), port)
	}
	return netip.AddrPortFrom(netip.AddrFrom16(n.Addr).Unmap(), port)
}
