package pieces

import "github.com/acotel/acotel-sbc/media"

// cutFrame is how finely CutAtSilences looks, ms.
const cutFrame = 20

// CutAtSilences parts pcm, rate samples a second, into pieces of at most longest
// samples, in the middle of the quietest moment of each piece's second half. The
// pieces share pcm's memory.
func CutAtSilences(pcm []int16, rate, longest int) [][]int16 {
	frame := max(1, rate*cutFrame/1000)
	longest = max(longest, 4*frame)
	var out [][]int16
	for len(pcm) > longest {
		at, least := longest, 0.0
		// Half a second of quiet is a pause between sentences; a shorter one is inside a word.
		window := max(1, min(rate/2, longest/4)/frame)
		var power []float64
		for i := longest / 2; i+frame <= longest; i += frame {
			power = append(power, media.LevelDBov(pcm[i:i+frame]))
		}
		for i := 0; i+window <= len(power); i++ {
			loudest := power[i]
			for _, p := range power[i : i+window] {
				loudest = max(loudest, p)
			}
			if loudest < least {
				at, least = longest/2+(i+window/2)*frame, loudest
			}
		}
		out = append(out, pcm[:at])
		pcm = pcm[at:]
	}
	return append(out, pcm)
}
