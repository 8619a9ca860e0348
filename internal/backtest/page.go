package backtest

import (
	_ "embed" // the page
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"

	"tickerwire/internal/forecast"
)

//go:embed page.html.tmpl
var pageText string

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
	"fig":     func(f *Figure, format string) string { return f.text(format) },
	"korean":  korean,
	"percent": percent,
}).Parse(pageText))

// WriteHTML writes the report as one page that needs nothing from anywhere.
func (r Report) WriteHTML(out io.Writer) error {
	p := page{Report: r, Models: modelNames(r.Records)}
	for _, h := range forecast.Horizons {
		p.Trails = append(p.Trails, drawTrails(r.Records, p.Models, h))
	}
	for _, rec := range r.Records {
		if len(rec.Bins) > 0 {
			p.Diagrams = append(p.Diagrams, drawReliability(rec))
		}
	}
	for _, a := range r.Alerts {
		p.Alerts = append(p.Alerts, drawAlerts(a))
	}
	if err := pageTemplate.Execute(out, p); err != nil {
		return fmt.Errorf("write the page: %w", err)
	}
	return nil
}

// page is what the template shows.
type page struct {
	Report
	Models   []string // each has the colour of its place
	Trails   []chart
	Diagrams []chart
	Alerts   []chart
}

// chart is a drawing in its own coordinates, y downwards.
type chart struct {
	Title         string
	Sub           string
	Width, Height int
	Ticks         []tick // of the y axis
	XTicks        []tick
	Zero          float64 // y of the reference line
	Lines         []line
	Dots          []dot
	Bars          []bar
	Band          string // points of a polygon
	Empty         bool
}

type tick struct {
	At   float64
	Text string
}

type line struct {
	Name   string
	Class  string
	Points string
}

type dot struct {
	X, Y, R float64
	Class   string
	Tip     string
}

type bar struct {
	Name      [2]string // Korean, English
	Y         float64   // of its middle
	Foot      float64   // y of the lower end of its base rate's mark
	Wide      float64   // how long it is
	Low, High float64   // x of the interval
	Ranged    bool
	Base      float64 // x of the base rate
	Text      string
	Class     string
	None      bool
}

// korean says a verdict in the reader's words.
func korean(verdict string) string {
	return map[string]string{"collecting": "자료를 모으는 중", "no skill shown": "실력이 드러나지 않음", "skill shown": "실력이 드러남"}[verdict]
}

var choosers = map[string][2]string{
	ChooserSent:   {"실제 발송", "what the gate lets pass"},
	ChooserScore:  {"점수 순", "best scores, proven or not"},
	ChooserRandom: {"무작위 (대조군)", "at random (control)"},
	ChooserSigma:  {"변동성 순 (대조군)", "most volatile (control)"},
}

func percent(v *float64) string {
	if v == nil {
		return "–"
	}
	return fmt.Sprintf("%.1f %%", *v*100)
}

func modelNames(list []Record) []string {
	var names []string
	for _, r := range list {
		if !slices.Contains(names, r.Model) {
			names = append(names, r.Model)
		}
	}
	return names
}

// class returns the style of a model's marks.
func class(models []string, name string) string {
	return fmt.Sprintf("m%d", slices.Index(models, name)%6)
}

// The frame of the two square-ish charts.
const (
	chartWidth, chartHeight          = 520, 240
	leftEdge, rightEdge              = 56, 16
	topEdge, bottomEdge              = 14, 30
	diagramWidth, diagramHeight      = 260, 240
	alertWidth, alertRow, alertLabel = 520, 40, 190
)

// scale maps from..to onto a..b.
type scale struct{ from, to, a, b float64 }

func (s scale) at(v float64) float64 { return s.a + (v-s.from)/(s.to-s.from)*(s.b-s.a) }

func (s scale) ticks(n int, format string) []tick {
	list := make([]tick, n+1)
	for i := range list {
		v := s.from + (s.to-s.from)*float64(i)/float64(n)
		list[i] = tick{s.at(v), fmt.Sprintf(format, v)}
	}
	return list
}

// drawTrails draws the models' skill up to each day.
func drawTrails(records []Record, models []string, horizon int) chart {
	c := chart{Title: fmt.Sprintf("%d거래일 뒤", horizon), Sub: fmt.Sprintf("%d trading days ahead", horizon), Width: chartWidth, Height: chartHeight, Empty: true}
	var days []string
	most := 0.01
	for _, r := range records {
		for _, s := range r.Trail {
			if r.Horizon == horizon && s.Skill != nil {
				c.Empty = false
				days = append(days, s.Day)
				most = max(most, *s.Skill, -*s.Skill)
			}
		}
	}
	if c.Empty {
		return c
	}
	slices.Sort(days)
	days = slices.Compact(days)
	x := scale{0, float64(max(1, len(days)-1)), leftEdge, chartWidth - rightEdge}
	y := scale{-most * 1.1, most * 1.1, chartHeight - bottomEdge, topEdge}
	c.Ticks, c.Zero = y.ticks(4, "%+.3f"), y.at(0)
	c.XTicks = []tick{{x.at(0), days[0]}}
	if len(days) > 1 {
		c.XTicks = append(c.XTicks, tick{x.at(float64(len(days) - 1)), days[len(days)-1]})
	}
	for _, r := range records {
		if r.Horizon != horizon {
			continue
		}
		var points []string
		for _, s := range r.Trail {
			if s.Skill == nil {
				continue
			}
			px, py := x.at(float64(slices.Index(days, s.Day))), y.at(*s.Skill)
			points = append(points, fmt.Sprintf("%.1f,%.1f", px, py))
			c.Dots = append(c.Dots, dot{px, py, 3.5, class(models, r.Model), fmt.Sprintf("%s, %s: %+.4f", r.Model, s.Day, *s.Skill)})
		}
		if len(points) > 0 {
			c.Lines = append(c.Lines, line{r.Model, class(models, r.Model), strings.Join(points, " ")})
		}
	}
	return c
}

// drawReliability draws how often what was given a probability came true, over the band of a calibrated forecaster.
func drawReliability(r Record) chart {
	c := chart{Title: fmt.Sprintf("%s · %d거래일", r.Model, r.Horizon), Sub: fmt.Sprintf("%s, %d days, %d stock-days", r.Model, r.Horizon, r.StockDays),
		Width: diagramWidth, Height: diagramHeight}
	low, high := 0.3, 0.6
	for _, b := range r.Bins {
		low, high = min(low, b.Forecast, b.Frequency, b.Low), max(high, b.Forecast, b.Frequency, b.High)
	}
	low, high = max(0, low-0.03), min(1, high+0.03)
	x := scale{low, high, leftEdge, diagramWidth - rightEdge}
	y := scale{low, high, diagramHeight - bottomEdge, topEdge}
	c.Ticks = y.ticks(4, "%.2f")
	c.XTicks = []tick{{x.at(low), fmt.Sprintf("%.2f", low)}, {x.at(high), fmt.Sprintf("%.2f", high)}}
	c.Lines = []line{{"", "diagonal", fmt.Sprintf("%.1f,%.1f %.1f,%.1f", x.at(low), y.at(low), x.at(high), y.at(high))}}
	var above, below []string
	for _, b := range r.Bins {
		above = append(above, fmt.Sprintf("%.1f,%.1f", x.at(b.Forecast), y.at(b.High)))
		below = append(below, fmt.Sprintf("%.1f,%.1f", x.at(b.Forecast), y.at(b.Low)))
		c.Dots = append(c.Dots, dot{x.at(b.Forecast), y.at(b.Frequency), 4.5, "m0",
			fmt.Sprintf("%d stock-days: forecast %.3f, came true %.3f; band %.3f to %.3f", b.StockDays, b.Forecast, b.Frequency, b.Low, b.High)})
	}
	slices.Reverse(below)
	if len(r.Bins) == 1 { // a band of one bin is a line
		half := 6.0
		px := x.at(r.Bins[0].Forecast)
		above = []string{fmt.Sprintf("%.1f,%.1f %.1f,%.1f", px-half, y.at(r.Bins[0].High), px+half, y.at(r.Bins[0].High))}
		below = []string{fmt.Sprintf("%.1f,%.1f %.1f,%.1f", px+half, y.at(r.Bins[0].Low), px-half, y.at(r.Bins[0].Low))}
	}
	c.Band = strings.Join(append(above, below...), " ")
	return c
}

// drawAlerts draws the precision of each chooser's picks with its interval.
func drawAlerts(a Alerts) chart {
	c := chart{Title: a.Model, Sub: fmt.Sprintf("후보 %d건, 발송 %d건 · %d candidates, %d sent", a.Candidates, a.Sent, a.Candidates, a.Sent), Width: alertWidth}
	x := scale{0, 1, alertLabel, alertWidth - 110}
	c.XTicks, c.Zero = x.ticks(4, "%.2f"), x.at(0)
	for _, p := range a.Picks {
		if p.K != plainK {
			continue
		}
		b := bar{Name: choosers[p.Chooser], Y: topEdge + alertRow*(float64(len(c.Bars))+0.5), Class: p.Chooser, None: p.Precision == nil}
		b.Foot = b.Y + 20
		if p.Precision != nil {
			b.Wide, b.Base, b.Text = x.at(p.Precision.Value)-c.Zero, x.at(*p.BaseRate), fmt.Sprintf("%d/%d", p.Right, p.Picks)
			if p.Precision.Low != nil {
				b.Low, b.High, b.Ranged = x.at(*p.Precision.Low), x.at(*p.Precision.High), true
			}
		}
		c.Bars = append(c.Bars, b)
	}
	c.Height = topEdge + alertRow*len(c.Bars) + bottomEdge
	return c
}
