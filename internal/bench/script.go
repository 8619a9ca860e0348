package bench

import (
	"slices"
	"strings"
	"sync"
	"time"

	"tickerwire/internal/market"
	"tickerwire/internal/notice"
	"tickerwire/internal/simulator"
)

// script is the invented market with its news in our hand: nothing is to be seen until it is shown, one item at a time.
type script struct {
	*simulator.Market
	mu    sync.Mutex
	items []simulator.Item
}

func newScript(m *simulator.Market) *script { return &script{Market: m} }

// Items returns what was shown by now, oldest first.
func (s *script) Items(now time.Time) ([]simulator.Item, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, _ := slices.BinarySearchFunc(s.items, now, func(item simulator.Item, now time.Time) int {
		if item.SeenAt.After(now) {
			return 1
		}
		return -1
	})
	return s.items[:n:n], nil
}

// candidate is an item that may become an alert about a company.
type candidate struct {
	simulator.Item
	company string
}

// show makes an item of the market visible at now, as published just then.
func (s *script) show(item simulator.Item, now time.Time) {
	item.SeenAt = now
	if item.Filing == nil {
		item.PublishedAt = now.Truncate(time.Second)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.items = append(s.items, item)
}

// moving are words of the news that moves prices in the invented market.
var moving = []string{"공급계약", "깜짝 실적", "실적 쇼크", "리콜", "유상증자"}

// signals returns articles of the market's first day that may become a signal: the first three of each company whose
// titles say that the price moves.
func (s *script) signals() ([]candidate, error) {
	return s.choose(3, func(item simulator.Item) bool {
		return item.Filing == nil && slices.ContainsFunc(moving, func(w string) bool { return strings.Contains(item.Title, w) })
	}, func(item simulator.Item) string { return s.companyIn(item.Title) })
}

// urgent returns filings of the market's first day that must be told at once, one of each company.
func (s *script) urgent() ([]candidate, error) {
	return s.choose(1, func(item simulator.Item) bool {
		if item.Filing == nil {
			return false
		}
		_, ok := notice.Urgent(item.Filing.Report)
		return ok
	}, func(item simulator.Item) string { return item.Filing.Company.Name })
}

// choose returns the market's items that fit, at most each of one company, in the order of time.
func (s *script) choose(each int, fit func(simulator.Item) bool, company func(simulator.Item) string) ([]candidate, error) {
	all, err := s.Market.Items(simulator.DefaultStart().Add(13 * time.Hour))
	if err != nil {
		return nil, err
	}
	had := map[string]int{}
	var list []candidate
	for _, item := range all {
		if !fit(item) {
			continue
		}
		if name := company(item); name != "" && had[name] < each {
			had[name]++
			list = append(list, candidate{item, name})
		}
	}
	return list, nil
}

// companyIn returns the company that a title names, "" for none.
func (s *script) companyIn(title string) string {
	for _, c := range s.Companies() {
		if strings.Contains(title, c.Name) {
			return c.Name
		}
	}
	return ""
}

// watchlists deals the market's stocks out to chats.
func (s *script) watchlists(chats []int64) map[int64][]market.Code {
	lists := make(map[int64][]market.Code, len(chats))
	for i, c := range s.Companies() {
		chat := chats[i%len(chats)]
		lists[chat] = append(lists[chat], c.Code)
	}
	return lists
}

// codeOf returns the code of a company that is named, "" for none.
func (s *script) codeOf(name string) market.Code {
	for _, c := range s.Companies() {
		if c.Name == name {
			return c.Code
		}
	}
	return ""
}
