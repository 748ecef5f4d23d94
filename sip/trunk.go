package sip

import (
	"fmt"
	"net/netip"
	"strings"
	"time"
)

// Trunk is an operator. It is known by the addresses it signals from: those of Peers, and those of its Servers.
type Trunk struct {
	Name  string
	Peers []netip.Prefix

	// IgnoreIdentity makes us read the caller from From alone: a peer we would not believe an asserted identity
	// (RFC 3325 §4), such as a registered telephone.
	IgnoreIdentity bool

	// Servers are where our own requests go, in order of preference: an address or a name, with or without a port. A name
	// without a port is looked up as RFC 3263 says (SRV, then A and AAAA). When one does not serve, the next is taken.
	Servers []string

	// Transport is udp, tcp or tls; udp if empty.
	Transport string

	// Ping is how often a server is asked by OPTIONS whether it is there; 0: never.
	Ping time.Duration

	// Register makes us a subscriber of the operator's; nil when it knows us by our address.
	Register *Registration
}

// Registration is a subscriber's account (RFC 3261 §10).
type Registration struct {
	User     string // of the address of record, and of our Contact
	Domain   string // of the address of record; the host of the first server if empty
	AuthUser string // digest user name; User if empty
	Password string
	Expires  time.Duration // asked for; DefaultExpires if 0. The registrar may give less, or want more (423)
}

// DefaultExpires is how long a registration shall last.
const DefaultExpires = time.Hour

// TrunkState tells how a trunk is.
type TrunkState struct {
	Name       string
	Registered bool // a trunk by registration; false: by address
	// Watched: whether it works is known, by registration or by OPTIONS, ours or theirs. Of others Up means only that
	// nothing is known against them.
	Watched   bool
	Up        bool
	Since     time.Time // of Up
	Reason    string    // why it is down, or what is known of one that is up
	Transport string
	Server    netip.AddrPort // in use; zero when none is
	RoundTrip time.Duration  // of the last OPTIONS that was answered
	Expires   time.Time      // of the registration
	SeenAs    netip.AddrPort // our address as the server sees it (RFC 3581), zero when unknown
	Heard     time.Time      // last request from the trunk

	Registrations, RegistrationFailures uint64
	Pings, PingFailures                 uint64 // OPTIONS of ours
	Pinged                              uint64 // OPTIONS of theirs
	FailOvers                           uint64 // times that another server was taken
}

func (t Trunk) network() string {
	if t.Transport == "" {
		return udp
	}
	return strings.ToUpper(t.Transport)
}

// account is the user that we register as, "" for a trunk by address.
func (t Trunk) account() string {
	if t.Register == nil {
		return ""
	}
	return t.Register.User
}

// check tells what is wrong with a trunk.
func (t Trunk) check() error {
	if t.Name == "" {
		return fmt.Errorf("%w: a trunk has no name", ErrConfig)
	}
	for _, p := range t.Peers {
		if !p.IsValid() {
			return fmt.Errorf("%w: trunk %s has a peer that is no address range", ErrConfig, t.Name)
		}
	}
	switch t.network() {
	case udp, tcp, tlsNetwork:
	default:
		return fmt.Errorf("%w: trunk %s: transport %q is not spoken here, use udp, tcp or tls", ErrConfig, t.Name, t.Transport)
	}
	for _, s := range t.Servers {
		if _, _, err := splitHostPort(s); err != nil {
			return fmt.Errorf("%w: trunk %s: %q is no server, use host or host:port", ErrConfig, t.Name, s)
		}
	}
	if t.Ping < 0 {
		return fmt.Errorf("%w: trunk %s: the time between pings is negative", ErrConfig, t.Name)
	}
	r := t.Register
	if r == nil {
		return nil
	}
	if len(t.Servers) == 0 {
		return fmt.Errorf("%w: trunk %s registers nowhere: it has no servers", ErrConfig, t.Name)
	}
	if _, err := parseURI(r.record(t)); err != nil || r.User == "" {
		return fmt.Errorf("%w: trunk %s: %q is no user to register", ErrConfig, t.Name, r.User)
	}
	if r.Expires < 0 {
		return fmt.Errorf("%w: trunk %s: the registration's time is negative", ErrConfig, t.Name)
	}
	return nil
}

// domain is the host part of the address of record.
func (r *Registration) domain(t Trunk) string {
	if r.Domain != "" {
		return r.Domain
	}
	host, _, _ := splitHostPort(t.Servers[0])
	return hostPort(host, 0)
}

// record is the address of record, the name under which the registrar keeps our Contact.
func (r *Registration) record(t Trunk) string { return "sip:" + r.User + "@" + r.domain(t) }
