package silero

import (
	"fmt"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/acotel/acotel-sbc/media"
)

// processor is the processor time that the process has used, on all cores.
func processor(t testing.TB) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// thirds is 9 s of a line on which somebody speaks a third of the time.
func thirds(t testing.TB) []int16 {
	var speech []int16
	for _, p := range corpus(t)[8:12] {
		speech = append(speech, at(p, -22)...)
	}
	speech = speech[:min(len(speech), 3*rate)]
	r := seeded(5)
	noise := sound(9, -62, func(int) float64 { return r.NormFloat64() })
	return line(mix(noise, slices.Concat(make([]int16, 2*rate), speech, make([]int16, 9*rate-2*rate-len(speech)))))
}

// BenchmarkFrame is what 20 ms of one line cost on the call's clock alone, and BenchmarkLines what they cost in all, the worker with it, when
// many lines share it.
func BenchmarkFrame(b *testing.B) {
	m := open(b)
	quiet, loud := make([]int16, rate), at(corpus(b)[10], -20)
	for name, pcm := range map[string][]int16{"gate closed": quiet, "gate open": loud} {
		b.Run(name, func(b *testing.B) {
			l := m.Line()
			vad := media.NewVAD(media.VADConfig{Model: l})
			b.ReportAllocs()
			for i := 0; b.Loop(); i = (i + media.FrameSamples) % (len(pcm) - media.FrameSamples) {
				vad.Process(pcm[i : i+media.FrameSamples])
			}
			l.settle(b)
		})
	}
}

func BenchmarkLines(b *testing.B) {
	for _, n := range []int{15, 300} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			m := open(b)
			pcm := thirds(b)
			frames := len(pcm) / media.FrameSamples
			vads, lines := make([]*media.VAD, n), make([]*Line, n)
			for i := range vads {
				lines[i] = m.Line()
				vads[i] = media.NewVAD(media.VADConfig{Model: lines[i]})
			}
			before, tick := processor(b), 0
			for b.Loop() {
				for i, v := range vads {
					at := (tick + i*frames/n) % frames * media.FrameSamples
					v.Process(pcm[at : at+media.FrameSamples])
				}
				if tick++; tick%8 == 0 { // as much as the worker would be given time for
					for _, l := range lines {
						for l.working() {
							time.Sleep(200 * time.Microsecond)
						}
					}
				}
			}
			for _, l := range lines {
				l.settle(b)
			}
			heard := time.Duration(tick*n) * media.FrameDuration
			b.ReportMetric(100*float64(processor(b)-before)/float64(heard), "%core/line")
			b.ReportMetric(float64(m.Stats().Steps)*0.032/heard.Seconds(), "judged/heard")
		})
	}
}
