package config

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func write(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "acotel.yaml")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestLoadRefuses(t *testing.T) {
	for _, c := range []struct{ name, yaml, want string }{
		{"unknown key", "sip:\n  lisen: 127.0.0.1:5060\n", `acotel.yaml:2: sip.lisen: unknown key, did you mean "listen"?`},
		{"unknown group", "# comment\n\nspi:\n  listen: x\n", `acotel.yaml:3: spi: unknown key, did you mean "sip"?`},
		{"unknown key in a list", "trunks:\n  - name: a\n    pears: [127.0.0.1]\n", `acotel.yaml:3: trunks[0].pears: unknown key, did you mean "peers"?`},
		{"far from every key", "sip:\n  zzzzzzzz: 1\n", "known here: advertise, busy_status, limits, listen, sessions, tls, user_agent"},
		{"text for a number", "calls:\n  slots: many\n", "acotel.yaml:2: wrong kind of value: `many` where a whole number is needed"},
		{"value for a group", "calls: 3\n", "acotel.yaml:1: calls: wrong kind of value: a group of keys is needed here"},
		{"not YAML", "sip: [\n", "acotel.yaml:"},
		{"key twice", "sip:\n  listen: 127.0.0.1:1\nsip:\n  listen: 127.0.0.1:2\n", "already defined"},
		{"out of range", "calls:\n  slots: 0\n", "acotel.yaml:2: calls.slots: 0 is outside 1 to 10000"},
		{"bad address", "sip:\n  listen: everywhere\n", `acotel.yaml:2: sip.listen: "everywhere" is not host:port`},
		{"bad ports", "rtp:\n  ports: 90-80\n", "acotel.yaml:2: rtp.ports:"},
		{"codec we lack", "rtp:\n  codecs: [PCMA, G729]\n", `acotel.yaml:2: rtp.codecs[1]: unknown value "G729"`},
		{"codec twice", "rtp:\n  codecs: [PCMA, PCMA]\n", "acotel.yaml:2: rtp.codecs[1]: PCMA is there twice"},
		{"no codec", "rtp:\n  codecs: []\n", "acotel.yaml:2: rtp.codecs: is empty"},
		{"bad peer", "trunks:\n  - name: a\n    peers:\n      - 127.0.0.1\n      - 300.1.1.1\n", "acotel.yaml:5: trunks[0].peers[1]:"},
		{"bad kind", "lines:\n  - number: '0970'\n    kind: prodution\n", `acotel.yaml:3: lines[0].kind: unknown value "prodution", did you mean "production"?`},
		{"line twice", "lines:\n  - {number: '1', kind: test}\n  - {number: '1', kind: test}\n", "acotel.yaml:3: lines[1].number:"},
		{"trunk without addresses", "trunks:\n  - name: a\n", "acotel.yaml:2: trunks[0].peers: is empty"},
		{"trunk twice", "trunks:\n  - {name: a, peers: ['::1']}\n  - {name: a, peers: ['::1']}\n", `acotel.yaml:3: trunks[1].name: "a" is the name of trunk 1 already`},
		{"bad server", "trunks:\n  - name: a\n    servers: [sip.example.net, 'x:99999']\n", `acotel.yaml:3: trunks[0].servers[1]: "x:99999" is not host or host:port`},
		{"bad transport", "trunks:\n  - name: a\n    peers: ['::1']\n    transport: ucp\n", `acotel.yaml:4: trunks[0].transport: unknown value "ucp", did you mean "tcp"?`},
		{"pings too often", "trunks:\n  - name: a\n    peers: ['::1']\n    options_seconds: 2\n", "acotel.yaml:4: trunks[0].options_seconds: 2 is neither 0 (none) nor 5 to 3600"},
		{"unknown key of a registration", "trunks:\n  - name: a\n    register:\n      usr: x\n", `acotel.yaml:4: trunks[0].register.usr: unknown key, did you mean "user"?`},
		{"password in clear", "trunks:\n  - name: a\n    servers: [b]\n    register:\n      user: x\n      password: swordfish\n", "acotel.yaml:6: trunks[0].register.password: holds the secret itself"},
		{"a key in clear", "sms:\n  brevo:\n    api_key: swordfish\n", "acotel.yaml:3: sms.brevo.api_key: holds the secret itself"},
		{"a secret of a list in clear", "sms:\n  http:\n    secrets:\n      kannel: swordfish\n", "acotel.yaml:4: sms.http.secrets.kannel: holds the secret itself"},
		{"a database's password in clear", "data:\n  database: postgres://u:swordfish@h/d\n", "acotel.yaml:2: data.database: holds the secret itself"},
		{"a database's password in clear, elsewhere", "data:\n  database: postgres://u@h/d?password=swordfish\n", "acotel.yaml:2: data.database: holds the secret itself"},
		{"no registrar", "trunks:\n  - name: a\n    peers: ['::1']\n    register:\n      user: x\n      password: env:P\n", "acotel.yaml:5: trunks[0].register: registers nowhere"},
		{"no password", "trunks:\n  - name: a\n    servers: [b]\n    register:\n      user: x\n", "acotel.yaml:5: trunks[0].register: has no password"},
		{"password in a setting's variable", "trunks:\n  - name: a\n    servers: [b]\n    register:\n      user: x\n      password: env:ACOTEL_X\n", "acotel.yaml:6: trunks[0].register.password: \"env:ACOTEL_X\": variables that begin with ACOTEL_ are settings"},
		{"account without a name", "trunks:\n  - name: a\n    servers: [b]\n    register:\n      domain: x\n", "trunks[0].register.user: is empty"},
		{"registers too often", "trunks:\n  - name: a\n    servers: [b]\n    register:\n      user: x\n      password: env:P\n      expires_seconds: 1\n", "acotel.yaml:7: trunks[0].register.expires_seconds: 1 is outside"},
		{"TLS without certificate", "sip:\n  tls:\n    listen: 127.0.0.1:5061\n", "sip.tls.certificate: is empty"},
		{"certificate without key", "sip:\n  tls:\n    certificate: a.pem\n", "sip.tls.key: certificate and key go together"},
		{"clients without authority", "sip:\n  tls:\n    verify_clients: required\n", "sip.tls.client_ca: is empty"},
		{"message limit", "sip:\n  limits:\n    message_bytes: 100\n", "acotel.yaml:3: sip.limits.message_bytes: 100 is outside 4096 to 60000"},
		{"suspension that ends before it begins", "lines:\n  - number: '1'\n    kind: test\n    suspended_from: 2030-01-02T00:00:00Z\n    suspended_until: 2030-01-01T00:00:00Z\n", "acotel.yaml:5: lines[0].suspended_until:"},
		{"a date that is none", "lines:\n  - number: '1'\n    kind: test\n    suspended_from: soon\n", "acotel.yaml:4: lines[0].suspended_from: \"soon\" is no moment"},
		{"a model in clear", "dialog:\n  nlu:\n    model:\n      url: http://llm.example.org/v1\n      name: m\n", "acotel.yaml:4: dialog.nlu.model.url: callers' words go there: https"},
		{"a model with a password in its address", "dialog:\n  nlu:\n    model:\n      url: https://a:b@llm.example.org/v1\n      name: m\n", "acotel.yaml:4: dialog.nlu.model.url: is no address"},
		{"a model without a name", "dialog:\n  nlu:\n    model:\n      url: http://10.0.0.2:8000/v1\n", "dialog.nlu.model.name: is empty"},
		{"a model that callers wait for", "dialog:\n  nlu:\n    model:\n      timeout_ms: 5000\n", "acotel.yaml:4: dialog.nlu.model.timeout_ms: 5000 is outside 100 to 3000"},
		{"a model for everything", "dialog:\n  nlu:\n    model:\n      below: 2\n", "acotel.yaml:4: dialog.nlu.model.below: 2: above 0, up to 1"},
		{"no recogniser", "asr:\n  backends: []\n", "acotel.yaml:2: asr.backends: is empty"},
		{"an unknown recogniser", "asr:\n  backends: [wyomin]\n", `acotel.yaml:2: asr.backends[0]: unknown value "wyomin", did you mean "wyoming"?`},
		{"a recogniser twice", "asr:\n  backends: [scripted, scripted]\n", "acotel.yaml:2: asr.backends[1]: scripted is there twice"},
		{"a recogniser after none", "asr:\n  backends: [none, scripted]\n", "acotel.yaml:2: asr.backends: [none scripted]: none hears nothing"},
		{"a recogniser at no port", "asr:\n  backends: [wyoming]\n  wyoming:\n    address: 10.0.0.5:wyoming\n", `acotel.yaml:4: asr.wyoming.address: "10.0.0.5:wyoming" is not host:port`},
		{"a recogniser at a port too high", "asr:\n  backends: [wyoming]\n  wyoming:\n    address: 10.0.0.5:70000\n", `asr.wyoming.address: "10.0.0.5:70000" is not host:port`},
		{"a recogniser given by its URL", "asr:\n  backends: [wyoming]\n  wyoming:\n    address: tcp://10.0.0.5:10300\n", `asr.wyoming.address: "tcp://10.0.0.5:10300" is not host:port`},
		{"an address with a port too high", "asr:\n  backends: [openai]\n  openai:\n    url: http://10.0.0.5:70000/v1\n", "asr.openai.url: is no address such as http://"},
		{"an address without a host", "tts:\n  backends: [openai, espeak]\n  openai:\n    url: http://:8000/v1\n", "tts.openai.url: is no address such as http://"},
		{"a recogniser nowhere", "asr:\n  backends: [wyoming]\n", `asr.wyoming.address: "" is not host:port`},
		{"a recogniser in clear", "asr:\n  backends: [openai]\n  openai:\n    url: http://speech.example.org/v1\n", "acotel.yaml:4: asr.openai.url: what is said in calls goes there: https"},
		{"a vosk-server by HTTP", "asr:\n  backends: [vosk]\n  vosk:\n    url: http://10.0.0.1:2700\n", "acotel.yaml:4: asr.vosk.url: is no address such as ws://"},
		{"recognisers that take too long", "asr:\n  backends: [openai, vosk]\n  openai: {url: 'https://speech.example.org/v1', timeout_ms: 2500}\n  vosk: {url: 'wss://speech.example.org'}\n",
			"acotel.yaml:2: asr.backends: the time-outs of [openai vosk] add up to 3500 ms"},
		{"an unsure recogniser", "asr:\n  vosk: {confidence: 2}\n", "acotel.yaml:2: asr.vosk.confidence: 2: above 0, up to 1"},
		{"a voice nowhere", "tts:\n  backends: [wyoming, espeak]\n", `tts.wyoming.address: "" is not host:port`},
		{"radii shrink", "search:\n  radii_km: [40, 10]\n", "acotel.yaml:2: search.radii_km:"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Load(Default(), Options{File: write(t, c.yaml)})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want it to hold %q", err, c.want)
			}
		})
	}
}

// What a trunk does not say has its default, in a file and on the command line.
func TestTrunkDefaults(t *testing.T) {
	const trunk = "{name: a, servers: [b], register: {user: u, password: 'env:P'}}"
	file := write(t, "trunks:\n  - "+trunk+"\n")
	for name, o := range map[string]Options{"file": {File: file}, "setting": {Set: []string{"trunks=[" + trunk + "]"}}} {
		c, err := Load(Default(), o)
		if err != nil {
			t.Fatal(err)
		}
		got := c.Trunks[0]
		if got.OptionsSeconds != 60 || !got.TrustIdentity || got.Transport != "udp" || got.Register.ExpiresSeconds != 3600 || got.Register.User != "u" {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if c, err := Load(Default(), Options{Set: []string{"trunks=[{name: a, peers: ['::1'], options_seconds: 0, trust_identity: false}]"}}); err != nil || c.Trunks[0].OptionsSeconds != 0 || c.Trunks[0].TrustIdentity {
		t.Errorf("%v %+v", err, c.Trunks)
	}
}

func TestLoadMissingFile(t *testing.T) {
	_, err := Load(Default(), Options{File: "nowhere.yaml"})
	if err == nil || !strings.Contains(err.Error(), "nowhere.yaml: can't be read") {
		t.Errorf("error %v", err)
	}
}

func TestLayers(t *testing.T) {
	file := write(t, "sip:\n  listen: 127.0.0.1:1\ncalls:\n  slots: 2\nhttp:\n  listen: 127.0.0.1:3\n")
	c, err := Load(Default(), Options{
		File:    file,
		Environ: []string{"PATH=/bin", "ACOTEL_SIP_LISTEN=127.0.0.1:2", "ACOTEL_CALLS_SLOTS=5"},
		Set:     []string{"calls.slots=7", "search.weeks=[2, 3]", "lines=[{number: '0970', kind: test}]", "tts.voice=1e3"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if c.SIP.Listen != "127.0.0.1:2" || c.Calls.Slots != 7 || c.HTTP.Listen != "127.0.0.1:3" || c.TTS.Voice != "1e3" ||
		!reflect.DeepEqual(c.Search.Weeks, []int{2, 3}) || len(c.Lines) != 1 || c.Lines[0].Kind != Test {
		t.Errorf("got %+v", c)
	}
}

func TestOverridesRefuse(t *testing.T) {
	for _, c := range []struct {
		name string
		o    Options
		want string
	}{
		{"set without =", Options{Set: []string{"sip.listen"}}, "not of the form key=value"},
		{"set unknown", Options{Set: []string{"sip.lisen=1"}}, `did you mean "listen"`},
		{"set below a value", Options{Set: []string{"sip.listen.port=1"}}, "sip.listen is a single value"},
		{"set a group", Options{Set: []string{"sip=1"}}, "group of keys"},
		{"set wrong kind", Options{Set: []string{"calls.slots=a lot"}}, "whole number"},
		{"set out of range", Options{Set: []string{"calls.slots=-1"}}, "--set: calls.slots: -1 is outside"},
		{"set unknown in a list", Options{Set: []string{"lines=[{numbr: '1'}]"}}, `did you mean "number"`},
		{"unknown variable", Options{Environ: []string{"ACOTEL_SIP_LISTN=x"}}, `did you mean "ACOTEL_SIP_LISTEN"`},
		{"bad variable", Options{Environ: []string{"ACOTEL_SIP_LISTEN=x"}}, "environment ACOTEL_SIP_LISTEN: sip.listen:"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Load(Default(), c.o)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want it to hold %q", err, c.want)
			}
		})
	}
}

func TestBuiltInSettingsAreValid(t *testing.T) {
	for name, c := range map[string]Config{"default": Default(), "demo": Demo()} {
		if _, err := Load(c, Options{}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The example explains every key, and every value it shows is the default one
// where it is not commented out.
func TestExampleIsComplete(t *testing.T) {
	const file = "acotel.example.yaml"
	if _, err := Load(Default(), Options{File: file}); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range leaves("", reflect.TypeFor[Config]()) {
		last := key[strings.LastIndex(key, ".")+1:]
		if !strings.Contains(string(text), last+":") {
			t.Errorf("%s does not explain %s", file, key)
		}
	}
}

func FuzzLoad(f *testing.F) {
	f.Add("sip:\n  listen: 127.0.0.1:5060\n")
	f.Add("lines: [{number: '*', kind: test}]")
	f.Add("a: &a [*a]")
	f.Fuzz(func(t *testing.T, text string) {
		l := &loader{cfg: Default(), where: map[string]string{}}
		name := filepath.Join(t.TempDir(), "f.yaml")
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Skip()
		}
		l.file(name)
		l.validate()
	})
}

// TestDemoKeepsWhatIsListed: the owner's lines and trunks stand beside those of the demonstration.
func TestDemoKeepsWhatIsListed(t *testing.T) {
	c := Default()
	c.Lines = []Line{{Number: "0970000001", Kind: Suspended}, {Number: "0199000099", Kind: Echo}}
	c.Trunks = []Trunk{{Name: "operator", Peers: []string{"203.0.113.1"}}}
	kinds := map[string]LineKind{}
	for _, l := range c.AsDemo().Lines {
		kinds[l.Number] = l.Kind
	}
	if len(kinds) != 3 || kinds["*"] != Production || kinds["0970000001"] != Suspended || kinds["0199000099"] != Echo {
		t.Errorf("lines %v", kinds)
	}
	if d := c.AsDemo(); len(d.Trunks) != 2 || d.Trunks[0].Name != "operator" || d.Trunks[1].Name != "loopback" || len(c.Lines) != 2 {
		t.Errorf("trunks %v", d.Trunks)
	}
	if d := Demo().AsDemo(); len(d.Lines) != 2 || len(d.Trunks) != 1 {
		t.Errorf("twice the same: %v %v", d.Lines, d.Trunks)
	}
}
