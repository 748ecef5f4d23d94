package media

import (
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestReadWhatSoxWrites writes a rising tone with sox in each of its encodings and
// compares it with the 16-bit one.
func TestReadWhatSoxWrites(t *testing.T) {
	if _, err := exec.LookPath("sox"); err != nil {
		t.Fatal("sox is missing: make setup-test installs it")
	}
	dir := t.TempDir()
	for _, rate := range []int{8000, 11025, 44100} {
		for _, channels := range []int{1, 2, 3} {
			reference := soxFile(t, dir, rate, channels, "-e", "signed-integer", "-b", "16")
			for _, c := range []struct {
				name string
				args []string
				snr  float64 // dB at least
			}{
				{"8 bit", []string{"-e", "unsigned-integer", "-b", "8"}, 35},
				{"24 bit", []string{"-e", "signed-integer", "-b", "24"}, 80},
				{"32 bit", []string{"-e", "signed-integer", "-b", "32"}, 80},
				{"float", []string{"-e", "floating-point", "-b", "32"}, 80},
				{"double", []string{"-e", "floating-point", "-b", "64"}, 80},
				{"big endian", []string{"-B", "-e", "signed-integer", "-b", "24"}, 80},
				{"A-law", []string{"-e", "a-law"}, 30},
				{"µ-law", []string{"-e", "u-law"}, 30},
				{"IMA ADPCM", []string{"-e", "ima-adpcm"}, 20},
				{"Microsoft ADPCM", []string{"-e", "ms-adpcm"}, 20},
				{"GSM", []string{"-e", "gsm-full-rate"}, 5},
			} {
				if channels > 1 && c.name == "GSM" || channels > 2 && c.name == "Microsoft ADPCM" {
					continue
				}
				t.Run(fmt.Sprintf("%s %d Hz %d channels", c.name, rate, channels), func(t *testing.T) {
					got := soxFile(t, dir, rate, channels, c.args...)
					if len(got) < len(reference) || len(got) > len(reference)+2048 {
						t.Fatalf("%d samples, want %d", len(got), len(reference))
					}
					var signal, noise float64
					for i, r := range reference {
						d := float64(got[i]) - float64(r)
						signal += float64(r) * float64(r)
						noise += d * d
					}
					if snr := 10 * math.Log10(signal/max(noise, 1)); snr < c.snr {
						t.Errorf("%.1f dB of noise below the signal, want %.0f", snr, c.snr)
					}
				})
			}
		}
	}
}

func soxFile(t *testing.T, dir string, rate, channels int, encoding ...string) []int16 {
	t.Helper()
	name := filepath.Join(dir, "x.wav")
	args := append([]string{"-D", "-n", "-r", fmt.Sprint(rate), "-c", fmt.Sprint(channels)}, encoding...)
	args = append(args, name, "synth", "0.5", "sine", "200-800", "gain", "-6")
	if out, err := exec.Command("sox", args...).CombinedOutput(); err != nil {
		t.Fatalf("sox: %v %s", err, out)
	}
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	pcm, got, err := ReadWAV(f)
	if err != nil {
		t.Fatal(err)
	}
	if got != rate {
		t.Errorf("%d Hz, want %d", got, rate)
	}
	return pcm
}
