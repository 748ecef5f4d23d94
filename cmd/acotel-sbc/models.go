package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

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
			there, rows := map[string]bool{}, []listed{}
			for _, m := range all {
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
			name := names[0]
			if keep {
				if m, err := install.Find(name, dirs); err == nil && m.Verify() == nil {
					fmt.Fprintf(a.out, "   all there: %s\n", m.Dir)
					return nil
				}
			}
			source, dir, err := modelSource(cmd, dirs, name, from, sum)
			if err != nil {
				return err
			}
			m, err := install.Install(source, name, dir)
			if err != nil {
				return err
			}
			fmt.Fprintf(a.out, "   Whisper %s installed in %s, %d MB\n", m.Size, m.Dir, m.Bytes()/1e6)
			return nil
		},
	}
	cmd.Flags().StringVar(&from, "from", "", "file or address of the model.bin")
	cmd.Flags().StringVar(&sum, "sha256", "", "its SHA-256; known for "+strings.Join([]string{"base", "small"}, " and "))
	cmd.Flags().BoolVar(&keep, "keep", false, "do nothing when the model is there and whole")
	return cmd
}

// modelSource finds the file to install from, and the models folder to install into.
func modelSource(cmd *cobra.Command, dirs []string, name, from, sum string) (install.Source, string, error) {
	if err := install.CheckName(name); err != nil {
		return install.Source{}, "", usage("%w", err)
	}
	// What make setup fetched shows which of the folders is in use; the first may be beside the program, in a place that nobody may write.
	dir := dirs[0]
	if path, err := models.Find(models.ONNXRuntime, dirs...); err == nil {
		dir = filepath.Dir(filepath.Dir(path))
	}
	if from != "" {
		s, err := install.From(cmd.Context(), dir, name, from, sum)
		if errors.Is(err, install.ErrNoSum) || errors.Is(err, install.ErrAddress) {
			err = usage("%w", err)
		}
		return s, dir, err
	}
	if name != "base" {
		return install.Source{}, "", usage("models install %s: only base comes with make setup; name the model.bin of another with --from FILE or ADDRESS", name)
	}
	s, err := install.Base(dirs)
	return s, dir, err
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
				if err := m.Verify(); err != nil {
					errs = append(errs, err)
					continue
				}
				fmt.Fprintf(a.out, "%s is whole, %d files\n", m.Name, len(m.Files))
			}
			return errors.Join(errs...)
		}}
}

func (a *app) modelsUseCommand() *cobra.Command {
	return &cobra.Command{Use: "use NAME", Short: "Chooses the model that serves from the next start on", Args: args(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, names []string) error {
			dirs, err := a.modelFolders()
			if err != nil {
				return err
			}
			if err := install.Use(names[0], dirs); err != nil {
				return err
			}
			fmt.Fprintf(a.out, "%s serves from the next start on\n", names[0])
			return nil
		}}
}
