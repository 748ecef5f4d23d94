package sip

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestParseNumber(t *testing.T) {
	tests := []struct {
		name, raw, e164 string
		kind            NumberKind
		masked          string
	}{
		{"SIP URI", "sip:+33612345678@192.0.2.1;user=phone", "+33612345678", Mobile, "061234••••"},
		{"SIP URI with port and user parameter", "sip:+33612345678;npdi=yes@192.0.2.1:5060", "+33612345678", Mobile, "061234••••"},
		{"name-addr", `"Mme X" <sip:0612345678@192.0.2.1>;tag=1`, "+33612345678", Mobile, "061234••••"},
		{"tel URI", "tel:+33-6-12-34-56-78", "+33612345678", Mobile, "061234••••"},
		{"tel URI with context", "tel:0612345678;phone-context=+33", "+33612345678", Mobile, "061234••••"},
		{"national", "0612345678", "+33612345678", Mobile, "061234••••"},
		{"plus lost", "33612345678", "+33612345678", Mobile, "061234••••"},
		{"international prefix", "0033612345678", "+33612345678", Mobile, "061234••••"},
		{"zero lost", "612345678", "+33612345678", Mobile, "061234••••"},
		{"zero kept after the country code", "+330612345678", "+33612345678", Mobile, "061234••••"},
		{"zero in brackets", "+33 (0)6 12 34 56 78", "+33612345678", Mobile, "061234••••"},
		{"escaped plus", "sip:%2B33612345678@192.0.2.1", "+33612345678", Mobile, "061234••••"},
		{"separators", "06.12.34.56.78", "+33612345678", Mobile, "061234••••"},
		{"mobile in 07", "0766123456", "+33766123456", Mobile, "076612••••"},
		{"mobile for fiction", "0639981234", "+33639981234", Mobile, "063998••••"},
		{"landline for fiction", "0199001234", "+33199001234", Landline, "019900••••"},
		{"box", "0971103960", "+33971103960", Landline, "097110••••"},
		{"Réunion mobile, national form", "0692123456", "+262692123456", Mobile, "069212••••"},
		{"Réunion mobile, international", "+262692123456", "+262692123456", Mobile, "069212••••"},
		{"Réunion mobile behind +33", "+33692123456", "+262692123456", Mobile, "069212••••"},
		{"Mayotte mobile", "0639041234", "+262639041234", Mobile, "063904••••"},
		{"Mayotte landline", "0269612345", "+262269612345", Landline, "026961••••"},
		{"Guadeloupe mobile", "0690123456", "+590690123456", Mobile, "069012••••"},
		{"Guadeloupe landline", "0590123456", "+590590123456", Landline, "059012••••"},
		{"Guyane mobile", "0694123456", "+594694123456", Mobile, "069412••••"},
		{"Martinique mobile, plus lost", "596696123456", "+596696123456", Mobile, "069612••••"},
		{"Saint-Pierre mobile", "+508551234", "+508551234", Mobile, "55••••"},
		{"New Caledonia mobile", "+687751234", "+687751234", Mobile, "75••••"},
		{"Polynesia mobile", "+68987123456", "+68987123456", Mobile, "8712••••"},
		{"foreign mobile", "+4915112345678", "+4915112345678", Other, "+491511234••••"},
		{"foreign, international prefix", "004915112345678", "+4915112345678", Other, "+491511234••••"},
		{"service number", "0800123456", "+33800123456", Other, "080012••••"},
		{"machine", "+33700123456", "+33700123456", Other, "070012••••"},
		{"short", "3960", "", Other, "••••"},
		{"emergency", "15", "", Other, "••"},
		{"name", "sip:alice@192.0.2.1", "", Other, "a••••"},
		{"too long", "sip:" + strings.Repeat("1", 200) + "@192.0.2.1", "", Other, strings.Repeat("1", 60) + "••••"},
		{"anonymous", `"Anonymous" <sip:anonymous@anonymous.invalid>`, "", Withheld, ""},
		{"anonymous, capital", "sip:Anonymous@192.0.2.1", "", Withheld, ""},
		{"restricted", "sip:restricted@192.0.2.1", "", Withheld, ""},
		{"host alone", "sip:192.0.2.1", "", Withheld, ""},
		{"nothing", "", "", Withheld, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n := ParseNumber(tt.raw)
			if n.E164.Reveal() != tt.e164 || n.Kind != tt.kind || n.String() != tt.masked || n.Withheld != (tt.kind == Withheld) {
				t.Errorf("ParseNumber(%q) = %s %s %s, want %s %s %s", tt.raw, n.E164.Reveal(), n.Kind, n, tt.e164, tt.kind, tt.masked)
			}
		})
	}
}

func TestNumberNeverPrintsItself(t *testing.T) {
	n := ParseNumber(`"Mme X" <sip:+33612345678@192.0.2.1>`)
	body, err := json.Marshal(n)
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"number":"061234••••","kind":"mobile"}`; string(body) != want {
		t.Errorf("JSON %s, want %s", body, want)
	}
	for _, s := range []string{string(body), fmt.Sprint(n), fmt.Sprintf("%v %+v %#v %s %q", n, n, n, n, n), n.LogValue().String(), fmt.Sprintf("%+v", struct{ N Number }{n})} {
		if strings.Contains(s, "5678") || strings.Contains(s, "Mme") {
			t.Errorf("%s shows personal data", s)
		}
	}
}

func TestNumberKindText(t *testing.T) {
	for k, want := range map[NumberKind]string{Mobile: "mobile", Landline: "fixe", Other: "autre", Withheld: "masque"} {
		text, err := k.MarshalText()
		var back NumberKind
		if err != nil || string(text) != want || back.UnmarshalText(text) != nil || back != k {
			t.Errorf("%d: %s, %v", k, text, err)
		}
	}
	if new(NumberKind).UnmarshalText([]byte("mobil")) == nil {
		t.Error("an unknown word was taken")
	}
}

func FuzzParseNumber(f *testing.F) {
	for _, s := range []string{"sip:+33612345678@192.0.2.1;user=phone", `"a\"b" <tel:+33-6>;x`, "0692123456", "sip:%2B33@", "<", `"`, "sip:@", "anonymous", "+", "00", "<sip:a@b", "\xff\xfe06"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n := ParseNumber(s)
		if n.Withheld != (n.Kind == Withheld) {
			t.Errorf("%q: withheld %v, kind %s", s, n.Withheld, n.Kind)
		}
		shown := n.String()
		if !utf8.ValidString(shown) {
			t.Errorf("%q shows invalid text %q", s, shown)
		}
		if n.E164.Reveal() != "" && (strings.Contains(shown, n.E164.Reveal()[len(n.E164.Reveal())-4:]) && strings.HasSuffix(shown, n.E164.Reveal()[len(n.E164.Reveal())-4:])) {
			t.Errorf("%q shows its last digits: %s", s, shown)
		}
	})
}
