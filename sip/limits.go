package sip

import (
	"context"
	"net/netip"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"
)

// Limits bound what peers may take of us; 0 is no bound, but for MessageBytes.
type Limits struct {
	MessageBytes         int           // longest message, 60000 if 0, what a datagram holds
	MessagesPerSecond    int           // of one source; what is more is dropped
	CallsPerSecond       int           // new calls of one source; what is more is refused with 503
	HalfOpen             int           // calls not answered yet or without their ACK; what is more is refused with 503
	Connections          int           // TCP and TLS connections at once
	ConnectionsPerSource int           // of these, with one source
	BanAfter             int           // offences of one source within a minute that get it banned
	Ban                  time.Duration // how long a ban lasts
}

// burst is how many seconds' worth of a rate may come at once: a trunk that was interrupted sends what it has.
const burst = 2

// floodRetry is the Retry-After of what one of these bounds refuses: the flood should be over then.
const floodRetry = 5 * time.Second

// affordable tells whether one more call may be presented: the source is not too fast, and not too many are half open.
func (e *Endpoint) affordable(req *sip.Request) bool {
	src, err := netip.ParseAddrPort(req.Source())
	if err == nil && !e.guard.call(src.Addr()) || e.cfg.Limits.HalfOpen > 0 && e.halfOpen.Load() >= int64(e.cfg.Limits.HalfOpen) {
		e.stats.callsLimited.Add(1)
		return false
	}
	return true
}

// opening counts a call as half open until the function returned is called or ctx, the call's, ends.
func (e *Endpoint) opening(ctx context.Context) (opened func()) {
	e.halfOpen.Add(1)
	done := sync.OnceFunc(func() { e.halfOpen.Add(-1) })
	context.AfterFunc(ctx, done)
	return done
}

// bucket lets through rate a second, and burst seconds' worth at once. The zero value is full.
type bucket struct {
	spent float64 // of the burst
	at    time.Time
}

func (b *bucket) take(now time.Time, rate int) bool {
	if rate <= 0 {
		return true
	}
	b.spent = max(0, b.spent-now.Sub(b.at).Seconds()*float64(rate))
	b.at = now
	if b.spent+1 > burst*float64(rate) {
		return false
	}
	b.spent++
	return true
}
