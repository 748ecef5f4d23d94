package source

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"github.com/acotel/acotel-sbc/workshop"
)

// Source is a place where workshops are published. Make one with New; it keeps nothing between two fetches.
type Source struct {
	c         Config
	gazetteer workshop.Gazetteer
	transport http.RoundTripper
	now       func() time.Time
	log       *slog.Logger
}

// Options are what a Source is given beside its configuration. Zero values have a default.
type Options struct {
	Gazetteer workshop.Gazetteer // for sessions without a point; nil: they stay without
	Transport http.RoundTripper  // nil: http.DefaultTransport
	Now       func() time.Time   // for recurring events; nil: time.Now
	Log       *slog.Logger
}

// New checks the configuration; an error wraps ErrConfig, or is that of workshop.Format.
func New(c Config, o Options) (*Source, error) {
	c, err := c.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &Source{c: c, gazetteer: o.Gazetteer, transport: o.Transport, now: o.Now, log: o.Log}
	if s.transport == nil {
		s.transport = http.DefaultTransport
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if c.Kind != CSV {
		_, err = newReader(c.URL, c.Mapping, nil) // its words for themes and states
	}
	return s, err
}

// Name is the address without its query, which may hold a key.
func (s *Source) Name() string {
	u, _ := url.Parse(s.c.URL)
	u.RawQuery, u.User = "", nil
	return u.String()
}

// Fetched is one reading of a source.
type Fetched struct {
	workshop.Read
	NotModified        bool   // nothing has changed since the validators: Read is empty
	ETag, LastModified string // for the next time
}

// Fetch reads the whole source. With validators of an earlier reading it is told when nothing has changed. Broken items are listed in
// Read; an error (ErrUnreachable, ErrAnswer, ErrTooBig, ErrPaging) means that the source could not be read to its end.
func (s *Source) Fetch(ctx context.Context, etag, lastModified string) (Fetched, error) {
	ctx, cancel := context.WithTimeout(ctx, s.c.Limits.Total)
	defer cancel()
	f := newFetcher(s.c, s.transport, s.log)
	known := validators{etag, lastModified}
	var (
		first answer
		read  workshop.Read
		err   error
	)
	switch s.c.Kind {
	case CSV:
		first, read, err = s.table(ctx, f, known)
	case ICalendar:
		first, read, err = s.calendar(ctx, f, known)
	default:
		first, read, err = s.items(ctx, f, known)
	}
	if err != nil {
		return Fetched{}, err
	}
	return Fetched{Read: read, NotModified: first.notModified, ETag: first.header.Get("ETag"), LastModified: first.header.Get("Last-Modified")}, nil
}

// items reads a source in JSON. Only the first page tells whether something has changed, so that sources with pages are read whole.
func (s *Source) items(ctx context.Context, f *fetcher, known validators) (answer, workshop.Read, error) {
	if s.c.Paging.Kind != NoPages {
		known = validators{}
	}
	r, err := newReader(s.Name(), s.c.Mapping, s.gazetteer)
	if err != nil {
		return answer{}, workshop.Read{}, err
	}
	first, err := s.pages(ctx, f, known, func(p page) error {
		for _, item := range p.items {
			if err := r.item(item); err != nil {
				return err
			}
		}
		return nil
	})
	return first, r.records.Read(), err
}

// table reads a CSV file.
func (s *Source) table(ctx context.Context, f *fetcher, known validators) (answer, workshop.Read, error) {
	a, err := s.once(ctx, f, known)
	if err != nil || a.notModified {
		return a, workshop.Read{}, err
	}
	if looksLikeHTML(a.body) {
		return a, workshop.Read{}, fmt.Errorf("%w: it is a web page, not a CSV file", ErrAnswer)
	}
	read, err := workshop.ReadCSV(ctx, bytes.NewReader(a.body), s.Name(), s.c.CSV, s.gazetteer)
	return a, read, err
}

// calendar reads an iCalendar file.
func (s *Source) calendar(ctx context.Context, f *fetcher, known validators) (answer, workshop.Read, error) {
	a, err := s.once(ctx, f, known)
	if err != nil || a.notModified {
		return a, workshop.Read{}, err
	}
	r, err := newReader(s.Name(), s.c.Mapping, s.gazetteer)
	if err != nil {
		return a, workshop.Read{}, err
	}
	if err := s.events(a.body, r); err != nil {
		return a, workshop.Read{}, err
	}
	return a, r.records.Read(), nil
}

func (s *Source) once(ctx context.Context, f *fetcher, known validators) (answer, error) {
	u, _ := url.Parse(s.c.URL) // withDefaults has looked
	return f.get(ctx, u, known)
}

// jsonText gives an answer as valid JSON in UTF-8.
func jsonText(a answer) ([]byte, error) {
	text := bytes.TrimPrefix(bytes.TrimSpace(a.body), []byte("\xef\xbb\xbf"))
	switch {
	case len(text) == 0:
		return nil, fmt.Errorf("%w: it is empty", ErrAnswer)
	case looksLikeHTML(text):
		return nil, fmt.Errorf("%w: it is a web page, not JSON (%s)", ErrAnswer, shorten(plainText(string(text[:min(len(text), 2000)])), 80))
	}
	if !utf8.Valid(text) {
		decoded, err := charmap.Windows1252.NewDecoder().Bytes(text)
		if err != nil {
			return nil, fmt.Errorf("%w: it is neither UTF-8 nor Windows-1252", ErrAnswer)
		}
		text = decoded
	}
	var raw json.RawMessage
	if err := json.Unmarshal(text, &raw); err != nil {
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			return nil, fmt.Errorf("%w: it is no JSON, or cut short, at byte %d of %d: %w", ErrAnswer, syntax.Offset, len(text), err)
		}
		return nil, fmt.Errorf("%w: it is no JSON: %w", ErrAnswer, err)
	}
	return text, nil
}

func looksLikeHTML(text []byte) bool {
	head := bytes.ToLower(bytes.TrimSpace(text[:min(len(text), 200)]))
	return bytes.HasPrefix(head, []byte("<!doctype html")) || bytes.HasPrefix(head, []byte("<html"))
}
