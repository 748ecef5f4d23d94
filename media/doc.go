// Package media is the sound side of a telephone call: it sends and receives RTP, and knows neither SIP nor words.
//
// A Session owns one pair of UDP sockets. Packets that arrive pass the latch (symmetric RTP), then go to the key decoder
// or to the jitter buffer; every 20 ms the clock takes one frame out of the buffer, decodes it, hides what was lost and hands it
// to the Listener, then takes one frame from the Playout queue, encodes it and sends it. RTCP reports run beside.
//
//	socket → SRTP → latch → jitter buffer → decode → conceal → Listener.Frame      socket → latch → DTMF → Listener.Digit
//	socket ← RTP header ← encode ← DTMF sender or Playout ← Utterance.Write
//
// All calls share a Wheel, the 20 ms clock: it reads a call's socket, by one system call, when its frame is due, and turns the frame. RTCP
// has a goroutine for each call, which ends with Run. The 20 ms path allocates nothing, writes no log and never waits for another call's
// work but the turns of the same goroutine before it. Beside the session stand tools on plain samples: VAD, Resampler, levels, WAV files.
//
// Standards: RFC 3550 (RTP, RTCP), RFC 3551 (payload types), RFC 3711 and RFC 7714 (SRTP), RFC 3389 (comfort noise), RFC 4733 (telephone
// events), RFC 4961 (symmetric RTP), RFC 6464/6465 (levels in dBov), ITU-T G.711 with Appendix I (loss concealment), G.722 (lower band),
// RFC 6716 and RFC 7587 (Opus), ITU-T G.107 (quality estimate), ITU-T P.56 (active speech level).
package media
