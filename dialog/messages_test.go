package dialog

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// TestFixed: all texts without variables, and only these.
func TestFixed(t *testing.T) {
	m, err := DefaultMessages()
	if err != nil {
		t.Fatal(err)
	}
	fixed := m.Fixed()
	if !slices.IsSorted(fixed) || len(slices.Compact(slices.Clone(fixed))) != len(fixed) {
		t.Error("not sorted, or twice the same")
	}
	for _, key := range m.Keys() {
		for _, text := range m.Variants(key) {
			if _, ok := slices.BinarySearch(fixed, text); ok == strings.Contains(text, "{") {
				t.Errorf("%s: %q", key, text)
			}
		}
	}
	for _, key := range []string{"call.suspended", "call.waiting", "call.full", "call.too_long", "call.searching", "incident.sorry", "welcome.notice"} {
		if v := m.Variants(key); len(v) == 0 || !slices.Contains(fixed, v[0]) {
			t.Errorf("%s must be a fixed text: it is said when the rest is broken", key)
		}
	}
}

// maxSentence is how many words a sentence may have: what an old person keeps in mind on the telephone. The notice and the numbers given
// in an emergency included.
const maxSentence = 17

// TestStyle: every message is short sentences in clean French, begins with a capital and ends as a sentence does.
func TestStyle(t *testing.T) {
	m, err := DefaultMessages()
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range m.Keys() {
		for _, text := range m.Variants(key) {
			for _, fault := range faults(text) {
				t.Errorf("%s: %s: %q", key, fault, text)
			}
		}
	}
}

var (
	tightSign = regexp.MustCompile(`\S[?!:;]`)
	variable  = regexp.MustCompile(`\{[a-z_]+\}`)
	ends      = regexp.MustCompile(`[.?!]\s+`)
)

func faults(text string) (out []string) {
	last := text[len(text)-1]
	if !strings.HasSuffix(text, "}") && last != '.' && last != '?' {
		out = append(out, "does not end as a sentence")
	}
	if first := []rune(text)[0]; !unicode.IsUpper(first) && !unicode.IsDigit(first) && first != '{' {
		out = append(out, "does not begin with a capital")
	}
	if tightSign.MatchString(text) {
		out = append(out, "no space before ? or :")
	}
	if strings.ContainsAny(variable.ReplaceAllString(text, ""), "!;()/\"_*") || strings.Contains(text, "  ") {
		out = append(out, "a sign that cannot be heard")
	}
	for _, s := range ends.Split(text, -1) {
		words := 0
		for _, w := range strings.Fields(s) {
			if strings.ContainsFunc(w, unicode.IsLetter) || strings.ContainsFunc(w, unicode.IsDigit) {
				words++
			}
		}
		if words > maxSentence {
			out = append(out, "a sentence too long")
		}
	}
	return out
}

// TestOwnersMessages: an owner's file replaces what it holds; every fault is named with its line, all at once.
func TestOwnersMessages(t *testing.T) {
	file := filepath.Join(t.TempDir(), "messages.yaml")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("messages:\n  welcome.notice: \"Bonjour. Ici une voix automatique.\"\n  nothing.region.sud-est: \"Appelez votre caisse.\"\n")
	m, err := LoadMessages(file)
	if err != nil {
		t.Fatal(err)
	}
	if v := m.Variants("welcome.notice"); len(v) != 1 || v[0] != "Bonjour. Ici une voix automatique." {
		t.Errorf("%q", v)
	}
	if base, _ := DefaultMessages(); len(base.Variants("nothing.region.sud-est")) != 0 {
		t.Error("the embedded messages were changed")
	}
	write("messages:\n  welcome.notise: \"a\"\n  find.town: \"À {ville}.\"\n  place.ask: []\n  theme.any: \"Bien {\"\n")
	_, err = LoadMessages(file)
	if err == nil {
		t.Fatal("taken")
	}
	for _, want := range []string{
		":2: unknown message \"welcome.notise\"; did you mean \"welcome.notice\"", ":3: unknown variable {ville}", ":4: message place.ask has no text",
		":5: a { without its }",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in:\n%v", want, err)
		}
	}
	if _, err := LoadMessages(filepath.Join(t.TempDir(), "none.yaml")); err == nil {
		t.Error("a missing file was taken")
	}
}

// TestKeysInCode: every key that the code says is a message, and every message is named in the code.
func TestKeysInCode(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	said := regexp.MustCompile(`(?:\.(?:say|ask|aside|remark|askPlace|end|giveUp|repeat)\()"([a-z_.0-9]+)"[,)]`)
	literal := regexp.MustCompile(`"([a-z_]+(?:\.[a-z_0-9]+)*\.?)(?:%d)?"`)
	var named []string
	for _, f := range files {
		if strings.HasSuffix(f, "_test.go") || f == "message_keys.go" {
			continue
		}
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, hit := range said.FindAllStringSubmatch(string(data), -1) {
			if _, ok := specOf(hit[1]); !ok {
				t.Errorf("%s says %q, which is no message", f, hit[1])
			}
		}
		for _, hit := range literal.FindAllStringSubmatch(string(data), -1) {
			named = append(named, hit[1])
		}
	}
	for key := range specs {
		key := strings.TrimSuffix(key, spokenForm)
		used := strings.HasPrefix(key, "call.") // said by the call, outside a conversation
		for _, n := range named {
			used = used || key == n || strings.HasSuffix(n, ".") && strings.HasPrefix(key, n) || strings.HasPrefix(key, n+".again.") ||
				strings.HasPrefix(n, "repair.") && strings.HasPrefix(key, n+".") || key == n+"_town"
		}
		if !used {
			t.Errorf("message %s is never said", key)
		}
	}
}
