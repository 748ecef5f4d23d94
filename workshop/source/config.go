package source

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/acotel/acotel-sbc/workshop"
)

// Errors of a source, wrapped with what happened.
var (
	ErrConfig      = errors.New("source: the configuration of the source cannot be")
	ErrUnreachable = errors.New("source: the source could not be asked")    // no connection, time is over
	ErrAnswer      = errors.New("source: the source gave no usable answer") // half an answer, another format, wrong status
	ErrTooBig      = errors.New("source: the source's answer is too big")   // above Limits
	ErrPaging      = errors.New("source: the pages of the source go wrong") // they repeat, or have no end
)

// Kind is the shape of a source.
type Kind string

// The kinds of sources. OpenAgenda, SchemaOrg and ICalendar bring a mapping, whose fields Config.Mapping may replace one by one.
const (
	CSV        Kind = "csv"
	JSON       Kind = "json"
	OpenAgenda Kind = "openagenda" // version 2: timings, location, registration
	SchemaOrg  Kind = "schema_org" // Event in JSON-LD
	ICalendar  Kind = "icalendar"  // RFC 5545, with recurrence
)

// Kinds are all kinds.
func Kinds() []Kind { return []Kind{CSV, JSON, OpenAgenda, SchemaOrg, ICalendar} }

// PagingKind is how the pages of a source follow each other.
type PagingKind string

// The kinds of paging.
const (
	NoPages PagingKind = "none"
	ByPage  PagingKind = "page"   // ?page=1, 2, 3 …
	Offset  PagingKind = "offset" // ?offset=0, 100, 200 …
	Cursor  PagingKind = "cursor" // what an answer gives goes into the next request
	ByLink  PagingKind = "link"   // the answer names the next address, in its body or in the header Link (RFC 8288)
)

// PagingKinds are all kinds.
func PagingKinds() []PagingKind { return []PagingKind{NoPages, ByPage, Offset, Cursor, ByLink} }

// Paging says how to get at all pages.
type Paging struct {
	Kind          PagingKind // empty: none, or what the source's kind brings
	Parameter     string     // of the page's number, the offset or the cursor; default page, offset, after
	First         *int       // number of the first page, default 1; or the first offset, default 0
	SizeParameter string     // empty: not sent
	Size          int        // items a page; default 100
	Next          string     // path of the cursor or of the next address in the answer; empty with link: the header
}

// Limits bound what one refresh may take. Zero values have a default.
type Limits struct {
	Timeout  time.Duration // of one request; 30 s
	Total    time.Duration // of the whole refresh; 10 min
	MaxBytes int64         // of all answers together; 50 MB
	MaxPages int           // 500
	Delay    time.Duration // between two requests, out of politeness; 500 ms
	Retries  int           // of a request that failed for the moment (no connection, 429, 5xx); 3; negative: none
	Backoff  time.Duration // before the first retry, doubled each time; 1 s
}

// Config describes a source.
type Config struct {
	Kind    Kind
	URL     string // http or https
	Method  string // GET or POST; default GET
	Headers map[string]string
	Body    string // of a POST, JSON
	Paging  Paging
	Mapping Mapping         // of all kinds but CSV
	CSV     workshop.Format // of CSV
	Limits  Limits
	Agent   string // User-Agent; empty: acotel-sbc
}

// withDefaults completes and checks c.
func (c Config) withDefaults() (Config, error) {
	if !slices.Contains(Kinds(), c.Kind) {
		return c, fmt.Errorf("%w: kind %q, known: %v", ErrConfig, c.Kind, Kinds())
	}
	u, err := url.Parse(c.URL)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return c, fmt.Errorf("%w: url %q is no address such as https://example.org/ateliers", ErrConfig, c.URL)
	}
	if c.Method = strings.ToUpper(c.Method); c.Method == "" {
		c.Method = "GET"
	}
	if c.Method != "GET" && c.Method != "POST" {
		return c, fmt.Errorf("%w: method %q: use GET or POST", ErrConfig, c.Method)
	}
	if c.Agent == "" {
		c.Agent = "acotel-sbc"
	}
	c.Limits = c.Limits.withDefaults()
	c.underlay()
	if c.Paging, err = c.Paging.withDefaults(); err != nil {
		return c, err
	}
	if (c.Kind == CSV || c.Kind == ICalendar) && c.Paging.Kind != NoPages {
		return c, fmt.Errorf("%w: a source of kind %s has no pages", ErrConfig, c.Kind)
	}
	if c.Kind == CSV {
		return c, c.CSV.Validate()
	}
	return c, c.Mapping.validate()
}

// underlay puts the mapping and the paging that the kind brings under what is configured.
func (c *Config) underlay() {
	brought, ok := presets(c.Kind)
	if !ok {
		return
	}
	m := &c.Mapping
	m.rolling = brought.mapping.rolling
	if m.Items == "" {
		m.Items = brought.mapping.Items
	}
	if m.Each == "" {
		m.Each = brought.mapping.Each
	}
	m.Fields = over(brought.mapping.Fields, m.Fields)
	m.Statuses = over(brought.mapping.Statuses, m.Statuses)
	m.Values = over(brought.mapping.Values, m.Values)
	if c.Paging.Kind == "" {
		c.Paging = brought.paging
	}
}

func over[V any](base, top map[string]V) map[string]V {
	out := map[string]V{}
	maps.Copy(out, base)
	maps.Copy(out, top)
	return out
}

func (p Paging) withDefaults() (Paging, error) {
	if p.Kind == "" {
		p.Kind = NoPages
	}
	if !slices.Contains(PagingKinds(), p.Kind) {
		return p, fmt.Errorf("%w: paging.kind %q, known: %v", ErrConfig, p.Kind, PagingKinds())
	}
	if p.Size <= 0 {
		p.Size = 100
	}
	if p.Parameter == "" {
		p.Parameter = map[PagingKind]string{ByPage: "page", Offset: "offset", Cursor: "after"}[p.Kind]
	}
	if p.First == nil {
		first := 0
		if p.Kind == ByPage {
			first = 1
		}
		p.First = &first
	}
	if p.Kind == Cursor && p.Next == "" {
		return p, fmt.Errorf("%w: paging.next names no cursor in the answer", ErrConfig)
	}
	return p, nil
}

func (l Limits) withDefaults() Limits {
	def := func(v *time.Duration, d time.Duration) {
		if *v <= 0 {
			*v = d
		}
	}
	def(&l.Timeout, 30*time.Second)
	def(&l.Total, 10*time.Minute)
	def(&l.Delay, 500*time.Millisecond)
	def(&l.Backoff, time.Second)
	if l.MaxBytes <= 0 {
		l.MaxBytes = 50 << 20
	}
	if l.MaxPages <= 0 {
		l.MaxPages = 500
	}
	if l.Retries == 0 {
		l.Retries = 3
	}
	l.Retries = max(0, l.Retries)
	return l
}
