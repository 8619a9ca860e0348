package handlers

import (
	"context"
	"fmt"

	"tickerwire/internal/fault"
	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
	"tickerwire/store"
)

// dailyItem is how one model fared on one base day.
type dailyItem struct {
	ModelID     int64  `json:"model_id" doc:"Whose day it is."`
	Horizon     int    `json:"horizon" doc:"Trading days ahead."`
	Origin      string `json:"origin" enum:"live,backtest" doc:"Live, or from a walk through history."`
	Day         date   `json:"day" doc:"The base day: the close that returns are measured from."`
	Articles    int    `json:"articles" doc:"Predictions that were judged."`
	StockDays   int    `json:"stock_days" doc:"Stocks of which something was judged."`
	Void        int    `json:"void" doc:"Predictions whose outcome has no label."`
	Said        int    `json:"said" doc:"Stocks of which a direction was said."`
	Right       int    `json:"right" doc:"Of them, rightly."`
	Ups         int    `json:"ups" doc:"Stocks with a positive excess return."`
	Brier       *pct   `json:"brier" doc:"Mean over the stocks; null when all is void."`
	BaseBrier   *pct   `json:"base_brier" doc:"The base rate's."`
	LogLoss     *pct   `json:"log_loss" doc:"Mean over the stocks."`
	BaseLogLoss *pct   `json:"base_log_loss" doc:"The base rate's."`
	IC          *pct   `json:"ic" doc:"Rank correlation with the excess return; null with fewer than three stocks or nothing to rank."`
}

type dailyRequest struct {
	pageQuery
	recordFilter
	From market.Day `query:"from" doc:"From this base day on."`
	To   market.Day `query:"to" doc:"Up to this base day."`
}

func (a *api) listDaily(ctx context.Context, call Call, req dailyRequest) (page[dailyItem], error) {
	after, err := a.after(call, req.pageQuery)
	if err != nil {
		return page[dailyItem]{}, err
	}
	if req.To != 0 && req.To < req.From {
		return page[dailyItem]{}, fault.InvalidField("to", "it lies before from")
	}
	place, err := dailyPlace(after.Key)
	if err != nil {
		return page[dailyItem]{}, err
	}
	rows, err := a.DB.DailyPerformance(ctx, store.DailyFilter{From: req.From, To: req.To, After: place, Limit: req.Limit + 1,
		RecordOf: store.RecordOf{ModelID: req.Model, Horizon: req.Horizon, Origin: forecast.Origin(req.Origin)}})
	if err != nil {
		return page[dailyItem]{}, err
	}
	return newPage(a, call, req.pageQuery, rows, func(i store.DailyItem) position {
		return position{Key: fmt.Sprintf("%d %d %d %s", i.Day, i.ModelID, i.Horizon, i.Origin)}
	}, toDaily), nil
}

// dailyPlace reads the place behind which the list goes on; "" is its beginning.
func dailyPlace(key string) (p store.DailyPlace, err error) {
	if key == "" {
		return store.DailyPlace{}, nil
	}
	if _, err := fmt.Sscanf(key, "%d %d %d %s", &p.Day, &p.ModelID, &p.Horizon, &p.Origin); err != nil {
		return store.DailyPlace{}, fault.InvalidField("cursor", "it is none of this list")
	}
	return p, nil
}

func toDaily(i store.DailyItem) dailyItem {
	item := dailyItem{ModelID: i.ModelID, Horizon: i.Horizon, Origin: string(i.Origin), Day: date(i.Day), Articles: i.Articles, StockDays: i.StockDays,
		Void: i.Void, Said: i.Said, Right: i.Right, Ups: i.Ups}
	if i.StockDays > 0 {
		item.Brier, item.BaseBrier, item.LogLoss, item.BaseLogLoss = share(i.Brier), share(i.BaseBrier), share(i.LogLoss), share(i.BaseLogLoss)
	}
	if i.IC.Known {
		item.IC = share(i.IC.Value)
	}
	return item
}
