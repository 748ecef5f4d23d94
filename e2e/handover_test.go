package e2e

import (
	"archive/zip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/acotel/acotel-sbc/store/storetest"
)

// Everything is handed over in one file, and an instance made of it tells and does the same, on SQLite and PostgreSQL (G7).
func TestHandover(t *testing.T) {
	long(t)
	t.Parallel()
	s := serve(t, t.TempDir(), "--set", "check.seconds=0")
	run := func(data string, args ...string) string {
		t.Helper()
		out, errOut, code := program(t, "", append(args, "--data", data)...)
		if code != 0 {
			t.Fatalf("%v: status %d\n%s", args, code, errOut)
		}
		return out
	}
	s.call(completeCall()[:4]...)
	run(s.data, "messages", "set", "welcome.notice", "Bonjour, ici la version nouvelle.", "--author", "claire")
	run(s.data, "lines", "suspend", "0970000000", "--message", "Nous fermons pour inventaire.", "--author", "claire")
	eventually(t, 10*time.Second, func() string {
		if list := traces(t, s.data); len(list) != 1 || !list[0].has("requete") {
			return "the call is not recorded"
		}
		return ""
	})
	file := filepath.Join(t.TempDir(), "remise.zip")
	run(s.data, "export", "-o", file) // while it serves
	s.stop()
	told := [][]string{
		{"traces"}, {"stats", "--json", "--by", "day", "--group", "region"}, {"messages", "list"}, {"messages", "history", "--json"}, {"lines", "list", "--json"},
		{"verbatims"}, {"workshops", "export"}, {"privacy", "access", "0639980001"},
	}
	for name, set := range map[string][]string{"SQLite": nil, "PostgreSQL": {"--set", "data.database=" + storetest.Schema(t)}} {
		t.Run(name, func(t *testing.T) {
			fresh := t.TempDir()
			run(fresh, append([]string{"import", file}, set...)...)
			for _, args := range told {
				if want, got := run(s.data, args...), run(fresh, append(args, set...)...); got != want || want == "" {
					t.Errorf("%v:\n%s\nwas\n%s", args, got, want)
				}
			}
			run(fresh, append([]string{"privacy", "audit", "verify"}, set...)...)
			next := serve(t, fresh, append([]string{"--set", "check.seconds=0"}, set...)...)
			_, _ = next.tryCall("--max", "8s")
			if !strings.Contains(next.outText(), "fermons pour inventaire") {
				t.Errorf("the new instance says\n%s", next.outText())
			}
			next.stop()
			if _, errOut, code := program(t, "", append([]string{"import", file, "--data", fresh}, set...)...); code != 1 || !strings.Contains(errOut, "fresh") {
				t.Errorf("a second import: status %d, %s", code, errOut)
			}
		})
	}

	// What people read is there, and names nobody.
	z, err := zip.OpenReader(file)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	for name, holds := range map[string]string{"messages.yaml": "la version nouvelle", "dialogue.mmd": "stateDiagram", "comprehension/intents.yaml": "goodbye", "comprehension/examples/wishes.yaml": "atelier",
		"configuration.yaml": "retention", "ateliers.csv": "postal_code", "statistiques.csv": "requete", "appels.csv": "063998••••", "registre.md": "#", "LISEZMOI.txt": "manifest.json"} {
		f, err := z.Open("lisible/" + name)
		if err != nil {
			t.Error(err)
			continue
		}
		b, err := io.ReadAll(f)
		if err != nil || !strings.Contains(string(b), holds) || strings.Contains(string(b), "0639980001") {
			t.Errorf("%s: %v, %d bytes without %q", name, err, len(b), holds)
		}
	}

	// A file that was tampered with is refused before anything is written.
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2] ^= 0xFF
	broken, fresh := filepath.Join(t.TempDir(), "broken.zip"), t.TempDir()
	if err := os.WriteFile(broken, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, errOut, code := program(t, "", "import", broken, "--data", fresh); code != 1 || !strings.Contains(errOut, "broken.zip") {
		t.Errorf("a damaged file: status %d, %s", code, errOut)
	}
}
