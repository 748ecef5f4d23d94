package sip

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"testing"
)

// TestLargeRequestGoesOverTCP: with its ACK after a refusal and its CANCEL, which follow it.
func TestLargeRequestGoesOverTCP(t *testing.T) {
	identity := map[string]string{"Identity": strings.Repeat("a", 3000) + ";info=<https://cert.example>"}
	ring := func(caller, e *Endpoint, headers map[string]string, ctx context.Context) (*Call, error) {
		return caller.Dial(ctx, DialRequest{URI: "sip:0199000001@" + e.Addr().String(), From: "0639981234", Headers: headers, Local: (&line{}).local()})
	}
	t.Run("a whole call", func(t *testing.T) {
		s := newService()
		e, caller := listen(t, s), listen(t, newService())
		c, err := ring(caller, e, identity, t.Context())
		if err != nil {
			t.Fatal(err)
		}
		rung := next(t, s.calls, "call")
		next(t, rung.Confirmed(), "ACK")
		if st, other := e.Stats(), caller.Stats(); st.Connections != 1 || other.LargeOverTCP != 1 || other.Retransmissions != 0 {
			t.Errorf("stats %+v, caller's %+v", st, other)
		}
		if err := c.Hangup(t.Context(), ""); err != nil { // small: over UDP as before
			t.Error(err)
		}
		next(t, rung.Done(), "end")
	})
	t.Run("a small one stays", func(t *testing.T) {
		s := newService()
		e, caller := listen(t, s), listen(t, newService())
		c, err := ring(caller, e, nil, t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if st := e.Stats(); st.Connections != 0 || caller.Stats().LargeOverTCP != 0 {
			t.Errorf("stats %+v", st)
		}
		_ = c.Hangup(t.Context(), "")
	})
	t.Run("refused", func(t *testing.T) {
		e, caller := listen(t, refusing(486)), listen(t, newService())
		if _, err := ring(caller, e, identity, t.Context()); err == nil || !strings.Contains(err.Error(), "486") {
			t.Errorf("error %v", err)
		}
		if n := e.Stats().Connections; n != 1 {
			t.Errorf("%d connections", n)
		}
	})
	t.Run("cancelled", func(t *testing.T) {
		calls := make(chan *Call, 1)
		e, caller := listen(t, ringing(calls)), listen(t, newService())
		ctx, cancel := context.WithCancel(t.Context())
		go func() { next(t, calls, "call"); cancel() }()
		if _, err := ring(caller, e, identity, ctx); err == nil {
			t.Error("no error")
		}
		eventually(t, "the CANCEL", func() bool { return e.Stats().Cancelled == 1 })
	})
	t.Run("to a peer without TCP", func(t *testing.T) {
		conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		to := conn.LocalAddr().(*net.UDPAddr).AddrPort()
		caller := listen(t, newService())
		p := &phone{t: t, conn: conn, to: caller.Addr()}
		defer conn.Close()
		for range 2 { // the second time without asking
			done := make(chan error, 1)
			go func() {
				_, err := caller.Dial(t.Context(), DialRequest{URI: "sip:0199000001@" + to.String(), From: "0639981234", Headers: identity, Local: (&line{}).local()})
				done <- err
			}()
			invite := p.expectRequest("INVITE")
			if v := invite.Via(); v.Transport != udp || len(invite.String()) < 3000 {
				t.Errorf("Via %s", v.Value())
			}
			p.answer(invite, 486, "")
			p.expectRequest("ACK")
			if err := next(t, done, "end"); err == nil {
				t.Error("no error")
			}
			if !caller.deaf.is(to) || caller.deaf.is(netip.AddrPortFrom(to.Addr(), 1)) {
				t.Error("the peer is not remembered as one without TCP")
			}
		}
	})
}
