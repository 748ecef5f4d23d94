package e2e

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// tab is a page of a Chromium of its own, with a microphone that plays a file.
type tab struct {
	t     *testing.T
	ctx   context.Context
	close context.CancelFunc
}

// asksForTheMicrophone takes away what says yes in the tester's place: without a person there the browser says no.
var asksForTheMicrophone = chromedp.Flag("use-fake-ui-for-media-stream", false)

// browse starts Chromium and opens the telephone of a service. sound is what its microphone hears, once; "" a beep now and then.
func browse(t *testing.T, s *service, sound string, flags ...chromedp.ExecAllocatorOption) *tab {
	t.Helper()
	return browseAt(t, "http://"+s.http+"/telephone", sound, flags...)
}

func browseAt(t *testing.T, url, sound string, flags ...chromedp.ExecAllocatorOption) *tab {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(peer(t, "chromium")), chromedp.NoSandbox,
		chromedp.UserDataDir(t.TempDir()), chromedp.WindowSize(1180, 1000),
		chromedp.Flag("autoplay-policy", "no-user-gesture-required"),
		chromedp.Flag("use-fake-device-for-media-stream", true), chromedp.Flag("use-fake-ui-for-media-stream", true),
		chromedp.Flag("allow-loopback-in-peer-connection", true))
	if sound != "" {
		options = append(options, chromedp.Flag("use-file-for-fake-audio-capture", sound+"%noloop"))
	}
	allocated, end := chromedp.NewExecAllocator(context.Background(), append(options, flags...)...)
	ctx, cancel := chromedp.NewContext(allocated)
	b := &tab{t: t, ctx: ctx, close: func() { cancel(); end() }}
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil { // the browser lives as long as the context of its first action
		t.Fatalf("the browser does not start: %v", err)
	}
	errors := chromedp.Events(ctx, runtime.ExceptionThrown)
	var wait sync.WaitGroup
	wait.Go(func() {
		for e, err := range errors {
			if err != nil {
				return
			}
			t.Errorf("the page has an error: %+v", e.ExceptionDetails)
		}
	})
	t.Cleanup(wait.Wait) // after the browser is closed, by the clean-up below
	t.Cleanup(b.close)
	b.do(chromedp.Navigate(url))
	return b
}

func (b *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
	defer cancel()
	err := chromedp.Do(ctx, actions...)
	for err != nil && strings.Contains(err.Error(), "Could not find node") && ctx.Err() == nil { // another page came between looking and clicking
		err = chromedp.Do(ctx, actions...)
	}
	if err != nil {
		b.t.Fatalf("in the browser: %v", err)
	}
}

// js gives the value of an expression.
func js[T any](b *tab, expression string) (v T) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		b.t.Fatalf("in the browser: %s: %v", expression, err)
	}
	return v
}

func (b *tab) text(selector string) string {
	b.t.Helper()
	return js[string](b, `[...document.querySelectorAll('`+selector+`')].filter(e => !e.closest('[hidden]')).map(e => e.innerText).join('\n')`)
}

// until waits for a state of the call.
func (b *tab) until(state string, limit time.Duration) {
	b.t.Helper()
	eventually(b.t, limit, func() string {
		if got := js[string](b, `document.getElementById('state').dataset.state`); got != state {
			return "the page is in state " + got + ", not " + state + ": " + b.text("#state") + " " + b.text("#problem")
		}
		return ""
	})
}

// call presses Appeler and waits until the service talks.
func (b *tab) call() {
	b.t.Helper()
	b.do(chromedp.WaitEnabled("#call"), chromedp.Click("#call"))
	b.until("talking", 30*time.Second)
}

// said waits for a caption.
func (b *tab) said(who, part string, limit time.Duration) {
	b.t.Helper()
	eventually(b.t, limit, func() string {
		if all := b.text(`[role=log] [data-who=` + who + `]`); !strings.Contains(strings.ToLower(all), part) {
			return "the captions of " + who + " do not hold " + part + ":\n" + b.text("[role=log]")
		}
		return ""
	})
}

// spoken waits until the service has begun to say something since n captions of its were there.
func (b *tab) spoken(n int, limit time.Duration) {
	b.t.Helper()
	eventually(b.t, limit, func() string {
		if now := js[int](b, `document.querySelectorAll('[role=log] [data-who=service]').length`); now <= n {
			return "the service says nothing more:\n" + b.text("[role=log]")
		}
		return ""
	})
}

func (b *tab) press(keys string) {
	b.t.Helper()
	for _, k := range keys {
		name := map[rune]string{'*': "star", '#': "hash"}[k]
		if name == "" {
			name = string(k)
		}
		b.do(chromedp.Click("#key-" + name))
	}
}

// hangup presses Raccrocher.
func (b *tab) hangup() {
	b.t.Helper()
	b.do(chromedp.Click("#hangup"))
	b.until("ended", 15*time.Second)
}

// another opens one more tab of the same browser.
func (b *tab) another(url string, options ...chromedp.ContextOption) *tab {
	b.t.Helper()
	ctx, cancel := chromedp.NewContext(b.ctx, options...)
	b.t.Cleanup(cancel)
	c := &tab{t: b.t, ctx: ctx, close: cancel}
	if err := chromedp.Do(ctx, chromedp.Navigate(url)); err != nil {
		b.t.Fatalf("a second tab: %v", err)
	}
	return c
}

// residue is what calls of browsers could leave behind in the service.
type residue struct {
	goroutines, sockets int
	stacks              string // of these goroutines
}

func (s *service) residue() (r residue) {
	s.t.Helper()
	answer, err := http.Get("http://" + s.http + "/debug/pprof/goroutine?debug=2")
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	stacks, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	// By package, not by file, and without what runs as long as the service does: that shows where it is only once it has been given a processor,
	// which on a busy machine may be after the count before the calls.
	const ours = "github.com/acotel/acotel-sbc/"
	has := func(one string, names ...string) bool {
		return slices.ContainsFunc(names, func(n string) bool { return strings.Contains(one, n) })
	}
	for one := range strings.SplitSeq(string(stacks), "\n\n") {
		if has(one, ours+"softphone.", ours+"call.", "github.com/pion/") && !has(one, "net/http.(*conn).serve", "call.(*Guard).Run", "softphone.(*Recordings).Run") {
			r.goroutines++
			r.stacks += one + "\n\n"
		}
	}
	dir := filepath.Join("/proc", strconv.Itoa(s.cmd.Process.Pid))
	files, err := os.ReadDir(filepath.Join(dir, "fd"))
	if err != nil {
		s.t.Fatal(err)
	}
	datagrams := ""
	for _, name := range []string{"udp", "udp6"} {
		text, _ := os.ReadFile(filepath.Join(dir, "net", name)) // not there: none of that kind
		datagrams += string(text)
	}
	for _, f := range files {
		to, err := os.Readlink(filepath.Join(dir, "fd", f.Name()))
		if inode, ok := strings.CutPrefix(to, "socket:["); err == nil && ok && strings.Contains(datagrams, " "+strings.TrimSuffix(inode, "]")+" ") {
			r.sockets++
		}
	}
	return r
}

// nothingLeft waits until the service holds no more than it did.
func (s *service) nothingLeft(t *testing.T, before residue) {
	t.Helper()
	eventually(t, 20*time.Second, func() string {
		if now := s.residue(); now.goroutines > before.goroutines || now.sockets > before.sockets {
			return fmt.Sprintf("left behind: %d goroutines and %d sockets, before the calls %d and %d\n%s", now.goroutines, now.sockets, before.goroutines, before.sockets, now.stacks)
		}
		return ""
	})
}

// sentence renders what the browser's microphone shall hear: silence first, so that the welcome is over.
func sentence(t *testing.T, parts ...string) string {
	t.Helper()
	dir := t.TempDir()
	args := []string{"--combine", "concatenate"}
	for i, p := range parts {
		name := filepath.Join(dir, strconv.Itoa(i)+".wav")
		var cmd *exec.Cmd
		if silence, ok := strings.CutPrefix(p, "~"); ok {
			cmd = exec.Command("sox", "-n", "-r", "48000", "-c", "1", "-b", "16", name, "trim", "0", silence)
		} else {
			raw := filepath.Join(dir, strconv.Itoa(i)+"-raw.wav")
			if out, err := exec.Command("espeak-ng", "-v", "fr+Annie", "-s", "145", "-w", raw, p).CombinedOutput(); err != nil {
				t.Fatalf("espeak-ng: %v %s", err, out)
			}
			cmd = exec.Command("sox", raw, "-r", "48000", "-c", "1", "-b", "16", name)
		}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("sox: %v %s", err, out)
		}
		args = append(args, name)
	}
	all := filepath.Join(dir, "all.wav")
	if out, err := exec.Command("sox", append(args, all)...).CombinedOutput(); err != nil {
		t.Fatalf("sox: %v %s", err, out)
	}
	return all
}

// TestBrowserCallsByKeys: the page calls, the service answers, keys find a workshop, the message shows, and the trace counts for the test line.
// The tester asked for a recording: a banner tells of it as long as the call lasts. It can be fetched at the end, and so can the transcript.
func TestBrowserCallsByKeys(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir())
	b := browse(t, s, sentence(t, "~2"))
	downloads := b.downloads()
	b.do(chromedp.WaitEnabled("#call"), chromedp.Click("summary"), chromedp.Click("#record"))
	if text := b.text("#recording"); text != "" {
		t.Errorf("before the call the banner says %q", text)
	}
	b.call()
	if text := b.text("#recording"); !strings.Contains(text, "Cet appel est enregistré, à votre demande") {
		t.Errorf("in the call the banner says %q", text)
	}
	b.said("service", "bonjour", 20*time.Second)
	b.said("service", "que souhaitez-vous", 30*time.Second)
	eventually(t, 20*time.Second, func() string { // sound, not captions alone
		if level := js[float64](b, `document.getElementById('ear').value`); level < 40 {
			return fmt.Sprintf("the meter of the service shows %.0f", level)
		}
		return ""
	})
	heard := 0
	for _, keys := range []string{"84000#", "1#", "1#", "3#", "1#", "2#", "4#"} {
		b.spoken(heard, 30*time.Second) // each interrupts the voice
		b.press(keys)
		heard = js[int](b, `document.querySelectorAll('[role=log] [data-who=service]').length`)
	}
	b.until("ended", 60*time.Second)
	if text := b.text("#sms"); !strings.Contains(text, "Avignon") && !strings.Contains(text, "84") {
		t.Errorf("the message that would be sent: %q", text)
	}
	if text := b.text("#end"); !strings.Contains(text, "hors statistiques") || !strings.Contains(text, "Abouti") || !strings.Contains(text, "Le service a raccroché") {
		t.Errorf("the end: %q", text)
	}
	if text := b.text("#recording"); text != "" {
		t.Errorf("after the call the banner says %q", text)
	}
	b.do(chromedp.Click("#transcript"), chromedp.Click("#sound"))
	for name, want := range map[string][]string{
		"transcription.txt": {"Appel d’essai du ", "Numéro appelé : 0199000099", "Numéro de l’appelant : 0639980001", "  Vous : [touches 84000]", "  Le service : ", "  SMS : ", "Recherche : ", "Statuts : Requêté", "Le service a raccroché."},
		"appel.wav":         {"RIFF", "WAVE"},
	} {
		eventually(t, 10*time.Second, func() string {
			text, err := os.ReadFile(filepath.Join(downloads, name))
			if err != nil {
				return err.Error()
			}
			for _, w := range want {
				if !strings.Contains(string(text), w) {
					return fmt.Sprintf("%s lacks %q:\n%.3000s", name, w, text)
				}
			}
			return ""
		})
	}
	list := ended(t, s.data, 1)
	if list[0].Line != "test" || !list[0].has("evalue") || list[0].PostalCode == nil || *list[0].PostalCode != "84000" || list[0].Caller != "063998••••" {
		t.Errorf("traces %+v", list)
	}
	out, _, _ := program(t, "", "stats", "--json", "--data", s.data)
	var stats struct {
		Rows []struct {
			Measure   string
			Numerator float64
		}
	}
	decode(t, out, &stats)
	for _, r := range stats.Rows {
		if r.Measure != "disponibilite" && r.Numerator != 0 {
			t.Errorf("the call of the test line is counted: %s %v", r.Measure, r.Numerator)
		}
	}
}

// downloads is the folder for what the page hands out.
func (b *tab) downloads() string {
	b.t.Helper()
	dir := b.t.TempDir()
	b.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{Behavior: browser.SetDownloadBehaviorBehaviorAllow, DownloadPath: dir})
		return err
	}))
	return dir
}

// axe looks at the page as it is: in both colour schemes, small, and with letters twice as large.
func (b *tab) axe(when string) {
	b.t.Helper()
	for _, look := range []struct {
		name          string
		scheme        string
		width, height int64
		text          int
	}{{"light", "light", 1180, 1000, 100}, {"dark", "dark", 1180, 1000, 100}, {"small", "light", 320, 640, 100}, {"200 %", "dark", 1180, 1000, 200}} {
		b.emulate(look.scheme, look.width, look.height)
		js[any](b, fmt.Sprintf(`document.documentElement.style.fontSize = '%d%%'; 0`, look.text))
		js[any](b, `window.found = null; axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }).then(
			(r) => { window.found = r.violations.map((v) => v.id + ': ' + v.nodes.map((n) => n.html + ' ' + n.failureSummary).join('\n')).join('\n\n') }, (e) => { window.found = 'axe: ' + e }); 0`)
		eventually(b.t, 20*time.Second, func() string {
			if js[bool](b, `window.found === null`) {
				return "axe does not come to an end"
			}
			return ""
		})
		found := js[string](b, `window.found`)
		if found != "" {
			b.t.Errorf("%s, %s: %s", when, look.name, found)
		}
		if js[bool](b, `document.documentElement.scrollWidth > document.documentElement.clientWidth`) {
			b.t.Errorf("%s, %s: the page is wider than its window", when, look.name)
		}
	}
	js[any](b, `document.documentElement.style.fontSize = ''; 0`)
	b.emulate("light", 320, 640)
	js[any](b, `{ const spaced = new CSSStyleSheet(); spaced.replaceSync('* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important } p { margin-bottom: 2em !important }');
		document.adoptedStyleSheets = [spaced]; } 0`) // RGAA 10.12
	if js[bool](b, `document.documentElement.scrollWidth > document.documentElement.clientWidth`) {
		b.t.Errorf("%s, with spaced text: the page is wider than its window", when)
	}
	js[any](b, `document.adoptedStyleSheets = []; 0`)
	b.emulate("light", 1180, 1000)
}

// emulate gives the page another window and another colour scheme.
func (b *tab) emulate(scheme string, width, height int64) {
	b.t.Helper()
	b.do(chromedp.EmulateViewport(width, height), chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
		return err
	}))
}
