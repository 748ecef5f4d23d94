package call

import (
	"context"
	"fmt"
	"time"

	"github.com/acotel/acotel-sbc/dialog"
	"github.com/acotel/acotel-sbc/media"
	"github.com/acotel/acotel-sbc/record"
)

// Times of the waiting room.
const (
	musicFor   = 20 * time.Second       // between two messages
	musicAhead = time.Second            // of music in the playout, no more: a slot may come at any moment
	musicStep  = 200 * time.Millisecond // between two looks at it
	musicFade  = time.Second            // at the music's beginning and end
)

// wait keeps the caller in the waiting room until the place is a slot: messages in
// turn with music, the place in the queue kept (T2). It returns false when the
// caller left, or waited too long and was told so.
func (l *leg) wait(ctx context.Context, p *place) bool {
	position := l.s.slots.position(p)
	if position == 0 {
		l.s.count.seated(0)
		return true
	}
	began := time.Now()
	l.fact(record.Waiting, map[string]any{"position": position})
	r := &waitingRoom{leg: l, place: p}
	left := r.stay(ctx)
	waited := time.Since(began)
	data := map[string]any{"waited_s": waited.Seconds()}
	switch left {
	case waitAbandoned:
		l.s.count.abandoned(waited)
		l.fact(record.WaitingAbandoned, data)
		return false
	case waitTooLong:
		l.s.count.waitedInVain(waited)
		data["reason"] = refusedWait
		l.fact(record.Refused, data)
		l.mouth.flush()
		l.announce(ctx, l.s.prompts().Full)
		l.hangUp("waited too long")
		return false
	}
	l.s.count.seated(waited)
	l.fact(record.Admitted, data)
	l.mouth.flush()
	l.announce(ctx, l.s.prompts().Waited)
	l.ear.forget() // what was keyed to the music was no answer
	return true
}

// waitEnd tells how a wait ended.
type waitEnd uint8

const (
	waitSeated waitEnd = iota
	waitAbandoned
	waitTooLong
)

// waitingRoom is what one caller hears while waiting.
type waitingRoom struct {
	*leg
	place *place

	messages int              // said so far
	at       int              // sample of the music to go on with
	playing  *media.Utterance // nil: a message is being said
	written  time.Duration    // of playing
}

// stay lasts until the wait is over.
func (r *waitingRoom) stay(ctx context.Context) waitEnd {
	limit := time.NewTimer(time.Duration(r.s.cfg.Calls.WaitSeconds) * time.Second)
	defer limit.Stop()
	step := time.NewTicker(musicStep)
	defer step.Stop()
	r.speak()
	for {
		select {
		case <-r.place.ready:
			if ctx.Err() != nil {
				return waitAbandoned // the slot came when nobody was there any more
			}
			return waitSeated
		case <-ctx.Done():
			return waitAbandoned
		case <-limit.C:
			if r.s.slots.giveUp(r.place) {
				return waitTooLong
			} // else the slot came at the last moment
		case <-step.C:
			r.entertain()
		case <-r.session.Playout().Events():
			poke(r.mouth.work)
		case <-r.mouth.changed:
			if err := r.mouth.trouble(); err != nil {
				r.log.Error("the voice failed, there is music alone", "error", err)
			}
		}
	}
}

// entertain lets music follow the message, and a message the music.
func (r *waitingRoom) entertain() {
	switch {
	case r.playing == nil && r.mouth.silent():
		r.playing, r.written = r.session.Playout().Begin("music", true), 0
		r.play()
	case r.playing != nil && r.written < musicFor:
		r.play()
	case r.playing != nil && r.session.Playout().Idle():
		r.speak()
	}
}

// speak says the next message: at first what goes on, then how far it is.
func (r *waitingRoom) speak() {
	text := r.s.prompts().WaitingAgain
	switch {
	case r.messages == 0:
		text = r.s.prompts().Waiting
	case r.s.slots.position(r.place) == 1:
		text = r.s.prompts().WaitingNext
	}
	r.playing = nil
	r.messages++
	r.see(Seen{CallID: r.sip.ID(), At: time.Now(), Who: TheService, Text: text})
	r.mouth.say(dialog.Say{ID: fmt.Sprintf("waiting-%d", r.messages), Text: text, Interruptible: true})
}

// play tops the music up, as far as the playout has got: a caller who put us on
// hold hears it go on from where it was.
func (r *waitingRoom) play() {
	h := r.session.Playout().Heard()
	if h.ID != r.playing.ID() {
		return // the end of the message is still being sent
	}
	piece := music()
	for r.written < h.Played+musicAhead && r.written < musicFor {
		frame := make([]int16, media.FrameSamples)
		for i := range frame {
			frame[i] = piece[r.at]
			r.at = (r.at + 1) % len(piece)
		}
		swell(frame, r.written)
		if r.playing.Write(frame) != nil {
			return // the call ends
		}
		r.written += media.FrameDuration
	}
	if r.written >= musicFor {
		r.playing.End()
	}
}

// swell fades the frame that begins at a moment of the music in or out.
func swell(frame []int16, at time.Duration) {
	for i := range frame {
		now := at + time.Duration(i)*time.Second/media.LineRate
		if edge := min(now, musicFor-now); edge < musicFade {
			frame[i] = int16(int64(frame[i]) * int64(edge) / int64(musicFade))
		}
	}
}
