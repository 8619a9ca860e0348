package notice

import (
	"fmt"
	"strings"
	"time"

	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
	"tickerwire/internal/news"
)

// DigestItem is one alert that was held for a digest.
type DigestItem struct {
	Alert      Alert
	Stock      market.Stock
	Article    news.Article
	Prediction *forecast.Prediction // nil for a filing
	Reason     string               // why it was held: ReasonQuietHours or ReasonUnproven
}

// DigestInput is what a digest is made of. Items are in the order in which they are to be shown.
type DigestInput struct {
	Items    []DigestItem
	Day      market.Day
	Language string
}

// digestHour is when who has no quiet hours gets his digest, an hour KST; others do when theirs end.
const digestHour = 8

// DigestDue returns up to when, on the KST day of an instant, things are held that a recipient's digest of that day tells,
// and whether it is time for it.
func (r Rule) DigestDue(at time.Time) (until time.Time, due bool) {
	hour := digestHour
	if r.QuietFrom != r.QuietTo {
		hour = r.QuietTo
	}
	until = market.DayOf(at).At(hour, 0)
	return until, r.Digest && !at.Before(until) && !r.Quiet(at)
}

// digestShown is how many items of each kind a digest names; the rest are counted.
const digestShown = 15

// DigestText returns a day's digest in Telegram's HTML, in as many messages as it takes; none when there is nothing to tell.
// What came in quiet hours stands apart from what no record proves yet.
func DigestText(in DigestInput) []string {
	if len(in.Items) == 0 {
		return nil
	}
	w := wordsOf(in.Language)
	blocks := []string{fmt.Sprintf(w.digest, in.Day)}
	for _, section := range []struct{ reason, title string }{{ReasonQuietHours, w.digestQuiet}, {ReasonUnproven, w.digestUnproven}} {
		lines, n := []string{}, 0
		for _, item := range in.Items {
			if item.Reason != section.reason {
				continue
			}
			if n++; n <= digestShown {
				lines = append(lines, digestItem(item, w))
			}
		}
		if n == 0 {
			continue
		}
		blocks = append(blocks, fmt.Sprintf(section.title, n))
		blocks = append(blocks, lines...)
		if n > digestShown {
			blocks = append(blocks, fmt.Sprintf(w.digestMore, n-digestShown))
		}
	}
	return Parts(strings.Join(append(blocks, "<i>"+w.disclaimer+"</i>"), "\n\n"))
}

func digestItem(item DigestItem, w words) string {
	title := item.Article.Title
	head := fmt.Sprintf("• <b>%s</b> (%s)", escape(clean(item.Stock.Name, 60)), escape(clean(string(item.Alert.Code), 6)))
	if item.Alert.Kind == Disclosure {
		title = item.Article.ReportType
		if kind, ok := Urgent(item.Article.ReportType); ok {
			head += " · " + w.kinds[kind]
		}
	}
	title = escape(clean(title, 120))
	if address := link(item.Article.URL); address != "" {
		title = fmt.Sprintf(`<a href="%s">%s</a>`, escape(address), title)
	}
	lines := []string{head, title}
	if p := item.Prediction; p != nil {
		arrow := map[int]string{1: "▲", -1: "▼"}[p.Direction()]
		lines = append(lines, fmt.Sprintf(w.digestSignal, arrow, p.Horizon, share(p.Probability), share(p.BaseRate)))
	}
	return strings.Join(lines, "\n")
}
