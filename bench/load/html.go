package load

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"math"
	"strings"
	"time"
)

//go:embed report.html
var page string

var pageTemplate = template.Must(template.New("report").Funcs(template.FuncMap{"chart": drawn}).Parse(page))

// WriteHTML writes a report as one page that needs nothing else.
func WriteHTML(w io.Writer, r Report, made time.Time) error {
	return pageTemplate.Execute(w, struct {
		Report
		Made string
	}{r, made.Format("2006-01-02 15:04:05 MST")})
}

// The measures of a chart, in the units of its SVG.
const (
	chartWidth, chartHeight          = 640.0, 300.0
	chartLeft, chartBottom, chartTop = 64.0, 44.0, 14.0
	chartRight                       = 16.0
	chartTicks                       = 6 // about so many on an axis
)

// chartColours tell lines apart, also for who sees no red or green (Okabe and Ito's palette).
var chartColours = []string{"#0072b2", "#d55e00", "#009e73", "#cc79a7"}

// drawing is a chart as the template needs it.
type drawing struct {
	Chart
	Width, Height    float64
	Left, Right      float64
	Top, Bottom      float64
	MiddleX, MiddleY float64
	XTicks, YTicks   []tick
	Paths            []path
	LimitY           float64
	LimitText        string
}

type tick struct {
	At   float64
	Text string
}

type path struct {
	Name, Colour, Points string
	Dots                 [][2]float64
	LegendY              float64
}

// drawn places a chart's points.
func drawn(c Chart) drawing {
	d := drawing{Chart: c, Width: chartWidth, Height: chartHeight, Left: chartLeft, Right: chartWidth - chartRight, Top: chartTop, Bottom: chartHeight - chartBottom}
	d.MiddleX, d.MiddleY = (d.Left+d.Right)/2, (d.Top+d.Bottom)/2
	x0, x1, y0, y1 := c.bounds()
	xStep, yStep := niceStep(x1-x0), niceStep(y1-y0)
	x0, y0 = math.Floor(x0/xStep)*xStep, math.Floor(y0/yStep)*yStep
	x1, y1 = math.Ceil(x1/xStep)*xStep, math.Ceil(y1/yStep)*yStep
	x := func(v float64) float64 { return round(d.Left+(v-x0)/(x1-x0)*(d.Right-d.Left), 1) }
	y := func(v float64) float64 { return round(d.Bottom-(v-y0)/(y1-y0)*(d.Bottom-d.Top), 1) }
	for v := x0; v <= x1+xStep/2; v += xStep {
		d.XTicks = append(d.XTicks, tick{x(v), figure(v)})
	}
	for v := y0; v <= y1+yStep/2; v += yStep {
		d.YTicks = append(d.YTicks, tick{y(v), figure(v)})
	}
	for i, l := range c.Lines {
		p := path{Name: l.Name, Colour: chartColours[i%len(chartColours)], LegendY: d.Top + 14 + 16*float64(i)}
		var b strings.Builder
		for _, point := range l.Points {
			fmt.Fprintf(&b, "%g,%g ", x(point[0]), y(point[1]))
			if len(l.Points) <= 40 {
				p.Dots = append(p.Dots, [2]float64{x(point[0]), y(point[1])})
			}
		}
		p.Points = strings.TrimSpace(b.String())
		d.Paths = append(d.Paths, p)
	}
	if c.Limit > 0 {
		d.LimitY, d.LimitText = y(c.Limit), figure(c.Limit)
	}
	return d
}

// bounds are those of all points; the y axis begins at 0, and a flat line still has room.
func (c Chart) bounds() (x0, x1, y0, y1 float64) {
	x0, x1, y1 = math.Inf(1), math.Inf(-1), c.Limit
	for _, l := range c.Lines {
		for _, p := range l.Points {
			x0, x1, y0, y1 = min(x0, p[0]), max(x1, p[0]), min(y0, p[1]), max(y1, p[1])
		}
	}
	if x0 > x1 {
		x0, x1 = 0, 1
	}
	if x0 == x1 {
		x1 = x0 + 1
	}
	if y0 == y1 {
		y1 = y0 + 1
	}
	return x0, x1, y0, y1
}

// niceStep is 1, 2 or 5 times a power of ten, about a sixth of a range.
func niceStep(span float64) float64 {
	raw := span / chartTicks
	power := math.Pow(10, math.Floor(math.Log10(raw)))
	for _, n := range []float64{1, 2, 5} {
		if raw <= n*power {
			return n * power
		}
	}
	return 10 * power
}
