package main

import (
	"context"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/acotel/acotel-sbc/asr/training"
	"github.com/acotel/acotel-sbc/bench/load"
	"github.com/acotel/acotel-sbc/config"
	"github.com/acotel/acotel-sbc/simulate"
	"github.com/acotel/acotel-sbc/workshop"
)

// benchTalk is the measurement in which the callers of simulate speak.
func (a *app) benchTalk() *cobra.Command {
	o := &benchOptions{Options: load.Options{Calls: 15, Seconds: 240, Rate: 2}}
	var seed uint64
	cmd := benchVerbWith(a, o, "talk", "What callers who speak are answered, and how soon: understanding, places found, where the time of a turn goes",
		func(ctx context.Context, lo load.Options) (load.TalkResult, error) {
			var err error
			if lo.Talk.Campaign, err = a.talkCampaign(ctx, seed, &lo.Talk); err != nil {
				return load.TalkResult{}, err
			}
			return load.Talk(ctx, lo)
		})
	f := cmd.Flags()
	f.IntVar(&o.Talk.Conversations, "conversations", 0, "hold so many in all, and look at the server's memory in between; 0: those that begin within --seconds")
	f.Float64Var(&o.Talk.NoiseDB, "noise-db", 0, "noise this far below the caller's speech, in dB; 0: a quiet line")
	f.BoolVar(&o.Talk.Street, "street", false, "the noise is that of a street")
	f.Float64Var(&o.Talk.EchoDB, "echo-db", 0, "the service's voice comes back this much quieter, in dB, by hybrids and loudspeakers; 0: it does not")
	f.IntVar(&o.Talk.Hesitations, "hesitations", 0, "percent of the turns that hold a pause for thought")
	f.Float64Var(&o.Talk.LevelDBov, "level", 0, "level of every caller in dBov; 0: each their own, from -40 to -10")
	f.BoolVar(&o.Talk.Transcripts, "transcripts", false, "put what was said and what was heard into the JSON")
	f.Uint64Var(&seed, "seed", 1, "the same seed gives the same callers, words and voices")
	return cmd
}

// talkCampaign is what the callers need: where they live, and the service in text, in which they rehearse.
func (a *app) talkCampaign(ctx context.Context, seed uint64, t *load.TalkOptions) (s simulate.Config, err error) {
	t.Voices = training.HeldOutVoices()
	c, err := a.load(os.Environ())
	if err != nil {
		return s, err
	}
	log, err := newLog(a.err, config.Log{Level: "error", Format: "text"})
	if err != nil {
		return s, err
	}
	s = simulate.Config{Seed: seed, Start: time.Now()}
	if s.Gazetteer, err = a.places(c); err != nil {
		return s, err
	}
	cat, err := a.catalogue(ctx, c, s.Gazetteer, log)
	if err != nil {
		return s, err
	}
	m, err := newMessages(c.Dialog)
	if err != nil {
		return s, err
	}
	if t.Parser, err = newParser(c.Dialog.NLU, s.Gazetteer); err != nil {
		return s, err
	}
	s.NewDialog = newDialogs(c, m, s.Gazetteer, t.Parser)
	s.Search = func(_ context.Context, q workshop.Query, set workshop.Settings) (workshop.Result, error) {
		return cat.Search(q, set), nil
	}
	return s, nil
}
