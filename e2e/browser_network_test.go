package e2e

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// TestBrowserOnPlainHTTPFromElsewhere: by another name than this machine's the page is closed without a link, and browsers give it no microphone:
// it says so and what to do, and a call by keys is made all the same, over one UDP port.
func TestBrowserOnPlainHTTPFromElsewhere(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir(), "--set", "softphone.ports="+strconv.Itoa(freePort(t)), "--set", "http.debug=true")
	before := s.residue()
	_, web, _ := net.SplitHostPort(s.http)
	page := "http://telephone.test:" + web
	b := browseAt(t, page+"/telephone", "", chromedp.Flag("host-resolver-rules", "MAP telephone.test 127.0.0.1"))
	if text := b.text("main"); !strings.Contains(text, "Il faut un lien") {
		t.Errorf("without a link the page says %q", text)
	}
	out, errOut, code := program(t, "", "softphone", "link", "--data", s.data, "--url", page, "--json")
	if code != 0 {
		t.Fatalf("softphone link: %d %s", code, errOut)
	}
	var link struct{ URL string }
	decode(t, out, &link)
	b.do(chromedp.Navigate(link.URL), chromedp.Click("#enter button"))
	const why = "Les navigateurs ne donnent pas le micro à une page ouverte en clair"
	eventually(t, 10*time.Second, func() string { return lacks(b.text("#problem"), why) })
	if js[bool](b, `window.isSecureContext`) {
		t.Fatal("the browser takes the page for secure: nothing is shown by this")
	}
	b.do(chromedp.WaitEnabled("#call"), chromedp.Click("#call"))
	b.until("idle", 10*time.Second)
	if text := b.text("#problem"); !strings.Contains(text, why) || !strings.Contains(text, "https") || !strings.Contains(text, "http.certificate") {
		t.Errorf("the page says %q", text)
	}
	b.do(chromedp.Click("#call-deaf"))
	b.until("talking", 30*time.Second)
	b.press("84000#")
	b.said("caller", "[touches 84000", 20*time.Second)
	b.hangup()
	s.nothingLeft(t, before)
}

// turnServer starts Debian's coturn on loopback.
func turnServer(t *testing.T) (address string) {
	t.Helper()
	path, libs := filepath.Join("..", ".cache", "coturn", "usr", "bin", "turnserver"), ""
	if _, err := os.Stat(path); err == nil {
		dirs, _ := filepath.Glob(filepath.Join("..", ".cache", "coturn", "usr", "lib", "*-linux-gnu"))
		libs = strings.Join(dirs, ":")
	} else if path, err = exec.LookPath("turnserver"); err != nil {
		t.Fatal("coturn is missing: run scripts/coturn.sh")
	}
	port, dir := strconv.Itoa(freePort(t)), t.TempDir()
	cmd := exec.Command(path, "-n", "--listening-ip", "127.0.0.1", "--relay-ip", "127.0.0.1", "--listening-port", port, "--allow-loopback-peers", "--no-cli", "--no-tls", "--no-dtls",
		"--lt-cred-mech", "--user", "acotel:secret", "--realm", "acotel.test", "--userdb", filepath.Join(dir, "users"), "--pidfile", filepath.Join(dir, "pid"), "--log-file", "stdout", "--simple-log", "-v")
	cmd.Env = append(os.Environ(), "LD_LIBRARY_PATH="+libs)
	address = net.JoinHostPort("127.0.0.1", port)
	listens(t, process(t, cmd), address).Close()
	return address
}

// relayed makes the page's calls use relays alone, and lets a test see their connection.
const relayed = `{ const Peer = RTCPeerConnection; window.RTCPeerConnection = class extends Peer { constructor(c) { super({ ...c, iceTransportPolicy: 'relay' }); window.peer = this; } }; } 0`

// way tells by which kinds of addresses the page's call goes, ours second, and over what the browser reaches its relay.
const way = `window.found = ''; peer.getStats().then((all) => { for (const t of all.values()) if (t.type === 'transport' && t.selectedCandidatePairId) {
	const pair = all.get(t.selectedCandidatePairId), local = all.get(pair.localCandidateId), remote = all.get(pair.remoteCandidateId);
	window.found = local.candidateType + ' ' + remote.candidateType + ' ' + local.relayProtocol; } }); 0`

// TestBrowserThroughARelay: with softphone.stun and softphone.turn calls go by a relay of another make where nothing else gets through: by relayed
// addresses alone, over UDP, and over TCP for a browser that may send no UDP at all.
func TestBrowserThroughARelay(t *testing.T) {
	long(t)
	for _, c := range []struct {
		transport string
		flags     []chromedp.ExecAllocatorOption
	}{
		{"udp", nil},
		{"tcp", []chromedp.ExecAllocatorOption{chromedp.Flag("webrtc-ip-handling-policy", "disable_non_proxied_udp")}},
	} {
		t.Run(c.transport, func(t *testing.T) {
			at := turnServer(t)
			s := serveIn(t, t.TempDir(), []string{"TURN_PASSWORD=secret"}, "--set", "softphone.stun=[stun:"+at+"]", "--set", "softphone.turn.url=turn:"+at+"?transport="+c.transport,
				"--set", "softphone.turn.user=acotel", "--set", "softphone.turn.password=env:TURN_PASSWORD")
			b := browse(t, s, sentence(t, "~2"), c.flags...)
			js[any](b, relayed)
			b.call()
			b.said("service", "bonjour", 20*time.Second)
			eventually(t, 20*time.Second, func() string {
				if level := js[float64](b, `document.getElementById('ear').value`); level < 40 {
					return "the browser hears nothing: " + strconv.FormatFloat(level, 'f', 0, 64)
				}
				return ""
			})
			js[any](b, way)
			eventually(t, 5*time.Second, func() string {
				if got := js[string](b, `window.found`); !strings.HasPrefix(got, "relay ") || !strings.HasSuffix(got, " "+c.transport) {
					return "the call goes by " + got
				}
				return ""
			})
			t.Logf("the call goes by %s", js[string](b, `window.found`))
			b.press("84000#") // with the sound
			b.said("caller", "[touches 84000", 20*time.Second)
			b.hangup()
			m := s.scrape()
			if in, lost := m[`acotel_softphone_packets_total{direction="in",leg="browser"}`], m[`acotel_softphone_packets_lost_total{direction="in",leg="browser"}`]; in < 100 || lost != 0 {
				t.Errorf("%v packets of the browser, %v lost", in, lost)
			}
			if strings.Contains(s.logText(), "does not answer") {
				t.Errorf("a server did not answer:\n%s", s.logText())
			}
		})
	}
}
