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
		{"privacy for the session alone", "Privacy: session", true, "+33199001111"},
		{"privacy on a second line", "Privacy: none\nPrivacy: ID", true, "withheld"},
		{"asserted with a plus in escapes", "P-Asserted-Identity: <sip:%2B33639981111@192.0.2.9;user=phone>", true, "+33639981111"},
		{"asserted with 00", "P-Asserted-Identity: sip:0033639981111@192.0.2.9", true, "+33639981111"},
		{"asserted without plus", "P-Asserted-Identity: <sip:33639981111@192.0.2.9>", true, "+33639981111"},
		{"asserted nationally, sips", `P-Asserted-Identity: "Mme X" <sips:0639981111@192.0.2.9>`, true, "+33639981111"},
		{"asserted with separators", "P-Asserted-Identity: <tel:+33-6-39-98-11-11;ext=1>", true, "+33639981111"},
		{"asserted with number portability", "P-Asserted-Identity: <sip:+33639981111;npdi;rn=+33600000000@192.0.2.9>", true, "+33639981111"},
		{"an account is asserted, From has the number", "P-Asserted-Identity: <sip:trunk42@192.0.2.9>", true, "+33199001111"},
		{"an account is asserted, Remote-Party-ID has the number", "P-Asserted-Identity: <sip:trunk42@192.0.2.9>\nRemote-Party-ID: <sip:0639982222@192.0.2.9>", true, "+33639982222"},
		{"the asserted identity is anonymous", "P-Asserted-Identity: <sip:anonymous@anonymous.invalid>", true, "withheld"},
		{"a preferred identity is no identity", "P-Preferred-Identity: <tel:+33639981111>", true, "+33199001111"},
		{"Remote-Party-ID without its name", `Remote-Party-ID: "x" <sip:0639982222@192.0.2.9>;privacy=name`, true, "+33639982222"},
		{"Remote-Party-ID with the URI hidden", "Remote-Party-ID: <sip:0639982222@192.0.2.9>;privacy=uri", true, "withheld"},
		{"several Remote-Party-IDs", "Remote-Party-ID: <sip:0639982222@192.0.2.9>;party=called, <sip:0639983333@192.0.2.9>;party=calling", true, "+33639983333"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var lines []string
			if tt.lines != "" {
				lines = strings.Split(tt.lines, "\n")
			}
			n := callerOf(inviteWith(t, "sip:0199000001@192.0.2.1", from, "<sip:0199000001@192.0.2.1>", lines...), tt.believe)
			got := n.E164.Reveal()
			if n.Withheld {
				got = "withheld"
			}
			if got != tt.want {
				t.Errorf("caller %s, want %s", got, tt.want)
			}
		})
	}
	for from, want := range map[string]string{
		"<sip:anonymous@anonymous.invalid>":      "withheld",
		"sip:Anonymous@192.0.2.9":                "withheld",
		`"Anonymous" <sip:0199001111@192.0.2.9>`: "withheld",
		"<sip:restricted@192.0.2.9>":             "withheld",
		"<sip:x7f3@anonymous.invalid>":           "withheld",
		"<sip:unavailable@192.0.2.9>":            "+33639981111",
		"<sip:unknown@unknown.invalid>":          "+33639981111",
		"<sip:192.0.2.9>":                        "+33639981111",
		"<tel:+33199001111>":                     "+33639981111",
	} {
		t.Run(from+", an identity asserted", func(t *testing.T) {
			n := callerOf(inviteWith(t, "sip:a@b", from, "<sip:a@b>", "P-Asserted-Identity: <tel:+33639981111>"), true)
			got := n.E164.Reveal()
			if n.Withheld {
				got = "withheld"
				if n != withheld() {
					t.Errorf("a withheld number is kept: %#v, %q", n, n.Raw.Reveal()+n.Display.Reveal())
				}
			}
			if got != want {
				t.Errorf("caller %s, want %s", got, want)
			}
		})
	}
}

func TestCalledAndDialled(t *testing.T) {
	tests := []struct {
		name, uri, to, lines string
		called, dialled      string
		account              string // that the trunk registered
	}{
		{"Request-URI", "sip:0199000001@192.0.2.1", "<sip:0199000002@192.0.2.1>", "", "0199000001", "", ""},
		{"E.164", "sip:+33199000001@192.0.2.1;user=phone", "<sip:x@y>", "", "+33199000001", "", ""},
		{"tel", "tel:+33-1-99-00-00-01", "<sip:x@y>", "", "+33199000001", "", ""},
		{"registered contact, number in To", "sip:acotel@192.0.2.1", "<sip:0199000002@192.0.2.1>", "", "0199000002", "", ""},
		{"host alone", "sip:192.0.2.1", "<sip:0199000002@192.0.2.1>", "", "0199000002", "", ""},
		{"no number anywhere", "sip:test@192.0.2.1", "<sip:192.0.2.1>", "", "test", "", ""},
		{"diverted twice", "sip:0199000001@192.0.2.1", "<sip:x@y>", "Diversion: <sip:0199000003@z>;reason=unconditional, <tel:+33199000004>;reason=user-busy", "0199000001", "+33199000004", ""},
		{"history", "sip:0199000001@192.0.2.1", "<sip:x@y>", "History-Info: <sip:0199000005@z>;index=1, <sip:0199000001@192.0.2.1>;index=1.1", "0199000001", "0199000005", ""},
		{"history of one is no diversion", "sip:0199000001@192.0.2.1", "<sip:x@y>", "History-Info: <sip:0199000001@192.0.2.1>;index=1", "0199000001", "", ""},
		{"history with headers in its URIs", "sip:0199000001@192.0.2.1", "<sip:x@y>", "History-Info: <sip:0199000005@z?Reason=SIP%3Bcause%3D302>;index=1, <sip:0199000001@192.0.2.1>;index=1.1;mp=1", "0199000001", "0199000005", ""},
		{"an account rung for its own number", "sip:0970000000@192.0.2.1:5060", "<sip:+33970000000@operator.example>", "", "+33970000000", "0970000000", "0970000000"},
		{"an account rung for another of its numbers", "sip:0970000000@192.0.2.1:5060", "<sip:0199000099@operator.example;user=phone>", "", "0199000099", "0970000000", "0970000000"},
		{"an account that is a name", "sip:acotel@192.0.2.1:5060", "<tel:+33199000099>", "", "+33199000099", "acotel", "acotel"},
		{"an account, and the number in P-Called-Party-ID", "sip:0970000000@192.0.2.1", "<sip:0199000001@operator.example>", "P-Called-Party-ID: <sip:0199000099@operator.example>", "0199000099", "0970000000", "0970000000"},
		{"an account, and To names nobody", "sip:0970000000@192.0.2.1", "<sip:acotel@operator.example>", "", "0970000000", "", "0970000000"},
		{"a registered trunk that rings the number itself", "sip:0199000099@192.0.2.1", "<sip:0199000001@operator.example>", "", "0199000099", "", "acotel"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var lines []string
			if tt.lines != "" {
				lines = []string{tt.lines}
			}
			req := inviteWith(t, tt.uri, "<sip:a@b>", tt.to, lines...)
			if called, dialled := calledOf(req, tt.account), dialledOf(req, tt.account); called != tt.called || dialled != tt.dialled {
				t.Errorf("called %q, dialled %q, want %q and %q", called, dialled, tt.called, tt.dialled)
			}
		})
	}
}
