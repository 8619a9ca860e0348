package tasks

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
	"tickerwire/internal/notice"
)

// stock finds a tracked stock by its code, its name or an alias.
func (b *Bot) stock(ctx context.Context, text string) (notice.Named, bool, error) {
	stocks, err := b.DB.Stocks(ctx, true)
	if err != nil {
		return notice.Named{}, false, err
	}
	for _, s := range stocks {
		names := append([]string{string(s.Code), s.Name}, s.Aliases...)
		if slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(name, text) }) {
			return notice.Named{Code: s.Code, Name: s.Name}, true, nil
		}
	}
	return notice.Named{}, false, nil
}

func (b *Bot) named(ctx context.Context, codes []market.Code) ([]notice.Named, error) {
	if len(codes) == 0 {
		return nil, nil
	}
	names, err := b.DB.StockNames(ctx, codes)
	list := make([]notice.Named, len(codes))
	for i, code := range codes {
		list[i] = notice.Named{Code: code, Name: names[code]}
		if list[i].Name == "" {
			list[i].Name = string(code)
		}
	}
	return list, err
}

const (
	shownButtons = 10 // stocks of a list that get a button that removes them
	whyShown     = 5
)

func (b *Bot) list(ctx context.Context, r notice.Recipient, w notice.Answers) (reply, error) {
	stocks, err := b.named(ctx, r.Codes)
	if err != nil {
		return reply{}, err
	}
	out := reply{text: w.List(r, stocks)}
	for _, s := range stocks[:min(len(stocks), shownButtons)] {
		out.buttons = append(out.buttons, []notice.Button{{Label: "✕ " + s.Name, Data: notice.ButtonUnwatch + string(s.Code)}})
	}
	return out, nil
}

func (b *Bot) last(ctx context.Context, c notice.Command, w notice.Answers) (reply, error) {
	stock, ok, err := b.stock(ctx, c.Rest)
	if err != nil || !ok {
		return reply{text: w.NoSuchStock}, err
	}
	signals, err := b.DB.StockSignals(ctx, []market.Code{stock.Code}, b.Now())
	if err != nil || len(signals) == 0 {
		return reply{text: w.Last(stock, nil)}, err
	}
	p := signals[0]
	return reply{text: w.Last(stock, &notice.Shown{AsOf: p.Prediction.AsOf, Horizon: p.Prediction.Horizon, Probability: p.Prediction.Probability,
		BaseRate: p.Prediction.BaseRate, AI: p.Model.Kind == forecast.KindLLM})}, nil
}

func (b *Bot) why(ctx context.Context, r notice.Recipient, w notice.Answers) (reply, error) {
	rows, err := b.DB.WhyOf(ctx, r.ID, whyShown)
	if err != nil {
		return reply{}, err
	}
	fates := make([]notice.Fate, len(rows))
	for i, row := range rows {
		stock, err := b.named(ctx, []market.Code{row.Code})
		if err != nil {
			return reply{}, err
		}
		fates[i] = notice.Fate{At: row.At, Stock: stock[0], Title: row.Title, State: row.State, Reason: row.Reason}
	}
	return reply{text: w.Why(fates)}, nil
}

// exported is all that is kept of a recipient.
type exported struct {
	ChatID     int64         `json:"chat_id"`
	Language   string        `json:"language"`
	Active     bool          `json:"active"`
	MutedUntil *time.Time    `json:"muted_until,omitempty"`
	WatchAll   bool          `json:"watch_all"`
	Watchlist  []market.Code `json:"watchlist"`
	Silent     []market.Code `json:"without_alerts,omitempty"`
	Rule       notice.Rule   `json:"rule"`
	Alerts     []exportedWhy `json:"alerts"`
}

type exportedWhy struct {
	At     time.Time   `json:"at"`
	Code   market.Code `json:"code"`
	State  string      `json:"state"`
	Reason string      `json:"reason"`
}

const exportedAlerts = 100 // the newest

func (b *Bot) export(ctx context.Context, r notice.Recipient) (reply, error) {
	rows, err := b.DB.WhyOf(ctx, r.ID, exportedAlerts)
	if err != nil {
		return reply{}, err
	}
	all := exported{ChatID: r.ChatID, Language: r.Language, Active: r.Active, WatchAll: r.WatchAll, Watchlist: r.Codes, Silent: r.Silent, Rule: r.Rule}
	if !r.MutedUntil.IsZero() {
		all.MutedUntil = &r.MutedUntil
	}
	for _, row := range rows {
		all.Alerts = append(all.Alerts, exportedWhy{row.At, row.Code, string(row.State), row.Reason})
	}
	raw, err := json.Marshal(all)
	return reply{text: notice.Code(string(raw))}, err
}
