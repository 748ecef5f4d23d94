package sip

import (
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"
)

// inviteWith is an INVITE with From, To and further header lines, as the edge would pass it.
func inviteWith(t *testing.T, uri, from, to string, lines ...string) *sip.Request {
	t.Helper()
	raw := "INVITE " + uri + " SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1\r\nFrom: " + from + ";tag=a\r\nTo: " + to +
		"\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\nContact: <sip:a@192.0.2.9>\r\n"
	for _, l := range lines {
		raw += l + "\r\n"
	}
	_, msg, err := inspect([]byte(raw+"\r\n"), peerForTest, false)
	if err != nil {
		t.Fatal(err)
	}
	return msg.(*sip.Request)
}

func TestCallerOf(t *testing.T) {
	const from = `"Maison" <sip:0199001111@192.0.2.9>`
	tests := []struct {
		name    string
		lines   string
		believe bool
		want    string
	}{
		{"From alone", "", true, "+33199001111"},
		{"asserted identity first", "P-Asserted-Identity: <sip:+33639981111@192.0.2.9>", true, "+33639981111"},
		{"asserted by a peer we do not believe", "P-Asserted-Identity: <sip:+33639981111@192.0.2.9>", false, "+33199001111"},
		{"two identities, the number counts", "P-Asserted-Identity: <sip:alice@192.0.2.9>, <tel:+33639981111>", true, "+33639981111"},
		{"identities on two lines", "P-Asserted-Identity: <sip:alice@192.0.2.9>\nP-Asserted-Identity: <tel:+33639981111>", true, "+33639981111"},
		{"asserted over Remote-Party-ID", "Remote-Party-ID: <sip:0639982222@192.0.2.9>\nP-Asserted-Identity: <tel:+33639981111>", true, "+33639981111"},
		{"Remote-Party-ID over From", `Remote-Party-ID: "x" <sip:0639982222@192.0.2.9>;party=calling;screen=yes;privacy=off`, true, "+33639982222"},
		{"Remote-Party-ID of the called", "Remote-Party-ID: <sip:0639982222@192.0.2.9>;party=called", true, "+33199001111"},
		{"Remote-Party-ID with privacy", "Remote-Party-ID: <sip:0639982222@192.0.2.9>;privacy=full", true, "withheld"},
		{"privacy hides the asserted identity", "P-Asserted-Identity: <tel:+33639981111>\nPrivacy: id", true, "withheld"},
		{"privacy among others", "Privacy: header;id;critical", true, "withheld"},
		{"privacy none", "Privacy: none", true, "+33199001111"},
		{"privacy asked of us by a peer we do not believe", "Privacy: user", false, "withheld"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var lines []string
			if tt.lines != "" {
				lines = strings.Split(tt.lines, "\n")
			}
			n := callerOf(inviteWith(t, "sip:0199000001@192.0.2.1", from, "<sip:0199000001@192.0.2.1>", lines...), tt.believe)
			got := n.E164
			if n.Withheld {
				got = "withheld"
			}
			if got != tt.want {
				t.Errorf("caller %s, want %s", got, tt.want)
			}
		})
	}
	t.Run("From withheld, identity given", func(t *testing.T) {
		n := callerOf(inviteWith(t, "sip:a@b", "<sip:anonymous@anonymous.invalid>", "<sip:a@b>"), true)
		if !n.Withheld || n.Kind != Withheld {
			t.Errorf("caller %#v", n)
		}
	})
}

func TestCalledAndDialled(t *testing.T) {
	tests := []struct {
		name, uri, to, lines string
		called, dialled      string
	}{
		{"Request-URI", "sip:0199000001@192.0.2.1", "<sip:0199000002@192.0.2.1>", "", "0199000001", ""},
		{"E.164", "sip:+33199000001@192.0.2.1;user=phone", "<sip:x@y>", "", "+33199000001", ""},
		{"tel", "tel:+33-1-99-00-00-01", "<sip:x@y>", "", "+33199000001", ""},
		{"registered contact, number in To", "sip:acotel@192.0.2.1", "<sip:0199000002@192.0.2.1>", "", "0199000002", ""},
		{"host alone", "sip:192.0.2.1", "<sip:0199000002@192.0.2.1>", "", "0199000002", ""},
		{"no number anywhere", "sip:test@192.0.2.1", "<sip:192.0.2.1>", "", "test", ""},
		{"diverted twice", "sip:0199000001@192.0.2.1", "<sip:x@y>", "Diversion: <sip:0199000003@z>;reason=unconditional, <tel:+33199000004>;reason=user-busy", "0199000001", "+33199000004"},
		{"history", "sip:0199000001@192.0.2.1", "<sip:x@y>", "History-Info: <sip:0199000005@z>;index=1, <sip:0199000001@192.0.2.1>;index=1.1", "0199000001", "0199000005"},
		{"history of one is no diversion", "sip:0199000001@192.0.2.1", "<sip:x@y>", "History-Info: <sip:0199000001@192.0.2.1>;index=1", "0199000001", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var lines []string
			if tt.lines != "" {
				lines = []string{tt.lines}
			}
			req := inviteWith(t, tt.uri, "<sip:a@b>", tt.to, lines...)
			if called, dialled := calledOf(req), dialledOf(req); called != tt.called || dialled != tt.dialled {
				t.Errorf("called %q, dialled %q, want %q and %q", called, dialled, tt.called, tt.dialled)
			}
		})
	}
}
