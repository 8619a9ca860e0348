package news

import (
	"time"
)

// Caps of the cleaned texts, in runes.
const (
	maxTitle   = 500
	maxSummary = 1000
	maxPress   = 60
)

// maxAhead is how far in the future of its fetch a publication time is believed: clocks differ by minutes. A time that
// lies further ahead would keep the article from being used until then.
const maxAhead = 10 * time.Minute

// Clean returns the article of an item that was fetched at fetchedAt: texts freed of markup, entities, invisible
// characters and trailers, repaired where their encoding was misread and capped (title 500 runes, summary 1000, and what the source's policy allows), the
// canonical URL, and the time from which the article may be used. The IDs and the story are left zero.
func Clean(item Item, fetchedAt time.Time) Article {
	press, _ := cleanText(item.Press, maxPress)
	title, titleDamaged := cleanText(item.Title, maxTitle+2*maxPress)
	summary, summaryDamaged := cleanText(item.Summary, maxSummary+2*maxPress)
	a := Article{
		Source:      item.Source,
		ExternalID:  item.ExternalID,
		URL:         CanonicalURL(item.URL),
		Press:       press,
		Title:       capRunes(cutPress(title, press), maxTitle),
		Summary:     capRunes(cutTrailer(summary, press), maxSummary),
		FirstSeenAt: fetchedAt,
		Kind:        item.Kind,
		Filer:       item.Filer,
		Mojibake:    titleDamaged || summaryDamaged,
	}
	if item.ReportType != "" {
		a.ReportType, _ = cleanText(item.ReportType, maxTitle)
	}
	if a.Kind == "" {
		a.Kind = KindNews
	}
	a.PublishedAt, a.TimeQuality, a.AvailableAt = times(item, fetchedAt)
	return PolicyOf(item.Source).Apply(a)
}

// times returns when an item was published, how far that can be trusted and from when on it may be used. A missing
// time, and one that lies more than maxAhead after the fetch, count as none.
func times(item Item, fetchedAt time.Time) (published time.Time, quality TimeQuality, available time.Time) {
	published, quality = item.PublishedAt, item.TimeQuality
	if published.IsZero() || published.After(fetchedAt.Add(maxAhead)) || quality != TimeExact && quality != TimeDate {
		return fetchedAt, TimeCrawl, fetchedAt
	}
	if quality == TimeExact && published.After(fetchedAt) {
		return published, quality, published
	}
	return published, quality, fetchedAt
}
