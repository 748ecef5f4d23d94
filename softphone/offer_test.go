package softphone

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/pion/webrtc/v4"
)

// TestEachBrowsersOpus: whatever a browser declares of its Opus there is a voice and not keys alone, and it is told what we play.
func TestEachBrowsersOpus(t *testing.T) {
	for name, fmtp := range map[string]string{
		"Chromium, Safari":            "minptime=10;useinbandfec=1",
		"Firefox":                     "maxplaybackrate=48000;stereo=1;useinbandfec=1",
		"Firefox, silence left out":   "maxplaybackrate=48000;stereo=1;useinbandfec=1;usedtx=1",
		"no copies, packets of 20 ms": "minptime=20;useinbandfec=0",
		"nothing":                     "",
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, nil)
			b, offer := r.offer(codecOpus)
			defer func() { _ = b.peer.GracefulClose(); b.wait.Wait() }()
			line := "a=fmtp:111 " + opusMatch + "\r\n"
			if !strings.Contains(offer, line) {
				t.Fatalf("the offer has no line %q:\n%s", line, offer)
			}
			want := ""
			if fmtp != "" {
				want = "a=fmtp:111 " + fmtp + "\r\n"
			}
			answer := r.post(nil, strings.Replace(offer, line, want, 1))
			defer answer.Body.Close()
			text, _ := io.ReadAll(answer.Body)
			if answer.StatusCode != http.StatusCreated {
				t.Fatalf("%d %s", answer.StatusCode, text)
			}
			for _, part := range []string{"opus/48000/2", "telephone-event/8000", opusFormat} {
				if !strings.Contains(string(text), part) {
					t.Errorf("the answer lacks %q:\n%s", part, text)
				}
			}
			if err := b.peer.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: string(text)}); err != nil {
				t.Fatal(err)
			}
			if p := wait(t, "packet of sound", b.packets); p.PayloadType != 111 {
				t.Errorf("payload type %d", p.PayloadType)
			}
		})
	}
}
