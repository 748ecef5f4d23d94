package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// TestBrowserCallsByVoice: what is said into the microphone is heard, shown and understood, a workshop is found, and hanging up in the page
// ends the service's side, too.
func TestBrowserCallsByVoice(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir(), "--set", "asr.backends=[whisper]", "--set", "http.debug=true",
		"--set", "turns.recogniser_ms=15000", "--set", "asr.whisper.deadline_ms=14000") // a busy test machine must not lose an answer
	before := s.residue()
	b := browse(t, s, sentence(t, "~12", "je cherche un atelier mémoire", "~16", "à Avignon", "~300"))
	b.call()
	b.said("caller", "mémoire", 60*time.Second)
	b.said("caller", "avignon", 90*time.Second)
	for _, want := range []string{"sûr à", "lieu : avignon"} {
		b.said("caller", want, 10*time.Second)
	}
	eventually(t, 20*time.Second, func() string {
		if all := b.text("[role=log]"); !strings.Contains(all, "Recherche : ") || !strings.Contains(all, "réponse en") {
			return "the page shows no search, or no time of the answer:\n" + all
		}
		return ""
	})
	b.hangup()
	if text := b.text("#end"); !strings.Contains(text, "Vous avez raccroché") || !strings.Contains(text, "Efficace") || !strings.Contains(text, "hors statistiques") {
		t.Errorf("the end: %q", text)
	}
	list := ended(t, s.data, 1)
	if list[0].Line != "test" || *list[0].EndedBy != "remote" || !list[0].has("efficace") {
		t.Errorf("traces %+v", list)
	}
	s.nothingLeft(t, before)
}

// TestBrowserEndings: whatever goes wrong ends in a clear sentence, and leaves nothing behind.
func TestBrowserEndings(t *testing.T) {
	t.Parallel()
	quiet := sentence(t, "~2")
	shared := serve(t, t.TempDir(), "--set", "http.debug=true")
	before := shared.residue()
	address := "http://" + shared.http + "/telephone"
	for _, c := range []struct {
		name string
		flag chromedp.ExecAllocatorOption
		run  func(t *testing.T, b *tab)
	}{
		{"microphone refused", asksForTheMicrophone, func(t *testing.T, b *tab) {
			b.do(chromedp.WaitEnabled("#call"), chromedp.Click("#call"))
			eventually(t, 10*time.Second, func() string { return lacks(b.text("#problem"), "Le micro est refusé") })
			b.until("idle", 10*time.Second)
			b.do(chromedp.Click("#call-deaf")) // goes on with keys alone
			b.until("talking", 30*time.Second)
			b.press("84000#")
			b.said("caller", "[touches 84000", 20*time.Second)
			b.hangup()
		}},
		{"no way for the sound", chromedp.Flag("webrtc-ip-handling-policy", "disable_non_proxied_udp"), func(t *testing.T, b *tab) {
			b.do(chromedp.WaitEnabled("#call"), chromedp.Click("#call"))
			b.until("ended", 40*time.Second)
			if text := b.text("#problem"); !strings.Contains(text, "Le son n’a pas pu passer") {
				t.Errorf("the page says %q", text)
			}
		}},
		{"page left", nil, func(t *testing.T, b *tab) {
			b.call()
			b.do(chromedp.Navigate("about:blank"))
		}},
		{"browser closed", nil, func(t *testing.T, b *tab) {
			b.call()
			b.close()
		}},
		{"two tabs", nil, func(t *testing.T, b *tab) {
			c := b.another(address)
			b.call()
			c.call()
			b.hangup()
			c.said("service", "bonjour", 20*time.Second)
			c.until("talking", 10*time.Second)
			c.hangup()
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var flags []chromedp.ExecAllocatorOption
			if c.flag != nil {
				flags = append(flags, c.flag)
			}
			c.run(t, browseAt(t, address, quiet, flags...))
			shared.nothingLeft(t, before)
		})
	}
	m := shared.scrape()
	if m["acotel_softphone_calls"] != 0 || m[`acotel_softphone_calls_ended_total{reason="ice"}`] != 1 || m[`acotel_softphone_calls_ended_total{reason="tester"}`] < 3 ||
		m[`acotel_softphone_packets_total{direction="in",leg="browser"}`] < 20 || m[`acotel_softphone_packets_total{direction="out",leg="service"}`] < 20 {
		for name, v := range m {
			if strings.HasPrefix(name, "acotel_softphone_") {
				t.Errorf("%s %v", name, v)
			}
		}
	}
	for _, tr := range ended(t, shared.data, 5) { // one without a microphone, none without a way, two left, two tabs
		if *tr.EndedBy != "remote" || tr.Line != "test" {
			t.Errorf("trace %+v", tr)
		}
	}
}

func lacks(text, part string) string {
	if strings.Contains(text, part) {
		return ""
	}
	return "the page says " + text + ", not " + part
}

// TestBrowserOutlivesTheService: a service that stops, or dies, in mid-call is told of in the page.
func TestBrowserOutlivesTheService(t *testing.T) {
	t.Parallel()
	quiet := sentence(t, "~2")
	for name, c := range map[string]struct {
		signal syscall.Signal
		want   string
	}{
		"stopped": {syscall.SIGTERM, "Le service s’arrête"},
		"killed":  {syscall.SIGKILL, "Le service ne répond plus"},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, t.TempDir(), "--set", "calls.drain_seconds=60")
			b := browse(t, s, quiet)
			b.call()
			if err := s.cmd.Process.Signal(c.signal); err != nil {
				t.Fatal(err)
			}
			b.until("ended", 20*time.Second)
			if text := b.text("#problem"); !strings.Contains(text, c.want) {
				t.Errorf("the page says %q", text)
			}
			select {
			case <-s.done: // a test call does not hold it up
			case <-time.After(45 * time.Second):
				t.Error("the service does not stop")
			}
		})
	}
}

// TestBrowserIsRefused: what may not be had ends in a clear sentence, and so does a call that was long enough.
func TestBrowserIsRefused(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir(), "--set", "calls.slots=1", "--set", "calls.wait_slots=0", "--set", "softphone.max_seconds=20", "--set", "http.debug=true")
	before := s.residue()
	b := browse(t, s, sentence(t, "~2"))
	says := func(b *tab, what string) {
		t.Helper()
		b.until("ended", 40*time.Second)
		if text := b.text("#problem"); !strings.Contains(text, what) {
			t.Errorf("the page says %q, not %q", text, what)
		}
	}
	number := func(n string) { js[any](b, `document.getElementById('from').value = '`+n+`'; 0`) }
	b.do(chromedp.WaitEnabled("#call"))
	if text := b.text("header"); !strings.Contains(text, "Un appel dure 20 secondes au plus") {
		t.Errorf("the page says %q", text)
	}
	number("06 coucou")
	b.do(chromedp.Click("#call"))
	says(b, "Le numéro de l'appelant n'est pas un numéro de téléphone")
	number("06 39 98 00 02")
	b.call()
	c := b.another("http://" + s.http + "/telephone")
	c.do(chromedp.WaitEnabled("#call"), chromedp.Click("#call"))
	says(c, "Le service n’a pas pris l’appel (réponse 503)")
	says(b, "durée la plus longue")
	js[any](b, `{ const ask = fetch; window.fetch = (url, o) => o?.method === 'DELETE' ? Promise.resolve(new Response('', { status: 401 })) : ask(url, o); } 0`) // as when the access by a link is over
	b.call()
	b.do(chromedp.Click("#hangup"))
	says(b, "Le service ne répond plus")
	s.nothingLeft(t, before)
	m := s.scrape()
	for name, want := range map[string]float64{`acotel_softphone_calls_ended_total{reason="refused"}`: 1, `acotel_softphone_calls_ended_total{reason="too_long"}`: 1, `acotel_softphone_refused_total{reason="from"}`: 1} {
		if m[name] != want {
			t.Errorf("%s is %v, want %v", name, m[name], want)
		}
	}
}

// TestBrowserIsAccessible: axe-core finds nothing wrong with the page at rest, in a call and after it, in both colour schemes, on a small screen
// and at 200 % text; and the keyboard alone makes a call.
func TestBrowserIsAccessible(t *testing.T) {
	t.Parallel()
	axe, err := os.ReadFile(filepath.Join("..", ".cache", "npm", "browser", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("axe-core is missing: run make setup-test: %v", err)
		}
		t.Skip("axe-core is missing: run make setup-test")
	}
	s := serve(t, t.TempDir())
	b := browse(t, s, sentence(t, "~2"))
	b.do(chromedp.WaitEnabled("#call"))
	js[any](b, string(axe)+";0")
	js[any](b, `{ const Source = EventSource; window.EventSource = class extends Source { constructor(url) { super(url); window.source = this; } }; } 0`)
	b.axe("at rest")
	js[any](b, `{ const kind = document.getElementById('kind'); kind.focus(); kind.value = '?'; kind.dispatchEvent(new Event('change')); } 0`)
	if at, from := js[string](b, `document.activeElement.id`), js[string](b, `document.getElementById('from').value`); at != "kind" || from != "0639980001" {
		t.Errorf("going through the list took the keyboard to %q, and the number is %q", at, from)
	}
	b.do(chromedp.Focus("#call"), chromedp.KeyEvent("\r"))                                                                                                                                    // by keyboard alone
	js[any](b, `document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', repeat: true, bubbles: true, cancelable: true })) ? document.activeElement.click() : 0; 0`) // held down
	b.until("talking", 30*time.Second)
	if at := js[string](b, `document.activeElement.id`); at != "hangup" {
		t.Errorf("in the call the keyboard is at %q", at)
	}
	b.said("service", "que souhaitez-vous", 30*time.Second)
	b.do(chromedp.KeyEvent("84000#"))
	b.said("caller", "84000", 20*time.Second)
	b.canBeSwitchedOff()
	b.shows()
	b.axe("in a call")
	b.do(chromedp.Focus("#hangup"), chromedp.KeyEvent(" "))
	b.until("ended", 15*time.Second)
	b.axe("after the call")
}

// canBeSwitchedOff: that digits act wherever the keyboard is (RGAA 12.10), and that what is said is read out over the voice that says it.
func (b *tab) canBeSwitchedOff() {
	b.t.Helper()
	toggle := func(id string) { js[any](b, `document.getElementById('`+id+`').click(); 0`) }
	toggle("typed")
	b.do(chromedp.KeyEvent("5"))
	if text := b.text("#pressed"); text != "Seules les touches de l’écran composent." {
		b.t.Errorf("with the computer's keys switched off, 5 shows %q", text)
	}
	toggle("typed")
	if text := b.text("#pressed"); text != "Les touches du clavier de l’ordinateur marchent aussi." {
		b.t.Errorf("with the computer's keys switched on the page says %q", text)
	}
	for _, want := range []string{"off", "polite"} {
		toggle("aloud")
		if got := js[string](b, `document.getElementById('captions').ariaLive`); got != want {
			b.t.Errorf("the conversation is read out: %q, want %q", got, want)
		}
	}
}

// shows gives the page what a recogniser would tell, which this service has none of: words as they come, how they may be read, and what interrupts.
func (b *tab) shows() {
	b.t.Helper()
	for _, step := range []struct{ event, at, want string }{
		{`{"kind":"caption","who":"caller","text":"j'habite à avi","partial":true}`, "#partial", "j'habite à avi …"},
		{`{"kind":"caption","seq":901,"at":"2026-11-28T10:00:00Z","who":"caller","text":"J'habite à Avignon","dialog":"place","confidence":0.83,"intents":[{"name":"give_place","confidence":0.9}],
			"entities":[{"type":"place","value":"Avignon","text":"Avignon"}],"alternatives":[{"text":"J'habite à Avignon","confidence":0.83},{"text":"J'habite à Avion","confidence":0.1}]}`, "[role=log]", "sûr à 83 %"},
		{"", "[role=log]", "donner un lieu"}, {"", "[role=log]", "lieu : Avignon"}, {"", "[role=log]", "1 autre lecture"}, {"", "#dialog", "Où habitez-vous"},
		{`{"kind":"barge_in","at":"2026-11-28T10:00:01Z"}`, "[role=log]", "L’appelant a interrompu la voix"},
		{`{"kind":"key","at":"2026-11-28T10:00:01Z","text":"7"}`, "[role=log]", "Le service a envoyé la touche 7"},
		{`{"kind":"caption","seq":902,"at":"2026-11-28T10:00:02Z","who":"service","text":"Je cherche.","answer_ms":850}`, "[role=log]", "réponse en 0,9 s"},
		{`{"kind":"fact","at":"2026-11-28T10:00:02Z","fact":"waiting","data":{"position":3}}`, "[role=log]", "Toutes les places sont prises : 3e dans la file"},
		{`{"kind":"sms","at":"2026-11-28T10:00:03Z","text":"Vos ateliers :\nMémoire"}`, "#sms", "Mémoire"},
		{`{"kind":"caption","seq":903,"at":"2026-11-28T10:00:04Z","who":"caller","text":"<i>à</i> <img src=x onerror='found=1'>","alternatives":[{"text":"a"},{"text":"<i>b</i>"}],"intents":[{"name":"<i>c</i>"}],"entities":[{"type":"<i>d</i>","value":"<i>e</i>"}]}`, "[role=log]", "<i>à</i> <img"},
		{`{"kind":"fact","at":"2026-11-28T10:00:04Z","fact":"incident","data":{"link":"<i>f</i>"}}`, "[role=log]", "Incident : <i>f</i>"},
		{`{"kind":"sms","at":"2026-11-28T10:00:04Z","text":"<i>g</i>"}`, "#sms", "<i>g</i>"},
	} {
		if step.event != "" {
			js[any](b, `source.onmessage({ data: JSON.stringify(`+step.event+`) }); 0`)
		}
		if text := b.text(step.at); !strings.Contains(text, step.want) {
			b.t.Errorf("%s shows %q, not %q", step.at, text, step.want)
		}
	}
	if n := js[int](b, `document.querySelectorAll('.talk :is(i, img)').length`); n != 0 {
		b.t.Errorf("what was said has become %d elements of the page", n)
	}
	if js[bool](b, `document.getElementById('partial').checkVisibility()`) {
		b.t.Error("the partial words are still there beside the whole ones")
	}
}
