package sip

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
)

// Resolver looks names up; *net.Resolver is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
	LookupSRV(ctx context.Context, service, proto, name string) (cname string, addrs []*net.SRV, err error)
}

// hop is one address of a server.
type hop struct {
	addr netip.AddrPort
	name string // that was looked up; "" for an address
}

// maxHops bounds what names may stand for.
const maxHops = 16

// serversOf finds the addresses of a trunk's servers, in order of preference. Those that cannot be found are left out; it is an
// error when none is left.
func (e *Endpoint) serversOf(ctx context.Context, t Trunk) ([]hop, error) {
	var hops []hop
	var errs []error
	for _, s := range t.Servers {
		found, err := e.hopsOf(ctx, s, t.network())
		if err != nil {
			errs = append(errs, err)
			continue
		}
		for _, h := range found {
			if !slices.Contains(hops, h) && len(hops) < maxHops {
				hops = append(hops, h)
			}
		}
	}
	if len(hops) == 0 {
		return nil, errors.Join(errs...)
	}
	return hops, nil
}

// hopsOf follows RFC 3263 §4.2 with the transport given: an address is itself, a name with a port is looked up by A and AAAA, a
// name alone by SRV first.
func (e *Endpoint) hopsOf(ctx context.Context, text, network string) ([]hop, error) {
	host, port, err := splitHostPort(text)
	if err != nil {
		return nil, fmt.Errorf("%w: %q is no server", ErrConfig, text)
	}
	if port == 0 {
		if hops := e.servicesOf(ctx, host, network); len(hops) > 0 {
			return hops, nil
		}
		port = portOf(network)
	}
	return e.addressesOf(ctx, host, host, port)
}

func portOf(network string) int {
	if network == tlsNetwork {
		return defaultTLSPort
	}
	return defaultPort
}

// servicesOf looks up SRV records, in their order. Nothing for an address, or a name without any.
func (e *Endpoint) servicesOf(ctx context.Context, host, network string) []hop {
	if _, err := netip.ParseAddr(host); err == nil {
		return nil
	}
	service, proto := "sip", strings.ToLower(network)
	if network == tlsNetwork {
		service, proto = "sips", "tcp"
	}
	_, records, err := e.cfg.Resolver.LookupSRV(ctx, service, proto, host)
	if err != nil {
		return nil
	}
	var hops []hop
	for _, r := range records {
		// The certificate names the domain that was asked for, not the host that a record points to (RFC 5922 §4).
		found, err := e.addressesOf(ctx, strings.TrimSuffix(r.Target, "."), host, int(r.Port))
		if err == nil {
			hops = append(hops, found...)
		}
	}
	return hops
}

// addressesOf looks a host up; only addresses that our sockets can reach count.
func (e *Endpoint) addressesOf(ctx context.Context, host, name string, port int) ([]hop, error) {
	if ip, err := netip.ParseAddr(host); err == nil {
		return []hop{{addr: netip.AddrPortFrom(ip.Unmap(), uint16(port))}}, nil
	}
	ips, err := e.cfg.Resolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, fmt.Errorf("sip: host %q not found: %w", host, err)
	}
	ours := e.addr.Addr()
	var hops []hop
	for _, ip := range ips {
		if ip = ip.Unmap(); ours.IsUnspecified() || ip.Is4() == ours.Is4() {
			hops = append(hops, hop{addr: netip.AddrPortFrom(ip, uint16(port)), name: name})
		}
	}
	if len(hops) == 0 {
		return nil, fmt.Errorf("sip: host %q has no address that can be reached from %s", host, ours)
	}
	return hops, nil
}
