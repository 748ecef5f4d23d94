package sip

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestRegister(t *testing.T) {
	authority := newAuthority(t)
	for name, tt := range map[string]struct {
		network string
		rules   rules
	}{
		"no challenge":             {"udp", rules{}},
		"MD5":                      {"udp", rules{algorithm: "MD5", qop: "auth"}},
		"MD5 of RFC 2069":          {"udp", rules{algorithm: "MD5"}},
		"SHA-256":                  {"udp", rules{algorithm: "SHA-256", qop: "auth"}},
		"SHA-512-256":              {"udp", rules{algorithm: "SHA-512-256", qop: "auth"}},
		"two kinds of protection":  {"udp", rules{algorithm: "MD5", qop: "auth-int, auth"}},
		"by a proxy":               {"udp", rules{algorithm: "SHA-256", qop: "auth", proxy: true}},
		"over TCP":                 {"tcp", rules{algorithm: "SHA-256", qop: "auth"}},
		"over TLS":                 {"tls", rules{algorithm: "SHA-256", qop: "auth"}},
		"every nonce is used once": {"udp", rules{algorithm: "MD5", qop: "auth", uses: 1}},
		"nonces are forgotten":     {"udp", rules{algorithm: "MD5", qop: "auth", uses: 1, forgets: true}},
		"nonces are given ahead":   {"udp", rules{algorithm: "MD5", qop: "auth", uses: 1, next: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.rules.password, tt.rules.grant = "secret", time.Second
			o := newOperator(t, "127.0.0.1", tt.network, tt.rules, authority.server(t, "127.0.0.1"))
			e := subscriber(t, tt.network, func(c *Config) { c.TLS.ServerCA = authority.file }, o)
			st := trunkIs(t, e, "registered", up)
			if !st.Registered || !st.Watched || st.Server != o.addr || st.Registrations == 0 || st.RegistrationFailures != 0 ||
				time.Until(st.Expires) > time.Second || st.SeenAs.Addr() != o.addr.Addr() || st.SeenAs.Port() == 0 {
				t.Errorf("state %+v", st)
			}
			// The registrar grants a second: the refresh comes in its time, and the third.
			eventually(t, "two refreshes", func() bool { return o.succeeded("REGISTER") >= 3 })
			if st := e.Trunks()[0]; !st.Up || st.RegistrationFailures != 0 {
				t.Errorf("after the refresh %+v", st)
			}
			challenges := 0
			for _, r := range o.requests("REGISTER") {
				if r.expires != 600 || !strings.Contains(r.contact, "sip:"+operatorUser+"@") {
					t.Errorf("request %+v", r)
				}
				if r.status != 200 {
					challenges++
				}
			}
			if want := map[bool]int{true: 1}[tt.rules.algorithm != ""]; (tt.rules.uses == 0 || tt.rules.next) && challenges != want {
				t.Errorf("challenged %d times, want %d: a nonce serves again", challenges, want)
			}
			if err := e.Close(); err != nil {
				t.Error(err)
			}
			all := o.requests("REGISTER")
			if last := all[len(all)-1]; last.expires != 0 || last.status != 200 {
				t.Errorf("not given back at the end: %+v", last)
			}
		})
	}
}

func TestIntervalTooBrief(t *testing.T) {
	t.Parallel()
	o := newOperator(t, "127.0.0.1", "udp", rules{algorithm: "MD5", qop: "auth", password: "secret", least: 30 * time.Minute}, nil)
	e := subscriber(t, "udp", nil, o)
	st := trunkIs(t, e, "registered", up)
	if left := time.Until(st.Expires); left < 29*time.Minute || left > 30*time.Minute {
		t.Errorf("expires in %v", left)
	}
	if r := o.requests("REGISTER"); len(r) != 3 || r[1].status != 423 || r[2].expires != 1800 {
		t.Errorf("requests %+v", r)
	}
}

func TestWrongPassword(t *testing.T) {
	t.Parallel()
	o := newOperator(t, "127.0.0.1", "udp", rules{algorithm: "MD5", qop: "auth", password: "another"}, nil)
	e := subscriber(t, "udp", nil, o)
	st := trunkIs(t, e, "refused", func(s TrunkState) bool { return s.RegistrationFailures > 0 && s.Reason != "not registered yet" })
	if st.Up || !strings.Contains(st.Reason, "password refused") || strings.Contains(st.Reason, "secret") {
		t.Errorf("state %+v", st)
	}
	time.Sleep(20 * testT1)
	// Each try may bring the account closer to being locked: no second one so soon.
	if r := o.requests("REGISTER"); len(r) != 2 {
		t.Errorf("%d requests", len(r))
	}
	// When the operator has put it right, the trunk comes up by itself; the test does not wait for that.
}

func TestRegistrarThatAsksToWait(t *testing.T) {
	t.Parallel()
	o := newOperator(t, "127.0.0.1", "udp", rules{status: 503, after: "1"}, nil)
	began := time.Now()
	e := subscriber(t, "udp", nil, o)
	eventually(t, "a first try", func() bool { return len(o.requests("REGISTER")) == 1 })
	o.set(func(r *rules) { r.status = 0 })
	trunkIs(t, e, "registered", up)
	if waited := time.Since(began); waited < time.Second {
		t.Errorf("tried again after %v, a second was asked for", waited)
	}
}

// TestFailOver: the first server does not answer, the second serves; when that one fails, the next is asked, from the top
// again.
func TestFailOver(t *testing.T) {
	t.Parallel()
	good := rules{algorithm: "SHA-256", qop: "auth", password: "secret", grant: time.Second}
	mute := good
	mute.silent = true
	first, second := newOperator(t, "127.0.0.1", "udp", mute, nil), newOperator(t, "127.0.0.1", "udp", good, nil)
	e := subscriber(t, "udp", nil, first, second)
	st := trunkIs(t, e, "registered at the second", up)
	if st.Server != second.addr || st.FailOvers != 0 {
		t.Errorf("state %+v", st)
	}
	first.set(func(r *rules) { r.silent = false })
	second.set(func(r *rules) { r.status = 503 })
	st = trunkIs(t, e, "registered at the first", func(s TrunkState) bool { return s.Up && s.Server == first.addr })
	if st.FailOvers != 1 || st.RegistrationFailures == 0 {
		t.Errorf("state %+v", st)
	}
	first.set(func(r *rules) { r.status = 500 })
	st = trunkIs(t, e, "down", func(s TrunkState) bool { return !s.Up })
	if !strings.Contains(st.Reason, "50") || !st.Expires.IsZero() {
		t.Errorf("state %+v", st)
	}
	second.set(func(r *rules) { r.status = 0 })
	trunkIs(t, e, "registered again", func(s TrunkState) bool { return s.Up && s.Server == second.addr })
}

func TestFailOverOverTCP(t *testing.T) {
	t.Parallel()
	r := rules{algorithm: "MD5", qop: "auth", password: "secret", grant: time.Second}
	o := newOperator(t, "127.0.0.1", "tcp", r, nil)
	nobody := &operator{addr: apart()}
	e := subscriber(t, "tcp", nil, nobody, o)
	if st := trunkIs(t, e, "registered", up); st.Server != o.addr {
		t.Errorf("state %+v", st)
	}
}

// TestConnectionLost: a registration that stands on a connection is made again when that breaks, long before it expires; but a
// registrar that breaks every connection is not asked all the time.
func TestConnectionLost(t *testing.T) {
	t.Parallel()
	o := newOperator(t, "127.0.0.1", "tcp", rules{algorithm: "MD5", qop: "auth", password: "secret"}, nil)
	e := subscriber(t, "tcp", nil, o)
	trunkIs(t, e, "registered", up)
	began := time.Now()
	o.cut()
	st := trunkIs(t, e, "registered again", func(s TrunkState) bool { return s.Registrations == 2 })
	if waited := time.Since(began); !st.Up || waited < flowRest*testT1/2 {
		t.Errorf("after %v: %+v", waited, st)
	}
}

// TestRegisteredTrunkMayCall: the addresses of a trunk's servers are peers, found by name as well, and nobody else is.
func TestRegisteredTrunkMayCall(t *testing.T) {
	t.Parallel()
	o := newOperator(t, "127.0.0.9", "udp", rules{}, nil)
	names := &names{srv: map[string][]*net.SRV{"_sip._udp.operator.example": {{Target: "a.operator.example.", Port: o.addr.Port()}}},
		hosts: map[string][]netip.Addr{"a.operator.example": {o.addr.Addr()}}}
	e := listen(t, newService(), func(c *Config) {
		c.Resolver = names
		c.Trunks = []Trunk{{Name: "operator", Servers: []string{"operator.example"}, Register: &Registration{User: operatorUser, Password: "x"}}}
	})
	st := trunkIs(t, e, "registered", up)
	if st.Server != o.addr {
		t.Errorf("state %+v", st)
	}
	friend, stranger := newPhoneAt(t, e, "127.0.0.9"), newPhoneAt(t, e, "127.0.0.10")
	stranger.request("OPTIONS", "")
	friend.request("OPTIONS", "")
	friend.expect(200)
	stranger.silent(3 * testT1)
	if st := e.Trunks()[0]; st.Pinged != 1 || st.Heard.IsZero() {
		t.Errorf("state %+v", st)
	}
}

// names is a resolver of few names.
type names struct {
	mu    sync.Mutex
	srv   map[string][]*net.SRV
	hosts map[string][]netip.Addr
}

func (n *names) LookupSRV(_ context.Context, service, proto, name string) (string, []*net.SRV, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	key := "_" + service + "._" + proto + "." + name
	if r := n.srv[key]; r != nil {
		return key, r, nil
	}
	return "", nil, &net.DNSError{Err: "no such host", Name: key, IsNotFound: true}
}

func (n *names) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if a := n.hosts[host]; a != nil {
		return a, nil
	}
	return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
}

func TestServersOf(t *testing.T) {
	n := &names{
		srv: map[string][]*net.SRV{
			"_sip._udp.op.example":  {{Target: "b.op.example.", Port: 5080}, {Target: "gone.op.example.", Port: 5080}, {Target: "a.op.example.", Port: 5090}},
			"_sips._tcp.op.example": {{Target: "a.op.example.", Port: 5061}},
		},
		hosts: map[string][]netip.Addr{
			"a.op.example": {ipOf("192.0.2.1"), ipOf("2001:db8::1")}, "b.op.example": {ipOf("192.0.2.2"), ipOf("192.0.2.3")}, "op.example": {ipOf("192.0.2.4")},
			"six.example": {ipOf("2001:db8::6")},
		},
	}
	e := listen(t, newService(), func(c *Config) { c.Resolver = n })
	for _, tt := range []struct{ servers, transport, want, fails string }{
		{"192.0.2.9", "udp", "192.0.2.9:5060", ""}, {"192.0.2.9", "tls", "192.0.2.9:5061", ""}, {"192.0.2.9:5070", "tcp", "192.0.2.9:5070", ""},
		{"op.example", "udp", "192.0.2.2:5080 192.0.2.3:5080 192.0.2.1:5090", ""}, {"op.example", "tls", "192.0.2.1:5061", ""},
		{"op.example", "tcp", "192.0.2.4:5060", ""}, {"op.example:5070", "udp", "192.0.2.4:5070", ""},
		{"gone.example 192.0.2.9", "udp", "192.0.2.9:5060", ""}, {"b.op.example 192.0.2.3", "udp", "192.0.2.2:5060 192.0.2.3:5060", ""},
		{"gone.example", "udp", "", "not found"}, {"six.example", "udp", "", "no address that can be reached"},
	} {
		hops, err := e.serversOf(t.Context(), Trunk{Servers: strings.Fields(tt.servers), Transport: tt.transport})
		var got []string
		for _, h := range hops {
			if a := h.addr.String(); len(got) == 0 || got[len(got)-1] != a {
				got = append(got, a)
			}
		}
		if strings.Join(got, " ") != tt.want || (err == nil) != (tt.fails == "") || err != nil && !strings.Contains(err.Error(), tt.fails) {
			t.Errorf("%s over %s: %v, %v", tt.servers, tt.transport, got, err)
		}
	}
}
