package handlers

import (
	"context"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
	"tickerwire/store"
)

type stockItem struct {
	stockRef
	Aliases        []string `json:"aliases" doc:"Other names by which news calls it."`
	Priority       int      `json:"priority" doc:"1, watched most closely, to 5."`
	Active         bool     `json:"active" doc:"Whether it is followed now."`
	Market         string   `json:"market" doc:"KOSPI or KOSDAQ; empty when unknown."`
	LastDay        *date    `json:"last_day" doc:"The day of the last close; null when none is known."`
	LastClose      *int64   `json:"last_close" doc:"Won, as traded."`
	ChangePct      *pct     `json:"change_pct" doc:"Against the trading day before, adjusted for splits; null when unknown."`
	News24h        int      `json:"news_24h" doc:"Stories of the last 24 hours."`
	Predictions24h int      `json:"predictions_24h" doc:"Predictions, by any model and horizon, of stories of the last 24 hours."`
	Signals        []signal `json:"signals" doc:"What the champion says of the newest story that it spoke about, by horizon."`
}

type listStocksRequest struct {
	pageQuery
	Q      string `query:"q" max:"50" doc:"A part of a name or alias, initial consonants, or the head of a code."`
	Active *bool  `query:"active" doc:"Only those followed now, or only the others."`
}

func (a *api) listStocks(ctx context.Context, call Call, req listStocksRequest) (page[stockItem], error) {
	after, err := a.after(call, req.pageQuery)
	if err != nil {
		return page[stockItem]{}, err
	}
	rows, err := a.DB.StockList(ctx, store.StockFilter{Query: req.Q, Active: req.Active, Now: a.Now(),
		After: market.Code(after.Key), Limit: req.Limit + 1})
	if err != nil {
		return page[stockItem]{}, err
	}
	signals, err := a.stockSignals(ctx, rows)
	if err != nil {
		return page[stockItem]{}, err
	}
	return newPage(a, call, req.pageQuery, rows, func(r store.StockItem) position { return position{Key: string(r.Stock.Code)} },
		func(r store.StockItem) stockItem { return toStock(r, signals[r.Stock.Code]) }), nil
}

func (a *api) stockSignals(ctx context.Context, rows []store.StockItem) (map[market.Code][]signal, error) {
	codes := showAll(rows, func(r store.StockItem) market.Code { return r.Stock.Code })
	items, err := a.DB.StockSignals(ctx, codes, a.Now())
	if err != nil {
		return nil, err
	}
	out := make(map[market.Code][]signal, len(codes))
	for _, i := range items {
		out[i.Prediction.Code] = append(out[i.Prediction.Code], toSignal(i))
	}
	return out, nil
}

func toStock(r store.StockItem, signals []signal) stockItem {
	item := stockItem{stockRef: stockRef{Code: r.Stock.Code, Name: r.Stock.Name}, Aliases: notNil(r.Stock.Aliases),
		Priority: r.Stock.Priority, Active: r.Stock.Active, Market: r.Market, LastDay: maybeDate(r.LastDay),
		News24h: r.News24h, Predictions24h: r.Predictions24h, Signals: notNil(signals)}
	if r.LastDay != 0 {
		item.LastClose = &r.LastClose
	}
	if r.ChangePct != nil {
		change := pct(*r.ChangePct)
		item.ChangePct = &change
	}
	return item
}

func notNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

type codeRequest struct {
	Code market.Code `path:"code" doc:"The stock's code."`
}

func (a *api) getStock(ctx context.Context, _ Call, req codeRequest) (stockItem, error) {
	rows, err := a.DB.StockList(ctx, store.StockFilter{Codes: []market.Code{req.Code}, Now: a.Now(), Limit: 1})
	if err != nil {
		return stockItem{}, err
	}
	if len(rows) == 0 {
		return stockItem{}, fault.New(fault.NotFound, "%s is no tracked stock", req.Code)
	}
	signals, err := a.stockSignals(ctx, rows)
	if err != nil {
		return stockItem{}, err
	}
	return toStock(rows[0], signals[req.Code]), nil
}
