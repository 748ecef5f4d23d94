package training

import (
	_ "embed"
	"strings"
)

//go:embed held-out-voices.txt
var heldOut string

// HeldOutVoices are the variants of espeak-ng that the reader never hears in its training (espeak-ng -v fr+NAME).
func HeldOutVoices() (names []string) {
	for line := range strings.Lines(heldOut) {
		if name := strings.TrimSpace(line); name != "" && !strings.HasPrefix(name, "#") {
			names = append(names, name)
		}
	}
	return names
}
