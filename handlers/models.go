package handlers

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"time"

	"tickerwire/internal/forecast"
	"tickerwire/internal/forecast/score"
	"tickerwire/internal/market"
	"tickerwire/store"
)

type modelItem struct {
	modelRef
	modelSettings
	PredictionsToday int    `json:"predictions_today" doc:"Predictions of today's stories, over all stocks and horizons."`
	SpentToday       int64  `json:"spent_today" doc:"Won that it cost today, with what is reserved, rounded up; on the wall clock's KST day."`
	JudgedToday      int    `json:"judged_today" doc:"Its predictions whose outcome became known today."`
	Verdict          string `json:"verdict" enum:"collecting,no skill shown,skill shown,none" doc:"Of its live record over one day, see /api/statistics; none: a baseline, which has no skill by design."`
	Sentence         string `json:"sentence" doc:"The same in Korean."`
}

func (a *api) models(ctx context.Context, now time.Time) ([]modelItem, error) {
	days, err := a.DB.ModelDays(ctx, market.DayOf(now).At(0, 0), now)
	if err != nil {
		return nil, err
	}
	return a.modelsOf(ctx, days)
}

// modelsOf shows every model with what it did today.
func (a *api) modelsOf(ctx context.Context, days []store.ModelDay) ([]modelItem, error) {
	models, err := a.DB.Models(ctx)
	if err != nil {
		return nil, err
	}
	spent, err := a.DB.Spent(ctx)
	if err != nil {
		return nil, err
	}
	byID := make(map[int64]store.ModelDay, len(days))
	for _, d := range days {
		byID[d.ModelID] = d
	}
	records, err := a.recordsOf(ctx, models, recordFilter{Horizon: forecast.Horizons[0], Origin: string(forecast.Live)})
	if err != nil {
		return nil, err
	}
	reports := make(map[int64]score.Report, len(records))
	for _, r := range records {
		reports[r.ModelID] = r.Report
	}
	return showAll(models, func(m forecast.Model) modelItem {
		item := toModel(m, byID[m.ID], reports[m.ID])
		item.SpentToday = inWon(spent[m.ID])
		return item
	}), nil
}

// inWon rounds millionths of a won up to whole ones.
func inWon(microWon int64) int64 { return (microWon + 999_999) / 1_000_000 }

func toModel(m forecast.Model, d store.ModelDay, r score.Report) modelItem {
	item := modelItem{modelRef: toModelRef(m), modelSettings: toSettings(m),
		PredictionsToday: d.Predictions, JudgedToday: d.Judged, Verdict: string(cmp.Or(r.Verdict, score.Collecting))}
	state := "검증된 우위 없음, 결과 수집 중"
	switch {
	case m.Kind == forecast.KindBaseline:
		item.Verdict, state = "none", "비교 기준(기본 확률)"
	case r.Verdict == score.NoSkill:
		state = fmt.Sprintf("검증된 우위 없음(종목·일 %d건)", r.StockDays)
	case r.Verdict == score.Skill:
		state = fmt.Sprintf("기본 확률보다 나은 기록(종목·일 %d건)", r.StockDays)
	}
	item.Sentence = fmt.Sprintf("%s · 오늘 예측 %d건, 결과 확인 %d건", state, d.Predictions, d.Judged)
	return item
}

func (a *api) listModels(ctx context.Context, call Call, req pageQuery) (page[modelItem], error) {
	after, err := a.after(call, req)
	if err != nil {
		return page[modelItem]{}, err
	}
	items, err := a.models(ctx, a.Now())
	if err != nil {
		return page[modelItem]{}, err
	}
	key := func(m modelItem) string { return sortable(m.ID) }
	return newPage(a, call, req, behind(items, after, key), func(m modelItem) position { return position{Key: key(m)} },
		func(m modelItem) modelItem { return m }), nil
}

// sortable writes an id so that texts sort as the numbers do.
func sortable(id int64) string {
	const width = 19
	text := strconv.FormatInt(id, 10)
	return "0000000000000000000"[:max(0, width-len(text))] + text
}
