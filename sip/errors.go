package sip

import (
	"errors"
	"fmt"
	"time"
)

// Errors that a user of a Call or Endpoint can act on.
var (
	// ErrClosed: the endpoint was closed.
	ErrClosed = errors.New("sip: the endpoint is closed")

	// ErrEnded: the call is over, End tells how.
	ErrEnded = errors.New("sip: the call is already over")

	// ErrCancelled: the caller gave up before the answer.
	ErrCancelled = fmt.Errorf("%w: the caller cancelled it", ErrEnded)

	// ErrState: the call is in another state than the request needs, such as Answer twice.
	ErrState = errors.New("sip: not possible in this state of the call")

	// ErrNoCodec: offer and answer have no codec in common, or no stream of sound that we can carry (488).
	ErrNoCodec = errors.New("sip: no codec in common with the peer")

	// ErrNoSRTP: the peer's answer does not protect the sound as we offered and want it.
	ErrNoSRTP = errors.New("sip: the peer does not protect its sound (SRTP); allow it in clear, or use a peer that does")

	// ErrSDP: a session description that cannot be read.
	ErrSDP = errors.New("sip: session description cannot be read")

	// ErrTimeout: the peer did not answer in time.
	ErrTimeout = errors.New("sip: no answer from the peer in time")
)

// StatusError is a final answer that was not a success: why a call we placed was refused.
type StatusError struct {
	Code       int
	Reason     string
	RetryAfter time.Duration // 0: the peer did not say
}

// Error gives code and reason.
func (e *StatusError) Error() string {
	return fmt.Sprintf("sip: the peer answered %d %s", e.Code, e.Reason)
}
