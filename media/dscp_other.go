//go:build !linux

package media

import (
	"net"
	"net/netip"
)

// markVoice does nothing where the socket option differs; priority is all that is lost.
func markVoice(*net.UDPConn, netip.Addr, int) {}
