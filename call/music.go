package call

import (
	"math"
	"sync"

	"github.com/acotel/acotel-sbc/media"
)

// The music of the waiting room: our own, made here and nowhere recorded, so that
// nobody has to be asked or paid (C5, T2). A slow harp in F, sixteen bars that join
// at their ends; it keeps to the band of a telephone and below the level of speech.
const (
	beatSamples  = media.LineRate * 60 / 63 // 63 beats a minute
	beatsPerBar  = 4
	musicLevelDB = -27.0 // dBov, mean: a voice has about -20
)

// bars are the chords, as MIDI notes from the bass up, and the two notes of the
// melody above each; 0 is a rest.
var bars = [...]struct {
	chord  [4]int
	melody [2]int
}{
	{[4]int{53, 60, 65, 69}, [2]int{72, 69}}, // F
	{[4]int{52, 60, 64, 67}, [2]int{67, 72}}, // C over E
	{[4]int{50, 57, 62, 65}, [2]int{77, 74}}, // D minor
	{[4]int{57, 60, 64, 69}, [2]int{76, 72}}, // A minor
	{[4]int{58, 62, 65, 70}, [2]int{74, 77}}, // B flat
	{[4]int{57, 60, 65, 69}, [2]int{72, 69}}, // F over A
	{[4]int{55, 62, 67, 70}, [2]int{70, 74}}, // G minor
	{[4]int{48, 60, 64, 67}, [2]int{72, 67}}, // C
	{[4]int{53, 60, 65, 69}, [2]int{81, 77}}, // F
	{[4]int{52, 60, 64, 67}, [2]int{79, 76}}, // C over E
	{[4]int{50, 57, 62, 65}, [2]int{77, 81}}, // D minor
	{[4]int{48, 57, 60, 65}, [2]int{72, 77}}, // F over C
	{[4]int{58, 62, 65, 70}, [2]int{74, 70}}, // B flat
	{[4]int{55, 62, 67, 70}, [2]int{70, 74}}, // G minor
	{[4]int{48, 58, 64, 67}, [2]int{76, 72}}, // C seventh
	{[4]int{53, 60, 65, 69}, [2]int{77, 0}},  // F
}

// broken is the order in which a bar's eight quavers go through the chord; 4 is its
// second note an octave up.
var broken = [8]int{0, 1, 2, 3, 4, 3, 2, 1}

// music gives the piece, 16-bit mono at media.LineRate; it is made once.
var music = sync.OnceValue(compose)

// compose plays the bars into a ring: what still sounds at the end sounds on at the
// beginning.
func compose() []int16 {
	ring := make([]float64, len(bars)*beatsPerBar*beatSamples)
	for i, bar := range bars {
		at := i * beatsPerBar * beatSamples
		for q, n := range broken {
			note := bar.chord[n%4]
			if n == 4 {
				note = bar.chord[1] + 12
			}
			pluck(ring, at+q*beatSamples/2, note, 0.5)
		}
		for h, note := range bar.melody {
			if note > 0 {
				pluck(ring, at+h*2*beatSamples, note, 1)
			}
		}
	}
	return quantise(room(ring))
}

// pluck adds one string: partials that fade the faster the higher they are, none
// outside of the telephone's band.
func pluck(ring []float64, at, midi int, gain float64) {
	const (
		partials = 5
		seconds  = 3
		attack   = media.LineRate * 6 / 1000
		highest  = 3300.0 // Hz
	)
	base := 440 * math.Pow(2, float64(midi-69)/12)
	for k := 1; k <= partials && base*float64(k) < highest; k++ {
		w := 2 * math.Pi * base * float64(k) / media.LineRate
		level := gain / math.Pow(float64(k), 1.4)
		decay := math.Exp(-(1.2 + 0.8*float64(k)) / media.LineRate)
		// sin by its recurrence: y(n) = 2 cos(w) y(n-1) - y(n-2)
		last, before, c := 0.0, -math.Sin(w), 2*math.Cos(w)
		for n := range seconds * media.LineRate {
			onset := 1.0
			if n < attack {
				onset = 0.5 - 0.5*math.Cos(math.Pi*float64(n)/attack)
			}
			ring[(at+n)%len(ring)] += onset * level * last
			level *= decay
			last, before = c*last-before, last
		}
	}
}

// room adds a few early reflections, so that the strings stand in a room.
func room(dry []float64) []float64 {
	wet := make([]float64, len(dry))
	for _, r := range [...]struct {
		ms   int
		gain float64
	}{{0, 1}, {97, 0.28}, {171, 0.2}, {263, 0.14}, {389, 0.09}} {
		delay := r.ms * media.LineRate / 1000
		for n, v := range dry {
			wet[(n+delay)%len(wet)] += r.gain * v
		}
	}
	return wet
}

// quantise brings the piece to musicLevelDB and to 16 bits.
func quantise(ring []float64) []int16 {
	var power float64
	for _, v := range ring {
		power += v * v
	}
	gain := math.MaxInt16 * math.Pow(10, musicLevelDB/20) / math.Sqrt(power/float64(len(ring)))
	pcm := make([]int16, len(ring))
	for i, v := range ring {
		pcm[i] = int16(max(math.MinInt16, min(math.MaxInt16, math.Round(gain*v))))
	}
	return pcm
}
