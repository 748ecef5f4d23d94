package media

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

// said is a text by espeak-ng at an active level.
func said(t testing.TB, voice, text string, dBov float64) []int16 {
	t.Helper()
	text = strings.Join(strings.Fields(text), " ")
	out, err := exec.Command("espeak-ng", "-v", voice, "-s", "150", "--stdout", text).Output()
	if err != nil {
		t.Skipf("espeak-ng is missing: run make setup: %v", err)
	}
	pcm, rate, err := ReadWAV(bytes.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	r, err := NewResampler(rate, LineRate)
	if err != nil {
		t.Fatal(err)
	}
	pcm = r.Flush(r.Process(nil, pcm))
	level, _ := ActiveLevelDBov(pcm, LineRate)
	for i, s := range pcm {
		pcm[i] = int16(max(-32768, min(32767, float64(s)*math.Pow(10, (dBov-level)/20))))
	}
	return pcm
}

const prompt = `Bonjour, vous êtes en ligne avec le service des ateliers. Je suis la voix automatique. Dans quelle ville habitez-vous ? Vous pouvez aussi
	taper votre code postal. C'est le jeudi quatorze mai, de quatorze heures trente à seize heures. C'est à Orange, à la salle des fêtes. Pour vous
	inscrire, appelez le centre social.`

// numbers is what a voice says that hardly changes for long: in a room the course of its loudness is blurred most.
const numbers = `Pour vous inscrire : Mutualité, antenne d'Avignon, au zéro un, quatre-vingt-dix-neuf, zéro zéro, soixante, zéro deux. Je répète : zéro un,
	quatre-vingt-dix-neuf, zéro zéro, soixante, zéro deux. Premier atelier. Chanter à plusieurs. Chanter pour le plaisir, sans savoir lire la musique. Pour l'atelier
	suivant, tapez un. Pour des détails, tapez deux.`

// echoPath is a way of our voice back to us.
type echoPath struct {
	name  string
	delay time.Duration
	dB    float64 // below our voice
	room  bool    // a loudspeaker that bends and a room, not a hybrid
}

var echoPaths = []echoPath{
	{"hybrid, at once", 0, 18, false}, {"hybrid, 60 ms", 60 * time.Millisecond, 18, false}, {"hybrid, 300 ms", 300 * time.Millisecond, 18, false},
	{"hybrid, faint", 140 * time.Millisecond, 26, false}, {"loudspeaker, 30 ms", 30 * time.Millisecond, 18, true}, {"loudspeaker, 200 ms", 200 * time.Millisecond, 18, true},
	{"loudspeaker, 300 ms, faint", 300 * time.Millisecond, 24, true},
}

// echo is what comes back of voice.
func (e echoPath) echo(voice []int16, r *rand.Rand) []float64 {
	taps, decay := 24, 6.0
	if e.room {
		taps, decay = 40, 12 // a reflection each 2 ms
	}
	h := make([]float64, taps)
	for i := range h {
		h[i] = r.NormFloat64() * math.Exp(-float64(i)/decay)
	}
	h[0] = 2
	out := make([]float64, len(voice))
	shift := int(e.delay * LineRate / time.Second)
	for i := range out {
		for k, g := range h {
			if e.room {
				k *= 16
			}
			if at := i - k - shift; at >= 0 {
				v := float64(voice[at])
				if e.room {
					v = 4000 * math.Tanh(v/4000)
				}
				out[i] += g * v
			}
		}
	}
	have, want := activeOf(out), 0.0
	level, _ := ActiveLevelDBov(voice, LineRate)
	want = level - e.dB
	for i := range out {
		out[i] *= math.Pow(10, (want-have)/20)
	}
	return out
}

func activeOf(x []float64) float64 {
	top := 0.0
	for _, v := range x {
		top = max(top, math.Abs(v))
	}
	pcm := make([]int16, len(x))
	for i, v := range x {
		pcm[i] = int16(v / top * 20000)
	}
	level, _ := ActiveLevelDBov(pcm, LineRate)
	return level + 20*math.Log10(top/20000)
}

// gated runs a line through the gate. It gives, of the frames that stand out of the noise, which were taken for our own.
func gated(voice, line []int16) (asked, own []bool) {
	var g EchoGate
	v := NewVAD(VADConfig{})
	for at := 0; at+FrameSamples <= len(line); at += FrameSamples {
		g.Sent(voice[at : at+FrameSamples])
		st := v.Process(line[at : at+FrameSamples])
		ask := st.Speech && st.SilenceFor == 0
		asked, own = append(asked, ask), append(own, g.Heard(line[at:at+FrameSamples], ask))
	}
	return asked, own
}

// longest is the longest stretch, in frames, that would count as a caller's.
func longest(asked, own []bool) (most, run int) {
	for i := range asked {
		switch {
		case own[i]:
			run = 0
		case asked[i]:
			run++
			most = max(most, run)
		}
	}
	return most, run
}

// mixed is a line: echo, a caller from a moment on, a little noise.
func mixed(echo []float64, caller []int16, at int, r *rand.Rand) []int16 {
	out := make([]int16, len(echo))
	for i := range out {
		v := 14 * r.NormFloat64()
		v += echo[i]
		if k := i - at; k >= 0 && k < len(caller) {
			v += float64(caller[k])
		}
		out[i] = int16(max(-32768, min(32767, v)))
	}
	return out
}

// Our own voice never counts as a caller for as long as an interruption takes (200 ms), whichever way it came back.
func TestEchoIsNoCaller(t *testing.T) {
	voice := said(t, "fr", prompt, -20)
	for i, p := range echoPaths {
		t.Run(p.name, func(t *testing.T) { p.isNoCaller(t, voice, uint64(i)) })
	}
	for _, v := range []string{"fr", "fr+f2"} {
		voice := said(t, v, numbers, -20)
		for i, dB := range []float64{18, 24} {
			for _, delay := range []time.Duration{0, 132 * time.Millisecond, 198 * time.Millisecond, 264 * time.Millisecond, 396 * time.Millisecond} {
				t.Run(fmt.Sprintf("numbers by %s, loudspeaker, %v, -%g dB", v, delay, dB), func(t *testing.T) {
					echoPath{delay: delay, dB: dB, room: true}.isNoCaller(t, voice, uint64(i)+uint64(delay))
				})
			}
		}
	}
}

// isNoCaller checks what comes back of a voice.
func (e echoPath) isNoCaller(t *testing.T, voice []int16, seed uint64) {
	r := rand.New(rand.NewPCG(7, seed))
	asked, own := gated(voice, mixed(e.echo(voice, r), nil, 0, r))
	n := 0
	for _, a := range asked {
		if a {
			n++
		}
	}
	most, _ := longest(asked, own)
	t.Logf("%d frames of echo stand out of the noise, the longest stretch taken for a caller is %d ms", n, most*20)
	if most >= 10 {
		t.Errorf("%d ms of our own voice count as a caller", most*20)
	}
}

// A caller is let through, over an echo and without one.
func TestACallerOverOurVoice(t *testing.T) {
	voice := said(t, "fr", prompt, -20)
	at := 5 * LineRate
	for name, path := range map[string]*echoPath{"no echo": nil, "hybrid": {"", 60 * time.Millisecond, 24, false}, "loudspeaker": {"", 120 * time.Millisecond, 18, true}} {
		for _, dBov := range []float64{-15, -22, -30, -36} {
			t.Run(fmt.Sprintf("%s, %v dBov", name, dBov), func(t *testing.T) {
				r := rand.New(rand.NewPCG(8, 8))
				echo := make([]float64, len(voice))
				if path != nil {
					echo = path.echo(voice, r)
				}
				caller := said(t, "fr+f2", "attendez, je voudrais un atelier à Carpentras", dBov)
				asked, own := gated(voice, mixed(echo, caller, at, r))
				from := at / FrameSamples
				took := -1
				run := 0
				for i := from; i < len(asked); i++ {
					switch {
					case own[i]:
						run = 0
					case asked[i]:
						if run++; run == 10 && took < 0 {
							took = (i - from) * 20
						}
					}
				}
				t.Logf("sure after %d ms", took)
				if took < 0 || took > 1200 {
					t.Errorf("sure of the caller after %d ms", took)
				}
			})
		}
	}
}

// The way of our voice gets shorter or longer during a call, as jitter buffers shrink and grow: the gate goes along, and the beginnings of sentences, before
// which nothing was said for a while, are still known as ours.
func TestEchoOfAWayThatMoves(t *testing.T) {
	var voice []int16
	for range 4 {
		for _, s := range []string{"Premier atelier.", "C'est le jeudi trois décembre.", "C'est à Avignon, espace seniors.", "C'est gratuit."} {
			voice = append(append(voice, said(t, "fr", s, -20)...), make([]int16, 450*LineRate/1000)...)
		}
	}
	for _, room := range []bool{false, true} {
		for _, by := range []time.Duration{-40, -20, 20, 40} {
			t.Run(fmt.Sprintf("room %v, by %d ms", room, by), func(t *testing.T) {
				path := func(delay time.Duration) []float64 {
					return echoPath{delay: delay * time.Millisecond, dB: 24, room: room}.echo(voice, rand.New(rand.NewPCG(7, 5)))
				}
				echo, later, half := path(420), path(420+by), len(voice)/2/FrameSamples
				copy(echo[half*FrameSamples:], later[half*FrameSamples:])
				asked, own := gated(voice, mixed(echo, nil, 0, rand.New(rand.NewPCG(7, 6))))
				n := 0
				for i := half + int(time.Second/FrameDuration); i < len(asked); i++ { // a second to learn it
					if asked[i] && !own[i] {
						n++
					}
				}
				if n > 0 {
					t.Errorf("%d frames of our own voice are taken for a caller's", n)
				}
			})
		}
	}
}

func TestEchoGateAllocatesNothing(t *testing.T) {
	var g EchoGate
	r := rand.New(rand.NewPCG(1, 1))
	pcm := make([]int16, FrameSamples)
	for i := range pcm {
		pcm[i] = int16(r.IntN(2000) - 1000)
	}
	if n := testing.AllocsPerRun(500, func() { g.Sent(pcm); g.Heard(slices.Clip(pcm), true) }); n != 0 {
		t.Errorf("%v allocations a frame", n)
	}
}

func BenchmarkEchoGate(b *testing.B) {
	for _, asked := range []bool{false, true} {
		b.Run(fmt.Sprintf("asked=%v", asked), func(b *testing.B) {
			var g EchoGate
			r := rand.New(rand.NewPCG(1, 1))
			pcm, quiet := make([]int16, FrameSamples), make([]int16, FrameSamples)
			for i := range pcm {
				pcm[i] = int16(r.IntN(8000) - 4000)
				quiet[i] = pcm[i] / 16
			}
			for b.Loop() {
				g.Sent(pcm)
				g.Heard(quiet, asked)
			}
		})
	}
}
