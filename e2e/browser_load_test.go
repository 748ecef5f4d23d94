package e2e

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"
	"github.com/pion/webrtc/v4/pkg/media"
)

// webCall is a call of a browser's kind without a browser, so that what is measured is the service and not ten renderings of a page: pion,
// Opus, packets of silence.
type webCall struct {
	peer     *webrtc.PeerConnection
	location string

	mu             sync.Mutex
	received, lost int
	last           uint16
	gaps           []time.Duration // between two packets
	came           time.Time
}

func (s *service) webCall(t *testing.T) *webCall {
	t.Helper()
	set := webrtc.SettingEngine{}
	set.SetIncludeLoopbackCandidate(true)
	peer, err := webrtc.NewAPI(webrtc.WithSettingEngine(set)).NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	c := &webCall{peer: peer}
	track, err := webrtc.NewTrackLocalStaticSample(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus}, "audio", "test")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := peer.AddTrack(track); err != nil {
		t.Fatal(err)
	}
	peer.OnTrack(func(remote *webrtc.TrackRemote, _ *webrtc.RTPReceiver) { c.count(remote) })
	offer, err := peer.CreateOffer(nil)
	if err != nil {
		t.Fatal(err)
	}
	gathered := webrtc.GatheringCompletePromise(peer)
	if err := peer.SetLocalDescription(offer); err != nil {
		t.Fatal(err)
	}
	<-gathered
	answer, err := http.Post("http://"+s.http+"/telephone/calls?from=0639980001", "application/sdp", strings.NewReader(peer.LocalDescription().SDP))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(answer.Body)
	if answer.StatusCode != http.StatusCreated {
		t.Fatalf("the call: %d %s", answer.StatusCode, text)
	}
	c.location = "http://" + s.http + answer.Header.Get("Location")
	if err := peer.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: string(text)}); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				_ = track.WriteSample(media.Sample{Data: []byte{0xF8, 0xFF, 0xFE}, Duration: 20 * time.Millisecond}) // 20 ms of silence
			case <-ctx.Done():
				return
			}
		}
	}()
	t.Cleanup(func() { stop(); <-done; _ = peer.GracefulClose() })
	return c
}

func (c *webCall) count(remote *webrtc.TrackRemote) {
	for {
		p, _, err := remote.ReadRTP()
		if err != nil {
			return
		}
		now := time.Now()
		c.mu.Lock()
		if c.received > 0 {
			c.lost += int(p.SequenceNumber-c.last) - 1
			c.gaps = append(c.gaps, now.Sub(c.came))
		}
		c.received, c.last, c.came = c.received+1, p.SequenceNumber, now
		c.mu.Unlock()
	}
}

// TestTenBrowserCallsBesideFifteen: ten calls as browsers make them and fifteen of SIP at once, for a minute: no packet is lost by us.
func TestTenBrowserCallsBesideFifteen(t *testing.T) {
	long(t)
	s := serve(t, t.TempDir(), "--set", "calls.slots=40", "--set", "calls.drain_seconds=1")
	file := filepath.Join(t.TempDir(), "media.json")
	bench := exec.Command(binary, "bench", "media", "--calls", "15", "--rate", "5", "--seconds", "60", "--target", "sip:0970000000@"+s.sip, "--json", file)
	if err := bench.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = bench.Process.Kill() }) // it has ended by itself when all went well
	var calls []*webCall
	for range 10 {
		calls = append(calls, s.webCall(t))
	}
	if err := bench.Wait(); err != nil {
		t.Fatal(err)
	}
	var gaps []time.Duration
	for i, c := range calls {
		c.mu.Lock()
		t.Logf("call %d: %d packets, %d lost", i+1, c.received, c.lost)
		if c.received < 1000 || c.lost != 0 {
			t.Errorf("call %d lost packets", i+1)
		}
		gaps = append(gaps, c.gaps...)
		c.mu.Unlock()
		req, _ := http.NewRequest(http.MethodDelete, c.location, nil)
		if answer, err := http.DefaultClient.Do(req); err == nil {
			answer.Body.Close()
		}
	}
	slices.Sort(gaps)
	at := func(part float64) float64 {
		return float64(gaps[int(part*float64(len(gaps)-1))].Microseconds())/1000 - 20
	}
	t.Logf("between two packets to a browser, from 20 ms: p1 %.1f ms, p50 %.1f ms, p99 %.1f ms, max %.1f ms", at(0.01), at(0.5), at(0.99), at(1))
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("fifteen SIP calls: %s", text)
	var r struct{ Lost, Failed int }
	if err := json.Unmarshal(text, &r); err != nil || r.Lost != 0 || r.Failed != 0 {
		t.Errorf("the SIP calls lost %d packets, %d failed, %v", r.Lost, r.Failed, err)
	}
	eventually(t, 10*time.Second, func() string {
		out, _, _ := program(t, "", "traces", "--json", "--data", s.data)
		var list []struct {
			Line    string
			EndedBy *string `json:"ended_by"`
			Quality *struct{ Loss *float64 }
		}
		decode(t, out, &list)
		n := 0
		for _, tr := range list {
			if tr.Line != "test" || tr.EndedBy == nil {
				continue
			}
			n++
			if tr.Quality == nil || tr.Quality.Loss == nil || *tr.Quality.Loss != 0 {
				t.Errorf("the service missed packets of the gateway: %+v", tr.Quality)
			}
		}
		if n != 10 {
			return "calls of browsers are missing in the traces"
		}
		return ""
	})
}
