package config

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// others are settings without which an address is not looked at, or another complaint would come first.
var others = map[string][]string{
	"asr.wyoming.address":      {"asr.backends=[wyoming]"},
	"asr.openai.url":           {"asr.backends=[openai]"},
	"asr.vosk.url":             {"asr.backends=[vosk]"},
	"tts.wyoming.address":      {"tts.backends=[wyoming, espeak]"},
	"tts.openai.url":           {"tts.backends=[openai, espeak]"},
	"check.alerts.mail.server": {"check.alerts.mail.from=a@example.org", "check.alerts.mail.to=[b@example.org]"},
	"dialog.nlu.model.url":     {"dialog.nlu.model.name=m"},
	"softphone.turn.url":       {"softphone.turn.user=u", "softphone.turn.password=env:P"},
	"sms.http.url":             {"sms.provider=http"},
	"workshops.source.url":     {"workshops.source.kind=json"},
}

// forms are what keys of one kind take, and what none of them takes. Between < and > stands what changes from key to key.
var forms = []struct {
	name     string
	keys     []string
	good     []string
	bad      []string
	complain string // what the complaint begins with after the key; %q of the value, where it stands in it
}{
	{"addresses of this machine", []string{"sip.listen", "http.listen", "sip.tls.listen", "speech.listen", "speech.wyoming"},
		[]string{"127.0.0.1:5060", "localhost:1", ":65535", "0.0.0.0:0", "[::1]:5060", "[::]:0"},
		[]string{"5060", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:sip", "127.0.0.1:00", "::1:5060", "standard.example.org:5060", "10.0.0.300:5060"},
		"%q"},
	{"addresses that others are told", []string{"sip.advertise", "softphone.advertise"},
		[]string{"", "198.51.100.7", "2001:db8::7"},
		[]string{"198.51.100.7:5060", "standard.example.org", "198.51.100.300", "0.0.0.0", "::", "224.0.0.1"},
		"%q"},
	{"servers at a port", []string{"asr.wyoming.address", "tts.wyoming.address", "check.alerts.mail.server"},
		[]string{"10.0.0.5:10300", "serveur-1.example.org:65535", "localhost:1", "[2001:db8::5]:10300", "parole_1:10300"},
		[]string{"10.0.0.5", ":10300", "10.0.0.5:", "10.0.0.5:0", "10.0.0.5:70000", "10.0.0.5:+25", "10.0.0.5:wyoming", "10.0.0.300:10300", "tcp://10.0.0.5:10300", "a b:10300", "a..b:10300",
			".:10300", "u@10.0.0.5:10300", "2001:db8::5:10300", strings.Repeat("a", 64) + ":1"},
		"%q"},
	{"servers of a trunk", []string{"trunks[0].servers[0]"},
		[]string{"sip.example.net", "sip.example.net.", "203.0.113.10:5060", "2001:db8::1", "[2001:db8::1]:5060"},
		[]string{"", "sip:sip.example.net", "sip.example.net:", "sip.example.net:0", "203.0.113.10:0", "203.0.113.10:65536", "203.0.113.300", "203.0.113", ".", "-sip..example.net"},
		"%q"},
	{"web addresses near us", []string{"asr.openai.url", "tts.openai.url", "dialog.nlu.model.url"},
		[]string{"http://10.0.0.5:8000/v1", "https://parole.example.org/v1", "https://été.example.org/v1", "http://[::1]:8000/v1"},
		[]string{"10.0.0.5:8000", "http://", "http://:8000/v1", "http://10.0.0.5:/v1", "http://10.0.0.5:0/v1", "http://10.0.0.5:70000/v1", "http://10.0.0.5:http/v1", "http://10.0.0.300/v1",
			"ws://10.0.0.5/v1", "http://a b/v1", "https://a..b/v1", "https://u:p@parole.example.org/v1", "https://parole.example.org/v1?", "https://parole.example.org/v1?a=b", "https://parole.example.org/v1#a"},
		"is no address such as http"},
	{"WebSockets near us", []string{"asr.vosk.url"},
		[]string{"ws://10.0.0.5:2700", "wss://parole.example.org"},
		[]string{"", "http://10.0.0.5:2700", "ws://:2700", "ws://10.0.0.5:0", "ws://10.0.0.5:99999"},
		"is no address such as ws"},
	{"where a provider reaches us", []string{"sms.public_url"},
		[]string{"", "https://standard.example.org", "https://u:p@standard.example.org:8443/acotel", "http://standard.example.org"},
		[]string{"standard.example.org", "https://:443", "https://standard.example.org:0", "https://standard.example.org:66000", "https://standard.example.org?a=b", "ftp://standard.example.org"},
		"is no address such as https"},
	{"providers of SMS", []string{"sms.ovh.endpoint", "sms.brevo.endpoint"},
		[]string{"", "https://eu.api.example.org/1.0", "http://127.0.0.1:8080"},
		[]string{"eu.api.example.org/1.0", "https://", "https://:443/1.0", "https://eu.api.example.org:0/1.0", "https://eu.api.example.org:70000", "https://eu.api.example.org/1.0?a"},
		"%q is no http or https address of the provider"},
	{"a provider described by templates", []string{"sms.http.url"},
		[]string{"http://127.0.0.1:13013/cgi-bin/sendsms?username=a b&to={{query .To}}&dlr-url={{query .Receipts}}%26status%3D%25d", "https://{{.Secret.host}}:{{.Secret.port}}/{{.Digits}}", "{{.Secret.address}}"},
		[]string{"127.0.0.1:13013", "ftp://sms.example.org/{{.To}}", "http://:13013/?to={{.To}}", "http://sms.example.org:0/{{.To}}", "http://sms.example.org:{{.Secret.port}}99999/{{.To}}", "https:///send?to={{.To}}"},
		"is no http or https address of a provider"},
	{"where workshops come from", []string{"workshops.source.url"},
		[]string{"https://example.org/ateliers?a=b", "http://u:p@10.0.0.5:8080/a.csv"},
		[]string{"example.org/ateliers", "file:///ateliers.csv", "https://:443/ateliers", "https://example.org:0", "https://example.org:65536/", "https://192.0.2.256/"},
		"is no address such as https"},
	{"where alerts are posted", []string{"check.alerts.webhook.url"},
		[]string{"", "https://example.org/hook?key=a#b", "http://127.0.0.1:9/"},
		[]string{"example.org", "https://:443/hook", "https://example.org:0/hook", "https://example.org:65536/hook", "https://example..org/hook"},
		"%q is no http or https address"},
	{"STUN servers", []string{"softphone.stun[0]"},
		[]string{"stun:stun.example.org", "stun:stun.example.org:3478", "stuns:203.0.113.9:5349", "stun:[2001:db8::9]", "stun:[2001:db8::9]:3478"},
		[]string{"stun.example.org:3478", "stun:", "stun::3478", "stun:stun.example.org:", "stun:stun.example.org:0", "stun:stun.example.org:70000", "stun://stun.example.org", "stun:a?transport=udp", "turn:turn.example.org",
			"stun:2001:db8::9", "stun:[203.0.113.9]"},
		"%q is no address such as stun:"},
	{"a TURN relay", []string{"softphone.turn.url"},
		[]string{"turn:turn.example.org", "turn:turn.example.org:3478?transport=udp", "turns:turn.example.org:5349?transport=tcp"},
		[]string{"turn.example.org:3478", "turn:", "turn::3478", "turn:turn.example.org:0", "turn:turn.example.org:70000", "turn:turn.example.org?transport=sctp", "turn:turn.example.org?", "stun:turn.example.org"},
		"an address such as turn:"},
	{"databases elsewhere", []string{"data.database"},
		[]string{"", "env:BASE", "postgres://acotel@base.example.org:5432/acotel", "postgresql://acotel@[2001:db8::3]/acotel", "postgres://acotel@a:5432,b:5432/acotel", "postgres:///acotel?host=/run/postgresql"},
		[]string{"mysql://acotel@base/acotel", "base.example.org:5432", "postgres://acotel@base.example.org:0/acotel", "postgres://acotel@base.example.org:70000/acotel", "postgres://acotel@:5432/acotel",
			"postgres://acotel@10.0.0.300/acotel", "postgres://acotel@a,/acotel"},
		"is no address of a PostgreSQL database"},
}

// TestAddresses: what can't be reached is refused when the configuration is read, wherever it stands.
func TestAddresses(t *testing.T) {
	set := func(key, v string) Options {
		o := slices.Clone(others[key])
		switch list, index, is := strings.Cut(key, "["); {
		case strings.HasPrefix(key, "trunks"):
			o = append(o, fmt.Sprintf("trunks=[{name: a, servers: ['%s']}]", v))
		case is && index == "0]":
			o = append(o, fmt.Sprintf("%s=['%s']", list, v))
		default:
			o = append(o, key+"="+v)
		}
		if key == "sip.tls.listen" {
			o = append(o, "sip.tls.certificate=a.pem", "sip.tls.key=a.key")
		}
		return Options{Set: o}
	}
	for _, f := range forms {
		for _, key := range f.keys {
			for _, v := range f.good {
				t.Run(key+" takes "+v, func(t *testing.T) {
					if _, err := Load(Default(), set(key, v)); err != nil {
						t.Error(err)
					}
				})
			}
			for _, v := range f.bad {
				t.Run(key+" refuses "+v, func(t *testing.T) {
					place := strings.TrimSuffix(key, ".url")
					want := strings.ReplaceAll(f.complain, "%q", fmt.Sprintf("%q", v))
					_, err := Load(Default(), set(key, v))
					if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), place) {
						t.Errorf("error %v, want one of %s that holds %q", err, place, want)
					}
				})
			}
		}
	}
}
