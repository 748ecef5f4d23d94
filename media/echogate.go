package media

import (
	"math"
	"math/bits"
	"sync"
)

// Measures of the echo gate. A frame is 20 ms, a hop 10 ms.
const (
	echoBands  = 8
	echoWindow = 16 // frames of the line that are compared: 320 ms
	echoHop    = FrameSamples / 2
	echoReach  = 60 // hops: the longest way of our voice and back, 600 ms: 300 ms of echo, both jitter buffers and the network
	echoMemory = 128 * echoHop
	echoHops   = 128 // of memory, a power of two
	// echoReturn is the least that an echo is below the voice, dB. Hybrids and loudspeakers leave 18; what is nearer than this was said by somebody.
	echoReturn = 10.0
	// echoSure is the likeness from which sound is our own whatever its way; echoKnown from which it is when the way is known: chance has fewer
	// places to find a likeness in. Measured by TestEchoIsNoCaller and TestACallerOverOurVoice.
	echoSure, echoKnown, echoElsewhere = 0.74, 0.52, 0.88
	// echoLearn is the likeness that teaches the way, echoTaught how often it must have been the same.
	echoLearn, echoTaught = 0.82, 8
	echoSlack             = 2 // hops by which a known way may move
	echoSilentDBov        = -65.0

	// Of a way that is known it is known, too, how loud each band comes back. A room blurs the course of a voice: sound of which little is louder than our
	// voice comes back (the share of amplitude beyond echoTimes what is expected) is our own when it is at all like it, sound of which hardly any is, in any case.
	echoRecent       = 5   // frames of which this is asked: 100 ms
	echoFades        = 0.8 // of a room's tail, power, each hop
	echoTail         = 12  // hops
	echoForgets      = 0.98
	echoTimes        = 1.4
	echoBeyond       = 0.12
	echoLittleBeyond = 0.26
	echoFaintly      = 0.3
	echoLikely       = 0.62 // on another way than the known one
)

// echoEdges bound the bands, in bins of 31.25 Hz: 200 to 3400 Hz, narrower where speech has its energy.
var echoEdges = [echoBands + 1]int{6, 13, 19, 27, 37, 48, 64, 83, 108}

// EchoGate tells our own voice coming back, by a hybrid or a loudspeaker, from a caller. It compares how the loudness of eight bands went
// on the line during the last 320 ms with how it went in what we sent, at every delay up to 600 ms: a way back may colour, delay, bend and
// soften a voice, but its syllables stay where they were. Sound that is not well below our voice is a caller's without further look, as is
// sound at a moment when we had said nothing.
//
// It looks only when it is asked about sound that stands out of the line's noise, and remembers what it worked out: a call in which nobody
// is heard while the voice speaks costs two copies of a frame. The zero value is ready. It is used by one goroutine and allocates nothing.
type EchoGate struct {
	sent     [echoMemory]int16
	sentAt   int                          // samples sent so far
	sentBand [echoHops][echoBands]float32 // by hop
	sentMean [echoHops]float32            // of full scale squared, of the hop's first half frame
	sentDone int                          // hops worked out
	line     [echoWindow][FrameSamples]int16
	lineBand [echoWindow][echoBands]float32
	lineDone [echoWindow]bool
	frames   int // of the line so far

	cameBack, wentOut [echoBands]float64 // power of the line and of our voice with its tail, where the one was beyond doubt the other's echo

	taught [echoReach + 1]uint8 // how often each delay was the likeliest
	way    int                  // the known delay in hops, 0: none (no network is that fast)
	fft    fft256
}

// Sent takes what we send, any number of samples. While nothing is said it is called with silence all the same.
func (g *EchoGate) Sent(pcm []int16) {
	for len(pcm) > 0 {
		at := g.sentAt % echoMemory
		n := copy(g.sent[at:], pcm)
		g.sentAt += n
		pcm = pcm[n:]
	}
}

// Heard takes 20 ms of the line. asked says that they stand out of the noise: then the answer tells whether they are our own voice.
func (g *EchoGate) Heard(pcm []int16, asked bool) (own bool) {
	at := g.frames % echoWindow
	copy(g.line[at][:], pcm)
	g.lineDone[at] = false
	g.frames++
	if !asked {
		return false
	}
	newest := echoHops + g.sentAt/echoHop - 2 // the last hop of which a whole frame was sent; before the first there is a memory of silence
	g.work(newest-2*(echoWindow-1)-echoReach-echoTail, newest)
	if g.loud(newest) {
		return false
	}
	if g.way != 0 {
		likeness, delay := g.likeliest(newest, max(0, g.way-echoSlack), min(echoReach, g.way+echoSlack))
		if likeness >= echoLearn {
			g.learn(delay) // jitter buffers shrink and grow: the way moves
			g.weigh(newest, delay)
		}
		if likeness >= echoKnown {
			return true
		}
		if b := g.beyond(newest, g.way); b < echoBeyond || b < echoLittleBeyond && likeness >= echoFaintly {
			return true
		}
	}
	likeness, delay := g.likeliest(newest, 0, echoReach)
	if likeness >= echoLearn {
		g.learn(delay)
		g.weigh(newest, delay)
	}
	if g.way != 0 { // the way may have changed, as when the call was handed over or a jitter buffer grew; a caller is like our voice somewhere by chance
		return likeness >= echoElsewhere || likeness >= echoLikely && g.beyond(newest, delay) < echoLittleBeyond
	}
	return likeness >= echoSure
}

// Echoes tells whether the line is known to give our voice back.
func (g *EchoGate) Echoes() bool { return g.way != 0 }

// learn counts a delay that was beyond doubt.
func (g *EchoGate) learn(delay int) {
	if g.taught[delay] < 255 {
		g.taught[delay]++
	}
	near := 0
	for d := max(0, delay-1); d <= min(echoReach, delay+1); d++ {
		near += int(g.taught[d])
	}
	if near >= echoTaught {
		g.way = max(1, delay)
	}
}

// weigh learns how loud each band comes back, from the newest frame of the line.
func (g *EchoGate) weigh(newest, d int) {
	line := &g.lineBand[(g.frames-1+echoWindow)%echoWindow]
	for b := range echoBands {
		g.cameBack[b] = echoForgets*g.cameBack[b] + fourth(line[b])
		g.wentOut[b] = echoForgets*g.wentOut[b] + g.withTail(newest-d, b)
	}
}

// withTail is the power of a band of our voice at a hop, as a room keeps it.
func (g *EchoGate) withTail(hop, b int) (most float64) {
	fade := 1.0
	for k := range echoTail {
		most = max(most, fade*fourth(g.sentBand[(hop-k)&(echoHops-1)][b]))
		fade *= echoFades
	}
	return most
}

func fourth(x float32) float64 { return float64(x) * float64(x) * float64(x) * float64(x) }

// beyond is the share of what was heard in the last 100 ms that is louder than our voice comes back by a way, in amplitude; 1 while it is not known how loud
// that is.
func (g *EchoGate) beyond(newest, way int) float64 {
	var all, beyond float64
	for b := range echoBands {
		if g.wentOut[b] == 0 {
			return 1
		}
		back := g.cameBack[b] / g.wentOut[b]
		for i := range echoRecent {
			heard := math.Sqrt(fourth(g.lineBand[(g.frames-1-i+echoWindow)%echoWindow][b]))
			expected := 0.0
			for d := way - 1; d <= way+1; d++ {
				expected = max(expected, g.withTail(newest-d-2*i, b))
			}
			all += heard
			beyond += max(0, heard-echoTimes*math.Sqrt(back*expected))
		}
	}
	return beyond / max(all, 1)
}

// work makes sure that the bands of all that is compared are worked out.
func (g *EchoGate) work(oldest, newest int) {
	for h := max(oldest, g.sentDone, echoHops); h <= newest; h++ {
		var frame [FrameSamples]int16
		for i := range frame {
			frame[i] = g.sent[(h*echoHop+i)%echoMemory]
		}
		g.sentMean[h%echoHops] = g.fft.bands(frame[:], &g.sentBand[h%echoHops])
	}
	g.sentDone = max(g.sentDone, newest+1)
	for i := range g.line {
		if !g.lineDone[i] {
			g.fft.bands(g.line[i][:], &g.lineBand[i])
			g.lineDone[i] = true
		}
	}
}

// loud tells whether the last 100 ms of the line are too loud for an echo of what we sent, or we had sent nothing.
func (g *EchoGate) loud(newest int) bool {
	const recent = 5 // frames
	var line, voice float64
	for i := 1; i <= recent; i++ {
		f := &g.line[(g.frames-i+echoWindow)%echoWindow]
		for _, s := range f {
			line += float64(s) * float64(s)
		}
	}
	line /= recent * FrameSamples
	from, to := newest-echoReach-2*recent, newest
	if g.way != 0 {
		from, to = newest-g.way-echoSlack-2*recent, newest-max(0, g.way-echoSlack)
	}
	for h := from; h <= to; h++ {
		if h >= 0 {
			voice = max(voice, float64(g.sentMean[h%echoHops]))
		}
	}
	if powerDBov(voice) < echoSilentDBov {
		return true
	}
	// One hop's level is the voice's peak, a few dB above the mean of 100 ms of echo: the bound is on the generous side.
	return powerDBov(line) > powerDBov(voice)-echoReturn
}

// likeliest is the delay from one to another at which the line is most like our voice.
func (g *EchoGate) likeliest(newest, from, to int) (likeness float32, delay int) {
	likeness = -1
	for d := from; d <= to; d++ {
		if l := g.alike(newest, d); l > likeness {
			likeness, delay = l, d
		}
	}
	return likeness, delay
}

// alike is the correlation of the bands' course on the line with that of our voice d hops earlier, -1 to 1, each band's mean left out.
func (g *EchoGate) alike(newest, d int) float32 {
	var xy, xx, yy float32
	for b := range echoBands {
		var sx, sy, sxy, sxx, syy float32
		for i := range echoWindow {
			x := g.lineBand[(g.frames-1-i+echoWindow)%echoWindow][b]
			y := g.sentBand[(newest-d-2*i)&(echoHops-1)][b]
			sx, sy, sxy, sxx, syy = sx+x, sy+y, sxy+x*y, sxx+x*x, syy+y*y
		}
		const n = 1.0 / echoWindow
		xy, xx, yy = xy+sxy-sx*sy*n, xx+sxx-sx*sx*n, yy+syy-sy*sy*n
	}
	if xx <= 0 || yy <= 0 {
		return -1
	}
	return xy / float32(math.Sqrt(float64(xx)*float64(yy)))
}

// fft256 is the room in which the loudness of bands is worked out.
type fft256 struct{ re, im [fftSize]float32 }

const fftSize = 256

// fftTables are the same for all.
type fftTables struct {
	window   [FrameSamples]float32
	cos, sin [fftSize / 2]float32
	rev      [fftSize]uint8
}

var echoTables = sync.OnceValue(func() *fftTables {
	t := &fftTables{}
	for i := range t.window {
		t.window[i] = float32(0.5 - 0.5*math.Cos(2*math.Pi*(float64(i)+0.5)/FrameSamples))
	}
	for i := range t.cos {
		x := 2 * math.Pi * float64(i) / fftSize
		t.cos[i], t.sin[i] = float32(math.Cos(x)), float32(-math.Sin(x))
	}
	for i := range t.rev {
		t.rev[i] = bits.Reverse8(uint8(i))
	}
	return t
})

// bands puts the loudness of a frame's bands (the fourth root of their power) into out and returns the frame's mean square.
func (f *fft256) bands(frame []int16, out *[echoBands]float32) float32 {
	t := echoTables()
	var sum float32
	clear(f.im[:])
	clear(f.re[:])
	for i, s := range frame {
		v := float32(s)
		sum += v * v
		f.re[t.rev[i]] = v * t.window[i]
	}
	for size := 2; size <= fftSize; size *= 2 {
		half, step := size/2, fftSize/size
		for from := 0; from < fftSize; from += size {
			for k := range half {
				c, s := t.cos[k*step], t.sin[k*step]
				a, b := from+k, from+k+half
				re, im := f.re[b]*c-f.im[b]*s, f.re[b]*s+f.im[b]*c
				f.re[b], f.im[b] = f.re[a]-re, f.im[a]-im
				f.re[a], f.im[a] = f.re[a]+re, f.im[a]+im
			}
		}
	}
	for b := range echoBands {
		var p float32
		for k := echoEdges[b]; k < echoEdges[b+1]; k++ {
			p += f.re[k]*f.re[k] + f.im[k]*f.im[k]
		}
		out[b] = float32(math.Sqrt(math.Sqrt(float64(p))))
	}
	return sum / float32(len(frame))
}
