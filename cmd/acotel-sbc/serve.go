package main

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	mathrand "math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"github.com/acotel/acotel-sbc/admin"
	"github.com/acotel/acotel-sbc/asr"
	"github.com/acotel/acotel-sbc/call"
	"github.com/acotel/acotel-sbc/capture"
	"github.com/acotel/acotel-sbc/check"
	"github.com/acotel/acotel-sbc/config"
	"github.com/acotel/acotel-sbc/dialog"
	"github.com/acotel/acotel-sbc/media"
	"github.com/acotel/acotel-sbc/media/silero"
	"github.com/acotel/acotel-sbc/metrics"
	"github.com/acotel/acotel-sbc/personal"
	"github.com/acotel/acotel-sbc/place"
	"github.com/acotel/acotel-sbc/record"
	"github.com/acotel/acotel-sbc/sip"
	"github.com/acotel/acotel-sbc/sms"
	"github.com/acotel/acotel-sbc/softphone"
	"github.com/acotel/acotel-sbc/store"
	"github.com/acotel/acotel-sbc/tts"
	"github.com/acotel/acotel-sbc/workshop"
	"github.com/acotel/acotel-sbc/workshop/demo"
)

func (a *app) serveCommand() *cobra.Command {
	var sipAddr, httpAddr string
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Runs the service until SIGTERM, then lets the calls end",
		Args:  args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			var extra []string
			if sipAddr != "" {
				extra = append(extra, "sip.listen="+sipAddr)
			}
			if httpAddr != "" {
				extra = append(extra, "http.listen="+httpAddr)
			}
			return a.serve(cmd.Context(), extra)
		},
	}
	cmd.Flags().StringVar(&sipAddr, "sip", "", "SIP address, overrides sip.listen")
	cmd.Flags().StringVar(&httpAddr, "http", "", "HTTP address, overrides http.listen")
	return cmd
}

func (a *app) serve(ctx context.Context, extra []string) error {
	if a.demo && a.dataDir == "" {
		dir, err := os.MkdirTemp("", "acotel-sbc-demo-")
		if err != nil {
			return fmt.Errorf("serve: no temporary data folder: %w", err)
		}
		defer os.RemoveAll(dir)
		a.dataDir = dir
	}
	c, err := a.load(os.Environ(), extra...)
	if err != nil {
		return err
	}
	log, err := newLog(a.err, c.Log)
	if err != nil {
		return err
	}
	s := &server{app: a, cfg: c, log: log, metrics: metrics.New(), listens: make(chan struct{})}
	defer s.close()
	if err := s.open(ctx); err != nil {
		return err
	}
	if err := s.listen(ctx); err != nil {
		return err
	}
	a.greet(s)
	<-ctx.Done()
	s.drain()
	return nil
}

// server is the running service: what serve opened, in the order in which it is
// closed again, last first.
type server struct {
	*app
	cfg config.Config
	log *slog.Logger

	db         *store.DB
	gazetteer  *place.Gazetteer
	catalogue  *workshop.Catalogue
	recorder   *record.Recorder
	key        *personal.NumberKey
	outbox     *sms.Outbox
	receiptsAt string // path of SMS delivery receipts, "" for none
	speaker    *tts.Speaker
	hears      asr.Recognizer
	speech     func() media.VADConfig
	messages   *dialog.Messages

	vad       *silero.Model // nil: the energy gate alone
	metrics   *metrics.Metrics
	captures  *capture.Manager
	feed      *feed         // of http.debug; nil: none
	listens   chan struct{} // closed once the endpoint is there
	guard     *call.Guard
	service   *call.Service
	endpoint  *sip.Endpoint // once listening
	listening atomic.Bool
	http      *http.Server
	httpAddr  net.Addr
	draining  atomic.Bool

	softphone   *softphone.Gateway                    // nil: none
	phonePrefix string                                // before the numbers that it calls
	checkLine   *checkLine                            // nil: no test calls of our own
	newDialog   atomic.Pointer[func() *dialog.Dialog] // of the messages in force
	useMessages func(*dialog.Messages)
	monitor     atomic.Pointer[check.Monitor]
	served      served
	provider    sms.Provider

	closers []func() error
	running sync.WaitGroup
}

// later is done when the server closes.
func (s *server) later(f func() error) { s.closers = append(s.closers, f) }

// beside runs f until the server closes, which waits for it before it closes what was opened earlier.
func (s *server) beside(f func(ctx context.Context)) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { f(ctx); close(done) }()
	s.later(func() error { cancel(); <-done; return nil })
}

func (s *server) close() {
	for i := len(s.closers) - 1; i >= 0; i-- {
		if err := s.closers[i](); err != nil && !errors.Is(err, context.Canceled) {
			s.log.Error("closing", "error", err)
		}
	}
	s.running.Wait()
}

// open makes everything that calls need, before the first one can come.
func (s *server) open(ctx context.Context) error {
	for _, step := range []func(context.Context) error{s.openStore, s.openWorkshops, s.openVoice, s.openSpeech, s.openConversation} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (s *server) openStore(ctx context.Context) error {
	release, err := store.LockDir(s.cfg.Data.Dir)
	if err != nil {
		return err
	}
	s.later(func() error { release(); return nil })
	if s.db, err = openStore(ctx, s.cfg, s.log, false); err != nil {
		return err
	}
	s.later(s.db.Close)
	free, err := s.db.LockService(ctx)
	if err != nil {
		return err
	}
	s.later(func() error { free(); return nil })
	waited, broken, err := record.Recover(ctx, s.db, s.cfg.Data.Dir)
	if err != nil {
		return err
	}
	if waited+broken > 0 {
		s.log.Warn("facts that waited for the database when the service ended are written", "facts", waited, "unreadable", broken)
	}
	n, err := record.CloseInterrupted(ctx, s.db, time.Now())
	if err != nil {
		return err
	}
	if n > 0 {
		s.log.Warn("calls left open by a crash were closed as interrupted", "calls", n)
	}
	if s.key, err = personal.OpenNumberKey(s.cfg.Data.Dir, rand.Reader); err != nil {
		return err
	}
	s.recorder = record.NewRecorder(s.db, s.log, record.WithAnonymiser(anonymiser(s.cfg.Privacy)), record.WithSpool(s.cfg.Data.Dir))
	s.later(s.recorder.Close)
	if err := s.openSMS(); err != nil {
		return err
	}
	s.keepPromises()
	return nil
}

// smsEnded puts the end of a message into the record of its call. It returns when
// the fact is on disk: until then the outbox reports again.
func (s *server) smsEnded(ctx context.Context, o sms.Outcome) error {
	f := record.Fact{CallID: o.CallID, At: time.Now(), Kind: record.SMSSent, Data: map[string]any{"key": o.Key}}
	s.metrics.SMS(o.State == sms.Sent)
	if o.State != sms.Sent {
		f.Kind, f.Data["reason"] = record.SMSFailed, o.Reason
	}
	s.recorder.Add(f)
	return s.recorder.Flush(ctx)
}

func (s *server) openWorkshops(ctx context.Context) (err error) {
	if s.gazetteer, err = place.Open(s.cfg.Data.Dir); err != nil {
		return err
	}
	s.gazetteer.Warm()
	switch file := s.cfg.Workshops.File; {
	case file != "":
		err = s.importFile(ctx, file)
	case s.demo && s.cfg.Workshops.Source.Kind == "":
		_, err = demo.Store(ctx, s.db, demo.Options{Today: workshop.DateOf(time.Now()), Gazetteer: s.gazetteer})
	}
	if err != nil {
		return err
	}
	s.catalogue = workshop.NewCatalogue(time.Now)
	err = s.catalogue.Load(ctx, s.db)
	if errors.Is(err, workshop.ErrEmpty) {
		s.log.Warn("no workshops yet: acotel-sbc workshops import FILE.csv, or workshops.source in the configuration")
	} else if err != nil {
		return err
	}
	return s.keepWorkshopsYoung()
}

// importFile reads the configured file. A file that is missing or broken leaves
// the stored copy in place (D3).
func (s *server) importFile(ctx context.Context, name string) error {
	if err := format(s.cfg).Validate(); err != nil {
		return usageError{err}
	}
	f, err := os.Open(name)
	if err != nil {
		s.log.Error("the workshops' file can't be read, the stored copy serves", "error", err)
		return nil
	}
	defer f.Close()
	read, meta, err := workshop.Import(ctx, s.db, f, workshop.ImportOptions{Name: name, Format: format(s.cfg), Gazetteer: s.gazetteer, Now: time.Now()})
	for _, row := range read.Broken {
		s.log.Warn("workshop left out", "row", row.Error())
	}
	if err != nil {
		s.log.Error("the workshops' file was refused, the stored copy serves", "error", err)
		return nil
	}
	s.log.Info("workshops loaded", "file", name, "workshops", meta.Rows, "broken_rows", read.BrokenRows)
	return nil
}

func (s *server) openVoice(ctx context.Context) error {
	speaker, closeVoice, err := newSpeaker(ctx, s.cfg, speakerOptions{cacheDir: cacheDir(s.cfg), metrics: s.metrics}, s.log)
	if err != nil {
		return err
	}
	s.later(func() error { closeVoice(); return nil })
	s.speaker = speaker
	own := func() (asr.Recognizer, error) {
		r, lexicon, err := newWhisper(ctx, s.cfg, filepath.Join(s.cfg.Data.Dir, "asr"), s.gazetteer, s.log, s.metrics)
		if lexicon != nil {
			s.followThemes(lexicon)
		}
		return r, err
	}
	if s.hears, err = newRecognizer(s.cfg, own, s.log, s.metrics); err != nil {
		return err
	}
	s.later(s.hears.Close)
	return nil
}

func (s *server) openConversation(ctx context.Context) error {
	var err error
	if s.messages, err = newMessages(s.cfg.Dialog); err != nil {
		return err
	}
	if err := checkBargeIn(s.cfg.BargeIn, s.messages); err != nil {
		return err
	}
	understands, err := newParser(s.cfg.Dialog.NLU, s.gazetteer)
	if err != nil {
		return err
	}
	asked, err := newChooser(s.cfg.Dialog.NLU.Model, understands, s.metrics.Asked, s.log)
	if err != nil {
		return err
	}
	s.later(func() error { asked.Close(); return nil })
	configured := s.messages
	if s.messages, err = edited(ctx, s.db, configured); err != nil {
		return err
	}
	s.useMessages = func(m *dialog.Messages) {
		dialogs := conversations(s.cfg, m, s.gazetteer, understands, mathrand.Uint64)
		s.newDialog.Store(&dialogs)
	}
	s.useMessages(s.messages)
	s.prepareVoices(ctx)
	first, last, err := config.ParsePorts(s.cfg.RTP.Ports)
	if err != nil {
		return err
	}
	sound, err := mediaOptions(s.cfg.RTP)
	if err != nil {
		return err
	}
	if err := s.openSoftphone(understands, media.PortRange{Min: first, Max: last}); err != nil {
		return err
	}
	var watch call.Observer
	if s.demo {
		watch = newConsole(s.out)
	}
	var record call.Facts = factsTo{s.recorder, &s.served}
	if s.softphone != nil {
		watch, record = both{watch, s.softphone}, factsTo{record, s.softphone}
	}
	if s.cfg.HTTP.Debug {
		s.feed = newFeed(watch)
		watch, record = s.feed, facts{record, s.feed}
	}
	s.guard = call.NewGuard(s.cfg.Calls, runtime.GOMAXPROCS(0), s.log)
	watching, cancel := context.WithCancel(context.Background())
	s.running.Go(func() { s.guard.Run(watching) })
	s.later(func() error { cancel(); return nil })
	s.service = call.New(call.Config{
		Calls: s.cfg.Calls, Turns: s.cfg.Turns, BargeIn: s.cfg.BargeIn, Lines: s.cfg.Lines, BusyStatus: s.cfg.SIP.BusyStatus, EarlyMedia: s.cfg.SIP.Sessions.EarlyMedia,
		Ports: media.PortRange{Min: first, Max: last}, Sound: sound, Prompts: prompts(s.messages), Guard: s.guard,
		Speech: s.speech, Recognizer: s.hears, Voice: s.speaker,
		NewDialog: func() *dialog.Dialog { return (*s.newDialog.Load())() },
		Ending: func(state string, h []dialog.Hypothesis) dialog.Ending {
			return dialog.EndingOf(understands, state, h)
		},
		Chooser: asked,
		Search: func(_ context.Context, q workshop.Query, set workshop.Settings) (workshop.Result, error) {
			return s.catalogue.Search(q, set), nil
		},
		Messenger: s.outbox, Facts: record, Hash: s.key.Hash, Observer: watch, Capture: s.openCaptures(), Meter: s.metrics.Calls, Check: s.openCheckLine(), Phone: s.phone(), Log: s.log,
	})
	s.followEdits(configured)
	return nil
}

// listen opens the sockets: HTTP first, so that readiness can be asked for.
func (s *server) listen(ctx context.Context) error {
	ln, err := net.Listen("tcp", s.cfg.HTTP.Listen)
	if err != nil {
		return fmt.Errorf("serve: HTTP %s: %w; choose another address with http.listen or --http", s.cfg.HTTP.Listen, err)
	}
	s.httpAddr = ln.Addr()
	if c := s.cfg.HTTP; c.Certificate != "" {
		secure, err := sip.ServingTLS(c.Certificate, c.Key)
		if err != nil {
			return errors.Join(usage("http.certificate: %w", err), ln.Close())
		}
		ln = tls.NewListener(ln, secure)
	}
	handler := s.withSoftphone(s.withChecks(s.withReceipts(admin.Handler(s.links, s.metrics.Handler()))))
	if s.cfg.HTTP.Debug {
		debug := http.NewServeMux()
		debug.Handle("GET /debug/conversations", s.feed)
		debug.Handle("/", admin.WithDebug(handler))
		handler = debug
	}
	s.http = &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: time.Minute}
	s.running.Go(func() {
		if err := s.http.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			s.log.Error("HTTP ended", "error", err)
		}
	})
	s.later(s.http.Close)
	sc, err := sipConfig(s.cfg, s.log)
	if err != nil {
		return err
	}
	s.admitChecks(&sc)
	// The endpoint outlives the signal: calls go on while it drains.
	if s.endpoint, err = sip.Listen(context.WithoutCancel(ctx), sc, s.service); err != nil {
		return fmt.Errorf("serve: SIP %s: %w; choose another address with sip.listen or --sip", s.cfg.SIP.Listen, err)
	}
	s.later(s.endpoint.Close)
	s.listening.Store(true)
	s.watch()
	s.noteAvailability()
	close(s.listens)
	if err := s.startSoftphone(ctx); err != nil {
		return err
	}
	if err := s.startChecks(ctx); err != nil {
		return err
	}
	s.log.Info("listening", "sip", s.endpoint.Addr().String(), "http", s.httpAddr.String(), "recogniser", s.hears.Name(),
		"workshops", s.catalogue.Len(), "data", absolute(s.cfg.Data.Dir))
	return nil
}

// drain lets the calls end: no new ones, then the end after drain_seconds.
func (s *server) drain() {
	s.draining.Store(true)
	talking, waiting := s.service.InCall()
	s.log.Info("stopping: no new calls, those in progress may end", "talking", talking, "waiting", waiting, "seconds", s.cfg.Calls.DrainSeconds)
	s.endpoint.Drain(time.Duration(s.cfg.Calls.RetryAfterSeconds) * time.Second)
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(s.cfg.Calls.DrainSeconds)*time.Second)
	defer cancel()
	if err := s.service.Wait(ctx); err != nil {
		talking, _ := s.service.InCall()
		s.log.Warn("calls were still in progress and are ended", "calls", talking)
	}
}

func absolute(dir string) string {
	if abs, err := filepath.Abs(dir); err == nil {
		return abs
	}
	return dir
}
