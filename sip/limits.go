package sip

// Limits bound what peers may take of us; 0 is no bound, but for MessageBytes.
type Limits struct {
	MessageBytes         int // longest message, DefaultMessageBytes if 0
	MessagesPerSecond    int // of one source; what is more is dropped
	CallsPerSecond       int // new calls of one source; what is more is refused with 503
	HalfOpen             int // calls that are not answered yet or wait for their ACK; what is more is refused with 503
	Connections          int // TCP and TLS connections at once
	ConnectionsPerSource int
}
