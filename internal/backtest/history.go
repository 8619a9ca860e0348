package backtest

import (
	"cmp"
	"slices"
	"time"

	"tickerwire/internal/archive"
	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
	"tickerwire/internal/news"
	"tickerwire/store"
)

// History is what happened, each piece with the instant from which on it was known: a bar's KnownAt, an article's
// AvailableAt. Articles carry neither id nor story.
type History struct {
	Stocks   []market.Stock
	Bars     []market.Bar
	Articles []news.Article
}

// ReadHistory reads an archive folder. Its closes count as known when the exchange's own rows of the day would have been,
// its articles from when the archive saw them. Lines that cannot be used are handed to refuse, with the reason.
func ReadHistory(folder archive.Folder, calendar *market.Calendar, refuse func(*archive.LineError)) (History, error) {
	var h History
	codes := make(map[string]market.Code)
	_, err := folder.Stocks(archive.Sink[archive.Stock]{Refuse: refuse, Take: func(s archive.Stock, _ archive.Place) error {
		h.Stocks, codes[s.Name] = append(h.Stocks, s.Stock), s.Code
		return nil
	}})
	if err != nil {
		return h, err
	}
	_, err = folder.Bars(archive.Sink[archive.Bar]{Refuse: refuse, Take: func(b archive.Bar, at archive.Place) error {
		known, err := calendar.BarKnownAt(b.Day)
		if err != nil {
			refuse(&archive.LineError{File: archive.BarsFile, Line: at.Line, Err: err})
			return nil
		}
		b.Source, b.KnownAt, b.AdjFactor = "import", known, cmp.Or(b.AdjFactor, 1)
		h.Bars = append(h.Bars, b)
		return nil
	}})
	if err != nil {
		return h, err
	}
	_, err = folder.Articles(archive.Sink[archive.Article]{Refuse: refuse, Take: func(a archive.Article, at archive.Place) error {
		cleaned := news.Clean(a.Item(codes), a.FirstSeenAt)
		if err := archive.Dated(cleaned, calendar); err != nil {
			refuse(&archive.LineError{File: archive.ArticlesFile, Line: at.Line, Err: err})
			return nil
		}
		h.Articles = append(h.Articles, cleaned)
		return nil
	}})
	return h, err
}

// moment is an instant at which something becomes known.
type moment struct {
	at       int64 // microseconds, as Postgres keeps times
	bars     []market.Bar
	articles []store.NewArticle
	evening  bool    // calibrations are fitted
	morning  bool    // what nobody brought yesterday will not come any more
	opened   []int64 // stories
}

// The KST times of day at which a live program fits calibrations, and by which it settles a day whose bars are missing.
const (
	eveningHour, eveningMinute = 17, 30
	morningHour                = 10
)

// moments returns the history in its order, with the evenings and mornings from its first day to the one after its last.
// Its articles are matched.
func (h History) moments(matcher *news.Matcher) []*moment {
	byTime := make(map[int64]*moment)
	at := func(us int64) *moment {
		if byTime[us] == nil {
			byTime[us] = &moment{at: us}
		}
		return byTime[us]
	}
	for _, b := range h.Bars {
		m := at(b.KnownAt.UnixMicro())
		m.bars = append(m.bars, b)
	}
	for _, a := range h.Articles {
		m := at(a.AvailableAt.UnixMicro())
		m.articles = append(m.articles, store.NewArticle{Article: a, Matches: matcher.Match(a), Origin: forecast.Backtest})
	}
	list := sorted(byTime)
	if len(list) == 0 {
		return nil
	}
	for day := market.DayOf(list[0].time()); day <= market.DayOf(h.end()); day++ {
		at(day.At(morningHour, 0).UnixMicro()).morning = true
		at(day.At(eveningHour, eveningMinute).UnixMicro()).evening = true
	}
	return sorted(byTime)
}

// end is the last instant of a walk: the evening after the day on which the last of the history became known.
func (h History) end() time.Time {
	var last time.Time
	for _, b := range h.Bars {
		last = later(last, b.KnownAt)
	}
	for _, a := range h.Articles {
		last = later(last, a.AvailableAt)
	}
	return (market.DayOf(last) + 1).At(eveningHour, eveningMinute)
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func sorted(byTime map[int64]*moment) []*moment {
	list := make([]*moment, 0, len(byTime))
	for _, m := range byTime {
		list = append(list, m)
	}
	slices.SortFunc(list, func(a, b *moment) int { return cmp.Compare(a.at, b.at) })
	return list
}
