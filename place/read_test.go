package place

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"
)

const small = FormatLine + `
C	84007	Avignon	84000 84140	92188	43.9483	4.8089
C	84008	Aubignan	84810	5600	44.1	5.03	2.5
C	84901	Avignon 1er	84000	10	43.9	4.8		84007
A	84007	Montfavet	locality	43.9333	4.8734
A	84008	Vieux-Aubignan	former
O	84999	84007
`

func TestReadSmall(t *testing.T) {
	g, err := Read(strings.NewReader(small))
	if err != nil {
		t.Fatal(err)
	}
	if p, ok := g.ByINSEE("84999"); !ok || p.Name != "Avignon" || g.Len() != 3 {
		t.Errorf("%+v, %v, %d places", p, ok, g.Len())
	}
	if p, _ := g.ByINSEE("84008"); !p.Approximate || p.ErrorKM != 2.5 {
		t.Errorf("%+v", p)
	}
	if m := g.Find("montfavet"); len(m) != 1 || m[0].Lat != 43.9333 || m[0].INSEE != "84007" {
		t.Errorf("%+v", m)
	}
	if m := g.Find("vieux aubignan"); len(m) != 1 || m[0].Former != "Vieux-Aubignan" {
		t.Errorf("%+v", m)
	}
	if list := g.ByPostalCode("84000"); len(list) != 1 || list[0].INSEE != "84901" {
		t.Errorf("%+v: the arrondissement has the code", list)
	}
}

// A broken file is refused with the number of the line and what is wrong in it.
func TestReadBroken(t *testing.T) {
	good := FormatLine + "\nC\t84007\tAvignon\t84000\t92188\t43.9\t4.8\n"
	for _, tt := range []struct{ name, text, want string }{
		{"empty", "", "no place"},
		{"another version", "# acotel gazetteer 9\n", "line 1"},
		{"no rows", FormatLine + "\n", "no place"},
		{"unknown row", good + "X\t1\n", `line 3: "X"`},
		{"short code", good + "C\t840\tB\t84001\t1\t43\t4\n", "line 3: \"840\""},
		{"no name", good + "C\t84008\t\t84001\t1\t43\t4\n", "line 3"},
		{"twice", good + "C\t84007\tAvignon\t84000\t92188\t43.9\t4.8\n", "line 3: 84007 stands twice"},
		{"people", good + "C\t84008\tB\t84001\tmany\t43\t4\n", "line 3: population of B"},
		{"position", good + "C\t84008\tB\t84001\t1\tnorth\t4\n", "line 3: position of B"},
		{"off the Earth", good + "C\t84008\tB\t84001\t1\t143\t4\n", "nowhere on Earth"},
		{"not a number", good + "C\t84008\tB\t84001\t1\tNaN\t4\n", "nowhere on Earth"},
		{"error", good + "C\t84008\tB\t84001\t1\t43\t4\tfar\n", "line 3: error of the position of B"},
		{"city", good + "C\t84008\tB\t84001\t1\t43\t4\t\t99999\n", "line 3: B is part of 99999"},
		{"alias of nothing", good + "A\t84009\tC\tformer\n", `line 3: "C" belongs to "84009"`},
		{"alias of no kind", good + "A\t84007\tC\tother\n", `line 3: "C" of kind "other"`},
		{"old code", good + "O\t84010\t84009\n", "line 3: old code 84010"},
	} {
		if _, err := Read(strings.NewReader(tt.text)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q in it", tt.name, err, tt.want)
		}
	}
	broken := errors.New("cable cut")
	if _, err := Read(io.MultiReader(strings.NewReader(good), iotest.ErrReader(broken))); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
}

// The files are those whose sums SHA256SUMS has.
func TestSums(t *testing.T) {
	sums, err := os.ReadFile("data/SHA256SUMS")
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(gazetteerGZ))
	if err != nil {
		t.Fatal(err)
	}
	table, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"departments.tsv": []byte(departmentsTSV), "gazetteer.tsv": table} {
		sum := sha256.Sum256(content)
		if line := hex.EncodeToString(sum[:]) + "  " + name + "\n"; !strings.Contains(string(sums), line) {
			t.Errorf("SHA256SUMS has no %q: run make data and commit place/data", line)
		}
	}
	for n, line := range strings.Split(strings.TrimSuffix(departmentsTSV, "\n"), "\n") {
		if cells := strings.Split(line, "\t"); len(cells) != 3 || DepartmentName(cells[0]) != cells[1] || InDepartment(cells[0]) != cells[2] || cells[2] == "" {
			t.Errorf("departments.tsv:%d: %q", n+1, line)
		}
	}
}
