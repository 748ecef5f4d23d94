package sip

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"
)

// Times between two rounds over all servers when none of them serves: growing, so that a registrar that comes back is not
// overrun (RFC 5626 §4.5), but short enough for a telephone line.
const (
	retryFirst   = 5 * time.Second
	retryMost    = 2 * time.Minute
	retryRefused = 10 * time.Minute // user or password refused: each try may bring the account closer to being locked
	retryBound   = time.Hour        // of a Retry-After
)

// Of connections that registrations stand on, in T1: how often we look, and how long a new one is left alone, lest a registrar
// that closes every connection at once is asked without end.
const (
	flowLook = 2
	flowRest = 60
)

// watch looks after one trunk: it registers, asks by OPTIONS, goes to the next server when one fails, and keeps the trunk's state.
type watch struct {
	e     *Endpoint
	index int
	trunk Trunk
	reg   *registrar // nil: by address

	mu    sync.Mutex
	state TrunkState
	gap   time.Duration // between OPTIONS of theirs, as learnt
	ping  time.Time     // their last OPTIONS
	named bool          // the difference between SeenAs and what we advertise was logged
}

func newWatch(e *Endpoint, index int, t Trunk) *watch {
	w := &watch{e: e, index: index, trunk: t}
	w.state = TrunkState{Name: t.Name, Registered: t.Register != nil, Watched: w.active(), Up: !w.active(), Since: time.Now(), Transport: t.network()}
	switch {
	case t.Register != nil:
		w.reg = newRegistrar(e, t)
		w.state.Reason = "not registered yet"
	case w.active():
		w.state.Reason = "not asked yet"
	default:
		w.state.Reason = "not watched"
	}
	return w
}

// active: there is something for run to do.
func (w *watch) active() bool {
	return w.trunk.Register != nil || w.trunk.Ping > 0 && len(w.trunk.Servers) > 0
}

// run keeps the trunk until ctx ends, then gives the registration back.
func (w *watch) run(ctx context.Context) {
	var last hop
	defer func() { w.leave(last) }()
	for failures := 0; ctx.Err() == nil; {
		hops, err := w.e.serversOf(ctx, w.trunk)
		if err != nil {
			w.down(err)
		} else {
			w.e.peers.learn(w.index, hops)
			for _, h := range hops {
				w.e.guard.unban(h.addr.Addr()) // as a stranger it may have knocked too often
			}
		}
		served := false
		for _, h := range behind(hops, last) {
			last = h
			if served, err = w.hold(ctx, h); served || ctx.Err() != nil {
				break
			}
			w.failed(h, err)
		}
		if ctx.Err() != nil {
			return
		}
		if served {
			failures = 0 // the next server at once
			continue
		}
		failures++
		w.down(err)
		pause(ctx, w.retryAfter(err, failures))
	}
}

// behind puts the hop that failed last at the end, those after it first.
func behind(hops []hop, last hop) []hop {
	for i, h := range hops {
		if h == last {
			return append(append([]hop{}, hops[i+1:]...), hops[:i+1]...)
		}
	}
	return hops
}

// retryAfter is how long to wait before all servers are tried again.
func (w *watch) retryAfter(err error, failures int) time.Duration {
	first := time.Duration(float64(retryFirst) * float64(w.e.cfg.T1) / float64(DefaultT1)) // tests have a faster clock
	d, most := first<<min(failures-1, 10), retryMost
	var status *StatusError
	switch {
	case errors.Is(err, errRefused):
		d, most = d*12, retryRefused
	case errors.As(err, &status) && status.RetryAfter > d:
		return min(status.RetryAfter, retryBound)
	}
	d = min(d, most)
	return d/2 + rand.N(d/2+1)
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// hold stays with one server for as long as it serves. served tells whether it did at all.
func (w *watch) hold(ctx context.Context, to hop) (served bool, err error) {
	var refresh, ping time.Duration
	if w.reg != nil {
		if refresh, err = w.register(ctx, to); err != nil {
			return false, err
		}
	}
	if ping, err = w.ask(ctx, to); err != nil {
		return false, err
	}
	w.up(to)
	next := time.NewTimer(ping)
	again := time.NewTimer(refresh)
	defer next.Stop()
	defer again.Stop()
	if ping == 0 {
		next.Stop()
	}
	if w.reg == nil {
		again.Stop()
	}
	var look <-chan time.Time // calls come over the connection that we registered by: without it none would (RFC 5626 §4.4)
	if network := w.trunk.network(); network != udp && w.reg != nil {
		t := time.NewTicker(flowLook * w.e.cfg.T1)
		defer t.Stop()
		look = t.C
	}
	opened := time.Now()
	for {
		select {
		case <-ctx.Done():
			return true, ctx.Err()
		case <-next.C:
			if _, err = w.ask(ctx, to); err == nil {
				next.Reset(ping)
			}
		case <-again.C:
			if refresh, err = w.register(ctx, to); err == nil {
				again.Reset(refresh)
			}
		case <-look:
			if w.e.connected(w.trunk.network(), to.addr) || time.Since(opened) < flowRest*w.e.cfg.T1 {
				continue
			}
			w.e.log.Warn("sip: the connection that the trunk registered by is gone, registering again", "trunk", w.trunk.Name, "server", to.addr)
			opened = time.Now()
			if refresh, err = w.register(ctx, to); err == nil {
				again.Reset(refresh)
			}
		}
		if err != nil && ctx.Err() == nil {
			w.failed(to, err)
			return true, err
		}
	}
}

// register registers and tells when it is time to do so again.
func (w *watch) register(ctx context.Context, to hop) (refresh time.Duration, err error) {
	g, err := w.reg.register(ctx, to, w.reg.expires)
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil {
		w.state.RegistrationFailures++
		return 0, err
	}
	w.state.Registrations++
	w.state.Expires, w.state.SeenAs = time.Now().Add(g.lasts), g.seen
	self, _ := w.e.selfFor(to.addr.Addr(), w.trunk.network())
	if g.seen.IsValid() && g.seen.Addr() != self.Addr() && !w.named {
		w.named = true
		w.e.log.Warn("sip: the operator sees us at another address than the one we give; set sip.advertise when calls do not arrive",
			"trunk", w.trunk.Name, "seen", g.seen, "given", self)
	}
	return max(g.lasts*3/4, minRefresh*w.e.cfg.T1), nil
}

// ask sends OPTIONS. Any answer shows that someone is there, but those that say that they can't serve.
func (w *watch) ask(ctx context.Context, to hop) (again time.Duration, err error) {
	if w.trunk.Ping == 0 {
		return 0, nil
	}
	sent := time.Now()
	res, err := w.e.ask(ctx, w.options(to), to.addr)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.state.Pings++
	if err == nil && res.StatusCode >= 500 && res.StatusCode != 501 {
		err = statusError(res)
	}
	if err != nil {
		w.state.PingFailures++
		return 0, err
	}
	w.state.RoundTrip, w.state.SeenAs = time.Since(sent), seenAs(res)
	return w.trunk.Ping, nil
}

func (w *watch) options(to hop) *sip.Request {
	self, _ := w.e.selfFor(to.addr.Addr(), w.trunk.network())
	tag := newTag()
	uri := "sip:" + hostPort(to.addr.Addr().String(), int(to.addr.Port()))
	from := contactURI("", self, udp)
	if w.reg != nil {
		uri, from = "sip:"+w.trunk.Register.domain(w.trunk), w.trunk.Register.record(w.trunk)
	}
	d := dialog{
		callID: newTag() + newTag(), localTag: tag, network: w.trunk.network(), self: self,
		farEnd: farEnd{peer: to.addr, target: uri, remote: nameAddr{uri: uri}}, local: nameAddr{uri: from, params: []string{"tag=" + tag}},
	}
	req := d.request(sip.OPTIONS)
	req.AppendHeader(d.contact())
	req.AppendHeader(sip.NewHeader("Accept", typeSDP))
	return req
}

// leave gives the registration back when we stop, so that calls go elsewhere at once.
func (w *watch) leave(to hop) {
	w.mu.Lock()
	registered := time.Now().Before(w.state.Expires)
	w.mu.Unlock()
	if !registered {
		return
	}
	ctx, cancel := context.WithTimeout(w.e.ctx, closeTimeout)
	defer cancel()
	if _, err := w.reg.register(ctx, to, 0); err != nil {
		w.e.log.Warn("sip: registration not given back", "trunk", w.trunk.Name, "error", maskDigits(err.Error()))
	}
}

// up, failed and down keep the state.

func (w *watch) up(to hop) {
	w.mu.Lock()
	defer w.mu.Unlock()
	moved := w.state.Server.IsValid() && w.state.Server != to.addr
	if moved {
		w.state.FailOvers++
	}
	if !w.state.Up || moved {
		w.e.log.Info("sip: trunk is up", "trunk", w.trunk.Name, "server", to.addr, "transport", w.trunk.network(), "registered", w.reg != nil)
	}
	if !w.state.Up {
		w.state.Since = time.Now()
	}
	w.state.Up, w.state.Reason, w.state.Server = true, "", to.addr
}

// failed is one server that does not serve; the next is tried before the trunk counts as down.
func (w *watch) failed(at hop, err error) {
	w.e.log.Warn("sip: server does not serve", "trunk", w.trunk.Name, "server", at.addr, "error", maskDigits(err.Error()))
}

func (w *watch) down(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.state.Up {
		w.state.Since = time.Now()
		w.e.log.Error("sip: trunk is down", "trunk", w.trunk.Name, "error", maskDigits(err.Error()))
	}
	w.state.Up, w.state.Reason, w.state.Expires = false, plainReason(err), time.Time{}
}

// plainReason says it without our own name in front.
func plainReason(err error) string {
	if err == nil {
		return "no server"
	}
	const own = "sip: "
	text := maskDigits(err.Error())
	for len(text) > len(own) && text[:len(own)] == own {
		text = text[len(own):]
	}
	return text
}

// heard notes a request of the operator's.
func (w *watch) heard(method sip.RequestMethod, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.state.Heard = now
	if method != sip.OPTIONS {
		return
	}
	if !w.ping.IsZero() {
		// The longest of late, slowly forgotten: pings of several of their servers come in between.
		w.gap = max(now.Sub(w.ping), w.gap-w.gap/8)
	}
	w.ping = now
	w.state.Pinged++
}

// Their OPTIONS tell that a trunk without servers of its own works, once there were enough of them.
const (
	pingsToKnow = 3
	pingsToMiss = 3
	leastSilent = time.Minute
)

// now is the state with what their silence says.
func (w *watch) now(at time.Time) TrunkState {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.state
	if w.active() || s.Pinged < pingsToKnow {
		return s
	}
	s.Watched, s.Reason = true, ""
	if limit := max(pingsToMiss*w.gap, leastSilent); at.Sub(s.Heard) > limit {
		s.Up, s.Since = false, s.Heard.Add(limit)
		s.Reason = fmt.Sprintf("no OPTIONS from the operator since %s", w.ping.Format(time.TimeOnly))
	}
	return s
}

// Trunks tells how each trunk is, in the order of the configuration.
func (e *Endpoint) Trunks() []TrunkState {
	now := time.Now()
	states := make([]TrunkState, len(e.watches))
	for i, w := range e.watches {
		states[i] = w.now(now)
	}
	return states
}

// heard notes a request of a trunk.
func (e *Endpoint) heard(from netip.Addr, method sip.RequestMethod) {
	if i, ok := e.peers.index(from.Unmap()); ok {
		e.watches[i].heard(method, time.Now())
	}
}
