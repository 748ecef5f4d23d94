package media

import (
	"encoding/binary"
	"strings"
)

// A telephone event of RFC 4733 §2.3:
//
//	 0                   1                   2                   3
//	 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//	+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//	|     event     |E|R| volume    |          duration             |
//	+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
const (
	eventSize      = 4
	eventEndBit    = 0x80
	eventVolume    = 10 // -10 dBm0, the usual level of keys
	eventKeys      = "0123456789*#ABCD"
	eventVolumeBit = 0x3F
)

// keyEvent is one telephone event packet.
type keyEvent struct {
	code     uint8 // 0..15
	end      bool
	duration uint16 // in timestamp units, since the event's timestamp
}

// parseKeyEvent reads a payload. Events other than keys, such as flash or fax tones, are not ours.
func parseKeyEvent(payload []byte) (keyEvent, bool) {
	if len(payload) < eventSize || int(payload[0]) >= len(eventKeys) {
		return keyEvent{}, false
	}
	return keyEvent{
		code:     payload[0],
		end:      payload[1]&eventEndBit != 0,
		duration: binary.BigEndian.Uint16(payload[2:]),
	}, true
}

func (e keyEvent) put(payload []byte) {
	payload[0], payload[1] = e.code, eventVolume&eventVolumeBit
	if e.end {
		payload[1] |= eventEndBit
	}
	binary.BigEndian.PutUint16(payload[2:], e.duration)
}

// keyCode is the event code of a key, in either case; -1 for what is no key.
func keyCode(key byte) int {
	if key >= 'a' && key <= 'd' {
		key -= 'a' - 'A'
	}
	return strings.IndexByte(eventKeys, key)
}
