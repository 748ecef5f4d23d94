package silero

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/acotel/acotel-sbc/models"
	"github.com/acotel/acotel-sbc/onnx"
)

// both opens the network by our arithmetic and by ONNX Runtime.
func both(t testing.TB) (*kernel, *network) {
	t.Helper()
	dirs := models.Folders("")
	rt, err := onnx.Load(dirs...)
	if err != nil {
		t.Skip("make setup fetches the network:", err)
	}
	path, err := models.Find(models.SileroVAD, dirs...)
	if err != nil {
		t.Skip("make setup fetches the network:", err)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	n, err := newNetwork(rt, file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.close() })
	k, err := newKernel(file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { k.close() })
	return k, n
}

// Over half a minute of sounds of all levels, in batches of all sizes, both agree.
func TestKernelAgreesWithONNXRuntime(t *testing.T) {
	k, n := both(t)
	random := rand.New(rand.NewPCG(7, 7))
	const lines = 16
	var ours, theirs [lines]step
	worst, phase, spoken := 0.0, 0.0, 0
	for i := range 1000 {
		size := 1 + i%lines
		var a, b []*step
		for l := range size {
			loud, pitch := math.Pow(10, -4+4*random.Float64()), 80+300*random.Float64()
			for j := range ours[l].input {
				phase += 2 * math.Pi * pitch / sampleRate
				v := 0.0
				for h := 1.0; h < 12; h++ {
					v += math.Sin(phase*h) / h
				}
				ours[l].input[j] = float32(loud * (v/2 + 0.2*random.NormFloat64()))
			}
			theirs[l].input = ours[l].input
			a, b = append(a, &ours[l]), append(b, &theirs[l])
		}
		if err := k.do(a); err != nil {
			t.Fatal(err)
		}
		if err := n.do(b); err != nil {
			t.Fatal(err)
		}
		for l := range size {
			worst = max(worst, math.Abs(float64(ours[l].probability-theirs[l].probability)))
			if ours[l].probability > 0.5 {
				spoken++
			}
			for half := range ours[l].state {
				for j, v := range ours[l].state[half] {
					if d := math.Abs(float64(v - theirs[l].state[half][j])); d > 1e-3 {
						t.Fatalf("run %d, line %d: state %d,%d differs by %v", i, l, half, j, d)
					}
				}
			}
		}
	}
	t.Logf("probabilities differ by %.1e at most; %d of 8500 above 0.5", worst, spoken)
	if worst > 1e-4 {
		t.Errorf("probabilities differ by %v", worst)
	}
}

func TestKernelRefusesOtherFiles(t *testing.T) {
	t.Parallel()
	for name, file := range map[string][]byte{"empty": nil, "no protobuf": []byte("\xff\xff\xff"), "no constants": {modelGraph<<3 | 2, 0}} {
		if _, err := newKernel(file); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

// For comparison with BenchmarkStep.
func BenchmarkONNXRuntimeStep(b *testing.B) {
	_, k := both(b)
	for _, size := range batchSizes {
		b.Run(fmt.Sprintf("of %d", size), func(b *testing.B) {
			steps := make([]*step, size)
			for i := range steps {
				steps[i] = &step{}
			}
			b.ReportAllocs()
			n := 0
			for ; b.Loop(); n += size {
				if err := k.do(steps); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/step")
		})
	}
}
