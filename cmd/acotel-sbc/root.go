package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
	"github.com/spf13/cobra"

	"github.com/acotel/acotel-sbc/config"
)

// Exit statuses of every command.
const (
	exitDone   = 0
	exitFailed = 1 // the thing asked for failed
	exitUsage  = 2 // wrong use or configuration
)

// usageError is wrong use: flags, arguments, configuration.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

func usage(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// reported is an error that the command has already put on standard error.
type reported struct{ error }

// app is what all commands share.
type app struct {
	in       io.Reader
	out, err io.Writer

	configFile string
	dataDir    string
	demo       bool
	sets       []string
	json       bool
}

// run executes one command line and returns its exit status.
func run(ctx context.Context, args []string, in io.Reader, out, errOut io.Writer) int {
	a := &app{in: in, out: out, err: errOut}
	root := a.root()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		err = errors.New("interrupted")
	}
	var u usageError
	var r reported
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &r):
		return exitFailed
	case errors.As(err, &u):
		fmt.Fprintln(errOut, prefixed(err))
		return exitUsage
	default:
		fmt.Fprintln(errOut, prefixed(err))
		return exitFailed
	}
}

// prefixed puts the program's name before each line of an error; what many said alike is told once.
func prefixed(err error) string {
	return "acotel-sbc: " + strings.Join(slices.Compact(strings.Split(err.Error(), "\n")), "\nacotel-sbc: ")
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "acotel-sbc",
		Short:         "A French telephone callbot that finds prevention workshops",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage("unknown command %q%s; acotel-sbc --help lists them", args[0], suggested(args[0], cmd.SuggestionsFor(args[0])))
			}
			return cmd.Help()
		},
	}
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.err)
	root.CompletionOptions.DisableDefaultCmd = true
	root.SuggestionsMinimumDistance = 2
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usage("%w; see %s --help", err, cmd.CommandPath())
	})
	f := root.PersistentFlags()
	f.StringVarP(&a.configFile, "config", "c", "", "configuration file (YAML)")
	f.StringVar(&a.dataDir, "data", "", "data folder, overrides data.dir")
	f.BoolVar(&a.demo, "demo", false, "embedded defaults and demonstration workshops, nothing sent outside")
	f.StringArrayVar(&a.sets, "set", nil, "set a configuration `key=value`, for example sip.listen=127.0.0.1:5070")
	root.AddCommand(a.serveCommand(), a.speechCommand(), a.callCommand(), a.benchCommand(), a.chatCommand(), a.dialogCommand(), a.simulateCommand(), a.placeCommand(), a.placesCommand(), a.searchCommand(), a.nluCommand(), a.speakCommand(), a.transcribeCommand(),
		a.workshopsCommand(), a.tracesCommand(), a.statsCommand(), a.verbatimsCommand(), a.modelsCommand(), a.smsCommand(), a.checkCommand(), a.linesCommand(), a.messagesCommand(), a.reportCommand(), a.captureCommand(), a.configCommand())
	root.AddCommand(a.privacyCommand(), a.backupCommand(), a.restoreCommand(), a.exportCommand(), a.softphoneCommand())
	return root
}

func suggested(word string, names []string) string {
	if len(names) == 0 {
		return ""
	}
	nearest := slices.MinFunc(names, func(a, b string) int {
		return cmp.Compare(levenshtein.ComputeDistance(word, a), levenshtein.ComputeDistance(word, b))
	})
	return fmt.Sprintf(", did you mean %q?", nearest)
}

// args wraps a cobra check of arguments, so that failing it is wrong use.
func args(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, a []string) error {
		if err := check(cmd, a); err != nil {
			return usage("%w; usage: %s", err, cmd.UseLine())
		}
		return nil
	}
}

// exclusive makes it wrong use to give more than one of these flags.
func exclusive(cmd *cobra.Command, names ...string) {
	check := cmd.Args
	cmd.Args = func(cmd *cobra.Command, a []string) error {
		var given []string
		for _, n := range names {
			if cmd.Flags().Changed(n) {
				given = append(given, "--"+n)
			}
		}
		if len(given) > 1 {
			return usage("%s exclude each other; usage: %s", strings.Join(given, " and "), cmd.UseLine())
		}
		return check(cmd, a)
	}
}

// jsonFlag adds --json.
func (a *app) jsonFlag(cmd *cobra.Command) *cobra.Command {
	cmd.Flags().BoolVar(&a.json, "json", false, "print JSON on standard output, nothing else")
	return cmd
}

// load reads the configuration: file, environment, --set, then the flags extra
// (key=value), which override all.
func (a *app) load(environ []string, extra ...string) (config.Config, error) {
	sets := append([]string(nil), a.sets...)
	if a.dataDir != "" {
		sets = append(sets, "data.dir="+a.dataDir)
	}
	c, err := config.Load(config.Default(), config.Options{File: a.configFile, Environ: environ, Set: append(sets, extra...)})
	if err != nil {
		return c, usageError{err}
	}
	if a.demo {
		c = c.AsDemo()
	}
	return c, nil
}
