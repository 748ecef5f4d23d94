package media

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
)

// ErrNoPorts is returned when every port pair of the range is taken.
var ErrNoPorts = errors.New("media: no free RTP port pair left; widen the range of RTP ports or lower the number of calls")

// ErrPortRange is wrapped when a range holds no pair.
var ErrPortRange = errors.New("media: the range of RTP ports holds no pair of an even port and the next one")

// defaultPorts is used when a range is left empty: above the registered services, below Linux's ephemeral ports.
var defaultPorts = PortRange{Min: 16384, Max: 32767}

// PortRange bounds the UDP ports of sessions, both ends included. A session takes an even port for RTP and the next
// one for RTCP (RFC 3550 §11). The zero value means 16384 to 32767.
type PortRange struct{ Min, Max uint16 }

// Validate tells why a range cannot be used.
func (r PortRange) Validate() error {
	if r == (PortRange{}) {
		return nil
	}
	if r.Min == 0 || r.pairs() == 0 {
		return fmt.Errorf("%w: %d-%d", ErrPortRange, r.Min, r.Max)
	}
	return nil
}

// Pairs is the number of sessions that fit into the range at once.
func (r PortRange) Pairs() int {
	if r == (PortRange{}) {
		r = defaultPorts
	}
	return r.pairs()
}

func (r PortRange) pairs() int {
	first := (int(r.Min) + 1) &^ 1
	return max(0, (int(r.Max)+1-first)/2)
}

// listenPair binds a free pair of the range, trying every pair once from a random one on. Sessions share no
// table: the kernel's refusal of a bound port is what keeps them apart, and a random start keeps a peer that still sends to the
// call before away from the next one.
func listenPair(ip netip.Addr, r PortRange, random func() uint64, dscp int) (rtp, rtcp *net.UDPConn, err error) {
	if err := r.Validate(); err != nil {
		return nil, nil, err
	}
	if r == (PortRange{}) {
		r = defaultPorts
	}
	first, pairs := (int(r.Min)+1)&^1, r.pairs()
	start := int(random() % uint64(pairs))
	for i := range pairs {
		port := uint16(first + 2*((start+i)%pairs))
		rtp, err = listenUDP(ip, port, dscp)
		if err == nil {
			if rtcp, err = listenUDP(ip, port+1, dscp); err == nil {
				return rtp, rtcp, nil
			}
			rtp.Close()
		}
		if !errors.Is(err, syscall.EADDRINUSE) {
			return nil, nil, fmt.Errorf("media: cannot open UDP %s: %w", netip.AddrPortFrom(ip, port), err)
		}
	}
	return nil, nil, fmt.Errorf("%w (%s, %d-%d)", ErrNoPorts, ip, r.Min, r.Max)
}

func listenUDP(ip netip.Addr, port uint16, dscp int) (*net.UDPConn, error) {
	network := "udp4"
	if ip.Is6() && !ip.Is4In6() {
		network = "udp6"
	}
	conn, err := net.ListenUDP(network, net.UDPAddrFromAddrPort(netip.AddrPortFrom(ip.Unmap(), port)))
	if err != nil {
		return nil, err
	}
	markVoice(conn, ip, dscp)
	return conn, nil
}
