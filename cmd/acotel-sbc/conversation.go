package main

import (
	"os"
	"time"

	"github.com/acotel/acotel-sbc/call"
	"github.com/acotel/acotel-sbc/config"
	"github.com/acotel/acotel-sbc/dialog"
	"github.com/acotel/acotel-sbc/dialog/nlu"
	"github.com/acotel/acotel-sbc/place"
)

// checkBargeIn refuses settings for messages that do not exist.
func checkBargeIn(b config.BargeIn, m *dialog.Messages) error {
	if unknown := b.Unknown(m.Keys()); len(unknown) > 0 {
		return usage("barge_in.messages: there is no message %q; the keys are those of the message file, or their beginning and *", unknown[0])
	}
	return nil
}

// newMessages reads the sentences callers hear, the owners' own over the embedded ones.
func newMessages(c config.Dialog) (*dialog.Messages, error) {
	m, err := dialog.LoadMessages(c.Messages)
	if err != nil {
		return nil, usage("dialog.messages: %w", err)
	}
	return m, nil
}

// newParser makes what understands callers, the owners' examples learnt beside the embedded ones.
func newParser(c config.NLU, g *place.Gazetteer) (*nlu.Parser, error) {
	if c.Examples == "" {
		return nlu.New(g)
	}
	data, err := os.ReadFile(c.Examples)
	if err != nil {
		return nil, usage("dialog.nlu.examples: %w", err)
	}
	p, err := nlu.NewWithExamples(g, data)
	if err != nil {
		return nil, usage("dialog.nlu.examples: %s: %w", c.Examples, err)
	}
	return p, nil
}

// conversations makes the dialogs of all calls: what they share is made once. seed
// chooses the wordings of each.
func conversations(c config.Config, m *dialog.Messages, g *place.Gazetteer, p *nlu.Parser, seed func() uint64) func() *dialog.Dialog {
	seeded := newDialogs(c, m, g, p)
	return func() *dialog.Dialog { return seeded(seed()) }
}

// newDialogs makes dialogs for given seeds.
func newDialogs(c config.Config, m *dialog.Messages, g *place.Gazetteer, p *nlu.Parser) func(seed uint64) *dialog.Dialog {
	shared := dialog.Config{Messages: m, Gazetteer: g, Parser: p, Settings: dialogSettings(c)}
	return func(seed uint64) *dialog.Dialog {
		own := shared
		own.Seed = seed
		return dialog.New(own)
	}
}

func dialogSettings(c config.Config) dialog.Settings {
	ms := func(n int) time.Duration { return time.Duration(n) * time.Millisecond }
	questions := c.Dialog.RatingQuestions
	if questions == 0 {
		questions = -1 // none; 0 is the default
	}
	return dialog.Settings{
		NoInput: ms(c.Turns.NoInputMS), NoInputAgain: ms(c.Turns.NoInputAgainMS),
		LoneKey: ms(c.Turns.LoneKeyMS), KeyGap: ms(c.Turns.KeyGapMS),
		Search: settings(c), Site: c.Dialog.Website, RatingScale: c.Dialog.RatingMax, RatingBad: c.Dialog.BadMark,
		RatingQuestions: questions, Refine: c.Dialog.RefineAbove, BatchSize: c.Dialog.TellAtOnce, MaxTold: c.Dialog.TellAtMost,
		Digressions: c.Dialog.Digressions, Patience: time.Duration(c.Dialog.PatienceSeconds) * time.Second,
		OldData: time.Duration(c.Dialog.OldDataDays) * 24 * time.Hour, Accept: c.Dialog.Accept, Reject: c.Dialog.Reject,
		SMSSegments: c.SMS.MaxSegments, Rate: c.TTS.Rate,
	}
}

// prompts are the messages that a call hears outside a conversation.
func prompts(m *dialog.Messages) call.Prompts {
	first := func(key string) string { return m.Variants(key)[0] }
	return call.Prompts{
		Suspended:    first("call.suspended"),
		Waiting:      first("call.waiting"),
		WaitingAgain: first("call.waiting_again"),
		WaitingNext:  first("call.waiting_next"),
		Waited:       first("call.waited"),
		Full:         first("call.full"),
		TooLong:      first("call.too_long"),
		Searching:    first("call.searching"),
		Thinking:     first("call.thinking"),
		Incident:     first("incident.sorry"),
	}
}
