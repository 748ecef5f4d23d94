package config

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
	"go.yaml.in/yaml/v3"
)

// EnvPrefix begins the environment variables that override keys.
const EnvPrefix = "ACOTEL_"

// environment begins the place of what came from a variable.
const environment = "environment "

// Error is one thing wrong in the configuration, with the place to mend it.
type Error struct {
	Where string // "acotel.yaml:12", "--set", "environment ACOTEL_SIP_LISTEN"
	Key   string // dotted key, may be empty
	Text  string
}

func (e *Error) Error() string {
	if e.Key == "" {
		return fmt.Sprintf("%s: %s", e.Where, e.Text)
	}
	return fmt.Sprintf("%s: %s: %s", e.Where, e.Key, e.Text)
}

// Options are the layers that Load puts over the base, in this order.
type Options struct {
	File    string   // empty: none
	Environ []string // as os.Environ gives it
	Set     []string // "key=value", from the command line
}

// Load reads the file of o over base, then the environment, then the settings,
// and checks the whole. Every problem found is in the error (errors.Join of
// *Error), the first one first.
func Load(base Config, o Options) (Config, error) {
	l := &loader{cfg: base, where: map[string]string{}}
	if o.File != "" {
		l.file(o.File)
	}
	l.environ(o.Environ)
	for _, s := range o.Set {
		l.set(s)
	}
	if len(l.errs) == 0 {
		l.validate()
	}
	return l.cfg, errors.Join(l.errs...)
}

type loader struct {
	cfg   Config
	where map[string]string // key → where it was last set
	errs  []error
}

func (l *loader) fail(where, key, format string, args ...any) {
	l.errs = append(l.errs, &Error{Where: where, Key: key, Text: fmt.Sprintf(format, args...)})
}

func (l *loader) file(name string) {
	text, err := os.ReadFile(name)
	if err != nil {
		var pe *fs.PathError
		if errors.As(err, &pe) {
			err = pe.Err
		}
		l.fail(name, "", "can't be read: %v", err)
		return
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		l.yamlError(name, err)
		return
	}
	if len(doc.Content) == 0 { // an empty file changes nothing
		return
	}
	before := len(l.errs)
	l.checkKeys(name, "", doc.Content[0], reflect.TypeFor[Config]())
	if len(l.errs) > before {
		return
	}
	if err := doc.Decode(&l.cfg); err != nil {
		l.yamlError(name, err)
	}
}

// yamlError turns "yaml: line 3: …" and the lines of a yaml.TypeError into our form.
func (l *loader) yamlError(name string, err error) {
	lines := []string{strings.TrimPrefix(err.Error(), "yaml: ")}
	var te *yaml.TypeError
	if errors.As(err, &te) {
		lines = te.Errors
	}
	for _, text := range lines {
		var line int
		if n, _ := fmt.Sscanf(text, "line %d:", &line); n == 1 {
			_, text, _ = strings.Cut(text, ": ")
			l.fail(fmt.Sprintf("%s:%d", name, line), "", "%s", plainYAML(text))
			continue
		}
		l.fail(name, "", "%s", plainYAML(text))
	}
}

// plainYAML says a decoder's message in words that a service's owner knows.
func plainYAML(text string) string {
	return strings.NewReplacer("cannot unmarshal", "wrong kind of value:", "!!str ", "", "!!int ", "", "!!map", "a group of keys", "!!seq", "a list",
		"into int", "where a whole number is needed", "into float64", "where a number is needed", "into string", "where a text is needed",
		"into []string", "where a list is needed", "into bool", "where true or false is needed").Replace(text)
}

// checkKeys walks a mapping beside the Go type it will fill and reports keys
// that the type does not have. Values are checked by the decoder afterwards.
func (l *loader) checkKeys(file, path string, n *yaml.Node, t reflect.Type) {
	at := fmt.Sprintf("%s:%d", file, n.Line)
	l.where[path] = at
	switch {
	case t.Kind() == reflect.Struct && n.Kind == yaml.MappingNode:
		fields := fieldsOf(t)
		for i := 0; i+1 < len(n.Content); i += 2 {
			k, v := n.Content[i], n.Content[i+1]
			f, ok := fields[k.Value]
			if !ok {
				l.fail(fmt.Sprintf("%s:%d", file, k.Line), join(path, k.Value), "unknown key%s", nearest(k.Value, fields))
				continue
			}
			l.checkKeys(file, join(path, k.Value), v, f.Type)
		}
	case t.Kind() == reflect.Struct && !(n.Kind == yaml.ScalarNode && n.Tag == "!!null"):
		l.fail(at, path, "wrong kind of value: a group of keys is needed here")
	case t.Kind() == reflect.Map && n.Kind == yaml.MappingNode && plainStruct(t.Elem()):
		for i := 0; i+1 < len(n.Content); i += 2 {
			l.checkKeys(file, join(path, n.Content[i].Value), n.Content[i+1], t.Elem())
		}
	case t.Kind() == reflect.Slice && n.Kind == yaml.SequenceNode:
		for i, v := range n.Content {
			l.checkKeys(file, fmt.Sprintf("%s[%d]", path, i), v, t.Elem())
		}
	}
}

// plainStruct is a struct that yaml fills key by key.
func plainStruct(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && !reflect.PointerTo(t).Implements(reflect.TypeFor[yaml.Unmarshaler]())
}

func (l *loader) environ(environ []string) {
	keys := map[string]string{} // SIP_LISTEN → sip.listen
	for _, k := range leaves("", reflect.TypeFor[Config]()) {
		keys[strings.ToUpper(strings.ReplaceAll(k, ".", "_"))] = k
	}
	for _, kv := range environ {
		name, value, _ := strings.Cut(kv, "=")
		short, ok := strings.CutPrefix(name, EnvPrefix)
		if !ok {
			continue
		}
		where := environment + name
		key, ok := keys[short]
		if !ok {
			l.fail(where, "", "unknown variable%s", suggest(short, slices.Collect(maps.Keys(keys)), func(s string) string { return EnvPrefix + s }))
			continue
		}
		l.assign(where, key, value)
	}
}

func (l *loader) set(s string) {
	key, value, ok := strings.Cut(s, "=")
	if !ok {
		l.fail("--set "+s, "", "is not of the form key=value, for example sip.listen=127.0.0.1:5070")
		return
	}
	l.assign("--set", strings.TrimSpace(key), value)
}

// assign decodes value, as YAML, into the field that key names.
func (l *loader) assign(where, key, value string) {
	v := reflect.ValueOf(&l.cfg).Elem()
	path := ""
	for part := range strings.SplitSeq(key, ".") {
		if v.Kind() != reflect.Struct {
			l.fail(where, key, "unknown key: %s is a single value", path)
			return
		}
		fields := fieldsOf(v.Type())
		f, ok := fields[part]
		if !ok {
			l.fail(where, key, "unknown key%s", nearest(part, fields))
			return
		}
		v, path = v.FieldByIndex(f.Index), join(path, part)
	}
	if v.Kind() == reflect.Struct {
		l.fail(where, key, "is a group of keys, set one of them")
		return
	}
	l.where[key] = where
	if v.Kind() == reflect.String { // "1e3" and "yes" stay texts
		v.SetString(value)
		return
	}
	fresh := reflect.New(v.Type())
	if err := yaml.Unmarshal([]byte(value), fresh.Interface()); err != nil {
		l.yamlErrorAt(where, key, value, err)
		return
	}
	var n yaml.Node
	if err := yaml.Unmarshal([]byte(value), &n); err == nil && len(n.Content) > 0 {
		before := len(l.errs)
		l.checkKeys(where, key, n.Content[0], v.Type())
		if len(l.errs) > before {
			return
		}
	}
	l.where[key] = where
	v.Set(fresh.Elem())
}

func (l *loader) yamlErrorAt(where, key, value string, err error) {
	text := err.Error()
	var te *yaml.TypeError
	if errors.As(err, &te) && len(te.Errors) > 0 {
		text = te.Errors[0]
	}
	if _, rest, ok := strings.Cut(text, ": "); ok {
		text = rest
	}
	l.fail(where, key, "%q: %s", value, plainYAML(text))
}

func fieldsOf(t reflect.Type) map[string]reflect.StructField {
	m := map[string]reflect.StructField{}
	for f := range t.Fields() {
		m[f.Tag.Get("yaml")] = f
	}
	return m
}

// leaves lists the dotted keys below t that hold a value.
func leaves(path string, t reflect.Type) []string {
	if t.Kind() != reflect.Struct {
		return []string{path}
	}
	var out []string
	for f := range t.Fields() {
		out = append(out, leaves(join(path, f.Tag.Get("yaml")), f.Type)...)
	}
	return out
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func nearest(key string, fields map[string]reflect.StructField) string {
	return suggest(key, slices.Collect(maps.Keys(fields)), func(s string) string { return s })
}

// suggest names the nearest known word, or all of them when none is near.
func suggest(word string, known []string, show func(string) string) string {
	slices.Sort(known)
	best, dist := "", len(word)/2+2
	for _, k := range known {
		if d := levenshtein.ComputeDistance(strings.ToLower(word), strings.ToLower(k)); d < dist {
			best, dist = k, d
		}
	}
	if best == "" {
		if len(known) > 20 {
			return ""
		}
		known = slices.DeleteFunc(known, func(k string) bool { return k == "" }) // empty is said by leaving the key out
		return ", known here: " + strings.Join(known, ", ")
	}
	return fmt.Sprintf(", did you mean %q?", show(best))
}
