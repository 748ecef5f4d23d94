package e2e

import (
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/acotel/acotel-sbc/media"
)

// renderedAt is a text as the service says it, at a speed.
func renderedAt(t *testing.T, words string, speed float64) []int16 {
	t.Helper()
	name := filepath.Join(t.TempDir(), "x.wav")
	if _, errOut, code := program(t, "", "speak", words, "-o", name, "--speed", fmt.Sprint(speed)); code != 0 {
		t.Fatal(errOut)
	}
	return wavOf(t, name)
}

// TestSlowerAndLouderForTheRestOfTheCall asks by voice for slower, then for louder, and hears everything that follows so, to the end of a workshop: at 0.8 of the
// speed, with pauses that are longer, too, at 1.35 times the loudness, unclipped.
func TestSlowerAndLouderForTheRestOfTheCall(t *testing.T) {
	t.Parallel()
	long(t)
	s := serve(t, t.TempDir(), "--set", "asr.backends=[whisper]", "--set", "http.debug=true", "--set", "check.seconds=0",
		"--set", "turns.recogniser_ms=15000", "--set", "turns.recogniser_slow_ms=14000", "--set", "asr.whisper.deadline_ms=14000")
	ep, talks := callers(t), s.follow(t)
	const from = "0639500001"
	slower, louder := voiceOf(t, "Annie", "moins vite, s'il vous plaît", 140, -22), voiceOf(t, "Annie", "parlez plus fort", 140, -22)
	c, err := s.ring(t, ep, from, wayBack{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.hangUp()
	service := func(prefix string) func(told) bool {
		return func(e told) bool { return e.Who == "service" && strings.HasPrefix(e.Message, prefix) }
	}
	must := func(at int, err error) int {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	at := must(talks.await(from, 0, "the open question", func(e told) bool {
		return e.Fact == "question_asked" || e.Who == "service" && strings.Contains(e.Text, "?")
	}))
	c.wait(1500 * time.Millisecond)
	c.say(slower)
	at = must(talks.await(from, at, "slower", service("command.slower")))
	at = must(talks.await(from, at, "the question, slower", service("")))
	c.wait(1500 * time.Millisecond)
	c.say(louder)
	louderAt := must(talks.await(from, at, "louder", service("command.louder")))
	if err := c.session.SendDigits("84000#"); err != nil {
		t.Fatal(err)
	}
	at = must(talks.await(from, louderAt, "the question for the theme", service("theme.ask")))
	if err := c.session.SendDigits("1#"); err != nil {
		t.Fatal(err)
	}
	first := must(talks.await(from, at, "the workshop", service("result.number"))) - 1
	must(talks.await(from, first, "the question after it", service("results.next")))
	c.wait(time.Second)
	heard, _, _ := c.recording()
	var texts []text
	for i, e := range talks.of(from) {
		if i >= first && e.Who == "service" {
			texts = append(texts, text{message: e.Message, words: e.Text, sound: renderedAt(t, e.Text, 0.8)})
		}
	}
	begins, ok := match(texts[0].sound[:2*pieceSamples], heard, 0, len(heard))
	if !ok {
		t.Fatalf("the workshop is not heard slower\n%s", talks.text(from))
	}
	runs := timeline(heard, begins, texts)
	if again, lost := twice(runs); again > .15 || lost > stalls {
		t.Errorf("%.2f s are heard twice, %.2f s not", again, lost)
	}
	for i, r := range runs {
		if r.text < 0 {
			if seconds(r.n) > stalls {
				t.Errorf("something else is heard at %.2f s", seconds(r.at))
			}
			continue
		}
		if gain := 20 * math.Log10(r.gain); math.Abs(gain-20*math.Log10(1.35)) > 1.6 { // a sentence made while it is heard has its voice's gain, at -20 dBov within 1.5 dB
			t.Errorf("%.1f dB louder at %.2f s", gain, seconds(r.at))
		}
		if i > 0 && runs[i-1].text == r.text && (r.at-runs[i-1].at)-(r.in-runs[i-1].in) > media.LineRate/3 {
			t.Errorf("a gap at %.2f s", seconds(r.at))
		}
	}
	clipped, top := 0, 0
	for i, v := range heard[1:] {
		if (v >= 32256 || v <= -32256) && heard[i] == v { // the last step of A-law, which is 0.3 dB wide: a peak may have two or three samples there
			top++
		} else {
			top = 0
		}
		if top == 3 {
			clipped++
		}
	}
	level, _ := media.ActiveLevelDBov(heard[begins:], media.LineRate)
	t.Logf("%.1f dBov from here on, %d flat tops\n%s", level, clipped, shownRuns(runs))
	if clipped > 0 {
		t.Errorf("%d flat tops", clipped)
	}
	if t.Failed() {
		t.Log(talks.text(from))
	}
}
