package media

import "github.com/zaf/g711"

// The slice functions of zaf/g711 allocate their result at each call, so the 20 ms path uses its functions per sample.

type alaw struct{}

func (alaw) Samples(payload []byte) int { return len(payload) }

func (alaw) Encode(dst []byte, pcm []int16) int {
	for i, s := range pcm {
		dst[i] = g711.EncodeAlawFrame(s)
	}
	return len(pcm)
}

func (alaw) Decode(dst []int16, payload []byte) int {
	for i, b := range payload {
		dst[i] = g711.DecodeAlawFrame(b)
	}
	return len(payload)
}

type ulaw struct{}

func (ulaw) Samples(payload []byte) int { return len(payload) }

func (ulaw) Encode(dst []byte, pcm []int16) int {
	for i, s := range pcm {
		dst[i] = g711.EncodeUlawFrame(s)
	}
	return len(pcm)
}

func (ulaw) Decode(dst []int16, payload []byte) int {
	for i, b := range payload {
		dst[i] = g711.DecodeUlawFrame(b)
	}
	return len(payload)
}
