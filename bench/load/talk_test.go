package load

import (
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/zaf/g711"
)

func payloadOf(v int16) []byte {
	b := make([]byte, frameBytes)
	for i := range b {
		b[i] = g711.EncodeAlawFrame(v)
	}
	return b
}

func TestTalkRefusesWrongOptions(t *testing.T) {
	for _, c := range []struct {
		name, flag string
		spoil      func(*Options)
	}{
		{"nobody", "--calls", func(o *Options) { o.Calls = 0 }},
		{"a crowd", "--calls", func(o *Options) { o.Calls = 501 }},
		{"no rate", "--rate", func(o *Options) { o.Rate = math.NaN() }},
		{"all at once", "--rate", func(o *Options) { o.Rate = math.Inf(1) }},
		{"conversations", "--conversations", func(o *Options) { o.Talk.Conversations = -1 }},
		{"noise above the speech", "--noise-db", func(o *Options) { o.Talk.NoiseDB = -10 }},
		{"no noise", "--noise-db", func(o *Options) { o.Talk.NoiseDB = math.NaN() }},
		{"an echo that grows", "--echo-db", func(o *Options) { o.Talk.EchoDB = -18 }},
		{"more than all turns", "--hesitations", func(o *Options) { o.Talk.Hesitations = 101 }},
		{"less than none", "--hesitations", func(o *Options) { o.Talk.Hesitations = -1 }},
		{"above full scale", "--level", func(o *Options) { o.Talk.LevelDBov = 20 }},
		{"not heard", "--level", func(o *Options) { o.Talk.LevelDBov = -100 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := Options{Calls: 1, Seconds: 1, Rate: 1}
			c.spoil(&o)
			if _, err := Talk(t.Context(), o); !errors.Is(err, ErrOptions) || !strings.Contains(err.Error(), c.flag) {
				t.Errorf("%v", err)
			}
		})
	}
	good := TalkOptions{Conversations: 200, NoiseDB: 20, Street: true, EchoDB: 18, Hesitations: 30, LevelDBov: -40}
	if err := good.check(); err != nil {
		t.Errorf("%v", err)
	}
}

// The echo of a line comes back as late and as faint as asked for, and nothing comes back of silence.
func TestMixerGivesTheEchoBack(t *testing.T) {
	for _, delay := range []int{0, 160, 2400} {
		m := &mixer{gain: math.Pow(10, -18.0/20), delay: delay}
		m.hear(payloadOf(8000)) // one frame of ours
		heard, first := 0, -1
		for n := range 20 {
			out := payloadOf(0)
			m.frame(out)
			for i, b := range out {
				if v := g711.DecodeAlawFrame(b); v > 500 {
					if heard++; first < 0 {
						first = n*frameBytes + i
					}
				}
			}
			m.hear(payloadOf(0))
		}
		if first != delay || heard != frameBytes {
			t.Errorf("delay %d: echo of %d samples from %d on", delay, heard, first)
		}
	}
}

func TestNoiseHasTheLevelAskedFor(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for name, make := range map[string]func(*rand.Rand, float64) []int16{"line": lineNoise, "street": streetNoise} {
		var sum float64
		noise := make(r, -40)
		for _, s := range noise {
			sum += float64(s) * float64(s)
		}
		if level := 10 * math.Log10(sum/float64(len(noise))/(32768*32768)); math.Abs(level+40) > 0.5 {
			t.Errorf("%s: %.1f dBov", name, level)
		}
	}
}

func TestHesitantSpeechLosesNoWord(t *testing.T) {
	for text, ok := range map[string]bool{"oui": false, "à Carpentras": false, "j'habite à Carpentras dans le Vaucluse": true} {
		first, second, cut := hesitant(text, 3)
		if cut != ok || cut && first[:len(first)-len(" euh")]+" "+second != text {
			t.Errorf("%q: %q, %q, %v", text, first, second, cut)
		}
	}
}

func TestValuesGiveQuantiles(t *testing.T) {
	if (values{}).at(0.5) != nil {
		t.Error("a quantile of nothing")
	}
	v := values{5, 1, 4, 2, 3}
	if *v.at(0.5) != 3 || *v.at(0.95) != 5 || *v.at(1) != 5 {
		t.Errorf("%v %v", *v.at(0.5), *v.at(0.95))
	}
}

// An answer counts from the moment asked for, and the service's earlier voice does not.
func TestAnswerEar(t *testing.T) {
	var e answerEar
	now := time.Now()
	loud := payloadOf(8000)
	e.packet(Packet{At: now, Payload: loud})
	e.from(now.Add(time.Second))
	if _, ok := e.answer(); ok {
		t.Error("answered by what was said before")
	}
	e.packet(Packet{At: now.Add(500 * time.Millisecond), Payload: loud})
	e.packet(Packet{At: now.Add(1500 * time.Millisecond), Payload: payloadOf(0)})
	e.packet(Packet{At: now.Add(1800 * time.Millisecond), Payload: loud})
	e.packet(Packet{At: now.Add(1820 * time.Millisecond), Payload: loud})
	if at, ok := e.answer(); !ok || at.Sub(now) != 1800*time.Millisecond {
		t.Errorf("answered at %v", at.Sub(now))
	}
}

// A measurement in which nobody was answered is a failure with its reason, one in which some were is a result.
func TestTalkToNobodyIsAFailure(t *testing.T) {
	why := errors.New("nobody there")
	for _, c := range []struct {
		name    string
		failed  int
		reached bool
		want    error
	}{
		{"nobody answers", 3, false, why},
		{"some answer", 3, true, nil},
		{"all answer", 0, true, nil},
		{"nobody was rung", 0, false, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := (&talking{actor: newActor(), failed: c.failed, reached: c.reached, why: why}).result(Header{Target: "sip:nowhere"}, time.Second, nil, nil)
			if err := r.Err(); !errors.Is(err, c.want) || c.want != nil && !strings.Contains(err.Error(), "sip:nowhere answered none of 3 calls") {
				t.Errorf("%v", err)
			}
		})
	}
}
