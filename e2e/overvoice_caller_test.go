package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/zaf/g711"

	"github.com/acotel/acotel-sbc/media"
	"github.com/acotel/acotel-sbc/sip"
)

// wayBack is a way of our own voice back to us: a hybrid, or a loudspeaker that bends in a room.
type wayBack struct {
	delay time.Duration // beside what packets and buffers take
	dB    float64       // of the echo's level against our voice's; 0: no echo
	room  bool
}

// taps are the samples of our voice that come back, and how loud.
func (w wayBack) taps() (at []int, gain []float64) {
	if w.dB == 0 {
		return nil, nil
	}
	r := rand.New(rand.NewPCG(5, uint64(w.delay)))
	n, decay, step := 24, 6.0, 1
	if w.room {
		n, decay, step = 40, 12, 16 // a reflection each 2 ms
	}
	for i := range n {
		g := r.NormFloat64() * math.Exp(-float64(i)/decay)
		if i == 0 {
			g = 2
		}
		at, gain = append(at, int(w.delay*media.LineRate/time.Second)+i*step), append(gain, g)
	}
	return at, gain
}

// scaled brings what comes back of a voice to its level below it (ITU-T P.56).
func (w wayBack) scaled(voice []int16, at []int, gain []float64) {
	back := make([]int16, len(voice))
	for i := range back {
		for k, d := range at {
			if i >= d {
				back[i] = int16(max(-32768, min(32767, float64(back[i])+gain[k]/8*w.bent(voice[i-d]))))
			}
		}
	}
	own, _ := media.ActiveLevelDBov(voice, media.LineRate)
	got, _ := media.ActiveLevelDBov(back, media.LineRate)
	for k := range gain {
		gain[k] *= math.Pow(10, (own+w.dB-got)/20) / 8
	}
}

// bent is a sample as it leaves a loudspeaker, or a hybrid.
func (w wayBack) bent(v int16) float64 {
	if w.room {
		return 4000 * math.Tanh(float64(v)/4000)
	}
	return float64(v)
}

// caller is one whose line is a recording: what comes from the service is kept as its packets have it, whatever a busy machine does to their times;
// what the caller says is put beside it, and what they hear comes back over the wayBack.
type caller struct {
	t       *testing.T
	session *media.Session
	call    *sip.Call
	stop    context.CancelFunc
	running sync.WaitGroup

	mu       sync.Mutex
	out      *media.Utterance // nil: not on the line yet
	played   []int16          // as a telephone plays it
	todo     []int16
	at       []int
	gain     []float64
	way      wayBack
	noise    *rand.Rand
	heard    []int16 // by timestamps
	first    uint32  // timestamp
	newest   int     // samples of heard when the last packet came
	speaks   bool
	from, to int // of what the caller said, samples of heard
}

// Packet takes what comes from the service.
func (c *caller) Packet(sent bool, _, _ netip.AddrPort, data []byte) {
	var p rtp.Packet
	if sent || p.Unmarshal(data) != nil || p.PayloadType != 8 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.heard) == 0 {
		c.first = p.Timestamp
	}
	at := int(int32(p.Timestamp - c.first))
	if at < 0 || at > 600*media.LineRate {
		return
	}
	if n := at + len(p.Payload) - len(c.heard); n > 0 {
		c.heard = append(c.heard, make([]int16, n)...)
	}
	for i, b := range p.Payload {
		c.heard[at+i] = g711.DecodeAlawFrame(b)
	}
	c.newest = at + len(p.Payload)
}

// Frame hears 20 ms and sends 20 ms.
func (c *caller) Frame(pcm []int16, _ time.Duration, _ bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.out == nil {
		return
	}
	from := len(c.played)
	c.played = append(c.played, pcm...)
	own := make([]int16, len(pcm))
	if n := copy(own, c.todo); n > 0 {
		if !c.speaks {
			c.speaks, c.from = true, c.newest
		}
		c.todo, c.to = c.todo[n:], c.newest+n
	}
	line := make([]int16, len(pcm))
	for i := range line {
		v := float64(own[i]) + 12*c.noise.NormFloat64() // about -69 dBov
		for k, d := range c.at {
			if at := from + i - d; at >= 0 {
				v += c.gain[k] * c.way.bent(c.played[at])
			}
		}
		line[i] = int16(max(-32768, min(32767, v)))
	}
	if h := c.session.Playout().Heard(); h.Total-h.Played > 3*media.FrameDuration {
		return // a key is being sent in place of sound, which must not lag behind after it
	}
	_ = c.out.Write(line) // fails when the call is over
}

// Digit takes no key.
func (c *caller) Digit(rune) {}

// say puts a sound on the line.
func (c *caller) say(pcm []int16) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.todo = append(c.todo, pcm...)
}

// on is how long the caller has been on the line.
func (c *caller) on() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Duration(len(c.played)) * time.Second / media.LineRate
}

// wait lets sound go over the line.
func (c *caller) wait(d time.Duration) {
	for until, deadline := c.on()+d, time.Now().Add(time.Minute); c.on() < until && time.Now().Before(deadline); {
		time.Sleep(5 * time.Millisecond)
	}
}

// recording is what came from the service, and where in it the caller began and ended to speak.
func (c *caller) recording() (heard []int16, from, to int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.heard[:len(c.heard):len(c.heard)], c.from, c.to
}

// ring begins a call; voice is some of the service's, for the level of its echo.
func (s *service) ring(t *testing.T, ep *sip.Endpoint, from string, w wayBack, voice []int16) (*caller, error) {
	c := &caller{t: t, way: w, noise: rand.New(rand.NewPCG(1, 2))}
	if c.at, c.gain = w.taps(); len(c.at) > 0 {
		w.scaled(voice, c.at, c.gain)
	}
	alaw, err := media.CodecsByName("PCMA")
	if err == nil {
		c.session, err = media.NewSession(media.SessionConfig{IP: netip.MustParseAddr("127.0.0.1"), Listener: c, Tap: c})
	}
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	c.stop = stop
	c.running.Go(func() { _ = c.session.Run(ctx) })
	c.call, err = ep.Dial(t.Context(), sip.DialRequest{URI: "sip:0970000000@" + s.sip, From: from,
		Local: sip.LocalMedia{Addr: c.session.Addr(), Agreed: c.session.Configure, MediaOptions: sip.MediaOptions{Codecs: alaw}}})
	if err != nil {
		c.close()
		return nil, err
	}
	c.mu.Lock()
	c.out = c.session.Playout().Begin("line", true)
	c.mu.Unlock()
	return c, nil
}

func (c *caller) hangUp() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_ = c.call.Hangup(ctx, "test") // the call may be over
	c.close()
}

func (c *caller) close() {
	c.stop()
	c.running.Wait()
	if err := c.session.Close(); err != nil {
		c.t.Error(err)
	}
}

// callers is where calls are placed from.
func callers(t *testing.T) *sip.Endpoint {
	t.Helper()
	ep, err := sip.Listen(t.Context(), sip.Config{Listen: "127.0.0.1:0", Trunks: []sip.Trunk{{Name: "called", Peers: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}}},
		sip.HandlerFunc(func(_ context.Context, c *sip.Call) { _ = c.Reject(486, 0) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ep.Close() })
	return ep
}

// told is one line of /debug/conversations.
type told struct {
	Call, Who, Text, State, Message, Fact string
	Keys                                  bool
	Data                                  map[string]any
}

// conversations sorts what the service tells of its calls by who rang.
type conversations struct {
	mu    sync.Mutex
	calls map[string]string // name of a call → first digits of the caller's number
	told  map[string][]told
}

// follow reads what a service with http.debug tells until the test ends.
func (s *service) follow(t *testing.T) *conversations {
	t.Helper()
	res, err := http.Get("http://" + s.http + "/debug/conversations")
	if err != nil {
		t.Fatal(err)
	}
	c, done := &conversations{calls: map[string]string{}, told: map[string][]told{}}, make(chan struct{})
	t.Cleanup(func() { _ = res.Body.Close(); <-done })
	go func() {
		defer close(done)
		for lines := bufio.NewScanner(res.Body); lines.Scan(); {
			var e told
			if json.Unmarshal(lines.Bytes(), &e) == nil {
				c.take(e)
			}
		}
	}()
	return c
}

func (c *conversations) take(e told) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if number, ok := e.Data["caller_masked"].(string); ok && len(number) >= shown {
		c.calls[e.Call] = number[:shown]
	}
	by := c.calls[e.Call]
	c.told[by] = append(c.told[by], e)
}

// shown are the digits of a caller's number that the service shows.
const shown = 6

// of is what was told of the call from a number so far.
func (c *conversations) of(from string) []told {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.told[from[:shown]][:len(c.told[from[:shown]]):len(c.told[from[:shown]])]
}

// number is the first digits of who made a call.
func (c *conversations) number(call string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.calls[call]
}

// await waits until something is told of a call, after what is known already, and returns how much is known then.
func (c *conversations) await(from string, known int, what string, ok func(told) bool) (int, error) {
	for deadline := time.Now().Add(60 * time.Second); time.Now().Before(deadline); time.Sleep(2 * time.Millisecond) {
		for i, e := range c.of(from) {
			if i >= known && ok(e) {
				return i + 1, nil
			}
		}
	}
	return known, fmt.Errorf("%s is not told of the call\n%s", what, c.text(from))
}

func (c *conversations) text(from string) string {
	var b strings.Builder
	for _, e := range c.of(from) {
		if e.Who != "" {
			fmt.Fprintf(&b, "%-8s %s %s\n", e.Who, e.Message, e.Text)
		}
	}
	return b.String()
}

// voiceOf renders a text as somebody on the telephone says it, by a voice that neither training nor the service knows. Phonemes stand in [[ ]].
func voiceOf(t *testing.T, voice, text string, wpm int, dBov float64) []int16 {
	t.Helper()
	name := filepath.Join(t.TempDir(), "said.wav")
	if out, err := exec.Command(peer(t, "espeak-ng"), "-v", "fr+"+voice, "-s", strconv.Itoa(wpm), "-w", name, text).CombinedOutput(); err != nil {
		t.Fatalf("espeak-ng: %v %s", err, out)
	}
	pcm := onLine(t, name, 0)
	level, _ := media.ActiveLevelDBov(pcm, media.LineRate)
	gain := math.Pow(10, (dBov-level)/20)
	first, last := -1, 0
	for i, v := range pcm {
		pcm[i] = int16(max(-32768, min(32767, float64(v)*gain)))
		if math.Abs(float64(pcm[i])) > 60 {
			if first < 0 {
				first = i
			}
			last = i
		}
	}
	return pcm[max(0, first):last]
}

// cough is breath through a throat: noise in two resonances, a burst and its end.
func cough(d time.Duration, dBov float64) []int16 {
	r := rand.New(rand.NewPCG(3, 4))
	n := int(d * media.LineRate / time.Second)
	x := make([]float64, n)
	var a1, a2, b1, b2, power float64
	for i := range x {
		at := float64(i) / float64(n)
		w := r.NormFloat64() * math.Min(1, 12*at) * math.Exp(-3*at)
		// 700 Hz and 1.8 kHz, 300 and 500 Hz wide
		ya := w + 2*math.Exp(-math.Pi*300/8000)*math.Cos(2*math.Pi*700/8000)*a1 - math.Exp(-2*math.Pi*300/8000)*a2
		yb := w + 2*math.Exp(-math.Pi*500/8000)*math.Cos(2*math.Pi*1800/8000)*b1 - math.Exp(-2*math.Pi*500/8000)*b2
		a1, a2, b1, b2 = ya, a1, yb, b1
		x[i] = ya + 0.7*yb
		power += x[i] * x[i] / float64(n)
	}
	pcm := make([]int16, n)
	for i, v := range x {
		pcm[i] = int16(max(-32768, min(32767, v/math.Sqrt(power)*32768*math.Pow(10, dBov/20))))
	}
	return pcm
}
