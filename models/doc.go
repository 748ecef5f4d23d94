// Package models knows the files that come from elsewhere and are not in the program: runtime libraries and trained networks.
// manifest.tsv lists them with their SHA-256; `make setup` fetches them once (scripts/models.sh), Find finds them again.
//
//	models.dir of the configuration, when set
//	models/ beside the program
//	$XDG_DATA_HOME/acotel-sbc/models, ~/.local/share/acotel-sbc/models: where make setup puts them
//	/usr/local/share/acotel-sbc/models
//
// Fetch brings a file from an address, Lock keeps two installations into one folder apart.
//
// A file whose sum is not the manifest's is never given out: a library is code that runs in this process.
package models
