package silero

import (
	"bytes"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"sync"
	"testing"

	"github.com/zaf/g711"

	"github.com/acotel/acotel-sbc/media"
)

const rate = media.LineRate

// phrases are what callers of every temperament answer.
var phrases = []string{
	"oui", "non", "euh", "bonjour", "d'accord", "la deuxième", "Avignon", "à Carpentras", "Saint-Étienne-les-Orgues", "quatre-vingt-quatre mille",
	"je cherche un atelier à Orange", "vous pouvez répéter s'il vous plaît ?", "je voudrais quelque chose pour la mémoire", "treize", "au revoir",
	"je n'ai pas bien entendu", "attendez, je prends un papier", "un atelier sur l'équilibre, près de chez moi", "six", "merci beaucoup",
}

// spoken are the phrases, each by another voice, at the line's rate and 0.1 s apart from silence.
var spoken = sync.OnceValues(func() (all [][]int16, err error) {
	voices := []string{"fr", "fr+f2", "fr+m3", "fr+f4", "fr-be+m7", "fr-ch+f5"}
	for i, text := range phrases {
		pcm, err := say(voices[i%len(voices)], text)
		if err != nil {
			return nil, err
		}
		all = append(all, pcm)
	}
	return all, nil
})

func say(voice, text string) ([]int16, error) {
	out, err := exec.Command("espeak-ng", "-v", voice, "-s", "150", "--stdout", text).Output()
	if err != nil {
		return nil, err
	}
	pcm, from, err := media.ReadWAV(bytes.NewReader(out))
	if err != nil {
		return nil, err
	}
	r, err := media.NewResampler(from, rate)
	if err != nil {
		return nil, err
	}
	return trim(r.Flush(r.Process(nil, pcm))), nil
}

// trim cuts the silence around speech.
func trim(pcm []int16) []int16 {
	from, to := 0, len(pcm)
	for from < to && abs(pcm[from]) < 200 {
		from++
	}
	for to > from && abs(pcm[to-1]) < 200 {
		to--
	}
	return pcm[from:to]
}

func abs(s int16) int { return max(int(s), -int(s)) }

func corpus(t testing.TB) [][]int16 {
	t.Helper()
	all, err := spoken()
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("espeak-ng is missing: run make setup: %v", err)
		}
		t.Skipf("espeak-ng is missing: run make setup: %v", err)
	}
	return all
}

func seeded(n uint64) *rand.Rand { return rand.New(rand.NewPCG(n, 1)) }

// sound is d seconds of f, at an active level in dBov.
func sound(seconds, dBov float64, f func(i int) float64) []int16 {
	x := make([]float64, int(seconds*rate))
	sum, n := 0.0, 0.0
	for i := range x {
		x[i] = f(i)
		if x[i] != 0 {
			sum, n = sum+x[i]*x[i], n+1
		}
	}
	scale := 32768 * math.Pow(10, dBov/20) / math.Sqrt(sum/n)
	pcm := make([]int16, len(x))
	for i := range x {
		pcm[i] = int16(max(-32768, min(32767, x[i]*scale)))
	}
	return pcm
}

// at brings speech to an active level (ITU-T P.56).
func at(pcm []int16, dBov float64) []int16 {
	level, _ := media.ActiveLevelDBov(pcm, rate)
	gain := math.Pow(10, (dBov-level)/20)
	out := make([]int16, len(pcm))
	for i, s := range pcm {
		out[i] = int16(max(-32768, min(32767, float64(s)*gain)))
	}
	return out
}

// pink is noise that falls by 3 dB an octave (P. Kellet's filter).
func pink(r *rand.Rand) func(int) float64 {
	var b [3]float64
	return func(int) float64 {
		w := r.NormFloat64()
		b[0] = 0.99765*b[0] + w*0.0990460
		b[1] = 0.96300*b[1] + w*0.2965164
		b[2] = 0.57000*b[2] + w*1.0526913
		return b[0] + b[1] + b[2] + w*0.1848
	}
}

// bursts lets f through in bursts of lo to hi seconds with gap seconds between them, with an attack of 5 ms and a decay.
func bursts(r *rand.Rand, lo, hi, gap float64, f func(int) float64) func(int) float64 {
	start, length := 0, 0.0
	return func(i int) float64 {
		if length == 0 || i >= start+int((length+gap)*rate) {
			start, length = i, lo+r.Float64()*(hi-lo)
		}
		t := float64(i-start) / rate
		if t >= length {
			return 0
		}
		return f(i) * min(1, t/0.005) * math.Exp(-3*t/length)
	}
}

// resonant gives noise the colour of a throat.
func resonant(r *rand.Rand, hz, width float64) func(int) float64 {
	p := math.Exp(-math.Pi * width / rate)
	a, b := 2*p*math.Cos(2*math.Pi*hz/rate), -p*p
	var y1, y2 float64
	return func(int) float64 {
		y := r.NormFloat64() + a*y1 + b*y2
		y1, y2 = y, y1
		return y
	}
}

// chord is music: three notes with harmonics that change every half second.
func chord(r *rand.Rand) func(int) float64 {
	var notes [3]float64
	return func(i int) float64 {
		if i%(rate/2) == 0 {
			for k := range notes {
				notes[k] = 220 * math.Pow(2, float64(r.IntN(18))/12)
			}
		}
		s, decay := 0.0, math.Exp(-2*float64(i%(rate/2))/(rate/2))
		for _, hz := range notes {
			for h := 1.0; h <= 4; h++ {
				s += math.Sin(2*math.Pi*hz*h*float64(i)/rate) / h
			}
		}
		return s * decay
	}
}

// babble is several people at once, for seconds.
func babble(t testing.TB, seconds float64, people int, r *rand.Rand) []int16 {
	all := corpus(t)
	sum := make([]float64, int(seconds*rate))
	for range people {
		for i := r.IntN(rate); i < len(sum); {
			for _, s := range all[r.IntN(len(all))] {
				if i < len(sum) {
					sum[i] += float64(s)
				}
				i++
			}
			i += r.IntN(rate / 2)
		}
	}
	return sound(seconds, -26, func(i int) float64 { return sum[i] })
}

func mix(a, b []int16) []int16 {
	out := make([]int16, len(a))
	for i := range a {
		out[i] = int16(max(-32768, min(32767, int(a[i])+int(b[i]))))
	}
	return out
}

// line is what a telephone line leaves of a sound: 300 Hz and up, A-law.
func line(pcm []int16) []int16 {
	out := make([]int16, len(pcm))
	var x, y float64
	const alpha = 0.81 // 300 Hz
	for i, s := range pcm {
		y = alpha * (y + float64(s) - x)
		x = float64(s)
		out[i] = g711.DecodeAlawFrame(g711.EncodeAlawFrame(int16(y)))
	}
	return out
}

// keypad presses random keys of a telephone (ITU-T Q.23), 100 ms each.
func keypad(r *rand.Rand) func(int) float64 {
	low, high := [...]float64{697, 770, 852, 941}, [...]float64{1209, 1336, 1477}
	var a, b float64
	return func(i int) float64 {
		at := i % (rate / 4)
		if at == 0 {
			a, b = low[r.IntN(4)], high[r.IntN(3)]
		}
		if at > rate/10 {
			return 0
		}
		x := 2 * math.Pi * float64(i) / rate
		return math.Sin(a*x) + math.Sin(b*x)
	}
}
