package sip

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/acotel/acotel-sbc/media"
)

const sdpHead = "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"

var localForTest = netip.MustParseAddrPort("192.0.2.1:20000")

// answerText gives the media part of our answer to an offer, params and error.
func answerText(t *testing.T, offer string) (string, answered, error) {
	t.Helper()
	d, err := readDescription([]byte(offer))
	if err != nil {
		return "", answered{}, err
	}
	s := localSession{id: 1}
	a, err := s.answer(d, localForTest, LocalMedia{}.withDefaults())
	if err != nil {
		return "", a, err
	}
	body, err := s.render(localForTest.Addr(), a.streams)
	if err != nil {
		t.Fatal(err)
	}
	const head = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
	text, ok := strings.CutPrefix(string(body), head)
	if !ok {
		t.Fatalf("session level\n%s", body)
	}
	return text, a, nil
}

func TestAnswerOffer(t *testing.T) {
	alaw := "m=audio 20000 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\na=ptime:20\r\na=sendrecv\r\n"
	alawKeys := "m=audio 20000 RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n"
	ulaw := "m=audio 20000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=ptime:20\r\na=sendrecv\r\n"
	opusAnswer := "m=audio 20000 RTP/AVP 107 102\r\na=rtpmap:107 opus/48000/2\r\na=fmtp:107 " + media.OpusFormat + "\r\n"
	tests := []struct {
		name, offer, answer string
		check               func(media.Params) bool
	}{
		{"A-law with keys", "m=audio 30000 RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=ptime:20\r\n", alawKeys,
			func(p media.Params) bool {
				return p.Codec.Name == "PCMA" && p.DTMF == 101 && p.PTime == 20*time.Millisecond && p.Remote.String() == "192.0.2.9:30000"
			}},
		{"static types without rtpmap", "m=audio 30000 RTP/AVP 8 0\r\n", alaw, func(p media.Params) bool { return p.DTMF == 0 }},
		{"the offerer's preference", "m=audio 30000 RTP/AVP 0 8\r\n", ulaw, func(p media.Params) bool { return p.Codec.Name == "PCMU" }},
		{"codecs we lack first", "m=audio 30000 RTP/AVP 18 97 3 8\r\na=rtpmap:97 speex/8000\r\n", alaw, nil},
		{"G.722, whose clock is not its rate", "m=audio 30000 RTP/AVP 9 8 101\r\na=rtpmap:101 telephone-event/8000\r\n",
			"m=audio 20000 RTP/AVP 9 101\r\na=rtpmap:9 G722/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n",
			func(p media.Params) bool { return p.Codec == media.G722() && p.DTMFRate == 8000 }},
		{"opus with keys at its clock", "m=audio 30000 RTP/AVP 107 101 102\r\na=rtpmap:107 opus/48000/2\r\na=fmtp:107 useinbandfec=1;maxaveragebitrate=12000\r\na=rtpmap:101 telephone-event/8000\r\na=rtpmap:102 telephone-event/48000\r\n",
			opusAnswer + "a=rtpmap:102 telephone-event/48000\r\na=fmtp:102 0-15\r\na=ptime:20\r\na=sendrecv\r\n",
			func(p media.Params) bool {
				return p.Codec.PayloadType == 107 && p.Codec.Format == "useinbandfec=1;maxaveragebitrate=12000" && p.DTMF == 102 && p.DTMFRate == 48000
			}},
		{"opus with keys at 8000 Hz alone", "m=audio 30000 RTP/AVP 107 102\r\na=rtpmap:107 opus/48000/2\r\na=rtpmap:102 telephone-event/8000\r\n",
			opusAnswer + "a=rtpmap:102 telephone-event/8000\r\na=fmtp:102 0-15\r\na=ptime:20\r\na=sendrecv\r\n",
			func(p media.Params) bool { return p.DTMF == 102 && p.DTMFRate == 8000 }},
		{"opus of one channel is another format", "m=audio 30000 RTP/AVP 107 8\r\na=rtpmap:107 opus/48000\r\n", alaw, nil},
		{"dynamic number for a static codec", "m=audio 30000 RTP/AVP 97\r\na=rtpmap:97 pcma/8000/1\r\n", "m=audio 20000 RTP/AVP 97\r\na=rtpmap:97 PCMA/8000\r\na=ptime:20\r\na=sendrecv\r\n",
			func(p media.Params) bool { return p.Codec.PayloadType == 97 }},
		{"a static number mapped elsewhere", "m=audio 30000 RTP/AVP 8 0\r\na=rtpmap:8 G726-32/8000\r\n", ulaw, nil},
		{"keys of another rate", "m=audio 30000 RTP/AVP 8 100 102\r\na=rtpmap:100 telephone-event/48000\r\na=rtpmap:102 telephone-event/8000\r\n",
			"m=audio 20000 RTP/AVP 8 102\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:102 telephone-event/8000\r\na=fmtp:102 0-15\r\na=ptime:20\r\na=sendrecv\r\n",
			func(p media.Params) bool { return p.DTMF == 102 && p.DTMFReceive == 102 }},
		{"packet length", "m=audio 30000 RTP/AVP 8\r\na=ptime:30\r\n", strings.Replace(alaw, "ptime:20", "ptime:30", 1), func(p media.Params) bool { return p.PTime == 30*time.Millisecond }},
		{"longest packet", "m=audio 30000 RTP/AVP 8\r\na=ptime:30\r\na=maxptime:10\r\n", strings.Replace(alaw, "ptime:20", "ptime:10", 1), func(p media.Params) bool { return p.PTime == 10*time.Millisecond }},
		{"packet length that is no step of ours", "m=audio 30000 RTP/AVP 8\r\na=ptime:25\r\n", alaw, nil},
		{"packet length beyond ours", "m=audio 30000 RTP/AVP 8\r\na=ptime:120\r\n", strings.Replace(alaw, "ptime:20", "ptime:60", 1), func(p media.Params) bool { return p.PTime == 60*time.Millisecond }},
		{"packet length of nonsense", "m=audio 30000 RTP/AVP 8\r\na=ptime:0\r\na=maxptime:x\r\n", alaw, func(p media.Params) bool { return p.PTime == 20*time.Millisecond }},
		{"hold", "m=audio 30000 RTP/AVP 8\r\na=sendonly\r\n", strings.Replace(alaw, "sendrecv", "recvonly", 1), func(p media.Params) bool { return p.Direction == media.RecvOnly }},
		{"they only receive", "m=audio 30000 RTP/AVP 8\r\na=recvonly\r\n", strings.Replace(alaw, "sendrecv", "sendonly", 1), func(p media.Params) bool { return p.Direction == media.SendOnly }},
		{"inactive", "m=audio 30000 RTP/AVP 8\r\na=inactive\r\n", strings.Replace(alaw, "sendrecv", "inactive", 1), func(p media.Params) bool { return p.Direction == media.Inactive }},
		{"direction of the session", "a=inactive\r\nm=audio 30000 RTP/AVP 8\r\n", strings.Replace(alaw, "sendrecv", "inactive", 1), nil},
		{"direction of the stream over the session's", "a=inactive\r\nm=audio 30000 RTP/AVP 8\r\na=sendrecv\r\n", alaw, nil},
		{"hold of old", "m=audio 30000 RTP/AVP 8\r\nc=IN IP4 0.0.0.0\r\n", strings.Replace(alaw, "sendrecv", "recvonly", 1), func(p media.Params) bool { return p.Direction == media.RecvOnly }},
		{"hold of old and new", "m=audio 30000 RTP/AVP 8\r\nc=IN IP4 0.0.0.0\r\na=recvonly\r\n", strings.Replace(alaw, "sendrecv", "inactive", 1), nil},
		{"address of the stream", "m=audio 30000 RTP/AVP 8\r\nc=IN IP4 198.51.100.7\r\n", alaw, func(p media.Params) bool { return p.Remote.String() == "198.51.100.7:30000" }},
		{"lines out of order", "m=audio 30000 RTP/AVP 8\r\na=ptime:20\r\nb=AS:64\r\na=sendrecv\r\nc=IN IP4 198.51.100.7\r\nb=ODD:1\r\n", alaw, func(p media.Params) bool { return p.Remote.String() == "198.51.100.7:30000" }},
		{"control port", "m=audio 30000 RTP/AVP 8\r\na=rtcp:40001\r\n", alaw, func(p media.Params) bool { return p.RemoteRTCP.String() == "192.0.2.9:40001" }},
		{"control address", "m=audio 30000 RTP/AVP 8\r\na=rtcp:40001 IN IP4 198.51.100.8\r\n", alaw, func(p media.Params) bool { return p.RemoteRTCP.String() == "198.51.100.8:40001" }},
		{"one port for both is not taken up", "m=audio 30000 RTP/AVP 8\r\na=rtcp-mux\r\n", alaw, func(p media.Params) bool { return !p.RemoteRTCP.IsValid() }},
		{"feedback profile", "m=audio 30000 RTP/AVPF 8\r\n", strings.Replace(alaw, "AVP", "AVPF", 1), nil},
		{"mid", "m=audio 30000 RTP/AVP 8\r\na=mid:0\r\n", alaw + "a=mid:0\r\n", nil},
		{"sound, picture and fax", "m=video 30002 RTP/AVP 31\r\nm=audio 30000 RTP/AVP 8\r\nm=image 30004 udptl t38\r\nm=audio 30006 RTP/AVP 0\r\n",
			"m=video 0 RTP/AVP 31\r\n" + alaw + "m=image 0 udptl t38\r\nm=audio 0 RTP/AVP 0\r\n", nil},
		{"encrypted and plain", "m=audio 30002 RTP/SAVP 8\r\nm=audio 30000 RTP/AVP 8\r\n", "m=audio 0 RTP/SAVP 8\r\n" + alaw, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text, a, err := answerText(t, sdpHead+tt.offer)
			if err != nil || text != tt.answer {
				t.Fatalf("%v\n%s\nwant\n%s", err, text, tt.answer)
			}
			if tt.check != nil && !tt.check(a.params) {
				t.Errorf("agreed %+v", a.params)
			}
		})
	}
}

func TestAnswerOfferRefuses(t *testing.T) {
	v6 := strings.ReplaceAll(sdpHead, "IP4 192.0.2.9", "IP6 2001:db8::9")
	for name, tt := range map[string]struct {
		offer string
		want  error
	}{
		"codecs we lack":         {sdpHead + "m=audio 30000 RTP/AVP 18\r\n", ErrNoCodec},
		"encrypted alone":        {sdpHead + "m=audio 30000 RTP/SAVP 8\r\n", ErrNoCodec},
		"no sound":               {sdpHead + "m=video 30000 RTP/AVP 31\r\n", ErrNoCodec},
		"no stream":              {sdpHead, ErrNoCodec},
		"a name as address":      {strings.Replace(sdpHead, "c=IN IP4 192.0.2.9", "c=IN IP4 media.example.com", 1) + "m=audio 30000 RTP/AVP 8\r\n", ErrNoCodec},
		"multicast":              {strings.Replace(sdpHead, "c=IN IP4 192.0.2.9", "c=IN IP4 233.252.0.1/127", 1) + "m=audio 30000 RTP/AVP 8\r\n", ErrNoCodec},
		"broadcast":              {strings.Replace(sdpHead, "c=IN IP4 192.0.2.9", "c=IN IP4 255.255.255.255", 1) + "m=audio 30000 RTP/AVP 8\r\n", ErrNoCodec},
		"no address":             {strings.Replace(sdpHead, "c=IN IP4 192.0.2.9\r\n", "", 1) + "m=audio 30000 RTP/AVP 8\r\n", ErrNoCodec},
		"a family we do not use": {v6 + "m=audio 30000 RTP/AVP 8\r\n", ErrNoCodec},
		"stereo":                 {sdpHead + "m=audio 30000 RTP/AVP 97\r\na=rtpmap:97 PCMA/8000/2\r\n", ErrNoCodec},
		"words":                  {"hello", ErrSDP},
		"empty":                  {"", ErrSDP},
		"no version":             {strings.TrimPrefix(sdpHead, "v=0\r\n"), ErrSDP},
		"no origin":              {"v=0\r\ns=-\r\nt=0 0\r\n", ErrSDP},
		"port out of range":      {sdpHead + "m=audio 70000 RTP/AVP 8\r\n", ErrSDP},
		"no format":              {sdpHead + "m=audio 30000 RTP/AVP\r\n", ErrSDP},
		"too long":               {sdpHead + strings.Repeat("a=x\r\n", 8000), ErrSDP},
		"too many streams":       {sdpHead + strings.Repeat("m=audio 30000 RTP/AVP 8\r\n", 33), ErrSDP},
	} {
		t.Run(name, func(t *testing.T) {
			if text, _, err := answerText(t, tt.offer); !errors.Is(err, tt.want) {
				t.Errorf("%v, want %v\n%s", err, tt.want, text)
			}
		})
	}
	t.Run("sound taken away", func(t *testing.T) {
		text, a, err := answerText(t, sdpHead+"m=audio 0 RTP/AVP 8\r\n")
		if err != nil || !a.removed || text != "m=audio 0 RTP/AVP 8\r\n" {
			t.Errorf("%v %v\n%s", err, a.removed, text)
		}
	})
	t.Run("bare line feeds", func(t *testing.T) {
		if _, _, err := answerText(t, strings.ReplaceAll(sdpHead+"m=audio 30000 RTP/AVP 8\r\n", "\r", "")); err != nil {
			t.Error(err)
		}
	})
}

// Comfort noise is agreed on where both want it and the codec has its clock.
func TestComfortNoiseIsAgreed(t *testing.T) {
	for _, tt := range []struct {
		name, offer string
		wanted      bool
		line        string
	}{
		{"wanted", "m=audio 30000 RTP/AVP 8 13\r\n", true, "m=audio 20000 RTP/AVP 8 13\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:13 CN/8000\r\n"},
		{"not wanted", "m=audio 30000 RTP/AVP 8 13\r\n", false, "m=audio 20000 RTP/AVP 8\r\n"},
		{"not offered", "m=audio 30000 RTP/AVP 8\r\n", true, "m=audio 20000 RTP/AVP 8\r\n"},
		{"beside opus", "m=audio 30000 RTP/AVP 96 13\r\na=rtpmap:96 opus/48000/2\r\n", true, "m=audio 20000 RTP/AVP 96\r\n"},
		{"another thing of the same number", "m=audio 30000 RTP/AVP 8 13\r\na=rtpmap:13 X/8000\r\n", true, "m=audio 20000 RTP/AVP 8\r\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d, err := readDescription([]byte(sdpHead + tt.offer))
			if err != nil {
				t.Fatal(err)
			}
			l := LocalMedia{MediaOptions: MediaOptions{ComfortNoise: tt.wanted}}.withDefaults()
			s := &localSession{}
			a, err := s.answer(d, localForTest, l)
			if err != nil {
				t.Fatal(err)
			}
			body, err := s.render(localForTest.Addr(), a.streams)
			if err != nil || !strings.Contains(string(body), tt.line) || a.params.ComfortNoise != strings.Contains(tt.line, "CN/8000") {
				t.Errorf("%v %+v\n%s", err, a.params, body)
			}
			offer, err := s.render(localForTest.Addr(), s.offer(20000, l, media.SendRecv))
			if err != nil || strings.Contains(string(offer), "CN/8000") != tt.wanted {
				t.Errorf("%v, offer\n%s", err, offer)
			}
			if p, err := s.read(d, l, localForTest.Addr()); err != nil || p.ComfortNoise != a.params.ComfortNoise {
				t.Errorf("as an answer: %v %+v", err, p)
			}
		})
	}
}

// With PreferOurs the order of our codecs decides.
func TestOurPreference(t *testing.T) {
	offer := sdpHead + "m=audio 30000 RTP/AVP 0 8 9 96\r\na=rtpmap:96 opus/48000/2\r\n"
	for _, tt := range []struct {
		ours []string
		want string
	}{{[]string{"PCMA", "PCMU"}, "PCMA"}, {[]string{"opus", "G722", "PCMA"}, "opus"}, {[]string{"PCMU", "PCMA"}, "PCMU"}} {
		codecs, err := media.CodecsByName(tt.ours...)
		if err != nil {
			t.Fatal(err)
		}
		d, err := readDescription([]byte(offer))
		if err != nil {
			t.Fatal(err)
		}
		a, err := new(localSession).answer(d, localForTest, LocalMedia{MediaOptions: MediaOptions{Codecs: codecs, PreferOurs: true}})
		if err != nil || a.params.Codec.Name != tt.want {
			t.Errorf("%v: %q, %v", tt.ours, a.params.Codec.Name, err)
		}
	}
}

func TestReadAnswer(t *testing.T) {
	tests := []struct {
		name, answer string
		check        func(media.Params) bool
	}{
		{"first of its list", "m=audio 30000 RTP/AVP 0 8\r\n", func(p media.Params) bool { return p.Codec.Name == "PCMU" }},
		{"its own number for keys", "m=audio 30000 RTP/AVP 8 96\r\na=rtpmap:96 telephone-event/8000\r\n", func(p media.Params) bool { return p.DTMF == 96 && p.DTMFReceive == offeredEvents[8000] }},
		{"no keys", "m=audio 30000 RTP/AVP 8\r\n", func(p media.Params) bool { return p.DTMF == 0 && p.DTMFReceive == 0 }},
		{"its own number for opus", "m=audio 30000 RTP/AVP 96 97\r\na=rtpmap:96 opus/48000/2\r\na=rtpmap:97 telephone-event/48000\r\n", func(p media.Params) bool {
			return p.Codec.PayloadType == 96 && p.ReceiveType == 111 && p.DTMF == 97 && p.DTMFReceive == 110
		}},
		{"held", "m=audio 30000 RTP/AVP 8\r\na=recvonly\r\n", func(p media.Params) bool { return p.Direction == media.SendOnly }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d, err := readDescription([]byte(sdpHead + tt.answer))
			if err != nil {
				t.Fatal(err)
			}
			p, err := new(localSession).read(d, LocalMedia{}.withDefaults(), localForTest.Addr())
			if err != nil || !tt.check(p) {
				t.Errorf("%+v %v", p, err)
			}
		})
	}
	for name, answer := range map[string]string{"refused": "m=audio 0 RTP/AVP 8\r\n", "another codec": "m=audio 30000 RTP/AVP 18\r\n"} {
		t.Run(name, func(t *testing.T) {
			d, err := readDescription([]byte(sdpHead + answer))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := new(localSession).read(d, LocalMedia{}.withDefaults(), localForTest.Addr()); !errors.Is(err, ErrNoCodec) {
				t.Error(err)
			}
		})
	}
}

func TestSessionVersion(t *testing.T) {
	s := localSession{id: 7}
	render := func(dir media.Direction) string {
		body, err := s.render(localForTest.Addr(), s.offer(20000, LocalMedia{}.withDefaults(), dir))
		if err != nil {
			t.Fatal(err)
		}
		origin, _, _ := strings.Cut(string(body)[5:], "\r\n")
		return origin
	}
	for i, want := range []struct {
		dir     media.Direction
		version string
	}{{media.SendRecv, "1"}, {media.SendRecv, "1"}, {media.SendOnly, "2"}, {media.SendRecv, "3"}} {
		if got := render(want.dir); got != "o=- 7 "+want.version+" IN IP4 192.0.2.1" {
			t.Errorf("description %d: %s, want version %s", i, got, want.version)
		}
	}
}

func TestSDPBody(t *testing.T) {
	parts := "--x\r\nContent-Type: application/isup\r\n\r\n\x01\x02\r\n--x\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--x--\r\n"
	isup := func(handling string) string {
		return strings.Replace(parts, "application/isup\r\n", "application/isup\r\nContent-Disposition: signal;handling="+handling+"\r\n", 1)
	}
	const sdp, disposition = "application/sdp", "\r\nContent-Disposition: "
	tests := []struct {
		name, kind, encoding, body, want string
		refused                          bool
	}{
		{"for a session", sdp + disposition + "session;handling=required", "", "v=0", "v=0", false},
		{"for early media alone", sdp + disposition + "early-session", "", "v=0", "", true},
		{"for early media alone, not needed", sdp + disposition + "early-session;handling=optional", "", "v=0", "", false},
		{"a disposition that is none", sdp + disposition + ";;", "", "v=0", "v=0", false},
		{"another type, not needed", "application/isup" + disposition + "signal; handling=OPTIONAL", "", "x", "", false},
		{"another type, needed", "application/isup" + disposition + "signal;handling=required", "", "x", "", true},
		{"beside one that is not needed", "multipart/mixed;boundary=x", "", isup("optional"), "v=0", false},
		{"beside one that is needed", "multipart/mixed;boundary=x", "", isup("required"), "", true},
		{"behind it one that is needed", "multipart/mixed;boundary=x", "", strings.Replace(parts, "--x--", "--x\r\nContent-Type: a/b\r\nContent-Disposition: x;handling=required\r\n\r\n1\r\n--x--", 1), "", true},
		{"one of alternatives", "multipart/alternative;boundary=x", "", isup("required"), "v=0", false},
		{"none", "", "", "", "", false},
		{"plain", "application/sdp", "", "v=0", "v=0", false},
		{"plain, with a parameter", "Application/SDP;charset=utf-8", "", "v=0", "v=0", false},
		{"among others", `multipart/mixed;boundary="x"`, "", parts, "v=0", false},
		{"others alone", "multipart/mixed;boundary=x", "", strings.Replace(parts, "application/sdp", "text/plain", 1), "", true},
		{"another type", "application/isup", "", "x", "", true},
		{"compressed", "application/sdp", "gzip", "x", "", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var lines []string
			if tt.kind != "" {
				lines = append(lines, "Content-Type: "+tt.kind)
			}
			if tt.encoding != "" {
				lines = append(lines, "Content-Encoding: "+tt.encoding)
			}
			req := inviteWith(t, "sip:a@b", "<sip:a@b>", "<sip:a@b>", lines...)
			req.SetBody([]byte(tt.body))
			body, err := sdpBody(req)
			if string(body) != tt.want || (err != nil) != tt.refused {
				t.Errorf("%q, %v", body, err)
			}
		})
	}
}

func TestInfoDigit(t *testing.T) {
	for name, tt := range map[string]struct {
		kind, body string
		want       rune
		ok         bool
	}{
		"relay":           {"application/dtmf-relay", "Signal=5\r\nDuration=160\r\n", '5', true},
		"relay, spaces":   {"application/dtmf-relay", "Signal= #\nDuration= 160", '#', true},
		"relay, star":     {"application/dtmf-relay", "signal=*", '*', true},
		"relay, number":   {"application/dtmf-relay", "Signal=11\r\n", '#', true},
		"relay, letter":   {"application/dtmf-relay", "Signal=d", 'D', true},
		"relay, no key":   {"application/dtmf-relay", "Duration=160", 0, false},
		"relay, nonsense": {"application/dtmf-relay", "Signal=x9", 0, false},
		"plain":           {"application/dtmf", "7\r\n", '7', true},
		"plain, number":   {"application/dtmf", "10", '*', true},
		"plain, letters":  {"application/dtmf", "13", 'B', true},
		"hook":            {"application/dtmf-relay", "Signal=16", flash, true},
		"empty":           {"application/dtmf", " ", 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got, ok := infoDigit(tt.kind, tt.body); got != tt.want || ok != tt.ok {
				t.Errorf("%q %v", got, ok)
			}
		})
	}
}

func FuzzReadDescription(f *testing.F) {
	for _, s := range []string{
		"m=audio 30000 RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\na=rtcp:1 IN IP4 1.2.3.4\r\na=maxptime:20\r\n",
		"m=image 5004 udptl t38\r\nm=audio 0 RTP/SAVP 8\r\n", "a=inactive\r\nm=audio 30000/2 RTP/AVP 0\r\nc=IN IP4 0.0.0.0\r\n", "m=audio 1 RTP/AVP 300 -1 8\r\n", "",
	} {
		f.Add([]byte(sdpHead + s))
	}
	for _, s := range []string{
		"m=audio 30000 RTP/SAVP 9 111 101\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 useinbandfec=1; usedtx=1\r\na=rtpmap:101 telephone-event/48000\r\na=ptime:60\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + key30 + "|2^31\r\n",
		"m=audio 1 RTP/SAVPF 13 96\r\na=rtpmap:96 PCMA/8000/1\r\na=crypto:1 AEAD_AES_256_GCM inline:" + key44 + ";inline:x|1:4 KDR=0\r\na=fmtp:96\r\na=rtpmap:13 CN/8000\r\n",
	} {
		f.Add([]byte(sdpHead + s))
	}
	f.Add([]byte("v=0\no=- 1 1 IN IP6 ::1\ns=\nc=IN IP6 ::1\nt=0 0\nm=audio 1 RTP/AVPF 0\n"))
	f.Fuzz(func(t *testing.T, body []byte) {
		d, err := readDescription(body)
		if err != nil {
			return
		}
		s := localSession{id: 1}
		a, err := s.answer(d, localForTest, LocalMedia{}.withDefaults())
		if err != nil {
			return
		}
		if len(a.streams) != len(d.streams) {
			t.Fatalf("%d streams answered with %d", len(d.streams), len(a.streams))
		}
		ours, err := s.render(localForTest.Addr(), a.streams)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := readDescription(ours); err != nil {
			t.Errorf("our own answer cannot be read: %v\n%s", err, ours)
		}
		_, _ = s.read(d, LocalMedia{}.withDefaults(), localForTest.Addr())
	})
}
