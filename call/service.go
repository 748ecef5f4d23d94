package call

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/acotel/acotel-sbc/asr"
	"github.com/acotel/acotel-sbc/config"
	"github.com/acotel/acotel-sbc/dialog"
	"github.com/acotel/acotel-sbc/dialog/nlu/chooser"
	"github.com/acotel/acotel-sbc/media"
	"github.com/acotel/acotel-sbc/personal"
	gazetteer "github.com/acotel/acotel-sbc/place"
	"github.com/acotel/acotel-sbc/record"
	"github.com/acotel/acotel-sbc/sip"
	"github.com/acotel/acotel-sbc/sms"
	"github.com/acotel/acotel-sbc/tts"
	"github.com/acotel/acotel-sbc/workshop"
)

// Voice says sentences; tts.Speaker is one.
type Voice interface {
	Sentences(text string) []string
	Say(ctx context.Context, sentence string, o tts.Options, emit func(pcm []int16) error) (tts.Info, error)
}

// Facts takes what happens; record.Recorder is one. Add must not block.
type Facts interface{ Add(record.Fact) }

// Messenger takes text messages for sending; sms.Outbox is one.
type Messenger interface {
	Enqueue(ctx context.Context, m sms.Message) error
}

// Searcher answers a search; workshop.Catalogue behind an adapter is one. It
// may block; its context ends after Turns.SearchMS.
type Searcher func(ctx context.Context, q workshop.Query, s workshop.Settings) (workshop.Result, error)

// Prompts are the messages said outside a conversation, in French.
type Prompts struct {
	Suspended    string // a suspended line without a message of its own (T4)
	Waiting      string // every slot is taken, the caller waits (T2)
	WaitingAgain string // between the music
	WaitingNext  string // likewise, to who is next
	Waited       string // the slot has come
	Full         string // the caller waited too long
	TooLong      string // the call reached Calls.MaxSeconds
	Searching    string // a search takes its time (C5)
	Thinking     string // the recogniser takes its time
	Incident     string // a link of the chain is down (T3)
}

// Config is what a Service is made of. All fields but Observer, Meter, Capture,
// Speech, Guard and Hash are needed.
type Config struct {
	Calls      config.Calls
	Turns      config.Turns
	BargeIn    config.BargeIn
	Lines      []config.Line
	EarlyMedia bool            // sound before the answer: 183 in place of 180
	BusyStatus int             // 503 or 486
	Ports      media.PortRange // of RTP
	Sound      sip.MediaOptions
	Prompts    Prompts
	Guard      *Guard // refuses calls that the machine can't bear; nil: none

	// Speech tells how one call's speech is found; nil: by its energy.
	Speech     func() media.VADConfig
	Recognizer asr.Recognizer
	Voice      Voice
	NewDialog  func() *dialog.Dialog
	// Ending tells how a turn ends that answers the question of state, and with it how
	// much silence has to be waited for.
	Ending    func(state string, h []dialog.Hypothesis) dialog.Ending
	Chooser   *chooser.Chooser // language model for turns of which the rules are unsure; nil: none
	Search    Searcher
	Messenger Messenger
	Facts     Facts
	// Hash gives the keyed hash under which a caller is known (G4).
	Hash     func(personal.Phone) string
	Observer Observer // nil: nobody looks
	Capture  Capturer // nil: no call is captured
	Meter    Meter    // nil: nobody counts
	Check    *Check   // line of our own test calls; nil: none
	Phone    *Phone   // our own telephone in the browser; nil: none
	Log      *slog.Logger
}

// Service takes the calls of one endpoint. It is a sip.Handler.
type Service struct {
	cfg   Config
	lines lines
	slots *admission
	count *counters
	calls sync.WaitGroup
	wheel *media.Wheel // the clock of all calls

	outages  outages
	noSMS    atomic.Bool // no message can be sent for the time being
	plan     planPointer
	sessions sessions
	fillers  map[string]bool // folded
}

// New makes a Service.
func New(c Config) *Service {
	if c.Observer == nil {
		c.Observer = ObserverFunc(func(Seen) {})
	}
	if c.Meter == nil {
		c.Meter = nobody{}
	}
	if c.Speech == nil {
		c.Speech = func() media.VADConfig { return media.VADConfig{} }
	}
	music() // made now, not when the first caller waits
	s := &Service{cfg: c, lines: newLines(c.Lines), slots: newAdmission(c.Calls.Slots, c.Calls.WaitSlots), count: newCounters(), wheel: media.NewWheel(), fillers: map[string]bool{}}
	for _, f := range c.BargeIn.Fillers {
		s.fillers[gazetteer.Fold(f)] = true
	}
	return s
}

// Wait returns when no call is left or ctx ends.
func (s *Service) Wait(ctx context.Context) error {
	done := make(chan struct{})
	go func() { s.calls.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// InCall is how many conversations run and how many callers wait.
func (s *Service) InCall() (talking, waiting int) { return s.slots.load() }

// Invite takes one call from its INVITE to its end.
func (s *Service) Invite(ctx context.Context, c *sip.Call) {
	s.calls.Add(1)
	defer s.calls.Done()
	called, phone := s.phoneLine(c.Called())
	l, own, ok := s.lineOf(c.Called(), c.Dialled(), c.Trunk())
	if !ok {
		s.cfg.Log.Info("call refused: no such line, list it under lines in the configuration", "called", c.Called(), "trunk", c.Trunk())
		_ = c.Reject(404, 0) // the peer is told; there is nobody else to tell
		return
	}
	leg := &leg{s: s, sip: c, called: called, phone: phone, turned: make(chan struct{}, 1), line: l, came: time.Now(), log: s.cfg.Log.With("call", c.ID(), "line", string(l.Kind))}
	if own {
		leg.checks = true
		ctx, cancel := context.WithTimeout(ctx, checkAfter)
		defer cancel()
		if place := s.slots.enter(); place != nil {
			defer s.slots.leave(place)
			leg.serve(ctx, place)
		} else {
			_ = c.Reject(486, 0) // the check says why
		}
		return
	}
	defer leg.capture()()
	if l.Kind == config.Echo {
		leg.echo(ctx)
		return
	}
	s.count.presented()
	leg.presented()
	retry := time.Duration(s.cfg.Calls.RetryAfterSeconds) * time.Second
	if reason, yes := s.cfg.Guard.Refuses(); yes {
		leg.refuse(503, reason, retry)
		return
	}
	if l.suspended(time.Now()) {
		leg.closed(ctx)
		return
	}
	if o, yes := s.outages.first(); yes {
		leg.down(ctx, o)
		return
	}
	place := s.slots.enter()
	if place == nil {
		leg.refuse(s.cfg.BusyStatus, refusedFull, retry)
		return
	}
	defer s.slots.leave(place)
	leg.serve(ctx, place)
}

// leg is one call: the dialog with the operator, its sound, its ear and mouth.
type leg struct {
	s    *Service
	sip  *sip.Call
	line line
	log  *slog.Logger

	checks bool   // our own test call: it leaves no trace
	phone  bool   // a call of our telephone in the browser
	called string // the number that was rung

	session *media.Session
	ear     *ear
	mouth   *mouth
	held    atomic.Bool   // the other end wants no sound of ours
	turned  chan struct{} // for the conversation: held has changed
	tap     media.Tap     // of a capture; nil: none
	came    time.Time     // of the INVITE
	began   time.Time     // of the answer
}

// fact records something about this call.
func (l *leg) fact(kind record.Kind, data map[string]any) {
	l.add(record.Fact{CallID: l.sip.ID(), At: time.Now(), Kind: kind, Data: data})
}

func (l *leg) add(f record.Fact) {
	if link, ok := f.Data["link"].(string); ok && f.Kind == record.Incident && f.Data["owner"] == nil {
		f.Data = l.owned(link)
	}
	if l.checks {
		l.s.cfg.Check.Facts.Add(f)
		return
	}
	l.s.cfg.Facts.Add(f)
}

// meter counts the call, but not our own test call.
func (l *leg) meter() Meter {
	if l.checks {
		return nobody{}
	}
	return l.s.cfg.Meter
}

// see tells whoever looks on.
func (l *leg) see(s Seen) {
	if !l.checks {
		s.Peer = l.sip.CallID()
		l.s.cfg.Observer.See(s)
	}
}

func (l *leg) presented() {
	l.see(Seen{CallID: l.sip.ID(), At: time.Now(), Who: TheStart})
	n := l.sip.Caller()
	data := map[string]any{"line": string(countedAs(l.line.Kind)), "called": l.called, "caller_masked": masked(n), "origin": n.Kind.String(), "trunk": l.sip.Trunk()}
	if !n.E164.IsZero() && l.s.cfg.Hash != nil {
		data["caller_hash"] = l.s.cfg.Hash(n.E164)
	}
	l.fact(record.Presented, data)
	l.meter().Presented(l.line.Kind)
}

// countedAs is the line in the figures: only the test line is left out (T1).
func countedAs(k config.LineKind) config.LineKind {
	if k == config.Test {
		return config.Test
	}
	return config.Production
}

// refuse turns the call away before it is answered.
func (l *leg) refuse(status int, reason string, after time.Duration) {
	l.s.count.refused(reason)
	l.fact(record.Refused, map[string]any{"status": status, "reason": reason})
	if err := l.sip.Reject(status, after); err != nil {
		l.log.Debug("refusal not sent", "error", err)
	}
	l.ended("refused")
}

// closed tells the caller of a suspended line so (T4). It takes no slot: nobody
// shall wait to hear that the service is closed.
func (l *leg) closed(ctx context.Context) {
	l.s.count.suspended()
	l.fact(record.Refused, map[string]any{"reason": suspended})
	text := l.line.Message
	if text == "" {
		text = l.s.prompts().Suspended
	}
	l.answered(ctx, func(ctx context.Context) {
		l.announce(ctx, text)
		l.hangUp("suspended")
	})
}

// serve answers, waits for the slot and holds the conversation.
func (l *leg) serve(ctx context.Context, place *place) {
	l.answered(ctx, func(ctx context.Context) {
		if l.wait(ctx, place) {
			l.hangUp(l.converse(ctx))
		}
	})
}

// answered opens the call for use, and records its end.
func (l *leg) answered(ctx context.Context, use func(ctx context.Context)) {
	err := l.open(ctx, use)
	reason := "no answer possible"
	switch {
	case errors.Is(err, sip.ErrNoCodec): // 488 was sent: nothing of ours is broken
		l.s.count.refused(refusedCodec)
		l.fact(record.Refused, map[string]any{"status": 488, "reason": refusedCodec})
	case err == nil, errors.Is(err, sip.ErrEnded), ctx.Err() != nil: // a caller who gives up is no incident
		reason = l.sip.End().Reason
	default:
		l.log.Warn("call could not be answered", "error", err)
		l.fact(record.Incident, l.owned("media"))
	}
	l.ended(reason)
}

// open answers the call, runs use while its sound flows, and closes the sound.
func (l *leg) open(ctx context.Context, use func(ctx context.Context)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	l.ear = newEar(l.s.cfg.Turns, l.s.cfg.Speech())
	l.ear.gated = l.s.cfg.BargeIn.EchoGate
	session, err := media.NewSession(media.SessionConfig{IP: bindIP(l.sip.LocalIP()), Ports: l.s.cfg.Ports, Listener: l.ear, Wheel: l.s.wheel, Log: l.log, Tap: l.tap})
	if err != nil {
		_ = l.sip.Reject(500, 0)
		return err
	}
	l.session = session
	l.s.sessions.opened(session)
	l.mouth = newMouth(l.s.cfg.Voice, session.Playout())
	l.mouth.said = l.meter().Spoken

	var running sync.WaitGroup
	defer running.Wait()
	defer func() { _ = session.Close(); l.s.sessions.closed(session) }()
	defer cancel()
	running.Go(func() {
		if err := session.Run(ctx); err != nil && !errors.Is(err, media.ErrClosed) { // closed at once: the call was refused
			l.log.Warn("sound ended", "error", err)
			cancel()
		}
	})
	running.Go(func() { l.mouth.run(ctx) })

	if err := l.pickUp(ctx); err != nil {
		return err
	}
	l.began = time.Now()
	l.meter().Answered(l.line.Kind, l.began.Sub(l.came))
	l.fact(record.Answered, map[string]any{"codec": l.sip.Media().Codec.Name})
	// Nothing is said before the path to the caller is open: the ACK proves it.
	select {
	case <-l.sip.Confirmed():
	case <-time.After(time.Second):
	case <-ctx.Done():
	}
	use(ctx)
	return nil
}

// pickUp rings, or opens early media, and answers.
func (l *leg) pickUp(ctx context.Context) error {
	ours := sip.LocalMedia{Addr: l.session.Addr(), MediaOptions: l.s.cfg.Sound, Agreed: l.agreed, Digit: l.ear.Info}
	var err error
	if l.s.cfg.EarlyMedia {
		err = l.sip.Early(ctx, ours)
	} else {
		err = l.sip.Ring()
	}
	if err != nil {
		return err
	}
	return l.sip.Answer(ctx, ours)
}

// bindIP is where a session binds: the address that the peer reaches, or any
// when it is not known.
func bindIP(ip netip.Addr) netip.Addr {
	if !ip.IsValid() {
		return netip.IPv4Unspecified()
	}
	return ip
}

func (l *leg) hangUp(reason string) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := l.sip.Hangup(ctx, reason); err != nil {
		l.log.Debug("BYE not answered", "error", err)
	}
}

// deafAfter is how long a call must have been up for the lack of sound to mean something.
const deafAfter = time.Second

// ended records the last facts and writes the call's one line in the log.
func (l *leg) ended(reason string) {
	end := l.sip.End()
	if end.Reason != "" {
		reason = end.Reason
	}
	var st media.Stats
	var quality Quality
	if l.session != nil {
		st = l.session.Stats()
		quality = qualityOf(st)
		l.fact(record.Quality, quality.fields())
	}
	by := end.By
	if by == "" {
		by = "none"
	}
	data := map[string]any{"by": by, "reason": reason}
	if end.Cause != "" {
		data["cause"] = end.Cause
	}
	l.fact(record.Ended, data)
	var spoke time.Duration
	if !l.began.IsZero() {
		spoke = time.Since(l.began)
	}
	deaf := spoke > deafAfter && st.PacketsReceived == 0
	if deaf {
		l.log.Warn("no sound came from the caller's side", "refused", st.Refused, "invalid", st.Invalid, "ignored", st.Ignored, "unknown_payload", st.UnknownPayload,
			"sent_to", l.sip.Media().Remote)
	}
	l.meter().Ended(Ending{Deaf: deaf, Line: l.line.Kind, By: by, Reason: reason, Answered: !l.began.IsZero(), Talked: spoke, Quality: quality})
	l.log.Info("call ended", "by", by, "reason", reason, "cause", end.Cause, "seconds", spoke.Seconds(), "caller", l.sip.Caller(), "codec", l.sip.Media().Codec.Name,
		"quality", quality.fields(), "rtp_sent", st.PacketsSent, "rtp_received", st.PacketsReceived, "lost", st.Lost, "late", st.Late, "keys", st.DigitsReceived,
		"clock_late", st.ClockLate, "clock_skipped", st.ClockSkipped)
	l.see(Seen{CallID: l.sip.ID(), At: time.Now(), Who: TheEnd, Text: reason})
}
