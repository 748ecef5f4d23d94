// Package hearing says what callers are expected to say at each moment, for the
// recognisers: the grammars of the phoneme reader.
//
// In: the gazetteer, the catalogue of workshops, and the hints of the dialogue (state,
// expected kinds, the caller's zone). Out: networks of package asr/phoneme with their
// priors: communes of France, postal codes in every way to say them,
// departments, yes and no, commands, themes and modules, ordinals, marks.
//
// Names are pronounced by espeak-ng and by the rules of place/sound; the
// gazetteer's are in data/pronunciations.tsv.gz, the others are asked for at the
// first start and kept. Themes change with the catalogue and are built anew
// beside the calls. The phrases are French, in phrases.yaml.
package hearing
