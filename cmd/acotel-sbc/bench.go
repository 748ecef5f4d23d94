package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/acotel/acotel-sbc/bench"
	"github.com/acotel/acotel-sbc/bench/load"
	"github.com/acotel/acotel-sbc/config"
	"github.com/acotel/acotel-sbc/sip"
)

// benchOptions are the flags of the bench verbs.
type benchOptions struct {
	load.Options
	jsonFile, htmlFile string
}

func (a *app) benchCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measures a SIP server under load: cost, pacing, answers, silence, bad lines, limits",
		Long: `Measures a SIP server under load. Without --target it starts its own "serve --demo" as a child, with slots, rate limits and
guards lifted and no recogniser, and reads the child's processor time and memory.`,
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(
		benchVerb(a, "media", "What calls that play and listen cost, and how evenly they are served", load.Options{Calls: 300, Seconds: 30, Rate: 50}, load.Media),
		benchVerb(a, "setup", "How fast calls are answered", load.Options{Seconds: 30, Rate: 50}, load.Setup),
		benchVerb(a, "bargein", "How soon the voice falls silent when the caller speaks over it", load.Options{Calls: 10, Seconds: 40, Rate: 10}, load.BargeIn),
		benchVerb(a, "impair", "What is understood over bad lines: keys, MOS, sound made up; --calls is for each kind of line", load.Options{Calls: 5, Seconds: 20, Rate: 25}, load.Impair),
		benchVerb(a, "soak", "What short calls leave behind: goroutines, sockets, heap; --seconds does not count", load.Options{Calls: 10000, Rate: 50}, load.Soak),
		a.benchTalk(),
		benchVerb(a, "limit", "How many calls are carried well, and what gives way first; --calls is the step", load.Options{Calls: 100, Seconds: 8, Rate: 50}, load.Limit),
	)
	return cmd
}

// benchVerb makes the command of one measurement.
func benchVerb[R load.Result](a *app, name, short string, defaults load.Options, measure func(context.Context, load.Options) (R, error)) *cobra.Command {
	return benchVerbWith(a, &benchOptions{Options: defaults}, name, short, measure)
}

// benchVerbWith is benchVerb for one that has flags of its own.
func benchVerbWith[R load.Result](a *app, o *benchOptions, name, short string, measure func(context.Context, load.Options) (R, error)) *cobra.Command {
	defaults := o.Options
	cmd := &cobra.Command{Use: name, Short: short, Args: args(cobra.NoArgs)}
	f := cmd.Flags()
	f.IntVar(&o.Calls, "calls", defaults.Calls, "how many calls (setup: 0 for rate times seconds)")
	f.IntVar(&o.Seconds, "seconds", defaults.Seconds, "how long is measured")
	f.Float64Var(&o.Rate, "rate", defaults.Rate, "new calls in a second")
	f.StringVar(&o.Target, "target", "", "measure this `SIP URI` and not a server of our own")
	f.StringVar(&o.jsonFile, "json", "", "write the result to this `file` as JSON")
	f.StringVar(&o.htmlFile, "html", "", "write a report with charts to this `file`")
	f.StringVar(&o.Profile, "profile", "", "write the server's processor profile over the measurement to this `file`")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		return a.bench(ctx, *o, func(ctx context.Context, lo load.Options) (load.Result, error) { return measure(ctx, lo) })
	}
	return cmd
}

// bench fills in what a measurement needs, makes it, and writes what it found.
func (a *app) bench(ctx context.Context, o benchOptions, measure func(context.Context, load.Options) (load.Result, error)) error {
	c, err := a.load(os.Environ())
	if err != nil {
		return err
	}
	log, err := newLog(a.err, config.Log{Level: "error", Format: "text"})
	if err != nil {
		return err
	}
	for flag, name := range map[string]string{"json": o.jsonFile, "html": o.htmlFile, "profile": o.Profile} {
		if err := writable(name); err != nil { // told now, not when the measurement is over
			return fmt.Errorf("bench: --%s: %w", flag, err)
		}
	}
	uri := o.Target
	if uri == "" {
		uri = "sip:127.0.0.1"
		if o.Server, err = a.benchServer(); err != nil {
			return err
		}
	}
	o.IP = bench.LocalIP(uri)
	o.Endpoint = func(ctx context.Context) (*sip.Endpoint, error) { return callerEndpoint(ctx, uri) }
	o.Voice = func(ctx context.Context, text string) ([]int16, error) {
		speaker, closeVoice, err := newSpeaker(ctx, c, speakerOptions{}, log)
		if err != nil {
			return nil, err
		}
		defer closeVoice()
		return voiceOf(speaker)(ctx, text)
	}
	o.Progress = a.progress()
	res, err := measure(ctx, o.Options)
	if errors.Is(err, load.ErrOptions) {
		return usageError{err}
	}
	if err != nil {
		return err
	}
	report := res.Report()
	load.WriteTable(a.out, report)
	if o.jsonFile != "" {
		err = errors.Join(err, writeFile(o.jsonFile, func(f io.Writer) error {
			e := json.NewEncoder(f)
			e.SetIndent("", "  ")
			return e.Encode(res)
		}))
	}
	if o.htmlFile != "" {
		err = errors.Join(err, writeFile(o.htmlFile, func(f io.Writer) error { return load.WriteHTML(f, report, time.Now()) }))
	}
	if nothing, ok := res.(interface{ Err() error }); ok {
		err = errors.Join(err, nothing.Err())
	}
	return err
}

// benchServer is the server that a bench starts: this program, with the settings given on the command line.
func (a *app) benchServer() (load.ServerConfig, error) {
	program, err := os.Executable()
	if err != nil {
		return load.ServerConfig{}, fmt.Errorf("bench: where this program lies: %w", err)
	}
	s := load.ServerConfig{Program: program}
	if a.configFile != "" {
		s.Args = append(s.Args, "-c", a.configFile)
	}
	if a.dataDir != "" {
		s.Args = append(s.Args, "--data", a.dataDir)
	}
	for _, set := range a.sets {
		s.Args = append(s.Args, "--set", set)
	}
	return s, nil
}

// progress shows on standard error what goes on: over itself on a terminal, else a line now and then.
func (a *app) progress() func(format string, args ...any) {
	terminal := false
	if f, ok := a.err.(*os.File); ok {
		info, err := f.Stat()
		terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	var last time.Time
	return func(format string, args ...any) {
		text := fmt.Sprintf(format, args...)
		switch {
		case terminal:
			fmt.Fprintf(a.err, "\r\x1b[K%s", text)
		case time.Since(last) >= 5*time.Second:
			last = time.Now()
			fmt.Fprintln(a.err, "bench: "+text)
		}
	}
}

// writable tells whether a file can be written, and leaves everything as it is. "" is none.
func writable(name string) error {
	if name == "" {
		return nil
	}
	info, err := os.Stat(name)
	switch {
	case err == nil && info.IsDir():
		return fmt.Errorf("%s is a folder; give a file", name)
	case err == nil:
		f, err := os.OpenFile(name, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		return f.Close()
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".bench-*")
	if err != nil {
		return fmt.Errorf("%s can't be written: %w", name, errors.Unwrap(err))
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

func writeFile(name string, write func(io.Writer) error) error {
	f, err := os.Create(name)
	if err != nil {
		return fmt.Errorf("bench: the result can't be written: %w", err)
	}
	return errors.Join(write(f), f.Close())
}
