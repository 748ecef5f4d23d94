package e2e

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

type checkReport struct {
	OK    bool
	Links []struct{ Name, State, Reason, Owner, Since string }
}

func (s *service) check(extra ...string) (checkReport, int) {
	out, errOut, code := program(s.t, "", append([]string{"check", "--data", s.data, "--json", "--max-age", "10s"}, extra...)...)
	if code != 0 && code != 1 {
		s.t.Fatalf("check: status %d\n%s", code, errOut)
	}
	var r checkReport
	decode(s.t, out, &r)
	return r, code
}

func (r checkReport) state(name string) (state, reason string) {
	for _, l := range r.Links {
		if l.Name == name {
			return l.State, l.Reason
		}
	}
	return "", ""
}

// TestCheckMakesItsOwnCall: the whole chain is tested through the SIP socket, understood, and counted nowhere (T1, T7).
func TestCheckMakesItsOwnCall(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir())
	r, code := s.check()
	for name, want := range map[string]string{"call": "ok", "database": "ok", "disk": "ok", "workshops": "ok", "voice": "ok", "sms": "ok", "recogniser": "unknown", "certificate": "unknown"} {
		if state, reason := r.state(name); state != want {
			t.Errorf("%s is %q (%s), want %s", name, state, reason, want)
		}
	}
	if _, reason := r.state("call"); !strings.Contains(reason, "clavier") || code != 0 || !r.OK {
		t.Errorf("status %d, ok %v, call: %s", code, r.OK, reason)
	}
	if list := traces(t, s.data); len(list) != 0 {
		t.Errorf("our own call is in the traces: %+v", list)
	}
}

// TestBrokenLinkIsTold: with a disk that is full callers hear the incident message at once (T3); it is traced (T8).
func TestBrokenLinkIsTold(t *testing.T) {
	t.Parallel()
	s := begin(t, t.TempDir(), nil, "--set", "check.seconds=1", "--set", "check.free_mb=1000000000", "--set", "check.close=[disk]", "--set", "check.call_minutes=0")
	eventually(t, 20*time.Second, func() string {
		if r, _ := s.check(); !r.OK {
			return ""
		}
		return "the disk is not broken"
	})
	r := s.call("--max", "30s")
	if r.EndedBy != "remote" || r.Heard.SpeechSeconds < 2 {
		t.Errorf("heard %.1f s of speech, ended by %s", r.Heard.SpeechSeconds, r.EndedBy)
	}
	if out := s.outText(); !strings.Contains(out, "souci technique") {
		t.Errorf("the service said: %s", out)
	}
	eventually(t, 10*time.Second, func() string {
		out, _, _ := program(t, "", "traces", "--json", "--data", s.data)
		var list []struct {
			Incident *struct{ Link string }
		}
		decode(t, out, &list)
		if len(list) == 1 && list[0].Incident != nil && list[0].Incident.Link == "disk" {
			return ""
		}
		return "the incident is not traced: " + out
	})
	if code := s.status("/readyz"); code != 503 {
		t.Errorf("readyz %d", code)
	}
}

// TestOwnCallThatIsNotUnderstoodClosesTheLines: a recogniser that answers and hears nothing any more is found by our own call alone. check
// says so, callers hear the incident message from then on, it is traced, and all is well again after the next good call (T3, T7, T8).
func TestOwnCallThatIsNotUnderstoodClosesTheLines(t *testing.T) {
	t.Parallel()
	long(t)
	var hears atomic.Bool
	ears := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		text := ""
		if hears.Load() {
			text = "quatre-vingt-quatre mille"
		}
		fmt.Fprintf(w, `{"text":%q,"segments":[{"start":0,"end":1,"text":%q,"avg_logprob":-0.02,"no_speech_prob":0}]}`, text, text)
	}))
	defer ears.Close()
	s := serve(t, t.TempDir(), "--set", "asr.backends=[openai]", "--set", "asr.openai.url="+ears.URL+"/v1", "--set", "asr.openai.timeout_ms=9000", "--set", "turns.recogniser_ms=20000",
		"--set", "check.speak=true", "--set", "check.fails=1", "--set", "check.heals=1", "--set", "check.call_after_seconds=3600", "--set", "tts.words_per_minute=380")
	r, code := s.check()
	if state, reason := r.state("call"); state != "broken" || !strings.Contains(reason, "l'appel à la voix n'a pas été compris") || code != 1 || r.OK {
		t.Fatalf("status %d, ok %v, our own call is %s: %s\n%s", code, r.OK, state, reason, s.logText())
	}
	if state, reason := r.state("recogniser"); state != "degraded" || !strings.Contains(reason, "rien n'a été entendu") {
		t.Errorf("the recogniser is %s: %s", state, reason)
	}
	if c := s.call("--max", "30s"); c.Status != 200 || c.EndedBy != "remote" || c.Heard.SpeechSeconds < 1.5 || !strings.Contains(s.outText(), "souci technique") {
		t.Errorf("a caller heard %.1f s of speech, ended by %s: %s", c.Heard.SpeechSeconds, c.EndedBy, s.outText())
	}
	eventually(t, 10*time.Second, func() string {
		out, _, _ := program(t, "", "traces", "--json", "--data", s.data)
		var list []struct {
			Incident *struct{ Link, Owner string }
		}
		decode(t, out, &list)
		if len(list) == 1 && list[0].Incident != nil && list[0].Incident.Link == "call" && list[0].Incident.Owner == "ours" {
			return ""
		}
		return "the incident is not traced: " + out
	})
	if code := s.status("/readyz"); code != http.StatusOK {
		t.Errorf("readyz %d: callers shall hear it from us", code)
	}
	hears.Store(true)
	eventually(t, 90*time.Second, func() string {
		r, _ := s.check()
		if state, reason := r.state("call"); state != "ok" {
			return "our own call is " + state + ": " + reason
		}
		return ""
	})
	before := len(s.outText())
	if c := s.call("--max", "4s"); c.Status != 200 || strings.Contains(s.outText()[before:], "souci technique") {
		t.Errorf("the next caller: %s", s.outText()[before:])
	}
}

// The service's own call hangs up when the service is told to stop: nobody waits for it.
func TestOwnCallDoesNotHoldUpTheEnd(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir(), "--set", "check.call_after_seconds=1", "--set", "calls.drain_seconds=60")
	eventually(t, 30*time.Second, func() string {
		if !strings.Contains(s.logText(), `"called":"check-`) {
			return "no call of its own"
		}
		return ""
	})
	s.stop() // fails when it takes 20 s; the call itself takes longer
}

// TestConfigCheckOpensFiles: what serve would open is opened before it is started.
func TestConfigCheckOpensFiles(t *testing.T) {
	t.Parallel()
	certificate, key := selfSigned(t)
	broken := file(t, "broken.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
	for _, c := range []struct {
		name, set string
		more      []string
		code      int
		holds     string
	}{
		{"a certificate and its key", "http.certificate=" + certificate, []string{"http.key=" + key}, 0, "bonne"},
		{"a certificate that is not there", "http.certificate=/nowhere.pem", []string{"http.key=" + key}, 2, "http.certificate"},
		{"a key of something else", "sip.tls.certificate=" + certificate, []string{"sip.tls.key=" + broken}, 2, "sip.tls.certificate"},
		{"an authority that is none", "sip.tls.server_ca=" + broken, nil, 2, "server_ca"},
		{"the mail server's authority", "check.alerts.mail.ca=" + broken, []string{"check.alerts.mail.server=127.0.0.1:25", "check.alerts.mail.from=a@example.org", "check.alerts.mail.to=[b@example.org]"}, 2, "courriel"},
		{"workshops", "workshops.file=/nowhere.csv", nil, 2, "workshops.file"},
		{"recorded sentences", "tts.recordings=/nowhere.yaml", nil, 2, "tts.recordings"},
		{"a secret that is not there", "data.database=env:NOBODY_SET_THIS", nil, 2, "data.database"},
		{"a provider at no port", "sms.brevo.endpoint=https://api.brevo.com:70000/v3", []string{"sms.provider=brevo"}, 2, "sms.brevo.endpoint"},
		{"a provider's secret", "sms.provider=brevo", []string{"sms.brevo.api_key=env:NOBODY_SET_THIS"}, 2, "sms.brevo"},
	} {
		t.Run(c.name, func(t *testing.T) {
			arguments := []string{"config", "check", "-c", "../config/acotel.example.yaml", "--set", c.set}
			for _, m := range c.more {
				arguments = append(arguments, "--set", m)
			}
			out, errOut, code := program(t, "", arguments...)
			if code != c.code || !strings.Contains(out+errOut, c.holds) {
				t.Errorf("status %d, want %d; %s%s", code, c.code, out, errOut)
			}
		})
	}
}

// TestTryAlerts: an operator sees whether alerts arrive, and why not.
func TestTryAlerts(t *testing.T) {
	t.Parallel()
	got := make(chan string, 1)
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- string(body)
	}))
	defer hook.Close()
	try := func(set ...string) (string, int) {
		arguments := []string{"check", "--try-alerts", "--data", t.TempDir()}
		for _, s := range set {
			arguments = append(arguments, "--set", s)
		}
		out, errOut, code := program(t, "", arguments...)
		return out + errOut, code
	}
	if out, code := try("check.alerts.webhook.url=" + hook.URL); code != 0 || !strings.Contains(<-got, `"event":"test"`) {
		t.Errorf("status %d: %s", code, out)
	}
	if out, code := try("check.alerts.mail.server="+closedPort, "check.alerts.mail.from=a@example.org", "check.alerts.mail.to=[b@example.org]"); code != 1 || !strings.Contains(out, "the mail server can't be reached") {
		t.Errorf("status %d: %s", code, out)
	}
	if out, code := try(); code != 2 {
		t.Errorf("status %d: %s", code, out)
	}
}

// TestCheckOverTLS: the service is asked by https where it serves so, and its certificate's date is watched.
func TestCheckOverTLS(t *testing.T) {
	t.Parallel()
	certificate, key := selfSigned(t)
	s := serve(t, t.TempDir(), "--set", "http.certificate="+certificate, "--set", "http.key="+key, "--set", "check.call_minutes=0")
	r, _ := s.check("--set", "http.certificate="+certificate, "--set", "http.key="+key)
	if state, reason := r.state("certificate"); state != "degraded" || !strings.Contains(reason, "HTTP : expire") { // it is made for a day
		t.Errorf("%s: %s", state, reason)
	}
}

// TestCheckSpeaksAndIsUnderstood: where there is a recogniser the service hears its own voice, alone and in a call of its own (T7).
func TestCheckSpeaksAndIsUnderstood(t *testing.T) {
	long(t)
	t.Parallel()
	s := serve(t, t.TempDir(), "--set", "asr.backends=[whisper]", "--set", "check.speak=true",
		"--set", "turns.recogniser_ms=15000", "--set", "asr.whisper.deadline_ms=14000") // a busy test machine must not lose an answer
	r, _ := s.check()
	if state, reason := r.state("recogniser"); state != "ok" || !strings.Contains(reason, "a entendu « 84000 »") {
		t.Errorf("the recogniser is %s: %s", state, reason)
	}
	if state, reason := r.state("call"); state != "ok" || !strings.Contains(reason, "appel à la voix compris") {
		t.Errorf("our own call is %s: %s\n%s", state, reason, s.logText())
	}
}
