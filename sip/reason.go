package sip

import (
	"strconv"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// Causes that we give for the end of a call, as Reason header fields (RFC 3326): the SIP status that fits and, for the telephone
// network behind the operator, the cause of ITU-T Q.850 that RFC 3398 §8.2.6.1 pairs with it.
const (
	causeNormal       = `Q.850;cause=16`                 // normal call clearing
	causeTimer        = `SIP;cause=408, Q.850;cause=102` // no ACK, no refresh: recovery on timer expiry
	causeIncompatible = `SIP;cause=488, Q.850;cause=88`  // incompatible destination
	causeFailure      = `Q.850;cause=41`                 // temporary failure: we close
)

// causesOf reads the Reason header fields of a message, one for each protocol, without their texts: those are free, and may hold
// anything. "" when there is none that can be read.
func causesOf(msg sip.Message) string {
	var causes []string
	for _, value := range headerList(msg, "Reason") {
		parts := splitOutside(value, ';')
		protocol := strings.TrimSpace(parts[0])
		cause, ok := findParam(trimAll(parts[1:]), "cause")
		n, err := strconv.Atoi(cause)
		if !isToken(protocol) || !ok || err != nil || n < 0 || n > 999 {
			continue
		}
		causes = append(causes, protocol+";cause="+strconv.Itoa(n))
	}
	return strings.Join(causes, ", ")
}

func trimAll(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = strings.TrimSpace(s)
	}
	return out
}

// addReason gives a BYE or CANCEL of ours its causes, one header for each protocol.
func addReason(req *sip.Request, causes string) {
	if causes == "" {
		causes = causeNormal
	}
	for c := range strings.SplitSeq(causes, ", ") {
		req.AppendHeader(sip.NewHeader("Reason", c))
	}
}
