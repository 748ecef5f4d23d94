package dialog_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/acotel/acotel-sbc/dialog"
	"github.com/acotel/acotel-sbc/dialog/script"
	"github.com/acotel/acotel-sbc/record"
	"github.com/acotel/acotel-sbc/workshop"
)

// TestScripts plays every script of testdata against the shelf of fixture_test.go.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	c := catalogue(t)
	for _, f := range files {
		t.Run(strings.TrimSuffix(filepath.Base(f), ".yaml"), func(t *testing.T) {
			s, err := script.Load(f)
			if err != nil {
				t.Fatal(err)
			}
			var heard strings.Builder
			err = script.Run(context.Background(), s, &heard, script.Config{
				Dialog: dialog.New(dialog.Config{Gazetteer: gazetteer(t), Seed: seedOfTests}),
				Caller: dialog.Caller{Origin: origin(s.From)}, Start: monday,
				Search: func(_ context.Context, q workshop.Query, set workshop.Settings) (workshop.Result, error) {
					return c.Search(q, set), nil
				},
				Fact: func(record.Fact) {},
			})
			if err != nil {
				t.Errorf("%v\n%s", err, heard.String())
			} else if testing.Verbose() {
				t.Log("\n" + heard.String())
			}
		})
	}
}

// origin classes the numbers of the scripts: mobiles begin with 06, a missing number is a mobile.
func origin(from string) dialog.Origin {
	switch {
	case from == "" || strings.HasPrefix(from, "06"):
		return dialog.Mobile
	case strings.HasPrefix(from, "0"):
		return dialog.Landline
	}
	return dialog.Withheld
}
