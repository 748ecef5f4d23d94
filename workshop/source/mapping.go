package source

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/acotel/acotel-sbc/workshop"
)

// Mapping says where the items of a source keep our fields.
//
// A path is a path of gjson ("location.city", "tags.0", `contacts.#(type=="phone").value`). A field may have several, the first that
// gives something counts. "each.…" reads from the session instead of the item, "=text" is a text of its own.
type Mapping struct {
	Items    string              // path of the list of items; empty: the answer is the list
	Each     string              // path, in an item, of its list of sessions; empty: each item is one session
	Fields   map[string][]string // our field (workshop.Columns) → its paths
	Dates    []string            // forms of dates beside the usual ones, as in strftime: "%d/%m/%Y %H:%M", or "unix", "unix_ms"
	Themes   map[string]string   // the source's word → theme
	Statuses map[string]string   // the source's word → open, full, closed or cancelled

	Values map[string]map[string]string // our field → the source's whole text → ours: {"remote": {"2": "true"}}

	rolling bool // the list of sessions moves on with the days: their place in it says nothing
}

const (
	eachPrefix    = "each."
	each          = "each"
	literalPrefix = "="
)

// validate reports the first setting that cannot be.
func (m Mapping) validate() error {
	for _, field := range slices.Sorted(maps.Keys(m.Fields)) {
		if !slices.Contains(workshop.Columns(), field) {
			return fmt.Errorf("%w: fields: there is no field %q, known: %s", ErrConfig, field, strings.Join(workshop.Columns(), ", "))
		}
		for _, path := range m.Fields[field] {
			switch {
			case path == "":
				return fmt.Errorf("%w: fields.%s: the path is empty", ErrConfig, field)
			case m.Each == "" && (path == each || strings.HasPrefix(path, eachPrefix)):
				return fmt.Errorf("%w: fields.%s: %q reads from a session, but each names no list of sessions", ErrConfig, field, path)
			}
		}
	}
	for _, field := range slices.Sorted(maps.Keys(m.Values)) {
		if !slices.Contains(workshop.Columns(), field) {
			return fmt.Errorf("%w: values: there is no field %q, known: %s", ErrConfig, field, strings.Join(workshop.Columns(), ", "))
		}
	}
	for _, needed := range []string{"title", "theme"} {
		if len(m.Fields[needed]) == 0 {
			return fmt.Errorf("%w: fields: %s has no path", ErrConfig, needed)
		}
	}
	if len(m.Fields["date"]) == 0 && len(m.Fields["start"]) == 0 {
		return fmt.Errorf("%w: fields: neither date nor start has a path", ErrConfig)
	}
	_, err := newClockReader(m.Dates)
	return err
}

// format is what the mapping tells workshop about words.
func (m Mapping) format() workshop.Format {
	return workshop.Format{Themes: m.Themes, Statuses: m.Statuses}
}

// labels name our fields by the source's paths, for errors.
func (m Mapping) labels() map[string]string {
	l := map[string]string{}
	for field, paths := range m.Fields {
		if len(paths) > 0 {
			l[field] = paths[0]
		}
	}
	return l
}

// reader turns items into records of one refresh.
type reader struct {
	m       Mapping
	records *workshop.Records
	clock   *clockReader
	items   int
}

func newReader(name string, m Mapping, g workshop.Gazetteer) (*reader, error) {
	clock, err := newClockReader(m.Dates)
	if err != nil {
		return nil, err
	}
	records, err := workshop.NewRecords(name, m.format(), m.labels(), g)
	if err != nil {
		return nil, err
	}
	return &reader{m: m, records: records, clock: clock}, nil
}

// item reads one item with all its sessions.
func (r *reader) item(item gjson.Result) error {
	r.items++
	if !item.IsObject() {
		r.records.Fault(r.items, "", "is no object but "+shorten(item.Raw, 60))
		return nil
	}
	if r.m.Each == "" {
		return r.session(item, gjson.Result{}, 0, 0)
	}
	sessions := item.Get(r.m.Each)
	if !sessions.Exists() || sessions.Type == gjson.Null {
		r.records.Fault(r.items, r.m.Each, "there are no sessions")
		return nil
	}
	list := sessions.Array() // a single object counts as a list of one
	for i, s := range list {
		if err := r.session(item, s, i+1, len(list)); err != nil {
			return err
		}
	}
	return nil
}

// session reads one dated session; n and of are its place in the item's list, 0 when the item is one session.
func (r *reader) session(item, session gjson.Result, n, of int) error {
	f := map[string]string{}
	for field, paths := range r.m.Fields {
		values, path, fault := valuesOf(paths, field == "theme" || field == "phone", item, session)
		if fault != "" {
			r.records.Fault(r.items, path, fault)
			return nil
		}
		f[field] = r.text(field, values)
	}
	r.clock.split(f)
	if n > 0 {
		r.name(f, n, of)
	}
	return r.records.Add(r.items, f)
}

// name gives each session of an item an identity that stays over refreshes, and makes the item their cycle.
func (r *reader) name(f map[string]string, n, of int) {
	if id := f["id"]; id != "" && !r.fromSession("id") {
		if of > 1 && f["cycle"] == "" {
			f["cycle"] = id
		}
		f["id"] = strings.TrimSuffix(id+"/"+f["date"]+"T"+f["start"], "T")
	}
	if of > 1 && !r.m.rolling && f["session"] == "" && f["sessions"] == "" {
		f["session"], f["sessions"] = fmt.Sprint(n), fmt.Sprint(of)
	}
}

// fromSession tells whether a field is read from the session and not from its item.
func (r *reader) fromSession(field string) bool {
	return slices.ContainsFunc(r.m.Fields[field], func(p string) bool { return p == each || strings.HasPrefix(p, eachPrefix) })
}

// text makes one text of the values found for a field.
func (r *reader) text(field string, values []string) string {
	if len(values) == 0 {
		return ""
	}
	for i, v := range values {
		if ours, ok := r.m.Values[field][v]; ok {
			values[i] = ours
		}
	}
	switch field {
	case "theme": // the first word that is a theme's; the last path may be "=…" for all the others
		if i := slices.IndexFunc(values, r.records.KnowsTheme); i >= 0 {
			return values[i]
		}
		return values[0]
	case "phone":
		return firstPhone(values)
	case "description":
		return cutText(strings.Join(values, "\n"), maxDescription)
	case "summary":
		return cutText(strings.Join(values, " "), maxSummary)
	}
	return strings.Join(values, ", ")
}

// valuesOf gives the texts of the first path that has any, or of all of them. What is no text is a fault, told with its path, only when
// no other path gives a text.
func valuesOf(paths []string, all bool, item, session gjson.Result) (values []string, path, fault string) {
	for _, p := range paths {
		found, wrong := valuesAt(p, item, session)
		if wrong != "" && fault == "" {
			path, fault = p, wrong
		}
		values = append(values, found...)
		if len(values) > 0 && !all {
			break
		}
	}
	if len(values) > 0 {
		return values, "", ""
	}
	return nil, path, fault
}

// valuesAt gives the texts at a path: one, or those of a list. Objects are no texts.
func valuesAt(path string, item, session gjson.Result) (values []string, fault string) {
	if text, ok := strings.CutPrefix(path, literalPrefix); ok {
		return []string{text}, ""
	}
	v := item
	switch rest, ok := strings.CutPrefix(path, eachPrefix); {
	case path == each:
		v = session
	case ok:
		v = session.Get(rest)
	default:
		v = item.Get(path)
	}
	list := []gjson.Result{v}
	if v.IsArray() {
		list = v.Array()
	}
	for _, e := range list {
		switch {
		case e.IsObject(), e.IsArray():
			return nil, fmt.Sprintf("is no text but %s; name a field in it", shorten(e.Raw, 60))
		case e.Type == gjson.Null:
			continue
		}
		if text := plainText(e.String()); text != "" {
			values = append(values, text)
		}
	}
	return values, ""
}

// shorten cuts s to n runes for a message.
func shorten(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + "…"
	}
	return s
}
