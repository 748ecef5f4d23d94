package config

import (
	"fmt"
	"net/netip"
	"strings"

	"go.yaml.in/yaml/v3"
)

// TLS is SIP over TLS. Files are PEM.
type TLS struct {
	Listen        string `yaml:"listen"`         // host:port, empty: no TLS
	Certificate   string `yaml:"certificate"`    // ours, its chain behind it
	Key           string `yaml:"key"`            // of the certificate
	VerifyClients string `yaml:"verify_clients"` // none, optional or required
	ClientCA      string `yaml:"client_ca"`      // who vouches for clients
	ServerCA      string `yaml:"server_ca"`      // who vouches for the servers we connect to, empty: the system's roots
}

// Limits bound what peers may take of us. 0 is no bound, but for MessageBytes.
type Limits struct {
	MessageBytes         int `yaml:"message_bytes"`          // longest SIP message
	MessagesPerSecond    int `yaml:"messages_per_second"`    // of one source
	CallsPerSecond       int `yaml:"calls_per_second"`       // of one source
	HalfOpen             int `yaml:"half_open"`              // calls not answered yet or without their ACK
	Connections          int `yaml:"connections"`            // TCP and TLS, all sources
	ConnectionsPerSource int `yaml:"connections_per_source"` // TCP and TLS, of one source
	BanAfter             int `yaml:"ban_after"`              // offences within a minute
	BanSeconds           int `yaml:"ban_seconds"`
}

// Trunk is an operator allowed to send calls.
type Trunk struct {
	Name           string   `yaml:"name"`
	Peers          []string `yaml:"peers"`           // IP addresses or prefixes it calls from
	Servers        []string `yaml:"servers"`         // host or host:port that our requests go to, in order of preference
	Transport      string   `yaml:"transport"`       // udp, tcp or tls: of our requests
	OptionsSeconds int      `yaml:"options_seconds"` // time between two OPTIONS to a server, 0: none
	TrustIdentity  bool     `yaml:"trust_identity"`  // its P-Asserted-Identity and Remote-Party-ID are believed
	Register       Register `yaml:"register"`
}

// Register is a subscriber's account at the operator's; without a user the trunk is known by address.
type Register struct {
	User           string `yaml:"user"`
	Domain         string `yaml:"domain"`    // empty: the first server's host
	AuthUser       string `yaml:"auth_user"` // empty: user
	Password       Secret `yaml:"password"`
	ExpiresSeconds int    `yaml:"expires_seconds"` // asked for
}

// UnmarshalYAML fills in what a trunk does not say.
func (t *Trunk) UnmarshalYAML(n *yaml.Node) error {
	type plain Trunk // without this method
	p := plain{Transport: "udp", OptionsSeconds: 60, TrustIdentity: true, Register: Register{ExpiresSeconds: 3600}}
	if err := n.Decode(&p); err != nil {
		return err
	}
	*t = Trunk(p)
	return nil
}

func (l *loader) tls() {
	c := l.cfg.SIP.TLS
	if c.Listen != "" {
		l.hostPort("sip.tls.listen", c.Listen)
		if c.Certificate == "" {
			l.bad("sip.tls.certificate", "is empty: TLS needs a certificate and its key, PEM files")
		}
	}
	if (c.Certificate == "") != (c.Key == "") {
		l.bad("sip.tls.key", "certificate and key go together")
	}
	l.choice("sip.tls.verify_clients", c.VerifyClients, "none", "optional", "required")
	if c.VerifyClients != "none" && c.ClientCA == "" {
		l.bad("sip.tls.client_ca", "is empty: name the PEM file of the authority that signs the clients' certificates")
	}
}

// minExpires is as often as a registrar can be expected to be asked.
const minExpires = 60

func (l *loader) trunks() {
	seen := map[string]int{}
	for i, t := range l.cfg.Trunks {
		key := fmt.Sprintf("trunks[%d]", i)
		if t.Name == "" {
			l.bad(key+".name", "is empty: name the trunk, the calls' facts carry it")
		}
		if j, ok := seen[t.Name]; ok {
			l.bad(key+".name", "%q is the name of trunk %d already", t.Name, j+1)
		}
		seen[t.Name] = i
		if len(t.Peers) == 0 && len(t.Servers) == 0 {
			l.bad(key+".peers", "is empty: list the addresses that the operator calls from")
		}
		for j, p := range t.Peers {
			if _, err := ParsePeer(p); err != nil {
				l.bad(fmt.Sprintf("%s.peers[%d]", key, j), "%v", err)
			}
		}
		for j, s := range t.Servers {
			if !isServer(s) {
				l.bad(fmt.Sprintf("%s.servers[%d]", key, j), "%q is not host or host:port, for example sip.example.net or 203.0.113.10:5060", s)
			}
		}
		if t.Transport != "" { // empty in a trunk that was not read from a file
			l.choice(key+".transport", t.Transport, "udp", "tcp", "tls")
		}
		if t.OptionsSeconds < 0 || t.OptionsSeconds > 0 && t.OptionsSeconds < 5 || t.OptionsSeconds > 3600 {
			l.bad(key+".options_seconds", "%d is neither 0 (none) nor 5 to 3600", t.OptionsSeconds)
		}
		l.register(key, t)
	}
}

func (l *loader) register(key string, t Trunk) {
	r := t.Register
	key += ".register"
	if r.User == "" {
		if r.Domain != "" || r.AuthUser != "" || r.Password != "" {
			l.bad(key+".user", "is empty: give the account's name")
		}
		return
	}
	if strings.ContainsAny(r.User, "@ <>\"") {
		l.bad(key+".user", "%q: the name alone, without domain", r.User)
	}
	if len(t.Servers) == 0 {
		l.bad(key, "registers nowhere: list the registrar under servers")
	}
	if r.Domain != "" && !isServer(r.Domain) {
		l.bad(key+".domain", "%q is no host name", r.Domain)
	}
	if r.Password == "" {
		l.bad(key, "has no password: env:NAME or file:PATH under password")
	}
	if r.ExpiresSeconds < minExpires || r.ExpiresSeconds > 24*3600 {
		l.bad(key+".expires_seconds", "%d is outside %d to %d", r.ExpiresSeconds, minExpires, 24*3600)
	}
}

// ParsePeer reads an IP address or a prefix such as 203.0.113.0/28.
func ParsePeer(s string) (netip.Prefix, error) {
	if p, err := netip.ParsePrefix(s); err == nil {
		return p.Masked(), nil
	}
	a, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("%q is neither an IP address nor a prefix such as 203.0.113.0/28", s)
	}
	return netip.PrefixFrom(a, a.BitLen()), nil
}
