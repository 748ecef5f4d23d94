package e2e

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Bad input of every kind gets an exit status and an error that tells what to do.
func TestBadInput(t *testing.T) {
	t.Parallel()
	badConfig := file(t, "acotel.yaml", "sip:\n  lisen: 127.0.0.1:5060\n")
	noAudio := file(t, "x.wav", "this is no audio")
	taken := serve(t, t.TempDir())
	notADir := file(t, "plain", "")
	for _, c := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"unknown command", []string{"serv"}, 2, `did you mean "serve"`},
		{"unknown flag", []string{"serve", "--sipp", "x"}, 2, "unknown flag"},
		{"unknown key in the file", []string{"serve", "-c", badConfig}, 2, `acotel.yaml:2: sip.lisen: unknown key, did you mean "listen"?`},
		{"no such file", []string{"serve", "-c", "nowhere.yaml"}, 2, "nowhere.yaml: can't be read"},
		{"unknown key on the line", []string{"serve", "--set", "sip.lisen=1"}, 2, `did you mean "listen"`},
		{"bad address", []string{"serve", "--demo", "--sip", "here"}, 2, "is not host:port"},
		{"SIP port taken", []string{"serve", "--demo", "--sip", taken.sip, "--http", "127.0.0.1:0"}, 1, "choose another address with sip.listen or --sip"},
		{"HTTP port taken", []string{"serve", "--demo", "--sip", "127.0.0.1:0", "--http", taken.http}, 1, "choose another address with http.listen or --http"},
		{"data folder taken", []string{"serve", "--demo", "--sip", "127.0.0.1:0", "--http", "127.0.0.1:0", "--data", taken.data}, 1, "another folder"},
		{"data folder is a file", []string{"serve", "--demo", "--sip", "127.0.0.1:0", "--http", "127.0.0.1:0", "--data", notADir}, 1, "data.dir or --data"},
		{"talk, and write into nowhere", []string{"bench", "talk", "--json", "/nowhere/x.json"}, 1, "--json: /nowhere/x.json can't be written"},
		{"speak without a file", []string{"speak", "Bonjour"}, 2, "-o FILE.wav is missing"},
		{"speak nothing", []string{"speak", " ", "-o", "x.wav"}, 2, "the text is empty"},
		{"speak what has no sound", []string{"speak", "… !", "-o", "x.wav"}, 2, "nothing in"},
		{"speak at no rate of a line", []string{"speak", "Bonjour", "-o", "x.wav", "--rate", "11025"}, 2, "8000, 16000 or 48000"},
		{"speak too fast", []string{"speak", "Bonjour", "-o", "x.wav", "--speed", "3"}, 2, "outside 0.5 to 2"},
		{"speak by nobody", []string{"speak", "Bonjour", "-o", "x.wav", "--voice", "klingonais"}, 2, "--voice klingonais"},
		{"speak by a variant that is not there", []string{"speak", "Bonjour", "-o", "x.wav", "--voice", "fr+klingonais"}, 2, "--voices=variant"},
		{"sound and JSON at one place", []string{"speak", "Bonjour", "-o", "-", "--json"}, 2, "give a file"},
		{"speak by a voice that is not configured", []string{"speak", "Bonjour", "-o", "x.wav", "--voice", "wyoming"}, 2, "tts.wyoming"},
		{"recordings that are not there", []string{"speak", "Bonjour", "-o", "x.wav", "--set", "tts.recordings=/nowhere/list.yaml"}, 2, "/nowhere/list.yaml"},
		{"speak into nowhere", []string{"speak", "Bonjour", "-o", "/nowhere/x.wav"}, 1, "no such file"},
		{"search without a place", []string{"search"}, 2, "--place is missing"},
		{"search for no place", []string{"search", "--place", "99999"}, 1, "no commune and no postal code"},
		{"search for no theme", []string{"search", "--place", "84000", "--theme", "x"}, 2, "Bien chez soi"},
		{"traces without a database", []string{"traces", "--json", "--data", t.TempDir()}, 1, "acotel.db"},
		{"stats by no period", []string{"stats", "--by", "year", "--data", t.TempDir()}, 2, "known are month, week, day"},
		{"stats of no measure", []string{"stats", "--measure", "x", "--data", t.TempDir()}, 2, "known are presentes"},
		{"call plays no audio", []string{"call", "sip:1@127.0.0.1:1", "--wav", noAudio}, 2, "x.wav"},
		{"call keys letters", []string{"call", "sip:1@127.0.0.1:1", "--dtmf", "xyz"}, 2, "no key"},
		{"call with no time", []string{"call", "sip:1@127.0.0.1:1", "--quiet", "-1s"}, 2, "--quiet -1s: give a time above zero"},
		{"call without address", []string{"call"}, 2, "usage: acotel-sbc call"},
		{"transcribe nothing", []string{"transcribe"}, 2, "usage: acotel-sbc transcribe"},
		{"transcribe with an unknown hint", []string{"transcribe", "--hint", "town", "x.wav"}, 2, "--hint town is unknown"},
		{"transcribe with no list", []string{"transcribe", "--list", "nowhere.txt", "x.wav"}, 2, "nowhere.txt"},
		{"transcribe with an empty list", []string{"transcribe", "--list", notADir, "x.wav"}, 2, "holds no entry"},
		{"transcribe with a folder as list", []string{"transcribe", "--list", t.TempDir(), "x.wav"}, 2, "is a directory"},
		{"transcribe with a list in Latin-1", []string{"transcribe", "--list", file(t, "latin1.txt", "pomme\nN\xeemes\n"), "x.wav"}, 2, "latin1.txt:2: is no UTF-8"},
		{"transcribe without a model", []string{"transcribe", "x.wav", "--set", "models.dir=/nowhere"}, 1, "no recogniser is there to hear"},
		{"install a model outside the folder", []string{"models", "install", "../x", "--from", notADir}, 2, "can't be the name of a model"},
		{"install a model without its sum", []string{"models", "install", "medium", "--from", notADir}, 2, "--sha256"},
		{"install a model that is another", []string{"models", "install", "small", "--from", notADir, "--set", "models.dir=" + t.TempDir()}, 1, "is not the one of this sum"},
		{"install a model from nowhere", []string{"models", "install", "small", "--from", "ftp://models.example/model.bin"}, 2, "http:// and https://"},
		{"use a model that is not there", []string{"models", "use", "small", "--set", "models.dir=" + t.TempDir()}, 1, "models install small"},
		{"verify a model that is not there", []string{"models", "verify", "--set", "models.dir=" + t.TempDir()}, 1, "no model is installed"},
		{"import no file", []string{"workshops", "import", "nowhere.csv", "--data", t.TempDir()}, 1, "nowhere.csv"},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, errOut, code := program(t, "", c.args...)
			if code != c.code || !strings.Contains(errOut, c.want) {
				t.Errorf("status %d, want %d; standard error %q, want it to hold %q; standard output %q", code, c.code, errOut, c.want, out)
			}
		})
	}
}

// firstRows cuts a CSV into its header and its first n rows, whose texts may hold
// line ends of their own.
func firstRows(csv string, n int) (head string, rows []string, err error) {
	head, rest, _ := strings.Cut(csv, "\n")
	for range n {
		end, open := 0, false
		for end < len(rest) && (open || rest[end] != '\n') {
			open = open != (rest[end] == '"')
			end++
		}
		if end == len(rest) {
			return "", nil, errors.New("the file ends too soon")
		}
		rows, rest = append(rows, rest[:end+1]), rest[end+1:]
	}
	return head + "\n", rows, nil
}

// A CSV with broken rows: each is listed as FILE:LINE: reason, the good ones are
// kept, the status is 1.
func TestImportListsBrokenRows(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	out, errOut, code := program(t, "", "workshops", "export")
	if code != 0 {
		t.Fatalf("export: %d %s", code, errOut)
	}
	head, rows, err := firstRows(out, 8)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(out, "\ndemo-"); n < 3000 {
		t.Fatalf("only %d demonstration workshops", n)
	}
	broken := 1 + strings.Count(head+strings.Join(rows[:5], ""), "\n")
	text := head + strings.Join(rows[:5], "") + "broken\n" + strings.Join(rows[5:], "")
	csv := file(t, "ateliers.csv", text)
	out, errOut, code = program(t, "", "workshops", "import", csv, "--data", data)
	if code != 1 || !strings.Contains(errOut, fmt.Sprintf("ateliers.csv:%d: ", broken)) || !strings.Contains(out, "8 séances dans ") {
		t.Errorf("status %d\n%s\n%s", code, out, errOut)
	}
	out, _, code = program(t, "", "workshops", "status", "--data", data, "--json")
	if code != 0 || !strings.Contains(out, `"rows":8`) {
		t.Errorf("status: %d %s", code, out)
	}
	// An empty file changes nothing, and is no entry of the audit log.
	if _, errOut, code = program(t, "", "workshops", "import", file(t, "empty.csv", head), "--data", data); code != 1 || !strings.Contains(errOut, "--force") {
		t.Errorf("an empty file: status %d, %s", code, errOut)
	}
	out, _, code = program(t, "", "privacy", "audit", "list", "--data", data)
	if code != 0 || strings.Count(out, `"action":"workshops import"`) != 1 || !strings.Contains(out, `"sessions":8`) || !strings.Contains(out, `"broken":1`) {
		t.Errorf("audit list: status %d, %s", code, out)
	}
	if out, _, code = program(t, "", "privacy", "audit", "verify", "--data", data); code != 0 {
		t.Errorf("audit verify: status %d, %s", code, out)
	}
	first, errOut, code := program(t, "", "workshops", "export", "--data", data)
	if code != 0 || first != head+strings.Join(rows, "") {
		t.Errorf("export: %d\n%s%s", code, first, errOut)
	}
}
