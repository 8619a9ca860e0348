package handlers

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"tickerwire/internal/fault"
	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
	"tickerwire/store"
)

type reportRequest struct {
	codeRequest
	Version int `query:"version" min:"1" max:"1000000" doc:"Which version; the newest when absent, which is drawn when there are newer predictions."`
}

type reportAnswer struct {
	stockRef
	Version    int             `json:"version" doc:"The version's number; 0 when nothing has been predicted yet."`
	DrawnAt    *instant        `json:"drawn_at" doc:"When it was drawn; null when nothing has been predicted yet."`
	Sections   []reportSection `json:"sections" doc:"One per horizon."`
	Disclaimer string          `json:"disclaimer" doc:"To be shown with it."`
	Versions   []reportVersion `json:"versions" doc:"The versions that there are, newest first, at most 50."`
}

type reportSection struct {
	Prediction prediction `json:"prediction" doc:"What it is drawn from."`
	Sentence   string     `json:"sentence" doc:"The numbers in Korean words, made by a rule."`
	AIText     *aiText    `json:"ai_text" doc:"The reason that a language model wrote, to be shown with its mark; null when none did."`
}

type reportVersion struct {
	Version int     `json:"version" doc:"The version's number."`
	DrawnAt instant `json:"drawn_at" doc:"When it was drawn."`
}

const (
	mostVersions = 50
	disclaimer   = "정보 제공용이며 투자 권유가 아닙니다. 확률은 과거 자료로 추정한 값으로 틀릴 수 있습니다."
)

func (a *api) getReport(ctx context.Context, _ Call, req reportRequest) (reportAnswer, error) {
	s, err := a.DB.Stock(ctx, req.Code)
	if err != nil {
		return reportAnswer{}, err
	}
	out := reportAnswer{stockRef: stockRef{Code: s.Code, Name: s.Name}, Sections: []reportSection{}, Disclaimer: disclaimer}
	if req.Version == 0 {
		if err := a.drawReport(ctx, req); err != nil {
			return reportAnswer{}, err
		}
	}
	versions, err := a.DB.Reports(ctx, req.Code, mostVersions)
	if err != nil {
		return reportAnswer{}, err
	}
	out.Versions = showAll(versions, func(r store.Report) reportVersion { return reportVersion{r.Version, instant(r.DrawnAt)} })
	var shown store.Report
	switch {
	case req.Version > 0:
		if shown, err = a.DB.Report(ctx, req.Code, req.Version); err != nil {
			return reportAnswer{}, err
		}
	case len(versions) == 0:
		return out, nil
	default:
		shown = versions[0]
	}
	out.Version, out.DrawnAt = shown.Version, maybe(shown.DrawnAt)
	out.Sections, err = a.sections(ctx, shown)
	return out, err
}

// drawReport keeps a new version when the stock's signals are other ones than those of the newest.
func (a *api) drawReport(ctx context.Context, req reportRequest) error {
	now := a.Now()
	signals, err := a.DB.StockSignals(ctx, []market.Code{req.Code}, now)
	if err != nil || len(signals) == 0 {
		return err
	}
	return a.DB.DrawReport(ctx, req.Code, showAll(signals, func(i store.PredictionItem) int64 { return i.Prediction.ID }), now)
}

func (a *api) sections(ctx context.Context, r store.Report) ([]reportSection, error) {
	rows, err := a.DB.PredictionList(ctx, store.PredictionFilter{IDs: r.Predictions, KnownBy: a.Now(), Limit: len(r.Predictions)})
	if err != nil {
		return nil, err
	}
	if len(rows) < len(r.Predictions) {
		return nil, fault.New(fault.Internal, "%d of %d predictions of a report are there", len(rows), len(r.Predictions))
	}
	slices.SortFunc(rows, func(x, y store.PredictionItem) int { return cmp.Compare(x.Prediction.Horizon, y.Prediction.Horizon) })
	sections := make([]reportSection, len(rows))
	for i, row := range rows {
		sections[i] = reportSection{Prediction: a.showPrediction(row), Sentence: sentenceOf(row)}
		if _, sections[i].AIText, err = a.requests(ctx, row); err != nil {
			return nil, err
		}
	}
	return sections, nil
}

// sentenceOf says a prediction's numbers in words, with its base rate, what it rests on and its interval.
func sentenceOf(i store.PredictionItem) string {
	p := i.Prediction
	evidence := fmt.Sprintf("비슷한 과거 뉴스 %d건", i.Neighbours)
	if i.Neighbours == 0 {
		evidence = "비슷한 과거 뉴스 없음"
	}
	leaning := map[int]string{1: "기준보다 높음", -1: "기준보다 낮음", 0: "기준과 같음"}[p.Direction()]
	text := fmt.Sprintf("%d거래일: 추적 종목 평균보다 오를 확률 %.1f%%(기준 %.1f%%, %s), %s, 초과 수익률 80%% 구간 %+.1f%%~%+.1f%%",
		p.Horizon, 100*p.Probability, 100*p.BaseRate, leaning, evidence, p.LowPct, p.HighPct)
	if i.Model.Kind == forecast.KindLLM {
		text += " (" + aiLabel + ")"
	}
	return text
}
