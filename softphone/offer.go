package softphone

import (
	"regexp"
	"slices"
	"strings"
)

var (
	opusMap  = regexp.MustCompile(`(?i)a=rtpmap:(\d+) opus/48000[^\r\n]*\r?\n`)
	formLine = regexp.MustCompile(`a=fmtp:(\d+) ([^\r\n]*)\r?\n`)
)

// readable is an offer as pion understands it. What a browser says of its Opus is declared, not asked for (RFC 7587 §7), but pion takes each
// parameter that differs from ours for another codec, and would agree with Firefox, which plays in stereo, on keys without a voice. What our
// encoder goes by is left in.
func readable(offer string) string {
	return ofOpus(offer, func(pt, parameters string) string {
		var keep []string
		for p := range strings.SplitSeq(parameters, ";") {
			p = strings.ToLower(strings.TrimSpace(p))
			if name, _, _ := strings.Cut(p, "="); p == opusMatch || name == "usedtx" || name == "maxaveragebitrate" {
				keep = append(keep, p)
			}
		}
		if len(keep) == 0 {
			return ""
		}
		return "a=fmtp:" + pt + " " + strings.Join(keep, ";") + "\r\n"
	})
}

// declared is an answer with what we declare of our Opus: pion gives the browser its own words back.
func declared(answer string) string {
	answer = ofOpus(answer, func(string, string) string { return "" })
	return opusMap.ReplaceAllString(answer, "${0}a=fmtp:${1} "+opusFormat+"\r\n")
}

// ofOpus replaces the lines of parameters of Opus.
func ofOpus(sdp string, with func(pt, parameters string) string) string {
	var opus []string
	for _, m := range opusMap.FindAllStringSubmatch(sdp, -1) {
		opus = append(opus, m[1])
	}
	return formLine.ReplaceAllStringFunc(sdp, func(line string) string {
		m := formLine.FindStringSubmatch(line)
		if !slices.Contains(opus, m[1]) {
			return line
		}
		return with(m[1], m[2])
	})
}
