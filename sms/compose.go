package sms

import (
	_ "embed"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"text/template"

	"go.yaml.in/yaml/v3"

	"github.com/acotel/acotel-sbc/workshop"
)

// What Compose may say.
var (
	ErrNothing = errors.New("sms: there is no workshop to write about")
	ErrTooLong = errors.New("sms: the text does not fit into the segments allowed")
)

// MaxWorkshops is how many workshops one SMS tells of (C9).
const MaxWorkshops = 2

// DefaultSegments is what two workshops take with their addresses (306 characters).
const DefaultSegments = 2

// Compose writes an SMS with the default number of segments; see Composer.
func Compose(ws []workshop.Workshop) (string, error) { return Composer{}.Compose(ws) }

// Composer writes the text of an SMS. The zero Composer is ready.
type Composer struct {
	MaxSegments int // default DefaultSegments
}

// clips are the most septets that a title, a town… keeps when even the shortest form is too long; the first means: as
// they are. With the last, two workshops fit into one segment whatever their dates.
func clips() []int { return []int{1 << 10, 60, 40, 25, 15, 8, 4} }

// Compose writes about the first two workshops: title, date, hours, place, whom to ring, and more when there is room.
// The text is in the GSM 7-bit alphabet and takes at most MaxSegments segments; it is shortened by leaving out what
// matters least, then by whole words; a telephone number is never cut. Errors: ErrNothing, ErrTooLong.
func (c Composer) Compose(ws []workshop.Workshop) (string, error) {
	if len(ws) == 0 {
		return "", ErrNothing
	}
	if c.MaxSegments <= 0 {
		c.MaxSegments = DefaultSegments
	}
	ws = ws[:min(len(ws), MaxWorkshops)]
	w := wording()
	for _, clip := range clips() {
		for i, form := range w.forms {
			if clip < clips()[0] && i < len(w.forms)-1 {
				continue // words are cut in the shortest form only
			}
			text, err := w.write(ws, form, clip)
			if err != nil {
				return "", err
			}
			if n, _ := Segments(text); n <= c.MaxSegments {
				return text, nil
			}
		}
	}
	return "", fmt.Errorf("%w: %d workshops, %d segments: allow more with sms.max_segments", ErrTooLong, len(ws), c.MaxSegments)
}

// wordingFile is data/sms.yaml.
type wordingFile struct {
	Intro      struct{ One, Two string }
	Between    string
	Forms      []string
	Remote     string
	Weekdays   []string
	Months     []string
	FirstDay   string `yaml:"first_day"`
	HourSign   string `yaml:"hour_sign"`
	Span, From string
}

type words struct {
	wordingFile
	forms []*template.Template
}

//go:embed data/sms.yaml
var wordingYAML []byte

// wording decodes the embedded words once; they are never changed afterwards.
var wording = sync.OnceValue(func() *words {
	w, err := readWording(wordingYAML)
	if err != nil {
		panic(err) // the file is compiled in and a test reads it: only a build that skipped the tests comes here
	}
	return w
})

func readWording(data []byte) (*words, error) {
	w := &words{}
	dec := yaml.NewDecoder(strings.NewReader(string(data)))
	dec.KnownFields(true)
	if err := dec.Decode(&w.wordingFile); err != nil {
		return nil, fmt.Errorf("sms: data/sms.yaml: %w", err)
	}
	if len(w.Weekdays) != 7 || len(w.Months) != 12 || len(w.Forms) == 0 {
		return nil, errors.New("sms: data/sms.yaml: there must be 7 weekdays, 12 months and at least one form")
	}
	for i, f := range w.Forms {
		t, err := template.New("form " + strconv.Itoa(i+1)).Funcs(template.FuncMap{"list": joinKnown(", "), "words": joinKnown(" ")}).Parse(f)
		if err != nil {
			return nil, fmt.Errorf("sms: data/sms.yaml: %w", err)
		}
		w.forms = append(w.forms, t)
	}
	return w, nil
}

func joinKnown(sep string) func(values ...string) string {
	return func(values ...string) string {
		var known []string
		for _, v := range values {
			if v != "" {
				known = append(known, v)
			}
		}
		return strings.Join(known, sep)
	}
}

// values are what a form may name.
type values struct {
	Title, Date, Hours, Venue, Address, PostalCode, City, Price, Organiser, Phone string
	Sessions                                                                      int
}

func (w *words) write(ws []workshop.Workshop, form *template.Template, clip int) (string, error) {
	var b strings.Builder
	b.WriteString(w.Intro.One)
	if len(ws) > 1 {
		b.Reset()
		b.WriteString(w.Intro.Two)
	}
	for i, one := range ws {
		if i > 0 {
			b.WriteString(w.Between)
		}
		if err := form.Execute(&b, w.values(one, clip)); err != nil {
			return "", fmt.Errorf("sms: data/sms.yaml: %w", err)
		}
	}
	return Transliterate(b.String()), nil // values are plain by now, the wording may not be
}

func (w *words) values(ws workshop.Workshop, clip int) values {
	v := values{
		Title: shorten(ws.Title, clip), Date: w.date(ws.Date), Hours: w.hours(ws.Start, ws.End), Price: shorten(ws.Price.String(), clip),
		Organiser: shorten(ws.Organiser, clip), Phone: tidy(ws.Phone), Sessions: ws.Sessions,
	}
	if ws.Remote {
		v.Venue, v.City = w.Remote, ""
		return v
	}
	v.Venue, v.Address, v.PostalCode, v.City = shorten(ws.Venue, clip), shorten(ws.Address, clip), tidy(ws.PostalCode), shorten(ws.City, clip)
	return v
}

// date gives "mardi 14 mai", "" when unknown.
func (w *words) date(d workshop.Date) string {
	if d.IsZero() || d.Month < 1 || d.Month > 12 {
		return ""
	}
	day := strconv.Itoa(d.Day)
	if d.Day == 1 {
		day = w.FirstDay
	}
	return w.Weekdays[d.Weekday()] + " " + day + " " + w.Months[d.Month-1]
}

// hours gives "14h30-16h", or "à 14h30" when the end is unknown.
func (w *words) hours(start, end workshop.Clock) string {
	switch {
	case !start.Known():
		return ""
	case !end.Known():
		return fmt.Sprintf(w.From, w.clock(start))
	}
	return fmt.Sprintf(w.Span, w.clock(start), w.clock(end))
}

func (w *words) clock(c workshop.Clock) string {
	s := strconv.Itoa(c.Hour()) + w.HourSign
	if c.Minute() > 0 {
		s += fmt.Sprintf("%02d", c.Minute())
	}
	return s
}

// tidy puts a value into the alphabet and on one line, with single spaces and no stop at its end.
func tidy(s string) string {
	return strings.TrimRight(strings.Join(strings.Fields(Transliterate(s)), " "), " .,;")
}

// shorten keeps the words of s that fit into n septets; a first word that is longer by itself is cut.
func shorten(s string, n int) string {
	s = tidy(s)
	used, space := 0, 0
	for i, r := range s {
		if r == ' ' {
			space = i
		}
		if used += gsmWidth(r); used <= n {
			continue
		}
		if space == 0 {
			space = i
		}
		return tidy(s[:space])
	}
	return s
}
