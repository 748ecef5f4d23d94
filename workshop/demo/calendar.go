package demo

import (
	"time"

	"github.com/acotel/acotel-sbc/workshop"
)

// closed tells whether nothing is held on a day: Sundays and the public holidays of metropolitan France (Code du travail, art. L3133-1).
func closed(d workshop.Date) bool {
	if d.Weekday() == time.Sunday {
		return true
	}
	switch [2]int{int(d.Month), int(d.Day)} {
	case [2]int{1, 1}, [2]int{5, 1}, [2]int{5, 8}, [2]int{7, 14}, [2]int{8, 15}, [2]int{11, 1}, [2]int{11, 11}, [2]int{12, 25}:
		return true
	}
	easter := easterSunday(int(d.Year))
	for _, days := range []int{1, 39, 50} { // Easter Monday, Ascension, Whit Monday
		if d == easter.AddDays(days) {
			return true
		}
	}
	return false
}

// easterSunday by the rule of the Gregorian calendar (Meeus, Astronomical Algorithms, chapter 8).
func easterSunday(year int) workshop.Date {
	a, b, c := year%19, year/100, year%100
	d, e := b/4, b%4
	g := (8*b + 13) / 25
	h := (19*a + b - d - g + 15) % 30
	i, k := c/4, c%4
	l := (32 + 2*e + 2*i - h - k) % 7
	m := (a + 11*h + 19*l) / 433
	month := (h + l - 7*m + 90) / 25
	day := (h + l - 7*m + 33*month + 19) % 32
	return workshop.DateOf(time.Date(year, time.Month(month), day, 12, 0, 0, 0, time.UTC))
}
