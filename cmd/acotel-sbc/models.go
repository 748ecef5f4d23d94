package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/acotel/acotel-sbc/asr/whisper/ct2"
	whisper "github.com/acotel/acotel-sbc/asr/whisper/graph"
	"github.com/acotel/acotel-sbc/asr/whisper/install"
	"github.com/acotel/acotel-sbc/models"
)

func (a *app) modelsCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "models", Short: "The recogniser's models: list, install, verify, use", Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	cmd.AddCommand(a.modelsListCommand(), a.modelsInstallCommand(), a.modelsVerifyCommand(), a.modelsUseCommand())
	return cmd
}

// modelFolders are where models are looked for.
func (a *app) modelFolders() ([]string, error) {
	c, _, err := a.configured()
	return models.Folders(c.Models.Dir), err
}

// listed is what models list --json prints of a model.
type listed struct {
	Name      string `json:"name"`
	Size      string `json:"size"`
	Installed bool   `json:"installed"`
	Used      bool   `json:"used"`
	Bytes     int64  `json:"bytes,omitempty"`
	Dir       string `json:"dir,omitempty"`
	Source    string `json:"source_sha256,omitempty"`
	Spoilt    string `json:"spoilt,omitempty"` // why it can't be used
}

func (a *app) modelsListCommand() *cobra.Command {
	return a.jsonFlag(&cobra.Command{Use: "list", Short: "Models installed, and those that could be", Args: args(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			dirs, err := a.modelFolders()
			if err != nil {
				return err
			}
			all, err := install.List(dirs)
			if err != nil {
				return err
			}
			used, err := install.Used(dirs)
			if err != nil && !errors.Is(err, install.ErrUnknown) && !errors.Is(err, install.ErrSpoilt) {
				return err
			}
			if err != nil && len(all) > 0 && !errors.Is(err, install.ErrSpoilt) {
				fmt.Fprintln(a.err, prefixed(fmt.Errorf("models: none of these serves: %w; acotel-sbc models use NAME chooses one of them", err)))
			}
			there, rows := map[string]bool{}, []listed{}
			for _, m := range all {
				m.Spoilt = cmp.Or(m.Spoilt, sized(m))
				row := listed{Name: m.Name, Size: m.Size, Installed: m.Spoilt == nil, Used: m.Name == used.Name, Bytes: m.Bytes(), Dir: m.Dir, Source: m.Source}
				if m.Spoilt != nil {
					row.Spoilt = m.Spoilt.Error()
				}
				there[m.Size], there[m.Name] = true, true
				rows = append(rows, row)
			}
			for _, s := range whisper.Sizes {
				if !there[s.Name] {
					rows = append(rows, listed{Name: s.Name, Size: s.Name, Source: install.Published[s.Name]})
				}
			}
			if a.json {
				return json.NewEncoder(a.out).Encode(rows)
			}
			for _, r := range rows {
				state := "not installed"
				switch {
				case r.Spoilt != "" && r.Used:
					state = "chosen, but can't serve: " + r.Spoilt
				case r.Spoilt != "":
					state = r.Spoilt
				case r.Installed:
					state = fmt.Sprintf("%d MB in %s", r.Bytes/1e6, r.Dir)
				}
				if r.Used && r.Installed {
					state += ", serves"
				}
				fmt.Fprintf(a.out, "%-16s %s\n", r.Name, state)
			}
			return nil
		}})
}

func (a *app) modelsInstallCommand() *cobra.Command {
	var from, sum string
	var keep bool
	cmd := &cobra.Command{
		Use:   "install NAME",
		Short: "Makes a model ready: base from what make setup fetched, any Whisper in CTranslate2's format with --from",
		Example: "  acotel-sbc models install base\n" +
			"  acotel-sbc models install small --from https://models.example/faster-whisper-small/model.bin --sha256 3e30…",
		Args: args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, names []string) error {
			dirs, err := a.modelFolders()
			if err != nil {
				return err
			}
			return a.installModel(cmd.Context(), dirs, names[0], from, sum, keep)
		},
	}
	cmd.Flags().StringVar(&from, "from", "", "file or address of the model.bin")
	cmd.Flags().StringVar(&sum, "sha256", "", "its SHA-256; known for "+strings.Join([]string{"base", "small"}, " and "))
	cmd.Flags().BoolVar(&keep, "keep", false, "do nothing when the model is there and whole")
	return cmd
}

// installModel makes a model ready. One installation into a folder goes on at a time; what one that was killed left is removed by the next.
func (a *app) installModel(ctx context.Context, dirs []string, name, from, sum string, keep bool) error {
	if err := install.CheckName(name); err != nil {
		return usage("%w", err)
	}
	switch {
	case from == "" && name != "base":
		return usage("models install %s: only base comes with make setup; name the model.bin of another with --from FILE or ADDRESS", name)
	case from == "" && sum != "":
		return usage("models install %s: --sha256 belongs to --from; what make setup fetched has its sum in the program", name)
	}
	there := func() bool {
		m, err := install.Find(name, dirs)
		if err != nil || m.Verify() != nil {
			return false
		}
		fmt.Fprintf(a.out, "   all there: %s\n", m.Dir)
		return true
	}
	if keep && there() {
		return nil
	}
	dir := modelsFolder(dirs)
	if from != "" { // what is wrong with it is known before anything is waited for or fetched
		if _, err := install.From(name, os.DevNull, sum); err != nil {
			return usage("%w", err)
		}
		if kind, _, remote := strings.Cut(from, "://"); remote && kind != "http" && kind != "https" {
			return usage("%w: %s", models.ErrAddress, from)
		}
	}
	unlock, err := models.Lock(ctx, dir, func() {
		fmt.Fprintln(a.err, prefixed(fmt.Errorf("models install: another installation into %s is going on, waiting for its end", dir)))
	})
	if err != nil {
		return err
	}
	defer unlock()
	if keep && there() { // the other one was after the same
		return nil
	}
	if err := models.Sweep(dir); err != nil {
		return fmt.Errorf("models install %s: what an interrupted installation left can't be removed: %w", name, err)
	}
	m, err := installFrom(ctx, dirs, dir, name, from, sum)
	if err != nil {
		return fmt.Errorf("models install %s: %w", name, err)
	}
	fmt.Fprintf(a.out, "   Whisper %s installed in %s, %d MB\n", m.Size, m.Dir, m.Bytes()/1e6)
	return nil
}

// modelsFolder is the one of dirs to install into: where make setup put what it fetched. The first may be beside the program, in a place that
// nobody may write.
func modelsFolder(dirs []string) string {
	if path, err := models.Find(models.ONNXRuntime, dirs...); err == nil {
		return filepath.Dir(filepath.Dir(path))
	}
	return dirs[0]
}

// fetchStall is the longest silence of an address.
const fetchStall = time.Minute

// installFrom does the work, with dir locked. Interrupted, it leaves nothing.
func installFrom(ctx context.Context, dirs []string, dir, name, from, sum string) (install.Model, error) {
	var source install.Source
	var err error
	switch {
	case from == "":
		source, err = install.Base(dirs)
	case strings.Contains(from, "://"):
		var path string
		if path, err = models.Fetch(ctx, dir, from, fetchStall); err != nil {
			return install.Model{}, err
		}
		defer os.Remove(path)
		source, err = install.From(name, path, sum)
	default:
		source, err = install.From(name, from, sum)
	}
	if err != nil {
		return install.Model{}, err
	}
	type outcome struct {
		model install.Model
		err   error
	}
	done := make(chan outcome, 1)
	go func() {
		m, err := install.Install(source, name, dir)
		done <- outcome{m, err}
	}()
	select {
	case o := <-done:
		if errors.Is(o.err, ct2.ErrFormat) {
			o.err = fmt.Errorf("%w; a model.bin of Whisper in CTranslate2's format is needed", o.err)
		}
		return o.model, o.err
	case <-ctx.Done(): // the process ends with it
		return install.Model{}, errors.Join(fmt.Errorf("interrupted, what was there stays: %w", context.Cause(ctx)), models.Sweep(dir))
	}
}

// sized tells whether every file of a model is there and as long as it was, which takes no time; Verify reads them.
func sized(m install.Model) error {
	for name, want := range m.Files {
		path := filepath.Join(m.Dir, name)
		switch info, err := os.Stat(path); {
		case err != nil:
			return fmt.Errorf("models: a file of %s is missing: %w: acotel-sbc models install %s again", m.Name, err, m.Name)
		case info.Size() != want.Bytes:
			return fmt.Errorf("models: %s has %d bytes and had %d: acotel-sbc models install %s again", path, info.Size(), want.Bytes, m.Name)
		}
	}
	return nil
}

func (a *app) modelsVerifyCommand() *cobra.Command {
	return &cobra.Command{Use: "verify [NAME]", Short: "Compares every file with what was installed", Args: args(cobra.MaximumNArgs(1)),
		RunE: func(_ *cobra.Command, names []string) error {
			dirs, err := a.modelFolders()
			if err != nil {
				return err
			}
			all, err := install.List(dirs)
			if len(names) == 1 && err == nil {
				var m install.Model
				if m, err = install.Find(names[0], dirs); m.Spoilt != nil {
					err = nil // told below
				}
				all = []install.Model{m}
			}
			if err == nil && len(all) == 0 {
				err = fmt.Errorf("no model is installed: acotel-sbc models install base (looked in %v)", dirs)
			}
			if err != nil {
				return err
			}
			var errs []error
			for _, m := range all {
				if err := cmp.Or(sized(m), m.Verify()); err != nil {
					errs = append(errs, err)
					continue
				}
				fmt.Fprintf(a.out, "%s is whole, %d files\n", m.Name, len(m.Files))
			}
			return errors.Join(errs...)
		}}
}

// chosen tells whether the choice of a model counts: a folder that is searched before its own may have made another.
func chosen(name string, dirs []string) error {
	if used, err := install.Used(dirs); err != nil || used.Name != name {
		return fmt.Errorf("models use %s: it is written down beside the model, but a folder that is searched before that has another choice: remove whisper/used there, or set models.dir (searched: %v)", name, dirs)
	}
	return nil
}

func (a *app) modelsUseCommand() *cobra.Command {
	return &cobra.Command{Use: "use NAME", Short: "Chooses the model that serves from the next start on", Args: args(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, names []string) error {
			dirs, err := a.modelFolders()
			if err != nil {
				return err
			}
			m, err := install.Find(names[0], dirs)
			if err == nil {
				err = cmp.Or(sized(m), m.Verify()) // one that can't serve is not chosen
			}
			if err == nil {
				err = install.Use(names[0], dirs)
			}
			if err == nil {
				err = chosen(names[0], dirs)
			}
			if err != nil {
				return err
			}
			fmt.Fprintf(a.out, "%s serves from the next start on\n", names[0])
			return nil
		}}
}
