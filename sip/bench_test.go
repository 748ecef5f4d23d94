package sip

import (
	"context"
	"strings"
	"testing"
)

// BenchmarkInspect is the price of the edge for one INVITE with an offer.
func BenchmarkInspect(b *testing.B) {
	raw := []byte("INVITE sip:0199000001@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9:5070;branch=z9hG4bK1;rport\r\nFrom: \"x\" <sip:0639981234@192.0.2.9>;tag=1\r\n" +
		"To: <sip:0199000001@192.0.2.1>\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\nMax-Forwards: 70\r\nContact: <sip:a@192.0.2.9>\r\nAllow: INVITE, ACK, BYE\r\n" +
		"P-Asserted-Identity: <tel:+33639981234>\r\nContent-Type: application/sdp\r\nContent-Length: 0\r\n\r\n")
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := inspect(raw, peerForTest, false); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCall is a whole call between two endpoints over loopback: INVITE, 180, 200, ACK, BYE, 200.
func BenchmarkCall(b *testing.B) {
	for _, transport := range []string{"udp", "tcp"} {
		b.Run(strings.ToUpper(transport), func(b *testing.B) {
			e := listen(b, HandlerFunc(func(ctx context.Context, c *Call) {
				_ = c.Ring()
				if c.Answer(ctx, (&line{}).local()) == nil {
					<-c.Done()
				}
			}))
			caller := listen(b, newService())
			b.ReportAllocs()
			for b.Loop() {
				c, err := dial(b, caller, e, transport, &line{})
				if err != nil {
					b.Fatal(err)
				}
				if err := c.Hangup(context.Background(), ""); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
