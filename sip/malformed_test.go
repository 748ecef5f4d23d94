package sip

import (
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"
)

var peerForTest = netip.MustParseAddrPort("192.0.2.9:5070")

// TestTorture reads the messages of RFC 4475. The wanted status is what the edge does with each: 0 lets it pass (the rules
// of the user agent come after), -1 drops it without an answer.
func TestTorture(t *testing.T) {
	want := map[string]int{
		// §3.1.1, valid
		"wsinv": 0, "intmeth": 0, "esc01": 0, "escnull": 0, "esc02": 0, "lwsdisp": 0, "longreq": 0, "dblreq": 0, "semiuri": 0, "transports": 0,
		"mpart01": 0, "unreason": 0, "noreason": 0,
		// §3.1.2, invalid
		"badinv01": 400, "clerr": 400, "ncl": 400, "scalar02": 400, "scalarlg": -1, "quotbal": 400, "ltgtruri": 400, "lwsruri": 400, "lwsstart": 400,
		"trws": 400, "escruri": 400, "baddate": 0 /* Date is ignored, as allowed */, "regbadct": 400, "badaspec": 0 /* read as it was meant */, "baddn": 400, /* the file ends before its headers do */
		"badvers": 505, "mismatch01": 400, "mismatch02": 400, "bigcode": -1,
		// §3.2 to 3.4
		"badbranch": 0, "insuf": 400, "unkscm": 416, "novelsc": 416, "unksm2": 0, "bext01": 0, "invut": 0, "regaut01": 0, "multi01": 400, "mcl01": 400,
		"bcast": 0 /* no transaction of ours matches it */, "zeromf": 0, "cparam01": 0, "cparam02": 0, "regescrt": 0, "sdp01": 0,
		"inv2543": 400, /* compatibility with RFC 2543 stops at requests without tag and branch */
		"test":    -1,
	}
	files, err := filepath.Glob("testdata/rfc4475/*.dat")
	if err != nil || len(files) != len(want) {
		t.Fatalf("%d files, %d expectations, %v", len(files), len(want), err)
	}
	for _, f := range files {
		name := strings.TrimSuffix(filepath.Base(f), ".dat")
		t.Run(name, func(t *testing.T) {
			raw, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			status, ok := want[name]
			if !ok {
				t.Fatal("no expectation")
			}
			clean, _, err := inspect(raw, peerForTest, false)
			if got := verdict(err); got != status {
				t.Fatalf("verdict %d (%v), want %d\n%s", got, err, status, clean)
			}
			if err == nil {
				checkCanonical(t, clean)
			}
		})
	}
}

// verdict is 0 for a message that passes, the status of its answer, or -1 for silence.
func verdict(err error) int {
	var r *refusal
	switch {
	case err == nil:
		return 0
	case errors.As(err, &r) && r.reply != nil:
		return r.status
	}
	return -1
}

// checkCanonical: the canonical form is a message, and the canonical form of itself.
func checkCanonical(t *testing.T, clean []byte) {
	t.Helper()
	if _, err := sip.ParseMessage(clean); err != nil {
		t.Errorf("sipgo does not read the canonical form: %v\n%s", err, clean)
	}
	again, _, err := inspect(clean, peerForTest, true)
	if err != nil || string(again) != string(clean) {
		t.Errorf("the canonical form changes: %v\n%s\n%s", err, clean, again)
	}
}

func TestCanonicalForm(t *testing.T) {
	raw := "\r\nINVITE sip:0199000001@192.0.2.1 SIP/2.0\r\n" +
		"v: SIP / 2.0 / UDP  10.0.0.1 : 5062 ; branch = z9hG4bKa ;rport;received=6.6.6.6, SIP/2.0/TCP proxy.example.com;branch=z9hG4bKb\r\n" +
		"f: Mme\t X < sip:0639981234@10.0.0.1 > ; tag = x;p=\"q;r\"\r\n" +
		"t: sip:0199000001@192.0.2.1;user=phone\r\ni: abc\r\nCSEQ: 7\r\n  INVITE\r\nm: <sip:a@10.0.0.1>, <sip:b@10.0.0.2>\r\n" +
		"record-route: <sip:p1;lr>,<sip:p2;lr>\r\nk: timer\r\nX-Odd:  a\r\n b \r\nrefer-to: x\r\nc: application/sdp\r\nl: 3\r\n\r\nv=0rest"
	want := "INVITE sip:0199000001@192.0.2.1 SIP/2.0\r\n" +
		"Via: SIP/2.0/UDP 10.0.0.1:5062;branch=z9hG4bKa;rport;received=192.0.2.9\r\nVia: SIP/2.0/TCP proxy.example.com;branch=z9hG4bKb\r\n" +
		"From: \"Mme X\" <sip:0639981234@10.0.0.1>;tag=x\r\nTo: <sip:0199000001@192.0.2.1>;user=phone\r\nCall-ID: abc\r\nCSeq: 7 INVITE\r\n" +
		"Contact: <sip:a@10.0.0.1>\r\nRecord-Route: <sip:p1;lr>\r\nRecord-Route: <sip:p2;lr>\r\nSupported: timer\r\nX-Odd: a b\r\n" +
		"Content-Type: application/sdp\r\nContent-Length: 3\r\n\r\nv=0"
	clean, _, err := inspect([]byte(raw), peerForTest, false)
	if err != nil || string(clean) != want {
		t.Errorf("%v\n%s\nwant\n%s", err, clean, want)
	}
	checkCanonical(t, clean)
}

func TestMalformed(t *testing.T) {
	const good = "OPTIONS sip:a@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9:5070;branch=z9hG4bK1;rport\r\nFrom: <sip:b@192.0.2.9>;tag=1\r\nTo: <sip:a@192.0.2.1>\r\n" +
		"Call-ID: c\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
	tests := []struct {
		name, old, new string
		stream         bool
		want           int
		reason         string
	}{
		{"good", "", "", false, 0, ""},
		{"good over a stream", "", "", true, 0, ""},
		{"not SIP", good, "GET / HTTP/1.1\r\n\r\n", false, -1, ""},
		{"nothing", good, "hello", false, -1, ""},
		{"later version", "SIP/2.0\r\n", "SIP/3.0\r\n", false, 505, "Version Not Supported"},
		{"unknown scheme", "sip:a@192.0.2.1 ", "mailto:a@192.0.2.1 ", false, 416, "Unsupported URI Scheme"},
		{"no Call-ID", "Call-ID: c\r\n", "", false, 400, "Missing Call-ID"},
		{"no CSeq", "CSeq: 1 OPTIONS\r\n", "", false, 400, "Missing CSeq"},
		{"no To", "To: <sip:a@192.0.2.1>\r\n", "", false, 400, "Missing To"},
		{"no Via: nobody to answer", "Via: SIP/2.0/UDP 192.0.2.9:5070;branch=z9hG4bK1;rport\r\n", "", false, -1, ""},
		{"two From", "To:", "From: <sip:b@192.0.2.9>;tag=2\r\nTo:", false, 400, "Multiple From"},
		{"CSeq too large", "1 OPTIONS", "2147483648 OPTIONS", false, 400, "Malformed CSeq"},
		{"CSeq negative", "1 OPTIONS", "-1 OPTIONS", false, 400, "Malformed CSeq"},
		{"CSeq of another method", "1 OPTIONS", "1 INVITE", false, 400, "CSeq Method Differs"},
		{"hops", "Forwards: 70", "Forwards: 256", false, 400, "Malformed Max-Forwards"},
		{"hops in words", "Forwards: 70", "Forwards: many", false, 400, "Malformed Max-Forwards"},
		{"From without brackets closed", "<sip:b@192.0.2.9>", "<sip:b@192.0.2.9", false, 400, "Malformed From"},
		{"From without quote closed", "<sip:b@192.0.2.9>", `"x <sip:b@192.0.2.9>`, false, 400, "Malformed From"},
		{"host with a space", "sip:a@192.0.2.1 SIP", "sip:a@192.0. 2.1 SIP", false, 400, "Malformed Request-Line"},
		{"port out of range", "sip:a@192.0.2.1 SIP", "sip:a@192.0.2.1:70000 SIP", false, 400, "Malformed Request-URI"},
		{"bad IPv6", "sip:a@192.0.2.1 SIP", "sip:a@[::1 SIP", false, 400, "Malformed Request-URI"},
		{"Via of another protocol", "SIP/2.0/UDP 192", "HTTP/2.0/UDP 192", false, 400, "Malformed Via"},
		{"Via without host", "192.0.2.9:5070;", ";", false, 400, "Malformed Via"},
		{"header without colon", "Max-Forwards: 70", "Max-Forwards", false, 400, "Malformed Header Line"},
		{"control character", "Max-Forwards: 70", "X-A: a\x01b", false, 400, "Control Character In X-A"},
		{"stray line end", "Max-Forwards: 70", "X-A: a\nInjected: b", false, 400, "Control Character In X-A"},
		{"body shorter than said", "Content-Length: 0", "Content-Type: a/b\r\nContent-Length: 5", false, 400, "Message Body Shorter Than Content-Length"},
		{"length in words", "Content-Length: 0", "Content-Length: x", false, 400, "Malformed Content-Length"},
		{"two lengths", "Content-Length: 0", "Content-Length: 0\r\nl: 0", false, 400, "Multiple Content-Length"},
		{"stream without length", "Content-Length: 0\r\n", "", true, 400, "Missing Content-Length"},
		{"datagram without length", "Content-Length: 0\r\n", "", false, 0, ""},
		{"body without type", "Content-Length: 0\r\n\r\n", "Content-Length: 1\r\n\r\nx", false, 400, "Missing Content-Type"},
		{"type without subtype", "Content-Length: 0\r\n", "Content-Type: sdp\r\nContent-Length: 0\r\n", false, 400, "Malformed Content-Type"},
		{"headers not ended", "\r\nContent-Length: 0\r\n\r\n", "", false, 400, "Headers Not Ended"},
		{"route that is no URI", "Max-Forwards: 70", "Route: <proxy>", false, 400, "Malformed Route"},
		{"contact star outside of REGISTER", "Max-Forwards: 70", "Contact: *", false, 400, "Malformed Contact"},
		{"too many headers", "Max-Forwards: 70", strings.Repeat("X: y\r\n", 400) + "X: y", false, 513, "Too Many Headers"},
		{"ACK is never answered", "OPTIONS", "ACK", false, 0, ""},
		{"broken ACK is never answered", "Max-Forwards: 70", "x", false, 400, "Malformed Header Line"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			raw := strings.ReplaceAll(good, tt.old, tt.new)
			if tt.old == "" {
				raw = good
			}
			clean, _, err := inspect([]byte(raw), peerForTest, tt.stream)
			if got := verdict(err); got != tt.want {
				t.Fatalf("verdict %d (%v), want %d", got, err, tt.want)
			}
			var r *refusal
			if errors.As(err, &r) && r.reply != nil {
				if r.reason != tt.reason || r.to != peerForTest {
					t.Errorf("%q to %s, want %q", r.reason, r.to, tt.reason)
				}
				checkReply(t, r)
			} else if err == nil {
				checkCanonical(t, clean)
			}
		})
	}
	t.Run("broken ACK", func(t *testing.T) {
		raw := strings.ReplaceAll(strings.ReplaceAll(good, "OPTIONS", "ACK"), "Max-Forwards: 70", "x")
		if _, _, err := inspect([]byte(raw), peerForTest, false); verdict(err) != -1 {
			t.Errorf("answered: %v", err)
		}
	})
	t.Run("broken answer", func(t *testing.T) {
		raw := strings.Replace(good, "OPTIONS sip:a@192.0.2.1 SIP/2.0", "SIP/2.0 200 OK", 1)
		if _, _, err := inspect([]byte(strings.Replace(raw, "Call-ID: c\r\n", "", 1)), peerForTest, false); verdict(err) != -1 {
			t.Errorf("answered: %v", err)
		}
	})
}

// checkReply: what we answer is a message, goes back the way it came and has a tag.
func checkReply(t *testing.T, r *refusal) {
	t.Helper()
	msg, err := sip.ParseMessage(r.reply)
	if err != nil {
		return // it repeats what was broken
	}
	res := msg.(*sip.Response)
	if res.StatusCode != r.status || res.Via() == nil {
		t.Errorf("answer\n%s", r.reply)
	}
	if res.To() != nil && tagOf(res.To()) == "" {
		t.Errorf("answer without tag\n%s", r.reply)
	}
}

func FuzzInspect(f *testing.F) {
	files, _ := filepath.Glob("testdata/rfc4475/*.dat")
	for _, name := range files {
		raw, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw, false)
		f.Add(raw, true)
	}
	f.Fuzz(func(t *testing.T, raw []byte, stream bool) {
		clean, msg, err := inspect(raw, peerForTest, stream)
		if err != nil {
			return
		}
		checkCanonical(t, clean)
		if req, ok := msg.(*sip.Request); ok {
			// What the user agent does with any request it is given must hold for all that pass.
			_ = callerOf(req, true).String()
			_, _ = calledOf(req, "0970000000"), dialledOf(req, "0970000000")
			_, _ = branchKey(req), keyOf(req)
			if body, err := sdpBody(req); err == nil && body != nil {
				_, _ = readDescription(body)
			}
			d := dialogOf(req, peerForTest, peerForTest)
			_ = d.request(sip.BYE).String()
			_ = d.next(func(netip.Addr) bool { return true })
			_ = sip.NewResponseFromRequest(req, 200, "OK", nil).String()
		}
	})
}
