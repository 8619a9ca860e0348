package notice

import (
	"fmt"
	"strings"
	"time"

	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
	"tickerwire/internal/news"
)

// Analogue is one past story that a prediction used, with what followed it over the prediction's horizon.
type Analogue struct {
	Title     string
	Code      market.Code
	Day       market.Day // of the story
	ExcessPct float64
}

// Record is how often a model's directions were right, of so many stock-days, with the 95 % interval of that share.
type Record struct {
	StockDays int
	Share     float64 // 0..1
	Low, High float64
}

// TextInput is what a message is made of.
type TextInput struct {
	Alert      Alert
	Stock      market.Stock
	Article    news.Article         // the story's first
	Prediction *forecast.Prediction // nil for a filing
	Record     Record               // of the model over the prediction's horizon; without stock-days there is none to show
	Analogues  []Analogue           // the weightiest first; at most two are shown
	Phase      market.Phase         // of At
	At         time.Time            // when the message is made
	Session    market.Day           // the next session after At; the zero Day leaves it out
	Language   string               // "ko" or "en"; anything else is Korean
	Seal       string               // the prediction's, as ShortSeal writes it; "" for none
	AI         AIText               // what a language model wrote of its prediction; without a Text there is none
}

// AIText is a text that a language model wrote, and by what.
type AIText struct {
	Text, Model, PromptVersion string
}

// sealBytes of a head are enough to tell seals apart, and to hold a message against the chain.
const sealBytes = 6

// ShortSeal is a seal as messages carry it: its number, and the first bytes of its head.
func ShortSeal(number int64, head []byte) string {
	return fmt.Sprintf("#%d %x", number, head[:min(len(head), sealBytes)])
}

// room is how many runes the parts of a message that can be shortened may take.
type room struct {
	title     int
	analogues int
	analogue  int
	link      bool
}

// Text returns the message in Telegram's HTML, at most MaxUnits UTF-16 units and what Amend may add. Text from outside is stripped of
// characters that hide or reorder, and escaped. A message that would be too long loses its analogues first, then most
// of its title, and at last its link; markup is never cut.
func Text(in TextInput) string {
	rooms := []room{{200, 2, 80, true}, {120, 2, 40, true}, {120, 0, 0, true}, {60, 0, 0, true}, {60, 0, 0, false}}
	text := ""
	for _, r := range rooms {
		if text = compose(in, wordsOf(in.Language), r); units(text) <= MaxUnits-amendRoom {
			break
		}
	}
	return text
}

func compose(in TextInput, w words, r room) string {
	blocks := []string{heading(in, w, r)}
	if in.Prediction != nil {
		blocks = append(blocks, figures(*in.Prediction, in.Record, w))
		if list := similar(in.Analogues, w, r); list != "" {
			blocks = append(blocks, list)
		}
		if text := clean(in.AI.Text, r.title); text != "" {
			blocks = append(blocks, fmt.Sprintf("<i>%s</i> (%s · %s): %s", w.ai, escape(clean(in.AI.Model, 40)), escape(clean(in.AI.PromptVersion, 40)), escape(text)))
		}
	}
	blocks = append(blocks, session(in, w))
	if in.Seal != "" {
		blocks = append(blocks, fmt.Sprintf(w.seal, "<code>"+escape(clean(in.Seal, 40))+"</code>"))
	}
	return strings.Join(append(blocks, "<i>"+w.disclaimer+"</i>"), "\n\n")
}

// heading says whom it is about, what was published, where and when.
func heading(in TextInput, w words, r room) string {
	company := fmt.Sprintf("<b>%s</b> (%s)", escape(clean(in.Stock.Name, 60)), escape(clean(string(in.Alert.Code), 6)))
	var lines []string
	if in.Alert.Kind == Disclosure {
		lines = filing(in, w, company)
	} else {
		first := fmt.Sprintf("📊 %s · %s", company, w.signal)
		if in.Alert.Topic == TopicReversal {
			first += " [" + w.changed + "]"
		}
		if in.Record.StockDays == 0 {
			first += " [" + w.unproven + "]"
		}
		lines = []string{first, "<b>" + escape(clean(in.Article.Title, r.title)) + "</b>"}
	}
	source := when(in, w)
	if press := clean(in.Article.Press, 40); press != "" {
		source = escape(press) + " · " + source
	}
	lines = append(lines, source)
	if address := link(in.Article.URL); address != "" && r.link {
		lines = append(lines, fmt.Sprintf(`<a href="%s">%s</a>`, escape(address), w.article))
	}
	return strings.Join(lines, "\n")
}

func filing(in TextInput, w words, company string) []string {
	first := fmt.Sprintf("🚨 %s · %s", company, w.filing)
	if kind, ok := Urgent(in.Article.ReportType); ok {
		first += ": " + w.kinds[kind]
	}
	r := parseReport(in.Article.ReportType)
	if r.withdrawal {
		first += " [" + w.withdrawal + "]"
	}
	if r.correction {
		first += " [" + w.correction + "]"
	}
	return []string{first, fmt.Sprintf(w.report, escape(clean(in.Article.ReportType, 120))),
		fmt.Sprintf(w.filer, escape(clean(in.Stock.Name, 60)))}
}

// when gives the time of publication where the source states one, else when it was first seen.
func when(in TextInput, w words) string {
	const layout = "01-02 15:04"
	if in.Article.TimeQuality == news.TimeExact {
		return fmt.Sprintf(w.published, in.Article.PublishedAt.In(market.KST).Format(layout)+" KST")
	}
	return fmt.Sprintf(w.seen, in.Article.FirstSeenAt.In(market.KST).Format(layout)+" KST")
}

// figures are the prediction's numbers, always next to the base rate, and how its like came out before.
func figures(p forecast.Prediction, past Record, w words) string {
	var lines []string
	switch p.Direction() {
	case 1:
		lines = append(lines, "▲ "+w.up)
	case -1:
		lines = append(lines, "▼ "+w.down)
	}
	lines = append(lines, fmt.Sprintf(w.horizon, p.Horizon), fmt.Sprintf(w.chance, share(p.Probability), share(p.BaseRate)))
	if p.LowPct < p.HighPct {
		lines = append(lines, fmt.Sprintf(w.expected, signed(p.ExpectedPct), signed(p.LowPct), signed(p.HighPct)))
	} else {
		lines = append(lines, w.expectedOnly)
	}
	if n := len(p.Evidence.Neighbours); n > 0 {
		lines = append(lines, fmt.Sprintf(w.basis, n, p.Evidence.Effective))
	} else {
		lines = append(lines, w.noBasis)
	}
	record := w.noRecord
	if past.StockDays > 0 {
		record = fmt.Sprintf(w.record, share(past.Share), past.StockDays, share(past.Low), share(past.High))
	}
	return strings.Join(append(lines, record), "\n")
}

func similar(list []Analogue, w words, r room) string {
	list = list[:min(len(list), r.analogues)]
	if len(list) == 0 {
		return ""
	}
	lines := []string{w.analogues}
	for _, a := range list {
		lines = append(lines, "• "+fmt.Sprintf(w.analogue, a.Day, escape(clean(string(a.Code), 6)), escape(clean(a.Title, r.analogue)), signed(a.ExcessPct)))
	}
	return strings.Join(lines, "\n")
}

// session says what the hour means for the news, and when trading goes on.
func session(in TextInput, w words) string {
	line := w.phase[in.Phase]
	if in.Session != 0 && in.Phase != market.InSession {
		line = strings.TrimSpace(line + " " + fmt.Sprintf(w.next, in.Session, w.weekdays[in.Session.Weekday()]))
	}
	return "🕘 " + in.At.In(market.KST).Format("15:04") + " KST · " + line
}

// share writes 0..1 as a percentage.
func share(p float64) string { return fmt.Sprintf("%.1f%%", p*100) }

// signed writes a percentage with its sign; what rounds to nothing has none.
func signed(pct float64) string {
	s := fmt.Sprintf("%+.1f%%", pct)
	if s == "+0.0%" || s == "-0.0%" {
		return "0.0%"
	}
	return s
}
