package e2e

import (
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// transcript is what `transcribe --json` prints of a file.
type transcript struct {
	File         string
	Text         *string
	Confidence   *float64
	Alternatives []struct {
		Text       string
		Confidence float64
		INSEE      string
		PostalCode string `json:"postal_code"`
	}
	AudioMS *int64 `json:"audio_ms"`
	TookMS  *int64 `json:"took_ms"`
	Backend string
}

// transcribe hears files, and gives the objects printed.
func transcribe(t *testing.T, code int, args ...string) (list []transcript, errOut string) {
	t.Helper()
	out, errOut, got := program(t, "", append([]string{"transcribe", "--json"}, args...)...)
	if got != code {
		t.Fatalf("transcribe: status %d, want %d\n%s%s", got, code, out, errOut)
	}
	for d := json.NewDecoder(strings.NewReader(out)); d.More(); {
		var one transcript
		if err := d.Decode(&one); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if one.Text == nil || one.Confidence == nil || one.Alternatives == nil || one.AudioMS == nil || one.TookMS == nil || one.Backend == "" {
			t.Errorf("keys are missing: %+v", one)
			continue
		}
		if n := len(one.Alternatives); n > 10 || n > 0 && (one.Alternatives[0].Text != *one.Text || one.Alternatives[0].Confidence != *one.Confidence) || n == 0 && (*one.Text != "" || *one.Confidence != 0) {
			t.Errorf("the text is not the best alternative: %+v", one)
		}
		for i, a := range one.Alternatives {
			if a.Confidence < 0 || a.Confidence > 1 || i > 0 && a.Confidence > one.Alternatives[i-1].Confidence {
				t.Errorf("alternative %d: %+v", i, one.Alternatives)
			}
		}
		list = append(list, one)
	}
	return list, errOut
}

// said is a file in which a voice kept out of training says a text.
func said(t *testing.T, text string) string {
	t.Helper()
	return spoken(t, "Annie", text)[1]
}

// sox makes a file of another.
func sox(t *testing.T, from string, args ...string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "x.wav")
	peer(t, "sox")
	all := []string{from}
	for i, a := range args {
		if a == "|" { // effects come after the file
			all = append(append(append(all, args[:i]...), to), args[i+1:]...)
			break
		}
	}
	if len(all) == 1 {
		all = append(append(all, args...), to)
	}
	if out, err := exec.Command("sox", all...).CombinedOutput(); err != nil {
		t.Fatalf("sox %v: %v %s", all, err, out)
	}
	return to
}

// A town is heard in every kind of WAV that sox writes, in one run of the program.
func TestTranscribeHearsEveryKindOfWAV(t *testing.T) {
	t.Parallel()
	from := said(t, "à Avignon")
	kinds := [][]string{
		{"-r", "8000"}, {"-r", "11025"}, {"-r", "16000"}, {"-r", "32000"}, {"-r", "44100"}, {"-r", "48000"}, {"-r", "96000"}, {"-r", "8000", "-c", "2"}, {"-r", "48000", "-c", "6"},
		{"-b", "8", "-e", "unsigned-integer"}, {"-b", "24"}, {"-b", "32"}, {"-e", "floating-point", "-b", "32"}, {"-e", "floating-point", "-b", "64"},
		{"-r", "8000", "-e", "a-law"}, {"-r", "8000", "-e", "u-law"}, {"-r", "8000", "-e", "gsm"}, {"-e", "ima-adpcm"}, {"-e", "ms-adpcm"}, {"-r", "16000", "-B"},
	}
	var files []string
	for _, k := range kinds {
		files = append(files, sox(t, from, k...))
	}
	list, _ := transcribe(t, 0, append([]string{"--hint", "place"}, files...)...)
	if len(list) != len(files) {
		t.Fatalf("%d objects for %d files", len(list), len(files))
	}
	for i, one := range list {
		if one.File != files[i] {
			t.Errorf("object %d is of %s, want %s", i, one.File, files[i])
		}
		if *one.Text != "Avignon" || one.Alternatives[0].INSEE != "84007" {
			t.Errorf("%v: %+v", kinds[i], one)
		}
		if seconds := float64(*one.AudioMS) / 1000; math.Abs(seconds-float64(*list[0].AudioMS)/1000) > 0.1 {
			t.Errorf("%v: %.2f s", kinds[i], seconds)
		}
	}
}

// What is no audio is refused with a reason, and the files beside it are heard all the same.
func TestTranscribeRefusesWhatIsNoAudio(t *testing.T) {
	t.Parallel()
	good := said(t, "quatre-vingt-quatre mille")
	whole, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	bad := []struct{ path, want string }{
		{file(t, "text.wav", "Bonjour, ceci est un texte.\n"), "it does not begin with RIFF and WAVE"},
		{file(t, "empty.wav", ""), "it does not begin with RIFF and WAVE"},
		{file(t, "head.wav", string(whole[:20])), "it ends"},
		{filepath.Join(t.TempDir(), "nowhere.wav"), "no such file"},
		{t.TempDir(), "it is a folder"},
		{file(t, "song.wav", "ID3\x03\x00\x00\x00\x00\x00\x00\xff\xfb\x90\x00"), "it does not begin with RIFF and WAVE"},
	}
	args := []string{"--hint", "postal_code"}
	for _, b := range bad {
		args = append(args, b.path)
	}
	silence, nothing := sox(t, good, "|", "vol", "0"), sox(t, good, "|", "trim", "0", "0")
	cut := file(t, "cut.wav", string(whole[:len(whole)*2/3]))
	list, errOut := transcribe(t, 1, append(args, good, silence, nothing, cut)...)
	lines := strings.Split(strings.TrimSpace(errOut), "\n")
	for i, b := range bad {
		if i >= len(lines) || !strings.Contains(lines[i], "transcribe: "+b.path+": ") || !strings.Contains(lines[i], b.want) {
			t.Errorf("%s is refused with %q", b.path, lines)
		}
	}
	if len(lines) != len(bad) || len(list) != 4 {
		t.Fatalf("%d refused, %d heard\n%s", len(lines), len(list), errOut)
	}
	if *list[0].Text != "84000" || list[0].Alternatives[0].PostalCode != "84000" {
		t.Errorf("%+v", list[0])
	}
	if *list[1].Text != "" || *list[2].Text != "" || *list[2].AudioMS != 0 || *list[3].AudioMS == 0 {
		t.Errorf("silence, no sound and a file that is cut: %+v", list[1:])
	}
}

// Where a place or a code is asked for each alternative has its key, null for what is neither.
func TestAlternativesHaveTheKeyThatWasAskedFor(t *testing.T) {
	t.Parallel()
	files := []string{said(t, "répétez, s'il vous plaît"), said(t, "dans le Vaucluse"), said(t, "à Avignon"), said(t, "quatre-vingt-quatre mille")}
	for _, hint := range []string{"place", "postal_code"} {
		out, errOut, code := program(t, "", append([]string{"transcribe", "--json", "--hint", hint}, files...)...)
		if code != 0 {
			t.Fatalf("status %d: %s", code, errOut)
		}
		null := false
		for d := json.NewDecoder(strings.NewReader(out)); d.More(); {
			var one struct{ Alternatives []map[string]any }
			if err := d.Decode(&one); err != nil {
				t.Fatal(err)
			}
			for _, a := range one.Alternatives {
				insee, has := a["insee"]
				code, hasCode := a["postal_code"]
				if !has && !hasCode {
					t.Errorf("%s: %v has no key", hint, a)
				}
				null = null || insee == nil && code == nil
			}
		}
		if !null {
			t.Errorf("%s: no command among what was heard\n%s", hint, out)
		}
	}
}

// What one command says the other hears, through a pipe; words that can't be written are no success.
func TestSpeakAndTranscribeThroughAPipe(t *testing.T) {
	t.Parallel()
	sound, errOut, code := program(t, "", "speak", "Quatre-vingt-quatre mille.", "-o", "-", "--rate", "16000")
	if code != 0 || !strings.HasPrefix(sound, "RIFF") || !strings.Contains(errOut, "de parole") {
		t.Fatalf("speak: status %d, %d bytes, %s", code, len(sound), errOut)
	}
	out, errOut, code := program(t, sound, "transcribe", "--hint", "postal_code", "-")
	if code != 0 || !strings.Contains(out, "- : 84000 ") {
		t.Errorf("transcribe: status %d, %s%s", code, out, errOut)
	}
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	cmd := exec.Command(binary, "transcribe", "/dev/stdin")
	cmd.Stdin, cmd.Stdout = strings.NewReader(sound), full
	if err := cmd.Run(); cmd.ProcessState.ExitCode() != 1 {
		t.Errorf("nothing could be written: %v", err)
	}
}

func TestTranscribeWithAListOfOnesOwn(t *testing.T) {
	t.Parallel()
	entries := file(t, "list.txt", "pomme\n\n  poire  \nquatre-vingt-quatre mille\n")
	list, _ := transcribe(t, 0, "--list", entries, said(t, "quatre-vingt-quatre mille"))
	if len(list) != 1 || *list[0].Text != "quatre-vingt-quatre mille" {
		t.Errorf("%+v", list)
	}
}

// One machine's recogniser, with its real weights, is shared by several at the same time, by both protocols: each hears what that
// machine itself hears.
func TestOneRecogniserIsShared(t *testing.T) {
	t.Parallel()
	files := []string{said(t, "à Avignon"), said(t, "quatre-vingt-quatre mille"), said(t, "Carpentras")}
	args := append([]string{"--hint", "place"}, files...)
	alone, _ := transcribe(t, 0, args...)
	shared := speechOf(t, "--set", "asr.backends=[whisper]", "--set", "asr.whisper.deadline_ms=20000", "--set", "turns.recogniser_ms=25000")
	var wait sync.WaitGroup
	for _, by := range [][]string{
		{"--set", "asr.backends=[openai]", "--set", "asr.openai.url=http://" + shared.http + "/v1", "--set", "asr.openai.hints=full", "--set", "asr.openai.timeout_ms=20000", "--set", "turns.recogniser_ms=25000"},
		{"--set", "asr.backends=[wyoming]", "--set", "asr.wyoming.address=" + shared.wyoming, "--set", "asr.wyoming.timeout_ms=20000", "--set", "turns.recogniser_ms=25000"},
	} {
		wait.Go(func() {
			out, errOut, code := program(t, "", append(append([]string{"transcribe", "--json"}, by...), args...)...)
			d := json.NewDecoder(strings.NewReader(out))
			for i, own := range alone {
				var got transcript
				if err := d.Decode(&got); err != nil || code != 0 {
					t.Errorf("%s: status %d, %v\n%s", by[1], code, err, errOut)
					return
				}
				if got.Text == nil || *got.Text != *own.Text || len(got.Alternatives) == 0 || got.Alternatives[0].INSEE != own.Alternatives[0].INSEE ||
					got.Alternatives[0].PostalCode != own.Alternatives[0].PostalCode || math.Abs(*got.Confidence-*own.Confidence) > 0.1 {
					t.Errorf("%s hears %+v of file %d, the recogniser itself %+v", by[1], got.Alternatives, i, own.Alternatives)
				}
				if !strings.Contains(got.Backend, strings.Split(strings.Split(by[1], "[")[1], "]")[0]) {
					t.Errorf("heard by %q", got.Backend)
				}
			}
		})
	}
	wait.Wait()
}

// What the machine that shares its recogniser hears of two services' callers is enough for both of them to their goodbye.
func TestTwoServicesShareOneRecogniser(t *testing.T) {
	long(t)
	t.Parallel()
	shared := speechOf(t, "--set", "asr.backends=[whisper]", "--set", "asr.whisper.deadline_ms=8000", "--set", "turns.recogniser_ms=9000")
	for _, b := range remoteBackends[:2] {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, t.TempDir(), patient(b.set(shared), "asr.backends=["+b.name+", none]")...)
			s.call(append([]string{"--from", "0639980001", "--linger", "20s", "--max", "240s"},
				spoken(t, "Annie", "je cherche un atelier mémoire", "à Avignon", "suivant", "non", "oui", "non", "quatre")...)...)
			t.Logf("conversation\n%s", s.outText())
			list := traces(t, s.data)
			if len(list) != 1 || list[0].PostalCode == nil || !list[0].has("efficace") || !list[0].has("abouti") || !list[0].has("evalue") {
				t.Errorf("traces %+v", list)
			}
			if strings.Contains(s.logText(), "did not answer") {
				t.Errorf("%s", s.logText())
			}
		})
	}
}
