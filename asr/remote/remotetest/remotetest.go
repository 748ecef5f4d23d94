package remotetest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/acotel/acotel-sbc/asr"
	"github.com/acotel/acotel-sbc/asr/remote"
)

// Timeout is what recognisers under test are given for an answer.
const Timeout = 300 * time.Millisecond

// limit is far beyond what any part takes on a loaded machine.
const limit = 60 * time.Second

// Handshake brings a connection to where the protocol begins: nothing for bare
// TCP, the answer to the upgrade for a WebSocket. It returns the reader of what
// comes after.
type Handshake func(net.Conn) (io.Reader, error)

// Misbehaving checks a recogniser of the server at an address against servers
// that refuse, close, stay silent, talk nonsense or never stop talking. Every
// turn is answered once, with an error and no words, and the stream goes on.
func Misbehaving(t *testing.T, open func(address string) asr.Recognizer, h Handshake) {
	nonsense := []byte("\x00\xff}{\n\r\n not what you expect\n\n")
	for _, c := range []struct {
		name   string
		behave func(c net.Conn, r io.Reader, end <-chan struct{})
		want   error
	}{
		{"closes at once", func(net.Conn, io.Reader, <-chan struct{}) {}, nil},
		{"closes in mid-sentence", func(_ net.Conn, r io.Reader, _ <-chan struct{}) { _, _ = io.CopyN(io.Discard, r, 3000) }, nil},
		{"never answers", func(_ net.Conn, r io.Reader, _ <-chan struct{}) { _, _ = io.Copy(io.Discard, r) }, remote.ErrTimeout},
		{"never reads", func(_ net.Conn, _ io.Reader, end <-chan struct{}) { <-end }, remote.ErrTimeout},
		{"talks nonsense", func(c net.Conn, r io.Reader, _ <-chan struct{}) {
			_, _ = c.Write(nonsense)
			_, _ = io.Copy(io.Discard, r)
		}, nil},
		{"never stops talking", func(c net.Conn, r io.Reader, _ <-chan struct{}) {
			go func() { _, _ = io.Copy(io.Discard, r) }()
			for {
				if _, err := c.Write(bytes.Repeat([]byte("a"), 1<<16)); err != nil {
					return
				}
			}
		}, nil},
		{"answers a byte at a time", func(c net.Conn, r io.Reader, _ <-chan struct{}) {
			go func() { _, _ = io.Copy(io.Discard, r) }()
			for tick := time.NewTicker(5 * time.Millisecond); ; <-tick.C {
				if _, err := c.Write([]byte(" ")); err != nil {
					tick.Stop()
					return
				}
			}
		}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			address := serve(t, func(conn net.Conn, end <-chan struct{}) {
				r, err := io.Reader(conn), error(nil)
				if h != nil {
					r, err = h(conn)
				}
				if err == nil {
					c.behave(conn, r, end)
				}
			})
			turns(t, open(address), c.want)
		})
	}
	t.Run("is not there", func(t *testing.T) {
		t.Parallel()
		turns(t, open("127.0.0.1:1"), nil) // a port that the kernel gives to nobody
	})
}

// turns speaks two turns, the second one cancelled, and a third.
func turns(t *testing.T, r asr.Recognizer, want error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	s, err := r.Open(ctx, asr.Format{SampleRate: 8000})
	if err != nil {
		t.Fatal(err)
	}
	speak := func() {
		for range 50 {
			if err := s.Write(make([]int16, 160)); err != nil {
				t.Fatal(err)
			}
		}
	}
	answered := func(turn int) {
		if err := s.EndTurn(); err != nil {
			t.Fatal(err)
		}
		for got := range s.Results() {
			if !got.Final {
				continue
			}
			if got.Turn != turn || got.Err == nil || len(got.Alternatives) > 0 {
				t.Errorf("turn %d: %+v", turn, got)
			}
			if want != nil && !errors.Is(got.Err, want) {
				t.Errorf("turn %d: %v, want %v", turn, got.Err, want)
			}
			return
		}
		t.Fatal("no answer")
	}
	speak()
	answered(0)
	speak()
	s.Cancel()
	speak()
	answered(2)
	speak() // Close in mid-sentence
	if err := errors.Join(s.Close(), r.Close()); err != nil {
		t.Error(err)
	}
}

// serve hands each connection to f, and closes it after; end is closed with the
// test.
func serve(t *testing.T, f func(c net.Conn, end <-chan struct{})) (address string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var work sync.WaitGroup
	var mu sync.Mutex
	var open []net.Conn
	end := make(chan struct{})
	work.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open = append(open, c)
			mu.Unlock()
			work.Go(func() {
				defer c.Close()
				f(c, end)
			})
		}
	})
	t.Cleanup(func() {
		close(end)
		ln.Close()
		mu.Lock()
		for _, c := range open {
			c.Close()
		}
		mu.Unlock()
		work.Wait()
	})
	return ln.Addr().String()
}
