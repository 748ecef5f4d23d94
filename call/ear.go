package call

import (
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/acotel/acotel-sbc/asr"
	"github.com/acotel/acotel-sbc/config"
	"github.com/acotel/acotel-sbc/media"
)

// Sizes of the ear's memory.
const (
	prerollFrames = 20 // 400 ms of sound before speech is sure, so that no first consonant is lost
	earQueue      = 64 // events and keys waiting for the conversation
)

// earEvent is what the ear noticed about the caller's speech.
type earEvent uint8

const (
	speechSure   earEvent = iota + 1 // speech has lasted long enough, see rule
	speechAgain                      // after silence, speech again in the same turn
	speechPaused                     // silence for Silences.CompleteMS
	speechOver                       // silence for Silences.PartialMS
	speechSpent                      // silence for Silences.UnfinishedMS
	speechFalse                      // it ended too early to be a turn: a cough, a click
)

// ear listens on the session's clock: it finds turns in the caller's sound and
// gives their sound to the recogniser, beginning a little before the speech.
// Frame never waits: events that find the queue full are dropped and counted.
type ear struct {
	turns  config.Turns
	vad    *media.VAD
	gated  bool // our own voice coming back is told from the caller
	events chan earEvent
	digits chan rune

	open    atomic.Bool  // turns may begin
	reset   atomic.Bool  // the conversation is done with this turn
	dropped atomic.Int64 // events and digits lost
	heard   atomic.Int64 // ns of speech in this turn
	sure    atomic.Int64 // when speech was last sure, ns of Unix time
	ended   atomic.Int64 // when the caller was last heard to speak, ns of Unix time
	echoes  atomic.Bool  // our own voice comes back on this line
	echo    atomic.Pointer[echo]

	// silences are those of the conversation's present state.
	silences atomic.Pointer[config.Silences]

	// over is what it takes to interrupt what the voice says now; nil: the voice is silent and the times of turns count.
	over atomic.Pointer[config.BargeInRule]

	mu     sync.Mutex // of stream alone; never contended in the 20 ms path but at the start and end of a conversation
	stream asr.Stream

	// Owned by the clock goroutine.
	phase   earPhase
	before  time.Duration // speech in the earlier parts of this turn
	segment time.Duration // speech in its present part
	told    time.Duration // of the speech that runs, what belonged to a turn that is closed
	voiced  time.Duration // both
	silent  time.Duration // silence since
	way     atomic.Int32  // how keys come, 0 before the first
	preroll [prerollFrames][media.FrameSamples]int16
	next    int     // where the next frame goes in preroll
	held    int     // frames in preroll
	power   float64 // sum over the active frames of the turn's beginning, of full scale squared
	loud    int     // how many these are
	gate    media.EchoGate
	minimum time.Duration // speech in the turn that makes it one

	prepared bool // the recogniser was told that this may be the end, and nothing was said since
}

type earPhase uint8

const (
	earQuiet    earPhase = iota
	earOnset             // speech, not yet sure
	earSpeaking          // a turn
	earPaused            // a turn, in silence that may be its end
	earLong              // in silence too long for all but the unfinished
	earSpent             // a turn that the conversation has not closed yet
)

func newEar(t config.Turns, v media.VADConfig) *ear {
	e := &ear{turns: t, vad: media.NewVAD(v), events: make(chan earEvent, earQueue), digits: make(chan rune, earQueue)}
	e.inState("")
	return e
}

// inState makes the silences of a state those that end turns from now on.
func (e *ear) inState(state string) {
	s := e.turns.For(state)
	e.silences.Store(&s)
}

// listen gives the turns' sound to s; nil: to nobody.
func (e *ear) listen(s asr.Stream) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.stream = s
}

// spoken is how much speech the present turn holds.
func (e *ear) spoken() time.Duration { return time.Duration(e.heard.Load()) }

// The ways in which keys come.
const (
	keysByRTP  = 1 + iota // RFC 4733, or heard as tones
	keysByINFO            // SIP INFO
)

// Digit takes a key from RTP.
func (e *ear) Digit(d rune) { e.key(d, keysByRTP) }

// Info takes a key from SIP INFO.
func (e *ear) Info(d rune) { e.key(d, keysByINFO) }

// key takes a key. Some gateways send each one both ways: the way that the first one came is the call's.
func (e *ear) key(d rune, way int32) {
	if !e.way.CompareAndSwap(0, way) && e.way.Load() != way {
		return
	}
	select {
	case e.digits <- d:
	default:
		e.dropped.Add(1)
	}
}

// forget drops the keys and events that nobody has taken yet.
func (e *ear) forget() {
	for {
		select {
		case <-e.digits:
		case <-e.events:
		default:
			return
		}
	}
}

func (e *ear) emit(ev earEvent) {
	select {
	case e.events <- ev:
	default:
		e.dropped.Add(1)
	}
}

// Frame takes 20 ms of the caller's sound.
func (e *ear) Frame(pcm []int16, _ time.Duration, _ bool) {
	if x := e.echo.Load(); x != nil {
		_ = x.u.Write(pcm) // fails when the call is over
		return
	}
	st := e.vad.Process(pcm)
	if e.gated && e.gate.Heard(pcm, e.phase <= earOnset && st.Speech && st.SilenceFor == 0) {
		e.echoes.Store(e.gate.Echoes())
		e.own(st, pcm)
		return
	}
	if e.reset.Swap(false) || (!e.open.Load() && e.phase != earQuiet) {
		e.quiet()
		e.told = st.SpeechFor
	}
	if !st.Speech {
		e.told = 0
	}
	if e.phase == earQuiet {
		e.keep(pcm)
		if st.Speech && st.SilenceFor == 0 && e.open.Load() {
			if e.told > 0 { // what lies between is silence, and no part of the new turn
				e.told = max(e.told, st.SpeechFor-media.FrameDuration)
			}
			e.begin()
		}
		return
	}
	e.count(st)
	e.write(pcm)
	switch e.phase {
	case earOnset:
		e.weigh(st)
		e.onset()
	case earSpeaking, earPaused, earLong:
		e.turn(st.Speech)
	}
}

// own is a frame of our own voice come back: nobody speaks.
func (e *ear) own(st media.VADState, pcm []int16) {
	e.quiet()
	e.told = st.SpeechFor
	e.keep(pcm)
}

// Sent takes what the caller is sent.
func (e *ear) Sent(pcm []int16) {
	if e.gated {
		e.gate.Sent(pcm)
	}
}

// count keeps the length of speech in the turn, inner pauses left out, and of
// the silence since.
func (e *ear) count(st media.VADState) {
	if st.Speech {
		e.segment = st.SpeechFor - e.told
	} else {
		e.before += e.segment
		e.segment = 0
	}
	e.voiced, e.silent = e.before+e.segment, st.SilenceFor
	e.heard.Store(int64(e.voiced))
}

// keep holds the frame for the preroll.
func (e *ear) keep(pcm []int16) {
	copy(e.preroll[e.next][:], pcm)
	e.next = (e.next + 1) % prerollFrames
	e.held = min(e.held+1, prerollFrames)
}

// begin opens a turn with the sound just before it.
func (e *ear) begin() {
	e.phase = earOnset
	for i := range e.held {
		e.write(e.preroll[(e.next-e.held+i+prerollFrames)%prerollFrames][:])
	}
	e.held = 0
}

// weigh adds a frame of the turn's beginning to its level.
func (e *ear) weigh(st media.VADState) {
	if st.Speech && st.SilenceFor == 0 {
		e.power += math.Pow(10, st.LevelDBov/10)
		e.loud++
	}
}

// rule is how much speech makes a turn sure, how much makes it one at all, and how
// loud it must be.
func (e *ear) rule() (start, minimum time.Duration, dBov float64) {
	if r := e.over.Load(); r != nil {
		return ms(r.SpeechStartMS), ms(r.SpeechMinMS), r.MinDBov
	}
	return ms(e.turns.SpeechStartMS), ms(e.turns.SpeechStartMS), math.Inf(-1)
}

// onset waits until speech is sure. What falls silent before is forgotten: the
// voice was never paused for it. Speech that is too quiet to interrupt becomes a
// turn when the voice has ended and it still goes on.
func (e *ear) onset() {
	start, minimum, dBov := e.rule()
	switch {
	case e.silent >= start:
		e.quiet()
	case e.voiced >= start && 10*math.Log10(e.power/float64(max(1, e.loud))) >= dBov:
		e.phase, e.minimum = earSpeaking, minimum
		e.sure.Store(time.Now().UnixNano())
		e.emit(speechSure)
	}
}

// turn follows speech and silence to the end of the turn.
func (e *ear) turn(speech bool) {
	s := e.silences.Load()
	if speech && (e.prepared || e.phase != earSpeaking) {
		e.phase, e.prepared = earSpeaking, false
		e.emit(speechAgain)
	}
	switch {
	case speech:
	case e.phase == earSpeaking && e.voiced < e.minimum && e.silent >= e.minimum:
		e.quiet()
		e.emit(speechFalse)
	case e.phase == earSpeaking && !e.prepared && e.voiced >= e.minimum && e.silent >= ms(e.turns.PrepareMS):
		e.prepared = true
		e.ended.Store(time.Now().Add(-e.silent).UnixNano())
		e.prepare()
	case e.phase == earSpeaking && e.silent >= ms(s.CompleteMS):
		e.phase = earPaused
		e.emit(speechPaused)
	case e.phase == earPaused && e.silent >= ms(s.PartialMS):
		e.phase = earLong
		e.emit(speechOver)
	case e.phase == earLong && e.silent >= ms(s.UnfinishedMS):
		e.phase = earSpent
		e.emit(speechSpent)
	}
}

// prepare lets the recogniser begin on what was said, so that its answer is there when the end of the turn is sure.
func (e *ear) prepare() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if p, ok := e.stream.(asr.Preparer); ok {
		p.Prepare()
	}
}

// quiet ends whatever turn there is and drops its sound.
func (e *ear) quiet() {
	if e.phase != earQuiet {
		e.mu.Lock()
		if e.stream != nil {
			e.stream.Cancel()
		}
		e.mu.Unlock()
	}
	e.phase, e.held = earQuiet, 0
	e.power, e.loud, e.minimum, e.prepared = 0, 0, 0, false
	e.before, e.segment, e.voiced, e.silent = 0, 0, 0, 0
	e.heard.Store(0)
}

func (e *ear) write(pcm []int16) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.stream != nil {
		_ = e.stream.Write(pcm) // ErrClosed alone: the conversation is over
	}
}

func ms(n int) time.Duration { return time.Duration(n) * time.Millisecond }
