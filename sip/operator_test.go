package sip

import (
	"crypto/md5"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"
)

// operator is a registrar and server of an operator, on sipgo. It checks digests by its own arithmetic.
type operator struct {
	t    testing.TB
	addr netip.AddrPort

	mu     sync.Mutex
	rules  rules
	nonces map[string]int // last nc of each nonce
	minted int
	heard  []heard
	conns  []net.Conn // that it accepted
}

// rules say how an operator behaves.
type rules struct {
	algorithm string // of the challenge; "": no challenge
	qop       string
	password  string
	uses      int           // of a nonce before it is stale; 0: any
	forgets   bool          // an old nonce is refused without stale
	proxy     bool          // 407
	next      bool          // nextnonce with each success
	least     time.Duration // Min-Expires
	grant     time.Duration // 0: what was asked for
	status    int           // instead of all that; 0: none
	after     string        // Retry-After
	silent    bool
}

// heard is a request that came and what it got.
type heard struct {
	method, contact, authorization string
	expires                        int
	status                         int
}

const (
	operatorUser  = "0970000000"
	operatorRealm = "operator.example"
)

// newOperator listens on an address of 127.0.0.0/8 for a network; secure is of TLS.
func newOperator(t testing.TB, ip, network string, r rules, secure *tls.Config) *operator {
	t.Helper()
	if err := setLibrary(Config{T1: testT1, T2: testT2, T4: testT4}); err != nil {
		t.Fatal(err)
	}
	o := &operator{t: t, rules: r, nonces: map[string]int{}}
	ua, err := sipgo.NewUA(sipgo.WithUserAgentTransportLayerOptions(sip.WithTransportLayerLogger(slog.New(slog.DiscardHandler))))
	if err != nil {
		t.Fatal(err)
	}
	srv, err := sipgo.NewServer(ua)
	if err != nil {
		t.Fatal(err)
	}
	srv.OnRegister(o.serve)
	srv.OnOptions(o.serve)
	var socket io.Closer
	var serve func() error
	switch network {
	case "udp":
		conn, err := net.ListenPacket("udp", ip+":0")
		if err != nil {
			t.Fatal(err)
		}
		left := &leaving{PacketConn: conn, pool: ua.TransportLayer().Pool(udp)}
		o.addr, socket, serve = conn.LocalAddr().(*net.UDPAddr).AddrPort(), conn, func() error { return srv.ServeUDP(left) }
	default:
		bare, err := net.Listen("tcp", ip+":0")
		if err != nil {
			t.Fatal(err)
		}
		ln := &remembering{bare, o}
		o.addr, socket, serve = ln.Addr().(*net.TCPAddr).AddrPort(), ln, func() error { return srv.ServeTCP(ln) }
		if network == "tls" {
			secured := tls.NewListener(ln, secure)
			serve = func() error { return srv.ServeTLS(secured) }
		}
	}
	done := make(chan struct{})
	go func() { defer close(done); _ = serve() }()
	t.Cleanup(func() {
		ua.TransactionLayer().Close()
		_ = socket.Close()
		<-done
		for _, network := range []string{tcp, tlsNetwork} {
			_ = ua.TransportLayer().Pool(network).Clear()
		}
	})
	return o
}

// leaving is a socket that leaves nothing of sipgo behind (gone.go).
type leaving struct {
	net.PacketConn
	pool *sip.ConnectionPool
	from sources
}

func (l *leaving) ReadFrom(b []byte) (int, net.Addr, error) {
	n, addr, err := l.PacketConn.ReadFrom(b)
	if err != nil {
		l.from.leave(l.pool, l.LocalAddr())
		return n, addr, err
	}
	l.from.note(addr.(*net.UDPAddr).AddrPort())
	return n, addr, nil
}

// remembering keeps the connections that it accepts.
type remembering struct {
	net.Listener
	o *operator
}

func (r *remembering) Accept() (net.Conn, error) {
	conn, err := r.Listener.Accept()
	if err == nil {
		r.o.mu.Lock()
		r.o.conns = append(r.o.conns, conn)
		r.o.mu.Unlock()
	}
	return conn, err
}

// cut breaks all connections.
func (o *operator) cut() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, c := range o.conns {
		_ = c.Close()
	}
	o.conns = nil
}

// set changes the rules.
func (o *operator) set(change func(*rules)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	change(&o.rules)
}

// requests are those of a method that came so far.
func (o *operator) requests(method string) (list []heard) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, h := range o.heard {
		if h.method == method {
			list = append(list, h)
		}
	}
	return list
}

// succeeded counts the requests of a method that got a 200.
func (o *operator) succeeded(method string) (n int) {
	for _, h := range o.requests(method) {
		if h.status == 200 {
			n++
		}
	}
	return n
}

func (o *operator) serve(req *sip.Request, tx sip.ServerTransaction) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.rules.silent {
		return
	}
	res := o.judge(req)
	h := heard{method: req.Method.String(), contact: headerValue(req, "Contact"), authorization: headerValue(req, "Authorization") + headerValue(req, "Proxy-Authorization"), status: res.StatusCode}
	h.expires, _ = strconv.Atoi(headerValue(req, "Expires"))
	o.heard = append(o.heard, h)
	_ = tx.Respond(res)
}

// judge decides by the rules (RFC 3261 §10.3, §22).
func (o *operator) judge(req *sip.Request) *sip.Response {
	r := o.rules
	answer := func(status int, headers ...string) *sip.Response {
		res := sip.NewResponseFromRequest(req, status, reasonPhrase(status), nil)
		for _, h := range headers {
			name, value, _ := strings.Cut(h, ": ")
			res.AppendHeader(sip.NewHeader(name, value))
		}
		return res
	}
	switch {
	case r.status != 0 && r.after != "":
		return answer(r.status, "Retry-After: "+r.after)
	case r.status != 0:
		return answer(r.status)
	case req.Method != sip.REGISTER:
		return answer(200)
	}
	if r.algorithm != "" {
		if ok, stale := o.authorised(req); !ok {
			status, name := 401, "WWW-Authenticate"
			if r.proxy {
				status, name = 407, "Proxy-Authenticate"
			}
			return answer(status, name+": "+o.challenge(stale))
		}
	}
	expires, _ := strconv.Atoi(headerValue(req, "Expires"))
	if asked := time.Duration(expires) * time.Second; asked > 0 && asked < r.least {
		return answer(423, fmt.Sprintf("Min-Expires: %d", int(r.least.Seconds())))
	}
	if r.grant > 0 && expires > 0 {
		expires = int(r.grant.Seconds())
	}
	contact, _, _ := strings.Cut(headerValue(req, "Contact"), ">")
	headers := []string{fmt.Sprintf("Contact: <sip:elsewhere@192.0.2.1>;expires=7200, %s>;expires=%d", contact, expires)}
	if r.next {
		headers = append(headers, fmt.Sprintf(`Authentication-Info: nextnonce="%s", qop=auth`, o.mint()))
	}
	return answer(200, headers...)
}

func (o *operator) mint() string {
	o.minted++
	nonce := fmt.Sprintf("nonce-%d", o.minted)
	o.nonces[nonce] = 0
	return nonce
}

func (o *operator) challenge(stale bool) string {
	c := fmt.Sprintf(`Digest realm="%s", nonce="%s", algorithm=%s, opaque="o"`, operatorRealm, o.mint(), o.rules.algorithm)
	if o.rules.qop != "" {
		c += fmt.Sprintf(`, qop="%s"`, o.rules.qop)
	}
	if stale {
		c += ", stale=true"
	}
	return c
}

var digestFields = regexp.MustCompile(`(\w+)=(?:"([^"]*)"|([^",\s]*))`)

// authorised checks the answer to a challenge (RFC 7616 §3.4). The number of uses of a nonce must grow.
func (o *operator) authorised(req *sip.Request) (ok, stale bool) {
	name := "Authorization"
	if o.rules.proxy {
		name = "Proxy-Authorization"
	}
	f := map[string]string{}
	for _, m := range digestFields.FindAllStringSubmatch(headerValue(req, name), -1) {
		f[m[1]] = m[2] + m[3]
	}
	last, known := o.nonces[f["nonce"]]
	if !known {
		return false, false
	}
	h := func(parts ...string) string {
		text := []byte(strings.Join(parts, ":"))
		switch o.rules.algorithm {
		case "SHA-256":
			sum := sha256.Sum256(text)
			return hex.EncodeToString(sum[:])
		case "SHA-512-256":
			sum := sha512.Sum512_256(text)
			return hex.EncodeToString(sum[:])
		}
		sum := md5.Sum(text)
		return hex.EncodeToString(sum[:])
	}
	ha1, ha2 := h(operatorUser, operatorRealm, o.rules.password), h(req.Method.String(), f["uri"])
	want := h(ha1, f["nonce"], ha2)
	if f["qop"] != "" {
		nc, err := strconv.ParseInt(f["nc"], 16, 32)
		if err != nil || int(nc) <= last {
			return false, false
		}
		o.nonces[f["nonce"]] = int(nc)
		want = h(ha1, f["nonce"], f["nc"], f["cnonce"], f["qop"], ha2)
	} else {
		o.nonces[f["nonce"]]++
	}
	if f["response"] != want || f["username"] != operatorUser || f["uri"] != req.Recipient.String() {
		return false, false
	}
	if o.rules.uses > 0 && o.nonces[f["nonce"]] > o.rules.uses {
		delete(o.nonces, f["nonce"])
		return false, !o.rules.forgets
	}
	return true, false
}

// subscriber is an endpoint with one trunk that registers at operators, in their order.
func subscriber(t testing.TB, network string, change func(*Config), at ...*operator) *Endpoint {
	t.Helper()
	return listen(t, newService(), func(c *Config) {
		trunk := Trunk{Name: "operator", Transport: network, Register: &Registration{User: operatorUser, Domain: operatorRealm, Password: "secret", Expires: 10 * time.Minute}}
		for _, o := range at {
			trunk.Servers = append(trunk.Servers, o.addr.String())
		}
		c.Trunks = []Trunk{trunk}
		if change != nil {
			change(c)
		}
	})
}

// trunkIs waits for a state of the endpoint's first trunk.
func trunkIs(t testing.TB, e *Endpoint, what string, ok func(TrunkState) bool) TrunkState {
	t.Helper()
	var st TrunkState
	for end := time.Now().Add(15 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if st = e.Trunks()[0]; ok(st) {
			return st
		}
	}
	t.Fatalf("never: %s\n%+v", what, st)
	return st
}

func up(s TrunkState) bool { return s.Up }
