package main

import "fmt"

// count is a number with its noun, in the singular up to 1 as French has it:
// "0 atelier", "2 ateliers". The plural of noun is made with s.
func count(n int, noun string) string {
	if n < 2 {
		return fmt.Sprintf("%d %s", n, noun)
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
