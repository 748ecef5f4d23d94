package vosk

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/acotel/acotel-sbc/asr"
	"github.com/acotel/acotel-sbc/asr/asrtest"
	"github.com/acotel/acotel-sbc/asr/remote/remotetest"
	"github.com/acotel/acotel-sbc/asr/vosk/voskpeer"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func serve(t *testing.T, p *voskpeer.Peer) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { defer close(done); _ = p.Serve(ln) }()
	t.Cleanup(func() { p.Close(); <-done })
	return "ws://" + ln.Addr().String()
}

func TestKeepsThePromiseOfStream(t *testing.T) {
	url := serve(t, &voskpeer.Peer{Lines: []string{"un atelier", "", "à orange"}, Segment: 2000})
	asrtest.Run(t, func(*testing.T) asr.Recognizer { return New(Config{URL: url}) })
}

// handshake answers the upgrade to a WebSocket (RFC 6455, section 4.2.2).
func handshake(c net.Conn) (io.Reader, error) {
	b := bufio.NewReader(c)
	q, err := http.ReadRequest(b)
	if err != nil {
		return nil, err
	}
	sum := sha1.Sum([]byte(q.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	_, err = fmt.Fprintf(c, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n", base64.StdEncoding.EncodeToString(sum[:]))
	return b, err
}

func TestServersThatMisbehave(t *testing.T) {
	open := func(address string) asr.Recognizer {
		return New(Config{URL: "ws://" + address, Timeout: remotetest.Timeout})
	}
	t.Run("before the upgrade", func(t *testing.T) { remotetest.Misbehaving(t, open, nil) })
	t.Run("after it", func(t *testing.T) { remotetest.Misbehaving(t, open, handshake) })
}

func TestWhatIsAskedAndAnswered(t *testing.T) {
	yesNo := asr.Hints{State: "confirm", Phrases: []string{"Oui", "non"}}
	for _, c := range []struct {
		name       string
		peer       *voskpeer.Peer
		cfg        Config
		hints      asr.Hints
		text       string
		confidence float64
		grammar    []string
	}{
		{"words with confidences", &voskpeer.Peer{Lines: []string{"je cherche un atelier"}}, Config{}, yesNo, "je cherche un atelier", 0.8, nil},
		{"a turn in two sentences", &voskpeer.Peer{Lines: []string{"je cherche un atelier"}, Segment: 9000}, Config{}, asr.Hints{}, "je cherche un atelier", 0.8, nil},
		{"nothing", &voskpeer.Peer{Lines: []string{""}}, Config{}, asr.Hints{}, "", 0, nil},
		{"what is in no grammar", &voskpeer.Peer{Lines: []string{"[unk] oui [unk]"}}, Config{Grammar: true}, yesNo, "oui", 0.8, []string{"oui", "non", "[unk]"}},
		{"only that", &voskpeer.Peer{Lines: []string{"[unk]"}}, Config{Grammar: true}, yesNo, "", 0, []string{"oui", "non", "[unk]"}},
		{"no grammar where names are expected", &voskpeer.Peer{Lines: []string{"orange"}}, Config{Grammar: true}, asr.Hints{Phrases: []string{"oui"}, Kinds: []string{"place"}}, "orange", 0.8, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.cfg.URL = serve(t, c.peer)
			r := New(c.cfg)
			defer r.Close()
			s, err := r.Open(t.Context(), asr.Format{SampleRate: 8000})
			if err != nil {
				t.Fatal(err)
			}
			s.Expect(c.hints)
			for range 10 {
				if err := s.Write(make([]int16, 800)); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.EndTurn(); err != nil {
				t.Fatal(err)
			}
			var got asr.Result
			for got = range s.Results() {
				if got.Final {
					break
				}
			}
			if got.Text() != c.text || got.Err != nil || got.Text() != "" && math.Abs(got.Alternatives[0].Confidence-c.confidence) > 1e-9 {
				t.Errorf("%+v", got)
			}
			configs, sound := c.peer.Seen()
			if len(configs) != 1 || configs[0].SampleRate != 8000 || !configs[0].Words || !slices.Equal(configs[0].PhraseList, c.grammar) || sound[0] != 16000 {
				t.Errorf("the server got %+v and %d bytes", configs, sound)
			}
		})
	}
}

func TestPartialWords(t *testing.T) {
	url := serve(t, &voskpeer.Peer{Lines: []string{"je cherche un atelier"}, Segment: 3000})
	r := New(Config{URL: url})
	defer r.Close()
	s, err := r.Open(t.Context(), asr.Format{SampleRate: 8000})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"je", "je cherche un"} { // the first sentence of the two ends in between
		for heard := false; !heard; {
			if err := s.Write(make([]int16, 800)); err != nil {
				t.Fatal(err)
			}
			select {
			case p := <-s.Results():
				if heard = true; p.Text() != want {
					t.Errorf("%q, want %q", p.Text(), want)
				}
			case <-time.After(50 * time.Millisecond): // the message that ended the sentence has no partial
			}
		}
	}
}

// finished says a second and gives its final result.
func finished(t *testing.T, url string) asr.Result {
	t.Helper()
	r := New(Config{URL: url, Timeout: 20 * time.Second})
	defer r.Close()
	s, err := r.Open(t.Context(), asr.Format{SampleRate: 8000})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Write(make([]int16, 8000)), s.EndTurn()); err != nil {
		t.Fatal(err)
	}
	for got := range s.Results() {
		if got.Final {
			return got
		}
	}
	t.Fatal("no answer")
	return asr.Result{}
}

// A server that never ends, in the protocol's own words, is hung up on while the caller speaks, and fills no memory.
func TestAServerThatSaysTooMuch(t *testing.T) {
	for _, c := range []struct{ name, message string }{
		{"sentences without end", `{"result":[` + strings.Repeat(`{"word":"mot","conf":1},`, 20) + `{"word":"mot","conf":1}],"text":"mot"}`},
		{"texts without words", `{"text":"` + strings.Repeat("mot ", 1000) + `"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			cut := make(chan struct{})
			ln, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer ln.Close()
			go func() {
				defer close(cut)
				conn, err := ln.Accept()
				if err != nil {
					return
				}
				defer conn.Close()
				_ = conn.SetDeadline(time.Now().Add(30 * time.Second))
				_, err = handshake(conn)
				frame := binary.BigEndian.AppendUint16([]byte{0x81, 126}, uint16(len(c.message))) // RFC 6455, section 5.2: a whole text message
				for frame = append(frame, c.message...); err == nil; {
					_, err = conn.Write(frame)
				}
				if errors.Is(err, os.ErrDeadlineExceeded) {
					t.Error("it talks on")
				}
			}()
			r := New(Config{URL: "ws://" + ln.Addr().String()})
			defer r.Close()
			s, err := r.Open(t.Context(), asr.Format{SampleRate: 8000})
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Write(make([]int16, 80)); err != nil {
				t.Fatal(err)
			}
			<-cut
		})
	}
}

// Nobody but the configuration says where voices go.
func TestNoRedirectionIsFollowed(t *testing.T) {
	peer := &voskpeer.Peer{Lines: []string{"un atelier"}}
	elsewhere := "http" + strings.TrimPrefix(serve(t, peer), "ws")
	server := httptest.NewServer(http.RedirectHandler(elsewhere, http.StatusFound))
	defer server.Close()
	if got := finished(t, "ws"+strings.TrimPrefix(server.URL, "http")); got.Err == nil {
		t.Errorf("heard %q", got.Text())
	}
	if configs, _ := peer.Seen(); len(configs) > 0 {
		t.Errorf("the other server was sent %+v", configs)
	}
}
