package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/acotel/acotel-sbc/bench"
	"github.com/acotel/acotel-sbc/config"
	"github.com/acotel/acotel-sbc/media"
	"github.com/acotel/acotel-sbc/sip"
	"github.com/acotel/acotel-sbc/tts"
)

// stepFlag collects --say, --dtmf and --wav in the order given.
type stepFlag struct {
	steps *[]bench.Step
	make  func(text string) (bench.Step, error)
	kind  string
}

func (f stepFlag) String() string { return "" }
func (f stepFlag) Type() string   { return f.kind }
func (f stepFlag) Set(text string) error {
	s, err := f.make(text)
	*f.steps = append(*f.steps, s)
	return err
}

func (a *app) callCommand() *cobra.Command {
	var o callOptions
	cmd := a.jsonFlag(&cobra.Command{
		Use:   "call URI",
		Short: "Calls a SIP address, speaks or keys when the other side falls silent, and prints what happened",
		Example: `  acotel-sbc call sip:0970000000@127.0.0.1:5060 --from 0639980001 --dtmf "84000#" --record heard.wav
  acotel-sbc call "sip:0970000000@127.0.0.1;transport=tcp" --say "Bonjour" --dtmf 1 --json`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.uri = args[0]
			return a.call(cmd.Context(), o)
		},
	})
	f := cmd.Flags()
	f.Var(stepFlag{&o.steps, func(t string) (bench.Step, error) { return bench.Step{Say: t}, nonEmpty(t) }, "text"}, "say", "say this in French (steps are done in the order given)")
	f.Var(stepFlag{&o.steps, func(t string) (bench.Step, error) { return bench.Step{Keys: t}, keys(t) }, "keys"}, "dtmf", "press these keys: 0-9 * # A-D")
	f.Var(stepFlag{&o.steps, wavStep, "file"}, "wav", "play this WAV file")
	f.StringVar(&o.from, "from", "0199000001", "caller's number, empty: withheld")
	f.StringVar(&o.record, "record", "", "write what is heard to this WAV file")
	f.DurationVar(&o.max, "max", 5*time.Minute, "longest call")
	f.DurationVar(&o.linger, "linger", 4*time.Second, "silence after the last step before hanging up")
	f.DurationVar(&o.quiet, "quiet", 1100*time.Millisecond, "silence after which the other side has spoken to its end and the next step is done")
	f.StringVar(&o.srtp, "srtp", "allowed", "protect the sound by SRTP: off, allowed (offered over TLS) or required")
	f.BoolVar(&o.comfort, "comfort-noise", false, "offer comfort noise (RFC 3389) and send it instead of silence")
	f.DurationVar(&o.ptime, "ptime", 0, "ask for packets of 10ms to 60ms; 0: 20ms")
	f.BoolVar(&o.eager, "at-once", false, "do the first step at once, without waiting for the other side to speak")
	f.StringVar(&o.codec, "codec", "", "offer these codecs alone, preferred first: PCMA, PCMU, G722, opus")
	return cmd
}

type callOptions struct {
	uri, from, record, codec, srtp string
	steps                          []bench.Step
	max, linger, quiet, ptime      time.Duration
	eager, comfort                 bool
}

func nonEmpty(t string) error {
	if strings.TrimSpace(t) == "" {
		return errors.New("is empty")
	}
	return nil
}

func keys(t string) error {
	if t == "" || strings.Trim(t, "0123456789*#ABCD") != "" {
		return fmt.Errorf("%q holds something that is no key: 0-9 * # A-D", t)
	}
	return nil
}

// wavStep reads a file into sound at the line's rate.
func wavStep(name string) (bench.Step, error) {
	f, err := os.Open(name)
	if err != nil {
		return bench.Step{}, err
	}
	defer f.Close()
	pcm, rate, err := media.ReadWAV(f)
	if err != nil {
		return bench.Step{}, fmt.Errorf("%s: %w", name, err)
	}
	if rate != media.LineRate {
		r, err := media.NewResampler(rate, media.LineRate)
		if err != nil {
			return bench.Step{}, fmt.Errorf("%s: %w", name, err)
		}
		pcm = r.Flush(r.Process(nil, pcm))
	}
	return bench.Step{PCM: pcm, Name: name}, nil
}

func (a *app) call(ctx context.Context, o callOptions) error {
	c, err := a.load(os.Environ())
	if err != nil {
		return err
	}
	log, err := newLog(a.err, config.Log{Level: "error", Format: "text"})
	if err != nil {
		return err
	}
	caller := bench.Caller{URI: o.uri, From: o.from, Steps: o.steps, Record: o.record != "", Max: o.max, Linger: o.linger, Quiet: o.quiet, Eager: o.eager, Log: log}
	if o.codec != "" {
		if caller.Sound.Codecs, err = media.CodecsByName(strings.Split(o.codec, ",")...); err != nil {
			return usage("call: --codec: %v", err)
		}
	}
	if o.ptime != 0 && (o.ptime < 10*time.Millisecond || o.ptime > 60*time.Millisecond || o.ptime%(10*time.Millisecond) != 0) {
		return usage("call: --ptime %v: use 10ms to 60ms, in steps of 10ms", o.ptime)
	}
	for name, d := range map[string]time.Duration{"max": o.max, "linger": o.linger, "quiet": o.quiet} {
		if d <= 0 {
			return usage("call: --%s %v: give a time above zero, for example 5s", name, d)
		}
	}
	caller.Sound.PTime, caller.Sound.ComfortNoise = o.ptime, o.comfort
	if caller.Sound.SRTP, err = srtpPolicy(o.srtp); err != nil {
		return usage("call: --srtp: %v", err)
	}
	for _, s := range o.steps {
		if s.Say != "" && caller.Voice == nil {
			speaker, closeVoice, err := newSpeaker(ctx, c, speakerOptions{}, log)
			if err != nil {
				return err
			}
			defer closeVoice()
			caller.Voice = voiceOf(speaker)
		}
	}
	if !a.json {
		caller.Watch = func(e bench.Event) { fmt.Fprintf(a.out, "%7d ms  %-12s %s\n", e.TMS, e.Kind, e.Detail) }
	}
	ep, err := callerEndpoint(ctx, o.uri)
	if err != nil {
		return err
	}
	defer ep.Close()
	report, heard, err := caller.Call(ctx, ep)
	if o.record != "" && len(heard) > 0 {
		if werr := writeWAV(o.record, heard); werr != nil {
			return errors.Join(err, werr)
		}
	}
	if a.json {
		if jerr := json.NewEncoder(a.out).Encode(report); jerr != nil {
			return jerr
		}
	} else if err == nil {
		fmt.Fprintf(a.out, "%.1f s, codec %s, raccroché par %s ; entendu %.1f s dont %.1f s de parole, %d paquets, %d perdus\n", float64(report.DurationMS)/1000,
			report.Codec, report.EndedBy, report.Heard.Seconds, report.Heard.SpeechSeconds, report.Heard.Packets, report.Heard.Lost)
	}
	return err
}

func writeWAV(name string, pcm []int16) error {
	f, err := os.Create(name)
	if err != nil {
		return fmt.Errorf("call: the recording can't be written: %w", err)
	}
	return errors.Join(media.WriteWAV(f, pcm, media.LineRate), f.Close())
}

func voiceOf(s *tts.Speaker) bench.Speak {
	return func(ctx context.Context, text string) ([]int16, error) {
		pcm, _, err := say(ctx, s, text, 1)
		return pcm, err
	}
}

// callerEndpoint is a SIP endpoint for outgoing calls alone: every answer is
// welcome, no call is taken.
func callerEndpoint(ctx context.Context, uri string) (*sip.Endpoint, error) {
	listen := "0.0.0.0:0"
	if ip := bench.LocalIP(uri); ip.IsLoopback() {
		listen = netip.AddrPortFrom(ip, 0).String()
	}
	everyone := []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}
	return sip.Listen(ctx, sip.Config{Listen: listen, Trunks: []sip.Trunk{{Name: "called", Peers: everyone}}},
		sip.HandlerFunc(func(_ context.Context, c *sip.Call) { _ = c.Reject(486, 0) }))
}
