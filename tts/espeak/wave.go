package espeak

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// errHeader is the root of all complaints about the child's output.
var errHeader = errors.New("espeak: the output is no 16-bit mono WAVE stream")

// wave is what the header of a streamed RIFF/WAVE file says.
//
//	"RIFF" size "WAVE" { id size body }…  with chunks "fmt ", others, then "data"
//
// A program that writes to a pipe can't know the sizes: espeak-ng gives
// 0x7ffff000 for "data", others 0 or 0xffffffff. All of these mean "to the
// end".
type wave struct {
	rate int
	left int64 // bytes of sound to come
}

const (
	pcmFormat        = 1
	extensibleFormat = 0xfffe
	maxChunk         = 1 << 20 // a header chunk longer than this is garbage
	unknownSize      = 0x7ffff000
)

// readHeader reads up to the first byte of sound.
func readHeader(r io.Reader) (wave, error) {
	var head [12]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		if errors.Is(err, io.EOF) {
			return wave{}, ErrNoSound
		}
		return wave{}, fmt.Errorf("%w: it ends in the header: %w", errHeader, err)
	}
	if string(head[:4]) != "RIFF" || string(head[8:]) != "WAVE" {
		return wave{}, fmt.Errorf("%w: it begins with %q", errHeader, head[:])
	}
	var w wave
	for {
		var chunk [8]byte
		if _, err := io.ReadFull(r, chunk[:]); err != nil {
			return wave{}, fmt.Errorf("%w: no data chunk: %w", errHeader, err)
		}
		id, size := string(chunk[:4]), binary.LittleEndian.Uint32(chunk[4:])
		switch {
		case id == "data" && w.rate == 0:
			return wave{}, fmt.Errorf("%w: data before the format", errHeader)
		case id == "data":
			w.left = int64(size)
			if size == 0 || size >= unknownSize {
				w.left = math.MaxInt64
			}
			return w, nil
		case size > maxChunk:
			return wave{}, fmt.Errorf("%w: chunk %q of %d bytes", errHeader, id, size)
		}
		body := make([]byte, size+size%2) // chunks are padded to even length
		if _, err := io.ReadFull(r, body); err != nil {
			return wave{}, fmt.Errorf("%w: chunk %q cut short: %w", errHeader, id, err)
		}
		if id == "fmt " {
			var err error
			if w.rate, err = readFormat(body); err != nil {
				return wave{}, err
			}
		}
	}
}

// readFormat checks the format chunk and gives the sample rate in Hz.
func readFormat(b []byte) (int, error) {
	if len(b) < 16 {
		return 0, fmt.Errorf("%w: format chunk of %d bytes", errHeader, len(b))
	}
	format, channels := binary.LittleEndian.Uint16(b), binary.LittleEndian.Uint16(b[2:])
	rate, bits := binary.LittleEndian.Uint32(b[4:]), binary.LittleEndian.Uint16(b[14:])
	if (format != pcmFormat && format != extensibleFormat) || channels != 1 || bits != 16 || rate < 4000 || rate > 192000 {
		return 0, fmt.Errorf("%w: format %d, %d channels, %d bits, %d Hz", errHeader, format, channels, bits, rate)
	}
	return int(rate), nil
}
