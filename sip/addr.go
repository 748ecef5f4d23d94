package sip

import (
	"errors"
	"strings"
)

// nameAddr is the value of From, To, Contact, Route and their like (RFC 3261 §20.10), canonical: no folding, no spaces around
// separators. params hold the header parameters in order, "tag=x" or a bare name.
type nameAddr struct {
	display string // unescaped, without quotes
	uri     string // between the angle brackets
	params  []string
}

var errAddr = errors.New("address is malformed")

// parseAddr reads one name-addr or addr-spec. It is stricter than sipgo about quotes and brackets, and kinder about spaces:
// `"A" < sip:a@b > ; tag = x` is read as it was meant.
func parseAddr(s string) (nameAddr, error) {
	var a nameAddr
	s = strings.TrimSpace(s)
	if strings.HasPrefix(s, `"`) {
		end := quotedEnd(s)
		if end < 0 {
			return a, errAddr
		}
		a.display, s = unquote(s[1:end]), strings.TrimSpace(s[end+1:])
		if !strings.HasPrefix(s, "<") {
			return a, errAddr
		}
	}
	var rest string
	if open := strings.IndexByte(s, '<'); open >= 0 {
		closing := strings.IndexByte(s, '>')
		if closing < open || strings.ContainsRune(s[:open], '"') {
			return a, errAddr
		}
		if open > 0 {
			a.display = strings.Join(strings.Fields(s[:open]), " ")
		}
		a.uri, rest = strings.TrimSpace(s[open+1:closing]), strings.TrimSpace(s[closing+1:])
	} else {
		// Without brackets all parameters are the header's (§20.10).
		semi := strings.IndexByte(s+";", ';')
		a.uri, rest = strings.TrimSpace(s[:semi]), s[semi:]
	}
	if a.uri == "" || strings.ContainsAny(a.uri, " \t<>\"") || strings.ContainsFunc(a.uri, isControl) {
		return a, errAddr
	}
	var err error
	a.params, err = parseParams(rest)
	return a, err
}

// parseParams reads ";a=b; c ;d=\"e;f\"" into its canonical pieces. Empty pieces are malformed.
func parseParams(s string) ([]string, error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return nil, nil
	}
	if s[0] != ';' {
		return nil, errAddr
	}
	var params []string
	for _, piece := range splitOutside(s[1:], ';') {
		name, value, has := strings.Cut(piece, "=")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		if !isToken(name) || (has && !isParamValue(value)) {
			return nil, errAddr
		}
		if has {
			name += "=" + value
		}
		params = append(params, name)
	}
	return params, nil
}

// param finds a parameter by name, case does not count.
func findParam(params []string, name string) (value string, ok bool) {
	for _, p := range params {
		k, v, _ := strings.Cut(p, "=")
		if strings.EqualFold(k, name) {
			return v, true
		}
	}
	return "", false
}

// String is the canonical form, with the display name quoted.
func (a nameAddr) String() string {
	var b strings.Builder
	if a.display != "" {
		b.WriteString(quote(a.display) + " ")
	}
	b.WriteString("<" + a.uri + ">")
	for _, p := range a.params {
		b.WriteString(";" + p)
	}
	return b.String()
}

// splitOutside cuts at sep outside of quotes and angle brackets.
func splitOutside(s string, sep byte) []string {
	var parts []string
	start, quoted, bracket := 0, false, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '<':
			bracket = true
		case c == '>':
			bracket = false
		case c == sep && !bracket:
			parts = append(parts, s[start:i])
			start = i + 1
		}
	}
	return append(parts, s[start:])
}

// quotedEnd is the index of the quote that closes the one at s[0], -1 if there is none.
func quotedEnd(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return -1
}

func unquote(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// isToken checks the token rule of RFC 3261 §25.1.
func isToken(s string) bool {
	for i := 0; i < len(s); i++ {
		if !isTokenChar(s[i]) {
			return false
		}
	}
	return s != ""
}

func isTokenChar(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-.!%*_+`'~", c) >= 0
}

// isParamValue allows token, host and quoted string.
func isParamValue(s string) bool {
	if strings.HasPrefix(s, `"`) {
		return quotedEnd(s) == len(s)-1
	}
	for i := 0; i < len(s); i++ {
		if !isTokenChar(s[i]) && strings.IndexByte("[]:/@?&$", s[i]) < 0 {
			return false
		}
	}
	return s != ""
}
