package handlers

import (
	"cmp"
	"context"
	"slices"
	"time"

	"tickerwire/internal/market"
	"tickerwire/store"
)

const (
	topSignals      = 5
	dashboardAlerts = 10
	signalWindow    = 24 * time.Hour
	dashboardStocks = 12
)

type dashboardAnswer struct {
	Session  sessionBody  `json:"session" doc:"Where the exchange's day stands."`
	Today    todayBody    `json:"today" doc:"What came in since midnight KST."`
	Watched  watchedBody  `json:"watchlist" doc:"My watchlist with what is new."`
	Signals  []prediction `json:"signals" doc:"The champion's predictions of the last 24 hours that are farthest from their base rate, one per stock."`
	Alerts   []alertItem  `json:"alerts" doc:"The latest alerts, with how they turned out so far."`
	Sources  []sourceItem `json:"sources" doc:"How fresh each source is."`
	Pipeline pipelineBody `json:"pipeline" doc:"How much work is due. Numbers stop at 10000."`
	Models   []modelItem  `json:"models" doc:"The models, each in a sentence."`
}

type sessionBody struct {
	Now       instant  `json:"now" doc:"The application's clock."`
	Phase     string   `json:"phase" enum:"before_open,in_session,after_close,closed_day" doc:"Where now lies within its day."`
	OpensAt   *instant `json:"opens_at" doc:"When the running or the next regular session opens; null when the calendar does not know."`
	ClosesAt  *instant `json:"closes_at" doc:"When that session closes."`
	TradesDay date     `json:"trades_day" doc:"The trading day of that session."`
}

type todayBody struct {
	Day         date `json:"day" doc:"The day in KST."`
	Articles    int  `json:"articles" doc:"Articles that became available."`
	Stories     int  `json:"stories" doc:"Stories that were opened."`
	Predictions int  `json:"predictions" doc:"Predictions of today's stories, by all models and horizons."`
	Alerts      int  `json:"alerts" doc:"Alerts decided to be sent."`
}

type watchedBody struct {
	All    bool        `json:"all" doc:"Every tracked stock, whatever the list says."`
	Total  int         `json:"total" doc:"How many stocks are on the list."`
	Stocks []stockItem `json:"stocks" doc:"Its first 12, in its order; what is no longer tracked is left out."`
}

type pipelineBody struct {
	ToEmbed   int `json:"to_embed" doc:"Articles without a vector."`
	ToPredict int `json:"to_predict" doc:"Model calls to be made."`
	ToDecide  int `json:"to_decide" doc:"Calls and filings of which it is not decided whom to alert."`
	ToSend    int `json:"to_send" doc:"Alerts that not everybody was told of."`
	Retrying  int `json:"retrying" doc:"Open failures that will be tried again."`
	GaveUp    int `json:"gave_up" doc:"Open failures that wait for an operator."`
}

func (a *api) getDashboard(ctx context.Context, call Call, _ nothing) (out dashboardAnswer, err error) {
	if a.dashboards.ttl > 0 {
		out, err = a.dashboards.answer(ctx, call.Actor.Role, func(ctx context.Context) (dashboardAnswer, int, error) {
			out, err := a.everybodysDashboard(ctx, call)
			return out, 0, err // there are as many as roles
		})
	} else {
		out, err = a.everybodysDashboard(ctx, call)
	}
	if err != nil {
		return out, err
	}
	out.Watched, err = a.watched(ctx, call)
	return out, err
}

// everybodysDashboard is the part that is the same for everybody of a role.
func (a *api) everybodysDashboard(ctx context.Context, call Call) (dashboardAnswer, error) {
	now := a.Now()
	today := market.DayOf(now)
	var out dashboardAnswer
	var err error
	if out.Session, err = a.session(now); err != nil {
		return out, err
	}
	read, err := a.DB.Dashboard(ctx, store.DashboardFilter{Now: now, DayStart: today.At(0, 0), SignalsSince: now.Add(-signalWindow),
		Signals: topSignals, Alerts: dashboardAlerts})
	if err != nil {
		return out, err
	}
	counts := read.Counts
	out.Today = todayBody{Day: date(today), Articles: counts.Articles, Stories: counts.Stories,
		Predictions: counts.Predictions, Alerts: counts.Alerts}
	out.Pipeline = pipelineBody{ToEmbed: counts.ToEmbed, ToPredict: counts.ToPredict, ToDecide: counts.ToDecide,
		ToSend: counts.ToSend, Retrying: counts.Retrying, GaveUp: counts.GaveUp}
	out.Signals = a.showPredictions(read.Signals)
	out.Alerts = showAll(read.Alerts, toAlert)
	sources, err := a.freshSources(ctx, read.Freshness, now)
	if err != nil {
		return out, err
	}
	out.Sources = showAll(sources, func(s freshSource) sourceItem { return toSource(s, call.Actor) })
	out.Models, err = a.modelsOf(ctx, read.ModelDays)
	return out, err
}

// watched is the head of the caller's watchlist.
func (a *api) watched(ctx context.Context, call Call) (watchedBody, error) {
	r, err := a.myRecipient(ctx, call)
	if err != nil {
		return watchedBody{}, err
	}
	out := watchedBody{All: r.WatchAll, Total: len(r.Codes), Stocks: []stockItem{}}
	codes := r.Codes[:min(len(r.Codes), dashboardStocks)]
	if len(codes) == 0 {
		return out, nil
	}
	rows, err := a.DB.StockList(ctx, store.StockFilter{Codes: codes, Now: a.Now(), Limit: len(codes)})
	if err != nil {
		return out, err
	}
	signals, err := a.stockSignals(ctx, rows)
	if err != nil {
		return out, err
	}
	slices.SortFunc(rows, func(x, y store.StockItem) int {
		return cmp.Compare(slices.Index(codes, x.Stock.Code), slices.Index(codes, y.Stock.Code))
	})
	out.Stocks = showAll(rows, func(r store.StockItem) stockItem { return toStock(r, signals[r.Stock.Code]) })
	return out, nil
}

// session finds the running session or the next one.
func (a *api) session(now time.Time) (sessionBody, error) {
	phase, err := a.Calendar.PhaseAt(now)
	if err != nil {
		return sessionBody{}, err
	}
	day := market.DayOf(now)
	body := sessionBody{Now: instant(now.Truncate(time.Second)), Phase: string(phase), TradesDay: date(day)}
	if phase == market.AfterClose || phase == market.ClosedDay {
		if day, err = a.Calendar.Add(day, 1); err != nil {
			return body, nil // the calendar ends here: the next session is not known, which the nulls say
		}
	}
	s, _, err := a.Calendar.SessionOf(day)
	if err != nil {
		return sessionBody{}, err
	}
	body.TradesDay, body.OpensAt, body.ClosesAt = date(day), maybe(s.Open), maybe(s.Close)
	return body, nil
}

// showAll turns rows into what is shown; never nil, so that an empty list is [] in JSON.
func showAll[Row, Item any](rows []Row, show func(Row) Item) []Item {
	items := make([]Item, len(rows))
	for i, row := range rows {
		items[i] = show(row)
	}
	return items
}
