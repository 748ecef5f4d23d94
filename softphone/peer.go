package softphone

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/logging"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"github.com/acotel/acotel-sbc/media"
)

// The codecs of the browser's side.
const (
	codecOpus = "opus"
	codecPCMU = "PCMU"
	codecPCMA = "PCMA"

	mimeEvent = "audio/telephone-event"

	// opusFormat asks the browser for the telephone's band alone, finely, with copies of lost packets (RFC 7587 §6.1); opusMatch is what of it pion
	// compares with an offer.
	opusFormat = "minptime=10;useinbandfec=1;stereo=0;maxplaybackrate=8000;sprop-maxcapturerate=8000;maxaveragebitrate=24000"
	opusMatch  = "useinbandfec=1"

	// How long a browser may be silent, in ICE's consent checks (RFC 7675), before its call is in doubt, and before it is over.
	iceDoubt, iceOver = 5 * time.Second, 8 * time.Second
	iceAlive          = 2 * time.Second
	stunTime          = 2 * time.Second
)

// openAPIs makes pion's side, one for each codec that a browser may be asked to speak.
func (g *Gateway) openAPIs() error {
	set, err := g.settings()
	if err != nil {
		return err
	}
	g.apis = map[string]*webrtc.API{}
	for _, codec := range []string{codecOpus, codecPCMU, codecPCMA} {
		engine := &webrtc.MediaEngine{}
		if err := register(engine, codec); err != nil {
			return fmt.Errorf("softphone: %w", err)
		}
		reports := &interceptor.Registry{}
		if err := webrtc.ConfigureRTCPReports(reports); err != nil {
			return fmt.Errorf("softphone: %w", err)
		}
		g.apis[codec] = webrtc.NewAPI(webrtc.WithMediaEngine(engine), webrtc.WithInterceptorRegistry(reports), webrtc.WithSettingEngine(set))
	}
	return nil
}

// register tells pion what it may agree on: one codec, and keys.
func register(e *webrtc.MediaEngine, codec string) error {
	add := func(pt uint8, c webrtc.RTPCodecCapability) error {
		return e.RegisterCodec(webrtc.RTPCodecParameters{RTPCodecCapability: c, PayloadType: webrtc.PayloadType(pt)}, webrtc.RTPCodecTypeAudio)
	}
	// At 8 kHz, also beside Opus: it is what every browser offers, and what they send by when both are agreed on.
	event := add(126, webrtc.RTPCodecCapability{MimeType: mimeEvent, ClockRate: 8000})
	switch codec {
	case codecPCMU:
		return errors.Join(add(0, webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypePCMU, ClockRate: 8000}), event)
	case codecPCMA:
		return errors.Join(add(8, webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypePCMA, ClockRate: 8000}), event)
	}
	return errors.Join(add(111, webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2, SDPFmtpLine: opusMatch}), event)
}

// settings are those of ICE.
func (g *Gateway) settings() (webrtc.SettingEngine, error) {
	set := webrtc.SettingEngine{LoggerFactory: quiet{}}
	set.SetIncludeLoopbackCandidate(true) // the page is most often opened on this very machine
	set.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	set.SetICETimeouts(iceDoubt, iceOver, iceAlive)
	set.SetSTUNGatherTimeout(stunTime)
	set.DisableActiveTCP(true)
	if a := g.cfg.Advertise; a != "" {
		if err := set.SetICEAddressRewriteRules(webrtc.ICEAddressRewriteRule{External: []string{a}, AsCandidateType: webrtc.ICECandidateTypeHost}); err != nil {
			return set, fmt.Errorf("softphone: softphone.advertise: %w", err)
		}
	}
	switch {
	case g.cfg.First == 0:
	case g.cfg.First == g.cfg.Last:
		mux, err := ice.NewMultiUDPMuxFromPort(int(g.cfg.First), ice.UDPMuxFromPortWithLoopback(), ice.UDPMuxFromPortWithLogger(quiet{}.NewLogger("")))
		if err != nil {
			return set, fmt.Errorf("softphone: UDP port %d: %w", g.cfg.First, err)
		}
		g.close = append(g.close, mux.Close)
		set.SetICEUDPMux(mux)
	default:
		if err := set.SetEphemeralUDPPortRange(g.cfg.First, g.cfg.Last); err != nil {
			return set, fmt.Errorf("softphone: softphone.ports: %w", err)
		}
	}
	return set, nil
}

func (g *Gateway) closeAPIs() error {
	var all error
	for _, f := range g.close {
		all = errors.Join(all, f())
	}
	g.close = nil
	return all
}

// quiet keeps pion from writing to standard error: what matters comes as a state of the connection.
type quiet struct{}

func (quiet) NewLogger(string) logging.LeveledLogger {
	return (&logging.DefaultLoggerFactory{DefaultLogLevel: logging.LogLevelDisabled}).NewLogger("")
}

// track is our sound on its way to the browser. Unlike pion's own it leaves the payload type as it is: keys have another than sound.
type track struct {
	mu     sync.Mutex
	ssrc   uint32
	out    webrtc.TrackLocalWriter
	agreed []webrtc.RTPCodecParameters
	bound  chan struct{}
	once   sync.Once
}

func newTrack() *track { return &track{bound: make(chan struct{})} }

func (t *track) Bind(c webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, p := range c.CodecParameters() {
		if !strings.EqualFold(p.MimeType, mimeEvent) {
			t.ssrc, t.out, t.agreed = uint32(c.SSRC()), c.WriteStream(), c.CodecParameters()
			t.once.Do(func() { close(t.bound) })
			return p, nil
		}
	}
	return webrtc.RTPCodecParameters{}, webrtc.ErrUnsupportedCodec
}

func (t *track) Unbind(webrtc.TrackLocalContext) error {
	t.mu.Lock()
	t.out = nil
	t.mu.Unlock()
	return nil
}

func (*track) ID() string                { return "voix" }
func (*track) RID() string               { return "" }
func (*track) StreamID() string          { return "service" }
func (*track) Kind() webrtc.RTPCodecType { return webrtc.RTPCodecTypeAudio }

// write sends one packet of RTP, when the way is open.
func (t *track) write(h *rtp.Header, payload []byte) {
	t.mu.Lock()
	out := t.out
	h.SSRC = t.ssrc
	t.mu.Unlock()
	if out != nil {
		_, _ = out.WriteRTP(h, payload) // before the handshake is over there is no way yet, after the end there is none
	}
}

// params are what the browser and we agreed on, for a media.Session.
func (t *track) params() (media.Params, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	var p media.Params
	for _, a := range t.agreed {
		name := strings.TrimPrefix(strings.ToLower(a.MimeType), "audio/")
		if strings.EqualFold(a.MimeType, mimeEvent) {
			continue
		}
		c, ok := media.CodecByName(name)
		if !ok {
			return p, fmt.Errorf("softphone: the browser agreed on %q", name)
		}
		c.PayloadType, c.Format = uint8(a.PayloadType), a.SDPFmtpLine
		p.Codec = c
		break
	}
	for _, a := range t.agreed { // keys at the rate of the sound, or at another
		if strings.EqualFold(a.MimeType, mimeEvent) && (p.DTMF == 0 || int(a.ClockRate) == p.Codec.ClockRate) {
			p.DTMF, p.DTMFRate = uint8(a.PayloadType), int(a.ClockRate)
		}
	}
	return p, nil
}

// loopback is the address that the two halves of the browser's leg meet at.
var loopback = net.IPv4(127, 0, 0, 1)
