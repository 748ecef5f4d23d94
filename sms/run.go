package sms

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/acotel/acotel-sbc/personal"
)

const (
	dueBatch  = 50              // messages read from the table at once
	idleLook  = time.Minute     // how often the table is looked at when nothing is due
	storePace = 2 * time.Second // pause after the store failed
)

// Run sends what is due until ctx ends; it then waits for the messages under way (Settings.SendTimeout at most). It
// first puts back messages that a crash left under way; so it does after trouble with the store. One Run at a time on a database.
func (o *Outbox) Run(ctx context.Context) error {
	troubled, resumed := false, false
	for ctx.Err() == nil {
		next, err := o.turn(ctx, &resumed)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			if !troubled {
				o.log.Error("SMS wait: the outbox can't be read or written; it is tried again", "err", err)
			}
			next = storePace
			resumed = false // a message may be marked as under way whose answer could not be written
		case troubled:
			o.log.Info("the SMS outbox works again")
		}
		troubled = err != nil
		o.sleep(ctx, next)
	}
	return ctx.Err()
}

// turn does everything that is due and tells how long there is nothing to do.
func (o *Outbox) turn(ctx context.Context, resumed *bool) (idle time.Duration, err error) {
	if !*resumed {
		n, err := o.requeueSending(ctx)
		if err != nil {
			return 0, err
		}
		if *resumed = true; n > 0 {
			o.log.Warn("SMS whose answer is not known are handed over again with their keys", "count", n)
		}
	}
	if o.hurry.Swap(false) {
		if err := o.allDue(ctx); err != nil {
			o.hurry.Store(true)
			return 0, err
		}
	}
	if err := o.expire(ctx); err != nil {
		return 0, err
	}
	due, err := o.due(ctx)
	if err != nil {
		return 0, err
	}
	if err := o.sendAll(ctx, due); err != nil {
		return 0, err
	}
	if err := o.reportAll(ctx); err != nil {
		return 0, err
	}
	if len(due) == dueBatch {
		return 0, nil
	}
	return o.untilNext(ctx)
}

func (o *Outbox) sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-o.wake:
	case <-ctx.Done():
	}
}

// sendAll hands the messages over, a few at a time, and waits for all.
func (o *Outbox) sendAll(ctx context.Context, due []row) error {
	var wg sync.WaitGroup
	errs := make([]error, len(due))
	slots := make(chan struct{}, o.set.Parallel)
	for i, r := range due {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			break // what has not begun stays queued
		}
		wg.Go(func() {
			defer func() { <-slots }()
			errs[i] = o.send(ctx, r)
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// send hands one message over. It is marked as under way first; from there to the answer a crash leaves a mark that
// the next start finds. Once begun it is not cut short by the end of the service: its answer would be lost.
func (o *Outbox) send(ctx context.Context, r row) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), o.set.SendTimeout)
	defer cancel()
	if claimed, err := o.claim(ctx, r.key); err != nil || !claimed {
		return err
	}
	r.attempts++
	receipt, err := o.provider.Send(ctx, Submission{Key: r.key, To: r.recipient, Text: r.body, Doubt: r.doubt})
	ctx = context.WithoutCancel(ctx) // the answer is written whatever the time
	why := ""
	if err != nil {
		why = personal.HideNumbers(err.Error()) // a provider may say the number in its refusal
	}
	switch {
	case err == nil:
		return o.finish(ctx, r.key, Sent, "", receipt.ProviderID)
	case errors.Is(err, ErrPermanent):
		return o.finish(ctx, r.key, Failed, why, "")
	case r.attempts >= o.set.Attempts:
		return o.finish(ctx, r.key, Failed, fmt.Sprintf("given up after %d attempts: %s", r.attempts, why), "")
	}
	o.log.Warn("SMS not taken, to be tried again", "key", r.key, "attempt", r.attempts, "err", why)
	r.doubt = r.doubt || errors.Is(err, ErrDoubt)
	return o.retry(ctx, r, o.pause(r.attempts), why)
}

// pause doubles with every attempt.
func (o *Outbox) pause(attempts int) time.Duration {
	d := o.set.FirstRetry
	for i := 1; i < attempts && d < o.set.LastRetry; i++ {
		d *= 2
	}
	return min(d, o.set.LastRetry)
}

// reportAll tells the ends that have not been told. A report that fails is left for the next turn.
func (o *Outbox) reportAll(ctx context.Context) error {
	ends, err := o.unreported(ctx)
	if err != nil {
		return err
	}
	for _, e := range ends {
		if err := o.report(ctx, e); err != nil {
			return fmt.Errorf("sms: the end of message %s can't be reported: %w", e.Key, err)
		}
		if err := o.markReported(ctx, e.Key); err != nil {
			return err
		}
	}
	return nil
}
