package media

import (
	"encoding/binary"
	"net"
	"net/netip"
	"runtime"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	readBatch   = 8 // packets taken by one system call
	readControl = 64
	// oldestAge bounds what the kernel's time of arrival may say, against a clock that was set in between.
	oldestAge = time.Second
)

// rawSocket is the RTP socket as the clock reads it.
type rawSocket struct {
	conn syscall.RawConn
	call func(fd uintptr) // made once: the clock allocates nothing
	in   *packetReader    // of the call under way
	got  int
	err  syscall.Errno
}

// newRawSocket also asks the kernel for the time at which each packet arrives: the clock comes to read it only when a frame is due.
func newRawSocket(c *net.UDPConn) (s rawSocket, err error) {
	if s.conn, err = c.SyscallConn(); err != nil {
		return s, err
	}
	_ = s.conn.Control(func(fd uintptr) { _ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1) }) // without it: when it was read
	return s, nil
}

// packetReader is the memory for one reading, shared by the sessions of one goroutine, laid out for recvmmsg(2).
type packetReader struct {
	headers [readBatch]readHeader
	iovecs  [readBatch]unix.Iovec
	names   [readBatch]unix.RawSockaddrInet6 // IPv4 fits in
	control [readBatch][readControl]byte
	data    [readBatch][maxPacket]byte
	now     time.Time // of the reading, to compare with the kernel's
}

type readHeader struct {
	header unix.Msghdr
	size   uint32
	_      [4]byte
}

// read takes the packets that wait, at most readBatch, and never blocks. Nothing there is no error.
func (r *packetReader) read(s *rawSocket) (n int, err error) {
	for i := range r.headers {
		h := &r.headers[i].header
		r.iovecs[i].Base = &r.data[i][0]
		r.iovecs[i].SetLen(maxPacket)
		h.Iov, h.Iovlen = &r.iovecs[i], 1
		h.Name, h.Namelen = (*byte)(unsafe.Pointer(&r.names[i])), unix.SizeofSockaddrInet6
		h.Control = &r.control[i][0]
		h.SetControllen(readControl)
	}
	if s.call == nil {
		s.call = s.receive
	}
	s.in, s.got, s.err = r, 0, 0
	err = s.conn.Control(s.call)
	s.in = nil
	r.now = time.Now()
	switch {
	case err != nil:
		return 0, net.ErrClosed
	case s.err != 0 && s.err != unix.EAGAIN && s.err != unix.EINTR:
		return 0, s.err
	}
	return s.got, nil
}

func (s *rawSocket) receive(fd uintptr) {
	n, _, errno := unix.RawSyscall6(unix.SYS_RECVMMSG, fd, uintptr(unsafe.Pointer(&s.in.headers[0])), readBatch, unix.MSG_DONTWAIT, 0, 0)
	runtime.KeepAlive(s.in)
	if errno == 0 {
		s.got = int(n)
	}
	s.err = errno
}

// packet is one of those read: its bytes, which are valid until the next reading, its sender, and how long ago it arrived.
func (r *packetReader) packet(i int) (data []byte, from netip.AddrPort, age time.Duration) {
	h := &r.headers[i]
	n := &r.names[i]
	port := n.Port<<8 | n.Port>>8
	if n.Family == unix.AF_INET {
		from = netip.AddrPortFrom(netip.AddrFrom4((*unix.RawSockaddrInet4)(unsafe.Pointer(n)).Addr), port)
	} else {
		from = netip.AddrPortFrom(netip.AddrFrom16(n.Addr).Unmap(), port)
	}
	control := r.control[i][:h.header.Controllen]
	if len(control) >= unix.SizeofCmsghdr+16 {
		if c := (*unix.Cmsghdr)(unsafe.Pointer(&control[0])); c.Level == unix.SOL_SOCKET && c.Type == unix.SCM_TIMESTAMPNS {
			stamp := control[unix.SizeofCmsghdr:]
			age = time.Duration(r.now.UnixNano() - int64(binary.NativeEndian.Uint64(stamp))*int64(time.Second) - int64(binary.NativeEndian.Uint64(stamp[8:])))
		}
	}
	if age < 0 || age > oldestAge {
		age = 0
	}
	return r.data[i][:min(int(h.size), maxPacket)], from, age
}
