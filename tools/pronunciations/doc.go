// Command pronunciations writes hearing/data/pronunciations.tsv.gz: how espeak-ng says
// the names of the gazetteer and the phrases that are expected. `make data` runs it after the gazetteer.
package main
