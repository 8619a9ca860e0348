package handlers

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
	"tickerwire/store"
)

type modelItem struct {
	modelRef
	PredictionsToday int    `json:"predictions_today" doc:"Predictions of today's stories, over all stocks and horizons."`
	JudgedToday      int    `json:"judged_today" doc:"Its predictions whose outcome became known today."`
	Verdict          string `json:"verdict" enum:"collecting,none" doc:"collecting: not enough outcomes to say whether it has an edge; none: a baseline, which has none by design."`
	Sentence         string `json:"sentence" doc:"The same in Korean."`
}

func (a *api) models(ctx context.Context, now time.Time) ([]modelItem, error) {
	models, err := a.DB.Models(ctx)
	if err != nil {
		return nil, err
	}
	days, err := a.DB.ModelDays(ctx, market.DayOf(now).At(0, 0), now)
	if err != nil {
		return nil, err
	}
	byID := make(map[int64]store.ModelDay, len(days))
	for _, d := range days {
		byID[d.ModelID] = d
	}
	return showAll(models, func(m forecast.Model) modelItem { return toModel(m, byID[m.ID]) }), nil
}

func toModel(m forecast.Model, d store.ModelDay) modelItem {
	item := modelItem{modelRef: toModelRef(m), PredictionsToday: d.Predictions, JudgedToday: d.Judged, Verdict: "collecting"}
	state := "검증된 우위 없음, 결과 수집 중"
	if m.Kind == "baseline" {
		item.Verdict, state = "none", "비교 기준(기본 확률)"
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
