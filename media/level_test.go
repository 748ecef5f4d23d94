package media

import (
	"math"
	"testing"
)

func TestLevelDBov(t *testing.T) {
	square := make([]int16, 160)
	for i := range square {
		square[i] = math.MinInt16
	}
	tests := []struct {
		name string
		pcm  []int16
		want float64
	}{
		{"nothing", nil, -127},
		{"digital silence", make([]int16, 160), -127},
		{"full-scale square wave", square, 0},
		{"full-scale sine", tone(8000, 8000, 1000, 32767), -3.01},
		{"sine 40 dB lower", tone(8000, 8000, 1000, 327.67), -43.01},
		{"white noise", noise(80000, -30, seeded(1)), -30},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := LevelDBov(tt.pcm); math.Abs(got-tt.want) > 0.1 {
				t.Errorf("level %.2f dBov, want %.2f", got, tt.want)
			}
		})
	}
}

func TestActiveLevelLeavesPausesOut(t *testing.T) {
	burst, pause := tone(8000, 8000, 500, 3276.8), make([]int16, 24000)
	var pcm []int16
	for range 4 {
		pcm = append(append(pcm, burst...), pause...)
	}
	level, activity := ActiveLevelDBov(pcm, 8000)
	// P.56 keeps 200 ms of hangover and the decay of its envelope inside the activity.
	if level < -24.6 || level > -23 {
		t.Errorf("active level %.2f dBov, want about -23.5", level)
	}
	if activity < 0.25 || activity > 0.36 {
		t.Errorf("activity %.2f, want about 0.3", activity)
	}
	if level, activity := ActiveLevelDBov(make([]int16, 8000), 8000); level != silenceDBov || activity != 0 {
		t.Errorf("silence has level %.1f and activity %.2f", level, activity)
	}
	if level, _ := ActiveLevelDBov(burst, 0); level != silenceDBov {
		t.Errorf("rate 0 gives %.1f", level)
	}
}
