package demo

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/acotel/acotel-sbc/place"
	"github.com/acotel/acotel-sbc/store"
	"github.com/acotel/acotel-sbc/workshop"
)

// Options decide the season; the same options give the same workshops.
type Options struct {
	Seed      uint64        // 0 is a seed like any other
	Today     workshop.Date // first possible day of a session
	Cycles    int           // how many cycles; 0 means DefaultCycles, and what is promised by name is there with any number
	Gazetteer Gazetteer     // where the places come from; *place.Gazetteer fits
}

// DefaultCycles gives every department something without filling the memory of a small machine.
const DefaultCycles = 3200

// version changes when the same options no longer give the same season, so that a store takes the new one.
const version = 2

// stream is the generator's own among those of a seed; another one draws another season.
const stream = 1

// Gazetteer is what the generator needs of place.
type Gazetteer interface {
	workshop.Gazetteer
	Places(yield func(place.Place) bool)
}

// ErrOptions is wrapped when a season can't be made of the options.
var ErrOptions = errors.New("demo: options")

// Generate writes the season, in the order of ID, with its Meta (LoadedAt is Today at noon; the counts are those of the catalogue that
// takes it). Errors: ErrOptions.
func Generate(o Options) ([]workshop.Workshop, workshop.Meta, error) {
	if o.Gazetteer == nil || o.Today.IsZero() || o.Cycles < 0 {
		return nil, workshop.Meta{}, fmt.Errorf("%w: a season needs a gazetteer, a first day and no negative number of cycles", ErrOptions)
	}
	if o.Cycles == 0 {
		o.Cycles = DefaultCycles
	}
	d, err := readData()
	if err != nil {
		return nil, workshop.Meta{}, err
	}
	s := &season{data: d, today: o.Today, gaz: o.Gazetteer, rng: rand.New(rand.NewPCG(o.Seed, stream)), phones: newPhonebook()}
	if err := s.write(o.Cycles); err != nil {
		return nil, workshop.Meta{}, err
	}
	return s.out, workshop.Meta{Source: o.source(), LoadedAt: o.Today.At(workshop.NewClock(12, 0))}, nil
}

// source names the season: another name is another season.
func (o Options) source() string {
	return fmt.Sprintf("demo:%d:%d:%s:%d", version, o.Seed, o.Today, o.Cycles)
}

// Catalogue is a ready catalogue of demonstration workshops in memory, for commands without a store.
func Catalogue(o Options) (*workshop.Catalogue, error) {
	ws, meta, err := Generate(o)
	if err != nil {
		return nil, err
	}
	c := workshop.NewCatalogue(time.Now)
	c.Set(ws, meta)
	return c, nil
}

// Store puts the season into the store in the place of what is there; it does nothing when the same season is there already.
func Store(ctx context.Context, db *store.DB, o Options) (workshop.Meta, error) {
	if o.Cycles == 0 {
		o.Cycles = DefaultCycles
	}
	switch there, err := workshop.StoredMeta(ctx, db); {
	case err == nil && there.Source == o.source():
		return there, nil
	case err != nil && !errors.Is(err, workshop.ErrEmpty):
		return workshop.Meta{}, err
	}
	ws, meta, err := Generate(o)
	if err != nil {
		return workshop.Meta{}, err
	}
	meta.LoadedAt = time.Now()
	return workshop.Replace(ctx, db, ws, meta, workshop.Acceptance{Force: true})
}
