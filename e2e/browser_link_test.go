package e2e

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// TestTelephoneIsOff: outside of a demonstration, until it is switched on.
func TestTelephoneIsOff(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	settings := file(t, "acotel.yaml", strings.ReplaceAll(`
sip: {listen: "127.0.0.1:0"}
http: {listen: "127.0.0.1:0"}
data: {dir: DATA}
asr: {backends: [none]}
trunks: [{name: operateur, peers: [127.0.0.1]}]
lines: [{number: "0970000001", kind: test}]
check: {seconds: 0}
`, "DATA", data))
	s := launch(t, data, nil, "-c", settings)
	for _, path := range []string{"/", "/telephone", "/telephone/phone.js", "/telephone/settings", "/telephone/entrer"} {
		if got := s.status(path); got != http.StatusNotFound {
			t.Errorf("%s: %d", path, got)
		}
	}
	answer, err := http.Post("http://"+s.http+"/telephone/calls", "application/sdp", strings.NewReader("v=0"))
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusNotFound {
		t.Errorf("a call: %d", answer.StatusCode)
	}
}

// TestBrowserEntersByALink: outside of a demonstration, over https, the page is closed until a link opens it, once; the call reaches the test
// line although this machine is no operator's, and production is refused. A turn is marked, and everything is in the audit log.
func TestBrowserEntersByALink(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	cert, key := selfSigned(t)
	settings := file(t, "acotel.yaml", strings.NewReplacer("CERT", cert, "KEY", key, "DATA", data).Replace(`
sip: {listen: "127.0.0.1:0"}
http: {listen: "127.0.0.1:0", certificate: CERT, key: KEY}
data: {dir: DATA}
asr: {backends: [none]}
calls: {cpu_guard_percent: 0, clock_guard_ms: 0}
trunks: [{name: operateur, peers: [203.0.113.10]}]
lines: [{number: "0970000000", kind: production}, {number: "0970000001", kind: test}]
softphone: {enabled: true}
check: {seconds: 0}
`))
	old := filepath.Join(data, "recordings", "old.wav")
	long := time.Now().Add(-48 * time.Hour)
	if err := errors.Join(os.Mkdir(filepath.Dir(old), 0o700), os.WriteFile(old, []byte("RIFF"), 0o600), os.Chtimes(old, long, long)); err != nil {
		t.Fatal(err)
	}
	s := launch(t, data, nil, "-c", settings)
	page := "https://" + s.http + "/telephone"
	b := browseAt(t, page, sentence(t, "~2"), chromedp.IgnoreCertErrors)
	if text := b.text("main"); !strings.Contains(text, "Il faut un lien") {
		t.Errorf("without a link the page says %q", text)
	}
	out, errOut, code := program(t, "", "softphone", "link", "-c", settings, "--for", "Marie", "--url", "https://"+s.http, "--json")
	if code != 0 {
		t.Fatalf("softphone link: %d %s", code, errOut)
	}
	var link struct{ URL, Expires string }
	decode(t, out, &link)
	b.do(chromedp.Navigate(link.URL), chromedp.Click("#enter button"))
	eventually(t, 10*time.Second, func() string { return lacks(b.text("h2"), "La conversation") })
	b.call()
	b.said("service", "bonjour", 20*time.Second)
	b.do(chromedp.Click(".mark"), chromedp.SendKeys("#comment", "trop vite, écrivez à Marie Durand, 06 12 34 56 78"), chromedp.Click("#mark .go"))
	eventually(t, 10*time.Second, func() string { return lacks(b.text(".mark"), "Signalé") })
	if at := js[string](b, `document.activeElement.textContent`); at != "Signalé" {
		t.Errorf("after the mark the keyboard is at %q", at)
	}
	if text := b.text("#told"); text != "Le tour est signalé." {
		t.Errorf("a screen reader is told %q", text)
	}
	b.hangup()

	answer, err := anyCertificate.Post(page+"/calls", "application/sdp", strings.NewReader("v=0"))
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusUnauthorized {
		t.Errorf("a call without a link: %d", answer.StatusCode)
	}
	js[any](b, `window.refused = null; fetch('/telephone/calls?line=0970000000', { method: 'POST', headers: { 'Content-Type': 'application/sdp' }, body: 'v=0' }).then(async (r) => { window.refused = r.status + ' ' + (await r.json()).text; }); 0`)
	eventually(t, 10*time.Second, func() string {
		return lacks(js[string](b, `String(window.refused)`), "403 Ce numéro ne peut pas être appelé")
	})

	list := ended(t, data, 1)
	if list[0].Line != "test" {
		t.Errorf("traces %+v", list)
	}
	out, errOut, code = program(t, "", "softphone", "marks", "--json", "-c", settings)
	var marks []struct {
		CallID  string `json:"call_id"`
		Who     string
		Heard   string
		Comment string
	}
	decode(t, out, &marks)
	if code != 0 || len(marks) != 1 || marks[0].CallID != list[0].ID || marks[0].Who != "service" || !strings.Contains(marks[0].Comment, "trop vite") || strings.Contains(marks[0].Comment, "06 12") {
		t.Errorf("marks: %d %s %s", code, out, errOut)
	}
	out, _, _ = program(t, "", "privacy", "audit", "list", "--json", "-c", settings)
	for _, want := range []string{"softphone.link", "softphone.enter", "softphone.call", "softphone.call.end", "softphone.mark", "softphone.call.refused", "lien Marie", "softphone.recordings.deleted"} {
		if !strings.Contains(out, want) {
			t.Errorf("the audit log lacks %s", want)
		}
	}
	if _, err := os.Stat(old); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a recording past its time: %v", err)
	}
	if strings.Contains(out+s.logText(), link.URL[strings.Index(link.URL, "#")+1:]) {
		t.Error("the link's secret is in the audit log or the log")
	}
	c := b.another(link.URL, chromedp.WithNewBrowserContext()) // a second browser finds the link spent
	c.do(chromedp.Click("#enter button"))
	eventually(t, 10*time.Second, func() string { return lacks(c.text("#problem"), "déjà servi") })
}
