package softphone

import (
	"context"
	"io"
	"math"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-audio/wav"
	"github.com/pion/webrtc/v4"
	"github.com/zaf/g711"

	"github.com/acotel/acotel-sbc/media"
)

// TestSoundAndKeysGoBothWays: what the browser says reaches the service and back, keys too, in each codec.
func TestSoundAndKeysGoBothWays(t *testing.T) {
	for _, codec := range []string{codecPCMU, codecPCMA, codecOpus} {
		t.Run(codec, func(t *testing.T) {
			r := newRig(t, nil)
			up := r.service.up()
			b := r.call(url.Values{"codec": {codec}, "from": {"06 39 98 00 01"}, "line": {testLine}})
			b.state(stateTalking)
			wait(t, "answer", up)
			if n := r.service.current().Caller(); n.E164.Reveal() != "+33639980001" || n.Withheld {
				t.Errorf("the caller is %v", n)
			}
			came := wait(t, "packet of sound", b.packets)
			if codec != codecOpus {
				heard := make(chan struct{})
				var once sync.Once
				r.service.listen(func(pcm []int16, _ time.Time) {
					if loud(pcm) {
						once.Do(func() { close(heard) })
					}
				})
				if codec == codecPCMU {
					ctx, stop := context.WithCancel(context.Background())
					var speaking sync.WaitGroup
					speaking.Go(func() { speak(ctx, b.out.write, func() []int16 { return tone(1) }) })
					wait(t, "sound of the browser", heard)
					stop()
					speaking.Wait()
				}
				r.service.say(tone(50))
				limit := time.After(patience)
				for found := false; !found; {
					select {
					case p := <-b.packets:
						pcm := make([]int16, len(p.Payload))
						for i, v := range p.Payload {
							if codec == codecPCMU {
								pcm[i] = g711.DecodeUlawFrame(v)
							} else {
								pcm[i] = g711.DecodeAlawFrame(v)
							}
						}
						found = loud(pcm)
					case <-limit:
						t.Fatal("the browser hears nothing")
					}
				}
			} else if came.PayloadType != 111 {
				t.Errorf("payload type %d", came.PayloadType)
			}
			b.key(5, 9000, 777000)
			if d := wait(t, "key with the sound", r.service.keys); d != '5' {
				t.Errorf("key %c", d)
			}
			if got := b.status(http.MethodPost, "/keys", `{"keys":"8#"}`); got != http.StatusNoContent {
				t.Errorf("keys: %d", got)
			}
			for _, want := range "8#" {
				if d := wait(t, "key by HTTP", r.service.keys); d != want {
					t.Errorf("key %c, want %c", d, want)
				}
			}
			if err := r.service.sound().SendDigits("7"); err != nil {
				t.Fatal(err)
			}
			b.until("a key of the service", func(e Event) bool { return e.Kind == EventKey && e.Text == "7" })
			b.status(http.MethodDelete, "", "")
			if e := b.end(); e.Reason != ByTester {
				t.Errorf("the end: %+v", e)
			}
			if end := wait(t, "end at the service", r.service.ended); end.By != "remote" {
				t.Errorf("the service saw %+v", end)
			}
			for _, entry := range []string{"loopback softphone.call", "loopback softphone.call.end"} {
				if !r.audit.has(entry) {
					t.Errorf("the audit log lacks %q: %v", entry, r.audit.done)
				}
			}
		})
	}
}

// TestWhatIsSaidToTheRingingIsNotHeldBack: who talks while it rings does not hear everything later for the rest of the call.
func TestWhatIsSaidToTheRingingIsNotHeldBack(t *testing.T) {
	r := newRig(t, nil)
	r.service.wait = make(chan struct{})
	up := r.service.up()
	b := r.call(url.Values{"codec": {codecPCMU}})
	b.state(stateRinging)
	ctx, stop := context.WithCancel(context.Background())
	var speaking sync.WaitGroup
	speaking.Go(func() { speak(ctx, b.out.write, func() []int16 { return tone(1) }) })
	defer speaking.Wait()
	defer stop()
	wait(t, "packet of the gateway", b.packets)
	r.gateway.mu.Lock()
	var p *phone
	for _, p = range r.gateway.calls {
	}
	r.gateway.mu.Unlock()
	frames := func(n int) { // that the browser said
		for limit, end := time.Now().Add(patience), p.browser.session.Stats().Frames+uint64(n); p.browser.session.Stats().Frames < end; time.Sleep(time.Millisecond) {
			if time.Now().After(limit) {
				t.Fatal("the browser is not heard")
			}
		}
	}
	const ringing = 20
	frames(ringing)
	close(r.service.wait)
	b.state(stateTalking)
	wait(t, "answer", up)
	frames(20)
	if n := p.up.dropped.Load(); n >= ringing/2 { // were it held back, all but what may wait would be; a few are when a busy machine stops a clock
		t.Errorf("%d frames were too many", n)
	}
	for limit, lowest := time.Now().Add(patience), time.Duration(math.MaxInt64); lowest > usualWaiting; time.Sleep(2 * time.Millisecond) {
		if h := p.leg.Session().Playout().Heard(); h.Total-h.Played < lowest {
			lowest = h.Total - h.Played
		}
		if time.Now().After(limit) {
			t.Fatalf("%v of sound wait all the time", lowest)
		}
	}
}

// TestEnds: each way to end is told to the browser and to the service.
func TestEnds(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Config)
		refuse int
		act    func(*rig, *browser)
		reason Reason
		status int
	}{
		"the service hangs up": {nil, 0, func(r *rig, b *browser) {
			b.state(stateTalking)
			_ = r.service.current().Hangup(context.Background(), "done")
		}, ByService, 0},
		"the service refuses": {nil, 486, func(*rig, *browser) {}, NotAnswered, 486},
		"the service stops":   {nil, 0, func(r *rig, b *browser) { b.state(stateTalking); r.gateway.Stop() }, Stopping, 0},
		"the browser is gone": {nil, 0, func(_ *rig, b *browser) { b.state(stateTalking); _ = b.peer.Close() }, PageGone, 0},
		"time is up":          {func(c *Config) { c.MaxTime = 5 * time.Second }, 0, func(_ *rig, b *browser) { b.state(stateTalking) }, TooLong, 0},
		"it never connects":   {func(c *Config) { c.ConnectTime = 50 * time.Millisecond }, 0, func(*rig, *browser) {}, NoConnection, 0},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, c.change)
			r.service.refuse = c.refuse
			r.unheard = c.reason == NoConnection
			b := r.call(nil)
			c.act(r, b)
			if e := b.end(); e.Reason != c.reason || e.Status != c.status || e.State != stateEnded {
				t.Errorf("the end: %+v", e)
			}
			if n := r.gateway.InCall(); n > 0 {
				r.gateway.Stop() // waits for what still runs
				if n = r.gateway.InCall(); n > 0 {
					t.Errorf("%d calls go on", n)
				}
			}
		})
	}
}

// TestRefusals: what is asked for wrongly, or may not be had, is refused in words, and takes no place.
func TestRefusals(t *testing.T) {
	r := newRig(t, nil)
	b, offer := r.offer(codecOpus)
	defer b.peer.Close()
	for name, c := range map[string]struct {
		query  url.Values
		kind   string
		offer  string
		status int
		code   string
	}{
		"production line":  {url.Values{"line": {"0970000000"}}, typeSDP, offer, http.StatusForbidden, "production"},
		"no number":        {url.Values{"from": {"bonjour"}}, typeSDP, offer, http.StatusBadRequest, "from"},
		"a header":         {url.Values{"from": {"06\r\nX: y"}}, typeSDP, offer, http.StatusBadRequest, "from"},
		"another codec":    {url.Values{"codec": {"G729"}}, typeSDP, offer, http.StatusBadRequest, "codec"},
		"no SDP":           {nil, "application/json", offer, http.StatusUnsupportedMediaType, "type"},
		"rubbish":          {nil, typeSDP, "v=0", http.StatusBadRequest, "offer"},
		"nothing":          {nil, typeSDP, "", http.StatusBadRequest, "offer"},
		"no codec of ours": {url.Values{"codec": {codecPCMA}}, typeSDP, strings.ReplaceAll(offer, "opus/48000/2", "speex/48000/2"), http.StatusBadRequest, "offer"},
		"a whole network":  {nil, typeSDP, offer + strings.Repeat("a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n", mostCandidates+1), http.StatusBadRequest, "offer"},
		"too long":         {nil, typeSDP, strings.Repeat("a", largestOffer+1), http.StatusBadRequest, "offer"},
	} {
		t.Run(name, func(t *testing.T) {
			answer, err := http.Post(r.web.URL+pathCalls+"?"+c.query.Encode(), c.kind, strings.NewReader(c.offer))
			if err != nil {
				t.Fatal(err)
			}
			defer answer.Body.Close()
			text, _ := io.ReadAll(answer.Body)
			if answer.StatusCode != c.status || !strings.Contains(string(text), `"code":"`+c.code+`"`) {
				t.Errorf("%d %s", answer.StatusCode, text)
			}
		})
	}
	if n := r.gateway.InCall(); n != 0 {
		t.Errorf("%d calls go on", n)
	}
	for range r.gateway.cfg.MaxCalls {
		r.call(nil).state(stateTalking)
		r.service.mu.Lock()
		r.service.answered = make(chan struct{})
		r.service.mu.Unlock()
	}
	answer := r.post(nil, offer)
	answer.Body.Close()
	if answer.StatusCode != http.StatusServiceUnavailable || answer.Header.Get("Retry-After") == "" {
		t.Errorf("one call too many: %d", answer.StatusCode)
	}
	r.gateway.Stop()
	answer = r.post(nil, offer)
	answer.Body.Close()
	if answer.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("a call after the stop: %d", answer.StatusCode)
	}
}

// TestRecordingIsMadeOnlyWhenAsked: stereo, for its owner alone, gone after its time.
func TestRecordingIsMadeOnlyWhenAsked(t *testing.T) {
	r := newRig(t, nil)
	dir := r.gateway.cfg.Recordings.Dir
	for _, asked := range []bool{false, true} {
		query := url.Values{"codec": {codecPCMU}}
		if asked {
			query.Set("record", "1")
		}
		up := r.service.up()
		b := r.call(query)
		b.state(stateTalking)
		wait(t, "answer", up)
		r.service.say(tone(25))
		limit := time.After(patience)
		for found := false; !found; {
			select {
			case p := <-b.packets:
				found = g711.DecodeUlawFrame(p.Payload[0]) > 3000 || g711.DecodeUlawFrame(p.Payload[40]) > 3000 || g711.DecodeUlawFrame(p.Payload[5]) > 3000
			case <-limit:
				t.Fatal("the browser hears nothing")
			}
		}
		b.status(http.MethodDelete, "", "")
		b.end()
		files, _ := os.ReadDir(dir)
		answer := b.do(http.MethodGet, "/recording", "")
		answer.Body.Close()
		if !asked {
			if len(files) != 0 || answer.StatusCode != http.StatusNotFound {
				t.Fatalf("recorded without being asked: %v, %d", files, answer.StatusCode)
			}
			continue
		}
		if p := r.gateway.find(b.location[strings.LastIndexByte(b.location, '/')+1:]); p == nil || p.record.sides[0] != nil {
			t.Error("the sound is still in memory")
		}
		if len(files) != 1 || answer.StatusCode != http.StatusOK || !r.audit.has("loopback softphone.recording") {
			t.Fatalf("the recording: %v, %d", files, answer.StatusCode)
		}
		info, _ := files[0].Info()
		f, err := os.Open(dir + "/" + files[0].Name())
		if err != nil {
			t.Fatal(err)
		}
		buf, err := wav.NewDecoder(f).FullPCMBuffer()
		f.Close()
		if err != nil || buf.Format.NumChannels != 2 || buf.Format.SampleRate != media.LineRate || info.Mode().Perm() != 0o600 {
			t.Fatalf("the file: %+v %v %v", buf.Format, info.Mode(), err)
		}
		left, right := 0, 0
		for i := 0; i+1 < len(buf.Data); i += 2 {
			left, right = max(left, buf.Data[i]), max(right, buf.Data[i+1])
		}
		if right < 8000 || left > 200 {
			t.Errorf("the service on the right: %d, the silent tester on the left: %d", right, left)
		}
	}
	keep := r.gateway.cfg.Recordings.Keep
	for _, step := range []struct {
		after time.Duration
		left  int
	}{{keep - time.Minute, 1}, {keep + time.Minute, 0}} {
		if n, err := r.gateway.cfg.Recordings.Sweep(time.Now().Add(step.after)); err != nil || n != 1-step.left {
			t.Fatalf("after %v: %d deleted, %v", step.after, n, err)
		}
		if files, _ := os.ReadDir(dir); len(files) != step.left {
			t.Errorf("after %v: %d files", step.after, len(files))
		}
	}
}

// TestEventsGoOnWhereTheyWereCut: a browser that comes again gets what it missed, and the end once more.
func TestEventsGoOnWhereTheyWereCut(t *testing.T) {
	r := newRig(t, nil)
	b := r.call(nil)
	b.state(stateTalking)
	b.status(http.MethodDelete, "", "")
	b.end()
	again := &browser{r: r, location: b.location, events: make(chan Event, 16)}
	again.follow(t.Context(), 1)
	first, ok := <-again.events
	if !ok || first.Seq != 2 || first.State != stateRinging {
		t.Errorf("first event: %+v", first)
	}
	var last Event
	for e := range again.events {
		last = e
	}
	if last.Kind != EventEnd {
		t.Errorf("last event: %+v", last)
	}
}

// FuzzOffer: no offer, whatever is in it, breaks the gateway or keeps a place in it.
func FuzzOffer(f *testing.F) {
	g, err := New(Config{Lines: []Line{{testLine, ""}}, MaxCalls: 1, MaxTime: time.Second, Access: NewAccess(AccessConfig{})})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { g.Close() })
	peer, err := webrtc.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		f.Fatal(err)
	}
	if _, err := peer.AddTransceiverFromKind(webrtc.RTPCodecTypeAudio); err != nil {
		f.Fatal(err)
	}
	o, err := peer.CreateOffer(nil)
	if err != nil {
		f.Fatal(err)
	}
	_ = peer.Close()
	f.Add(o.SDP)
	f.Add(strings.ReplaceAll(o.SDP, "m=audio", "m=video"))
	f.Add(strings.ReplaceAll(o.SDP, "sendrecv", "recvonly"))
	f.Add("v=0\r\n")
	f.Add("")
	f.Fuzz(func(t *testing.T, offer string) {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		p, _, err := g.open(ctx, &trunk{uri: func(string) string { return "sip:1@127.0.0.1:9" }}, "fuzz", wish{number: testLine, codec: codecOpus}, offer)
		if err == nil {
			g.hub.forget(p.callID)
			p.close()
		}
	})
}
