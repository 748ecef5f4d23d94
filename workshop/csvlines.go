package workshop

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// Limits of a CSV file. They are far above what a real one holds and keep a hostile or mistaken one from filling the memory.
const (
	maxRecordBytes = 64 << 10 // one row: the longest description is 4,000 characters
	maxRecordLines = 200      // of one row, line breaks inside quotes
)

// Ways in which a record is not one; the reason of a RowError.
var (
	errRowTooLong  = errors.New("the row is longer than 64 KB; it was left out")
	errOpenQuote   = errors.New(`a quote (") is opened and not closed; double it inside a text, or close it`)
	errAfterQuote  = errors.New(`there is text between a closing quote (") and the next column`)
	errNotUTF8     = errors.New("the row is not UTF-8; set encoding to windows-1252 or auto")
	errUnreadable  = errors.New("the row holds bytes that are no text in UTF-8 or Windows-1252")
	errBinaryInput = errors.New("the row holds a NUL byte; this is no text file")
)

// recordReader splits a CSV file into records (RFC 4180). It is ours because encoding/csv gives up all that follows an unclosed quote
// and bounds nothing: here such a record costs its first line only, and reading goes on with the next line.
type recordReader struct {
	in        *bufio.Reader
	encoding  string // "utf-8", "windows-1252", else seen line by line
	comma     byte
	line      int        // number of the last physical line taken
	givenBack []textLine // lines read ahead in search of a closing quote
}

// textLine is one physical line without its end.
type textLine struct {
	number int
	text   string
	err    error
}

// newRecordReader takes away a byte order mark; UTF-16, which spreadsheets call "Unicode text", is known by it.
func newRecordReader(r io.Reader, encoding string) *recordReader {
	in := bufio.NewReaderSize(r, maxRecordBytes)
	switch mark, _ := in.Peek(3); {
	case bytes.HasPrefix(mark, []byte("\xef\xbb\xbf")):
		_, _ = in.Discard(3)
	case bytes.HasPrefix(mark, []byte("\xff\xfe")), bytes.HasPrefix(mark, []byte("\xfe\xff")):
		utf16 := unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder()
		in = bufio.NewReaderSize(utf16.Reader(in), maxRecordBytes)
	}
	return &recordReader{in: in, encoding: strings.ToLower(encoding), comma: ','}
}

// record gives the next record that is not blank, and the number of its first line. An error that is not io.EOF or a read error of the
// source belongs to that line alone; the next call goes on behind it.
func (r *recordReader) record() (line int, fields []string, err error) {
	for {
		first, err := r.nextLine()
		if err != nil {
			return r.line, nil, err
		}
		if first.err != nil {
			return first.number, nil, first.err
		}
		if strings.TrimSpace(first.text) == "" {
			continue
		}
		fields, err := r.split(first)
		if err == nil && blank(fields) {
			continue
		}
		return first.number, fields, err
	}
}

// split cuts a record into fields, taking more lines while a quote is open.
func (r *recordReader) split(first textLine) ([]string, error) {
	var (
		fields []string
		field  strings.Builder
		ahead  []textLine
		text   = first.text
		size   = len(text)
	)
	for {
		if !strings.HasPrefix(strings.TrimLeft(text, " "), `"`) {
			end := strings.IndexByte(text, r.comma)
			if end < 0 {
				return append(fields, text), nil
			}
			fields = append(fields, text[:end])
			text = text[end+1:]
			continue
		}
		text = strings.TrimLeft(text, " ")[1:]
		field.Reset()
		for {
			end := strings.IndexByte(text, '"')
			if end >= 0 {
				field.WriteString(text[:end])
				text = text[end+1:]
				if !strings.HasPrefix(text, `"`) {
					break
				}
				field.WriteByte('"')
				text = text[1:]
				continue
			}
			next, err := r.nextLine()
			if err == nil {
				ahead = append(ahead, next)
				size += len(next.text)
			}
			if err != nil || next.err != nil || size > maxRecordBytes || len(ahead) > maxRecordLines {
				// The first line alone is lost; what was read ahead is read again as records of its own.
				r.givenBack = append(ahead, r.givenBack...)
				if err != nil && err != io.EOF {
					return nil, err
				}
				return nil, errOpenQuote
			}
			field.WriteString(text)
			field.WriteByte('\n')
			text = next.text
		}
		fields = append(fields, field.String())
		text = strings.TrimLeft(text, " ")
		if text == "" {
			return fields, nil
		}
		if text[0] != r.comma {
			return nil, errAfterQuote
		}
		text = text[1:]
	}
}

// nextLine takes one physical line as UTF-8 text; err is io.EOF or what the source's Read gave.
func (r *recordReader) nextLine() (textLine, error) {
	if len(r.givenBack) > 0 {
		l := r.givenBack[0]
		r.givenBack = r.givenBack[1:]
		r.line = l.number
		return l, nil
	}
	raw, err := r.in.ReadSlice('\n')
	if err == bufio.ErrBufferFull {
		for err == bufio.ErrBufferFull {
			_, err = r.in.ReadSlice('\n')
		}
		if err != nil && err != io.EOF {
			return textLine{}, err
		}
		r.line++
		return textLine{number: r.line, err: errRowTooLong}, nil
	}
	if err != nil && (err != io.EOF || len(raw) == 0) {
		return textLine{}, err
	}
	r.line++
	l := textLine{number: r.line}
	raw = bytes.TrimSuffix(bytes.TrimSuffix(raw, []byte("\n")), []byte("\r"))
	l.text, l.err = r.decode(raw)
	return l, nil
}

// decode gives a line as UTF-8. A line with accents in Windows-1252 is practically never valid UTF-8, so each line tells by itself.
func (r *recordReader) decode(raw []byte) (string, error) {
	switch {
	case bytes.IndexByte(raw, 0) >= 0:
		return "", errBinaryInput
	case r.encoding != windows1252 && utf8.Valid(raw):
		return string(raw), nil
	case r.encoding == utf8Name:
		return "", errNotUTF8
	}
	text, err := charmap.Windows1252.NewDecoder().Bytes(raw)
	if err != nil || bytes.ContainsRune(text, utf8.RuneError) {
		return "", errUnreadable
	}
	return string(text), nil
}

func blank(fields []string) bool {
	for _, f := range fields {
		if strings.TrimSpace(f) != "" {
			return false
		}
	}
	return true
}

// guessComma takes the separator that a header line holds most often outside quotes; a comma when there is none.
func guessComma(header string) byte {
	counts := map[byte]int{}
	quoted := false
	for i := range len(header) {
		switch c := header[i]; {
		case c == '"':
			quoted = !quoted
		case !quoted:
			counts[c]++
		}
	}
	best := byte(',')
	for _, c := range []byte{';', '\t', '|'} {
		if counts[c] > counts[best] {
			best = c
		}
	}
	return best
}
