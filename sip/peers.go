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

// peers knows who may talk to us. The addresses of trunks are fixed, but for those that stand behind the names of their
// servers; addresses that we dial are let in for the time of the call.
type peers struct {
	trunks []Trunk

	mu      sync.Mutex
	rung    map[netip.Addr]visit // calls placed to each address
	servers map[netip.Addr]server
}

// visit is an address that we call.
type visit struct {
	calls int
	name  string // by which it was found, "" for an address
}

// server is an address that the name of a trunk's server stands for.
type server struct {
	trunk int    // index
	name  string // as its certificate must say
}

func newPeers(trunks []Trunk) *peers {
	return &peers{trunks: trunks, rung: map[netip.Addr]visit{}, servers: map[netip.Addr]server{}}
}

// learn replaces the addresses behind the names of a trunk's servers by what was found now.
func (p *peers) learn(trunk int, found []hop) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for ip, s := range p.servers {
		if s.trunk == trunk {
			delete(p.servers, ip)
		}
	}
	for _, h := range found {
		if _, taken := p.servers[h.addr.Addr()]; !taken {
			p.servers[h.addr.Addr()] = server{trunk: trunk, name: h.name}
		}
	}
}

// nameOf is the name by which we know a server, its address when it has none: what its certificate must show.
func (p *peers) nameOf(ip netip.Addr) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if v := p.rung[ip.Unmap()]; v.name != "" {
		return v.name
	}
	if s := p.servers[ip.Unmap()]; s.name != "" {
		return s.name
	}
	return ip.Unmap().String()
}

// trunk finds the trunk that an address belongs to; the first in the order of the configuration counts.
func (p *peers) trunk(ip netip.Addr) (Trunk, bool) {
	ip = ip.Unmap()
	if i, ok := p.index(ip); ok {
		return p.trunks[i], true
	}
	return Trunk{}, false
}

func (p *peers) index(ip netip.Addr) (int, bool) {
	for i, t := range p.trunks {
		for _, prefix := range t.Peers {
			if prefix.Contains(ip) {
				return i, true
			}
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	s, ok := p.servers[ip]
	return s.trunk, ok
}

func (p *peers) standing(ip netip.Addr) standing {
	if _, ok := p.trunk(ip); ok {
		return trusted
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.rung[ip.Unmap()].calls > 0 {
		return rung
	}
	return stranger
}

// admit lets the peer of a call that we place answer us; the function returned ends that.
func (p *peers) admit(ip netip.Addr, name string) (release func()) {
	ip = ip.Unmap()
	p.visited(ip, name, 1)
	return sync.OnceFunc(func() { p.visited(ip, name, -1) })
}

func (p *peers) visited(ip netip.Addr, name string, more int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	v := visit{calls: p.rung[ip].calls + more, name: name}
	if v.calls <= 0 {
		delete(p.rung, ip)
		return
	}
	p.rung[ip] = v
}
