package nlu

import (
	"strings"
	"testing"
)

// TestTemplates: the small language of the rule files.
func TestTemplates(t *testing.T) {
	for _, c := range []struct {
		template, line string
		want           bool
	}{
		{"je cherche", "je cherche un atelier", true},
		{"je cherche", "que je cherchais", false},
		{"(plus|moins) vite", "parlez moins vite", true},
		{"je [ne] sais pas", "je sais pas", true},
		{"je [ne] sais pas", "je ne sais pas", true},
		{"dans ... maison", "dans ma grande maison", true},
		{"dans ... maison", "dans la tres grande et vieille maison", false},
		{"^ oui", "oui merci", true},
		{"^ oui", "ah oui", false},
		{"^oui$", "oui", true},
		{"s'il vous plaît", "oui s il vous plait", true},
		{"(a (b|c)|d) e", "x a c e", true},
		{"un", "commun", false},
	} {
		tpl, err := compile(c.template)
		if err != nil {
			t.Fatalf("%s: %v", c.template, err)
		}
		if _, _, ok := newSentence(c.line).match(tpl); ok != c.want {
			t.Errorf("%q in %q: %v", c.template, c.line, ok)
		}
	}
	for _, broken := range []string{"", "(a", "a)", "(a]", "[a|b"} {
		if _, err := compile(broken); err == nil {
			t.Errorf("template %q was taken", broken)
		}
	}
}

// TestRuleFaults: a fault in a rule file names the file and what is wrong.
func TestRuleFaults(t *testing.T) {
	for name, c := range map[string]struct{ intents, entities, want string }{
		"bracket":     {"intents:\n  yes:\n    whole: [\"(oui\"]", "", "line 2: intent yes"},
		"unknown key": {"intentions: {}", "", "intents.yaml: yaml"},
		"entity":      {"intents: {}", "themes:\n  - {value: A, words: [\"b)\"]}", "entities.yaml: value A"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := readRules([]byte(c.intents), []byte(c.entities))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("want %q, got %v", c.want, err)
			}
		})
	}
}
