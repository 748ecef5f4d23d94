package demo

import (
	"fmt"
	"hash/fnv"
)

// phonebook gives each organiser a number of its own among those that Arcep keeps for fiction: landlines 01 99 00 and mobiles 06 39 98.
type phonebook struct {
	numbers map[string]string
	taken   map[string]bool
}

func newPhonebook() *phonebook {
	return &phonebook{numbers: map[string]string{}, taken: map[string]bool{}}
}

// of is the organiser's number; one in eight answers on a mobile.
func (b *phonebook) of(organiser string) string {
	if n, ok := b.numbers[organiser]; ok {
		return n
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(organiser)) // a hash takes everything
	x := h.Sum32()
	prefix := "01 99 00"
	if x%8 == 0 {
		prefix = "06 39 98"
	}
	for last := x / 8 % 10000; ; last = (last + 1) % 10000 {
		n := fmt.Sprintf("%s %02d %02d", prefix, last/100, last%100)
		if !b.taken[n] || len(b.taken) >= 10000 { // then numbers are shared
			b.taken[n], b.numbers[organiser] = true, n
			return n
		}
	}
}
