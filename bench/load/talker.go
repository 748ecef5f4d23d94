package load

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/acotel/acotel-sbc/dialog"
	"github.com/acotel/acotel-sbc/dialog/nlu"
	"github.com/acotel/acotel-sbc/record"
	"github.com/acotel/acotel-sbc/simulate"
)

const (
	thinks         = 700 * time.Millisecond // at most, before a caller answers, beyond quietFor
	answerLimit    = 7 * time.Second        // after which a turn counts as unanswered: shorter than the silence after which the service asks again
	afterAnswer    = 250 * time.Millisecond // for the feed to tell what the answer was to
	silentCaller   = 25 * time.Second       // of silence on both sides, after which a caller hangs up
	graceOfCalls   = 2 * time.Minute        // for conversations to end once no new ones begin
	longestTalk    = 8 * time.Minute
	hesitationTime = 1200 * time.Millisecond
	mouthToEar     = -18.0 // dBov at which a loudspeaker begins to bend
)

// talker is one caller on the line.
type talker struct {
	of     *talking
	id     int
	person person
	caller *simulate.Caller
	line   *Call
	ear    answerEar

	mu     sync.Mutex
	state  string
	said   []simulate.Said // by the service since the caller's last act
	events []served        // since the caller began to speak
	facts  []record.Fact
}

// answerEar follows the service's voice and when it first spoke after a moment.
type answerEar struct {
	mu    sync.Mutex
	last  time.Time
	since time.Time // of interest
	first time.Time // voice after it
}

func (e *answerEar) packet(p Packet) {
	if len(p.Payload) != frameBytes || levelOf(p.Payload) < voiceDBov {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.last = p.At
	if !e.since.IsZero() && e.first.IsZero() && p.At.After(e.since) {
		e.first = p.At
	}
}

// from asks for the first voice after t.
func (e *answerEar) from(t time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.since, e.first = t, time.Time{}
}

func (e *answerEar) answer() (time.Time, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.first, !e.first.IsZero()
}

// quiet tells whether the service has spoken since the moment asked for and has fallen silent, and when it spoke last.
func (e *answerEar) quiet() (quiet bool, last time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return !e.last.IsZero() && (e.since.IsZero() || !e.first.IsZero()) && time.Since(e.last) > quietFor, e.last
}

func newTalker(of *talking, id int) *talker {
	t := &talker{of: of, id: id, caller: of.world.CallerOf(of.o.Campaign.Seed, id), person: personOf(of.o.Campaign.Seed, id, of.o.Voices, of.o)}
	return t
}

// number is where the caller rings from; its visible digits are the caller's own.
func (t *talker) number() string {
	zone := "06"
	if t.caller.Origin != dialog.Mobile {
		zone = "04"
		if t.caller.Zone != "" {
			zone = t.caller.Zone
		}
	}
	return fmt.Sprintf("%s1%03d0000", zone, t.id%1000)
}

// told takes an event of the server about this call.
func (t *talker) told(e served) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case e.Fact != "":
		t.facts = append(t.facts, record.Fact{CallID: e.Call, At: e.At, Kind: e.Fact, Data: e.Data})
		return
	case e.Who == "service":
		t.said = append(t.said, simulate.Said{Key: e.Message, Text: e.Text})
		t.state = e.State
	}
	t.events = append(t.events, e)
}

// call is the whole call.
func (t *talker) call(ctx context.Context, end time.Time) {
	number := t.number()
	if t.of.feed != nil {
		t.of.feed.expect(number, t)
	}
	c, err := t.of.r.dial(ctx, number)
	if err != nil {
		if ctx.Err() == nil {
			t.of.mu.Lock()
			if t.of.failed++; t.of.why == nil {
				t.of.why = err
			}
			t.of.mu.Unlock()
			pause(ctx, time.Second)
		}
		return
	}
	t.of.mu.Lock()
	t.of.reached = true
	t.of.mu.Unlock()
	defer c.hangUp()
	t.line = c
	c.Leg.Mix(t.of.line(t.person))
	c.Leg.Watch(t.ear.packet)
	limit := longestTalk
	if t.of.o.Conversations == 0 {
		limit = min(limit, time.Until(end)+graceOfCalls)
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	left, ended := t.talk(ctx)
	t.tally(left, ended)
}

// talk is the conversation. It tells why the caller left, "" when the service hung up, and whether it ended by itself.
func (t *talker) talk(ctx context.Context) (left string, ended bool) {
	began := time.Now()
	random := rand.New(rand.NewPCG(t.person.seed, 5))
	for {
		if !t.listen(ctx) {
			return "", t.over() // or the service says nothing any more
		}
		pause(ctx, time.Duration(random.Int64N(int64(thinks))))
		if t.over() {
			return "", true
		}
		t.mu.Lock()
		p := simulate.Prompt{State: t.state, Said: t.said, Elapsed: time.Since(began)}
		t.said, t.events = nil, nil
		t.mu.Unlock()
		act := t.next(p)
		switch {
		case act.HangUp:
			return act.Why, true
		case act.Keys != "":
			t.ear.from(time.Now())
			t.line.Leg.Press(act.Keys)
		case act.Silence:
			t.ear.from(time.Now())
		default:
			if !t.speak(ctx, p.State, act.Say) {
				return "", t.over()
			}
		}
	}
}

// next is what the caller does. Without the service's own word the caller has a fixed way through the call.
func (t *talker) next(p simulate.Prompt) simulate.Act {
	if t.of.feed != nil {
		return t.caller.Answer(p)
	}
	script := []string{"open", "place", "confirm", "results", "sms", "more", "rating"}
	t.mu.Lock()
	defer t.mu.Unlock()
	step := len(t.facts) // here: how often the caller spoke
	t.facts = append(t.facts, record.Fact{})
	if step >= len(script) {
		return simulate.Act{HangUp: true, Why: "done"}
	}
	return t.caller.Answer(simulate.Prompt{State: script[step], Elapsed: p.Elapsed})
}

// over tells whether the call is.
func (t *talker) over() bool {
	select {
	case <-t.line.SIP.Done():
		return true
	default:
		return false
	}
}

// listen waits until the service has said all that it has to say, however long. False: the call or its time is over, or nobody speaks.
func (t *talker) listen(ctx context.Context) bool {
	began := time.Now()
	for ; ctx.Err() == nil && !t.over(); pause(ctx, look) {
		quiet, last := t.ear.quiet()
		if quiet {
			return true
		}
		if time.Since(began) > silentCaller && time.Since(last) > silentCaller {
			return false
		}
	}
	return false
}

// wait waits for something, the end of the call or of the time; it tells whether the thing came.
func (t *talker) wait(ctx context.Context, limit time.Duration, done func() bool) bool {
	for deadline := time.Now().Add(limit); time.Now().Before(deadline) && ctx.Err() == nil && !t.over(); pause(ctx, look) {
		if done() {
			return true
		}
	}
	return false
}

// speak says something and measures the answer. False: the call is over, or nothing can be said.
func (t *talker) speak(ctx context.Context, state, text string) bool {
	parts := t.of.parts(t.person, text)
	var until time.Time
	t.ear.from(time.Now())
	for i, part := range parts {
		pcm, err := t.of.actor.say(ctx, t.person, part, true)
		if err != nil {
			return false
		}
		if i > 0 {
			pause(ctx, hesitationTime)
		}
		track := trackOf(pcm)
		t.line.Leg.Say(track)
		if !t.wait(ctx, time.Second, func() bool { return !t.line.Leg.Spoke().IsZero() }) {
			return false
		}
		until = t.line.Leg.Spoke().Add(time.Duration(track.Frames()) * 20 * time.Millisecond)
		pause(ctx, time.Until(until))
	}
	if at, early := t.ear.answer(); early && at.Before(until) {
		t.of.cut()
		return true
	}
	answered := t.wait(ctx, answerLimit, func() bool { _, ok := t.ear.answer(); return ok })
	if !answered && (t.over() || ctx.Err() != nil) {
		return false
	}
	pause(ctx, afterAnswer)
	at, _ := t.ear.answer()
	if t.covered() { // words of waiting are no answer: that one follows
		t.wait(ctx, answerLimit, func() bool { at2, ok := t.replied(); at = at2; return ok })
	}
	t.mu.Lock()
	events := slices.Clone(t.events)
	t.mu.Unlock()
	t.of.answer(t, state, text, until, at, answered, len(parts) > 1, events)
	if !answered {
		t.ear.from(time.Time{}) // the service will ask again, or has: either is the next prompt
	}
	return true
}

// thinking is the message that covers a slow recogniser.
const thinking = "call.thinking"

// covered tells whether words of waiting are all that was said since the caller began to speak.
func (t *talker) covered() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, e := range t.events {
		if e.Who == "caller" {
			return false
		}
	}
	return slices.ContainsFunc(t.events, func(e served) bool { return e.Message == thinking })
}

// replied is when the service began to say something that is no word of waiting, by its own clock, which is ours.
func (t *talker) replied() (time.Time, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, e := range t.events {
		if e.Who == "service" && e.Message != thinking {
			return e.At, true
		}
	}
	return time.Time{}, false
}

func (o *talking) cut() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.cutOff++
}

// answer counts one turn.
func (o *talking) answer(t *talker, state, text string, until, at time.Time, answered, paused bool, events []served) {
	var heard []string
	var turn *servedTurn
	var reply *served
	for i, e := range events {
		switch {
		case e.Who == "caller" && !e.Keys:
			heard = append(heard, e.Text)
			turn, reply = e.Turn, nil
		case e.Who == "service" && turn != nil && reply == nil:
			reply = &events[i]
		}
	}
	took := milliseconds(at.Sub(until))
	complete := turn != nil && turn.Complete || o.feed == nil && !paused
	what := strings.TrimSpace(strings.Join(heard, " "))
	same := o.feed != nil && o.means(state, text, what)
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case !answered || o.feed != nil && turn == nil && len(heard) == 0:
		o.unanswered++
	case complete:
		o.answered = append(o.answered, took)
	default:
		o.incomplete = append(o.incomplete, took)
	}
	if o.feed == nil {
		return
	}
	if same {
		o.same++
	} else {
		o.another++
	}
	if o.o.Transcripts {
		s := Spoken{Caller: t.id, State: state, Said: text, Heard: what, Same: same, Complete: complete}
		if answered {
			s.AnswerMS = &took
		}
		o.transcripts = append(o.transcripts, s)
	}
	if turn == nil {
		return
	}
	o.queue = append(o.queue, milliseconds(turn.Spent.Queue))
	o.spent += turn.Spent.Encode + turn.Spent.Search + turn.Spent.Decode
	if !complete || !answered || reply == nil {
		return
	}
	for i, d := range []time.Duration{
		turn.Asked.Sub(until), turn.Spent.Queue, turn.Spent.Encode, turn.Spent.Search, turn.Spent.Decode, turn.Understood.Sub(turn.Asked),
		reply.Queued.Sub(turn.Understood), reply.At.Sub(reply.Queued), at.Sub(reply.At),
	} {
		o.stage[stages[i]] = append(o.stage[stages[i]], milliseconds(d))
	}
}

// means tells whether what was heard means what was said, in this state.
func (o *talking) means(state, said, heard string) bool {
	if heard == "" {
		return false
	}
	return nlu.Same(o.o.Parser.Parse(said, state), o.o.Parser.Parse(heard, state))
}

// tally counts a call. One whose time was up counts where its place is looked at: what was not found until then was not found.
func (t *talker) tally(left string, ended bool) {
	pause(context.Background(), afterAnswer) // for the last facts
	t.mu.Lock()
	facts := slices.Clone(t.facts)
	t.mu.Unlock()
	o := t.of
	o.mu.Lock()
	defer o.mu.Unlock()
	goodbye := slices.ContainsFunc(facts, func(f record.Fact) bool { return f.Kind == record.Goodbye })
	if ended {
		o.ended++
	}
	if ended && (goodbye || left == "done" || left == "help" || left == "rating") {
		o.completed++
	}
	if o.feed == nil || !t.caller.SaidPlace() {
		return
	}
	o.said++
	first, right, rightFirst := true, false, false
	for _, f := range facts {
		if f.Kind != record.PlaceFound {
			continue
		}
		insee, _ := f.Data["insee"].(string)
		code, _ := f.Data["postal_code"].(string)
		right = t.caller.Finds(insee, code)
		if first {
			tries, _ := f.Data["tries"].(float64)
			rightFirst, first = right && tries <= 1, false
		}
	}
	if right {
		o.found++
	}
	if rightFirst {
		o.first++
	}
}

// line is the telephone line of a caller. Loops of noise are shared by the callers of about the same level.
func (o *talking) line(p person) *mixer {
	level := quietLineDBov
	if o.o.NoiseDB > 0 {
		level = p.DBov - o.o.NoiseDB
	}
	r := rand.New(rand.NewPCG(p.seed, 6))
	o.mu.Lock()
	key := int(math.Round(level))
	noise, ok := o.noises[key]
	if !ok {
		if o.o.Street {
			noise = streetNoise(r, float64(key))
		} else {
			noise = lineNoise(r, float64(key))
		}
		o.noises[key] = noise
	}
	o.mu.Unlock()
	m := &mixer{noise: noise, at: r.IntN(len(noise))}
	if o.o.EchoDB > 0 {
		m.gain, m.delay = math.Pow(10, -o.o.EchoDB/20), r.IntN(301)*frameBytes/20
		if r.IntN(2) == 0 { // a loudspeaker, not a hybrid
			m.soft = 32768 * math.Pow(10, mouthToEar/20)
		}
	}
	return m
}
