package sip

import (
	"net/netip"
	"sync"
)

// standing is how much a peer may do.
type standing uint8

const (
	stranger standing = iota // gets no answer, not even a refusal: a scanner shall not learn that we are here
	rung                     // we called it: its answers, and requests within that call
	trusted                  // belongs to a trunk
)

// peers knows who may talk to us. Trunks are fixed; addresses that we dial are let in for the time of the call.
type peers struct {
	trunks []Trunk

	mu   sync.Mutex
	rung map[netip.Addr]int // calls placed to each address
}

func newPeers(trunks []Trunk) *peers { return &peers{trunks: trunks, rung: map[netip.Addr]int{}} }

// trunk finds the trunk that an address belongs to; the first in the order of the configuration counts.
func (p *peers) trunk(ip netip.Addr) (Trunk, bool) {
	ip = ip.Unmap()
	for _, t := range p.trunks {
		for _, prefix := range t.Peers {
			if prefix.Contains(ip) {
				return t, true
			}
		}
	}
	return Trunk{}, false
}

func (p *peers) standing(ip netip.Addr) standing {
	if _, ok := p.trunk(ip); ok {
		return trusted
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.rung[ip.Unmap()] > 0 {
		return rung
	}
	return stranger
}

// admit lets the peer of a call that we place answer us; the function returned ends that.
func (p *peers) admit(ip netip.Addr) (release func()) {
	ip = ip.Unmap()
	p.mu.Lock()
	p.rung[ip]++
	p.mu.Unlock()
	return sync.OnceFunc(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.rung[ip]--; p.rung[ip] <= 0 {
			delete(p.rung, ip)
		}
	})
}
