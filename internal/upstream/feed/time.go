package feed

import (
	"strings"
	"time"

	"tickerwire/internal/market"
	"tickerwire/internal/news"
)

// maxDate is the longest date that is read, in bytes: each layout would go through megabytes once more.
const maxDate = 200

// readTime reads an item's date. An instant is TimeExact, in KST where it names no zone. A day alone is TimeDate, at its
// midnight KST. No date, an unreadable one, or one before 1990 or more than a day ahead of now is TimeCrawl: now.
func readTime(text string, now time.Time) (time.Time, news.TimeQuality) {
	if len(text) > maxDate {
		return now, news.TimeCrawl
	}
	text = strings.Join(strings.Fields(text), " ")
	if at, ok := instant(text); ok && plausible(at, now) {
		return at, news.TimeExact
	}
	if at, ok := parseKST(text, dateOnly()); ok && plausible(at, now) {
		return at, news.TimeDate
	}
	return now, news.TimeCrawl
}

func instant(text string) (time.Time, bool) {
	if at, ok := parseKST(text, withOffset()); ok {
		return at, true
	}
	if rest, zone, found := cutLast(text); found {
		// time.Parse gives a zone name that it does not know an offset of zero: only names we know are believed.
		if offset, known := zoneOffset(zone); known {
			if at, ok := parseKST(rest+" "+offset, withOffset()); ok {
				return at, true
			}
		}
	}
	return parseKST(text, withoutOffset())
}

func zoneOffset(name string) (string, bool) {
	switch strings.ToUpper(name) {
	case "KST", "JST":
		return "+0900", true
	case "GMT", "UT", "UTC", "Z":
		return "+0000", true
	}
	return "", false
}

func cutLast(text string) (before, last string, found bool) {
	i := strings.LastIndexByte(text, ' ')
	if i < 0 {
		return "", "", false
	}
	return text[:i], text[i+1:], true
}

// plausible refuses dates that some publisher's clock or form got wrong: an item dated far ahead would never count as
// available.
func plausible(at, now time.Time) bool {
	return at.Year() >= 1990 && at.Before(now.Add(24*time.Hour))
}

func parseKST(text string, layouts []string) (time.Time, bool) {
	for _, layout := range layouts {
		if at, err := time.ParseInLocation(layout, text, market.KST); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}

func withOffset() []string {
	return []string{
		"Mon, 2 Jan 2006 15:04:05 -0700",  // RSS as it should be, Hankyung
		"Mon, 2 Jan 2006 15:04:05 -07:00", // Maeil
		"Mon, 2 Jan 2006 15:04 -0700",
		"2 Jan 2006 15:04:05 -0700",
		time.RFC3339, // Atom; fractions of a second are read too
		"2006-01-02T15:04:05-0700",
		"2006-01-02 15:04:05 -0700",
		"2006-01-02 15:04:05 -07:00",
		"2006-01-02 15:04:05-07:00",
	}
}

func withoutOffset() []string {
	return []string{
		"Mon, 2 Jan 2006 15:04:05", "2 Jan 2006 15:04:05",
		"2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02 15:04",
		"2006.01.02 15:04:05", "2006.01.02 15:04", "2006/01/02 15:04:05", "2006/01/02 15:04",
		"20060102150405", "200601021504",
	}
}

func dateOnly() []string {
	return []string{"2006-01-02", "2006.01.02", "2006.01.02.", "2006/01/02", "20060102", "Mon, 2 Jan 2006", "2 Jan 2006"}
}
