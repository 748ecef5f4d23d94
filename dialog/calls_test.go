package dialog_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/acotel/acotel-sbc/dialog"
	"github.com/acotel/acotel-sbc/dialog/script"
	"github.com/acotel/acotel-sbc/record"
	"github.com/acotel/acotel-sbc/workshop"
)

// play says or keys ("#1") each turn; an empty one is silence.
func (a *asked) play(turns ...string) (last script.Reply) {
	ctx := context.Background()
	last = a.Begin(ctx)
	for _, turn := range turns {
		switch {
		case turn == "":
			last = a.Silence(ctx)
		case turn[0] == '#':
			last = a.Key(ctx, turn[1:])
		default:
			last = a.Say(ctx, turn)
		}
	}
	return last
}

// TestStatuses: the facts that a conversation leaves give the statuses of K1.
func TestStatuses(t *testing.T) {
	for name, c := range map[string]struct {
		turns []string
		want  string
	}{
		"all by keys":          {[]string{"#84400#", "#1", "#1", "#2", "#4"}, "abouti efficace evalue requete traite"},
		"all by words":         {[]string{"un atelier à Apt", "suivant", "non merci", "non", "très bien"}, "abouti efficace evalue requete traite"},
		"nothing found":        {[]string{"Nevers", "non", "au revoir"}, "abouti non_efficace requete traite"},
		"left before a search": {[]string{"un atelier", "au revoir"}, "abouti traite"},
		"never understood":     {[]string{"bla bla", "bla bla", "bla bla", "bla bla"}, "non_traite"},
		"silence":              {[]string{"", "", ""}, "non_traite"},
		"ill":                  {[]string{"j'ai envie de mourir", "non"}, "abouti malade"},
		"insults":              {[]string{"connard", "connard"}, "incivilite"},
		"something else":       {[]string{"ma pension n'a pas été versée", "non"}, "abouti hors_sujet"},
	} {
		t.Run(name, func(t *testing.T) {
			a := call(t, dialog.Mobile, nil)
			if r := a.play(c.turns...); !r.Over {
				t.Errorf("the call goes on: %s", r.Text())
			}
			got := a.statuses()
			for _, s := range strings.Fields(c.want) {
				if !got[record.Status(s)] {
					t.Errorf("%s is missing: %v", s, slices.Sorted(maps.Keys(got)))
				}
			}
			for _, s := range []record.Status{record.Requete, record.Efficace, record.Abouti, record.Evalue} {
				if got[s] && !slices.Contains(strings.Fields(c.want), string(s)) {
					t.Errorf("%s, and should not be", s)
				}
			}
		})
	}
}

// TestPlaceFacts: how a town was asked for and found, and in how many tries (K5, K6).
func TestPlaceFacts(t *testing.T) {
	for name, c := range map[string]struct {
		turns []string
		asked string
		tries int
	}{
		"volunteered":        {[]string{"je cherche un atelier à Apt"}, "volunteered", 1},
		"keyed at once":      {[]string{"#84400#"}, "volunteered", 1},
		"asked, first try":   {[]string{"je cherche un atelier", "Apt"}, "asked", 1},
		"asked, second try":  {[]string{"je cherche un atelier", "bla bla truc", "Apt"}, "asked", 2},
		"code wrong at once": {[]string{"#99999#", "#84400#"}, "volunteered", 2},
		"confirmed":          {[]string{"je cherche un atelier", "Aix", "oui"}, "asked", 1},
	} {
		t.Run(name, func(t *testing.T) {
			a := call(t, dialog.Mobile, nil)
			a.play(c.turns...)
			ask, found := a.fact(record.PlaceAsked), a.fact(record.PlaceFound)
			if len(ask) != 1 || len(found) != 1 {
				t.Fatalf("%d asked, %d found", len(ask), len(found))
			}
			if ask[0].Data["kind"] != c.asked || found[0].Data["tries"] != c.tries {
				t.Errorf("asked %v, found %v", ask[0].Data, found[0].Data)
			}
			if found[0].Data["region"] != "sud-est" {
				t.Errorf("region %v", found[0].Data["region"])
			}
		})
	}
}

// TestTold: only what was heard counts as told, and is left out of the next search.
func TestTold(t *testing.T) {
	var asked []workshop.Query
	cat := catalogue(t)
	a := call(t, dialog.Mobile, func(c *script.Config) {
		c.Search = func(_ context.Context, q workshop.Query, s workshop.Settings) (workshop.Result, error) {
			asked = append(asked, q)
			return cat.Search(q, s), nil
		}
	})
	a.play("Carpentras", "suivant", "non", "non", "oui", "oui")
	if told := a.fact(record.Told); len(told) < 2 || told[0].Data["workshop_id"] != "w7" || told[1].Data["workshop_id"] != "w8" {
		t.Errorf("told %v", told)
	}
	if len(asked) != 2 || !slices.Equal(asked[1].Exclude, []string{"w7", "w8"}) {
		t.Errorf("searches %+v", asked)
	}
}

// TestSearchThatFails: the incident message, at once, and it is counted (C5, T3).
func TestSearchThatFails(t *testing.T) {
	a := call(t, dialog.Mobile, func(c *script.Config) {
		c.Search = func(context.Context, workshop.Query, workshop.Settings) (workshop.Result, error) {
			return workshop.Result{}, errors.New("too slow")
		}
	})
	r := a.play("#84400#")
	if !r.Over || r.Reason != "incident" || !strings.Contains(r.Text(), "souci technique") {
		t.Errorf("%s (%s)", r.Text(), r.Reason)
	}
	if f := a.fact(record.Incident); len(f) != 1 || f[0].Data["link"] != "catalogue" {
		t.Errorf("facts %v", f)
	}
}

// TestWantedElsewhere: what was wished is searched first as it was said, then wider, and the caller is told so.
func TestWantedElsewhere(t *testing.T) {
	var asked []workshop.Query
	cat := catalogue(t)
	a := call(t, dialog.Mobile, func(c *script.Config) {
		c.Search = func(_ context.Context, q workshop.Query, s workshop.Settings) (workshop.Result, error) {
			asked = append(asked, q)
			return cat.Search(q, s), nil
		}
	})
	r := a.play("un atelier de chant à Mende")
	if len(asked) != 3 || asked[0].Module == "" || asked[1].Theme == "" || asked[2].Theme+asked[2].Module != "" {
		t.Errorf("searches %+v", asked)
	}
	if !strings.Contains(r.Text(), "Je n'ai rien pour : chant et musique") || !strings.Contains(r.Text(), "Mémoire en éveil") {
		t.Error(r.Text())
	}
}

// TestSMSThatFails: the caller gets the number by ear, and the call goes on (C9).
func TestSMSThatFails(t *testing.T) {
	a := call(t, dialog.Mobile, func(c *script.Config) { c.SMS = func(dialog.SendSMS) error { return errors.New("down") } })
	r := a.play("Apt", "suivant", "oui")
	if r.Over || !strings.Contains(r.Text(), "n'est pas parti") || !strings.Contains(r.Text(), "01 99 00 12 09") {
		t.Error(r.Text())
	}
}

// TestNoSMSOfferedWhileNoneCanBeSent: a mobile is treated as a landline then, and nothing is promised to it.
func TestNoSMSOfferedWhileNoneCanBeSent(t *testing.T) {
	for _, answer := range []string{"oui", "non", "#1", "#2"} {
		without := func(c *script.Config) { c.Caller.NoSMS = true }
		offered := call(t, dialog.Mobile, without).play("Apt", "suivant")
		if text := offered.Text(); !strings.Contains(text, "répète le numéro") || strings.Contains(text, "SMS") {
			t.Error(text)
		}
		a := call(t, dialog.Mobile, without)
		r := a.play("Apt", "suivant", answer)
		if text := r.Text(); r.Over || len(a.sms) > 0 || strings.Contains(text, "portable") || (answer == "oui" || answer == "#1") != strings.Contains(text, "01 99 00 12 09") {
			t.Errorf("%s: %s", answer, text)
		}
	}
}

// TestNoSMSWithoutConsent: whoever does not say a clear yes, from whatever line, gets no message (C9).
func TestNoSMSWithoutConsent(t *testing.T) {
	for _, origin := range []dialog.Origin{dialog.Mobile, dialog.Landline, dialog.Other, dialog.Withheld} {
		for _, answer := range []string{"", "#2", "#5", "non", "peut-être", "euh", "oui non", "je ne sais pas", "non non oui", "au revoir", "merci"} {
			a := call(t, origin, nil)
			a.play("Apt", "suivant", answer)
			if len(a.sms) > 0 {
				t.Errorf("%s, %q: a message was sent", origin, answer)
			}
		}
	}
	for _, answer := range []string{"#1", "oui", "oui merci", "volontiers", "je veux bien", "envoyez-le moi"} {
		a := call(t, dialog.Mobile, nil)
		a.play("Apt", "suivant", answer)
		if len(a.sms) != 1 || a.sms[0].Consent != answer || !slices.Equal(a.sms[0].Workshops, []string{"w9"}) {
			t.Errorf("%q: %+v", answer, a.sms)
		}
		if f := a.fact(record.SMSConsent); len(f) != 1 || f[0].Data["words"] != answer {
			t.Errorf("%q: consent %v", answer, f)
		}
	}
}

// TestBadlyHeard: a word heard badly is no consent, and no place is taken without asking back.
func TestBadlyHeard(t *testing.T) {
	ctx := context.Background()
	a := call(t, dialog.Mobile, nil)
	a.play("Apt", "suivant")
	if a.Hear(ctx, []dialog.Hypothesis{{Text: "oui", Confidence: 0.55}}); len(a.sms) > 0 {
		t.Error("a message was sent on a yes that was hardly heard")
	}
	b := call(t, dialog.Mobile, nil)
	b.Begin(ctx)
	if r := b.Hear(ctx, []dialog.Hypothesis{{Text: "à Orange", Confidence: 0.6}}); !strings.Contains(r.Text(), "C'est bien cela") {
		t.Error(r.Text())
	}
	c := call(t, dialog.Mobile, nil)
	c.Begin(ctx)
	if r := c.Hear(ctx, []dialog.Hypothesis{{Text: "au range", Confidence: 0.6}, {Text: "à Orange", Confidence: 0.58}}); !strings.Contains(r.Text(), "Orange") {
		t.Errorf("the reading that makes sense was not taken: %s", r.Text())
	}
}

// TestRatingTwice: two questions on a scale of nine, as the owners may set them (C11).
func TestRatingTwice(t *testing.T) {
	a := call(t, dialog.Mobile, func(c *script.Config) {
		c.Dialog = dialog.New(dialog.Config{Gazetteer: gazetteer(t), Seed: seedOfTests,
			Settings: dialog.Settings{RatingScale: 9, RatingBad: 4, RatingQuestions: 2}})
	})
	r := a.play("Apt", "au revoir", "#3", "la voix était trop rapide", "neuf")
	if !r.Over {
		t.Error(r.Text())
	}
	marks := a.fact(record.Rated)
	if len(marks) != 2 || marks[0].Data["mark"] != 3 || marks[1].Data["mark"] != 9 || marks[1].Data["question"] != "2" {
		t.Errorf("marks %v", marks)
	}
	if f := a.fact(record.RatingReason); len(f) != 1 || f[0].Data["text"] != "la voix était trop rapide" {
		t.Errorf("reasons %v", f)
	}
}

// TestShortCall: a complete call by keys, SMS and mark included, lasts less than three minutes (C19).
func TestShortCall(t *testing.T) {
	a := call(t, dialog.Mobile, nil)
	if r := a.play("#84200#", "#1", "#1", "#1", "#2", "#4"); !r.Over {
		t.Fatal(r.Text())
	}
	if d := a.Now().Sub(monday); d >= 3*time.Minute {
		t.Errorf("%v", d)
	}
}

// TestSlowerLouder: the voice changes for the rest of the call, within bounds (C16).
func TestSlowerLouder(t *testing.T) {
	a := call(t, dialog.Mobile, nil)
	r := a.play("moins vite", "moins vite", "moins vite", "moins vite", "plus fort", "plus fort", "plus fort", "plus fort", "Apt")
	for _, s := range r.Said {
		if s.Rate != 0.7 || s.Volume != 2 {
			t.Fatalf("rate %v, volume %v", s.Rate, s.Volume)
		}
	}
}

// TestOnceSlowerAlwaysSlower: asked once, each later sentence is said at 0.8, to the last goodbye; louder alike.
func TestOnceSlowerAlwaysSlower(t *testing.T) {
	for _, c := range []struct {
		command      string
		rate, volume float64
	}{{"moins vite", 0.8, 1}, {"parlez plus fort", 1, 1.35}} {
		t.Run(c.command, func(t *testing.T) {
			a := call(t, dialog.Mobile, nil)
			for _, turn := range []string{c.command, "Apt", "oui", "non", "non", "4"} {
				r := a.play(turn)
				if len(r.Said) == 0 && turn != "4" {
					t.Errorf("nothing was said after %q", turn)
				}
				for _, s := range r.Said {
					if s.Rate != c.rate || s.Volume != c.volume {
						t.Errorf("after %q: rate %v, volume %v of %q", turn, s.Rate, s.Volume, s.Text)
					}
				}
			}
		})
	}
}

// TestWait: who asks for time gets a minute.
func TestWait(t *testing.T) {
	a := call(t, dialog.Mobile, nil)
	a.play("attendez")
	if a.Listen().NoInput != time.Minute || a.Listen().State != "open" {
		t.Errorf("%+v", a.Listen())
	}
}
