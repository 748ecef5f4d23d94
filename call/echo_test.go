package call

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

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
