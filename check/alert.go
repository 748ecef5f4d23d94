package check

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"
)

// Alert is the JSON that a webhook gets; people read the same by e-mail.
type Alert struct {
	Service string    `json:"service"`
	Event   string    `json:"event"` // broken, degraded, recovered; test
	Link    Link      `json:"link"`
	Was     State     `json:"was"`
	At      time.Time `json:"at"`
}

// Sender brings an alert to people.
type Sender interface {
	Name() string
	Send(ctx context.Context, a Alert) error
}

// Limits of Alerts.
const (
	alertQueue    = 64
	alertKept     = 24 * time.Hour  // an alert that could not be sent for so long is given up
	alertLastWait = 5 * time.Minute // longest pause between two attempts
)

// Alerts tells people of changes: each receiver only of the last word on a link (what it was told already is not told again), never more
// than PerHour (the last word on a link waits then, and is told when there is room), and with a recovery notice for each trouble that it was told. Each receiver goes at its own pace and has its own memory of what
// it was told: one that is down holds up no other, and what it could not take is tried again for a day, over restarts too.
type Alerts struct {
	Senders []Sender
	Service string
	PerHour int           // alerts to one receiver in an hour; recoveries are always told; 0: 20
	Hour    time.Duration // 0: an hour
	Retry   time.Duration // pause before the second attempt, doubled for each more; 0: 2 s
	Log     *slog.Logger
	// Told is what each receiver (Sender.Name) was told of links before a restart; what is missing was in order. Remember is called when a
	// receiver has an alert; it may block, and is called by several receivers at once.
	Told     map[string]map[string]State
	Remember func(ctx context.Context, receiver, link string, s State)

	queues []chan Change // of each sender
}

// NewAlerts makes Alerts; Run sends.
func NewAlerts(a Alerts) *Alerts {
	if a.PerHour <= 0 {
		a.PerHour = 20
	}
	if a.Hour <= 0 {
		a.Hour = time.Hour
	}
	if a.Retry <= 0 {
		a.Retry = 2 * time.Second
	}
	if a.Log == nil {
		a.Log = slog.New(slog.DiscardHandler)
	}
	for range a.Senders {
		a.queues = append(a.queues, make(chan Change, alertQueue))
	}
	return &a
}

// Tell queues a change for every receiver; it never waits. Calls must not overlap: who is far behind loses the oldest change.
func (a *Alerts) Tell(c Change) {
	for i, q := range a.queues {
		select {
		case q <- c:
			continue
		default:
		}
		select {
		case old := <-q:
			a.Log.Error("an alert was dropped: too many wait", "by", a.Senders[i].Name(), "link", old.Link.Name, "state", old.Link.State)
		default: // the receiver took it meanwhile
		}
		q <- c // there is room: nobody else writes
	}
}

// Resume queues what people were not told before a restart. It belongs before the first look at the links.
func (a *Alerts) Resume(r Report) {
	for _, l := range r.Links {
		if l.State != Unknown {
			a.Tell(Change{Link: l, Was: l.State})
		}
	}
}

// Run sends alerts until ctx ends.
func (a *Alerts) Run(ctx context.Context) {
	var sending sync.WaitGroup
	defer sending.Wait()
	for i, s := range a.Senders {
		sending.Go(func() { a.deliver(ctx, s, a.queues[i]) })
	}
	<-ctx.Done()
}

// deliver sends by one sender, in order.
func (a *Alerts) deliver(ctx context.Context, s Sender, changes <-chan Change) {
	told := maps.Clone(a.Told[s.Name()])
	if told == nil {
		told = map[string]State{}
	}
	var sent []time.Time
	late := map[string]Change{} // the last word on links of which no more could be said in this hour
	for {
		c, ok := next(ctx, changes, late, sent, a.Hour)
		if !ok {
			return
		}
		delete(late, c.Link.Name)
		alert, ok := a.alert(c, told)
		if !ok {
			continue
		}
		now := time.Now()
		for len(sent) > 0 && now.Sub(sent[0]) >= a.Hour {
			sent = sent[1:]
		}
		if alert.Event != "recovered" && len(sent) >= a.PerHour {
			a.Log.Error("an alert waits: too many in an hour", "by", s.Name(), "link", c.Link.Name, "state", c.Link.State)
			late[c.Link.Name] = c
			continue
		}
		sent = append(sent, now)
		if !a.send(ctx, s, alert) {
			continue
		}
		told[c.Link.Name] = c.Link.State
		if a.Remember != nil {
			a.Remember(ctx, s.Name(), c.Link.Name, c.Link.State)
		}
	}
}

// next gives the next change, or the oldest of those that are late when the hour's first alert is an hour old; false when ctx ends.
func next(ctx context.Context, changes <-chan Change, late map[string]Change, sent []time.Time, hour time.Duration) (c Change, ok bool) {
	var room <-chan time.Time
	if len(late) > 0 {
		t := time.NewTimer(time.Until(sent[0].Add(hour)))
		defer t.Stop()
		room = t.C
	}
	select {
	case <-ctx.Done():
		return c, false
	case c = <-changes:
	case <-room:
		c = slices.MinFunc(slices.Collect(maps.Values(late)), func(a, b Change) int { return a.Link.Since.Compare(b.Link.Since) })
	}
	return c, true
}

// alert says what to tell of a change, if anything.
func (a *Alerts) alert(c Change, told map[string]State) (Alert, bool) {
	before := cmp.Or(told[c.Link.Name], OK)
	out := Alert{Service: a.Service, Link: c.Link, Was: before, At: c.Link.Since}
	switch s := c.Link.State; {
	case s == before || s == Unknown && before == OK:
		return out, false
	case s == Broken:
		out.Event = "broken"
	case s == Degraded:
		out.Event = "degraded"
	default:
		out.Event = "recovered"
	}
	return out, true
}

// send tries until it is done, or for a day; false when it is not.
func (a *Alerts) send(ctx context.Context, s Sender, alert Alert) bool {
	began, pause := time.Now(), a.Retry
	for n := 1; ; n++ {
		one, cancel := context.WithTimeout(ctx, 30*time.Second)
		err := s.Send(one, alert)
		cancel()
		switch {
		case ctx.Err() != nil:
			return false
		case err == nil:
			if n > 1 {
				a.Log.Info("an alert that waited was sent", "by", s.Name(), "link", alert.Link.Name, "attempts", n)
			}
			return true
		case time.Since(began) > alertKept:
			a.Log.Error("an alert is given up", "by", s.Name(), "link", alert.Link.Name, "attempts", n, "error", err)
			return false
		case n == 1:
			a.Log.Error("an alert can't be sent yet, it is tried again", "by", s.Name(), "link", alert.Link.Name, "error", err)
		}
		select {
		case <-ctx.Done():
			return false
		case <-time.After(pause):
		}
		pause = min(2*pause, alertLastWait)
	}
}

// Try sends one message by each sender, so that an operator sees whether alerts arrive. Its errors are joined.
func (a *Alerts) Try(ctx context.Context) error {
	var errs []error
	for _, s := range a.Senders {
		one, cancel := context.WithTimeout(ctx, 30*time.Second)
		now := time.Now()
		errs = append(errs, s.Send(one, Alert{Service: a.Service, Event: "test", At: now, Was: OK,
			Link: Link{Name: "alertes", State: OK, Since: now, Owner: Ours, Reason: "essai demandé par l'exploitant : rien n'est en panne"}}))
		cancel()
	}
	return errors.Join(errs...)
}
