package sip

import (
	"bufio"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// torments are the messages of RFC 4475 and what becomes of each on the wire: the status of the final answer, 0 for none. Over
// TCP some differ: there the end of a message must be told.
var torments = map[string]struct {
	udp, tcp int
	why      string
}{
	// §3.1.1, valid: they reach the rules of the user agent.
	"wsinv":      {481, 481, "an INVITE within a dialog that is not here"},
	"intmeth":    {405, 405, "a method nobody knows"},
	"esc01":      {480, 480, "a call; the handler of this test refuses it so"},
	"escnull":    {405, 405, "REGISTER: we are no registrar"},
	"esc02":      {405, 405, "RE%47IST%45R is no REGISTER"},
	"lwsdisp":    {200, 200, "OPTIONS"},
	"longreq":    {480, 480, "a call"},
	"dblreq":     {405, 400, "REGISTER; what follows it is ignored in a datagram, and the next message, a broken one, in a stream"},
	"semiuri":    {200, 200, "OPTIONS"},
	"transports": {200, 200, "OPTIONS"},
	"mpart01":    {405, 405, "MESSAGE is not spoken here"},
	"unreason":   {0, 0, "an answer to nothing"},
	"noreason":   {0, 0, "an answer to nothing"},

	// §3.1.2, invalid: refused at the edge.
	"badinv01":   {400, 400, "empty parameters in Via and Contact"},
	"clerr":      {400, 0, "shorter than Content-Length; a stream waits for the rest"},
	"ncl":        {400, 400, "negative Content-Length"},
	"scalar02":   {400, 400, "CSeq, Max-Forwards, Contact, Expires too large"},
	"scalarlg":   {0, 0, "an answer with numbers too large"},
	"quotbal":    {400, 400, "quotes not closed"},
	"ltgtruri":   {400, 400, "brackets around the Request-URI"},
	"lwsruri":    {400, 400, "spaces in the Request-URI"},
	"lwsstart":   {400, 400, "several spaces in the first line"},
	"trws":       {400, 400, "spaces at the end of the first line"},
	"escruri":    {400, 400, "headers in the Request-URI"},
	"baddate":    {480, 480, "a call: Date may be ignored"},
	"regbadct":   {400, 400, "a Contact with ? and no brackets"},
	"badaspec":   {200, 200, "spaces around an address are read as they were meant"},
	"baddn":      {400, 0, "the file ends before its headers do; a stream waits for the rest"},
	"badvers":    {505, 505, "SIP/7.0"},
	"mismatch01": {400, 400, "another method in CSeq"},
	"mismatch02": {400, 400, "another method in CSeq, unknown at that"},
	"bigcode":    {0, 0, "an answer with status 4294967301"},

	// §3.2 to §3.4, for the transaction layer and the user agent.
	"badbranch": {200, 200, "a branch of the magic cookie alone"},
	"insuf":     {400, 400, "no Call-ID, From, To"},
	"unkscm":    {416, 416, "a scheme nobody knows"},
	"novelsc":   {416, 416, "soap.beep"},
	"unksm2":    {405, 405, "REGISTER, whatever its To"},
	"bext01":    {420, 420, "an extension that is required"},
	"invut":     {415, 415, "a body of a type nobody knows"},
	"regaut01":  {405, 405, "REGISTER"},
	"multi01":   {400, 400, "headers twice that may stand once"},
	"mcl01":     {400, 400, "two Content-Lengths"},
	"bcast":     {0, 0, "an answer by way of 255.255.255.255"},
	"zeromf":    {200, 200, "Max-Forwards 0 stops proxies, not us"},
	"cparam01":  {405, 405, "REGISTER"},
	"cparam02":  {405, 405, "REGISTER"},
	"regescrt":  {405, 405, "REGISTER"},
	"sdp01":     {406, 406, "an INVITE that accepts no SDP"},
	"inv2543":   {400, 400, "RFC 2543 without Contact: no call can be held with it"},
	"test":      {0, 0, "no version in the first line: not SIP"},
}

// TestTortureOnTheWire sends each message to a running endpoint, over UDP and TCP, and looks whether it still serves.
func TestTortureOnTheWire(t *testing.T) {
	files, err := filepath.Glob("testdata/rfc4475/*.dat")
	if err != nil || len(files) != len(torments) {
		t.Fatalf("%d files, %d expectations, %v", len(files), len(torments), err)
	}
	for i, f := range files {
		name := strings.TrimSuffix(filepath.Base(f), ".dat")
		want, ok := torments[name]
		raw, err := os.ReadFile(f)
		if err != nil || !ok {
			t.Fatal(name, ok, err)
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// An endpoint for each transport and message: branches come again, and would be retransmissions.
			e := listen(t, refusing(480))
			if got := tortureUDP(t, e, i, raw, want.udp); got != want.udp {
				t.Errorf("UDP: %d, want %d: %s", got, want.udp, want.why)
			}
			eventually(t, "no dialog left", func() bool { return e.Stats().Active == 0 })
			e = listen(t, refusing(480))
			got := tortureTCP(t, e, raw, want.tcp)
			if ok := slices.Contains(got, want.tcp) || want.tcp == 0 && len(got) == 0; !ok {
				t.Errorf("TCP: %d, want %d: %s", got, want.tcp, want.why)
			}
			eventually(t, "no dialog left", func() bool { return e.Stats().Active == 0 })
		})
	}
}

// tortureUDP sends from an address of its own, since answers go to the port that the message's Via names, and asks with OPTIONS
// afterwards. It gives the first final status; where none is wanted, the first before that is answered, and a moment after.
func tortureUDP(t *testing.T, e *Endpoint, n int, raw []byte, want int) int {
	t.Helper()
	pid := os.Getpid() // two runs of this test on one machine do not meet
	from := netip.AddrFrom4([4]byte{127, byte(64 + pid>>8%64), byte(pid), byte(n + 1)})
	answers := make(chan string, 64)
	var first *net.UDPConn
	for _, port := range []int{5060, 5050, 5070} { // all that the messages name
		conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: from.AsSlice(), Port: port})
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if first == nil {
			first = conn
		}
		go func() {
			buf := make([]byte, maxDatagram)
			for {
				n, err := conn.Read(buf)
				if err != nil {
					return
				}
				answers <- string(buf[:n])
			}
		}()
	}
	const probe = "OPTIONS sip:x@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK-probe\r\nFrom: <sip:a@127.0.0.1>;tag=1\r\nTo: <sip:x@127.0.0.1>\r\n" +
		"Call-ID: probe\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
	for _, m := range []string{string(raw), probe} {
		if _, err := first.WriteToUDPAddrPort([]byte(m), e.Addr()); err != nil {
			t.Fatal(err)
		}
	}
	status, alive := 0, false
	for wait := patience; ; {
		select {
		case a := <-answers:
			leaksNothing(t, a)
			switch code := statusOf(t, a); {
			case strings.Contains(a, "\r\nCall-ID: probe\r\n"):
				if alive = code == 200; want == 0 {
					wait = 100 * time.Millisecond
				}
			case code >= 200 && status == 0:
				status = code
			}
			if alive && status != 0 {
				return status
			}
		case <-time.After(wait):
			if !alive {
				t.Fatal("OPTIONS was not answered afterwards")
			}
			return status
		}
	}
}

// tortureTCP gives the final statuses on a connection until the one that is wanted, or until it is closed; where none is wanted, until it
// has been quiet for a while.
func tortureTCP(t *testing.T, e *Endpoint, raw []byte, want int) (statuses []int) {
	t.Helper()
	conn, _ := tcpPhone(t, e)
	if _, err := conn.Write(raw); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(conn)
	wait := patience
	if want == 0 {
		wait = 200 * time.Millisecond
	}
	for want == 0 || !slices.Contains(statuses, want) {
		var message strings.Builder
		for !strings.HasSuffix(message.String(), "\r\n\r\n") {
			_ = conn.SetReadDeadline(time.Now().Add(wait))
			l, err := r.ReadString('\n')
			if err != nil {
				return statuses
			}
			message.WriteString(l)
		}
		leaksNothing(t, message.String())
		if code := statusOf(t, message.String()); code >= 200 {
			statuses = append(statuses, code)
		}
	}
	return statuses
}

func statusOf(t *testing.T, answer string) int {
	t.Helper()
	code, err := strconv.Atoi(strings.Fields(answer + " x x")[1])
	if err != nil || !strings.HasPrefix(answer, "SIP/2.0 ") {
		t.Errorf("no answer: %q", answer)
	}
	return code
}

// leaksNothing: no answer tells what we are.
func leaksNothing(t *testing.T, answer string) {
	t.Helper()
	lower := strings.ToLower(answer)
	for _, word := range []string{"\nserver:", "\nuser-agent:", "sipgo", "acotel", "golang", "\nwarning:"} {
		if strings.Contains(lower, word) {
			t.Errorf("%q is in an answer\n%s", word, answer)
		}
	}
}
