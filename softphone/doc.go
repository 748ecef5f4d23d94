// Package softphone will be the test telephone in the browser: a page that calls
// the service as the operator does, and shows live what was heard and understood.
//
// WebRTC (Opus, or G.711 when asked) comes in by one HTTP exchange of offer and
// answer, and leaves as a SIP call to the service's own trunk socket, so that the
// whole chain is tested. It speaks WHIP in form, ICE (RFC 8445), DTLS-SRTP
// (RFC 5763, RFC 5764) and telephone events (RFC 4733), on pion/webrtc. Production
// numbers are refused. It stands on call, sip and media and is imported by cmd alone.
package softphone
