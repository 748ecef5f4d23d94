package media

import "net/netip"

// Tap sees every RTP and RTCP packet that a session takes from the wire or gives to it, for a capture of a call; in clear where the wire
// carries SRTP. Its method is called on the session's goroutines, several at once, and must return at once; it must not keep data.
type Tap interface {
	Packet(sent bool, local, remote netip.AddrPort, data []byte)
}

// tapped tells the tap of a packet; local is the session's port for RTP, or for RTCP.
func (s *Session) tapped(sent bool, local, remote netip.AddrPort, data []byte) {
	if s.cfg.Tap != nil {
		s.cfg.Tap.Packet(sent, local, remote, data)
	}
}

// rtcpAddr is the local address of RTCP.
func (s *Session) rtcpAddr() netip.AddrPort {
	a := s.Addr()
	return netip.AddrPortFrom(a.Addr(), a.Port()+1)
}
