package e2e

import (
	"bufio"
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/acotel/acotel-sbc/asr/vosk/voskpeer"
)

// long leaves a test to make test-long.
func long(t *testing.T) {
	t.Helper()
	if os.Getenv("TEST_LONG") == "" {
		t.Skip("minutes of calls: make test-long")
	}
}

// speechServer is a running `acotel-sbc speech`, or a peer of another make.
type speechServer struct {
	http, wyoming, vosk string // addresses
	kill                func() // at once, as a crash would
}

// answersByState are what the served recogniser hears, by the state of the conversation.
const answersByState = `["@open je cherche un atelier mémoire", "@place à Avignon", "@confirm oui", "@theme peu importe", "@results c'est tout", "@sms oui", "@more non merci", "@rating quatre"]`

// speechProcess starts the program as a server of a scripted recogniser.
func speechProcess(t *testing.T) speechServer {
	t.Helper()
	return speechOf(t, "--set", "asr.backends=[scripted]", "--set", "asr.script="+answersByState)
}

// speechOf starts the program as a server of its recogniser and waits until it listens.
func speechOf(t *testing.T, args ...string) speechServer {
	t.Helper()
	cmd := exec.Command(binary, append([]string{"speech", "--listen", "127.0.0.1:0", "--wyoming", "127.0.0.1:0"}, args...)...)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	listening, done := make(chan speechServer, 1), make(chan struct{})
	go func() {
		defer close(done)
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			var l struct{ Msg, HTTP, Wyoming string }
			if json.Unmarshal(lines.Bytes(), &l) == nil && l.Msg == "listening" {
				listening <- speechServer{http: l.HTTP, wyoming: l.Wyoming}
			}
		}
		_ = cmd.Wait() // killed
	}()
	kill := sync.OnceFunc(func() {
		_ = cmd.Process.Kill()
		<-done
	})
	t.Cleanup(kill)
	select {
	case s := <-listening:
		s.kill = kill
		return s
	case <-done:
		t.Fatal("speech ended")
	case <-time.After(time.Minute):
		t.Fatal("speech does not listen")
	}
	return speechServer{}
}

// voskServer starts the peer that stands for a vosk-server.
func voskServer(t *testing.T) speechServer {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p, done := &voskpeer.Peer{Lines: []string{"je cherche un atelier mémoire", "à avignon", "c'est tout", "oui", "non merci", "quatre"}, Segment: 24000}, make(chan struct{})
	go func() { defer close(done); _ = p.Serve(ln) }()
	kill := sync.OnceFunc(func() { p.Close(); <-done })
	t.Cleanup(kill)
	return speechServer{vosk: ln.Addr().String(), kill: kill}
}

// remoteBackends are the ways to a recogniser that is elsewhere.
var remoteBackends = []struct {
	name  string
	start func(*testing.T) speechServer
	set   func(speechServer) []string
}{
	{"openai", speechProcess, func(s speechServer) []string { return []string{"asr.openai.url=http://" + s.http + "/v1"} }},
	{"wyoming", speechProcess, func(s speechServer) []string { return []string{"asr.wyoming.address=" + s.wyoming} }},
	// The peer hears its lines in their order: nothing may be sent twice because the caller drew breath, nor by the check of the links.
	{"vosk", voskServer, func(s speechServer) []string {
		return []string{"asr.vosk.url=ws://" + s.vosk, "turns.prepare_ms=700", "check.seconds=0"}
	}},
}

// patient are arguments of serve with settings for a machine that does much else, and these.
func patient(settings []string, more ...string) (args []string) {
	often := []string{"turns.recogniser_ms=20000", "asr.openai.timeout_ms=9000", "asr.wyoming.timeout_ms=9000", "asr.vosk.timeout_ms=9000", "asr.openai.hints=full"}
	for _, s := range slices.Concat(often, settings, more) {
		args = append(args, "--set", s)
	}
	return args
}

// atOnce runs a test's parts beside each other, and counts as one of the tests that may run at once: calls that mostly wait.
func atOnce(t *testing.T, parts map[string]func(*testing.T)) {
	var all sync.WaitGroup
	for name, part := range parts {
		all.Go(func() { t.Run(name, part) })
	}
	all.Wait()
}

// A caller who only speaks is understood by a recogniser that is elsewhere.
func TestASpokenCallWithEachBackend(t *testing.T) {
	t.Parallel()
	parts := map[string]func(*testing.T){}
	for _, b := range remoteBackends {
		parts[b.name] = func(t *testing.T) {
			peer := b.start(t)
			s := serve(t, t.TempDir(), patient(b.set(peer), "asr.backends=["+b.name+", none]")...)
			s.call("--from", "0639980001", "--max", "240s", "--say", "Je cherche un atelier mémoire.", "--say", "À Avignon.", "--say", "C'est tout.", "--say", "Oui.", "--say", "Non merci.", "--say", "Quatre.", "--linger", "8s")
			t.Logf("conversation\n%s", s.outText())
			eventually(t, 10*time.Second, func() string {
				for _, tr := range traces(t, s.data) {
					if tr.PostalCode != nil && strings.HasPrefix(*tr.PostalCode, "84") && tr.has("traite") && tr.has("efficace") && tr.has("abouti") && tr.has("evalue") {
						return ""
					}
				}
				return "no call that was understood to its end"
			})
			if strings.Contains(s.outText(), "[parole non comprise]") || strings.Contains(s.logText(), "did not answer") {
				t.Errorf("something was not understood\n%s", s.logText())
			}
			if m := s.scrape(); m[`acotel_asr_backend_turns_total{backend="`+b.name+`",outcome="words"}`] < 4 {
				t.Errorf("the backend's turns: %v", m)
			}
		}
	}
	atOnce(t, parts)
}

// A recogniser that dies in the middle of a call costs its caller nothing where another one can take over, and one question asked
// again where there are the keys alone.
func TestABackendKilledInMidCall(t *testing.T) {
	t.Parallel()
	parts := map[string]func(*testing.T){}
	for _, b := range remoteBackends {
		for _, after := range []string{"scripted", "none"} {
			parts[b.name+", then "+after] = func(t *testing.T) {
				peer := b.start(t)
				s := serve(t, t.TempDir(), patient(b.set(peer), "asr.backends=["+b.name+", "+after+"]", `asr.script=["@place à Orange"]`)...)
				killed := make(chan struct{})
				go func() { // when the caller has been asked for the place, and is about to answer
					defer close(killed)
					for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline) && strings.Count(s.outText(), "appelant") == 0; {
						time.Sleep(20 * time.Millisecond)
					}
					peer.kill()
				}()
				steps := []string{"--from", "0639980001", "--max", "180s", "--linger", "3s", "--say", "Je cherche un atelier mémoire.", "--say", "À Orange, dans le Vaucluse."}
				if after == "none" {
					steps = append(steps, "--dtmf", "84100#")
				}
				s.call(steps...)
				<-killed
				said := s.outText()
				t.Logf("conversation\n%s", said)
				eventually(t, 10*time.Second, func() string {
					for _, tr := range traces(t, s.data) {
						if tr.PostalCode != nil && *tr.PostalCode == "84100" {
							return ""
						}
					}
					return "the place was not found\n" + s.logText()
				})
				again, want := strings.Count(said, "[parole non comprise]"), map[string]int{"scripted": 0, "none": 1}[after]
				if again != want {
					t.Errorf("not understood %d times, want %d", again, want)
				}
				if !strings.Contains(s.logText(), "a recogniser did not answer") {
					t.Error("the log is silent about it")
				}
			}
		}
	}
	atOnce(t, parts)
}
