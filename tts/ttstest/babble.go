package ttstest

import (
	"math"
	"slices"
)

// Babble is what a made-up server says: for each three letters of the text a syllable of 120 ms with the harmonics of a voice of 130 Hz, and
// 40 ms of silence. It has the rate in Hz, and no speed but its own.
func Babble(text string, rate int) (pcm []int16) {
	const pitch = 130
	length := rate * 120 / 1000
	syllable := make([]int16, length+rate*40/1000)
	for i := range length {
		x := 0.0
		for h := 1.0; h <= 12; h++ {
			x += math.Sin(2*math.Pi*pitch*h*float64(i)/float64(rate)) / h
		}
		syllable[i] = int16(5000 * x * math.Sin(math.Pi*float64(i)/float64(length)))
	}
	return slices.Repeat(syllable, (len([]rune(text))+2)/3)
}
