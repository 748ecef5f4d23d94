package sip

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
	"go.uber.org/goleak"

	"github.com/acotel/acotel-sbc/media"
)

// Timers of all endpoints in the tests: 64*T1 is 2.6 s, which a busy machine needs now and then.
const (
	testT1 = 40 * time.Millisecond
	testT2 = 80 * time.Millisecond
	testT4 = 80 * time.Millisecond
)

// patience is what a busy machine gets for what takes milliseconds.
const patience = 30 * time.Second

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var loopback = []Trunk{{Name: "loopback", Peers: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}}}

// listen starts an endpoint on loopback for the time of the test.
func listen(t testing.TB, h Handler, change ...func(*Config)) *Endpoint {
	t.Helper()
	cfg := Config{Listen: "127.0.0.1:0", Trunks: loopback, T1: testT1, T2: testT2, T4: testT4}
	for _, f := range change {
		f(&cfg)
	}
	e, err := Listen(context.Background(), cfg, h)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

// line is our end of the sound without any sound: it keeps what it was told.
type line struct {
	mu     sync.Mutex
	agreed []media.Params
	digits string
	fail   error
}

func (l *line) local() LocalMedia {
	return LocalMedia{Addr: netip.MustParseAddrPort("127.0.0.1:20000"), Agreed: l.hear, Digit: l.digit}
}

func (l *line) hear(p media.Params) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.agreed = append(l.agreed, p)
	return l.fail
}

func (l *line) digit(d rune) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.digits += string(d)
}

func (l *line) last() (media.Params, int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.agreed) == 0 {
		return media.Params{}, 0
	}
	return l.agreed[len(l.agreed)-1], len(l.agreed)
}

func (l *line) keys() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.digits
}

// service rings, answers and stays until the call ends; calls hands each call to the test.
type service struct {
	line
	calls chan *Call
	delay atomic.Int64  // ns between ringing and answering
	hold  chan struct{} // nil, or answered only when it is closed
}

func newService() *service { return &service{calls: make(chan *Call, 64)} }

func (s *service) Invite(ctx context.Context, c *Call) {
	s.calls <- c
	_ = c.Ring()
	if d := time.Duration(s.delay.Load()); d > 0 {
		select {
		case <-time.After(d):
		case <-ctx.Done():
		}
	}
	if s.hold != nil {
		select {
		case <-s.hold:
		case <-ctx.Done():
		}
	}
	if c.Answer(ctx, s.local()) != nil {
		return
	}
	<-c.Done()
}

// ringing rings and waits for the end.
func ringing(calls chan<- *Call) Handler {
	return HandlerFunc(func(_ context.Context, c *Call) {
		_ = c.Ring()
		calls <- c
		<-c.Done()
	})
}

// next takes the next of what a channel gives, within a time that no test needs.
func next[T any](t testing.TB, ch <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(patience):
		t.Fatalf("no %s", what)
		panic("unreachable")
	}
}

func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("never: %s", what)
}

var addresses atomic.Uint32

// apart is an address that nobody else on this machine binds to: of 127.0.0.0/8, by process and use, its port not of those that the
// kernel hands out.
func apart() netip.AddrPort {
	pid := os.Getpid()
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, byte(128 + pid>>8%64), byte(pid), byte(addresses.Add(1))}), 5070)
}

// phone is a bare UDP socket that speaks SIP by hand.
type phone struct {
	t      testing.TB
	conn   *net.UDPConn
	to     netip.AddrPort
	callID string
	tag    string
	seq    int
	branch string // of the last INVITE
	remote string // tag of the other side, once known

	seen map[string]bool // messages that came
}

var phones atomic.Int64

func newPhone(t testing.TB, e *Endpoint) *phone { t.Helper(); return newPhoneAt(t, e, "127.0.0.1") }

// newPhoneAt has an address of 127.0.0.0/8 of its own; parallel tests need it.
func newPhoneAt(t testing.TB, e *Endpoint, ip string) *phone {
	t.Helper()
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.ParseIP(ip)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	n := phones.Add(1)
	return &phone{t: t, conn: conn, to: e.Addr(), callID: fmt.Sprintf("call-%d-%d", time.Now().UnixNano(), n), tag: "p" + strconv.FormatInt(n, 10)}
}

func (p *phone) port() int { return p.conn.LocalAddr().(*net.UDPAddr).Port }

const offerText = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 30000 RTP/AVP 8 0 101\r\na=rtpmap:101 telephone-event/8000\r\n"

// message writes a request; headers are whole lines, a body is SDP unless headers give its type.
func (p *phone) message(method, branch string, seq int, body string, headers ...string) string {
	return p.messageFrom(fmt.Sprintf("127.0.0.1:%d", p.port()), method, branch, seq, body, headers...)
}

// messageFrom is message with the address that Via and Contact name.
func (p *phone) messageFrom(at, method, branch string, seq int, body string, headers ...string) string {
	to := "<sip:0199000001@127.0.0.1>"
	if p.remote != "" {
		to += ";tag=" + p.remote
	}
	m := fmt.Sprintf("%s sip:0199000001@%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=%s\r\nFrom: <sip:0639981234@127.0.0.1>;tag=%s\r\nTo: %s\r\n"+
		"Call-ID: %s\r\nCSeq: %d %s\r\nMax-Forwards: 70\r\nContact: <sip:0639981234@%s>\r\n", method, p.to, at, branch, p.tag, to, p.callID, seq, method, at)
	typed := body == ""
	for _, h := range headers {
		typed = typed || strings.HasPrefix(h, "Content-Type")
		m += h + "\r\n"
	}
	if !typed {
		m += "Content-Type: application/sdp\r\n"
	}
	return m + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body)
}

func (p *phone) send(raw string) {
	p.t.Helper()
	if _, err := p.conn.WriteToUDPAddrPort([]byte(raw), p.to); err != nil {
		p.t.Fatal(err)
	}
}

// request sends a numbered request in a new transaction.
func (p *phone) request(method, body string, headers ...string) string {
	p.t.Helper()
	p.seq++
	branch := fmt.Sprintf("z9hG4bK-%s-%d", p.callID, p.seq)
	if method == "INVITE" {
		p.branch = branch
	}
	raw := p.message(method, branch, p.seq, body, headers...)
	p.send(raw)
	return raw
}

// ack acknowledges the last INVITE; of a 200 in a transaction of its own.
func (p *phone) ack(ok bool, body string) {
	p.t.Helper()
	branch := p.branch
	if ok {
		branch += "-ack"
	}
	p.send(p.message("ACK", branch, p.seq, body))
}

func (p *phone) cancel() { p.t.Helper(); p.send(p.message("CANCEL", p.branch, p.seq, "")) }

// receive gives the next message, nil when none comes in time. It may be a copy of one that came before: over UDP everything is sent
// again until it is answered, and on a busy machine the answer is late.
func (p *phone) receive(wait time.Duration) sip.Message {
	m, _ := p.received(wait)
	return m
}

// received also tells whether it is the first of its kind.
func (p *phone) received(wait time.Duration) (m sip.Message, first bool) {
	p.t.Helper()
	buf := make([]byte, 65535)
	_ = p.conn.SetReadDeadline(time.Now().Add(wait))
	n, err := p.conn.Read(buf)
	if err != nil {
		return nil, false
	}
	msg, err := sip.ParseMessage(buf[:n])
	if err != nil {
		p.t.Fatalf("the endpoint sent what sipgo cannot read: %v\n%s", err, buf[:n])
	}
	if p.seen == nil {
		p.seen = map[string]bool{}
	}
	first = !p.seen[string(buf[:n])]
	p.seen[string(buf[:n])] = true
	return msg, first
}

// fresh gives the next message that is no copy, nil when none comes in time.
func (p *phone) fresh() sip.Message {
	p.t.Helper()
	for end := time.Now().Add(patience); ; {
		if m, first := p.received(time.Until(end)); m == nil || first {
			return m
		}
	}
}

// again waits for a copy of a message, past copies of others, and fails at anything new.
func (p *phone) again(m sip.Message) {
	p.t.Helper()
	for {
		got, first := p.received(patience)
		if got == nil || first {
			p.t.Fatalf("came\n%v\nnot once more\n%s", got, m)
		}
		if got.String() == m.String() {
			return
		}
	}
}

// expect waits for an answer with a status, past others, and keeps the tag it brings.
func (p *phone) expect(status int) *sip.Response {
	p.t.Helper()
	for {
		switch m := p.fresh().(type) {
		case nil:
			p.t.Fatalf("no %d came", status)
		case *sip.Response:
			if m.StatusCode != status {
				if m.StatusCode >= 200 && status < 200 || m.StatusCode >= 300 {
					p.t.Fatalf("waiting for %d: %s", status, m.StartLine())
				}
				continue
			}
			if status > 100 && status < 300 && m.CSeq().MethodName == sip.INVITE {
				p.remote = tagOf(m.To())
			}
			return m
		}
	}
}

// expectRequest waits for a request of the endpoint, past answers.
func (p *phone) expectRequest(method sip.RequestMethod) *sip.Request {
	p.t.Helper()
	for {
		switch m := p.fresh().(type) {
		case nil:
			p.t.Fatalf("no %s came", method)
		case *sip.Request:
			if m.Method != method {
				p.t.Fatalf("%s came instead of %s", m.Method, method)
			}
			return m
		}
	}
}

// answer answers a request of the endpoint.
func (p *phone) answer(req *sip.Request, status int, body string) {
	p.t.Helper()
	res := sip.NewResponseFromRequest(req, status, "X", nil)
	if body != "" {
		res.AppendHeader(sip.NewHeader("Content-Type", "application/sdp"))
		res.AppendHeader(sip.NewHeader("Contact", fmt.Sprintf("<sip:x@127.0.0.1:%d>", p.port())))
		res.SetBody([]byte(body))
	}
	p.send(res.String())
}

// silent fails when anything new comes within a while. Copies may still be on their way: they have to cease, so that for longer than
// the longest pause between two of them (T2) nothing comes at all.
func (p *phone) silent(wait time.Duration) {
	p.t.Helper()
	end := time.Now().Add(wait)
	for copies := 0; ; copies++ {
		m, first := p.received(max(time.Until(end), 2*testT2))
		switch {
		case m == nil:
			return
		case first:
			p.t.Fatalf("came\n%s", m)
		case copies > 100:
			p.t.Fatalf("comes again and again\n%s", m)
		}
	}
}

// mute fails when anything comes within a while, copies of what came before included.
func (p *phone) mute(wait time.Duration) {
	p.t.Helper()
	if m := p.receive(wait); m != nil {
		p.t.Fatalf("came\n%s", m)
	}
}

// call places a call up to the ACK.
func (p *phone) call(headers ...string) *sip.Response {
	p.t.Helper()
	p.request("INVITE", offerText, headers...)
	res := p.expect(200)
	p.ack(true, "")
	return res
}

// hangup sends BYE and waits for its answer.
func (p *phone) hangup() {
	p.t.Helper()
	p.request("BYE", "")
	p.expect(200)
}

// refusing turns every call away with a status.
func refusing(status int) Handler {
	return HandlerFunc(func(_ context.Context, c *Call) { _ = c.Reject(status, 0) })
}

// final waits for whatever final answer comes.
func (p *phone) final() *sip.Response {
	p.t.Helper()
	for {
		switch m := p.fresh().(type) {
		case nil:
			p.t.Fatal("no answer came")
		case *sip.Response:
			if m.StatusCode >= 200 {
				return m
			}
		}
	}
}

func ipOf(text string) netip.Addr { return netip.MustParseAddr(text) }
