package sms

import "unicode/utf16"

// The encodings of a short message.
const (
	GSM7 = "GSM-7" // 7-bit default alphabet with its extension table
	UCS2 = "UCS-2" // 16-bit units
)

// Lengths of 3GPP TS 23.040: 140 octets of user data, of which a header of 6 octets takes its part when the message
// has several segments.
const (
	gsmSingle = 160 // septets
	gsmPart   = 153
	ucsSingle = 70 // 16-bit units
	ucsPart   = 67
)

// Segments tells how many segments a text takes and in which encoding, GSM7 when every character is in that alphabet,
// else UCS2. An empty text takes none. Characters that need two places (extension table, surrogate pairs) are not
// split between segments, as networks do not join them again.
func Segments(text string) (n int, encoding string) {
	var widths []int
	for _, r := range text {
		w := gsmWidth(r)
		if w == 0 {
			return ucsSegments(text), UCS2
		}
		widths = append(widths, w)
	}
	return pack(widths, gsmSingle, gsmPart), GSM7
}

func ucsSegments(text string) int {
	var widths []int
	for _, r := range text {
		widths = append(widths, max(1, utf16.RuneLen(r)))
	}
	return pack(widths, ucsSingle, ucsPart)
}

// pack counts the segments that characters of these widths fill.
func pack(widths []int, single, part int) int {
	total := 0
	for _, w := range widths {
		total += w
	}
	if total == 0 {
		return 0
	}
	if total <= single {
		return 1
	}
	n, used := 1, 0
	for _, w := range widths {
		if used+w > part {
			n++
			used = 0
		}
		used += w
	}
	return n
}
