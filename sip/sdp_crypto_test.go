package sip

import (
	"encoding/base64"
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/acotel/acotel-sbc/media"
)

// Keys and salts of the right lengths, in base64.
var (
	key30 = base64.StdEncoding.EncodeToString([]byte("0123456789abcdefghijklmnopqrst"))
	key28 = base64.StdEncoding.EncodeToString([]byte("0123456789abcdefghijklmnopqr"))
	key44 = base64.StdEncoding.EncodeToString([]byte("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGH"))
)

func TestReadCrypto(t *testing.T) {
	for name, tt := range map[string]struct {
		line  string
		suite media.Suite
	}{
		"AES-CM":                    {"1 AES_CM_128_HMAC_SHA1_80 inline:" + key30, media.AESCM80},
		"short tag":                 {"2 AES_CM_128_HMAC_SHA1_32 inline:" + key30, media.AESCM32},
		"lifetime":                  {"1 AES_CM_128_HMAC_SHA1_80 inline:" + key30 + "|2^31", media.AESCM80},
		"GCM":                       {"1 AEAD_AES_128_GCM inline:" + key28, media.GCM128},
		"GCM, no padding":           {"1 AEAD_AES_256_GCM inline:" + strings.TrimRight(key44, "="), media.GCM256},
		"window size":               {"1 AES_CM_128_HMAC_SHA1_80 inline:" + key30 + " WSH=64", media.AESCM80},
		"optional parameter":        {"1 AES_CM_128_HMAC_SHA1_80 inline:" + key30 + " -X=1", media.AESCM80},
		"master key identifier":     {"1 AES_CM_128_HMAC_SHA1_80 inline:" + key30 + "|2^20|1:4", ""},
		"identifier, no lifetime":   {"1 AES_CM_128_HMAC_SHA1_80 inline:" + key30 + "|1:4", ""},
		"two keys":                  {"1 AES_CM_128_HMAC_SHA1_80 inline:" + key30 + ";inline:" + key30, ""},
		"no encryption":             {"1 AES_CM_128_HMAC_SHA1_80 inline:" + key30 + " UNENCRYPTED_SRTP", ""},
		"key derivation":            {"1 AES_CM_128_HMAC_SHA1_80 inline:" + key30 + " KDR=1", ""},
		"a key too short":           {"1 AES_CM_128_HMAC_SHA1_80 inline:" + key28, ""},
		"unknown suite":             {"1 F8_128_HMAC_SHA1_80 inline:" + key30, ""},
		"no base64":                 {"1 AES_CM_128_HMAC_SHA1_80 inline:***", ""},
		"another method":            {"1 AES_CM_128_HMAC_SHA1_80 uri:x", ""},
		"a tag that is none":        {"x AES_CM_128_HMAC_SHA1_80 inline:" + key30, ""},
		"words missing":             {"1 AES_CM_128_HMAC_SHA1_80", ""},
		"nothing":                   {"", ""},
		"case of the method's name": {"1 AES_CM_128_HMAC_SHA1_80 INLINE:" + key30, ""},
	} {
		t.Run(name, func(t *testing.T) {
			c, ok := readCrypto(tt.line)
			if ok != (tt.suite != "") || ok && c.suite != tt.suite {
				t.Errorf("%v, %+v", ok, c)
			}
		})
	}
}

var inlineKey = regexp.MustCompile(`inline:\S+`)

func TestAnswerWithKeys(t *testing.T) {
	line := func(tag, suite, key string) string {
		return "a=crypto:" + tag + " " + suite + " inline:" + key + "\r\n"
	}
	audio := "m=audio 30000 RTP/SAVP 8\r\n"
	ours := func(proto, tag, suite string) string {
		return "m=audio 20000 " + proto + " 8\r\na=rtpmap:8 PCMA/8000\r\na=ptime:20\r\na=sendrecv\r\na=crypto:" + tag + " " + suite + " KEY\r\n"
	}
	plain := "m=audio 20000 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\na=ptime:20\r\na=sendrecv\r\n"
	for _, tt := range []struct {
		name, offer string
		policy      SRTPPolicy
		answer      string // "" refused
		suite       media.Suite
	}{
		{"SRTP", audio + line("1", "AES_CM_128_HMAC_SHA1_80", key30), SRTPAllowed, ours("RTP/SAVP", "1", "AES_CM_128_HMAC_SHA1_80"), media.AESCM80},
		{"the first that we speak", audio + line("1", "F8_128_HMAC_SHA1_80", key30) + line("7", "AEAD_AES_256_GCM", key44) + line("3", "AES_CM_128_HMAC_SHA1_80", key30), SRTPAllowed, ours("RTP/SAVP", "7", "AEAD_AES_256_GCM"), media.GCM256},
		{"feedback profile", "m=audio 30000 RTP/SAVPF 8\r\n" + line("1", "AES_CM_128_HMAC_SHA1_32", key30), SRTPRequired, ours("RTP/SAVPF", "1", "AES_CM_128_HMAC_SHA1_32"), media.AESCM32},
		{"keys in the plain profile (RFC 8643)", "m=audio 30000 RTP/AVP 8\r\n" + line("1", "AES_CM_128_HMAC_SHA1_80", key30), SRTPAllowed, ours("RTP/AVP", "1", "AES_CM_128_HMAC_SHA1_80"), media.AESCM80},
		{"keys in the plain profile that we do not want", "m=audio 30000 RTP/AVP 8\r\n" + line("1", "AES_CM_128_HMAC_SHA1_80", key30), SRTPOff, plain, ""},
		{"protected before plain", "m=audio 30000 RTP/AVP 8\r\nm=audio 30002 RTP/SAVP 8\r\n" + line("1", "AES_CM_128_HMAC_SHA1_80", key30), SRTPAllowed, "m=audio 0 RTP/AVP 8\r\n" + ours("RTP/SAVP", "1", "AES_CM_128_HMAC_SHA1_80"), media.AESCM80},
		{"plain where protection is required", "m=audio 30000 RTP/AVP 8\r\n", SRTPRequired, "", ""},
		{"SRTP where it is off", audio + line("1", "AES_CM_128_HMAC_SHA1_80", key30), SRTPOff, "", ""},
		{"no usable line", audio + line("1", "AES_CM_128_HMAC_SHA1_80", key28), SRTPAllowed, "", ""},
		{"no line", audio, SRTPAllowed, "", ""},
		{"DTLS", "m=audio 30000 UDP/TLS/RTP/SAVP 8\r\na=fingerprint:sha-256 00\r\n", SRTPAllowed, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d, err := readDescription([]byte(sdpHead + tt.offer))
			if err != nil {
				t.Fatal(err)
			}
			s := localSession{id: 1}
			l := LocalMedia{MediaOptions: MediaOptions{SRTP: tt.policy}}.withDefaults()
			a, err := s.answer(d, localForTest, l)
			if tt.answer == "" {
				if !errors.Is(err, ErrNoCodec) {
					t.Errorf("answered, %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			body, err := s.render(localForTest.Addr(), a.streams)
			if err != nil {
				t.Fatal(err)
			}
			_, text, _ := strings.Cut(string(body), "t=0 0\r\n")
			if got := inlineKey.ReplaceAllString(text, "KEY"); got != tt.answer {
				t.Errorf("answer\n%s\nwant\n%s", got, tt.answer)
			}
			p := a.params.Protection
			if p.Suite != tt.suite {
				t.Fatalf("agreed on %q", p.Suite)
			}
			if tt.suite == "" {
				return
			}
			if !strings.Contains(text, "inline:"+base64.StdEncoding.EncodeToString(p.Send.Reveal())) || p.Send == p.Receive {
				t.Error("the key that we send with is not the one that we told")
			}
			// The same offer again, as in a session refresh: the same key, so that nothing begins anew.
			again, err := s.answer(d, localForTest, l)
			if err != nil || again.params.Protection != p {
				t.Errorf("a refresh changed the keys, %v", err)
			}
			other := localSession{id: 2}
			if b, err := other.answer(d, localForTest, l); err != nil || b.params.Protection.Send == p.Send {
				t.Errorf("two calls share a key, %v", err)
			}
		})
	}
}

func TestOfferWithKeys(t *testing.T) {
	offer := func(s *localSession, policy SRTPPolicy) (string, LocalMedia) {
		l := LocalMedia{MediaOptions: MediaOptions{SRTP: policy}}.withDefaults()
		body, err := s.render(localForTest.Addr(), s.offer(20000, l, media.SendRecv))
		if err != nil {
			t.Fatal(err)
		}
		return string(body), l
	}
	for _, tt := range []struct {
		name      string
		secure    bool
		policy    SRTPPolicy
		protected bool
	}{
		{"allowed over UDP", false, SRTPAllowed, false}, {"allowed over TLS", true, SRTPAllowed, true}, {"off over TLS", true, SRTPOff, false}, {"required over UDP", false, SRTPRequired, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			body, _ := offer(&localSession{secure: tt.secure}, tt.policy)
			if strings.Contains(body, "RTP/SAVP") != tt.protected || strings.Count(body, "a=crypto:") != map[bool]int{true: len(media.Suites())}[tt.protected] {
				t.Errorf("offer\n%s", body)
			}
		})
	}
	s := &localSession{secure: true}
	body, l := offer(s, SRTPAllowed)
	read := func(answer string) (media.Params, error) {
		d, err := readDescription([]byte(sdpHead + answer))
		if err != nil {
			t.Fatal(err)
		}
		return s.read(d, l, localForTest.Addr())
	}
	second := string(media.Suites()[1])
	for name, answer := range map[string]string{
		"in clear":                  "m=audio 30000 RTP/AVP 8\r\n",
		"without a key":             "m=audio 30000 RTP/SAVP 8\r\n",
		"a tag that we did not use": "m=audio 30000 RTP/SAVP 8\r\na=crypto:9 " + second + " inline:" + key28 + "\r\n",
		"another suite by the tag":  "m=audio 30000 RTP/SAVP 8\r\na=crypto:1 " + second + " inline:" + key28 + "\r\n",
	} {
		if p, err := read(answer); !errors.Is(err, ErrNoSRTP) {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
	}
	p, err := read("m=audio 30000 RTP/SAVP 8\r\na=crypto:2 " + second + " inline:" + key28 + "\r\n")
	if err != nil || string(p.Protection.Suite) != second || !strings.Contains(body, base64.StdEncoding.EncodeToString(p.Protection.Send.Reveal())) {
		t.Errorf("%+v, %v", p, err)
	}
	if again, _ := offer(s, SRTPAllowed); inlineKey.FindString(again) != inlineKey.FindString(body) || !strings.Contains(again, "RTP/SAVP") {
		t.Errorf("a second offer changes keys or profile\n%s", again)
	}
}
