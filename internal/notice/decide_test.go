package notice_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"tickerwire/internal/fault"
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
		return notice.Told{Code: code, Kind: kind, Topic: topic, Cluster: 3}
	}
	for name, c := range map[string]struct {
		change func(*notice.Recipient, *notice.Alert)
		told   []notice.Told
		at     time.Time
		want   notice.Verdict
	}{
		"nothing against it":     {nil, nil, noon, notice.Verdict{State: notice.Due, Reason: "passed"}},
		"the decision was no":    {func(_ *notice.Recipient, a *notice.Alert) { a.Send = false }, nil, noon, notice.Verdict{State: notice.Suppressed, Reason: "not_to_send"}},
		"not active":             {func(r *notice.Recipient, _ *notice.Alert) { r.Active = false }, nil, noon, notice.Verdict{State: notice.Suppressed, Reason: "inactive"}},
		"an empty list":          {func(r *notice.Recipient, _ *notice.Alert) { r.Codes = nil }, nil, noon, notice.Verdict{State: notice.Suppressed, Reason: "not_on_watchlist"}},
		"everything is watched":  {func(r *notice.Recipient, _ *notice.Alert) { r.Codes, r.WatchAll = nil, true }, nil, noon, notice.Verdict{State: notice.Due, Reason: "passed"}},
		"watched without alerts": {func(r *notice.Recipient, _ *notice.Alert) { r.Silence([]market.Code{"900001"}) }, nil, noon, notice.Verdict{State: notice.Suppressed, Reason: "not_on_watchlist"}},
		"everything but this":    {func(r *notice.Recipient, _ *notice.Alert) { r.WatchAll = true; r.Silence(r.Codes) }, nil, noon, notice.Verdict{State: notice.Suppressed, Reason: "not_on_watchlist"}},
		"another is silent":      {func(r *notice.Recipient, _ *notice.Alert) { r.Silence([]market.Code{"900002"}) }, nil, noon, notice.Verdict{State: notice.Due, Reason: "passed"}},
		"taken off and put back": {func(r *notice.Recipient, _ *notice.Alert) {
			codes := r.Codes
			r.Silence(codes)
			r.Watch(nil)
			r.Watch(codes)
		}, nil, noon, notice.Verdict{State: notice.Due, Reason: "passed"}},
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
			a := notice.Alert{Kind: notice.Signal, Topic: notice.TopicSignal, Code: "900001", Send: true,
				Options: []notice.Option{{PredictionID: 5, Horizon: 3, Shift: .1, Reason: "passed"}}}
			if c.want.Reason != "not_to_send" && c.want.Reason != "inactive" && c.want.Reason != "not_on_watchlist" && c.want.Reason != "no_chat" {
				c.want.PredictionID = 5
			}
			if c.change != nil {
				c.change(&r, &a)
			}
			if got := notice.Decide(r, a, c.told, c.at); got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

// TestWhatARecipientWants: of a signal he hears of the best prediction of those that his rule lets through.
func TestWhatARecipientWants(t *testing.T) {
	t.Parallel()
	signal := notice.Alert{Kind: notice.Signal, Topic: notice.TopicSignal, Code: "900001", Send: true, Cluster: 7, Options: []notice.Option{
		{PredictionID: 11, Horizon: 1, Shift: 0.08, ScorePct: 0.4, Reason: "passed"},
		{PredictionID: 13, Horizon: 3, Shift: -0.06, ScorePct: 0.5, Reason: "passed"},
		{PredictionID: 15, Horizon: 5, Shift: 0.20, ScorePct: 2, Reason: "unproven"},
	}}
	filing := notice.Alert{Kind: notice.Disclosure, Topic: notice.RightsIssue, Code: "900001", Send: true, Cluster: 9}
	unproven := signal
	unproven.Send, unproven.Digest = false, true
	told := func(code market.Code, topic string, cluster int64) []notice.Told {
		return []notice.Told{{Code: code, Kind: notice.Signal, Topic: topic, Cluster: cluster}}
	}
	reversal, market2 := signal, signal
	reversal.Topic, market2.Topic = notice.TopicReversal, notice.TopicMarket
	for name, c := range map[string]struct {
		change func(*notice.Recipient)
		alert  notice.Alert
		told   []notice.Told
		want   notice.Verdict
	}{
		"anything":                 {nil, signal, nil, notice.Verdict{State: notice.Due, Reason: "passed", PredictionID: 13}},
		"one horizon":              {func(r *notice.Recipient) { r.Horizons = []int{1} }, signal, nil, notice.Verdict{State: notice.Due, Reason: "passed", PredictionID: 11}},
		"an unproven horizon":      {func(r *notice.Recipient) { r.Horizons = []int{5} }, signal, nil, notice.Verdict{State: notice.Suppressed, Reason: "horizon_not_wanted"}},
		"no signals":               {func(r *notice.Recipient) { r.Horizons = nil }, signal, nil, notice.Verdict{State: notice.Suppressed, Reason: "horizon_not_wanted"}},
		"only up":                  {func(r *notice.Recipient) { r.Direction = 1 }, signal, nil, notice.Verdict{State: notice.Due, Reason: "passed", PredictionID: 11}},
		"only up, over three days": {func(r *notice.Recipient) { r.Direction, r.Horizons = 1, []int{3} }, signal, nil, notice.Verdict{State: notice.Suppressed, Reason: "direction_not_wanted"}},
		"only down":                {func(r *notice.Recipient) { r.Direction = -1 }, signal, nil, notice.Verdict{State: notice.Due, Reason: "passed", PredictionID: 13}},
		"a threshold of its own":   {func(r *notice.Recipient) { r.MinShift = 0.07 }, signal, nil, notice.Verdict{State: notice.Due, Reason: "passed", PredictionID: 11}},
		"exactly the threshold":    {func(r *notice.Recipient) { r.MinShift = 0.08 }, signal, nil, notice.Verdict{State: notice.Due, Reason: "passed", PredictionID: 11}},
		"a higher one":             {func(r *notice.Recipient) { r.MinShift = 0.1 }, signal, nil, notice.Verdict{State: notice.Suppressed, Reason: "below_own_threshold"}},
		"a filing":                 {func(r *notice.Recipient) { r.Horizons, r.MinShift, r.Direction = nil, .5, -1 }, filing, nil, notice.Verdict{State: notice.Due, Reason: "passed"}},
		"no filings":               {func(r *notice.Recipient) { r.Urgent = false }, filing, nil, notice.Verdict{State: notice.Suppressed, Reason: "urgent_not_wanted"}},
		"unproven":                 {nil, unproven, nil, notice.Verdict{State: notice.Held, Reason: "unproven", PredictionID: 15}},
		"unproven, on a full day":  {func(r *notice.Recipient) { r.DailyCap = 0 }, unproven, nil, notice.Verdict{State: notice.Held, Reason: "unproven", PredictionID: 15}},
		"unproven, muted":          {func(r *notice.Recipient) { r.MutedUntil = noon.Add(1) }, unproven, nil, notice.Verdict{State: notice.Suppressed, Reason: "unproven", PredictionID: 15}},
		"unproven, no digest":      {func(r *notice.Recipient) { r.Digest = false }, unproven, nil, notice.Verdict{State: notice.Suppressed, Reason: "unproven", PredictionID: 15}},
		"the story, of another stock": {nil, signal, told("900002", notice.TopicSignal, 7),
			notice.Verdict{State: notice.Suppressed, Reason: "story_already_alerted", PredictionID: 13}},
		"another story, of another stock": {nil, signal, told("900002", notice.TopicSignal, 8), notice.Verdict{State: notice.Due, Reason: "passed", PredictionID: 13}},
		"a material change":               {nil, reversal, told("900001", notice.TopicSignal, 7), notice.Verdict{State: notice.Due, Reason: "passed", PredictionID: 13}},
		"a second one": {nil, reversal, told("900001", notice.TopicReversal, 7),
			notice.Verdict{State: notice.Suppressed, Reason: "stock_already_alerted_today", PredictionID: 13}},
		"the market, twice": {nil, market2, told("900003", notice.TopicMarket, 8),
			notice.Verdict{State: notice.Suppressed, Reason: "market_already_alerted_today", PredictionID: 13}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := notice.Recipient{ChatID: 42, Active: true, WatchAll: true, Rule: notice.DefaultRule()}
			if c.change != nil {
				c.change(&r)
			}
			if got := notice.Decide(r, c.alert, c.told, noon); got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

// TestNoOrderOfArrivalBreaksARule lets alerts of some days, closed ones among them, come in any order, at any hour, and of
// some stocks and stories, and looks at what a recipient was told.
func TestNoOrderOfArrivalBreaksARule(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(31, 32))
	topics := []string{notice.TopicSignal, notice.TopicSignal, notice.TopicMarket, notice.TopicReversal, notice.RightsIssue, notice.TradingHalt}
	sent := 0
	for range 400 {
		rule := notice.DefaultRule()
		rule.QuietFrom, rule.QuietTo, rule.DailyCap, rule.Digest = r.IntN(24), r.IntN(24), r.IntN(6), r.IntN(2) == 0
		reader := notice.Recipient{ChatID: 1, Active: true, Codes: []market.Code{"900001", "900002", "900003"}, Rule: rule}
		told := map[market.Day][]notice.Told{}
		for range 120 {
			at := market.NewDay(2026, 2, 13).At(0, 0).Add(time.Duration(r.IntN(6*24*60)) * time.Minute) // a weekend and Seollal within
			topic := topics[r.IntN(len(topics))]
			a := notice.Alert{Kind: notice.Signal, Topic: topic, Code: market.Code([]byte{'9', '0', '0', '0', '0', byte('1' + r.IntN(4))}), Send: true,
				Cluster: int64(1 + r.IntN(9)), Options: []notice.Option{{PredictionID: 5, Horizon: 3, Shift: .1, ScorePct: 1, Reason: notice.ReasonPassed}}}
			if topic == notice.RightsIssue || topic == notice.TradingHalt {
				a.Kind, a.Options = notice.Disclosure, nil
			}
			if a.Kind == notice.Signal && r.IntN(5) == 0 {
				a.Send, a.Digest, a.Options[0].Reason = false, true, notice.ReasonUnproven
			}
			day := market.DayOf(at)
			v := notice.Decide(reader, a, told[day], at)
			switch {
			case v.State == notice.Due && (a.Digest || rule.Quiet(at) || a.Code == "900004"):
				t.Fatalf("%+v at %s is due under %+v", a, at, rule)
			case v.State == notice.Held && (!rule.Digest || !a.Digest && !rule.Quiet(at)):
				t.Fatalf("%+v at %s is held under %+v", a, at, rule)
			case v.Reason == "" || v.State != notice.Due && v.State != notice.Held && v.State != notice.Suppressed:
				t.Fatalf("verdict %+v", v)
			case v.State == notice.Due:
				told[day] = append(told[day], notice.Told{Code: a.Code, Kind: a.Kind, Topic: a.Topic, Cluster: a.Cluster})
			}
		}
		for day, list := range told {
			sent += len(list)
			if len(list) > rule.DailyCap {
				t.Fatalf("%d on %s, the cap is %d", len(list), day, rule.DailyCap)
			}
			for i, a := range list {
				for _, b := range list[:i] {
					if a.Code == b.Code && a.Topic == b.Topic || a.Topic == notice.TopicMarket && b.Topic == notice.TopicMarket ||
						a.Kind == notice.Signal && b.Kind == notice.Signal && a.Cluster == b.Cluster && a.Topic != notice.TopicReversal {
						t.Fatalf("%+v after %+v on %s", a, b, day)
					}
				}
			}
		}
	}
	if sent < 1000 {
		t.Errorf("only %d were due: the test looks at nothing", sent)
	}
}

func TestRuleCheck(t *testing.T) {
	t.Parallel()
	for field, change := range map[string]func(*notice.Rule){
		"":           func(*notice.Rule) {},
		"min_shift":  func(r *notice.Rule) { r.MinShift = math.NaN() },
		"direction":  func(r *notice.Rule) { r.Direction = 2 },
		"quiet_from": func(r *notice.Rule) { r.QuietFrom = 24 },
		"quiet_to":   func(r *notice.Rule) { r.QuietTo = -1 },
		"daily_cap":  func(r *notice.Rule) { r.DailyCap = 6 },
		"horizons":   func(r *notice.Rule) { r.Horizons = []int{1, 1} },
	} {
		rule := notice.DefaultRule()
		change(&rule)
		var refused *fault.Error
		if err := rule.Check(); (err == nil) != (field == "") || errors.As(err, &refused) && refused.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}
