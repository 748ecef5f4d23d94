package e2e

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// baresip is a softphone under remote control (its ctrl_tcp module).
type baresip struct {
	t    *testing.T
	dir  string
	conn net.Conn
}

// modulePath is where Debian puts baresip's modules.
func modulePath(t *testing.T) string {
	t.Helper()
	found, _ := filepath.Glob("/usr/lib/*/baresip/modules/g711.so")
	found2, _ := filepath.Glob("/usr/lib/baresip/modules/g711.so")
	found = append(found, found2...)
	if len(found) == 0 {
		t.Fatal("baresip's modules are not where Debian puts them")
	}
	return filepath.Dir(found[0])
}

// softphone says how a baresip shall be.
type softphone struct {
	number  string
	codec   string   // of its account, as baresip writes it
	modules []string // beside those that every call needs
	account string   // further parameters of its account
	config  string   // further lines of its configuration
	sound   []byte   // its microphone, a WAV file
}

// startBaresip runs a softphone that records what it hears (module sndfile) and
// whose microphone is a tone-free file of silence.
func startBaresip(t *testing.T, number string) *baresip {
	t.Helper()
	return startSoftphone(t, softphone{number: number, codec: "PCMA/8000/1", modules: []string{"g711"}, sound: silentWAV(8000 * 60)})
}

func startSoftphone(t *testing.T, p softphone) *baresip {
	t.Helper()
	bin := peer(t, "baresip")
	b := &baresip{t: t, dir: t.TempDir()}
	sipPort, control := freePort(t), freePort(t)
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(b.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	microphone := filepath.Join(b.dir, "microphone.wav")
	if err := os.WriteFile(microphone, p.sound, 0o600); err != nil {
		t.Fatal(err)
	}
	modules := ""
	for _, m := range p.modules {
		modules += "module " + m + ".so\n"
	}
	write("config", fmt.Sprintf(`sip_listen 127.0.0.1:%d
module_path %s
%smodule sndfile.so
module aufile.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:%d
audio_source aufile,%s
audio_player aufile,%s
snd_path %s
call_local_timeout 120
rtp_stats no
%s`, sipPort, modulePath(t), modules, control, microphone, filepath.Join(b.dir, "player.wav"), b.dir, p.config))
	write("accounts", fmt.Sprintf("<sip:%s@127.0.0.1:%d>;regint=0;audio_codecs=%s;dtmfmode=rtpevent%s\n", p.number, sipPort, p.codec, p.account))
	write("contacts", "")
	b.conn = listens(t, process(t, exec.Command(bin, "-4", "-f", b.dir)), fmt.Sprintf("127.0.0.1:%d", control))
	t.Cleanup(func() { b.conn.Close() })
	return b
}

// silentWAV is n samples of silence at 8 kHz, 16 bits.
func silentWAV(n int) []byte {
	le := func(v, size int) []byte {
		out := make([]byte, size)
		for i := range out {
			out[i] = byte(v >> (8 * i))
		}
		return out
	}
	w := append([]byte("RIFF"), le(36+2*n, 4)...)
	w = append(w, "WAVEfmt "...)
	for _, f := range [][2]int{{16, 4}, {1, 2}, {1, 2}, {8000, 4}, {16000, 4}, {2, 2}, {16, 2}} {
		w = append(w, le(f[0], f[1])...)
	}
	w = append(append(w, "data"...), le(2*n, 4)...)
	return append(w, make([]byte, 2*n)...)
}

// command sends one command as a netstring of JSON.
func (b *baresip) command(name, params string) {
	b.t.Helper()
	msg := fmt.Sprintf(`{"command":%q,"params":%q}`, name, params)
	if _, err := fmt.Fprintf(b.conn, "%d:%s,", len(msg), msg); err != nil {
		b.t.Fatal(err)
	}
}

// A softphone calls, keys its place, and hears speech.
func TestBaresipCall(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir())
	b := startBaresip(t, "0639980001")
	b.command("dial", "sip:0970000000@"+s.sip)
	s.talking(1)
	time.Sleep(2 * time.Second)
	for _, k := range "84000#" {
		b.command("sndcode", string(k))
		time.Sleep(250 * time.Millisecond)
	}
	eventually(t, 40*time.Second, func() string {
		for _, tr := range traces(t, s.data) {
			if tr.has("efficace") {
				return ""
			}
		}
		return "the keys did not find a workshop:\n" + s.outText()
	})
	time.Sleep(8 * time.Second)
	b.command("hangup", "")
	eventually(t, 10*time.Second, func() string {
		if list := traces(t, s.data); len(list) != 1 || list[0].EndedBy == nil || *list[0].EndedBy != "remote" {
			return "the hang-up is not in the trace"
		}
		return ""
	})
	checkSpeech(t, b.recording())
}
