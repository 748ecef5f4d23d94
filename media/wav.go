package media

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/go-audio/audio"
	"github.com/go-audio/wav"
	"github.com/zaf/g711"
)

// ErrNotWAV is wrapped by the errors about files that ReadWAV cannot use.
var ErrNotWAV = errors.New("media: this is no sound file that can be read; give a WAV file with PCM, float, A-law, µ-law, ADPCM or GSM samples")

// ErrWAVSize is a WAV file that holds more than ReadWAV takes.
var ErrWAVSize = errors.New("media: the WAV file holds too much sound")

// Format tags of a WAVE fmt chunk (RFC 2361, Microsoft mmreg.h).
const (
	wavPCM        = 0x0001
	wavFloat      = 0x0003
	wavALaw       = 0x0006
	wavULaw       = 0x0007
	wavMSADPCM    = 0x0002
	wavIMAADPCM   = 0x0011
	wavGSM        = 0x0031
	wavExtensible = 0xFFFE

	riffHeader     = 12
	chunkHeader    = 8
	fmtSize        = 16
	fmtExtensible  = 40
	subFormatAt    = 24      // of the fmt chunk: the first two bytes of the GUID are the format tag
	maxFmt         = 4096    // no fmt chunk is longer
	maxBlock       = 1 << 14 // nor is a block of a compressed format
	maxWAVChannels = 64      // no telephone prompt has more
	maxWAVData     = 1 << 29 // bytes: 9 h of 8 kHz 16 bit

	// MaxWAV is what a WAV file that ReadWAV takes may have in all, in bytes.
	MaxWAV = maxWAVData + 1<<20

	streamedSize = 1 << 31 // writers that cannot seek put at least nearly this much; then the end of file counts
)

// wavFormat is what the fmt chunk says, and where the data are.
type wavFormat struct {
	tag      uint16
	channels int
	rate     int
	bits     int
	block    int   // bytes of a block of a compressed format
	data     int64 // bytes of sound
	long     int64 // bytes of sound that RF64 tells of, where the data chunk can't
	order    binary.ByteOrder
}

// ReadWAV reads a whole WAV file, of either byte order: 8, 16, 24 or 32-bit PCM, 32 or 64-bit float, A-law or µ-law, IMA or
// Microsoft ADPCM, GSM 06.10, any rate, any number of channels, which are mixed to one. It returns 16-bit samples and their rate in Hz.
func ReadWAV(r io.ReadSeeker) (pcm []int16, rate int, err error) {
	f, err := scanWAV(r)
	if err != nil {
		return nil, 0, err
	}
	data, err := io.ReadAll(io.LimitReader(r, f.data))
	if err != nil {
		return nil, 0, fmt.Errorf("media: reading the WAV file failed: %w", err)
	}
	switch f.tag {
	case wavGSM:
		return gsmBlocks(data), f.rate, nil
	case wavIMAADPCM:
		pcm, err = imaBlocks(data, f.channels, f.block)
	case wavMSADPCM:
		pcm, err = msBlocks(data, f.channels, f.block)
	default:
		return f.mixdown(data), f.rate, nil
	}
	if err != nil {
		return nil, 0, fmt.Errorf("%w: %w", ErrNotWAV, err)
	}
	return pcm, f.rate, nil
}

// scanWAV reads the chunks up to the sound and leaves r there. The decoder of go-audio is not used: it allocates what the
// sizes of a broken file ask for, and forgets the sub-format of extensible files.
func scanWAV(r io.ReadSeeker) (f wavFormat, err error) {
	size, err := r.Seek(0, io.SeekEnd)
	if err != nil {
		return f, fmt.Errorf("media: the WAV file cannot be searched: %w", err)
	}
	if _, err = r.Seek(0, io.SeekStart); err != nil {
		return f, fmt.Errorf("media: the WAV file cannot be searched: %w", err)
	}
	var head [riffHeader]byte
	if _, err = io.ReadFull(r, head[:]); err != nil || !slices.Contains([]string{"RIFF", "RIFX", "RF64"}, string(head[:4])) || string(head[8:]) != "WAVE" {
		return f, fmt.Errorf("%w: it does not begin with RIFF and WAVE", ErrNotWAV)
	}
	f.order = binary.LittleEndian
	if string(head[:4]) == "RIFX" {
		f.order = binary.BigEndian
	}
	for at := int64(riffHeader); ; {
		var h [chunkHeader]byte
		if _, err = io.ReadFull(r, h[:]); err != nil {
			return f, fmt.Errorf("%w: it ends before its sound", ErrNotWAV)
		}
		at += chunkHeader
		length := int64(f.order.Uint32(h[4:]))
		switch string(h[:4]) {
		case "ds64":
			if f.long, err = readLong(r, length); err != nil {
				return f, err
			}
		case "fmt ":
			if err = f.read(r, length); err != nil {
				return f, err
			}
		case "data":
			if length == longSize && f.long > 0 {
				length = f.long
			}
			return f.found(length, size-at)
		}
		if at += (length + 1) &^ 1; at > size {
			return f, fmt.Errorf("%w: a chunk is longer than the file", ErrNotWAV)
		}
		if _, err = r.Seek(at, io.SeekStart); err != nil {
			return f, fmt.Errorf("media: the WAV file cannot be searched: %w", err)
		}
	}
}

// RF64 (EBU Tech 3306) is RIFF whose sizes are 0xFFFFFFFF, and told in 64 bits by a chunk of its own: of the file, of the sound.
const longSize, longChunk, longAt = 0xFFFFFFFF, 28, 8

// readLong gives the size of the sound.
func readLong(r io.Reader, length int64) (int64, error) {
	var b [longChunk]byte
	if _, err := io.ReadFull(r, b[:]); err != nil || length < longChunk {
		return 0, fmt.Errorf("%w: its ds64 chunk has %d bytes", ErrNotWAV, length)
	}
	return int64(min(binary.LittleEndian.Uint64(b[longAt:]), math.MaxInt64)), nil
}

// found takes the size of the sound as it is, not only as it is told.
func (f wavFormat) found(told, left int64) (wavFormat, error) {
	if f.channels == 0 {
		return f, fmt.Errorf("%w: its sound comes before its format", ErrNotWAV)
	}
	if f.data = min(told, left); told == 0 && left > 0 || told >= streamedSize-1<<20 && told != f.long {
		f.data = left
	}
	if f.data > maxWAVData {
		return f, fmt.Errorf("%w: more than %d MB; cut it, or make it smaller: sox IN.wav -r 8000 -c 1 OUT.wav", ErrWAVSize, maxWAVData>>20)
	}
	return f, nil
}

// read parses the fmt chunk.
func (f *wavFormat) read(r io.Reader, length int64) error {
	if length < fmtSize || length > maxFmt {
		return fmt.Errorf("%w: its format takes %d bytes", ErrNotWAV, length)
	}
	b := make([]byte, length)
	if _, err := io.ReadFull(r, b); err != nil {
		return fmt.Errorf("%w: it ends inside its format", ErrNotWAV)
	}
	f.tag = f.order.Uint16(b)
	f.channels = int(f.order.Uint16(b[2:]))
	f.rate = int(f.order.Uint32(b[4:]))
	f.block = int(f.order.Uint16(b[12:]))
	f.bits = int(f.order.Uint16(b[14:]))
	if f.tag == wavExtensible && length >= fmtExtensible {
		f.tag = f.order.Uint16(b[subFormatAt:])
	}
	if f.channels < 1 || f.channels > maxWAVChannels {
		return fmt.Errorf("%w: %d channels", ErrNotWAV, f.channels)
	}
	if f.rate < minRate || f.rate > maxRate {
		return fmt.Errorf("%w: %d Hz", ErrNotWAV, f.rate)
	}
	switch {
	case f.tag == wavGSM && f.channels == 1, f.tag == wavIMAADPCM && f.bits == 4, f.tag == wavMSADPCM && f.bits == 4:
	case f.sample() == nil:
		return fmt.Errorf("%w: format %#04x with %d bits", ErrNotWAV, f.tag, f.bits)
	}
	return nil
}

// sample gives the function that reads one sample on the scale of 16 bits, nil if the format is unknown.
func (f wavFormat) sample() func([]byte) float64 {
	le := f.order
	switch [2]int{int(f.tag), f.bits} {
	case [2]int{wavPCM, 8}:
		return func(b []byte) float64 { return float64(int(b[0])-128) * 256 }
	case [2]int{wavPCM, 16}:
		return func(b []byte) float64 { return float64(int16(le.Uint16(b))) }
	case [2]int{wavPCM, 24}:
		return func(b []byte) float64 {
			if le == binary.BigEndian {
				return float64(int32(uint32(b[2])<<8|uint32(b[1])<<16|uint32(b[0])<<24)) / 65536
			}
			return float64(int32(uint32(b[0])<<8|uint32(b[1])<<16|uint32(b[2])<<24)) / 65536
		}
	case [2]int{wavPCM, 32}:
		return func(b []byte) float64 { return float64(int32(le.Uint32(b))) / 65536 }
	case [2]int{wavFloat, 32}:
		return func(b []byte) float64 { return float64(math.Float32frombits(le.Uint32(b))) * fullScale }
	case [2]int{wavFloat, 64}:
		return func(b []byte) float64 { return math.Float64frombits(le.Uint64(b)) * fullScale }
	case [2]int{wavALaw, 8}:
		return func(b []byte) float64 { return float64(g711.DecodeAlawFrame(b[0])) }
	case [2]int{wavULaw, 8}:
		return func(b []byte) float64 { return float64(g711.DecodeUlawFrame(b[0])) }
	}
	return nil
}

// mixdown makes 16-bit mono of the data; half a frame at the end is left out.
func (f wavFormat) mixdown(data []byte) []int16 {
	sample, width := f.sample(), f.bits/8
	block := width * f.channels
	pcm := make([]int16, len(data)/block)
	for i := range pcm {
		sum := 0.0
		for c := range f.channels {
			sum += sample(data[i*block+c*width:])
		}
		pcm[i] = clip(sum / float64(f.channels))
	}
	return pcm
}

// clip rounds to 16 bits; what is no number is silence.
func clip(x float64) int16 {
	if math.IsNaN(x) {
		return 0
	}
	return int16(math.Round(max(math.MinInt16, min(math.MaxInt16, x))))
}

// WriteWAV writes 16-bit mono PCM as a WAV file.
func WriteWAV(w io.WriteSeeker, pcm []int16, rate int) error {
	if rate < minRate || rate > maxRate {
		return fmt.Errorf("%w: %d", ErrRate, rate)
	}
	e := wav.NewEncoder(w, rate, 16, 1, wavPCM)
	buf := &audio.IntBuffer{
		Format:         &audio.Format{NumChannels: 1, SampleRate: rate},
		Data:           make([]int, 0, min(len(pcm), LineRate)),
		SourceBitDepth: 16,
	}
	// An empty piece comes first: it writes the header, also of a recording without sound.
	for first := true; first || len(pcm) > 0; first = false {
		n := min(len(pcm), cap(buf.Data))
		buf.Data = buf.Data[:n]
		for i, s := range pcm[:n] {
			buf.Data[i] = int(s)
		}
		if err := e.Write(buf); err != nil {
			return fmt.Errorf("media: writing the WAV file failed: %w", err)
		}
		pcm = pcm[n:]
	}
	if err := e.Close(); err != nil {
		return fmt.Errorf("media: writing the WAV file failed: %w", err)
	}
	return nil
}
