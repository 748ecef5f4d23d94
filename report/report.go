package report

import (
	"context"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/acotel/acotel-sbc/record"
	"github.com/acotel/acotel-sbc/store"
)

//go:embed report.html
var page string

// Comments are what people add, by section: resume, frequentation, qualite, disponibilite, usage, actions. Paragraphs are parted by an
// empty line.
type Comments map[string]string

// Sections are the keys that Comments may have.
func Sections() []string {
	return []string{"resume", "frequentation", "qualite", "disponibilite", "usage", "actions"}
}

// Row is a measure with the month before.
type Row struct {
	Label, Value, Parts, Before, Target string
	Met                                 string // "atteint", "non atteint", "" without target or figure
}

// Bar is one column of a chart.
type Bar struct {
	Label, Name   string // under the column, and in the table
	Value         float64
	Text          string
	X, Y          float64 // of the rectangle, in units of the SVG
	Middle, Above float64 // where the texts of the column are
	Height        float64
}

// Chart is a bar chart, and the table beside it.
type Chart struct {
	ID, Title, Of, Unit string // Of: what a column is
	Bars                []Bar
	Width               float64
}

// tableRows is how many rows a chart's table has before it goes on beside.
const tableRows = 8

// Columns are the bars as the tables beside one another have them.
func (c Chart) Columns() [][]Bar { return slices.Collect(slices.Chunk(c.Bars, tableRows)) }

// regionName writes a region as people do; "inconnue" where no place was found.
func regionName(g *string) string {
	if g == nil || *g == "" {
		return "inconnue"
	}
	if name, ok := regionNames[*g]; ok {
		return name
	}
	return *g
}

var regionNames = map[string]string{"sud-est": "Sud-Est", "languedoc-roussillon": "Languedoc-Roussillon", "centre-val-de-loire": "Centre-Val de Loire",
	"bourgogne-franche-comte": "Bourgogne-Franche-Comté", "autre": "autre région"}

// Table is figures side by side.
type Table struct {
	Title, Of string // Of: what a row is
	Columns   []string
	Rows      []TableRow
}

// Titled is the table with its words.
func (t Table) Titled(title, of string) Table {
	t.Title, t.Of = title, of
	return t
}

// TableRow is one line of a Table.
type TableRow struct {
	Name   string
	Values []string
}

// regional are the measures that are told region by region; C11 wants the marks so.
var regional = []string{"presentes", string(record.Requete), string(record.Efficace), string(record.Abouti), string(record.Evalue), "note_moyenne"}

// originName writes an origin (K3) as people do.
func originName(g *string) string {
	if g == nil {
		return "inconnue"
	}
	if name, ok := originNames[*g]; ok {
		return name
	}
	return *g
}

var originNames = map[string]string{"mobile": "mobile", "fixe": "fixe (09 compris)", "autre": "autre", "masque": "numéro masqué"}

// statusName is the label of the measure that is named like the status.
func statusName(g *string) string {
	for _, m := range record.Measures() {
		if g != nil && m.Name == *g {
			return m.Label
		}
	}
	return originName(g)
}

// sideBySide puts the rows of each group side by side.
func sideBySide(rows []record.StatsRow, by record.Group, nameOf func(*string) string) (t Table) {
	for _, r := range rows {
		name := nameOf(r.Group[by])
		if n := len(t.Rows); n == 0 || t.Rows[n-1].Name != name {
			t.Rows = append(t.Rows, TableRow{Name: name})
		}
		last := &t.Rows[len(t.Rows)-1]
		last.Values = append(last.Values, value(r))
		if len(t.Rows) == 1 {
			t.Columns = append(t.Columns, r.Label)
		}
	}
	return t
}

// Data is what the page shows.
type Data struct {
	Month, Before, Made          string
	Comments                     Comments
	Measures, Billed             []Row
	Days, Hours, Regions         Chart
	ByRegion, ByOrigin, ByStatus Table
	Availability, AvailTarget    string
	Open                         string // minutes
	Closed, Longest              int
	LongestAt                    string
	WeekWorst, WeekLeft          int
	WeekName                     string
	YearClosed, YearLeft         int
	Presented, Welcomed, NotPaid string
}

// billed are the measures of usage (K13); all of them leave out what is never billed: the test line and calls that were not treated.
var billed = map[string]bool{"collectes": true, "traites_mobile": true, "traites_fixe": true, "traites_autre": true, "minutes": true, "sms_envoyes": true, "recherches": true}

// Write computes the report of the month that begins at month (in Europe/Paris) and writes the page.
func Write(ctx context.Context, w io.Writer, db *store.DB, month, now time.Time, comments Comments) error {
	d, err := Compute(ctx, db, month, now, comments)
	if err != nil {
		return err
	}
	t, err := template.New("report").Funcs(template.FuncMap{"paragraphs": paragraphs, "of": of}).Parse(page)
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	if err := t.Execute(w, d); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}

// of puts « de » before a month: d'avril, d'août, d'octobre.
func of(month string) string {
	if strings.HasPrefix(month, "a") || strings.HasPrefix(month, "o") {
		return "d'" + month
	}
	return "de " + month
}

func paragraphs(text string) []string {
	var out []string
	for _, p := range strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n\n") {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return out
}

// Compute gathers the figures of a month.
func Compute(ctx context.Context, db *store.DB, month, now time.Time, comments Comments) (Data, error) {
	end, before := month.AddDate(0, 1, 0), month.AddDate(0, -1, 0)
	d := Data{Month: french(month), Before: french(before), Made: now.In(month.Location()).Format("02/01/2006 15:04"), Comments: comments}
	stats := func(from, to time.Time, by record.By, group []record.Group, measures ...string) (record.Stats, error) {
		return record.ComputeStats(ctx, db, record.Query{From: from, To: to, By: by, Group: group, Measures: measures, Now: now})
	}
	this, err := stats(month, end, "", nil)
	if err != nil {
		return d, err
	}
	last, err := stats(before, month, "", nil)
	if err != nil {
		return d, err
	}
	d.measures(this, last)
	days, err := stats(month, end, record.ByDay, nil, "presentes")
	if err != nil {
		return d, err
	}
	weekdays := []string{"dim.", "lun.", "mar.", "mer.", "jeu.", "ven.", "sam."}
	d.Days = chart("jours", "Appels présentés par jour", "Jour", barStep, slices.Collect(days.Rows()), func(r record.StatsRow) (string, string) {
		return r.Bucket.Format("2"), weekdays[r.Bucket.Weekday()] + r.Bucket.Format(" 2")
	})
	hourly, err := stats(month, end, record.ByHour, nil, "presentes")
	if err != nil {
		return d, err
	}
	d.Hours = chart("heures", "Appels présentés par heure de la journée", "Heure", barStep, byHour(slices.Collect(hourly.Rows())), func(r record.StatsRow) (string, string) {
		h := strconv.Itoa(r.Bucket.Hour()) + "\u00a0h"
		return h, h
	})
	regions, err := stats(month, end, "", []record.Group{record.GroupRegion}, regional...)
	if err != nil {
		return d, err
	}
	rows := slices.Collect(regions.Rows())
	d.ByRegion = sideBySide(rows, record.GroupRegion, regionName)
	presented := slices.DeleteFunc(rows, func(r record.StatsRow) bool { return r.Measure != "presentes" })
	d.Regions = chart("regions", "Appels présentés par région", "Région", 6*barStep, presented, func(r record.StatsRow) (string, string) {
		name := regionName(r.Group[record.GroupRegion])
		return name, name
	})
	origins, err := stats(month, end, "", []record.Group{record.GroupOrigin}, "presentes", string(record.Traite), string(record.Requete), "sms")
	if err != nil {
		return d, err
	}
	d.ByOrigin = sideBySide(slices.Collect(origins.Rows()), record.GroupOrigin, originName)
	statuses, err := stats(month, end, "", []record.Group{record.GroupStatus}, "presentes", "duree_moyenne_s")
	if err != nil {
		return d, err
	}
	d.ByStatus = sideBySide(slices.Collect(statuses.Rows()), record.GroupStatus, statusName)
	return d, d.availability(ctx, db, month, end, now)
}

// hours of the day stay on one line.
var hours = regexp.MustCompile(`(\d) h`)

func (d *Data) measures(this, last record.Stats) {
	old := map[string]record.StatsRow{}
	for r := range last.Rows() {
		old[r.Measure] = r
	}
	for r := range this.Rows() {
		row := Row{Label: hours.ReplaceAllString(r.Label, "$1\u00a0h"), Value: value(r), Before: value(old[r.Measure])}
		if r.Numerator != nil && r.Denominator != nil {
			row.Parts = number(*r.Numerator) + " / " + number(*r.Denominator)
		}
		if r.Target != nil {
			sign := "au moins "
			if r.AtMost {
				sign = "au plus "
			}
			goal := r
			goal.Value = r.Target
			row.Target = sign + value(goal)
			if r.Value != nil {
				row.Met = "atteint"
				if r.AtMost && *r.Value > *r.Target || !r.AtMost && *r.Value < *r.Target {
					row.Met = "non atteint"
				}
			}
		}
		switch r.Measure {
		case "disponibilite":
			d.Availability, d.AvailTarget = row.Value, row.Target
		case "presentes":
			d.Presented = row.Value
		case "accueillis":
			d.Welcomed = row.Parts + " (" + row.Value + ")"
		case string(record.NonTraite):
			if r.Numerator != nil {
				d.NotPaid = number(*r.Numerator)
			}
		}
		if billed[r.Measure] {
			d.Billed = append(d.Billed, row)
		} else {
			d.Measures = append(d.Measures, row)
		}
	}
}

func (d *Data) availability(ctx context.Context, db *store.DB, month, end, now time.Time) error {
	all, err := record.ComputeInterruptions(ctx, db, month, end, now)
	if err != nil {
		return err
	}
	d.Open, d.Closed, d.Longest = number(float64(all.Open)), all.Closed(), all.Longest
	if !all.At.IsZero() {
		d.LongestAt = all.At.Format("02/01/2006 à 15:04")
	}
	monday := month.AddDate(0, 0, -(int(month.Weekday())+6)%7)
	for ; monday.Before(end); monday = monday.AddDate(0, 0, 7) {
		week, err := record.ComputeInterruptions(ctx, db, monday, monday.AddDate(0, 0, 7), now)
		if err != nil {
			return err
		}
		if c := week.Closed(); c > d.WeekWorst || d.WeekName == "" {
			d.WeekWorst, d.WeekName = c, monday.Format("02/01/2006")
		}
	}
	d.WeekLeft = max(0, record.WeekAllowance-d.WeekWorst)
	year, err := record.ComputeInterruptions(ctx, db, time.Date(month.Year(), 1, 1, 0, 0, 0, 0, month.Location()), end, now)
	d.YearClosed = year.Closed()
	d.YearLeft = max(0, record.YearAllowance-d.YearClosed)
	return err
}

// byHour sums the hours of all days by the hour of the day.
func byHour(rows []record.StatsRow) []record.StatsRow {
	sums := make([]float64, 24)
	for _, r := range rows {
		if r.Numerator != nil {
			sums[r.Bucket.Hour()] += *r.Numerator
		}
	}
	out := make([]record.StatsRow, 24)
	for h := range out {
		out[h] = record.StatsRow{Bucket: time.Date(2000, 1, 1, h, 0, 0, 0, time.UTC), Numerator: &sums[h]}
	}
	return out
}

// The drawing of a chart, in units of its SVG.
const (
	chartHeight = 120
	barStep     = 22
	barWidth    = 16
	leastWidth  = 31 * barStep // as wide as a month, so that texts have one size
)

// chart makes the columns, step apart; label gives what stands under a column, and the name of its row in the table.
func chart(id, title, of string, step float64, rows []record.StatsRow, label func(record.StatsRow) (short, name string)) Chart {
	c := Chart{ID: id, Title: title, Of: of, Unit: "Appels", Width: max(float64(len(rows))*step, leastWidth)}
	highest := 1.0
	for _, r := range rows {
		if r.Numerator != nil {
			highest = math.Max(highest, *r.Numerator)
		}
	}
	for i, r := range rows {
		b := Bar{Middle: (float64(i) + 0.5) * step}
		b.Label, b.Name = label(r)
		if r.Numerator != nil {
			b.Value = *r.Numerator
		}
		b.Text = number(b.Value)
		b.Height = math.Round(b.Value/highest*chartHeight*10) / 10
		b.X, b.Y = b.Middle-barWidth/2, chartHeight+14-b.Height
		b.Above = b.Y - 3
		c.Bars = append(c.Bars, b)
	}
	return c
}

func value(r record.StatsRow) string {
	if r.Value == nil {
		return "–"
	}
	v := *r.Value
	switch r.Unit {
	case record.Rate:
		return number(math.Round(v*1000)/10) + "\u00a0%"
	case record.Seconds:
		return number(math.Round(v)) + "\u00a0s"
	case record.Minutes:
		return number(math.Round(v*10)/10) + "\u00a0min"
	case record.Mark:
		return number(math.Round(v*100) / 100)
	}
	return number(v)
}

// number writes a number the French way, without needless decimals.
func number(v float64) string {
	text := strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.2f", v), "0"), ".")
	whole, rest, ok := strings.Cut(text, ".")
	for i := len(whole) - 3; i > 0 && whole[i-1] != '-'; i -= 3 {
		whole = whole[:i] + "\u202f" + whole[i:]
	}
	if ok {
		return whole + "," + rest
	}
	return whole
}

func french(month time.Time) string {
	names := []string{"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"}
	return names[month.Month()-1] + " " + month.Format("2006")
}
