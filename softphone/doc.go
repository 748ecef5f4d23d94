// Package softphone is the test telephone in the browser: a page that calls the service as the operator does, and shows live what was heard
// and understood.
//
//	browser ── Opus or PCMU, SRTP ── pion ── RTP on loopback ── media.Session ⇄ media.Session ── G.711 ── trunk socket of the service
//	   ↑                                                         (two jitter buffers, one clock)
//	   └── server-sent events ← hub ← what is said (call.Observer) and the facts of the call
//
// WebRTC comes in by one HTTP exchange of offer and answer, WHIP in form (RFC 9725), and leaves as a SIP call to the service's own trunk
// socket, so that the whole chain is tested. It speaks ICE (RFC 8445), DTLS-SRTP (RFC 5763, RFC 5764) and telephone events (RFC 4733), on
// pion/webrtc. Only test lines can be called. It stands on call, bench, sip and media and is imported by cmd alone.
package softphone
