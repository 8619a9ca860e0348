package notice_test

import (
	"testing"
	"time"

	"tickerwire/internal/market"
	"tickerwire/internal/notice"
)

func TestDecide(t *testing.T) {
	t.Parallel()
	night := noon.Add(9 * time.Hour)
	of := func(code market.Code, topic string) notice.Told {
		kind := notice.Disclosure
		if topic == notice.TopicSignal {
			kind = notice.Signal
		}
		return notice.Told{Code: code, Kind: kind, Topic: topic}
	}
	for name, c := range map[string]struct {
		change func(*notice.Recipient, *notice.Alert)
		told   []notice.Told
		at     time.Time
		want   notice.Verdict
	}{
		"nothing against it":       {nil, nil, noon, notice.Verdict{State: notice.Due, Reason: "passed"}},
		"the decision was no":      {func(_ *notice.Recipient, a *notice.Alert) { a.Send = false }, nil, noon, notice.Verdict{State: notice.Suppressed, Reason: "not_to_send"}},
		"not active":               {func(r *notice.Recipient, _ *notice.Alert) { r.Active = false }, nil, noon, notice.Verdict{State: notice.Suppressed, Reason: "inactive"}},
		"an empty list":            {func(r *notice.Recipient, _ *notice.Alert) { r.Codes = nil }, nil, noon, notice.Verdict{State: notice.Suppressed, Reason: "not_on_watchlist"}},
		"everything is watched":    {func(r *notice.Recipient, _ *notice.Alert) { r.Codes, r.WatchAll = nil, true }, nil, noon, notice.Verdict{State: notice.Due, Reason: "passed"}},
		"no chat":                  {func(r *notice.Recipient, _ *notice.Alert) { r.ChatID = 0 }, nil, noon, notice.Verdict{State: notice.Suppressed, Reason: "no_chat"}},
		"muted":                    {func(r *notice.Recipient, _ *notice.Alert) { r.MutedUntil = noon.Add(1) }, nil, noon, notice.Verdict{State: notice.Suppressed, Reason: "muted"}},
		"no longer muted":          {func(r *notice.Recipient, _ *notice.Alert) { r.MutedUntil = noon }, nil, noon, notice.Verdict{State: notice.Due, Reason: "passed"}},
		"quiet before midnight":    {nil, nil, night, notice.Verdict{State: notice.Held, Reason: "quiet_hours"}},
		"quiet after midnight":     {nil, nil, noon.Add(-5 * time.Hour), notice.Verdict{State: notice.Held, Reason: "quiet_hours"}},
		"the quiet hours are over": {nil, nil, noon.Add(-4 * time.Hour), notice.Verdict{State: notice.Due, Reason: "passed"}},
		"quiet, and no digest":     {func(r *notice.Recipient, _ *notice.Alert) { r.Digest = false }, nil, night, notice.Verdict{State: notice.Suppressed, Reason: "quiet_hours"}},
		"told of the stock":        {nil, []notice.Told{of("900001", notice.TopicSignal)}, noon, notice.Verdict{State: notice.Suppressed, Reason: "stock_already_alerted_today"}},
		"told of another stock":    {nil, []notice.Told{of("900003", notice.TopicSignal)}, noon, notice.Verdict{State: notice.Due, Reason: "passed"}},
		"told of its halt":         {nil, []notice.Told{of("900001", notice.TradingHalt)}, noon, notice.Verdict{State: notice.Due, Reason: "passed"}},
		"a full day": {nil, []notice.Told{of("900003", notice.TopicSignal), of("900001", notice.TradingHalt), of("900004", notice.TopicSignal)}, noon,
			notice.Verdict{State: notice.Suppressed, Reason: "daily_cap"}},
		"a cap of none": {func(r *notice.Recipient, _ *notice.Alert) { r.DailyCap = 0 }, nil, noon, notice.Verdict{State: notice.Suppressed, Reason: "daily_cap"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := notice.Recipient{ChatID: 42, Active: true, Codes: []market.Code{"900002", "900001"}, Rule: notice.DefaultRule()}
			a := notice.Alert{Kind: notice.Signal, Topic: notice.TopicSignal, Code: "900001", Send: true}
			if c.change != nil {
				c.change(&r, &a)
			}
			if got := notice.Decide(r, a, c.told, c.at); got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}
