package tasks

import (
	"context"

	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
)

// byLexicon tells the kind's predictor what the story says, and what such words were worth before that day.
func (w *Worker) byLexicon(ctx context.Context, q question) ([]forecast.Prediction, error) {
	article, err := w.DB.Article(ctx, q.story.FirstID)
	if err != nil {
		return nil, err
	}
	fits, err := w.lexiconFits(ctx, market.DayOf(q.story.AvailableAt))
	if err != nil {
		return nil, err
	}
	return w.each(q, func(query *forecast.Query) {
		query.Title, query.Summary, query.Lexicon = article.Title, article.Summary, fits
	})
}

// lexiconFits returns the fits of a KST day, which see only what was known before it began. Whoever comes first fits; all
// take what was kept.
func (w *Worker) lexiconFits(ctx context.Context, day market.Day) (map[int]forecast.LexiconFit, error) {
	fits, err := w.DB.LexiconFits(ctx, forecast.LexiconVersion, day)
	if err != nil || len(fits) == len(forecast.Horizons) {
		return fits, err
	}
	examples, err := w.DB.LexiconExamples(ctx, day, forecast.LexiconScore)
	if err != nil {
		return nil, err
	}
	for _, h := range forecast.Horizons {
		if err := w.DB.SaveLexiconFit(ctx, forecast.LexiconVersion, day, h, forecast.FitLexicon(examples[h])); err != nil {
			return nil, err
		}
	}
	return w.DB.LexiconFits(ctx, forecast.LexiconVersion, day)
}
