package main

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/acotel/acotel-sbc/asr"
	"github.com/acotel/acotel-sbc/asr/none"
	"github.com/acotel/acotel-sbc/asr/phoneme"
	"github.com/acotel/acotel-sbc/asr/whisper"
	"github.com/acotel/acotel-sbc/asr/whisper/engine"
	"github.com/acotel/acotel-sbc/asr/whisper/install"
	"github.com/acotel/acotel-sbc/config"
	"github.com/acotel/acotel-sbc/hearing"
	"github.com/acotel/acotel-sbc/metrics"
	"github.com/acotel/acotel-sbc/models"
	"github.com/acotel/acotel-sbc/onnx"
	"github.com/acotel/acotel-sbc/place"
	"github.com/acotel/acotel-sbc/workshop"
)

// wordBeams is the width of the word reader's search.
const wordBeams = 3

// newWhisper makes the recogniser of this process and what it expects. Without its models the keys alone serve, which the log
// says once; the lexicon is nil then. m may be nil.
func newWhisper(ctx context.Context, c config.Config, cache string, g *place.Gazetteer, log *slog.Logger, m *metrics.Metrics, adjust ...func(*whisper.Settings)) (asr.Recognizer, *hearing.Lexicon, error) {
	dirs := models.Folders(c.Models.Dir)
	model, err := install.Used(dirs)
	if errors.Is(err, install.ErrUnknown) {
		log.Warn("callers are heard by their keys alone: no model of the recogniser is installed; make setup does it", "reason", err)
		return none.New(), nil, nil
	}
	if err == nil {
		err = cmp.Or(sized(model), model.Verify()) // nothing unchecked is loaded; 0.1 s for base
	}
	if err != nil {
		return nil, nil, err
	}
	rt, err := onnx.Load(dirs...)
	if err != nil {
		log.Warn("callers are heard by their keys alone: the recogniser's runtime is not there; make setup fetches it", "reason", err)
		return none.New(), nil, nil
	}
	start := time.Now()
	lexicon, err := newLexicon(ctx, cache, g)
	if err != nil {
		return nil, nil, err
	}
	loaded, err := engine.Load(rt, model.Dir)
	if err != nil {
		return nil, nil, err
	}
	set := whisper.DefaultSettings()
	w := c.ASR.Whisper
	set.Name, set.Queue, set.Deadline, set.Patience, set.PartialEvery = "whisper-"+model.Name+" fr", w.Queue, ms(w.DeadlineMS), ms(w.PatienceMS), ms(w.PartialMS)
	if set.Lanes = w.Lanes; set.Lanes == 0 {
		set.Lanes = runtime.GOMAXPROCS(0)
	}
	for _, f := range adjust {
		f(&set)
	}
	var meter whisper.Meter
	if m != nil {
		m.HearsInLanes(set.Lanes)
		meter = m
	}
	log.Info("recogniser ready", "name", set.Name, "lanes", set.Lanes, "ms", time.Since(start).Milliseconds())
	return whisper.New(engine.Ears{Engine: loaded, Beams: wordBeams}, lexicon, set, meter), lexicon, nil
}

// soundsDir is where pronunciations are kept; "" keeps them nowhere.
func (a *app) soundsDir(c config.Config) string {
	if a.stored() {
		return filepath.Join(c.Data.Dir, "asr")
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "acotel-sbc")
}

// newLexicon makes what callers are expected to say; cache is where pronunciations are kept.
func newLexicon(ctx context.Context, cache string, g *place.Gazetteer) (*hearing.Lexicon, error) {
	p, err := hearing.Open(ctx, cache)
	if err != nil {
		return nil, err
	}
	return hearing.New(ctx, g, p, phoneme.DefaultParams)
}

// listener is the recogniser of transcribe: the configured one, with nobody waiting for it. entries replace
// what is expected, when there are any; front is that of the recogniser of this process.
func (a *app) listener(ctx context.Context, c config.Config, entries []string, front whisper.Front, log *slog.Logger) (asr.Recognizer, error) {
	const patience = 10 * 60 * 1000 // ms: a file has all the time
	c.ASR.Whisper.DeadlineMS, c.ASR.Whisper.PatienceMS, c.ASR.Whisper.PartialMS, c.Turns.RecogniserMS = patience, patience, 0, patience
	own := func() (asr.Recognizer, error) {
		g, err := a.places(c)
		if err != nil {
			return nil, err
		}
		r, lexicon, err := newWhisper(ctx, c, a.soundsDir(c), g, log, nil, func(s *whisper.Settings) { s.Front = front })
		if w, ok := r.(*whisper.Recognizer); ok && len(entries) > 0 {
			list, err := lexicon.List(ctx, entries)
			if err != nil {
				return nil, errors.Join(err, r.Close())
			}
			w.Expect(list)
		}
		return r, err
	}
	if c.ASR.Backends[0] == "whisper" {
		return own()
	}
	return newRecognizer(c, own, log, nil)
}

// followThemes expects the themes and modules of the workshops, as these change.
func (s *server) followThemes(l *hearing.Lexicon) {
	s.beside(func(ctx context.Context) {
		var loaded workshop.Meta
		for {
			if now := s.catalogue.Meta(); now != loaded {
				if err := l.SetWorkshops(ctx, s.catalogue.All()); err != nil && ctx.Err() == nil {
					s.log.Error("the workshops' themes can't be pronounced, the ones before are expected", "error", err)
				}
				loaded = now
			}
			select {
			case <-ctx.Done():
				return
			case <-time.After(followEvery):
			}
		}
	})
}
