package media

import (
	"net"
	"net/netip"
	"syscall"
)

// markVoice asks routers to treat the packets of a socket as voice (RFC 4594 §4.1: DSCP EF, 46). A kernel or container that
// refuses loses nothing but priority, so a refusal is no error.
func markVoice(conn *net.UDPConn, ip netip.Addr, dscp int) {
	if dscp <= 0 || dscp > 63 {
		return
	}
	raw, err := conn.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) {
		if ip.Is6() && !ip.Is4In6() {
			_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_IPV6, syscall.IPV6_TCLASS, dscp<<2)
			return
		}
		_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_IP, syscall.IP_TOS, dscp<<2)
	})
}
