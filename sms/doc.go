// Package sms tells a caller's mobile which workshops were found (C9).
//
// Compose makes the text: at most two workshops, what matters first, in the GSM 7-bit alphabet so that it costs few
// segments (3GPP TS 23.038; lengths by Segments). Enqueue puts it into the outbox, a table of the store; Run hands it
// to a Provider, tries again after failures, gives up when it is too old, and blanks the full number as soon as it is
// not needed any more. A key per message makes every step safe to repeat, a crash in the middle included.
//
// Only French mobiles get an SMS. What the text says stands in data/sms.yaml.
package sms
