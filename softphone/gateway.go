package softphone

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/pion/webrtc/v4"

	"github.com/acotel/acotel-sbc/dialog/nlu"
	"github.com/acotel/acotel-sbc/media"
	"github.com/acotel/acotel-sbc/record"
	"github.com/acotel/acotel-sbc/sip"
)

// Line is a number that can be called.
type Line struct {
	Number string `json:"number"`
	Label  string `json:"label"`
}

// Auditor takes what somebody did; privacy.Ledger is one.
type Auditor interface {
	Act(ctx context.Context, actor, action string, detail map[string]any) error
}

// Config is what a Gateway is made of. What has no default is needed.
type Config struct {
	Lines       []Line // test lines, the one to propose first
	MaxCalls    int    // at a time
	MaxTime     time.Duration
	Ports       media.PortRange // of RTP between gateway and service, and within the gateway
	First, Last uint16          // UDP ports for browsers, both ends included; equal: one for all calls; 0: any
	Advertise   string          // our address as browsers reach it; "": those of the interfaces
	ICEServers  []ICEServer     // for the browsers and for us
	ConnectTime time.Duration   // how long a browser may take to reach us; 0: 15 s

	// Understand gives the intents and entities of what was heard; nil: they are not shown.
	Understand func(text, state string) nlu.Result
	// Trace gives the trace of a call that is over, under its own name.
	Trace func(ctx context.Context, id string) (record.Trace, error)
	// Marks keeps what testers say was misunderstood; nil: nothing can be marked.
	Marks *Marks
	// Recordings keeps what testers asked for; nil: nothing can be recorded.
	Recordings *Recordings
	Access     *Access
	Audit      Auditor // nil: nobody writes down
	Log        *slog.Logger
}

// ICEServer is a STUN or TURN server as a browser takes it.
type ICEServer struct {
	URLs       []string `json:"urls"`
	Username   string   `json:"username,omitempty"`
	Credential string   `json:"credential,omitempty"`
}

// Gateway takes calls from browsers and places them to the service. It is a call.Observer, and sees the facts on their way to the record.
type Gateway struct {
	cfg   Config
	hub   *hub
	apis  map[string]*webrtc.API // by codec
	close []func() error         // of what the APIs share
	wheel *media.Wheel

	bodyTime time.Duration

	ctx    context.Context
	cancel context.CancelCauseFunc
	work   sync.WaitGroup

	mu     sync.Mutex
	trunk  *trunk            // nil until Start
	calls  map[string]*phone // those that are over are kept for a while, for who reads their end
	up     int               // calls that go on
	counts counts
}

// trunk is where calls go.
type trunk struct {
	endpoint *sip.Endpoint
	uri      func(number string) string
}

// Reasons for which calls end before their parties end them.
var (
	errStopping = errors.New("softphone: the service stops")
	errTooLong  = errors.New("softphone: the longest time for a call is over")
)

// kept is how long a call that is over can still be asked for: its trace, its recording, its marks.
const kept = 15 * time.Minute

// New makes a Gateway; calls can be made once it was started. It must be closed.
func New(c Config) (*Gateway, error) {
	if c.ConnectTime == 0 {
		c.ConnectTime = 15 * time.Second
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	g := &Gateway{cfg: c, hub: newHub(), wheel: media.NewWheel(), bodyTime: bodyTime, calls: map[string]*phone{}, counts: newCounts()}
	g.ctx, g.cancel = context.WithCancelCause(context.Background())
	if err := g.openAPIs(); err != nil {
		return nil, errors.Join(err, g.closeAPIs())
	}
	return g, nil
}

// Start lets calls be made: from ep, to the address that uri gives for a number.
func (g *Gateway) Start(ep *sip.Endpoint, uri func(number string) string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.trunk = &trunk{ep, uri}
}

// Stop ends all calls, tells their browsers why, and returns when all are over. No call can be made after it.
func (g *Gateway) Stop() {
	g.cancel(errStopping)
	g.mu.Lock()
	g.trunk = nil
	g.mu.Unlock()
	g.work.Wait()
}

// Close is Stop, and lets go of the sockets.
func (g *Gateway) Close() error {
	g.Stop()
	return g.closeAPIs()
}

// admit counts a call in; it fails when there is no place, or the service is not ready.
func (g *Gateway) admit() (*trunk, *refusal) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.trunk == nil:
		return nil, notReady
	case g.up >= g.cfg.MaxCalls:
		return nil, allTaken
	}
	g.up++
	g.work.Add(1)
	return g.trunk, nil
}

// leave counts it out.
func (g *Gateway) leave() {
	g.mu.Lock()
	g.up--
	g.mu.Unlock()
	g.work.Done()
}

// keep makes a call known under its name, and forgets those that ended long ago.
func (g *Gateway) keep(p *phone) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for id, old := range g.calls {
		if at, over := old.log.endedAt(); over && time.Since(at) > kept {
			delete(g.calls, id)
		}
	}
	g.calls[p.id] = p
}

func (g *Gateway) find(id string) *phone {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.calls[id]
}

// InCall is how many calls go on.
func (g *Gateway) InCall() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.up
}

// audit writes down who did what. What can't be written is logged: the call goes on.
func (g *Gateway) audit(who, action string, detail map[string]any) {
	if g.cfg.Audit == nil {
		return
	}
	if err := g.cfg.Audit.Act(context.WithoutCancel(g.ctx), who, action, detail); err != nil {
		g.cfg.Log.Error("softphone: the audit log can't be written", "action", action, "error", err)
	}
}

// token is a name that nobody can guess.
func token() string { return rand.Text() }
