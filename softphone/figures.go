package softphone

import (
	"maps"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"

	"github.com/acotel/acotel-sbc/metrics"
)

// The two legs of a call, as figures name them.
const (
	legBrowser = "browser"
	legService = "service"
)

// counts are the figures of calls that are over, and of what was refused.
type counts struct {
	ended   map[string]uint64
	refused map[string]uint64
	legs    map[string]metrics.TelephoneLeg
	dropped uint64
}

func newCounts() counts {
	c := counts{ended: map[string]uint64{}, refused: map[string]uint64{}, legs: map[string]metrics.TelephoneLeg{legBrowser: {}, legService: {}}}
	for _, r := range reasons {
		c.ended[string(r)] = 0
	}
	for _, r := range refusals {
		c.refused[r.Code] = 0
	}
	return c
}

// add takes the figures of one call in.
func (c *counts) add(p *phone) {
	for name, now := range p.legs() {
		l := c.legs[name]
		l.Received += now.Received
		l.Sent += now.Sent
		l.Lost += now.Lost
		l.LostOut += now.LostOut
		l.Late += now.Late
		l.Concealed += now.Concealed
		l.Buffer = max(l.Buffer, now.Buffer)
		c.legs[name] = l
	}
	c.dropped += p.up.dropped.Load() + p.down.dropped.Load()
}

// Figures are what the telephone counts, for /metrics.
func (g *Gateway) Figures() metrics.Telephone {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := counts{legs: maps.Clone(g.counts.legs), dropped: g.counts.dropped}
	for _, p := range g.calls {
		if !p.counted {
			now.add(p)
		}
	}
	return metrics.Telephone{Calls: g.up, Limit: g.cfg.MaxCalls, Ended: maps.Clone(g.counts.ended), Refused: maps.Clone(g.counts.refused), Legs: now.legs, Dropped: now.dropped}
}

// count takes the figures of a call that is over in, once.
func (g *Gateway) count(p *phone, why Reason) {
	g.mu.Lock()
	defer g.mu.Unlock()
	p.counted = true
	g.counts.add(p)
	for name, l := range g.counts.legs {
		l.Buffer = 0 // of calls that go on alone
		g.counts.legs[name] = l
	}
	g.counts.ended[string(why)]++
}

// countRefusal counts what was asked for and not given.
func (g *Gateway) countRefusal(r *refusal) {
	g.mu.Lock()
	g.counts.refused[r.Code]++
	g.mu.Unlock()
}

// legs are the figures of both legs. What the other side misses is its own word, by RTCP.
func (p *phone) legs() map[string]metrics.TelephoneLeg {
	legs := map[string]metrics.TelephoneLeg{}
	b, s := p.browser.session.Stats(), p.leg.Session().Stats()
	legs[legBrowser] = metrics.TelephoneLeg{Received: b.PacketsReceived, Sent: b.PacketsSent, Lost: b.Lost, LostOut: p.missed.Load(), Late: b.Late, Concealed: b.Concealed, Buffer: b.DelayMS / 1000}
	legs[legService] = metrics.TelephoneLeg{Received: s.PacketsReceived, Sent: s.PacketsSent, Lost: s.Lost, LostOut: uint64(max(s.RemoteLost, 0)), Late: s.Late, Concealed: s.Concealed, Buffer: s.DelayMS / 1000}
	return legs
}

// reports reads what the browser says of our packets (RFC 3550 §6.4.2), until the connection ends.
func (p *phone) reports(s *webrtc.RTPSender) {
	for {
		packets, _, err := s.ReadRTCP()
		if err != nil {
			return
		}
		for _, packet := range packets {
			var list []rtcp.ReceptionReport
			switch r := packet.(type) {
			case *rtcp.ReceiverReport:
				list = r.Reports
			case *rtcp.SenderReport: // it sends, too
				list = r.Reports
			}
			for _, r := range list {
				p.missed.Store(uint64(max(int32(r.TotalLost<<8)>>8, 0))) // 24 bits with a sign: negative when it got some twice
			}
		}
	}
}
