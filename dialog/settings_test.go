package dialog_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/acotel/acotel-sbc/dialog"
	"github.com/acotel/acotel-sbc/dialog/script"
	"github.com/acotel/acotel-sbc/record"
	"github.com/acotel/acotel-sbc/workshop"
)

// TestRegionMessage: where nothing was found, a region's own message is said to its callers, and to no others (C6).
func TestRegionMessage(t *testing.T) {
	t.Parallel()
	base, err := dialog.DefaultMessages()
	if err != nil {
		t.Fatal(err)
	}
	own, err := base.With("own.yaml", []byte("messages:\n  nothing.region.bourgogne-franche-comte: \"Appelez le 01 99 00 45 45.\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	for town, said := range map[string]bool{"Nevers": true, "29200": false} {
		a := call(t, dialog.Mobile, func(c *script.Config) {
			c.Dialog = dialog.New(dialog.Config{Gazetteer: gazetteer(t), Messages: own, Seed: seedOfTests})
		})
		a.Begin(context.Background())
		text := a.Say(context.Background(), town).Text()
		if !strings.Contains(text, "rien trouvé") || strings.Contains(text, "01 99 00 45 45") != said {
			t.Errorf("%s: %s", town, text)
		}
	}
}

// TestOldCopy: the age of the workshops stands in the facts; an old copy is told as such, once (D3).
func TestOldCopy(t *testing.T) {
	t.Parallel()
	for days, told := range map[int]bool{0: false, 6: false, 8: true} {
		c := catalogue(t)
		a := call(t, dialog.Mobile, func(cfg *script.Config) {
			cfg.Search = func(_ context.Context, q workshop.Query, s workshop.Settings) (workshop.Result, error) {
				r := c.Search(q, s)
				r.AsOf = monday.AddDate(0, 0, -days)
				return r, nil
			}
		})
		ctx := context.Background()
		a.Begin(ctx)
		if text := a.Say(ctx, "Apt").Text(); strings.Contains(text, "Ma liste date du dimanche 26 avril") != told {
			t.Errorf("%d days: %s", days, text)
		}
		a.Say(ctx, "non")
		a.Say(ctx, "non")
		if text := a.Say(ctx, "et à Carpentras").Text(); strings.Contains(text, "Ma liste") {
			t.Errorf("%d days, said again: %s", days, text)
		}
		facts := a.fact(record.Search)
		if age := facts[0].Data["copy_age_s"]; age.(int) < days*24*3600 || age.(int) > days*24*3600+60 {
			t.Errorf("%d days: the copy is %v s old", days, age)
		}
	}
}

// TestSettings: what the owners may set is what happens.
func TestSettings(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	with := func(s dialog.Settings) *asked {
		a := call(t, dialog.Landline, func(c *script.Config) {
			c.Dialog = dialog.New(dialog.Config{Gazetteer: gazetteer(t), Seed: seedOfTests, Settings: s})
		})
		a.Begin(ctx)
		return a
	}
	if text := with(dialog.Settings{Refine: 6}).Say(ctx, "Orange").Text(); !strings.Contains(text, "Premier atelier") {
		t.Errorf("six workshops are not more than six, and the theme was asked for: %s", text)
	}
	if text := with(dialog.Settings{Refine: 5}).Say(ctx, "Orange").Text(); strings.Contains(text, "Premier atelier") {
		t.Errorf("six workshops are more than five: %s", text)
	}
	a := with(dialog.Settings{Refine: 9, BatchSize: 3, MaxTold: 4})
	a.Say(ctx, "Orange")
	if text := a.Say(ctx, "suivant").Text(); strings.Contains(text, "J'en ai encore") {
		t.Errorf("asked after two of three: %s", text)
	}
	if text := a.Say(ctx, "suivant").Text(); !strings.Contains(text, "J'en ai encore un") {
		t.Errorf("three of four were told: %s", text)
	}
	a.Say(ctx, "suivant")
	if text := a.Say(ctx, "suivant").Text(); !strings.Contains(text, "tout dit") {
		t.Errorf("a fifth of four: %s", text)
	}
	b := with(dialog.Settings{Digressions: 1, NoInput: 5 * time.Second, NoInputAgain: 7 * time.Second})
	if got := b.Listen().NoInput; got != 5*time.Second {
		t.Errorf("waits %v for an answer", got)
	}
	b.Say(ctx, "aide")
	if text := b.Say(ctx, "aide").Text(); !strings.Contains(text, "Revenons") {
		t.Errorf("the second digression of one allowed: %s", text)
	}
	if got := b.Listen().NoInput; got != 7*time.Second {
		t.Errorf("waits %v for the second answer", got)
	}
}
