package demo

import (
	"context"

	"github.com/acotel/acotel-sbc/store"
	"github.com/acotel/acotel-sbc/workshop"
)

// Options decide the season; the same options give the same workshops.
type Options struct {
	Seed      uint64        // 0 is a seed like any other
	Today     workshop.Date // first possible day of a session
	Cycles    int           // how many cycles; 0 means DefaultCycles
	Gazetteer Gazetteer     // where the places come from; *place.Gazetteer fits
}

// DefaultCycles gives every department something without filling the memory of a small machine.
const DefaultCycles = 3200

// Gazetteer is what the generator needs of place.
type Gazetteer interface {
	workshop.Gazetteer
}

// Generate writes the season, in the order of ID, with its Meta (LoadedAt is Today at noon; set it to the clock's time where it matters).
func Generate(o Options) ([]workshop.Workshop, workshop.Meta, error) {
	return nil, workshop.Meta{}, nil
}

// Catalogue is a ready catalogue of demonstration workshops in memory, for commands without a store.
func Catalogue(o Options) (*workshop.Catalogue, error) { return nil, nil }

// Store puts the season into the store in the place of what is there; it does nothing when the same season is there already.
func Store(ctx context.Context, db *store.DB, o Options) (workshop.Meta, error) {
	return workshop.Meta{}, nil
}
