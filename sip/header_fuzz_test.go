package sip

import (
	"slices"
	"strings"
	"testing"

	"github.com/acotel/acotel-sbc/personal"
)

// headerSeeds are forms in which operators write addresses.
var headerSeeds = []string{
	`"Mme X" <sip:+33639981234@192.0.2.1;user=phone>;tag=1`, `sip:0639981234@192.0.2.1;user=phone;tag=1`, `<tel:+33-6-39-98-12-34>`, `tel:0639981234;phone-context=+33`,
	`"Anonymous" <sip:anonymous@anonymous.invalid>;tag=x`, `<sip:%2B33639981234@[2001:db8::1]:5060;transport=tcp>`, `Mme X<sip:0033639981234@h>`, `"\"q\" \\" <sips:a;b=c:d@h?x=y>;p="q;r"`,
	`<sip:192.0.2.1>`, `<sip:+33970000000@h>;reason=unconditional;counter=1;privacy=off`, `<sip:1@h?Reason=SIP%3Bcause%3D302>;index=1.1;mp=1`, `*`, `< sip:a@b > ; tag = x`, "<sip:a@b>;;", "",
}

// FuzzAddr: what is read as an address has one canonical form, and that form reads the same.
func FuzzAddr(f *testing.F) {
	for _, s := range headerSeeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		_ = asksAnonymity(s)
		a, err := parseAddr(s)
		if err != nil {
			return
		}
		text := a.canonical().String()
		if strings.ContainsAny(text, "\r\n") {
			t.Fatalf("%q becomes two lines: %q", s, text)
		}
		again, err := parseAddr(text)
		if err != nil {
			t.Fatalf("%q: the canonical form %q is not read: %v", s, text, err)
		}
		if c := again.canonical(); c.uri != a.uri || c.String() != text || !slices.Equal(c.params, again.params) {
			t.Fatalf("%q: %q is read as %q", s, text, c.String())
		}
	})
}

// FuzzNumber: a number never shows its last four digits, and the E.164 form of a subscriber's is understood as itself.
func FuzzNumber(f *testing.F) {
	for _, s := range headerSeeds {
		f.Add(s)
	}
	for _, s := range []string{"0639981234", "+262692123456", "3960", "33 (0)6 39 98 12 34", "0692 12 34 56", "+508551234", "00000000000000000"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n := ParseNumber(s)
		shown := n.String()
		if n.Withheld && (shown != "" || n.Raw.Reveal() != "" || n.Display.Reveal() != "" || n.E164.Reveal() != "") {
			t.Fatalf("%q: withheld, and yet %#v", s, n)
		}
		if n.E164.Reveal() == "" {
			return
		}
		seen, ok := strings.CutSuffix(shown, strings.Repeat("•", personal.HiddenDigits))
		if !ok || !strings.HasSuffix(n.E164.Reveal()[:len(n.E164.Reveal())-personal.HiddenDigits], strings.TrimPrefix(seen, "0")) {
			t.Fatalf("%q: %s shows %q", s, n.E164.Reveal(), shown)
		}
		if n.Kind == Other {
			return // leading zeros of numbers that no country has are read one way and another
		}
		if again := ParseNumber(n.E164.Reveal()); again.E164.Reveal() != n.E164.Reveal() || again.Kind != n.Kind {
			t.Fatalf("%q: %s %s, and that is %s %s", s, n.E164.Reveal(), n.Kind, again.E164.Reveal(), again.Kind)
		}
	})
}

// FuzzVia: answers go by Via; what is read must be written the same.
func FuzzVia(f *testing.F) {
	for _, s := range []string{"SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1;rport", "SIP / 2.0 / TCP  [2001:db8::1] ; received = 192.0.2.1", "SIP/2.0/TLS host.example;maddr=x;ttl=1", "SIP/2.0/UDP 192.0.2.15;;,;,,", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, err := parseVia(s)
		if err != nil {
			return
		}
		if again, err := parseVia(v.String()); err != nil || again.String() != v.String() {
			t.Fatalf("%q: %q is read as %q, %v", s, v.String(), again.String(), err)
		}
		_ = v.replyTo(peerForTest)
	})
}
