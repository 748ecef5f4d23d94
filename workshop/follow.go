package workshop

import (
	"context"
	"errors"
	"time"

	"github.com/acotel/acotel-sbc/store"
)

// Follow loads the catalogue again whenever another program has replaced the stored copy (`workshops import` beside a running service),
// until ctx ends. It looks every so often; report is told when that fails, once until it works again.
func (c *Catalogue) Follow(ctx context.Context, db *store.DB, every time.Duration, report func(error)) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	failed := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		err := c.follow(ctx, db)
		if err != nil && ctx.Err() == nil && !failed {
			report(err)
		}
		failed = err != nil
	}
}

func (c *Catalogue) follow(ctx context.Context, db *store.DB) error {
	m, err := StoredMeta(ctx, db)
	switch {
	case errors.Is(err, ErrEmpty):
		return nil
	case err != nil:
		return err
	case m == c.Meta():
		return nil
	}
	return c.Load(ctx, db)
}
