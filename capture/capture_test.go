package capture

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	ours   = netip.MustParseAddrPort("0.0.0.0:5060")
	theirs = netip.MustParseAddrPort("203.0.113.10:5060")
	rtp    = netip.MustParseAddrPort("192.0.2.1:16384")
	media  = netip.MustParseAddrPort("203.0.113.11:20000")
	us     = netip.MustParseAddr("192.0.2.1")
)

// desk is a manager that runs on a folder.
type desk struct {
	*Manager
	t    *testing.T
	data string

	mu     sync.Mutex
	wanted bool
	log    strings.Builder
	files  []File // deleted
}

func (d *desk) gone(files []File) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.files = append(d.files, files...)
}

func (d *desk) Write(p []byte) (int, error) { d.mu.Lock(); defer d.mu.Unlock(); return d.log.Write(p) }

func (d *desk) said(text string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return strings.Contains(d.log.String(), text)
}

func (d *desk) wants() bool { d.mu.Lock(); defer d.mu.Unlock(); return d.wanted }

func running(t *testing.T, l Limits) *desk {
	t.Helper()
	d := &desk{t: t, data: t.TempDir()}
	d.Manager = NewManager(d.data, l, func(yes bool) { d.mu.Lock(); d.wanted = yes; d.mu.Unlock() }, d.gone, slog.New(slog.NewTextHandler(d, nil)))
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { d.Run(ctx); close(done) }()
	t.Cleanup(func() { cancel(); <-done })
	return d
}

func standard() Limits { return Limits{Bytes: 1 << 20, Time: time.Minute, Keep: time.Hour} }

func (d *desk) ask(r Request) {
	d.t.Helper()
	r.AskedAt, r.Until, r.By = time.Now(), time.Now().Add(time.Minute), "test"
	if err := Ask(d.data, r, 20*time.Second); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) message(sent bool, id, text string) {
	d.Message(Message{At: time.Now(), Sent: sent, Local: ours, Remote: theirs, CallID: id, Data: []byte(text)})
}

// finished waits for the only capture and reads its datagrams: "from>to payload".
func (d *desk) finished() (File, []string) {
	d.t.Helper()
	for end := time.Now().Add(20 * time.Second); !d.said("capture ended"); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			d.t.Fatal("the capture does not end")
		}
	}
	files, err := Files(d.data, time.Hour)
	if err != nil || len(files) != 1 {
		d.t.Fatalf("%v, %v", files, err)
	}
	return files[0], datagrams(d.t, files[0].Name)
}

// datagrams reads a file as Wireshark would.
func datagrams(t *testing.T, name string) (out []string) {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := pcapgo.NewNgReader(f, pcapgo.DefaultNgReaderOptions)
	if err != nil {
		t.Fatal(err)
	}
	for {
		data, info, err := r.ReadPacketData()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		if since := time.Since(info.Timestamp); since < 0 || since > time.Hour {
			t.Errorf("a packet of %v", info.Timestamp)
		}
		p := gopacket.NewPacket(data, r.LinkType(), gopacket.Default)
		udp, ok := p.TransportLayer().(*layers.UDP)
		if !ok || p.ErrorLayer() != nil {
			t.Fatalf("no UDP: %v", p)
		}
		if err := udp.SetNetworkLayerForChecksum(p.NetworkLayer()); err != nil {
			t.Fatal(err)
		}
		if err, bad := p.VerifyChecksums(); err != nil || len(bad) > 0 {
			t.Errorf("checksums: %v, %v", err, bad)
		}
		src, dst := p.NetworkLayer().NetworkFlow().Endpoints()
		out = append(out, fmt.Sprintf("%s:%d>%s:%d %s", src, uint16(udp.SrcPort), dst, uint16(udp.DstPort), udp.Payload))
	}
}

func (d *desk) call(id string) Call {
	return Call{ID: "id-of-" + id, CallID: id, Line: "production", Called: "+33970000000", CallerHash: "hash", LocalIP: us}
}

func TestTheNextCallIsCaptured(t *testing.T) {
	t.Parallel()
	d := running(t, standard())
	if d.Begin(d.call("before")) != nil || d.wants() {
		t.Fatal("captured without a request")
	}
	if _, err := os.Stat(filepath.Join(d.data, folder)); err == nil {
		t.Error("a folder for captures that nobody asked for")
	}
	d.ask(Request{Calls: 1})
	if !d.wants() {
		t.Fatal("the messages are not wanted")
	}
	d.message(false, "other", "INVITE of another")
	d.message(false, "mine", "INVITE")
	r := d.Begin(d.call("mine"))
	if r == nil || d.Begin(d.call("other")) != nil {
		t.Fatal("not captured, or one call too many")
	}
	d.message(true, "mine", "200")
	d.message(true, "other", "200 of another")
	data := []byte("sound")
	r.Packet(false, rtp, media, data)
	copy(data, "XXXXX") // the session uses its buffer again
	r.Packet(true, rtp, media, []byte("voice"))
	r.Packet(true, netip.MustParseAddrPort("[2001:db8::1]:16384"), netip.MustParseAddrPort("[2001:db8::2]:7000"), []byte("six"))
	r.End()
	r.End()
	d.message(false, "mine", "BYE")
	d.message(true, "mine", "200 of the BYE")
	file, got := d.finished()
	sip, back := "203.0.113.10:5060>192.0.2.1:5060 ", "192.0.2.1:5060>203.0.113.10:5060 "
	want := []string{sip + "INVITE", back + "200", "203.0.113.11:20000>192.0.2.1:16384 sound", "192.0.2.1:16384>203.0.113.11:20000 voice",
		"2001:db8::1:16384>2001:db8::2:7000 six", sip + "BYE", back + "200 of the BYE"}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	info, err := os.Stat(file.Name)
	if err != nil || info.Mode().Perm() != 0o600 || file.Call != "id-of-mine" {
		t.Errorf("%v %v %+v", info.Mode(), err, file)
	}
	if dir, err := os.Stat(filepath.Dir(file.Name)); err != nil || dir.Mode().Perm() != 0o700 {
		t.Errorf("the folder: %v %v", dir.Mode(), err)
	}
	for end := time.Now().Add(20 * time.Second); d.wants(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("messages are still wanted")
		}
	}
	for _, text := range []string{"asked for", "begun", "by=test", "packets=7"} {
		if !d.said(text) {
			t.Errorf("%q is not in the log\n%s", text, d.log.String())
		}
	}
}

func TestRequestsChoose(t *testing.T) {
	t.Parallel()
	call := Call{Line: "production", Called: "+33970000000", CallerHash: "h"}
	for name, c := range map[string]struct {
		r    Request
		want bool
	}{
		"next": {Request{}, true}, "kind": {Request{Line: "production"}, true}, "number": {Request{Line: "+33970000000"}, true}, "other line": {Request{Line: "test"}, false},
		"caller": {Request{Caller: "h"}, true}, "other caller": {Request{Caller: "x"}, false}, "caller and other line": {Request{Line: "test", Caller: "h"}, false},
	} {
		if c.r.fits(call) != c.want {
			t.Errorf("%s: %v", name, !c.want)
		}
	}
}

func TestACaptureIsBounded(t *testing.T) {
	t.Parallel()
	d := running(t, Limits{Bytes: 4000, Time: time.Minute, Keep: time.Hour})
	d.ask(Request{Calls: 1})
	r := d.Begin(d.call("mine"))
	for range 100 {
		r.Packet(false, rtp, media, make([]byte, 160))
		time.Sleep(time.Millisecond)
	}
	r.End()
	file, got := d.finished()
	if len(got) < 15 || len(got) > 25 || file.Bytes > 6000 || !d.said("as large as may be") {
		t.Errorf("%d packets, %d bytes\n%s", len(got), file.Bytes, d.log.String())
	}
}

// Who brings packets never waits, whatever the disk does.
func TestNobodyWaitsForTheDisk(t *testing.T) {
	t.Parallel()
	r := &Recording{items: make(chan item, 3)} // nobody writes
	for range 10 {
		r.Packet(true, rtp, media, []byte("x"))
	}
	if n := r.lost.Load(); n != 7 {
		t.Errorf("%d lost, want 7", n)
	}
}

func TestRequestsEnd(t *testing.T) {
	t.Parallel()
	d := running(t, standard())
	d.ask(Request{Calls: 2})
	d.ask(Request{Cancel: true})
	if d.Begin(d.call("cancelled")) != nil || d.wants() {
		t.Error("captured after it was given up")
	}
	none := running(t, Limits{})
	if err := Ask(none.data, Request{Calls: 1, AskedAt: time.Now(), Until: time.Now().Add(time.Minute)}, 1500*time.Millisecond); !errors.Is(err, ErrNoService) {
		t.Errorf("captures are not allowed: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(none.data, folder, "*")); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

func TestCapturesExpire(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	dir := filepath.Join(data, folder)
	if err := os.Mkdir(dir, dirMode); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	for name, age := range map[string]time.Duration{"20260101T000000Z_old.pcapng": 25 * time.Hour, "20260101T000000Z_new.pcapng": time.Hour, "note.txt": 100 * time.Hour} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(filepath.Join(dir, name), now, now.Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	d := &desk{t: t}
	NewManager(data, Limits{Keep: 30 * time.Hour}, nil, d.gone, slog.New(slog.NewTextHandler(d, nil))).expire()
	if len(d.files) > 0 {
		t.Errorf("too early: %v", d.files)
	}
	NewManager(data, Limits{Keep: 24 * time.Hour}, nil, d.gone, slog.New(slog.NewTextHandler(d, nil))).expire()
	if len(d.files) != 1 || d.files[0].Call != "old" {
		t.Errorf("told of %v", d.files)
	}
	if left, err := Files(data, 24*time.Hour); err != nil || len(left) != 1 || left[0].Call != "new" {
		t.Errorf("left %v, %v", left, err)
	}
	if gone, err := Delete(data); err != nil || len(gone) != 1 {
		t.Errorf("%v, %v", gone, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "note.txt")); err != nil {
		t.Error("what is no capture was deleted")
	}
}
