package softphone

import (
	"context"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/zaf/g711"

	"github.com/acotel/acotel-sbc/media"
	"github.com/acotel/acotel-sbc/sip"
)

// BenchmarkMouthToEar measures how much later sound comes through the gateway than in a plain SIP call, both ways: from the packet that leaves
// the caller to the frame that the service hears, and from the word that the service is given to say to the packet that reaches the caller.
// The network is loopback, the caller pion with µ-law or a bare socket. What the browser adds by itself, its own jitter buffer above all, is
// not in it.
func BenchmarkMouthToEar(b *testing.B) {
	r := newRig(b, nil)
	upDirect, downDirect := r.direct(b)
	upThrough, downThrough := r.through(b)
	for _, m := range []struct {
		name string
		v    []time.Duration
	}{{"up-direct", upDirect}, {"up-gateway", upThrough}, {"down-direct", downDirect}, {"down-gateway", downThrough}} {
		slices.Sort(m.v)
		b.ReportMetric(ms(m.v[len(m.v)/2]), m.name+"-p50-ms")
		b.ReportMetric(ms(m.v[len(m.v)*95/100]), m.name+"-p95-ms")
	}
	middle := func(v []time.Duration) time.Duration { return v[len(v)/2] }
	b.ReportMetric(ms(middle(upThrough)-middle(upDirect)), "up-added-ms")
	b.ReportMetric(ms(middle(downThrough)-middle(downDirect)), "down-added-ms")
	b.ReportMetric(0, "ns/op")
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// direct measures a plain call: a socket that sends and takes RTP.
func (r *rig) direct(b *testing.B) (up, down []time.Duration) {
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: loopback})
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	var remote atomic.Pointer[netip.AddrPort]
	answered := r.service.up()
	call, err := r.own.Dial(b.Context(), sip.DialRequest{URI: "sip:" + testLine + "@" + r.address, From: "0639980001", Local: sip.LocalMedia{
		Addr: conn.LocalAddr().(*net.UDPAddr).AddrPort(), MediaOptions: sip.MediaOptions{Codecs: []media.Codec{media.PCMU()}},
		Agreed: func(p media.Params) error { remote.Store(&p.Remote); return nil },
	}})
	if err != nil {
		b.Fatal(err)
	}
	wait(b, "answer", answered)
	var came onsets
	came.at = make(chan time.Time, 64)
	go func() {
		data := make([]byte, largest)
		p := rtp.Packet{}
		for {
			n, err := conn.Read(data)
			if err != nil {
				return
			}
			if p.Unmarshal(data[:n]) == nil {
				came.take(loudULaw(p.Payload))
			}
		}
	}()
	up, down = r.measure(b, func(h *rtp.Header, payload []byte) {
		data, err := (&rtp.Packet{Header: *h, Payload: payload}).Marshal()
		if err == nil {
			_, err = conn.WriteToUDPAddrPort(data, *remote.Load())
		}
		if err != nil {
			b.Error(err)
		}
	}, came.at)
	_ = call.Hangup(b.Context(), "done")
	wait(b, "end", r.service.ended)
	return up, down
}

// through measures a call through the gateway.
func (r *rig) through(b *testing.B) (up, down []time.Duration) {
	answered := r.service.up()
	c := r.call(url.Values{"codec": {codecPCMU}})
	c.state(stateTalking)
	wait(b, "answer", answered)
	came := onsets{at: make(chan time.Time, 64)}
	go func() {
		for {
			select {
			case p := <-c.packets:
				came.take(loudULaw(p.Payload))
			case <-b.Context().Done():
				return
			}
		}
	}()
	return r.measure(b, c.out.write, came.at)
}

// onsets gives the moments at which sound begins after silence.
type onsets struct {
	at    chan time.Time
	sound bool
}

func (o *onsets) take(sound bool) {
	if sound && !o.sound {
		o.at <- time.Now()
	}
	o.sound = sound
}

func loudULaw(payload []byte) bool {
	pcm := make([]int16, len(payload))
	for i, v := range payload {
		pcm[i] = g711.DecodeUlawFrame(v)
	}
	return loud(pcm)
}

const tries = 40

func drain(c <-chan time.Time) {
	for {
		select {
		case <-c:
		default:
			return
		}
	}
}

// measure sends and lets the service say short tones, some 400 ms apart, after two seconds in which the jitter buffers learn the way.
func (r *rig) measure(b *testing.B, write func(*rtp.Header, []byte), came <-chan time.Time) (up, down []time.Duration) {
	b.Helper()
	var left atomic.Int64 // frames of tone to send
	var sent atomic.Int64 // when the first of them left
	heard := onsets{at: make(chan time.Time, 64)}
	r.service.listen(func(pcm []int16, _ time.Time) { heard.take(loud(pcm)) })
	ctx, stop := context.WithCancel(b.Context())
	done := make(chan struct{})
	silence, sound := make([]int16, media.FrameSamples), tone(1)
	go func() {
		defer close(done)
		speak(ctx, func(h *rtp.Header, payload []byte) {
			if left.Load() == 5 {
				sent.Store(time.Now().UnixNano())
			}
			write(h, payload)
		}, func() []int16 {
			if left.Load() > 0 {
				left.Add(-1)
				return sound
			}
			return silence
		})
	}()
	time.Sleep(2 * time.Second)
	for range tries {
		drain(heard.at) // on a machine too busy a tone may be heard in two halves
		left.Store(6)
		at := wait(b, "sound at the service", heard.at)
		up = append(up, at.Sub(time.Unix(0, sent.Load())))
		time.Sleep(300*time.Millisecond + time.Duration(len(up)%20)*time.Millisecond) // other moments of the clocks

		drain(came)
		said := time.Now()
		r.service.say(tone(5))
		down = append(down, wait(b, "sound at the caller", came).Sub(said))
		time.Sleep(300*time.Millisecond + time.Duration(len(up)%17)*time.Millisecond)
	}
	stop()
	<-done
	r.service.listen(nil)
	return up, down
}
