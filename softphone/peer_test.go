package softphone

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
	"github.com/zaf/g711"
	"go.uber.org/goleak"

	"github.com/acotel/acotel-sbc/media"
	"github.com/acotel/acotel-sbc/sip"
	"github.com/acotel/acotel-sbc/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const testLine = "0199000099"

// loud tells a frame with the tone from silence.
func loud(pcm []int16) bool { return media.LevelDBov(pcm) > -30 }

// tone is some 20 ms frames of 440 Hz.
func tone(frames int) []int16 {
	pcm := make([]int16, frames*media.FrameSamples)
	for i := range pcm {
		pcm[i] = int16(12000 * math.Sin(2*math.Pi*440*float64(i)/media.LineRate))
	}
	return pcm
}

// answerer is the service: it answers, tells what it hears, and says what it is told to.
type answerer struct {
	t      testing.TB
	refuse int           // status, 0: it answers
	wait   chan struct{} // it answers when this is closed; nil: at once

	mu       sync.Mutex
	session  *media.Session
	call     *sip.Call
	answered chan struct{} // of the last call, closed when it is up
	ended    chan sip.End
	keys     chan rune
	heard    func(pcm []int16, now time.Time)
}

func newAnswerer(t testing.TB) *answerer {
	return &answerer{t: t, answered: make(chan struct{}), ended: make(chan sip.End, 16), keys: make(chan rune, 64)}
}

func (a *answerer) Frame(pcm []int16, _ time.Duration, _ bool) {
	a.mu.Lock()
	h := a.heard
	a.mu.Unlock()
	if h != nil {
		h(pcm, time.Now())
	}
}

func (a *answerer) Digit(d rune) { a.keys <- d }

func (a *answerer) listen(h func(pcm []int16, now time.Time)) {
	a.mu.Lock()
	a.heard = h
	a.mu.Unlock()
}

func (a *answerer) Invite(ctx context.Context, c *sip.Call) {
	if a.refuse != 0 {
		_ = c.Reject(a.refuse, 0)
		return
	}
	if a.wait != nil {
		select {
		case <-a.wait:
		case <-c.Done():
			return
		}
	}
	s, err := media.NewSession(media.SessionConfig{IP: netip.MustParseAddr("127.0.0.1"), Listener: a})
	if err != nil {
		a.t.Error(err)
		return
	}
	run, stop := context.WithCancel(context.Background())
	var wait sync.WaitGroup
	wait.Go(func() { _ = s.Run(run) })
	defer func() { stop(); wait.Wait(); s.Close() }()
	if err := c.Answer(ctx, sip.LocalMedia{Addr: s.Addr(), Agreed: s.Configure}); err != nil {
		if ctx.Err() == nil { // nor did the caller hang up meanwhile
			a.t.Error(err)
		}
		return
	}
	a.mu.Lock()
	a.session, a.call = s, c
	select {
	case <-a.answered: // the call before is over on the other side, and not here yet
	default:
		close(a.answered)
	}
	a.mu.Unlock()
	<-c.Done()
	a.mu.Lock()
	if a.call == c {
		a.answered = make(chan struct{})
	}
	a.mu.Unlock()
	a.ended <- c.End()
}

// say plays sound into the call.
func (a *answerer) say(pcm []int16) {
	a.mu.Lock()
	defer a.mu.Unlock()
	u := a.session.Playout().Begin("tone", false)
	_ = u.Write(pcm)
	u.End()
}

// current is the call that is up, once it is.
func (a *answerer) current() *sip.Call {
	wait(a.t, "answer", a.up())
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.call
}

// sound is its sound.
func (a *answerer) sound() *media.Session {
	a.current()
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.session
}

func (a *answerer) up() <-chan struct{} {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.answered
}

// rig is a gateway with a service behind it and a web server before it.
type rig struct {
	t       testing.TB
	gateway *Gateway
	service *answerer
	web     *httptest.Server
	audit   *auditor
	own     *sip.Endpoint // that the gateway calls from
	address string        // of the service
	unheard bool          // browsers do not get the answer to their offer
}

// auditor remembers what was written down.
type auditor struct {
	mu   sync.Mutex
	done []string
}

func (a *auditor) Act(_ context.Context, actor, action string, _ map[string]any) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.done = append(a.done, actor+" "+action)
	return nil
}

func (a *auditor) has(entry string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, d := range a.done {
		if d == entry {
			return true
		}
	}
	return false
}

func newRig(t testing.TB, change func(*Config)) *rig {
	t.Helper()
	r := &rig{t: t, service: newAnswerer(t), audit: &auditor{}}
	db := storetest.Open(t)
	access := NewAccess(AccessConfig{Loopback: true, Links: &Links{DB: db}, Session: time.Hour})
	c := Config{
		Lines: []Line{{testLine, "essai"}}, MaxCalls: 2, MaxTime: time.Minute, Access: access, Audit: r.audit, Log: slog.New(slog.DiscardHandler),
		Marks:      &Marks{DB: db, Hide: func(s string) string { return strings.ReplaceAll(s, "Martin", "[nom]") }},
		Recordings: &Recordings{Dir: t.TempDir(), Keep: time.Hour, Max: time.Minute},
	}
	if change != nil {
		change(&c)
	}
	g, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	r.gateway = g
	everyone := []sip.Trunk{{Name: "all", Peers: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}}
	service, err := sip.Listen(context.Background(), sip.Config{Listen: "127.0.0.1:0", Trunks: everyone}, r.service)
	if err != nil {
		t.Fatal(err)
	}
	own, err := sip.Listen(context.Background(), sip.Config{Listen: "127.0.0.1:0", Trunks: everyone}, sip.HandlerFunc(func(_ context.Context, c *sip.Call) { _ = c.Reject(486, 0) }))
	if err != nil {
		t.Fatal(err)
	}
	r.own, r.address = own, service.Addr().String()
	g.Start(own, func(number string) string { return "sip:" + number + "@" + service.Addr().String() })
	r.web = httptest.NewServer(g.Handler())
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		if err := g.Close(); err != nil {
			t.Error(err)
		}
		r.web.Close()
		own.Close()
		service.Close()
	})
	return r
}

// browser is the other end: pion in the place of a browser.
type browser struct {
	r        *rig
	peer     *webrtc.PeerConnection
	out      *track
	location string
	packets  chan *rtp.Packet // of sound that came
	events   chan Event
	stop     context.CancelFunc
	wait     sync.WaitGroup
}

// offer makes a browser's offer.
func (r *rig) offer(codec string) (*browser, string) {
	r.t.Helper()
	engine := &webrtc.MediaEngine{}
	if err := register(engine, codec); err != nil {
		r.t.Fatal(err)
	}
	set := webrtc.SettingEngine{LoggerFactory: quiet{}}
	set.SetIncludeLoopbackCandidate(true)
	peer, err := webrtc.NewAPI(webrtc.WithMediaEngine(engine), webrtc.WithSettingEngine(set)).NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		r.t.Fatal(err)
	}
	b := &browser{r: r, peer: peer, out: newTrack(), packets: make(chan *rtp.Packet, 4096), events: make(chan Event, 256)}
	if _, err := peer.AddTrack(b.out); err != nil {
		r.t.Fatal(err)
	}
	peer.OnTrack(func(t *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		b.wait.Go(func() {
			for {
				p, _, err := t.ReadRTP()
				if err != nil {
					return
				}
				select {
				case b.packets <- p:
				default:
				}
			}
		})
	})
	o, err := peer.CreateOffer(nil)
	if err != nil {
		r.t.Fatal(err)
	}
	gathered := webrtc.GatheringCompletePromise(peer)
	if err := peer.SetLocalDescription(o); err != nil {
		r.t.Fatal(err)
	}
	<-gathered
	return b, peer.LocalDescription().SDP
}

// post sends an offer.
func (r *rig) post(query url.Values, offer string) *http.Response {
	r.t.Helper()
	answer, err := http.Post(r.web.URL+pathCalls+"?"+query.Encode(), typeSDP, strings.NewReader(offer))
	if err != nil {
		r.t.Fatal(err)
	}
	return answer
}

// call makes a call and follows its events.
func (r *rig) call(query url.Values) *browser {
	r.t.Helper()
	return r.callBy(query, func(offer string) string { return offer })
}

// callBy is call with an offer that is changed on its way.
func (r *rig) callBy(query url.Values, change func(offer string) string) *browser {
	r.t.Helper()
	codec := query.Get("codec")
	if codec == "" {
		codec = codecOpus
	}
	b, offer := r.offer(codec)
	answer := r.post(query, change(offer))
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusCreated || answer.Header.Get("Content-Type") != typeSDP {
		r.t.Fatalf("the call: %d %s %v", answer.StatusCode, text, err)
	}
	b.location = r.web.URL + answer.Header.Get("Location")
	if !r.unheard {
		if err := b.peer.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: string(text)}); err != nil {
			r.t.Fatal(err)
		}
	}
	ctx, stop := context.WithCancel(context.Background())
	b.stop = stop
	b.wait.Go(func() { b.follow(ctx, 0) })
	r.t.Cleanup(b.close)
	return b
}

// follow reads the events behind a number.
func (b *browser) follow(ctx context.Context, after int) {
	defer close(b.events)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, b.location+"/events", nil)
	if err != nil {
		b.r.t.Error(err)
		return
	}
	if after > 0 {
		req.Header.Set("Last-Event-ID", "1")
	}
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		return
	}
	defer answer.Body.Close()
	lines := bufio.NewScanner(answer.Body)
	for lines.Scan() {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		var e Event
		if err := json.Unmarshal([]byte(data), &e); err != nil {
			b.r.t.Error(err)
		}
		b.events <- e
	}
}

func (b *browser) close() {
	b.stop()
	_ = b.peer.GracefulClose()
	b.wait.Wait()
}

// patience is how long anything may take here.
const patience = 30 * time.Second

// until reads events up to one that fits.
func (b *browser) until(what string, fits func(Event) bool) Event {
	b.r.t.Helper()
	limit := time.After(patience)
	for {
		select {
		case e, ok := <-b.events:
			if !ok {
				b.r.t.Fatalf("the events end before %s", what)
			}
			if fits(e) {
				return e
			}
		case <-limit:
			b.r.t.Fatalf("no event: %s", what)
		}
	}
}

func (b *browser) state(s string) {
	b.r.t.Helper()
	b.until("state "+s, func(e Event) bool { return e.Kind == EventState && e.State == s })
}

func (b *browser) end() Event {
	b.r.t.Helper()
	return b.until("the end", func(e Event) bool { return e.Kind == EventEnd })
}

func (b *browser) do(method, path, body string) *http.Response {
	b.r.t.Helper()
	req, err := http.NewRequest(method, b.location+path, strings.NewReader(body))
	if err != nil {
		b.r.t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		b.r.t.Fatal(err)
	}
	return answer
}

// speak sends µ-law by write, 20 ms each 20 ms, until ctx ends; sound gives each frame.
func speak(ctx context.Context, write func(*rtp.Header, []byte), sound func() []int16) {
	h := rtp.Header{Version: 2, PayloadType: 0, SequenceNumber: 100, Timestamp: 5000}
	tick := time.NewTicker(media.FrameDuration)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		payload := make([]byte, media.FrameSamples)
		for i, v := range sound() {
			payload[i] = g711.EncodeUlawFrame(v)
		}
		write(&h, payload)
		h.SequenceNumber++
		h.Timestamp += media.FrameSamples
	}
}

// key sends one key press as a telephone event, as browsers do.
func (b *browser) key(code byte, seq uint16, at uint32) {
	for i := range 8 {
		end := byte(0)
		if i >= 5 {
			end = 0x80
		}
		d := uint16(160 * (i + 1))
		h := rtp.Header{Version: 2, PayloadType: 126, SequenceNumber: seq + uint16(i), Timestamp: at, Marker: i == 0}
		b.out.write(&h, []byte{code, end | 10, byte(d >> 8), byte(d)})
	}
}

func wait[T any](t testing.TB, what string, c <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(patience):
		t.Fatalf("no %s", what)
	}
	return v
}

// status is the answer to a request whose text does not matter.
func (b *browser) status(method, path, body string) int {
	b.r.t.Helper()
	answer := b.do(method, path, body)
	answer.Body.Close()
	return answer.StatusCode
}
