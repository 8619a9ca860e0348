package store

import (
	"context"
	"regexp"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/uptrace/bun"

	"tickerwire/internal/market"
)

// StockFilter narrows a list of tracked stocks, which runs by code; a zero field means any. Query finds a part of a
// name or an alias, spaces aside, where a lone initial consonant stands for every syllable that begins with it
// ("ㅅㅅㅈㅈ"), or the head of a code. Now is the instant as of which closes are known and the last day is counted.
type StockFilter struct {
	Codes  []market.Code
	Query  string
	Active *bool
	Now    time.Time
	After  market.Code
	Limit  int
}

// StockItem is a tracked stock as lists show it.
type StockItem struct {
	Stock          market.Stock
	Market         string     // "KOSPI", "KOSDAQ" or ""
	LastDay        market.Day // 0 when no close is known
	LastClose      int64      // won, as traded
	ChangePct      *float64   // of adjusted closes from the day before; nil when that one is unknown
	News24h        int        // stories of the last 24 hours
	Predictions24h int        // predictions, by any model and horizon, of stories of the last 24 hours
}

type listStockRow struct {
	Code           string   `bun:"code"`
	Name           string   `bun:"name"`
	Aliases        []string `bun:"aliases,array"`
	Priority       int      `bun:"priority"`
	Active         bool     `bun:"active"`
	Market         string   `bun:"market"`
	LastDay        int      `bun:"last_day"`
	LastClose      int64    `bun:"last_close"`
	LastAdjusted   float64  `bun:"last_adjusted"`
	PriorAdjusted  float64  `bun:"prior_adjusted"`
	News24h        int      `bun:"news_24h"`
	Predictions24h int      `bun:"predictions_24h"`
}

// StockList returns tracked stocks by code, each with its newest known close, which is looked up through the index of
// its own stock.
func (db *DB) StockList(ctx context.Context, f StockFilter) ([]StockItem, error) {
	const closes = `
		left join lateral (
			select array_agg(d.day order by d.day desc) as days, array_agg(d.close order by d.day desc) as closes,
			       array_agg(d.close * d.adj_factor order by d.day desc) as adjusted
			from (
				select distinct on (b.day) b.day` + epoch + ` as day, b.close, b.adj_factor
				from bars b where b.code = k.code and b.known_at <= ? and b.day > ?
				order by b.day desc, b.known_at desc, b.id desc limit 2) d) c on true`
	q := db.bun.NewSelect().TableExpr("stocks as k").
		ColumnExpr("k.code, k.name, k.aliases, k.priority, k.active, coalesce(l.market, '') as market").
		ColumnExpr("coalesce(c.days[1], 0) as last_day, coalesce(c.closes[1], 0) as last_close").
		ColumnExpr("coalesce(c.adjusted[1], 0) as last_adjusted, coalesce(c.adjusted[2], 0) as prior_adjusted").
		ColumnExpr(`(select count(*) from story_codes sc
			where sc.code = k.code and sc.available_at > ? and sc.available_at <= ?) as news_24h`, f.Now.Add(-24*time.Hour), f.Now).
		ColumnExpr(`(select count(*) from predictions p
			where p.code = k.code and p.as_of > ? and p.as_of <= ?) as predictions_24h`, f.Now.Add(-24*time.Hour), f.Now).
		Join("left join listings l on l.code = k.code").
		Join(closes, f.Now, (market.DayOf(f.Now) - staleAfter).String()).
		OrderExpr("k.code").Limit(int64(f.Limit))
	var rows []listStockRow
	if err := whereStock(q, f).Scan(ctx, &rows); err != nil {
		return nil, fail(err, "list stocks")
	}
	items := make([]StockItem, len(rows))
	for i, r := range rows {
		items[i] = r.toItem()
	}
	return items, nil
}

// staleAfter is how many days back a close is still called the last one; a stock halted for longer has none.
const staleAfter = 366

func whereStock(q *bun.SelectQuery, f StockFilter) *bun.SelectQuery {
	if len(f.Codes) > 0 {
		q = q.Where("k.code in (?)", bun.List(f.Codes))
	}
	if f.After != "" {
		q = q.Where("k.code > ?", f.After)
	}
	if f.Active != nil {
		q = q.Where("k.active = ?", *f.Active)
	}
	if text := squeeze(f.Query); text != "" {
		pattern := namePattern(text)
		q = q.Where(`(starts_with(k.code, ?) or replace(k.name, ' ', '') ~* ?
			or exists (select from unnest(k.aliases) as n(alias) where replace(n.alias, ' ', '') ~* ?))`,
			strings.ToUpper(text), pattern, pattern)
	}
	return q
}

func (r listStockRow) toItem() StockItem {
	item := StockItem{Stock: market.Stock{Code: market.Code(r.Code), Name: r.Name, Aliases: r.Aliases, Priority: r.Priority,
		Active: r.Active}, Market: r.Market, LastDay: market.Day(r.LastDay), LastClose: r.LastClose, News24h: r.News24h,
		Predictions24h: r.Predictions24h}
	if r.LastAdjusted > 0 && r.PriorAdjusted > 0 {
		change := market.ReturnPct(r.PriorAdjusted, r.LastAdjusted)
		item.ChangePct = &change
	}
	return item
}

// initials are the 19 consonants that a syllable can begin with, in the order in which Unicode lays out the syllables:
// 588 for each, from U+AC00 on.
const initials = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"

// namePattern returns a regular expression that finds text in a name. Its classes hold whole blocks of syllables.
func namePattern(text string) string {
	var b strings.Builder
	for _, r := range text {
		if i := strings.IndexRune(initials, r); i >= 0 {
			first := rune(0xAC00 + i/len("ㄱ")*588) // #nosec G115 -- one of 19 consonants
			b.WriteString("[" + string(r) + string(first) + "-" + string(first+587) + "]")
			continue
		}
		b.WriteString(regexp.QuoteMeta(string(r)))
	}
	return b.String()
}

func squeeze(text string) string { return strings.Join(strings.Fields(text), "") }

// StockNames returns the names of stocks, our own name for a tracked one, else the listing's; a code without a name is left out. At most 1000.
func (db *DB) StockNames(ctx context.Context, codes []market.Code) (map[market.Code]string, error) {
	if len(codes) == 0 {
		return map[market.Code]string{}, nil
	}
	var rows []namedStock
	err := db.read(ctx, "read the names of stocks", into(stockNames(codes), &rows, scanNamedStock))
	return namesOf(rows), err
}

type namedStock struct {
	code market.Code
	name string
}

func stockNames(codes []market.Code) *query {
	return newQuery(`
		select c.code, coalesce(k.name, l.name)
		from unnest(?::text[]) as c (code) left join stocks k on k.code = c.code left join listings l on l.code = c.code
		where k.code is not null or l.code is not null`, texts(codes))
}

func scanNamedStock(rows pgx.Rows, s *namedStock) error {
	return rows.Scan((*string)(&s.code), &s.name)
}

func namesOf(rows []namedStock) map[market.Code]string {
	names := make(map[market.Code]string, len(rows))
	for _, r := range rows {
		names[r.code] = r.name
	}
	return names
}

// Shown returns what lists show of stories beside the stories themselves, in one round trip: Signals of the stories, and
// StockNames of the codes.
func (db *DB) Shown(ctx context.Context, storyIDs []int64, codes []market.Code) ([]PredictionItem, map[market.Code]string, error) {
	if len(storyIDs) == 0 {
		return nil, map[market.Code]string{}, nil
	}
	var signalRows []listPredictionRow
	var names []namedStock
	err := db.read(ctx, "read what is shown of stories", into(signals(storyIDs), &signalRows, scanSignal), into(stockNames(codes), &names, scanNamedStock))
	if err != nil {
		return nil, nil, err
	}
	return toPredictions(signalRows), namesOf(names), nil
}
