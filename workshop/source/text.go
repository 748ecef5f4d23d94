package source

import (
	"regexp"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/acotel/acotel-sbc/workshop"
)

// Longest texts that are kept, as package workshop allows them; a web page's text is cut at a sentence instead of refused.
const (
	maxDescription = 4000 // characters
	maxSummary     = 500
)

// plainText takes HTML off a text: tags are dropped, blocks become lines, entities characters. A text without any stays as it is.
func plainText(s string) string {
	if !strings.ContainsAny(s, "<&") {
		return strings.TrimSpace(s)
	}
	var b strings.Builder
	skip := 0 // inside of what is no text
	for z := html.NewTokenizer(strings.NewReader(s)); ; {
		switch kind := z.Next(); kind {
		case html.ErrorToken: // the end; the tokenizer forgives all else
			return tidyLines(b.String())
		case html.TextToken:
			if skip == 0 {
				b.WriteString(string(z.Text()))
			}
		case html.StartTagToken, html.EndTagToken, html.SelfClosingTagToken:
			name, _ := z.TagName()
			switch tag := atom.Lookup(name); {
			case tag == atom.Script || tag == atom.Style:
				if kind == html.StartTagToken {
					skip++
				} else if kind == html.EndTagToken && skip > 0 {
					skip--
				}
			case tag == 0: // "places < 10": no tag of HTML
				b.WriteString(string(z.Raw()))
			case blocks[tag]:
				b.WriteByte('\n')
			}
		}
	}
}

// blocks begin and end lines.
var blocks = map[atom.Atom]bool{atom.P: true, atom.Br: true, atom.Div: true, atom.Li: true, atom.Ul: true, atom.Ol: true, atom.Tr: true, atom.H1: true,
	atom.H2: true, atom.H3: true, atom.H4: true, atom.H5: true, atom.H6: true, atom.Section: true, atom.Article: true, atom.Table: true, atom.Blockquote: true}

func tidyLines(s string) string {
	var out []string
	for l := range strings.SplitSeq(s, "\n") {
		if l = strings.Join(strings.Fields(l), " "); l != "" {
			out = append(out, l)
		}
	}
	return strings.Join(out, "\n")
}

// cutText shortens a text to limit characters at the end of its last whole sentence, or else of its last word.
func cutText(s string, limit int) string {
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	s = string([]rune(s)[:limit])
	if i := strings.LastIndexAny(s, ".!?\n"); i > len(s)/2 {
		return s[:i+1]
	}
	if i := strings.LastIndexByte(s, ' '); i > 0 {
		return s[:i]
	}
	return s
}

// phonePattern finds ten French digits, or +33 and nine, with the usual signs between them, that are no part of a longer number.
var phonePattern = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?:^|[^\d+])((?:(?:\+|00)33[\s.\x{a0}\x{202f}-]*(?:\(0\))?[\s.\x{a0}\x{202f}-]*|0)[1-9](?:[\s.\x{a0}\x{202f}/-]{0,2}\d{2}){4})(?:$|\D)`)
})

// firstPhone gives the first telephone number that stands in one of values; or a value that is meant for one and is none, whose fault
// is the row's; empty when there is only prose.
func firstPhone(values []string) string {
	meant := ""
	for _, v := range values {
		if m := phonePattern().FindStringSubmatch(v); m != nil {
			return strings.ReplaceAll(m[1], "/", " ")
		}
		if !isNumber(v) {
			continue
		}
		if _, err := workshop.ParsePhone(v); err == nil {
			return v
		}
		if meant == "" {
			meant = v
		}
	}
	return meant
}

// maxLetters may stand beside a number that is meant for one: "Tél. : ".
const maxLetters = 5

// isNumber tells a number, maybe with a slip of the pen, from prose that holds digits.
func isNumber(s string) bool {
	digits, letters := 0, 0
	for _, r := range s {
		switch {
		case r == '/': // a date
			return false
		case unicode.IsDigit(r):
			digits++
		case unicode.IsLetter(r):
			letters++
		}
	}
	return digits > 0 && letters <= maxLetters
}
