package wyoming

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
)

// Errors of reading, for errors.Is. After any of them the connection is of no
// more use: where the next event begins is not known.
var (
	ErrTooLong = errors.New("wyoming: an event is longer than allowed")
	ErrSyntax  = errors.New("wyoming: this is no event of the protocol")
)

// Limits bound one event, in bytes. Zero values are the defaults.
type Limits struct {
	Header  int // the line; 0: 64 KiB
	Data    int // the JSON after it; 0: 1 MiB (the info of a server with many voices)
	Payload int // the sound; 0: 1 MiB, half a minute at 16 kHz
}

func (l Limits) withDefaults() Limits {
	if l.Header == 0 {
		l.Header = 64 << 10
	}
	if l.Data == 0 {
		l.Data = 1 << 20
	}
	if l.Payload == 0 {
		l.Payload = 1 << 20
	}
	return l
}

// Event is one message of either side.
type Event struct {
	Type    string
	Data    json.RawMessage // an object, or empty
	Payload []byte
}

// NewEvent makes an event whose data is v, written as JSON; nil for none.
func NewEvent(kind string, v any, payload []byte) (Event, error) {
	e := Event{Type: kind, Payload: payload}
	if v == nil {
		return e, nil
	}
	data, err := json.Marshal(v)
	if err != nil {
		return e, fmt.Errorf("wyoming: the data of %s: %w", kind, err)
	}
	e.Data = data
	return e, nil
}

// Decode reads the data into v. Without data v stays as it is.
func (e Event) Decode(v any) error {
	if len(e.Data) == 0 {
		return nil
	}
	if err := json.Unmarshal(e.Data, v); err != nil {
		return fmt.Errorf("%w: the data of %s: %w", ErrSyntax, e.Type, err)
	}
	return nil
}

// header is the line that begins an event.
type header struct {
	Type          string          `json:"type"`
	Data          json.RawMessage `json:"data,omitempty"` // old peers put it here; data_length adds to it
	DataLength    int             `json:"data_length,omitempty"`
	PayloadLength int             `json:"payload_length,omitempty"`
}

// Reader reads events. It is used by one goroutine.
type Reader struct {
	r      *bufio.Reader
	limits Limits
}

// NewReader reads from r.
func NewReader(r io.Reader, l Limits) *Reader {
	return &Reader{r: bufio.NewReader(r), limits: l.withDefaults()}
}

// Read gives the next event, which owns its memory. Errors: io.EOF between two
// events, io.ErrUnexpectedEOF within one, ErrTooLong, ErrSyntax, the reader's own.
func (r *Reader) Read() (Event, error) {
	line, err := r.line()
	if err != nil {
		return Event{}, err
	}
	var h header
	if err := json.Unmarshal(line, &h); err != nil {
		return Event{}, fmt.Errorf("%w: %w", ErrSyntax, err)
	}
	switch {
	case h.Type == "":
		return Event{}, fmt.Errorf("%w: it has no type", ErrSyntax)
	case h.DataLength < 0 || h.PayloadLength < 0:
		return Event{}, fmt.Errorf("%w: %s has a negative length", ErrSyntax, h.Type)
	case h.DataLength > r.limits.Data || h.PayloadLength > r.limits.Payload:
		return Event{}, fmt.Errorf("%w: %s announces %d bytes of data and %d of payload, the limits are %d and %d", ErrTooLong, h.Type, h.DataLength, h.PayloadLength, r.limits.Data, r.limits.Payload)
	}
	e := Event{Type: h.Type}
	data, err := r.block(h.DataLength)
	if err != nil {
		return Event{}, err
	}
	if e.Data, err = merge(h.Data, data); err != nil {
		return Event{}, fmt.Errorf("%w: the data of %s: %w", ErrSyntax, h.Type, err)
	}
	if e.Payload, err = r.block(h.PayloadLength); err != nil {
		return Event{}, err
	}
	return e, nil
}

// line reads up to a line feed, which it leaves out.
func (r *Reader) line() ([]byte, error) {
	var line []byte
	for {
		part, err := r.r.ReadSlice('\n')
		if len(line)+len(part) > r.limits.Header {
			return nil, fmt.Errorf("%w: its line has more than %d bytes", ErrTooLong, r.limits.Header)
		}
		line = append(line, part...)
		switch {
		case err == nil:
			return bytes.TrimSuffix(line, []byte{'\n'}), nil
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF) && len(line) > 0:
			return nil, io.ErrUnexpectedEOF
		default:
			return nil, err
		}
	}
}

// block reads n bytes; the limits were checked.
func (r *Reader) block(n int) ([]byte, error) {
	if n == 0 {
		return nil, nil
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(r.r, b); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	return b, nil
}

// merge joins the data of the line with the data after it, which wins. Both are
// objects, or nothing.
func merge(inline, after []byte) (json.RawMessage, error) {
	if bytes.Equal(inline, []byte("null")) {
		inline = nil
	}
	var whole map[string]json.RawMessage
	for _, part := range [][]byte{inline, after} {
		if len(part) == 0 {
			continue
		}
		if err := json.Unmarshal(part, &whole); err != nil {
			return nil, err
		}
	}
	switch {
	case len(inline) == 0:
		return after, nil
	case len(after) == 0:
		return inline, nil
	}
	return json.Marshal(whole)
}

// Writer writes events, each in one piece. Its methods are safe from any
// goroutine.
type Writer struct {
	mu  sync.Mutex
	w   io.Writer
	buf bytes.Buffer
}

// NewWriter writes to w.
func NewWriter(w io.Writer) *Writer { return &Writer{w: w} }

// Write sends one event.
func (w *Writer) Write(e Event) error {
	line, err := json.Marshal(header{Type: e.Type, DataLength: len(e.Data), PayloadLength: len(e.Payload)})
	if err != nil {
		return fmt.Errorf("wyoming: the line of %s: %w", e.Type, err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.buf.Reset()
	w.buf.Write(line)
	w.buf.WriteByte('\n')
	w.buf.Write(e.Data)
	w.buf.Write(e.Payload)
	_, err = w.w.Write(w.buf.Bytes())
	return err
}
