package softphone

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/webrtc/v4"

	"github.com/acotel/acotel-sbc/bench"
	"github.com/acotel/acotel-sbc/media"
	"github.com/acotel/acotel-sbc/record"
	"github.com/acotel/acotel-sbc/sip"
)

// phone is one call from a browser.
type phone struct {
	g        *Gateway
	id       string // its name in addresses, which nobody can guess
	who      string // for the audit log
	owner    string // whose it is: see Access.owner
	number   string // that is called
	from     string // "" withheld
	codec    string
	trunk    *trunk
	log      *journal
	peer     *webrtc.PeerConnection
	browser  *browserLeg
	leg      *bench.Leg
	up, down *lane      // from the browser to the service, and back
	record   *recording // nil: none

	ctx     context.Context
	cancel  context.CancelCauseFunc
	watched *watched      // of the service's side, once it is rung
	callID  string        // Call-ID of the leg to the service
	ready   chan struct{} // the browser is connected
	once    sync.Once
	relays  relays
	missed  atomic.Uint64 // packets of ours that the browser misses, by its last report
	counted bool          // its figures are among those of calls that are over; under g.mu
}

// errors that say why a call is over; the cause of phone.ctx.
var (
	errTester = errors.New("softphone: the page hung up")
	errGone   = errors.New("softphone: the browser went away")
	errNoICE  = errors.New("softphone: the browser did not reach us")
)

// wish is what a page asks for.
type wish struct {
	number, from, codec string
	record              bool
}

// openTime is how long an answer may take, gatherTime the search for our own addresses in it: a STUN or TURN server that does not answer
// must not keep browsers from calling that can do without.
const openTime, gatherTime = 5 * time.Second, 3 * time.Second

// open takes the browser's offer and gives our answer. When it fails nothing is left behind. The caller runs the phone.
func (g *Gateway) open(ctx context.Context, t *trunk, who string, w wish, offer string) (*phone, string, error) {
	p := &phone{g: g, id: token(), who: who, number: w.number, from: w.from, codec: w.codec, trunk: t, log: newJournal(), callID: token(), ready: make(chan struct{})}
	p.ctx, p.cancel = context.WithCancelCause(g.ctx)
	ctx, cancel := context.WithTimeout(ctx, openTime)
	defer cancel()
	p.up, p.down = &lane{}, &lane{pressed: func(d rune) { p.log.add(Event{Kind: EventKey, Text: string(d)}) }}
	if w.record {
		r, err := g.cfg.Recordings.begin(p.id)
		if err != nil {
			return nil, "", err
		}
		p.record, p.up.heard, p.down.heard = r, r.caller, r.service
	}
	answer, err := p.connect(ctx, offer)
	if err != nil {
		p.record = nil // there is nothing to keep
		p.cancel(err)
		p.close()
		return nil, "", err
	}
	p.watched = g.hub.await(p.callID, p.log, g.cfg.Understand)
	p.log.state(stateConnecting)
	if p.record != nil {
		p.log.add(Event{Kind: EventRecording})
	}
	return p, answer, nil
}

// connect opens both legs and agrees with the browser on the sound.
func (p *phone) connect(ctx context.Context, offer string) (answer string, err error) {
	t := newTrack()
	if p.leg, err = bench.OpenLeg(bench.LegConfig{URI: p.trunk.uri(p.number), Ports: p.g.cfg.Ports, Listener: p.down, Wheel: p.g.wheel, Log: p.g.cfg.Log}); err != nil {
		return "", err
	}
	if p.browser, err = openBrowserLeg(p.up, p.g.cfg.Ports, p.g.wheel, t); err != nil {
		return "", err
	}
	p.down.leadTo(p.browser.session)
	if p.peer, err = p.g.apis[p.codec].NewPeerConnection(webrtc.Configuration{ICEServers: p.g.iceServers()}); err != nil {
		return "", fmt.Errorf("softphone: %w", err)
	}
	p.watch()
	return p.agree(ctx, t, offer)
}

// iceServers are those for our own side.
func (g *Gateway) iceServers() (list []webrtc.ICEServer) {
	for _, s := range g.cfg.ICEServers {
		list = append(list, webrtc.ICEServer{URLs: s.URLs, Username: s.Username, Credential: s.Credential})
	}
	return list
}

// watch follows the connection to the browser.
func (p *phone) watch() {
	p.peer.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		switch s {
		case webrtc.PeerConnectionStateConnected:
			p.once.Do(func() { close(p.ready) })
		case webrtc.PeerConnectionStateFailed, webrtc.PeerConnectionStateClosed:
			select {
			case <-p.ready:
				p.cancel(errGone)
			default:
				p.cancel(errNoICE)
			}
		}
	})
	p.peer.OnTrack(func(t *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		p.relays.begin(func() { p.browser.fromBrowser(t) })
	})
}

// errOffer is wrapped by what is wrong with an offer.
var errOffer = errors.New("softphone: the offer can't be used")

// mostCandidates is how many addresses an offer may name: each is sent checks, and no offer shall make us knock at a whole network.
const mostCandidates = 64

// errPorts is an answer without a way to us.
var errPorts = errors.New("softphone: no port of softphone.ports is left for the sound")

// agree answers the offer, with all our candidates in the answer.
func (p *phone) agree(ctx context.Context, t *track, offer string) (string, error) {
	if n := strings.Count(offer, "a=candidate:"); n > mostCandidates {
		return "", fmt.Errorf("%w: it names %d addresses", errOffer, n)
	}
	if err := p.peer.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: readable(offer)}); err != nil {
		return "", fmt.Errorf("%w: %w", errOffer, err)
	}
	sender, err := p.peer.AddTrack(t)
	if err != nil {
		return "", fmt.Errorf("%w: %w", errOffer, err)
	}
	answer, err := p.peer.CreateAnswer(nil)
	if err != nil {
		return "", fmt.Errorf("%w: %w", errOffer, err)
	}
	gathered := webrtc.GatheringCompletePromise(p.peer)
	if err := p.peer.SetLocalDescription(answer); err != nil {
		return "", fmt.Errorf("%w: %w", errOffer, err)
	}
	select {
	case <-t.bound: // beside us: a moment later
	case <-ctx.Done():
		return "", fmt.Errorf("%w: it has no codec of ours", errOffer)
	}
	select {
	case <-gathered:
	case <-time.After(gatherTime):
		p.g.cfg.Log.Warn("softphone: a STUN or TURN server does not answer; the call goes without", "phone", p.id)
	case <-ctx.Done():
		return "", fmt.Errorf("softphone: looking for our addresses: %w", ctx.Err())
	}
	said := p.peer.LocalDescription().SDP
	if !strings.Contains(said, "\na=candidate:") {
		return "", errPorts
	}
	p.relays.begin(func() { p.reports(sender) })
	return declared(said), p.browser.agree()
}

// callName is the service's own name for the call, "" when it was not presented.
func (p *phone) callName() string { return p.watched.name() }

// run lives the call from the answer to its end.
func (p *phone) run() {
	ctx, cancel := context.WithTimeoutCause(p.ctx, p.g.cfg.MaxTime, errTooLong)
	defer cancel()
	defer p.g.hub.forget(p.callID)
	end := p.talk(ctx)
	p.close()
	if name := p.callName(); name != "" {
		end.Trace = p.trace(name)
	}
	p.g.count(p, end.Reason)
	p.g.audit(p.who, "softphone.call.end", map[string]any{"phone": p.id, "reason": string(end.Reason), "call": p.callName()})
	p.log.add(end)
}

// talk connects, rings and waits for the end.
func (p *phone) talk(ctx context.Context) Event {
	select {
	case <-p.ready:
	case <-time.After(p.g.cfg.ConnectTime):
		return Event{Kind: EventEnd, State: stateEnded, Reason: NoConnection}
	case <-ctx.Done():
		return over(ctx)
	}
	p.log.state(stateRinging)
	c, err := p.leg.Dial(ctx, p.trunk.endpoint, sip.DialRequest{URI: p.trunk.uri(p.number), From: p.from, CallID: p.callID, Local: sip.LocalMedia{MediaOptions: sip.MediaOptions{Codecs: []media.Codec{media.PCMA(), media.PCMU()}}}})
	if err != nil {
		if ctx.Err() != nil {
			return over(ctx)
		}
		e := Event{Kind: EventEnd, State: stateEnded, Reason: NotAnswered}
		if refused := (*sip.StatusError)(nil); errors.As(err, &refused) {
			e.Status = refused.Code
		} else {
			p.g.cfg.Log.Warn("softphone: the call was not answered", "error", err)
		}
		return e
	}
	p.up.leadTo(p.leg.Session()) // not before: what is said to a telephone that rings would wait, and delay all that follows
	p.log.state(stateTalking)
	select {
	case <-c.Done():
		return Event{Kind: EventEnd, State: stateEnded, Reason: ByService}
	case <-ctx.Done():
		return over(ctx)
	}
}

// over tells why a context has ended.
func over(ctx context.Context) Event {
	e := Event{Kind: EventEnd, State: stateEnded, Reason: Broken}
	for err, reason := range map[error]Reason{errTester: ByTester, errGone: PageGone, errNoICE: NoConnection, errStopping: Stopping, errTooLong: TooLong} {
		if errors.Is(context.Cause(ctx), err) {
			e.Reason = reason
		}
	}
	return e
}

// traceTime is how long the record may take to know the end of a call.
const traceTime = 5 * time.Second

// trace waits for the service's end of the call, and reads what was recorded.
func (p *phone) trace(name string) *record.Trace {
	ctx, cancel := context.WithTimeout(context.Background(), traceTime)
	defer cancel()
	select {
	case <-p.watched.over:
	case <-ctx.Done():
		return nil
	}
	if p.g.cfg.Trace == nil {
		return nil
	}
	t, err := p.g.cfg.Trace(ctx, name)
	if err != nil {
		p.g.cfg.Log.Warn("softphone: the trace of the call can't be read", "call", name, "error", err)
		return nil
	}
	return &t
}

// relays are what runs beside a call. A track of the browser may come while its call is being closed: nothing begins any more then.
type relays struct {
	mu     sync.Mutex
	closed bool
	wait   sync.WaitGroup
}

func (r *relays) begin(f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.closed {
		r.wait.Go(f)
	}
}

func (r *relays) close() {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
}

// close ends both legs and waits for all that belongs to the call.
func (p *phone) close() {
	p.cancel(nil)
	if p.leg != nil {
		p.leg.Hangup("the browser's call is over")
		_ = p.leg.Close()
	}
	p.relays.close()
	if p.peer != nil {
		_ = p.peer.GracefulClose()
	}
	p.relays.wait.Wait()
	if p.browser != nil {
		p.browser.close()
	}
	if p.record != nil {
		if err := p.record.end(); err != nil {
			p.g.cfg.Log.Error("softphone: the recording can't be kept", "error", err)
		}
	}
}
