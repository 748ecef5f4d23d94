package dialog_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/acotel/acotel-sbc/dialog"
	"github.com/acotel/acotel-sbc/dialog/script"
	"github.com/acotel/acotel-sbc/record"
)

// complete is what a whole call may last at most (C19).
const complete = 3 * time.Minute

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
			end := monday
			err = script.Run(context.Background(), s, &heard, script.Config{
				Dialog: dialog.New(dialog.Config{Gazetteer: gazetteer(t), Seed: seedOfTests}),
				Caller: dialog.Caller{Origin: origin(s.From)}, Start: monday,
				Search: answers(c),
				Fact:   func(f record.Fact) { end = f.At },
			})
			if err != nil {
				t.Errorf("%v\n%s", err, heard.String())
			} else if testing.Verbose() {
				t.Log("\n" + heard.String())
			}
			if took := end.Sub(monday); strings.HasPrefix(filepath.Base(f), "c19_") && took >= complete {
				t.Errorf("the call takes %v, less than %v was promised", took, complete)
			}
		})
	}
}

// TestEveryRowHasItsScript: C17 and C18 are the console's; every other row of the conversation is shown by a script.
func TestEveryRowHasItsScript(t *testing.T) {
	for row := 1; row <= 19; row++ {
		if row == 17 || row == 18 {
			continue
		}
		if files, _ := filepath.Glob(fmt.Sprintf("testdata/c%02d_*.yaml", row)); len(files) == 0 {
			t.Errorf("no script for C%d", row)
		}
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
