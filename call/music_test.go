package call

import (
	"math"
	"testing"

	"github.com/acotel/acotel-sbc/media"
)

// TestMusic: a minute that neither shouts nor falls silent, and joins at its ends.
func TestMusic(t *testing.T) {
	t.Parallel()
	pcm := music()
	if s := len(pcm) / media.LineRate; s < 55 || s > 70 {
		t.Errorf("%d s", s)
	}
	if l := media.LevelDBov(pcm); math.Abs(l-musicLevelDB) > 1.5 {
		t.Errorf("mean level %.1f dBov", l)
	}
	peak, steepest := 0, 0
	for i, v := range pcm[1:] {
		peak = max(peak, int(v), -int(v))
		steepest = max(steepest, int(v)-int(pcm[i]), int(pcm[i])-int(v))
	}
	if peak > 12000 {
		t.Errorf("peak %d", peak)
	}
	if seam := int(pcm[0]) - int(pcm[len(pcm)-1]); max(seam, -seam) > steepest/2 {
		t.Errorf("a click of %d at the seam, %d is the steepest elsewhere", seam, steepest)
	}
	for at := 0; at+media.LineRate <= len(pcm); at += media.LineRate {
		if l := media.LevelDBov(pcm[at : at+media.LineRate]); l < -40 || l > -18 {
			t.Errorf("second %d has %.1f dBov", at/media.LineRate, l)
		}
	}
}
