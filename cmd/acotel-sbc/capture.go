package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/user"
	"time"

	"github.com/spf13/cobra"

	"github.com/acotel/acotel-sbc/call"
	"github.com/acotel/acotel-sbc/capture"
	"github.com/acotel/acotel-sbc/config"
	"github.com/acotel/acotel-sbc/personal"
	"github.com/acotel/acotel-sbc/sip"
)

// takeTime is how long the command waits for the service to take a request.
const takeTime = 5 * time.Second

// openCaptures makes what chooses the calls to be captured. It looks for requests once the endpoint is there, and ends after it.
func (s *server) openCaptures() call.Capturer {
	c := s.cfg.Capture
	s.captures = capture.NewManager(s.cfg.Data.Dir, capture.Limits{Bytes: int64(c.MaxMB) << 20, Time: time.Duration(c.MaxSeconds) * time.Second, Keep: keepCaptures(s.cfg)},
		s.wantMessages, func(gone []capture.File) {
			if err := purger(s.cfg, s.db).CapturesGone(context.Background(), "serve", gone); err != nil {
				s.log.Error("captures were deleted, their certificate can't be written", "files", len(gone), "error", err)
			}
		}, s.log)
	s.beside(func(ctx context.Context) {
		select {
		case <-s.listens:
			s.captures.Run(ctx)
		case <-ctx.Done():
		}
	})
	return func(c call.Captured) (call.Recording, bool) {
		r := s.captures.Begin(capture.Call{ID: c.ID, CallID: c.CallID, Line: c.Line, Called: c.Called, CallerHash: c.CallerHash, LocalIP: c.LocalIP})
		return r, r != nil
	}
}

func keepCaptures(c config.Config) time.Duration {
	return time.Duration(c.Capture.KeepHours) * time.Hour
}

// wantMessages lets the endpoint tell of its messages while a call is awaited or captured.
func (s *server) wantMessages(yes bool) {
	if !yes {
		s.endpoint.Trace(nil)
		return
	}
	s.endpoint.Trace(func(t sip.Trace) {
		s.captures.Message(capture.Message{At: t.At, Sent: t.Sent, Local: t.Local, Remote: t.Remote, CallID: t.CallID, Data: t.Message})
	})
}

func (a *app) captureCommand() *cobra.Command {
	var next bool
	var line, caller string
	var calls int
	cmd := &cobra.Command{
		Use:   "capture",
		Short: "Lets the running service capture one call, signalling and sound, into a file for Wireshark that expires",
		Long: `Asks the service that runs on the data folder to capture the next call that fits into DATA/captures, as pcapng. The
file holds what was said and the caller's number: it is readable by its owner alone and deleted after capture.keep_hours.`,
		Example: `  acotel-sbc capture --next --data /var/lib/acotel
  acotel-sbc capture --caller 0612345678 -c acotel.yaml
  acotel-sbc capture list --data /var/lib/acotel`,
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !next && line == "" && caller == "" {
				return usage("capture: which call? --next, --line NUMBER or --caller NUMBER")
			}
			return a.askCapture(cmd.Context(), line, caller, calls)
		},
	}
	f := cmd.Flags()
	f.BoolVar(&next, "next", false, "the next call, whatever it is")
	f.StringVar(&line, "line", "", "the next call to this number, or of this kind of line: production, test, echo")
	f.StringVar(&caller, "caller", "", "the next call of this caller's number, of which only the hash is kept")
	f.IntVar(&calls, "calls", 1, "how many calls, 1 to 20")
	exclusive(cmd, "next", "line")
	exclusive(cmd, "next", "caller")
	cmd.AddCommand(a.captureListCommand(), a.captureCancelCommand(), a.captureDeleteCommand())
	return cmd
}

// askCapture leaves the request. Who wants to hear a caller is written down first: without the audit log nothing is captured (G5).
func (a *app) askCapture(ctx context.Context, line, caller string, calls int) error {
	c, err := a.load(os.Environ())
	if err != nil {
		return err
	}
	if calls < 1 || calls > 20 {
		return usage("capture: --calls %d is outside 1 to 20", calls)
	}
	r := capture.Request{Line: line, Calls: calls, AskedAt: time.Now(), Until: time.Now().Add(time.Duration(c.Capture.ArmedMinutes) * time.Minute), By: userName()}
	if n := sip.ParseNumber(line); !n.E164.IsZero() {
		r.Line = n.E164.Reveal()
	}
	detail := map[string]any{"calls": calls, "line": line}
	if caller != "" {
		if r.Caller, err = hashOf(c, caller); err != nil {
			return err
		}
		detail["caller"] = sip.ParseNumber(caller).E164 // prints masked
	}
	if err := a.audited(ctx, "capture", detail); err != nil {
		return fmt.Errorf("capture: %w", err)
	}
	if err := capture.Ask(c.Data.Dir, r, takeTime); err != nil {
		return err
	}
	fmt.Fprintf(a.out, "Capture demandée, jusqu'à %s. Le fichier sera dans %s/captures et sera effacé après %d h.\n",
		r.Until.Format("15:04"), c.Data.Dir, c.Capture.KeepHours)
	return nil
}

// hashOf is the hash under which the service knows a number.
func hashOf(c config.Config, number string) (string, error) {
	n := sip.ParseNumber(number)
	if n.E164.IsZero() {
		return "", usage("capture: --caller %q is no telephone number", number)
	}
	key, err := personal.OpenNumberKey(c.Data.Dir, rand.Reader)
	if err != nil {
		return "", err
	}
	return key.Hash(n.E164), nil
}

// userName says who asks, for the log.
func userName() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return fmt.Sprintf("uid %d", os.Getuid())
}

func (a *app) captureListCommand() *cobra.Command {
	return a.jsonFlag(&cobra.Command{
		Use:   "list",
		Short: "Lists the captures of the data folder",
		Args:  args(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			c, err := a.load(os.Environ())
			if err != nil {
				return err
			}
			files, err := capture.Files(c.Data.Dir, keepCaptures(c))
			if err != nil {
				return err
			}
			if a.json {
				if files == nil {
					files = []capture.File{}
				}
				return json.NewEncoder(a.out).Encode(files)
			}
			for _, f := range files {
				fmt.Fprintf(a.out, "%s  %d Ko, effacé le %s\n", f.Name, (f.Bytes+1023)/1024, f.Expires.Format("02/01/2006 à 15:04"))
			}
			return nil
		},
	})
}

func (a *app) captureCancelCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "cancel",
		Short: "Gives up the capture that waits for its call",
		Args:  args(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			c, err := a.load(os.Environ())
			if err != nil {
				return err
			}
			return capture.Ask(c.Data.Dir, capture.Request{Cancel: true, By: userName(), AskedAt: time.Now()}, takeTime)
		},
	}
}

func (a *app) captureDeleteCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "delete",
		Short: "Deletes all captures of the data folder now",
		Args:  args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.load(os.Environ())
			if err != nil {
				return err
			}
			gone, err := capture.Delete(c.Data.Dir)
			fmt.Fprintf(a.out, "Captures effacées : %d\n", len(gone))
			if len(gone) > 0 {
				err = errors.Join(err, a.audited(cmd.Context(), "capture delete", map[string]any{"files": len(gone)}))
			}
			return err
		},
	}
}
