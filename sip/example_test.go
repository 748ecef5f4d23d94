package sip_test

import (
	"context"
	"log"
	"net/netip"

	"github.com/acotel/acotel-sbc/media"
	"github.com/acotel/acotel-sbc/sip"
)

// A trunk user agent that answers every call and lets it last until someone hangs up.
func ExampleListen() {
	answer := func(ctx context.Context, c *sip.Call) {
		if err := c.Ring(); err != nil {
			return
		}
		err := c.Answer(ctx, sip.LocalMedia{
			Addr:   netip.AddrPortFrom(c.LocalIP(), 20000), // where a media.Session receives
			Agreed: func(p media.Params) error { log.Printf("%s with %s", p.Codec.Name, p.Remote); return nil },
			Digit:  func(d rune) { log.Printf("key %c", d) },
		})
		if err != nil {
			return
		}
		<-c.Done()
	}
	endpoint, err := sip.Listen(context.Background(), sip.Config{
		Listen: "0.0.0.0:5060",
		Trunks: []sip.Trunk{{Name: "operator", Peers: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/28")}}},
	}, sip.HandlerFunc(answer))
	if err != nil {
		log.Fatal(err)
	}
	defer endpoint.Close()
}
