package wyoming

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestReadsWhatPeersWrite(t *testing.T) {
	for _, c := range []struct {
		name, in          string
		kind, data, sound string
	}{
		{"a type alone", `{"type": "describe", "version": "1.10.2"}` + "\n", "describe", "", ""},
		{"data after the line", `{"type": "transcript", "data_length": 16}` + "\n" + `{"text": "oui"} `, "transcript", `{"text": "oui"} `, ""},
		{"data in the line", `{"type":"transcript","data":{"text":"oui"}}` + "\n", "transcript", `{"text":"oui"}`, ""},
		{"both, the later wins", `{"type":"x","data":{"a":1,"b":1},"data_length":7}` + "\n" + `{"b":2}`, "x", `{"a":1,"b":2}`, ""},
		{"a payload", `{"type":"audio-chunk","payload_length":4}` + "\n" + "\x01\x00\n\x00", "audio-chunk", "", "\x01\x00\n\x00"},
		{"both after the line", `{"type":"audio-chunk","data_length":2,"payload_length":2}` + "\n" + "{}ab", "audio-chunk", "{}", "ab"},
		{"lengths of null", `{"type":"x","data_length":null,"payload_length":null,"data":null}` + "\n", "x", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := NewReader(strings.NewReader(c.in), Limits{})
			e, err := r.Read()
			if err != nil {
				t.Fatal(err)
			}
			if e.Type != c.kind || string(e.Data) != c.data || string(e.Payload) != c.sound {
				t.Errorf("%q, %q, %q", e.Type, e.Data, e.Payload)
			}
			if _, err := r.Read(); !errors.Is(err, io.EOF) {
				t.Errorf("after it: %v", err)
			}
		})
	}
}

func TestRefusesWhatIsNoEvent(t *testing.T) {
	limits := Limits{Header: 100, Data: 50, Payload: 50}
	for _, c := range []struct {
		name, in string
		want     error
	}{
		{"no JSON", "GET / HTTP/1.1\r\n", ErrSyntax},
		{"no object", "[]\n", ErrSyntax},
		{"no type", "{}\n", ErrSyntax},
		{"a negative length", `{"type":"x","data_length":-1}` + "\n", ErrSyntax},
		{"a length that is no number", `{"type":"x","data_length":"9"}` + "\n", ErrSyntax},
		{"data that is no object", `{"type":"x","data_length":2}` + "\n[]", ErrSyntax},
		{"data that is no JSON", `{"type":"x","data_length":2}` + "\n{,", ErrSyntax},
		{"a line without end", strings.Repeat("x", 1000), ErrTooLong},
		{"too much data", `{"type":"x","data_length":51}` + "\n", ErrTooLong},
		{"too much sound", `{"type":"x","payload_length":99999999999}` + "\n", ErrTooLong},
		{"cut in the line", `{"type":`, io.ErrUnexpectedEOF},
		{"cut before the data", `{"type":"x","data_length":2}` + "\n", io.ErrUnexpectedEOF},
		{"cut in the sound", `{"type":"x","payload_length":2}` + "\na", io.ErrUnexpectedEOF},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := NewReader(strings.NewReader(c.in), limits).Read(); !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
		})
	}
}

func TestSamples(t *testing.T) {
	for _, c := range []struct {
		name string
		f    Format
		in   string
		want []int16
	}{
		{"mono", PCM16(8000), "\x01\x00\xff\xff", []int16{1, -1}},
		{"stereo is mixed", Format{16000, 2, 2}, "\x02\x00\x04\x00\xfe\xff\xfc\xff", []int16{3, -3}},
		{"loud stereo does not turn over", Format{16000, 2, 2}, "\xff\x7f\xff\x7f", []int16{32767}},
		{"half a sample", PCM16(8000), "\x01\x00\xff", []int16{1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := c.f.Samples([]byte(c.in))
			if err != nil || !bytes.Equal(Bytes(got), Bytes(c.want)) {
				t.Errorf("%v, %v", got, err)
			}
		})
	}
	for _, f := range []Format{{}, {8000, 1, 1}, {8000, 4, 1}, {8000, 2, 0}, {8000, 2, 99}, {-1, 2, 1}, {1e9, 2, 1}} {
		if _, err := f.Samples([]byte("abcd")); !errors.Is(err, ErrSyntax) {
			t.Errorf("%+v: %v", f, err)
		}
	}
}

// Whatever comes, the reader neither panics nor takes more memory than the
// limits, and what it takes for an event is the same after writing it again.
func FuzzRead(f *testing.F) {
	for _, s := range []string{`{"type":"describe"}` + "\n", `{"type":"x","data":{"a":1},"data_length":7,"payload_length":1}` + "\n" + `{"b":2}x`, "{}\n", `{"type":"x","data_length":-5}` + "\n", "\n\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		limits := Limits{Header: 1 << 10, Data: 1 << 10, Payload: 1 << 10}
		r := NewReader(bytes.NewReader(in), limits)
		for {
			e, err := r.Read()
			if err != nil {
				return
			}
			var out bytes.Buffer
			if err := NewWriter(&out).Write(e); err != nil {
				t.Fatalf("%+v can't be written: %v", e, err)
			}
			again, err := NewReader(&out, Limits{}).Read()
			if err != nil || again.Type != e.Type || !bytes.Equal(again.Data, e.Data) || !bytes.Equal(again.Payload, e.Payload) {
				t.Fatalf("%+v became %+v: %v", e, again, err)
			}
		}
	})
}
