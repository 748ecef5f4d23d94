package media

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"testing"
)

// rf64 makes an RF64 file of a RIFF one: told is the size of the sound in its ds64 chunk.
func rf64(riff []byte, told uint64, after ...byte) []byte {
	const unknown = "\xff\xff\xff\xff"
	b := append([]byte("RF64"+unknown+"WAVEds64"), binary.LittleEndian.AppendUint32(nil, longChunk)...)
	b = binary.LittleEndian.AppendUint64(b, uint64(len(riff)+longChunk+chunkHeader))
	b = binary.LittleEndian.AppendUint64(b, told)
	b = append(b, make([]byte, longChunk-16)...)
	data := bytes.Index(riff, []byte("data"))
	b = append(append(b, riff[riffHeader:data+4]...), unknown...)
	return append(append(b, riff[data+chunkHeader:]...), after...)
}

// RF64, as recorders of long sound write it, is read like RIFF; its sizes are believed as little.
func TestReadRF64(t *testing.T) {
	pcm := noise(800, -20, seeded(8))
	f := &file{}
	if err := WriteWAV(f, pcm, LineRate); err != nil {
		t.Fatal(err)
	}
	size := uint64(2 * len(pcm))
	whole := rf64(f.data, size)
	for _, c := range []struct {
		name string
		data []byte
		want []int16 // nil: refused
	}{
		{"whole", whole, pcm},
		{"a chunk after the sound", rf64(f.data, size, []byte("LIST\x04\x00\x00\x00abcd")...), pcm},
		{"a size that was never written", rf64(f.data, 0), pcm},
		{"a size beyond the file", rf64(f.data, 1<<62), pcm},
		{"a size of all bits", rf64(f.data, 1<<64-1), pcm},
		{"cut in its sound", whole[:len(whole)-800], pcm[:400]},
		{"cut in its sizes", whole[:riffHeader+chunkHeader+8], nil},
		{"no format", append([]byte("RF64\xff\xff\xff\xffWAVE"), "data\xff\xff\xff\xff"...), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, rate, err := ReadWAV(bytes.NewReader(c.data))
			if c.want == nil {
				if !errors.Is(err, ErrNotWAV) {
					t.Errorf("%d samples, %v", len(got), err)
				}
				return
			}
			if err != nil || rate != LineRate || !slices.Equal(got, c.want) {
				t.Errorf("%d samples at %d Hz, %v, want %d", len(got), rate, err, len(c.want))
			}
		})
	}
}

// vast says that it is longer than it is.
type vast struct{ *bytes.Reader }

func (v vast) Seek(offset int64, whence int) (int64, error) {
	if whence == io.SeekEnd {
		return 1 << 40, nil
	}
	return v.Reader.Seek(offset, whence)
}

// What is a WAV file, and too long, is told so, and how to make it shorter.
func TestTooMuchSoundIsToldApart(t *testing.T) {
	f := &file{}
	if err := WriteWAV(f, make([]int16, 8), LineRate); err != nil {
		t.Fatal(err)
	}
	binary.LittleEndian.PutUint32(f.data[bytes.Index(f.data, []byte("data"))+4:], 0xFFFFFFFF)
	if _, _, err := ReadWAV(vast{bytes.NewReader(f.data)}); !errors.Is(err, ErrWAVSize) || errors.Is(err, ErrNotWAV) {
		t.Errorf("%v", err)
	}
}
