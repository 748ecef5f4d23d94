package sip

import (
	"context"
	"fmt"
	"log/slog"
	"regexp"
	"sync"

	"github.com/emiago/sipgo/sip"

	"github.com/acotel/acotel-sbc/personal"
)

// sipgo keeps some of its settings in package variables. They are written here once, before the first transport exists, and
// never again: its goroutines read them without a lock. A second endpoint of the process has to want the same.
var library struct {
	sync.Mutex
	set    bool
	timers [3]int64
}

// setLibrary prepares sipgo for cfg:
//   - timers T1, T2, T4 and all that derive from them (RFC 3261 §17);
//   - no bound on UDP messages, which it would otherwise not send at all past 1300 bytes: operators' messages are larger, and
//     IP fragments them;
//   - a read buffer for whole datagrams;
//   - no logger by default: its connections log addresses and message text that we do not want to keep.
func setLibrary(cfg Config) error {
	library.Lock()
	defer library.Unlock()
	timers := [3]int64{int64(cfg.T1), int64(cfg.T2), int64(cfg.T4)}
	if library.set {
		if timers != library.timers {
			return fmt.Errorf("%w: T1, T2 and T4 must be the same for all endpoints of a process", ErrConfig)
		}
		return nil
	}
	library.set, library.timers = true, timers
	sip.SetTimers(cfg.T1, cfg.T2, cfg.T4)
	sip.UDPMTUSize = maxDatagram + 200 // it subtracts 200
	sip.TransportBufferReadSize = maxDatagram
	sip.SetDefaultLogger(slog.New(slog.DiscardHandler))
	return nil
}

// libraryLog lets sipgo's warnings through to our log without what it attaches to them: whole messages, with numbers in clear.
type libraryLog struct{ next slog.Handler }

func (h libraryLog) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelWarn && h.next.Enabled(ctx, slog.LevelWarn)
}

func (h libraryLog) Handle(ctx context.Context, r slog.Record) error {
	// Its errors are about single messages of a peer; for us that is a warning.
	masked := slog.NewRecord(r.Time, slog.LevelWarn, "sip: library: "+r.Message, r.PC)
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "error" {
			masked.AddAttrs(slog.String("error", maskDigits(a.Value.String())))
		}
		return true
	})
	return h.next.Handle(ctx, masked)
}

func (h libraryLog) WithAttrs([]slog.Attr) slog.Handler { return h }
func (h libraryLog) WithGroup(string) slog.Handler      { return h }

var longDigits = regexp.MustCompile(`\d{6,}`)

// maskDigits hides the last 4 digits of whatever may be a telephone number; in what a peer sent short ones, too.
func maskDigits(s string) string {
	return personal.HideNumbers(longDigits.ReplaceAllStringFunc(s, personal.MaskTail))
}
