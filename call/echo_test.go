package call

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/acotel/acotel-sbc/config"
	"github.com/acotel/acotel-sbc/media"
)

// Recorded speech of ours comes back over the line, 18 dB fainter and 120 ms later, while it is being said: the ear hears nobody. A caller who
// then speaks over it is heard.
func TestOurOwnVoiceIsNoCaller(t *testing.T) {
	t.Parallel()
	voice := speech(t, "Bonjour, vous êtes en ligne avec le service des ateliers. Dans quelle ville habitez-vous ? Vous pouvez aussi taper votre code postal.", -20)
	caller := speech(t, "attendez, à Carpentras", -24)
	const delay, gain = 120 * media.LineRate / 1000, 0.126 // -18 dB
	for _, c := range []struct {
		name  string
		gated bool
		at    time.Duration // when the caller speaks, 0: never
		want  []earEvent
	}{
		{"our voice", true, 0, nil},
		{"our voice, without the gate", false, 0, []earEvent{speechSure}},
		{"a caller over it", true, 3 * time.Second, []earEvent{speechSure}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := newEar(turns(), media.VADConfig{})
			e.gated = c.gated
			listening(e)
			r := rand.New(rand.NewPCG(1, 9))
			first := int(c.at * media.LineRate / time.Second)
			var got []earEvent
			var sure time.Duration
			for at := 0; at+media.FrameSamples <= len(voice); at += media.FrameSamples {
				line := make([]int16, media.FrameSamples)
				for i := range line {
					v := 12 * r.NormFloat64()
					if k := at + i - delay; k >= 0 {
						v += gain * float64(voice[k])
					}
					if k := at + i - first; first > 0 && k >= 0 && k < len(caller) {
						v += float64(caller[k])
					}
					line[i] = int16(v)
				}
				e.Sent(voice[at : at+media.FrameSamples])
				e.Frame(line, 0, true)
				for _, ev := range events(e) {
					if ev == speechSure {
						got = append(got, ev)
						sure = time.Duration(at) * time.Second / media.LineRate
					}
				}
			}
			if c.want == nil && got != nil || c.want != nil && !slices.Contains(got, speechSure) {
				t.Fatalf("events %v, want %v", got, c.want)
			}
			if c.at > 0 && (sure < c.at || sure > c.at+time.Second) {
				t.Errorf("sure of the caller at %v, who spoke at %v", sure, c.at)
			}
		})
	}
}

// Something short and loud, such as a click, soon after our own voice came back: the silence between is nobody's speech, and the click alone does
// not pause the voice.
func TestAClickAfterOurOwnVoice(t *testing.T) {
	t.Parallel()
	voice := speech(t, "Bonjour, vous êtes en ligne avec le service des ateliers.", -20)
	voice = voice[:len(voice)*9/10/media.FrameSamples*media.FrameSamples] // to the middle of a word
	for _, gap := range []time.Duration{60 * time.Millisecond, 140 * time.Millisecond, 180 * time.Millisecond} {
		t.Run(gap.String(), func(t *testing.T) {
			t.Parallel()
			e := newEar(turns(), media.VADConfig{})
			e.gated = true
			rule := config.Default().BargeIn.For("result.when")
			e.over.Store(&rule)
			listening(e)
			r := rand.New(rand.NewPCG(1, 9))
			line := make([]int16, 0, len(voice)+media.LineRate)
			for i := range voice {
				v := 3 * r.NormFloat64()
				if k := i - 120*media.LineRate/1000; k >= 0 {
					v += 0.126 * float64(voice[k])
				}
				line = append(line, int16(v))
			}
			burst := len(line) + int(gap*media.LineRate/time.Second)
			for i := len(line); i < burst+media.LineRate/2; i++ {
				v := 3 * r.NormFloat64()
				if i >= burst && i < burst+60*media.LineRate/1000 {
					v += 9000 * r.NormFloat64()
				}
				line = append(line, int16(max(-32768, min(32767, v))))
			}
			voice := append(slices.Clip(voice), make([]int16, len(line)-len(voice))...)
			loud := false
			for at := 0; at+media.FrameSamples <= len(line); at += media.FrameSamples {
				e.Sent(voice[at : at+media.FrameSamples])
				e.Frame(line[at:at+media.FrameSamples], 0, true)
				loud = loud || e.phase == earOnset
				if got := events(e); len(got) > 0 {
					t.Fatalf("events %v at %v, the click at %v", got, time.Duration(at)*time.Second/media.LineRate, time.Duration(burst)*time.Second/media.LineRate)
				}
			}
			if !loud {
				t.Error("the click was not heard")
			}
		})
	}
}
