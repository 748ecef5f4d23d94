package main

import (
	"log/slog"
	"time"

	"github.com/acotel/acotel-sbc/config"
	"github.com/acotel/acotel-sbc/dialog/nlu"
	"github.com/acotel/acotel-sbc/dialog/nlu/chooser"
)

// newChooser makes the client of the configured language model; nil when there is none. count takes the result of each question, nil:
// nobody counts.
func newChooser(c config.NLUModel, p *nlu.Parser, count func(result string), log *slog.Logger) (*chooser.Chooser, error) {
	if c.URL == "" {
		return nil, nil
	}
	key, err := c.Key.Reveal()
	if err != nil {
		return nil, usage("dialog.nlu.model.key: %w", err)
	}
	return chooser.New(chooser.Config{
		URL: c.URL, Model: c.Name, Key: key, Format: c.Format, Timeout: time.Duration(c.TimeoutMS) * time.Millisecond, Below: c.Below,
		Topics: p.Topics(), Count: count, Log: log,
	})
}
