package script_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/acotel/acotel-sbc/dialog"
	"github.com/acotel/acotel-sbc/dialog/script"
	"github.com/acotel/acotel-sbc/place"
	"github.com/acotel/acotel-sbc/record"
	"github.com/acotel/acotel-sbc/workshop"
)

var start = time.Date(2026, time.May, 4, 10, 0, 0, 0, workshop.Paris())

// config is a conversation with one workshop, wherever one looks.
func config(t *testing.T) script.Config {
	t.Helper()
	g, err := place.Default()
	if err != nil {
		t.Fatal(err)
	}
	one := workshop.Workshop{
		ID: "w1", Title: "Jeux de mémoire", Theme: "Bien dans sa tête", Module: "Mémoire", Date: workshop.DateOf(start).AddDays(3),
		Start: workshop.NewClock(14, 30), End: workshop.NewClock(16, 0), Venue: "Salle des fêtes", City: "Orange", PostalCode: "84100",
		Price: workshop.Price{Kind: workshop.Free}, Organiser: "Centre social", Phone: "01 99 00 12 01", Status: workshop.Open,
	}
	return script.Config{
		Dialog: dialog.New(dialog.Config{Gazetteer: g, Seed: 1}), Caller: dialog.Caller{Origin: dialog.Mobile}, Start: start,
		Search: func(_ context.Context, _ workshop.Query, s workshop.Settings) (workshop.Result, error) {
			return workshop.Result{RadiusKM: s.RadiiKM[0], Weeks: s.Weeks[0], Workshops: []workshop.Workshop{one}, Themes: []string{one.Theme}}, nil
		},
	}
}

// TestChat: turns in, "> …" out, the end is "> [fin]" (contracts).
func TestChat(t *testing.T) {
	for name, c := range map[string]struct {
		in   string
		want []string // in this order
		last string
	}{
		"keys to the end":              {"#84100#\n#1\n#1\n#2\n#4\n", []string{"> Bonjour", "84100", "Jeux de mémoire", "par SMS", "autre chose", "> [SMS] Votre atelier", "de 1 à 4", "Au revoir"}, "> [fin]"},
		"words":                        {"je cherche un atelier\r\nOrange\r\nau revoir\n3\n", []string{"> À Orange", "de 1 à 4"}, "> [fin]"},
		"an empty line is silence":     {"\n\n\n", []string{"Je suis là", "Êtes-vous", "je vais raccrocher"}, "> [fin]"},
		"the input ends":               {"Orange", []string{"Jeux de mémoire"}, "> [fin]"},
		"nothing typed":                {"", []string{"> Bonjour"}, "> [fin]"},
		"turns after the end are left": {"au revoir\nOrange\n", []string{"Vous pouvez rappeler"}, "> [fin]"},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			if err := script.Chat(context.Background(), strings.NewReader(c.in), &out, config(t)); err != nil {
				t.Fatal(err)
			}
			text := out.String()
			lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
			for _, l := range lines {
				if !strings.HasPrefix(l, "> ") || strings.TrimSpace(l) != l {
					t.Errorf("line %q", l)
				}
			}
			if lines[len(lines)-1] != c.last || strings.Count(text, "[fin]") != 1 {
				t.Errorf("ends with %q", lines[len(lines)-1])
			}
			rest := text
			for _, want := range c.want {
				_, after, ok := strings.Cut(rest, want)
				if !ok {
					t.Fatalf("%q does not come, or too early:\n%s", want, text)
				}
				rest = after
			}
		})
	}
}

// brokenPipe fails after some bytes.
type brokenPipe struct{ left int }

var errPipe = errors.New("pipe closed")

func (b *brokenPipe) Write(p []byte) (int, error) {
	if b.left -= len(p); b.left < 0 {
		return 0, errPipe
	}
	return len(p), nil
}

// TestChatErrors: what cannot be written is an error; a cancelled chat ends.
func TestChatErrors(t *testing.T) {
	for _, room := range []int{0, 150, 400} {
		if err := script.Chat(context.Background(), strings.NewReader("Orange\n"), &brokenPipe{room}, config(t)); !errors.Is(err, errPipe) {
			t.Errorf("%d bytes: %v", room, err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var out bytes.Buffer
	if err := script.Chat(ctx, strings.NewReader("Orange\n"), &out, config(t)); err != nil || strings.Contains(out.String(), "Jeux") {
		t.Errorf("%v\n%s", err, out.String())
	}
}

// TestRun: the dialogue is written as typed, and every expectation is met.
func TestRun(t *testing.T) {
	s, err := script.Parse("good.yaml", []byte("- from: \"06 39 98 12 34\"\n- expect: voix AUTOMATIQUE\n- say: je cherche un atelier à Orange\n  expect: [Jeux de memoire, '/14 h \\d\\d/']\n- silence: true\n- key: \"1\"\n  expect: SMS\n- key: \"1\"\n  expect: [\"[SMS] \"]\n- say: au revoir\n- say: quatre\n  expect: \"[fin]\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	if s.From != "06 39 98 12 34" || len(s.Acts) != 8 {
		t.Fatalf("from %q, %d acts", s.From, len(s.Acts))
	}
	var out bytes.Buffer
	if err := script.Run(context.Background(), s, &out, config(t)); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	for _, want := range []string{"\nje cherche un atelier à Orange\n", "\n#1\n", "\n\n> ", "> [fin]\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in:\n%s", want, out.String())
		}
	}
}

// TestMismatch: the first expectation that fails is named by its line, with what was heard instead.
func TestMismatch(t *testing.T) {
	for name, c := range map[string]struct {
		script string
		line   int
		want   string
	}{
		"text":          {"- say: Orange\n  expect:\n    - Jeux de mémoire\n    - Gym douce\n", 4, "Gym douce"},
		"regex":         {"- say: Orange\n  expect: /gym/\n", 2, "/gym/"},
		"half a word":   {"- say: Orange\n  expect: Jeux de mém\n", 2, "Jeux de mém"},
		"no end":        {"- say: Orange\n  expect: \"[fin]\"\n", 2, "[fin]"},
		"after the end": {"- say: au revoir\n- say: Orange\n", 2, "the call to go on"},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := script.Parse("s.yaml", []byte(c.script))
			if err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			err = script.Run(context.Background(), s, &out, config(t))
			var m *script.Mismatch
			if !errors.As(err, &m) || m.Line != c.line || m.Want != c.want || m.Heard == "" {
				t.Errorf("%v", err)
			}
			if !strings.HasPrefix(err.Error(), fmt.Sprintf("script: s.yaml:%d: ", c.line)) {
				t.Error(err)
			}
		})
	}
}

// TestParseFaults: every fault of a script is named with its line.
func TestParseFaults(t *testing.T) {
	for text, want := range map[string]string{
		"say: Orange":                          "a chat script is a list",
		"- Orange":                             "line 1: an entry is say, key or silence",
		"- say: a\n- tell: b":                  "line 2: unknown key \"tell\"",
		"- say: a\n  key: \"1\"":               "line 1: one entry is one turn",
		"- say: a\n  expect: /(/":              "line 2: error parsing regexp",
		"- say: a\n  expect: {b: c}":           "line 2: expect is a text",
		"- say: a\n- from: \"06 39 98 00 01\"": "line 2: from belongs in the first entry",
		"":                                     "a chat script is a list",
		"- say: [":                             "yaml",
	} {
		if _, err := script.Parse("s.yaml", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, err := script.Load(t.TempDir() + "/none.yaml"); err == nil {
		t.Error("a missing file was read")
	}
}

// TestClock: speech takes its time at 155 words a minute, a change of turn 0.8 s, a silence what was granted (contracts).
func TestClock(t *testing.T) {
	ctx := context.Background()
	s := script.NewSession(config(t))
	r := s.Begin(ctx)
	words := len(strings.Fields(r.Text()))
	if got, want := s.Now().Sub(start), time.Duration(words)*time.Minute/155; got-want > time.Millisecond || want-got > time.Millisecond {
		t.Errorf("%d words took %v, not %v", words, got, want)
	}
	before := s.Now()
	s.Silence(ctx)
	if got := s.Now().Sub(before); got < 8*time.Second {
		t.Errorf("a silence of %v", got)
	}
	before = s.Now()
	s.Key(ctx, "*")
	if got := s.Now().Sub(before); got < 800*time.Millisecond {
		t.Errorf("a turn of %v", got)
	}
}

// TestFacts: facts come as they happen, in order of time; a caller who hangs up leaves no reply.
func TestFacts(t *testing.T) {
	var facts []record.Fact
	c := config(t)
	c.Fact = func(f record.Fact) { facts = append(facts, f) }
	s := script.NewSession(c)
	ctx := context.Background()
	s.Begin(ctx)
	s.Say(ctx, "Orange")
	s.HangUp(ctx)
	if !s.Over() || s.Reason() != "hung_up" {
		t.Errorf("over %v, %s", s.Over(), s.Reason())
	}
	if r := s.Say(ctx, "allô"); !r.Over || len(r.Said) > 0 {
		t.Errorf("%+v", r)
	}
	for i := 1; i < len(facts); i++ {
		if facts[i].At.Before(facts[i-1].At) {
			t.Errorf("fact %d is earlier than the one before", i)
		}
	}
	if len(facts) < 6 {
		t.Errorf("%d facts", len(facts))
	}
}
