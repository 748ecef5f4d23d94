package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"gonum.org/v1/gonum/stat"
)

// seen lets a test see the page's connection.
const seen = `{ const Peer = RTCPeerConnection; window.RTCPeerConnection = class extends Peer { constructor(c) { super(c); window.peer = this; } }; } 0`

// measured is what a browser says of what it hears.
type measured struct {
	Received  int     `json:"packetsReceived"`
	Lost      int     `json:"packetsLost"`
	Samples   float64 `json:"totalSamplesReceived"`
	Concealed float64 `json:"concealedSamples"`
	Buffer    float64 `json:"jitterBufferDelay"` // seconds, of all samples together
	Emitted   float64 `json:"jitterBufferEmittedCount"`
}

func (b *tab) measured() (m measured) {
	b.t.Helper()
	js[any](b, `window.found = ''; peer.getStats().then((all) => { for (const r of all.values()) if (r.type === 'inbound-rtp') window.found = JSON.stringify(r); }); 0`)
	eventually(b.t, 30*time.Second, func() string {
		if js[string](b, `window.found`) == "" {
			return "the browser tells nothing of what it heard: " + b.text("#state")
		}
		return ""
	})
	if err := json.Unmarshal([]byte(js[string](b, `window.found`)), &m); err != nil {
		b.t.Fatal(err)
	}
	return m
}

// inTheBackground starts Chromium with what is left of the machine by others: ten testers bring ten machines, and their pages shall not take this
// one from the service. As root Chromium would put its sound before everything else.
func inTheBackground(t *testing.T) chromedp.ExecAllocatorOption {
	t.Helper()
	name := filepath.Join(t.TempDir(), "chromium")
	script := "#!/bin/sh\n[ \"$(id -u)\" != 0 ] || as='setpriv --bounding-set -sys_nice'\nexec $as nice -n 19 '" + peer(t, "chromium") + "' \"$@\"\n"
	if err := os.WriteFile(name, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	return chromedp.ExecPath(name)
}

// TestTenTabsBesideFifteen: ten tabs of one Chromium on the echo line, which talk all the time, and fifteen SIP calls at once, for a minute: no
// packet is lost by us. What the browser itself makes of it on a small machine is told.
func TestTenTabsBesideFifteen(t *testing.T) {
	long(t)
	cert, key := selfSigned(t)
	s := serveEcho(t, "http: {certificate: "+cert+", key: "+key+"}\n", "--set", "calls.slots=40", "--set", "calls.drain_seconds=1")
	parts := []string{"~1"}
	for range 60 {
		parts = append(parts, "je cherche un atelier mémoire à Avignon", "~1")
	}
	page := "https://" + s.http + "/telephone" // in clear a browser opens six connections to a server, and each call keeps one
	first := browseAt(t, page, sentence(t, parts...), chromedp.IgnoreCertErrors, inTheBackground(t))
	var tabs []*tab
	for i := range 10 {
		b := first
		if i > 0 {
			b = first.another(page)
		}
		tabs = append(tabs, b)
		b.do(chromedp.WaitEnabled("#call"))
		js[any](b, seen)
		js[any](b, `document.getElementById('line').value = '`+echoNumber+`'; 0`)
		b.call()
	}
	stop := first.costs(s)
	before := s.scrape()
	file := filepath.Join(t.TempDir(), "media.json")
	bench := exec.Command(binary, "bench", "media", "--calls", "15", "--rate", "5", "--seconds", "60", "--target", "sip:0970000000@"+s.sip, "--json", file)
	if out, err := bench.CombinedOutput(); err != nil {
		t.Fatalf("bench: %v\n%s", err, out)
	}
	browser, service, table := stop()
	t.Logf("%.0f %% of a core for the browser, %.0f %% for the service\n%s", browser, service, table)
	now := s.scrape()
	for i, b := range tabs {
		b.until("talking", time.Second)
		m := b.measured()
		t.Logf("tab %d: %d packets, %d lost, %.1f %% of the sound made up, %.0f ms in the browser's jitter buffer", i+1, m.Received, m.Lost, 100*m.Concealed/m.Samples, 1000*m.Buffer/m.Emitted)
		if m.Lost != 0 {
			t.Errorf("tab %d misses %d packets", i+1, m.Lost)
		}
	}
	for name, v := range now {
		if strings.HasPrefix(name, "acotel_softphone_") {
			t.Logf("%s %v", name, v)
		}
		if strings.HasPrefix(name, "acotel_softphone_packets_lost_total") && v != 0 {
			t.Errorf("%s %v", name, v)
		}
	}
	const out = `acotel_softphone_packets_total{direction="out",leg="browser"}`
	if sent := now[out] - before[out]; sent < 10*50*60*0.99 { // fifty a second to each, for the minute of the SIP calls
		t.Errorf("%.0f packets were sent to the browser", sent)
	}
	for _, b := range tabs {
		b.hangup()
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var r struct{ Lost, Failed int }
	if err := json.Unmarshal(text, &r); err != nil || r.Lost != 0 || r.Failed != 0 {
		t.Errorf("the SIP calls lost %d packets, %d failed, %v", r.Lost, r.Failed, err)
	}
	t.Logf("fifteen SIP calls: %s", text)
}

// TestBrowserMouthToEar measures how long the tester's words need through Chromium, the gateway, the echo line and back into Chromium's ear, its own
// encoder and jitter buffer included: microphone and loudspeaker are recorded on one clock in the page, and their loudness is compared.
func TestBrowserMouthToEar(t *testing.T) {
	long(t)
	s := serveEcho(t, "")
	parts := []string{"~4"}
	for _, word := range strings.Fields("Avignon Bollène Montpellier Orange Nîmes Carpentras Béziers Cavaillon") {
		parts = append(parts, word, "~1.3")
	}
	for _, codec := range []string{"opus", "PCMA"} {
		t.Run(codec, func(t *testing.T) {
			b := browse(t, s, sentence(t, parts...))
			b.do(chromedp.WaitEnabled("#call"))
			js[any](b, seen)
			js[any](b, `{ const get = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices); navigator.mediaDevices.getUserMedia = async (c) => (window.mic = await get(c)); } 0`)
			js[any](b, `document.getElementById('line').value = '`+echoNumber+`'; document.getElementById('codec').value = '`+codec+`'; 0`)
			b.call()
			js[any](b, `{ window.levels = [[], []];
				const context = new AudioContext({ sampleRate: 48000 }), merger = context.createChannelMerger(2), node = context.createScriptProcessor(1024, 2, 1);
				context.createMediaStreamSource(mic).connect(merger, 0, 0);
				context.createMediaStreamSource(document.getElementById('audio').srcObject).connect(merger, 0, 1);
				node.onaudioprocess = (e) => { for (const side of [0, 1]) { const pcm = e.inputBuffer.getChannelData(side);
					for (let i = 0; i < pcm.length; i += 64) levels[side].push(pcm.subarray(i, i + 64).reduce((m, v) => Math.max(m, Math.abs(v)), 0)); } };
				merger.connect(node); node.connect(context.destination); } 0`)
			const step = 64.0 / 48 // ms
			eventually(t, time.Minute, func() string {
				if n := js[int](b, `levels[0].length`); n < int(18000/step) {
					return fmt.Sprintf("%d steps recorded", n)
				}
				return ""
			})
			mic, ear := js[[]float64](b, `levels[0]`), js[[]float64](b, `levels[1]`)
			delay, fits := lag(mic, ear, int(1500/step))
			m := b.measured()
			t.Logf("%s: %.0f ms from the mouth to the ear and back, fit %.2f; of it %.0f ms in the browser's jitter buffer; %d packets, %d lost", codec, float64(delay)*step, fits, 1000*m.Buffer/m.Emitted, m.Received, m.Lost)
			if fits < 0.4 { // something else comes to 0.1; a delay that changes on a busy machine costs some of it
				t.Errorf("what came back is not what was said: fit %.2f", fits)
			}
			b.hangup()
		})
	}
}

// lag is by how many steps b follows a, at most so many, and how alike they are then (their correlation, at most 1).
func lag(a, b []float64, most int) (steps int, fits float64) {
	n := min(len(a), len(b)) - most
	for d := range most {
		if r := stat.Correlation(a[:n], b[d:d+n], nil); r > fits {
			steps, fits = d, r
		}
	}
	return steps, fits
}
