package tasks_test

import (
	"context"
	"sync"
	"sync/atomic"

	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
	"tickerwire/internal/news"
	"tickerwire/tasks"
)

// predictors is the program's own table of model kinds.
func predictors() map[string]tasks.Predictor {
	return map[string]tasks.Predictor{"baseline": forecast.Baseline, "analogue": forecast.Analogue, "lexicon": forecast.Lexicon}
}

// source is a news source that answers what it is told to.
type source struct {
	name  string
	calls atomic.Int32
	mu    sync.Mutex
	items []news.Item
	next  news.Bookmark
	err   error
	marks []news.Bookmark // it was reminded of
	parts []string
}

func (s *source) Name() string { return s.name }
func (s *source) Latest(_ context.Context, part string, mark news.Bookmark) ([]news.Item, news.Bookmark, error) {
	s.calls.Add(1)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.marks, s.parts = append(s.marks, mark), append(s.parts, part)
	return s.items, s.next, s.err
}

// sender takes messages and answers by chat.
type sender struct {
	mu     sync.Mutex
	sent   map[int64]int // tries per chat
	answer func(chat int64, try int) error
}

func (s *sender) Send(_ context.Context, chat int64, _ string) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sent == nil {
		s.sent = map[int64]int{}
	}
	s.sent[chat]++
	if s.answer == nil {
		return 1000 + chat, nil
	}
	return 1000 + chat, s.answer(chat, s.sent[chat])
}

// exchange has daily bars, by stock or by day.
type exchange struct {
	bars     []market.Bar
	listings []market.Listing
	err      error
}

func (e *exchange) DailyBars(_ context.Context, day market.Day) (of []market.Bar, _ []market.Listing, _ error) {
	for _, b := range e.bars {
		if b.Day == day {
			of = append(of, b)
		}
	}
	return of, e.listings, e.err
}

func (e *exchange) StockBars(_ context.Context, code market.Code, from, to market.Day) (of []market.Bar, _ error) {
	for _, b := range e.bars {
		if b.Code == code && b.Day >= from && b.Day <= to {
			of = append(of, b)
		}
	}
	return of, e.err
}
