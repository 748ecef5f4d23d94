package espeak

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/acotel/acotel-sbc/tts"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// realVoice is espeak-ng itself, which must be there in continuous integration.
func realVoice(t testing.TB, c Config) *Voice {
	t.Helper()
	if _, err := exec.LookPath("espeak-ng"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("espeak-ng is missing: apt-get install espeak-ng")
		}
		t.Skip("espeak-ng is not installed: apt-get install espeak-ng")
	}
	v, err := New(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// patience is what a busy machine gets for what takes milliseconds.
const patience = 30 * time.Second

// fakeVoice runs a shell script in place of espeak-ng. The script sees one
// sentence on its standard input; New's own questions are answered for it, in
// whatever time that takes: Config.Stall is for the sentences.
func fakeVoice(t *testing.T, c Config, script string) *Voice {
	t.Helper()
	path := filepath.Join(t.TempDir(), "espeak-ng")
	header := filepath.Join(filepath.Dir(path), "header")
	if err := os.WriteFile(header, append(waveHeader(22050, 0x7ffff000), make([]byte, 2000)...), 0o644); err != nil {
		t.Fatal(err)
	}
	full := fmt.Sprintf(`#!/bin/sh
case "$1" in --version) echo "eSpeak NG text-to-speech: 9.9  Data at: /nowhere"; exit 0;; esac
text=$(cat)
wave() { cat %q; }
if [ "$text" = a ]; then wave; exit 0; fi
%s
`, header, script)
	if err := os.WriteFile(path, []byte(full), 0o755); err != nil {
		t.Fatal(err)
	}
	stall := c.Stall
	c.Binary, c.Stall = path, patience
	v, err := New(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	v.conf.Stall = stall
	return v
}

func waveHeader(rate int, size uint32) []byte {
	b := append([]byte("RIFF"), 0x24, 0xf0, 0xff, 0x7f)
	b = append(b, "WAVEfmt "...)
	b = binary.LittleEndian.AppendUint32(b, 16)
	b = binary.LittleEndian.AppendUint16(b, 1)
	b = binary.LittleEndian.AppendUint16(b, 1)
	b = binary.LittleEndian.AppendUint32(b, uint32(rate))
	b = binary.LittleEndian.AppendUint32(b, uint32(2*rate))
	b = binary.LittleEndian.AppendUint16(b, 2)
	b = binary.LittleEndian.AppendUint16(b, 16)
	return binary.LittleEndian.AppendUint32(append(b, "data"...), size)
}

func gather(into *[]int16) func([]int16) error {
	return func(pcm []int16) error { *into = append(*into, pcm...); return nil }
}

func TestRealVoiceSpeaksInAStream(t *testing.T) {
	v := realVoice(t, Config{})
	var pcm []int16
	pieces := 0
	err := v.Synthesize(context.Background(), tts.Utterance{Text: "Bonjour, vous êtes bien au service des ateliers."}, func(p []int16) error {
		pieces++
		return gather(&pcm)(p)
	})
	if err != nil {
		t.Fatal(err)
	}
	seconds := float64(len(pcm)) / float64(v.SampleRate())
	if v.SampleRate() != 22050 || seconds < 2 || seconds > 6 || pieces < 3 {
		t.Errorf("%d Hz, %.2f s in %d pieces", v.SampleRate(), seconds, pieces)
	}
	peak := 0
	for _, s := range pcm {
		peak = max(peak, int(s), -int(s))
	}
	if peak < 8000 || peak > 32000 {
		t.Errorf("peak %d: silent or clipped", peak)
	}
	if v.Name() != "espeak-ng fr" || !strings.Contains(v.Fingerprint(), "version=") {
		t.Errorf("name %q, fingerprint %q", v.Name(), v.Fingerprint())
	}
}

func TestRealVoiceRateVolumeAndVariants(t *testing.T) {
	length := func(c Config, u tts.Utterance) (samples int, energy float64) {
		t.Helper()
		u.Text = "L'atelier est gratuit."
		var pcm []int16
		v := realVoice(t, c)
		if err := v.Synthesize(context.Background(), u, gather(&pcm)); err != nil {
			t.Fatal(err)
		}
		for _, s := range pcm {
			energy += float64(s) * float64(s)
		}
		return len(pcm), energy / float64(len(pcm))
	}
	normal, loud := length(Config{}, tts.Utterance{})
	if slow, _ := length(Config{}, tts.Utterance{Rate: 0.8}); slow < normal*11/10 {
		t.Errorf("rate 0.8 gives %d samples, normal %d", slow, normal)
	}
	if _, soft := length(Config{}, tts.Utterance{Volume: 0.5}); soft > loud/3 {
		t.Errorf("volume 0.5 gives energy %.0f of %.0f", soft, loud)
	}
	if gaps, _ := length(Config{WordGap: 100 * time.Millisecond}, tts.Utterance{}); gaps <= normal {
		t.Errorf("a word gap gives %d samples, none %d", gaps, normal)
	}
	if other, _ := length(Config{Voice: "fr+f3"}, tts.Utterance{}); other == 0 {
		t.Error("a variant is silent")
	}
}

func TestNewSaysWhatIsMissing(t *testing.T) {
	for _, c := range []struct {
		name string
		conf Config
		want error
		text string
	}{
		{"no program", Config{Binary: "no-such-espeak"}, ErrNotInstalled, "apt-get install espeak-ng"},
		{"another program", Config{Binary: "true"}, ErrNotInstalled, "another program"},
		{"no such voice", Config{Voice: "klingonais"}, ErrVoice, "--voices=fr"},
		{"a voice of MBROLA that is not there", Config{Voice: "mb-fr1"}, ErrVoice, "mbrola-fr1"},
		{"no such variant", Config{Voice: "fr+klingonais"}, ErrVoice, "--voices=variant"},
		{"an empty variant", Config{Voice: "fr+"}, ErrVoice, "--voices=variant"},
		{"a variant by another case", Config{Voice: "fr+annie"}, ErrVoice, "--voices=variant"},
		{"a voice like an option", Config{Voice: "--help"}, ErrVoice, "no name of a voice"},
		{"pitch", Config{Pitch: 100}, nil, "1 to 99"},
		{"speed", Config{WordsPerMinute: 20}, nil, "80 to 450"},
		{"gap", Config{WordGap: time.Second}, nil, "word gap"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := exec.LookPath("mbrola"); err == nil && strings.HasPrefix(c.conf.Voice, "mb-") {
				t.Skip("mbrola is there")
			}
			if c.want == ErrVoice && c.conf.Voice != "--help" {
				realVoice(t, Config{})
			}
			_, err := New(context.Background(), c.conf)
			if err == nil || (c.want != nil && !errors.Is(err, c.want)) || !strings.Contains(err.Error(), c.text) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestChildThatFails(t *testing.T) {
	const stall = 300 * time.Millisecond
	for _, c := range []struct {
		name, script string
		want         error
	}{
		{"hangs before the header", "sleep 120", ErrStalled},
		{"hangs in the middle", "wave; sleep 120", ErrStalled},
		{"a grandchild holds the pipes", "setsid sleep 40 & wave; wait", ErrStalled},
		{"dies with a word", "echo 'out of memory' >&2; exit 3", ErrDied},
		{"killed in the middle", "wave; kill -9 $$", ErrDied},
		{"says nothing", "exit 0", ErrNoSound},
		{"header alone", "wave | head -c 44", ErrNoSound},
		{"header cut", "wave | head -c 30", errHeader},
		{"garbage", "echo 'Segmentation fault, and some more text'", errHeader},
	} {
		t.Run(c.name, func(t *testing.T) {
			wait := patience // for what does not stall
			if c.want == ErrStalled {
				wait = stall
			}
			v := fakeVoice(t, Config{Stall: wait}, c.script)
			err := inTime(t, func() error {
				return v.Synthesize(context.Background(), tts.Utterance{Text: "bonjour"}, func([]int16) error { return nil })
			})
			if !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

// inTime gives what f returns, which would wait for its child, a child of much longer life, if that were not killed.
func inTime(t *testing.T, f func() error) error {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- f() }()
	select {
	case err := <-done:
		return err
	case <-time.After(patience):
		t.Fatal("the child is waited for")
		return nil
	}
}

func TestContextKillsTheChild(t *testing.T) {
	v := fakeVoice(t, Config{Stall: time.Hour}, "echo $$ > ${0%/*}/pid; wave; exec sleep 120")
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	err := inTime(t, func() error {
		return v.Synthesize(ctx, tts.Utterance{Text: "bonjour"}, func([]int16) error { cancel(); return nil })
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	pid, err := os.ReadFile(filepath.Join(filepath.Dir(v.path), "pid"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat("/proc/" + strings.TrimSpace(string(pid))); err == nil {
		t.Error("the child is still there")
	}
}

func TestConsumerStopsTheChild(t *testing.T) {
	v := fakeVoice(t, Config{Stall: time.Hour}, "wave; sleep 120")
	full := errors.New("full")
	if err := inTime(t, func() error {
		return v.Synthesize(context.Background(), tts.Utterance{Text: "bonjour"}, func([]int16) error { return full })
	}); err != full {
		t.Errorf("got %v", err)
	}
}

// The watch over a child does not run while its sound is being taken, and runs again afterwards.
func TestSlowConsumerIsNoStall(t *testing.T) {
	watch := time.NewTimer(time.Hour)
	taken := 0
	n, err := pump(bytes.NewReader(append(waveHeader(22050, 0), make([]byte, 20000)...)), watch, time.Hour, func(pcm []int16) error {
		taken++
		if watch.Stop() {
			t.Error("the watch runs while sound is being taken")
		}
		return nil
	}, func(int) error { return nil })
	if err != nil || n != 10000 || taken < 2 {
		t.Errorf("%d samples in %d pieces, %v", n, taken, err)
	}
	if !watch.Stop() {
		t.Error("the watch does not run after sound was taken")
	}
}

func TestChildrenAreLimited(t *testing.T) {
	v := fakeVoice(t, Config{Children: 2, Stall: patience}, `
d=${0%/*}; touch $d/run.$$; ls $d/run.* | wc -l >> $d/counts; sleep 0.1; rm $d/run.$$; wave`)
	var group sync.WaitGroup
	for range 6 {
		group.Go(func() {
			if err := v.Synthesize(context.Background(), tts.Utterance{Text: "bonjour"}, func([]int16) error { return nil }); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	counts, _ := os.ReadFile(filepath.Join(filepath.Dir(v.path), "counts"))
	if len(counts) == 0 || bytes.ContainsAny(counts, "3456") {
		t.Errorf("children at once: %q", counts)
	}
}

func TestBusyIsBounded(t *testing.T) {
	v := fakeVoice(t, Config{Children: 1, Stall: patience}, "wave")
	started, release := make(chan struct{}), make(chan struct{})
	var once sync.Once
	var group sync.WaitGroup
	group.Go(func() {
		err := v.Synthesize(context.Background(), tts.Utterance{Text: "long"}, func([]int16) error {
			once.Do(func() { close(started) })
			<-release
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
	<-started
	hurried := *v // the same children, less patience
	hurried.conf.Stall = 100 * time.Millisecond
	if err := hurried.Synthesize(context.Background(), tts.Utterance{Text: "bonjour"}, func([]int16) error { return nil }); !errors.Is(err, ErrBusy) {
		t.Errorf("got %v", err)
	}
	close(release)
	group.Wait()
}

func TestHeader(t *testing.T) {
	list := func(size int) []byte {
		return append(binary.LittleEndian.AppendUint32([]byte("LIST"), uint32(size)), make([]byte, size+size%2)...)
	}
	h := waveHeader(16000, 100)
	with := func(middle []byte) []byte { return append(append(append([]byte{}, h[:36]...), middle...), h[36:]...) }
	stereo := bytes.Clone(h)
	stereo[22] = 2
	for _, c := range []struct {
		name string
		in   []byte
		left int64 // -1: refused
	}{
		{"plain", h, 100},
		{"unknown size of espeak-ng", waveHeader(16000, 0x7ffff000), 1<<63 - 1},
		{"unknown size 0", waveHeader(16000, 0), 1<<63 - 1},
		{"unknown size -1", waveHeader(16000, 0xffffffff), 1<<63 - 1},
		{"another chunk first", with(list(10)), 100},
		{"odd chunk", with(list(11)), 100},
		{"two chunks", with(append(list(4), list(0)...)), 100},
		{"huge chunk", with(append([]byte("junk"), 0xff, 0xff, 0xff, 0x7f)), -1},
		{"stereo", stereo, -1},
		{"no format", append(append([]byte{}, h[:12]...), h[36:]...), -1},
		{"cut", h[:40], -1},
		{"empty", nil, -1},
	} {
		for name, r := range map[string]io.Reader{"": bytes.NewReader(c.in), " byte by byte": iotest.OneByteReader(bytes.NewReader(c.in))} {
			t.Run(c.name+name, func(t *testing.T) {
				w, err := readHeader(r)
				if (err != nil) != (c.left < 0) || (err == nil && (w.left != c.left || w.rate != 16000)) {
					t.Errorf("got %+v, %v", w, err)
				}
			})
		}
	}
}

func TestPumpKeepsOddBytes(t *testing.T) {
	in := append(waveHeader(22050, 0), 1, 0, 2, 0, 3, 0, 9) // one byte too many is dropped
	for name, r := range map[string]io.Reader{"whole": bytes.NewReader(in), "byte by byte": iotest.OneByteReader(bytes.NewReader(in)), "data and error": iotest.DataErrReader(bytes.NewReader(in))} {
		t.Run(name, func(t *testing.T) {
			var pcm []int16
			watch := time.NewTimer(time.Minute)
			defer watch.Stop()
			n, err := pump(r, watch, time.Minute, gather(&pcm), func(int) error { return nil })
			if err != nil || n != 3 || fmt.Sprint(pcm) != "[1 2 3]" {
				t.Errorf("%d %v %v", n, pcm, err)
			}
		})
	}
}

func FuzzHeader(f *testing.F) {
	f.Add(waveHeader(22050, 0x7ffff000))
	f.Add([]byte("RIFF....WAVEdata"))
	f.Fuzz(func(t *testing.T, in []byte) {
		if w, err := readHeader(bytes.NewReader(in)); err == nil && (w.rate < 4000 || w.left <= 0) {
			t.Fatalf("%+v", w)
		}
	})
}

func TestSpelling(t *testing.T) {
	s := newSpelling(lexiconText)
	for in, want := range map[string]string{
		"Fleury":                   "Fleuri",
		"Saint-Rémy-de-Provence":   "Saint-Rémi-de-Provence",
		"Pithiviers":               "Pitiviers",
		"Decize":                   "Decise",
		"L'Isle-sur-la-Sorgue":     "L'Île-sur-la-Sorgue",
		"Is-sur-Tille":             "Isse-sur-Tille",
		"il y en a, c'est juste":   "il y en a, c'est juste",
		"Saint-Étienne":            "Sainte-Étienne",
		"Saint-Martin":             "Saint-Martin",
		"vingt heures":             "vinte heures",
		"vingt minutes":            "vingt minutes",
		"quatre-vingt-dix":         "catrevin-dix",
		"quatre-vingts euros":      "quatre-vingts euros",
		"la Carsat":                "la Carsatte",
		"Castelnau-le-Lez":         "Castelnau-le-Lèze",
		"Bagnols, lez, Aix, d'Apt": "Bagnols, lez, Èxe, d'Apt",
	} {
		if got := s.mend(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

// None of the names that were heard as English is so any more.
func TestNamesAreReadAsFrench(t *testing.T) {
	realVoice(t, Config{})
	s := newSpelling(lexiconText)
	names := []string{"Fleury", "Rémy", "Sanary", "Lanthenay", "Amilly", "Loing", "Castelnaudary", "Pithiviers", "Cabestany", "Neuvy",
		"Levens", "Le Thor", "Thuir", "Beaugency", "Dun", "Sully", "Banyuls", "Decize", "Cluny", "Is", "Cheverny", "Foy", "Theizé", "Yzeures"}
	for w := range s.words {
		names = append(names, w)
	}
	var text strings.Builder
	for _, name := range names {
		fmt.Fprintln(&text, s.mend(name)+".")
	}
	cmd := exec.Command("espeak-ng", "-v", "fr", "-q", "--ipa", "--stdin")
	cmd.Stdin = strings.NewReader(text.String())
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(string(out), "\n") {
		if strings.Contains(line, "(en)") {
			t.Errorf("read as English: %s", line)
		}
	}
}

// A voice of MBROLA, where the user has one: its own rate, the same suite of promises.
func TestMBROLA(t *testing.T) {
	if _, err := exec.LookPath("mbrola"); err != nil {
		t.Skip("mbrola is not installed: it is no part of this program")
	}
	var v *Voice
	for _, name := range []string{"mb-fr1", "mb-fr2", "mb-fr3", "mb-fr4", "mb-fr5", "mb-fr6", "mb-fr7"} {
		var err error
		if v, err = New(t.Context(), Config{Voice: name}); err == nil {
			break
		}
	}
	if v == nil {
		t.Skip("mbrola is there without a French voice")
	}
	var pcm []int16
	if err := v.Synthesize(t.Context(), tts.Utterance{Text: "Bonjour, et bienvenue."}, gather(&pcm)); err != nil || len(pcm) < v.SampleRate() {
		t.Errorf("%s: %d samples at %d Hz, %v", v.Name(), len(pcm), v.SampleRate(), err)
	}
}
