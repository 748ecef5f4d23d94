package load

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/zaf/g711"

	"github.com/acotel/acotel-sbc/media"
)

const (
	noisePeak   = 8    // of 16-bit samples: a quiet line, about -75 dBov
	speechShare = 3    // one part in three is speech
	spokenDBov  = -20. // loudness of speech on a telephone line
)

// Track is a loop of sound, encoded once and shared by all calls: a caller who speaks a third of the time on a line with a little
// noise. Each call begins at another place in it.
type Track struct {
	payload []byte // A-law, whole frames
}

// Speak renders a French sentence at media.LineRate.
type Speak func(ctx context.Context, text string) ([]int16, error)

// sentences are what the callers of a load say.
var sentences = []string{
	"Bonjour, je cherche un atelier près de chez moi.",
	"Oui.",
	"Est-ce que vous auriez quelque chose pour la mémoire, ou pour garder l'équilibre ?",
	"À Montpellier, s'il vous plaît, et plutôt le matin.",
	"Non merci, pas cette fois.",
	"Attendez, je vais chercher un crayon pour noter le numéro de téléphone.",
}

// NewTrack lets speak say the sentences of a caller, each followed by twice as much silence.
func NewTrack(ctx context.Context, speak Speak) (*Track, error) {
	random := rand.New(rand.NewPCG(1, 2)) // the same line noise in each run
	var t Track
	for _, text := range sentences {
		pcm, err := speak(ctx, text)
		if err != nil {
			return nil, fmt.Errorf("load: the callers' voice: %w", err)
		}
		pcm = padded(trimmed(pcm))
		level(pcm)
		t.append(pcm, random)
		t.append(make([]int16, (speechShare-1)*len(pcm)), random)
	}
	return &t, nil
}

// NewPhrase is one thing to say, without silence around it.
func NewPhrase(ctx context.Context, speak Speak, text string) (*Track, error) {
	pcm, err := speak(ctx, text)
	if err != nil {
		return nil, fmt.Errorf("load: the callers' voice: %w", err)
	}
	pcm = padded(trimmed(pcm))
	level(pcm)
	var t Track
	t.append(pcm, rand.New(rand.NewPCG(1, 2)))
	return &t, nil
}

// SilentTrack is a second of a line on which nobody speaks.
func SilentTrack() *Track {
	var t Track
	t.append(make([]int16, media.LineRate), rand.New(rand.NewPCG(1, 2)))
	return &t
}

// trimmed leaves out the silence at both ends: a third of the time is to be speech.
func trimmed(pcm []int16) []int16 {
	loud := func(s int16) bool { return s > 100 || s < -100 }
	for len(pcm) > 0 && !loud(pcm[0]) {
		pcm = pcm[1:]
	}
	for len(pcm) > 0 && !loud(pcm[len(pcm)-1]) {
		pcm = pcm[:len(pcm)-1]
	}
	return pcm
}

// padded fills the last frame.
func padded(pcm []int16) []int16 {
	for len(pcm)%media.FrameSamples != 0 {
		pcm = append(pcm, 0)
	}
	return pcm
}

// level brings speech to spokenDBov.
func level(pcm []int16) {
	have, _ := media.ActiveLevelDBov(pcm, media.LineRate)
	gain := math.Pow(10, (spokenDBov-have)/20)
	for i, s := range pcm {
		pcm[i] = int16(max(-32768, min(32767, float64(s)*gain)))
	}
}

func (t *Track) append(pcm []int16, random *rand.Rand) {
	for _, s := range pcm {
		noisy := int32(s) + random.Int32N(2*noisePeak+1) - noisePeak
		t.payload = append(t.payload, g711.EncodeAlawFrame(int16(max(-32768, min(32767, noisy)))))
	}
}

// Frames is the length of the loop in frames of 20 ms.
func (t *Track) Frames() int { return len(t.payload) / frameBytes }

// Frame is the payload of one.
func (t *Track) Frame(i int) []byte { return t.payload[i*frameBytes : (i+1)*frameBytes] }
