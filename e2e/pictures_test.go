package e2e

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// TestBrowserPictures makes the pictures of docs/: run with MAKE_PICTURES=1 when the page has changed.
func TestBrowserPictures(t *testing.T) {
	if os.Getenv("MAKE_PICTURES") == "" {
		t.Skip("MAKE_PICTURES=1 makes the pictures anew")
	}
	sound := sentence(t, "~10", "je cherche un atelier mémoire", "~12", "à Avignon", "~30")
	s := serve(t, t.TempDir(), "--set", "asr.backends=[whisper]")
	b := browse(t, s, sound)
	b.do(chromedp.WaitEnabled("#call"))
	b.picture("telephone-repos")
	b.call()
	b.said("caller", "mémoire", time.Minute)
	b.said("caller", "avignon", time.Minute)
	time.Sleep(2 * time.Second) // the meters shall show a voice
	eventually(t, 20*time.Second, func() string {
		if js[float64](b, `document.getElementById('ear').value`) < 50 {
			return "the meter shows no voice of the service"
		}
		return ""
	})
	b.picture("telephone-appel")
	for _, keys := range []string{"1#", "3#", "1#", "2#", "4#"} {
		b.spoken(js[int](b, `document.querySelectorAll('[role=log] [data-who=service]').length`), 40*time.Second)
		b.press(keys)
	}
	b.until("ended", time.Minute)
	b.picture("telephone-fin")
}

// picture writes the whole page into docs/.
func (b *tab) picture(name string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join("..", "docs", "images", name+".png"), png, 0o644); err != nil {
		b.t.Fatal(err)
	}
}
