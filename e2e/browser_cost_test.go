package e2e

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// ticks is how finely the kernel tells processor time, in parts of a second (USER_HZ).
const ticks = 100

// family is the processor time, in seconds, of a process and all below it, by what kind of process of Chromium it is and by thread.
func family(root int) map[string]float64 {
	below := map[int][]int{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, name := range stats {
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(name)))
		if f := statOf(name); f != nil {
			parent, _ := strconv.Atoi(f[1])
			below[parent] = append(below[parent], pid)
		}
	}
	spent := map[string]float64{}
	var walk func(pid int)
	walk = func(pid int) {
		kind := kindOf(pid)
		threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", pid))
		for _, dir := range threads {
			if f := statOf(filepath.Join(dir, "stat")); f != nil {
				user, _ := strconv.Atoi(f[11])
				system, _ := strconv.Atoi(f[12])
				name, _ := os.ReadFile(filepath.Join(dir, "comm"))
				spent[kind+" "+strings.TrimRight(strings.TrimSpace(string(name)), "0123456789")] += float64(user+system) / ticks
			}
		}
		for _, child := range below[pid] {
			walk(child)
		}
	}
	walk(root)
	return spent
}

// statOf are the fields of a process or thread from its state on (proc(5)); nil: it is gone.
func statOf(name string) []string {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil
	}
	return strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
}

// kindOf is what a process of Chromium is for.
func kindOf(pid int) string {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	kind := "browser"
	for _, arg := range strings.FieldsFunc(string(text), func(r rune) bool { return r == 0 || r == ' ' }) { // a process that renames itself joins them
		if v, ok := strings.CutPrefix(arg, "--type="); ok {
			kind = v
		}
		if v, ok := strings.CutPrefix(arg, "--utility-sub-type="); ok {
			kind, _, _ = strings.Cut(v, ".")
		}
	}
	return kind
}

// costs measures what the browser of b, and a process of ours, spend until stop is called: percent of a core, most first.
func (b *tab) costs(s *service) (stop func() (browser, service float64, table string)) {
	b.t.Helper()
	root := chromedp.FromContext(b.ctx).Browser.Process().Pid
	own := s.cmd.Process.Pid
	began, before, ours := time.Now(), family(root), family(own)
	return func() (browser, service float64, table string) {
		now, oursNow := family(root), family(own)
		seconds := time.Since(began).Seconds()
		percent := func(now, before map[string]float64) (all float64, list []string) {
			kinds := map[string]float64{}
			for name, v := range now {
				v = 100 * (v - before[name]) / seconds
				all += v
				kind, _, _ := strings.Cut(name, " ")
				kinds[kind] += v
				if v >= 0.2 {
					list = append(list, fmt.Sprintf("%6.1f %%  %s", v, name))
				}
			}
			slices.SortFunc(list, func(a, b string) int { return strings.Compare(b, a) })
			for _, k := range slices.Sorted(maps.Keys(kinds)) {
				list = append(list, fmt.Sprintf("%6.1f %%  in all: %s", kinds[k], k))
			}
			return all, list
		}
		var list []string
		browser, list = percent(now, before)
		service, _ = percent(oursNow, ours)
		return browser, service, strings.Join(list, "\n")
	}
}

// TestWhatACallCostsTheBrowser tells where the processor time of a tab in a call goes: at rest, and in a call on the echo line, which talks all
// the time.
func TestWhatACallCostsTheBrowser(t *testing.T) {
	long(t)
	s := serveEcho(t, "")
	parts := []string{"~1"}
	for range 30 {
		parts = append(parts, "je cherche un atelier mémoire à Avignon", "~1")
	}
	b := browse(t, s, sentence(t, parts...))
	b.do(chromedp.WaitEnabled("#call"))
	js[any](b, `document.getElementById('line').value = '`+echoNumber+`'; 0`)
	const window = 15 * time.Second
	measure := func(when string) {
		stop := b.costs(s)
		time.Sleep(window) // what is measured is a time
		browser, service, table := stop()
		t.Logf("%s: %.1f %% of a core for the browser, %.1f %% for the service\n%s", when, browser, service, table)
	}
	measure("at rest")
	b.call()
	measure("in a call")
	b.hangup()
}
