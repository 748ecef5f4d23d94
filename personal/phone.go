package personal

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"unicode/utf8"
	"unique"

	"github.com/nyaruka/phonenumbers"
)

// Phone is a person's telephone number, as a trunk wrote it or in E.164 form. The zero Phone is a number that is withheld or unknown.
// Phones are equal (==) when they were made of the same text.
//
// The text stands behind a pointer: fmt, which does not call methods of unexported fields, prints an address there, never the number.
type Phone struct{ h unique.Handle[string] }

// NewPhone keeps a number; "" gives the zero Phone.
func NewPhone(number string) Phone {
	if number == "" {
		return Phone{}
	}
	return Phone{unique.Make(number)}
}

// IsZero tells a number that is not there.
func (p Phone) IsZero() bool { return p == Phone{} }

// Reveal gives the number in clear, "" for the zero Phone. What takes it must neither log it nor keep it.
func (p Phone) Reveal() string {
	if p.IsZero() {
		return ""
	}
	return p.h.Value()
}

// String is the number with its last 4 digits hidden: 061234•••• for a French one, +4930123•••• for a foreign one, "" for none.
func (p Phone) String() string {
	number := p.Reveal()
	if !strings.HasPrefix(number, "+") {
		return MaskNumber(number)
	}
	if n, err := phonenumbers.Parse(number, "FR"); err == nil && French(n.GetCountryCode()) {
		national := phonenumbers.GetNationalSignificantNumber(n)
		if len(national) == 9 {
			national = "0" + national
		}
		return MaskNumber(national)
	}
	return MaskNumber(number)
}

// French tells whether a country code belongs to a numbering plan of France: the mainland's, of its departments or collectivities.
func French(code int32) bool {
	switch code {
	case 33, 262, 508, 590, 594, 596, 681, 687, 689:
		return true
	}
	return false
}

// GoString is String, for %#v.
func (p Phone) GoString() string { return "personal.Phone(" + p.String() + ")" }

// Format is String for every verb, also those that would take the value apart (%d, %x, %p); %#v is GoString, %q quotes.
func (p Phone) Format(f fmt.State, verb rune) { format(f, verb, p.String(), p.GoString()) }

// LogValue is String.
func (p Phone) LogValue() slog.Value { return slog.StringValue(p.String()) }

// MarshalText is String: for JSON keys, YAML, XML, flags.
func (p Phone) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// MarshalJSON is String, as a JSON text.
func (p Phone) MarshalJSON() ([]byte, error) { return json.Marshal(p.String()) }

// Text is what a person said or is called: words of consent, the display name of a telephone. It shows how long it is, nothing else.
type Text struct{ h unique.Handle[string] }

// NewText keeps a text; "" gives the zero Text.
func NewText(s string) Text {
	if s == "" {
		return Text{}
	}
	return Text{unique.Make(s)}
}

// IsZero tells an empty text.
func (t Text) IsZero() bool { return t == Text{} }

// Reveal gives the text in clear. What takes it must not log it.
func (t Text) Reveal() string {
	if t.IsZero() {
		return ""
	}
	return t.h.Value()
}

// String tells the length: "•••• (12)", "" for none.
func (t Text) String() string {
	if t.IsZero() {
		return ""
	}
	return fmt.Sprintf("•••• (%d)", utf8.RuneCountInString(t.Reveal()))
}

// GoString is String, for %#v.
func (t Text) GoString() string { return "personal.Text(" + t.String() + ")" }

// Format is String for every verb; %#v is GoString, %q quotes.
func (t Text) Format(f fmt.State, verb rune) { format(f, verb, t.String(), t.GoString()) }

// LogValue is String.
func (t Text) LogValue() slog.Value { return slog.StringValue(t.String()) }

// MarshalText is String.
func (t Text) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// MarshalJSON is String, as a JSON text.
func (t Text) MarshalJSON() ([]byte, error) { return json.Marshal(t.String()) }

func format(f fmt.State, verb rune, shown, goShown string) {
	switch {
	case verb == 'v' && f.Flag('#'):
		shown = goShown
	case verb == 'q':
		shown = fmt.Sprintf("%q", shown)
	}
	if width, ok := f.Width(); ok {
		pad := strings.Repeat(" ", max(0, width-utf8.RuneCountInString(shown)))
		if f.Flag('-') {
			shown += pad
		} else {
			shown = pad + shown
		}
	}
	_, _ = f.Write([]byte(shown)) // fmt keeps what it was given
}
