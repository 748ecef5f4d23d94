package personal

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"text/template"

	"go.uber.org/goleak"
	"go.yaml.in/yaml/v3"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// everyWay prints a value in every way that a program may print one by accident.
func everyWay(t *testing.T, v any) map[string]string {
	t.Helper()
	out := map[string]string{"print": fmt.Sprint(v), "error": fmt.Errorf("refused: %v", v).Error(), "joined": errors.Join(fmt.Errorf("%+v", v), fmt.Errorf("%s", v)).Error()}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%o", "%p", "%U", "%e", "%20v", "%-20v", "%.3v", "%.99s", "% x", "%T"} {
		out[verb] = fmt.Sprintf(verb, v)
	}
	for name, h := range map[string]func(*bytes.Buffer) slog.Handler{
		"slog json": func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
		"slog text": func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
	} {
		var b bytes.Buffer
		slog.New(h(&b)).With("kept", v).Info("x", "it", v, slog.Group("g", "it", v), "err", fmt.Errorf("%w: %v", errors.ErrUnsupported, v))
		out[name] = b.String()
	}
	if b, err := json.Marshal(map[string]any{"it": v, "list": []any{v}}); err != nil {
		t.Errorf("JSON: %v", err)
	} else {
		out["json"] = string(b)
	}
	if b, err := yaml.Marshal(map[string]any{"it": v}); err != nil {
		t.Errorf("YAML: %v", err)
	} else {
		out["yaml"] = string(b)
	}
	var tmpl strings.Builder
	if err := template.Must(template.New("").Parse("{{.}} {{printf \"%#v\" .}} {{html .}}")).Execute(&tmpl, v); err != nil {
		t.Errorf("template: %v", err)
	}
	out["template"] = tmpl.String()
	var g bytes.Buffer
	_ = gob.NewEncoder(&g).Encode(v) // an error is as good
	out["gob"] = g.String()
	x, _ := xml.Marshal(v)
	out["xml"] = string(x)
	func() {
		defer func() { out["recovered panic"] = fmt.Sprint(recover()) }()
		panic(v)
	}()
	return out
}

// holder is somebody's struct that keeps what it should not print, where fmt does not call methods.
type holder struct {
	phone Phone
	text  Text
	more  []Phone
	index map[Phone]Text
	at    *Phone
	any   any
}

func TestNothingPrintsInClear(t *testing.T) {
	const number, words = "+33639981234", "oui c'est Jeanne Martin"
	p, w := NewPhone(number), NewText(words)
	h := holder{p, w, []Phone{p}, map[Phone]Text{p: w}, &p, p}
	type exported struct {
		Phone Phone
		Text  Text
		Map   map[string]Phone
	}
	for name, v := range map[string]any{
		"phone": p, "text": w, "pointer": &p, "pointer to text": &w, "list": []any{p, w}, "private fields": h, "pointer to private fields": &h, "key": map[Phone]Text{p: w},
		"exported": exported{p, w, map[string]Phone{"a": p}}, "pointer to exported": &exported{p, w, nil},
	} {
		t.Run(name, func(t *testing.T) {
			if strings.Contains(name, "private") || name == "key" || name == "list" { // JSON and YAML see no private field; YAML wants texts as keys
				v = struct{ V any }{v}
			}
			for way, shown := range everyWay(t, v) {
				for _, secret := range append(Written(number), words, "Jeanne", "1234", fmt.Sprintf("%x", number), fmt.Sprintf("%x", words), fmt.Sprintf("% x", number)) {
					if strings.Contains(shown, secret) && !(secret == "1234" && !strings.Contains(shown, "99"+"8")) {
						t.Errorf("%s shows %q: %s", way, secret, shown)
					}
				}
			}
		})
	}
}

func TestPhoneShowsItsBeginning(t *testing.T) {
	for number, want := range map[string]string{
		"+33639981234": "063998••••", "+262692123456": "069212••••", "+687751234": "75••••", "+4930123456": "+493012••••", "0639981234": "063998••••", "3960": "••••", "": "",
	} {
		p := NewPhone(number)
		if p.String() != want || p.Reveal() != number || p.IsZero() != (number == "") || p != NewPhone(number) {
			t.Errorf("%q: %s, want %s", number, p, want)
		}
	}
	if s := fmt.Sprintf("[%12v][%-12v][%q][%#v]", NewPhone("+33639981234"), NewPhone("+33639981234"), NewPhone("+33639981234"), NewPhone("+33639981234")); s != `[  063998••••][063998••••  ]["063998••••"][personal.Phone(063998••••)]` {
		t.Error(s)
	}
	if s := fmt.Sprint(NewText("oui, élégant")); s != "•••• (12)" {
		t.Error(s)
	}
}

func TestMaskNumber(t *testing.T) {
	for in, want := range map[string]string{
		"0612345678": "061234••••", "06 12 34 56 78": "06 12 34 •• ••", "061234••••": "061234••••", "": "", "123": "•••", "+33612345678": "+3361234••••",
	} {
		if got := MaskNumber(in); got != want {
			t.Errorf("MaskNumber(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestHideNumbers(t *testing.T) {
	for in, want := range map[string]string{
		"invalid receiver +33639981234":          "invalid receiver +3363998••••",
		"to 06 39 98 12 34 refused":              "to 06 39 98 •• •• refused",
		"sip:0639981234@192.0.2.1:5060 gone":     "sip:063998••••@192.0.2.1:5060 gone",
		"GET /send?to=%2B33639981234&x=1":        "GET /send?to=%2B3363998••••&x=1",
		"GET /send?to=06%2039%2098%2012%2034":    "GET /send?to=06%2039%2098%20••%20••",
		"answered 503 after 12 tries, port 5060": "answered 503 after 12 tries, port 5060",
		"84000 Avignon, 13008 Marseille":         "84000 Avignon, 13008 Marseille",
		"nothing":                                "nothing",
		"(06)39981234":                           "(06)3998••••",
		"two: 0639981234, 0639985678":            "two: 063998••••, 063998••••",
	} {
		if got := HideNumbers(in); got != want {
			t.Errorf("HideNumbers(%q)\n got %q\nwant %q", in, got, want)
		}
	}
	for _, form := range Written("+33639981234") {
		if got := HideNumbers("x " + form + " y"); strings.Contains(got, form) && !strings.Contains(form, ",") {
			t.Errorf("%q stays in clear: %q", form, got)
		}
	}
}

func FuzzHideNumbers(f *testing.F) {
	for _, s := range append(Written("+33639981234"), "", "\xff12345678", "%2B", "%2", "1234567", "••••12345678") {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := HideNumbers(s)
		if again := HideNumbers(got); again != got {
			t.Errorf("%q: %q, again %q", s, got, again)
		}
		for _, run := range numberRun.FindAllString(got, -1) {
			if !strings.ContainsRune(run, hidden) {
				t.Errorf("%q: %q shows %q", s, got, run)
			}
		}
	})
}
