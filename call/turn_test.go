package call

import (
	"testing"
	"time"

	"github.com/acotel/acotel-sbc/asr/scripted"
	"github.com/acotel/acotel-sbc/record"
)

// notice and question are what the service says first.
const (
	notice   = "Je suis la voix automatique"
	question = "Que souhaitez-vous"
)

// afterNotice waits until the open question is being said.
func (x *exchange) afterNotice(p *phone) {
	x.t.Helper()
	until(x.t, "the end of the notice", func() bool { _, ok := x.fact(record.Welcomed); return ok })
	until(x.t, "sound of the question", func() bool { return p.heard(p.moment()-100*time.Millisecond) > 2 })
}

func TestWordsStopTheVoice(t *testing.T) {
	t.Parallel()
	x := serving(t, func(c *Config) { c.Recognizer = scripted.New("je cherche un atelier à Orange") })
	p := x.ring("0970000000")
	x.afterNotice(p)
	began := p.moment()
	p.say(1500 * time.Millisecond)
	if n := p.heard(began + 700*time.Millisecond); n > 5 {
		t.Errorf("%d frames of the voice heard from 0.7 s after the caller began to speak", n)
	}
	until(t, "the search for Orange", func() bool { return x.said("Orange") > 0 })
	if _, ok := x.fact(record.BargeIn); !ok {
		t.Error("no barge-in in the record")
	}
	p.hangUp()
}

func TestACoughLetsTheVoiceGoOn(t *testing.T) {
	t.Parallel()
	x := serving(t, nil)
	plain := x.ring("0970000000")
	plain.quietFor(time.Second)
	coughed := x.ring("0970000000")
	until(t, "the second welcome", func() bool { return x.said(question) == 2 })
	coughed.lives(500 * time.Millisecond) // well into the question
	began := coughed.moment()
	coughed.say(240 * time.Millisecond)
	coughed.quietFor(time.Second)
	if coughed.heard(began+500*time.Millisecond) == 0 {
		t.Fatal("the cough came after the end of the question")
	}
	may := 10 + plain.mended() + coughed.mended()
	if a, b := plain.heard(0), coughed.heard(0); b < a-may || b > a+may {
		t.Errorf("%d frames of welcome heard without and %d with a cough", a, b)
	}
	if _, ok := x.fact(record.BargeIn); ok {
		t.Error("a cough counts as barge-in")
	}
	plain.hangUp()
	coughed.hangUp()
}

func TestNothingInterruptsTheNotice(t *testing.T) {
	t.Parallel()
	x := serving(t, func(c *Config) { c.Recognizer = scripted.New("au revoir") })
	p := x.ring("0970000000")
	until(t, "sound", func() bool { return p.heard(0) > 10 })
	p.key("84000#")
	began := p.moment()
	p.say(600 * time.Millisecond)
	if n := p.heard(began) + p.mended(); n < 25 {
		t.Errorf("only %d of about 30 frames of the notice heard while the caller spoke", n)
	}
	until(t, "the keys of the notice", func() bool { _, ok := x.fact(record.Welcomed); return ok && x.said("Avignon") > 0 })
	p.hangUp()
}

func TestKeysSilenceTheVoice(t *testing.T) {
	t.Parallel()
	x := serving(t, nil)
	p := x.ring("0970000000")
	x.afterNotice(p)
	p.key("84")
	p.lives(700 * time.Millisecond)
	pressed := p.moment()
	p.lives(500 * time.Millisecond)
	if n := p.heard(pressed); n > 0 {
		t.Errorf("%d frames heard while a code is being keyed", n)
	}
	p.key("000")
	until(t, "the search", func() bool { return x.said("Avignon") > 0 })
	p.hangUp()
}

func TestSilenceAsksAgain(t *testing.T) {
	t.Parallel()
	x := serving(t, func(c *Config) { c.Turns.NoInputMS = 1000 })
	p := x.ring("0970000000")
	until(t, "the second question", func() bool { return x.said("Dites-moi")+x.said("Vous pouvez dire") > 0 })
	p.hangUp()
}
