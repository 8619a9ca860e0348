package tasks_test

import (
	"context"
	"sync"
	"sync/atomic"

	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
	"tickerwire/internal/news"
	"tickerwire/internal/notice"
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

// sender takes messages and edits, and answers by chat.
type sender struct {
	mu     sync.Mutex
	sent   map[int64]int // tries per chat
	last   map[int64]notice.Message
	all    map[int64][]notice.Message
	edited map[int64]int // tries per message
	answer func(chat int64, try int) error
	edits  func(messageID int64, try int) error
	wait   func(chat int64) error
}

func (s *sender) Wait(_ context.Context, to notice.Address) error {
	if s.wait == nil {
		return nil
	}
	return s.wait(to.ChatID)
}

func (s *sender) Send(_ context.Context, to notice.Address, m notice.Message) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sent == nil {
		s.sent, s.last, s.all = map[int64]int{}, map[int64]notice.Message{}, map[int64][]notice.Message{}
	}
	s.sent[to.ChatID]++
	s.last[to.ChatID], s.all[to.ChatID] = m, append(s.all[to.ChatID], m)
	if s.answer == nil {
		return 1000 + to.ChatID, nil
	}
	return 1000 + to.ChatID, s.answer(to.ChatID, s.sent[to.ChatID])
}

func (s *sender) Edit(_ context.Context, to notice.Address, messageID int64, m notice.Message) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.edited == nil {
		s.edited = map[int64]int{}
	}
	s.edited[messageID]++
	s.last[to.ChatID] = m
	if s.edits == nil {
		return nil
	}
	return s.edits(messageID, s.edited[messageID])
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
