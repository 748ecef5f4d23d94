package media

import (
	"math"
	"testing"
)

// Points of the E-model: R 93.2 is MOS 4.41 and R 50 is 2.58 (ITU-T G.107 annex B); the delay costs what its figure shows for
// the default echo loss.
func TestEModel(t *testing.T) {
	for _, tt := range []struct{ r, want float64 }{{93.2, 4.41}, {80, 4.02}, {70, 3.60}, {60, 3.10}, {50, 2.58}, {0, 1}, {-10, 1}} {
		if got := mosOf(tt.r); math.Abs(got-tt.want) > 0.006 {
			t.Errorf("R %.1f: MOS %.3f, want %.2f", tt.r, got, tt.want)
		}
	}
	for _, tt := range []struct{ ms, r, within float64 }{{0, 93.2, 0.1}, {100, 90.5, 1.5}, {150, 89.5, 1.5}, {250, 80, 3}, {400, 63, 5}} {
		if got := eModelRo - eModelIs - delayImpairment(tt.ms); math.Abs(got-tt.r) > tt.within {
			t.Errorf("%.0f ms: R %.1f, want about %.1f", tt.ms, got, tt.r)
		}
	}
	for _, tt := range []struct{ loss, bpl, want float64 }{{0, bplPlain, 4.41}, {1, bplPlain, 3.83}, {5, bplPlain, 2.08}, {5, bplConcealed, 3.93}, {10, bplConcealed, 3.4}, {100, bplConcealed, 1.2}} {
		if got := eModelMOS(tt.loss, tt.bpl, 0); math.Abs(got-tt.want) > 0.15 {
			t.Errorf("%.0f %% lost, Bpl %.1f: MOS %.2f, want %.2f", tt.loss, tt.bpl, got, tt.want)
		}
	}
}

func TestMOSFallsWithLossAndDelay(t *testing.T) {
	for _, bpl := range []float64{bplPlain, bplConcealed} {
		last := 5.0
		for loss := 0.0; loss <= 100; loss++ {
			got := eModelMOS(loss, bpl, 60+10*loss)
			if got > last || got < 1 || math.IsNaN(got) {
				t.Fatalf("%.0f %% lost: %.2f after %.2f", loss, got, last)
			}
			last = got
		}
	}
}

func TestMOSOfBothWays(t *testing.T) {
	if _, ok := (Stats{PacketsReceived: 10}).MOS(); ok {
		t.Error("ten packets tell nothing")
	}
	if _, ok := (Stats{PacketsSent: 5000}).RemoteMOS(); ok {
		t.Error("a peer that reports nothing tells nothing")
	}
	good := Stats{PacketsReceived: 1000, DelayMS: 40, RemoteReports: 3, RemoteExpected: 1000, RemoteLost: -2}
	bad := Stats{PacketsReceived: 900, Lost: 100, DelayMS: 40, RTTMS: 300, RemoteReports: 3, RemoteExpected: 1000, RemoteLost: 100, RemoteJitterMS: 80}
	for _, way := range []struct {
		name string
		mos  func(Stats) (float64, bool)
	}{{"heard", Stats.MOS}, {"sent", Stats.RemoteMOS}} {
		if mos, ok := way.mos(good); !ok || mos < 4.3 {
			t.Errorf("%s, a good call: %.2f, %v", way.name, mos, ok)
		}
		if mos, ok := way.mos(bad); !ok || mos > 3.5 {
			t.Errorf("%s, a tenth lost: %.2f, %v", way.name, mos, ok)
		}
	}
	if l := bad.Loss(); l != 0.1 {
		t.Errorf("loss %v", l)
	}
	if l := bad.RemoteLoss(); l != 0.1 {
		t.Errorf("loss at the peer %v", l)
	}
}
