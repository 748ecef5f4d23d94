package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"os/user"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"github.com/acotel/acotel-sbc/call"
	"github.com/acotel/acotel-sbc/config"
	"github.com/acotel/acotel-sbc/dialog"
	"github.com/acotel/acotel-sbc/edits"
	"github.com/acotel/acotel-sbc/privacy"
	"github.com/acotel/acotel-sbc/store"
)

// editsEvery is how often serve looks whether somebody edited something.
const editsEvery = 2 * time.Second

// author is who edits: the one named, else the user of this machine.
func author(named string) string {
	if named != "" {
		return named
	}
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return "inconnu"
}

// edited puts the stored edits over messages. One that does not fit any more is an error that names it.
func edited(ctx context.Context, db *store.DB, base *dialog.Messages) (*dialog.Messages, error) {
	now, err := edits.Current(ctx, db, edits.Message)
	if err != nil || len(now) == 0 {
		return base, err
	}
	for key, e := range now {
		if base, err = withMessage(base, key, e.Body); err != nil {
			return nil, err
		}
	}
	return base, nil
}

// withMessage puts one text, or a YAML list of texts, in place of a message; it is checked as a message file is.
func withMessage(base *dialog.Messages, key, body string) (*dialog.Messages, error) {
	var variants []string
	if err := yaml.Unmarshal([]byte(body), &variants); err != nil {
		variants = []string{body}
	}
	data, err := yaml.Marshal(map[string]map[string][]string{"messages": {key: variants}})
	if err != nil {
		return nil, err
	}
	return base.With("message "+key, data)
}

// followEdits loads what is edited while the service runs.
func (s *server) followEdits(configured *dialog.Messages) {
	s.beside(func(ctx context.Context) {
		tick := time.NewTicker(editsEvery)
		defer tick.Stop()
		var known int64 = -1
		for {
			latest, err := edits.Latest(ctx, s.db)
			if err == nil && latest != known {
				if err = s.applyEdits(ctx, configured); err == nil {
					known = latest
				}
			}
			if err != nil && ctx.Err() == nil {
				s.log.Warn("edits can't be loaded, what was in force stays", "error", err)
			}
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
	})
}

func (s *server) applyEdits(ctx context.Context, configured *dialog.Messages) error {
	m, err := edited(ctx, s.db, configured)
	if err != nil {
		return err
	}
	now, err := edits.Current(ctx, s.db, edits.Line)
	if err != nil {
		return err
	}
	over := map[string]call.Planned{}
	for _, e := range slices.SortedFunc(maps.Values(now), func(a, b edits.Edit) int { return cmp.Compare(a.ID, b.ID) }) {
		number := e.Key
		maps.DeleteFunc(over, func(other string, _ call.Planned) bool { return call.SameLine(other, number) }) // the newest word counts
		var l edits.LineEdit
		if err := json.Unmarshal([]byte(e.Body), &l); err != nil {
			return fmt.Errorf("edits: line %s: %w", number, err)
		}
		over[number] = call.Planned{Open: l.Open, From: l.From, Until: l.Until, Message: l.Message}
	}
	s.useMessages(m)
	s.service.Plan(over, prompts(m))
	s.prerender(ctx, m) // what was edited is there when the voice is not
	return nil
}

func (a *app) linesCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "lines", Short: "Shows, suspends and opens the lines of the running service", Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	var from, until, message, by string
	var unheard bool
	list := a.jsonFlag(&cobra.Command{Use: "list", Short: "Lists the lines and what is planned for them", Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.readStore(cmd.Context(), func(c config.Config, db *store.DB) error { return a.listLines(cmd.Context(), c, db) })
		}})
	suspend := &cobra.Command{Use: "suspend LINE", Short: "Suspends a line, now or as planned, with its own message (T4)", Args: args(cobra.ExactArgs(1)),
		Example: "  acotel-sbc lines suspend 0970000000 --data DIR --from 2026-12-24T18:00:00+01:00 --until 2026-12-26T08:00:00+01:00 --message \"Le service est fermé pour les fêtes.\"",
		RunE: func(cmd *cobra.Command, args []string) error {
			e := edits.LineEdit{Message: message}
			var err error
			if e.From, e.Until, err = (config.Line{SuspendedFrom: from, SuspendedUntil: until}).Suspension(); err != nil {
				return usage("lines suspend: %w", err)
			}
			if e.From.IsZero() {
				e.From = time.Now()
			}
			if !e.Until.IsZero() && !e.From.Before(e.Until) {
				return usage("lines suspend: it ends (%s) before it begins (%s)", e.Until.Format(time.RFC3339), e.From.Format(time.RFC3339))
			}
			return a.editLine(cmd.Context(), args[0], by, unheard, e)
		}}
	suspend.Flags().StringVar(&from, "from", "", "moment, as 2026-12-24T18:00:00+01:00; now when left out")
	suspend.Flags().StringVar(&until, "until", "", "moment; open end when left out")
	suspend.Flags().BoolVar(&unheard, "unheard", false, "do not have the voice say the message before it is taken")
	suspend.Flags().StringVar(&message, "message", "", "what callers hear; the standard message when left out")
	open := &cobra.Command{Use: "open LINE", Short: "Opens a line, whatever was planned", Args: args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.editLine(cmd.Context(), args[0], by, true, edits.LineEdit{Open: true})
		}}
	history := a.historyCommand(edits.Line, "LINE", "line")
	rollback := &cobra.Command{Use: "rollback LINE VERSION", Short: "Brings a version back; 0 is what the configuration says", Args: args(cobra.ExactArgs(2)),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := versionOf("lines", args[1])
			if err != nil {
				return err
			}
			return a.edit(cmd.Context(), func(c config.Config, db *store.DB, _ *slog.Logger) (edits.Edit, error) {
				key, err := a.lineKey(cmd.Context(), c, db, args[0])
				if err != nil {
					return edits.Edit{}, err
				}
				e, err := edits.Version(cmd.Context(), db, edits.Line, key, id)
				return edits.Edit{Kind: edits.Line, Key: key, Author: author(by), Body: e.Body}, err
			})
		}}
	for _, c := range []*cobra.Command{suspend, open, rollback} {
		c.Flags().StringVar(&by, "author", "", "who decides; the user of this machine when left out")
	}
	cmd.AddCommand(list, suspend, open, history, rollback)
	return cmd
}

// versionOf reads the number of a version.
func versionOf(command, text string) (int64, error) {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id < 0 {
		return 0, usage("%s rollback: %q is no version; acotel-sbc %s history lists them", command, text, command)
	}
	return id, nil
}

// historyCommand lists the versions of what is edited of a kind.
func (a *app) historyCommand(kind, arg, what string) *cobra.Command {
	return a.jsonFlag(&cobra.Command{Use: "history [" + arg + "]", Short: "Lists the versions of a " + what + ", or of all", Args: args(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.readStore(cmd.Context(), func(_ config.Config, db *store.DB) error {
				list, err := edits.History(cmd.Context(), db, kind, "")
				if err != nil {
					return err
				}
				list = slices.DeleteFunc(list, func(e edits.Edit) bool {
					return len(args) > 0 && e.Key != args[0] && (kind != edits.Line || !call.SameLine(e.Key, args[0]))
				})
				if a.json {
					return json.NewEncoder(a.out).Encode(append([]edits.Edit{}, list...))
				}
				if len(list) == 0 {
					fmt.Fprintln(a.out, "Aucune version : ce que dit la configuration est en vigueur.")
				}
				for _, e := range list {
					fmt.Fprintf(a.out, "%5d  %s  %-12s %s  %s\n", e.ID, e.At.Local().Format(time.DateTime), e.Author, e.Key, e.Body)
				}
				return nil
			})
		}})
}

// lineNow is a line as `lines list --json` prints it.
type lineNow struct {
	Number string          `json:"number"`
	Kind   config.LineKind `json:"kind"`
	Edit   *edits.LineEdit `json:"edit"`
	Author string          `json:"author,omitempty"`
	At     time.Time       `json:"at,omitzero"`
}

func (a *app) listLines(ctx context.Context, c config.Config, db *store.DB) error {
	now, err := edits.Current(ctx, db, edits.Line)
	if err != nil {
		return err
	}
	out := []lineNow{}
	for _, l := range c.Lines {
		out = append(out, lineNow{Number: l.Number, Kind: l.Kind})
	}
	for number, e := range now {
		i := slices.IndexFunc(out, func(l lineNow) bool { return call.SameLine(l.Number, number) })
		if i < 0 {
			out, i = append(out, lineNow{Number: number}), len(out)
		}
		out[i].Edit = &edits.LineEdit{}
		if err := json.Unmarshal([]byte(e.Body), out[i].Edit); err != nil {
			return fmt.Errorf("lines: %s: %w", number, err)
		}
		out[i].Author, out[i].At = e.Author, e.At
	}
	if a.json {
		return json.NewEncoder(a.out).Encode(out)
	}
	for _, l := range out {
		what := ""
		switch e := l.Edit; {
		case e == nil:
		case e.Open:
			what = "ouverte par " + l.Author
		default:
			what = "suspendue à partir du " + e.From.Format(time.RFC3339)
			if !e.Until.IsZero() {
				what += " jusqu'au " + e.Until.Format(time.RFC3339)
			}
			what += " par " + l.Author
		}
		fmt.Fprintf(a.out, "%-14s %-11s %s\n", l.Number, l.Kind, what)
	}
	return nil
}

func (a *app) editLine(ctx context.Context, number, by string, unheard bool, e edits.LineEdit) error {
	body, err := json.Marshal(e)
	if err != nil {
		return err
	}
	return a.edit(ctx, func(c config.Config, db *store.DB, log *slog.Logger) (edits.Edit, error) {
		edit := edits.Edit{Kind: edits.Line, Author: author(by), Body: string(body)}
		if edit.Key, err = a.lineKey(ctx, c, db, number); err != nil {
			return edit, err
		}
		if unheard {
			return edit, nil
		}
		return edit, rehearse(ctx, c, []string{e.Message}, log)
	})
}

// lineKey is a line as its versions name it: as it was written before, or as the configuration writes it. A line that the configuration does
// not have is refused: nothing would be suspended, and nobody would notice.
func (a *app) lineKey(ctx context.Context, c config.Config, db *store.DB, number string) (string, error) {
	key, known := strings.TrimSpace(number), false
	var all []string
	for _, l := range c.Lines {
		known = known || l.Number == "*"
		if call.SameLine(l.Number, number) {
			key, known = l.Number, true
		}
		all = append(all, l.Number)
	}
	switch {
	case key == "":
		return "", usage("lines: which line? its number is empty")
	case len(all) == 0:
		fmt.Fprintf(a.err, "Attention : aucune ligne dans cette configuration (-c) ; il n'est pas vérifié que %s en est une.\n", key)
	case !known:
		return "", usage("lines: %q is no line of the configuration; known are %s", number, strings.Join(all, ", "))
	}
	list, err := edits.History(ctx, db, edits.Line, "")
	for _, e := range list {
		if call.SameLine(e.Key, number) {
			key = e.Key
		}
	}
	return key, err
}

// edit stores what make made, and says so.
func (a *app) edit(ctx context.Context, make func(config.Config, *store.DB, *slog.Logger) (edits.Edit, error)) error {
	c, log, err := a.configured()
	if err != nil {
		return err
	}
	db, err := openStore(ctx, c, log, false)
	if err != nil {
		return err
	}
	defer db.Close()
	e, err := make(c, db, log)
	if err != nil {
		return err
	}
	e.At = time.Now()
	id, err := privacy.PutEdit(ctx, db, privacy.OpenLedger(db, c.Data.Dir), e)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.out, "version %d de %s, par %s ; le service en cours la prend dans les secondes qui suivent\n", id, e.Key, e.Author)
	return nil
}
