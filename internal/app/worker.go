package app

import (
	"context"
	"net/url"
	"time"

	"tickerwire/internal/config"
	"tickerwire/internal/fault"
	"tickerwire/internal/forecast"
	"tickerwire/store/vectors"
	"tickerwire/tasks"
)

// openIndex returns Milvus where it is configured, there or not, else the exact index in memory.
func (r *role) openIndex(ctx context.Context) (vectors.Index, error) {
	if r.cfg.MilvusAddress == "" {
		return vectors.NewExact(r.db), nil
	}
	guard := &vectors.Guard{Open: func(ctx context.Context) (vectors.Index, error) { return openMilvus(ctx, r.cfg) }, Told: r.tellIndex}
	// A worker has more to do than what needs the index: it starts without.
	if err := guard.Ping(ctx); err != nil && fault.KindOf(err) != fault.Limited {
		return nil, err
	}
	return guard, nil
}

// tellIndex says that the index is away, or back.
func (r *role) tellIndex(ctx context.Context, away error) {
	if away != nil {
		r.log.ErrorContext(ctx, "the vector index is away: what needs it is put off", "error", away)
		return
	}
	r.log.InfoContext(ctx, "the vector index is back")
}

// load reads the exact index before anybody asks for it: a long past takes minutes, and nobody should wait for that in a
// task. Until it is read, predictions from similar news are put back; all else goes on.
func (r *role) load(ctx context.Context, index vectors.Index) error {
	exact, ok := index.(*vectors.Exact)
	if !ok {
		return nil
	}
	inUse, err := r.db.Embedding(ctx)
	if err != nil {
		return err
	}
	started := time.Now()
	n, err := exact.Load(ctx, inUse.Searches)
	if err != nil {
		// Not the worker's end: the first search goes on where this one stopped.
		r.log.WarnContext(ctx, "the index is not read yet", "vectors", n, "error", err)
		return nil
	}
	r.log.InfoContext(ctx, "the index is read", "vectors", n, "after", time.Since(started).Round(time.Millisecond))
	return nil
}

// worker returns what runs the tasks. One that only brings history in needs nothing of the outside.
func (r *role) worker(index vectors.Index, o outside) *tasks.Worker {
	w := &tasks.Worker{
		DB: r.db, Queue: tasks.NewQueue(r.quick), Index: index, Sources: o.sources, Filers: o.filers, Daily: o.daily,
		Stocks: o.stocks, Market: o.market, OneWay: r.cfg.ComplianceMode == tasks.ModeOneWay, Predictors: predictors(), LLM: o.llm, Calendar: r.calendar,
		BarsFrom: r.cfg.BarsDays, Now: r.clock.now, Process: r.process, Log: r.log, Tracer: r.tracer(),
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
	b := tasks.Bot{Worker: w, Messenger: o.bot, Mode: r.cfg.ComplianceMode, Webhook: webhookOf(r.cfg)}
	return b.Run(ctx)
}

// webhookOf returns where the bot's updates are posted. A simulator posts to this machine only: any other address is meant
// for the real bot.
func webhookOf(cfg config.Config) tasks.Webhook {
	u, err := url.Parse(cfg.TelegramWebhookURL)
	if err != nil || cfg.SimulatorURL != "" && !config.Loopback(u.Hostname()) {
		return tasks.Webhook{}
	}
	return tasks.Webhook{URL: cfg.TelegramWebhookURL, Secret: string(cfg.TelegramWebhookSecret)}
}

// predictors is the one table of model kinds.
func predictors() map[string]tasks.Predictor {
	return map[string]tasks.Predictor{
		"baseline": forecast.Baseline,
		"analogue": forecast.Analogue,
		"lexicon":  forecast.Lexicon,
	}
}
