package workshop

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// A source counts as mostly broken when more than half of its rows are, and only from 20 rows on: a person who tries a file of a few
// rows reads the list of broken ones, and wants the good ones kept.
const fewRows = 20

// So few sessions may go missing whatever share they are: a small source that cancels two needs nobody to look at it.
const fewLost = 2

// ErrHeld is wrapped, together with ErrRefused, when a refresh has lost too much of what the copy holds: it is held back for a person to
// look at (D3).
var ErrHeld = errors.New("workshop: held back")

// Acceptance decides whether new rows may replace the stored copy (D3). The zero value refuses an empty source, and a mostly broken one
// when there is a copy to lose.
type Acceptance struct {
	Force bool // accept everything

	// MaxLoss is the share, 0 to 1, of the sessions to come and of each known field that new rows may lack against the copy; 0: not
	// looked at. A source that is half loaded or has changed the name of a field is seen by it.
	MaxLoss float64

	// Also is done in the same transaction, so that neither is without the other; nil: nothing.
	Also func(ctx context.Context, tx *sql.Tx, m Meta) error
}

func (a Acceptance) accept(ctx context.Context, q querier, m Meta) error {
	if a.Force {
		return nil
	}
	if m.Rows == 0 {
		return fmt.Errorf("%w: %s has no good row (%d broken); --force empties them all the same", ErrRefused, m.Source, m.Broken)
	}
	old, err := readMeta(ctx, q)
	switch {
	case errors.Is(err, ErrEmpty):
		return nil
	case err != nil:
		return err
	}
	if old.Rows == 0 {
		return nil
	}
	if m.Broken > m.Rows && m.Rows+m.Broken >= fewRows {
		return fmt.Errorf("%w: in %s %d rows of %d are broken; mend the source or its mapping in the configuration, or use --force",
			ErrRefused, m.Source, m.Broken, m.Rows+m.Broken)
	}
	if a.MaxLoss <= 0 {
		return nil
	}
	return a.losses(ctx, q, old, m)
}

// losses compares the sessions to come, old and new counted from the same day, then the share of each field.
func (a Acceptance) losses(ctx context.Context, q querier, old, m Meta) error {
	var ahead int
	today := DateOf(m.LoadedAt.In(Paris()))
	if err := q.QueryRowContext(ctx, `SELECT COUNT(*) FROM workshops WHERE date >= $1`, today.String()).Scan(&ahead); err != nil {
		return fmt.Errorf("workshop: counting the stored workshops: %w", err)
	}
	if ahead-m.Ahead > fewLost && float64(m.Ahead) < float64(ahead)*(1-a.MaxLoss) {
		return fmt.Errorf("%w: %w: %s has %d sessions to come, the copy %d; accept it with `workshops refresh --force` if that is right",
			ErrRefused, ErrHeld, m.Source, m.Ahead, ahead)
	}
	for _, f := range []struct {
		name     string
		was, now int
	}{
		{"hours", old.Known.Hours, m.Known.Hours}, {"venue", old.Known.Venue, m.Known.Venue}, {"point", old.Known.Point, m.Known.Point},
		{"phone", old.Known.Phone, m.Known.Phone}, {"price", old.Known.Price, m.Known.Price},
		{"organiser", old.Known.Organiser, m.Known.Organiser}, {"description", old.Known.Description, m.Known.Description},
	} {
		was, now := float64(f.was)/float64(old.Rows), float64(f.now)/float64(m.Rows)
		if (was-now)*float64(m.Rows) > fewLost && now < was*(1-a.MaxLoss) {
			return fmt.Errorf("%w: %w: %s tells %s of %.0f %% of its sessions, the copy of %.0f %%; has a field of the source changed its name? Accept it with `workshops refresh --force` if it is right",
				ErrRefused, ErrHeld, m.Source, f.name, 100*now, 100*was)
		}
	}
	return nil
}
