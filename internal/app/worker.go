package app

import (
	"context"

	"tickerwire/internal/forecast"
	"tickerwire/store/vectors"
	"tickerwire/tasks"
)

// openIndex returns Milvus where it is configured, else the exact index in memory.
func (r *role) openIndex(ctx context.Context) (vectors.Index, error) {
	if r.cfg.MilvusAddress == "" {
		return vectors.NewExact(r.db), nil
	}
	return vectors.OpenMilvus(ctx, vectors.MilvusOptions{Address: r.cfg.MilvusAddress, Prefix: r.cfg.MilvusPrefix})
}

func (r *role) worker(index vectors.Index) *tasks.Worker {
	return &tasks.Worker{
		DB: r.db, Queue: tasks.NewQueue(r.quick), Index: index, Sources: r.outside.sources, Daily: r.outside.daily,
		Stocks: r.outside.stocks, Sender: r.outside.sender, Predictors: predictors(), Calendar: r.calendar,
		BarsFrom: r.cfg.BarsDays, Now: r.clock.now, Process: r.process, Log: r.log,
	}
}

// predictors is the one table of model kinds.
func predictors() map[string]tasks.Predictor {
	return map[string]tasks.Predictor{
		"baseline": forecast.Baseline,
		"analogue": forecast.Analogue,
	}
}
