package sip

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"
)

// minSessionExpires is the least session interval that RFC 4028 §4 allows.
const minSessionExpires = 90 * time.Second

// lastChance is how long before the end of a session that nobody refreshed its BYE is sent, a third of the interval if that
// is less (RFC 4028 §10).
const lastChance = 32 * time.Second

// SessionTimer says how long a session may go on without a sign of life (RFC 4028). Whatever we ask for, a peer that wants a
// session timer gets it.
type SessionTimer struct {
	// Expires is the session interval that we ask for; 0: we ask for none.
	Expires time.Duration

	// MinSE is the shortest interval we accept, 90 s if 0: a shorter one is refused with 422.
	MinSE time.Duration

	// Refresher refreshes when the peer has no wish of its own.
	Refresher Refresher

	// ByInvite refreshes by re-INVITE even where the peer takes UPDATE.
	ByInvite bool
}

// Refresher is one side of a session.
type Refresher uint8

// The two sides. By default the peer refreshes, and we hang up when it falls silent.
const (
	PeerRefreshes Refresher = iota
	WeRefresh
)

func (t SessionTimer) withDefaults() (SessionTimer, error) {
	setDefault(&t.MinSE, minSessionExpires)
	if t.MinSE < time.Second || t.Expires != 0 && t.Expires < t.MinSE {
		return t, fmt.Errorf("%w: a session interval of %v with a least one of %v", ErrConfig, t.Expires, t.MinSE)
	}
	return t, nil
}

// sessionTimer is what two sides agreed on.
type sessionTimer struct {
	interval time.Duration // 0: none
	ours     bool          // we refresh
}

// wait is the time until there is something to do: to refresh at half of the interval (§7.2), or to give up on a peer that
// did not (§10).
func (t sessionTimer) wait() time.Duration {
	if t.ours {
		return t.interval / 2
	}
	return t.interval - min(lastChance, t.interval/3)
}

// timerWish is what a request or a 2xx says about the session timer.
type timerWish struct {
	supported bool
	interval  time.Duration // 0: none asked for
	refresher string        // "uac", "uas" or ""
	minSE     time.Duration
}

// readTimer reads Session-Expires and Min-SE (§4, §5).
func readTimer(msg sip.Message) (timerWish, error) {
	w := timerWish{supported: supports(msg, tagTimer)}
	if v := headerValue(msg, "Session-Expires"); v != "" {
		parts := trimAll(strings.Split(v, ";"))
		interval, err := deltaSeconds(parts[0])
		if err != nil || interval == 0 {
			return w, bad("Malformed Session-Expires")
		}
		w.interval = interval
		if r, ok := findParam(parts[1:], "refresher"); ok {
			if w.refresher = strings.ToLower(r); w.refresher != "uac" && w.refresher != "uas" {
				return w, bad("Malformed Session-Expires")
			}
		}
	}
	if v := headerValue(msg, "Min-SE"); v != "" {
		v, _, _ = strings.Cut(v, ";")
		least, err := deltaSeconds(strings.TrimSpace(v))
		if err != nil {
			return w, bad("Malformed Min-SE")
		}
		w.minSE = least
	}
	return w, nil
}

func deltaSeconds(s string) (time.Duration, error) {
	n, err := strconv.ParseUint(s, 10, 31)
	return time.Duration(n) * time.Second, err
}

// tooShort tells a wish that is refused with 422. A side that does not know session timers can't be told so: its interval was
// put in by a proxy on the way (§9).
func (t SessionTimer) tooShort(w timerWish) bool {
	return w.supported && w.interval != 0 && w.interval < t.MinSE
}

// accept is what a wish that is not too short leads to when we answer it with a 2xx, by table 2 of §9.
func (t SessionTimer) accept(w timerWish) sessionTimer {
	a := sessionTimer{interval: w.interval}
	if a.interval == 0 && w.supported && t.Expires != 0 {
		a.interval = max(t.Expires, w.minSE)
	}
	if a.interval == 0 {
		return sessionTimer{}
	}
	switch {
	case !w.supported || w.refresher == "uas":
		a.ours = true
	case w.refresher == "":
		a.ours = t.Refresher == WeRefresh
	}
	return a
}

// headers say in a 2xx what accept made of a wish. The other side has to know them when it is to act on them (§9).
func (a sessionTimer) headers(w timerWish) []sip.Header {
	if a.interval == 0 {
		return nil
	}
	refresher := "uac"
	if a.ours {
		refresher = "uas"
	}
	h := []sip.Header{sip.NewHeader("Session-Expires", fmt.Sprintf("%d;refresher=%s", seconds(a.interval), refresher))}
	if w.supported {
		h = append(h, sip.NewHeader("Require", tagTimer))
	}
	return h
}

// timerFault refuses a request whose session timer we can't accept, nil when there is nothing to refuse.
func (e *Endpoint) timerFault(req *sip.Request) (*fault, []sip.Header) {
	w, err := readTimer(req)
	var f *fault
	if errors.As(err, &f) {
		return f, nil
	}
	if e.cfg.SessionTimer.tooShort(w) {
		return &fault{status: 422}, []sip.Header{sip.NewHeader("Min-SE", strconv.FormatInt(seconds(e.cfg.SessionTimer.MinSE), 10))}
	}
	return nil, nil
}

// timerOf is what we agree to when we answer a request with a 2xx.
func (e *Endpoint) timerOf(req *sip.Request) (sessionTimer, []sip.Header) {
	w, err := readTimer(req)
	if err != nil || !req.IsInvite() && req.Method != sip.UPDATE {
		return sessionTimer{}, nil
	}
	a := e.cfg.SessionTimer.accept(w)
	return a, a.headers(w)
}

// askTimer puts our wish into an INVITE or UPDATE of ours: what is agreed on already, or what the settings say. c.mu is held.
func (c *Call) askTimer(req *sip.Request) {
	req.AppendHeader(sip.NewHeader("Supported", c.e.supported()))
	interval, refresher := c.timer.interval, ""
	switch {
	case interval == 0:
		interval = c.e.cfg.SessionTimer.Expires
		if c.e.cfg.SessionTimer.Refresher == WeRefresh {
			refresher = ";refresher=uac"
		}
	case c.timer.ours:
		refresher = ";refresher=uac"
	default:
		refresher = ";refresher=uas"
	}
	if interval == 0 {
		return
	}
	req.AppendHeader(sip.NewHeader("Session-Expires", strconv.FormatInt(seconds(max(interval, c.minSE)), 10)+refresher))
	if c.minSE > 0 || c.e.cfg.SessionTimer.MinSE > minSessionExpires { // §7.1: without the header it means 90
		req.AppendHeader(sip.NewHeader("Min-SE", strconv.FormatInt(seconds(max(c.minSE, c.e.cfg.SessionTimer.MinSE)), 10)))
	}
}

// heedTimer begins the session's time with the 2xx that a request of ours got (§7.2). c.mu is held.
func (c *Call) heedTimer(res *sip.Response) {
	w, err := readTimer(res)
	if err != nil {
		c.log.Warn("sip: the peer's session timer cannot be read", "error", err)
		return
	}
	c.runTimer(sessionTimer{interval: w.interval, ours: w.refresher != "uas"})
}

// raiseMinSE takes the Min-SE of a 422, so that the next request asks for enough (§7.3). False: it tells nothing new.
func (c *Call) raiseMinSE(res *sip.Response) bool {
	w, err := readTimer(res)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil || w.minSE <= c.minSE {
		return false
	}
	c.minSE = w.minSE
	return true
}

// runTimer starts the time of the session anew (§10). c.mu is held.
func (c *Call) runTimer(t sessionTimer) {
	c.stopTimer()
	c.timer = t
	if t.interval == 0 || c.isOver || c.state == ended {
		return
	}
	turn, end := c.timerTurn, time.Now().Add(t.interval)
	c.expiry = time.AfterFunc(t.wait(), func() { c.e.spawn(func() { c.sessionDue(turn, end) }) })
}

// stopTimer makes whatever the timer had in mind void. c.mu is held.
func (c *Call) stopTimer() {
	c.timerTurn++
	if c.expiry != nil {
		c.expiry.Stop()
		c.expiry = nil
	}
}

// sessionDue refreshes the session, or ends it when the peer should have.
func (c *Call) sessionDue(turn uint64, end time.Time) {
	ours, current := c.timerState(turn)
	if !current {
		return
	}
	if !ours {
		c.expired()
		return
	}
	ctx, cancel := context.WithDeadline(c.ctx, end)
	defer cancel()
	for {
		err := c.refreshSession(ctx)
		if _, current := c.timerState(turn); !current || c.ctx.Err() != nil {
			return
		}
		if err != nil {
			c.log.Info("sip: the session was not refreshed", "error", err)
		}
		again := time.NewTimer(c.refreshAgain(err))
		select {
		case <-again.C:
		case <-ctx.Done():
			again.Stop()
			if c.ctx.Err() == nil {
				c.expired()
			}
			return
		}
	}
}

// timerState tells who refreshes, and whether turn is still the timer's.
func (c *Call) timerState(turn uint64) (ours, current bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.timer.ours, turn == c.timerTurn && c.state != ended
}

// refreshAgain is how long to wait after a refresh that failed: as its answer says, else a little (§10: until the session ends).
func (c *Call) refreshAgain(err error) time.Duration {
	if wait, again := c.retryIn(err); again {
		return wait
	}
	return 4 * c.e.cfg.T1
}

// expired ends a session that was not refreshed in time (§10).
func (c *Call) expired() {
	c.e.stats.expired.Add(1)
	c.mu.Lock()
	pending := c.unacked
	first := c.finishLocked(End{By: "none", Reason: "session timer expired", Status: 200, Cause: causeTimer})
	c.mu.Unlock()
	if first {
		_ = c.sayGoodbye(c.e.ctx, pending)
	}
}

// refreshSession sends one refresh: UPDATE without an offer where the peer takes it, else a re-INVITE that repeats what we
// described last (§7.4).
func (c *Call) refreshSession(ctx context.Context) error {
	c.mu.Lock()
	byUpdate := c.peerUpdates && !c.e.cfg.SessionTimer.ByInvite
	c.mu.Unlock()
	if !byUpdate {
		return c.offerOnce(ctx, c.described)
	}
	c.mu.Lock()
	req := c.dlg.request(sip.UPDATE)
	req.AppendHeader(c.dlg.contact())
	req.AppendHeader(sip.NewHeader("Allow", allowed))
	c.askTimer(req)
	to := c.nextHop()
	c.mu.Unlock()
	res, err := c.exchange(ctx, req, to)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		c.vanished("no answer to a refresh")
		return err
	case res.IsSuccess():
		c.mu.Lock()
		defer c.mu.Unlock()
		c.dlg.retarget(res)
		c.heedTimer(res)
		return nil
	case res.StatusCode == 405 || res.StatusCode == 501:
		c.mu.Lock()
		c.peerUpdates = false // whatever its Allow said
		c.mu.Unlock()
	}
	return c.refusedInCall(res)
}
