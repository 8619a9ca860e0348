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
	return openMilvus(ctx, r.cfg)
}

// worker returns what runs the tasks. One that only brings history in needs nothing of the outside.
func (r *role) worker(index vectors.Index, o outside) *tasks.Worker {
	w := &tasks.Worker{
		DB: r.db, Queue: tasks.NewQueue(r.quick), Index: index, Sources: o.sources, Filers: o.filers, Daily: o.daily,
		Stocks: o.stocks, Market: o.market, OneWay: r.cfg.ComplianceMode == tasks.ModeOneWay, Predictors: predictors(), LLM: o.llm, Calendar: r.calendar,
		BarsFrom: r.cfg.BarsDays, Now: r.clock.now, Process: r.process, Log: r.log,
		Extra: r.seams.Kinds,
	}
	if o.bot != nil {
		w.Sender = o.bot
	}
	if o.hooks != nil {
		w.Hooks = o.hooks
	}
	for queue, concurrency := range r.seams.Queues {
		w.ExtraClasses = append(w.ExtraClasses, tasks.ExtraClass(queue, concurrency, 1))
	}
	return w
}

// listen answers the bot's readers, in one worker of the fleet at a time.
func (r *role) listen(ctx context.Context, w *tasks.Worker, o outside) error {
	if o.bot == nil {
		return nil
	}
	b := tasks.Bot{Worker: w, Messenger: o.bot, Mode: r.cfg.ComplianceMode}
	return b.Run(ctx)
}

// predictors is the one table of model kinds.
func predictors() map[string]tasks.Predictor {
	return map[string]tasks.Predictor{
		"baseline": forecast.Baseline,
		"analogue": forecast.Analogue,
		"lexicon":  forecast.Lexicon,
	}
}
