package sip

import (
	"fmt"
	"net/netip"
	"sync"
)

// sockets counts the connections that are open, TCP and TLS together, so that no peer and no mistake takes all file
// descriptors of the process.
type sockets struct {
	total, perSource int // 0: no bound

	mu   sync.Mutex
	open int
	by   map[netip.Addr]int
}

func newSockets(total, perSource int) *sockets {
	return &sockets{total: total, perSource: perSource, by: map[netip.Addr]int{}}
}

// take counts one more connection; the function returned ends that.
func (s *sockets) take(ip netip.Addr) (release func(), err error) {
	ip = ip.Unmap()
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.total > 0 && s.open >= s.total:
		return nil, fmt.Errorf("sip: %d connections are open, no more are taken", s.open)
	case s.perSource > 0 && s.by[ip] >= s.perSource:
		return nil, fmt.Errorf("sip: %d connections with this peer are open, no more are taken", s.by[ip])
	}
	s.open++
	s.by[ip]++
	return sync.OnceFunc(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.open--
		if s.by[ip]--; s.by[ip] <= 0 {
			delete(s.by, ip)
		}
	}), nil
}

func (s *sockets) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open
}
