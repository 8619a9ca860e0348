package bench

import (
	"context"
	"errors"
	"time"

	"tickerwire/internal/simulator"
	"tickerwire/tasks"
)

const (
	wire          = "wire" // the simulator's feed of everything
	pipelineAfter = 5*time.Hour + 20*time.Minute
	pipelineLimit = 3 * time.Minute
	lookEvery     = 50 * time.Millisecond
)

// pipelineRate measures a burst: all that the invented market publishes from 10:00 to 15:20 comes in one answer of one
// feed, and goes through a worker and a scheduler until every model has predicted every story. It counts from the
// crawl's doorbell on.
func pipelineRate(ctx context.Context, env *Env) (_ []Figure, err error) {
	s, err := env.stage(ctx, simulator.DefaultStart().Add(pipelineAfter), alertChats, func(m *simulator.Market) simulator.World { return m })
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.close(ctx)) }()
	if err := s.start(ctx, "worker", "scheduler"); err != nil {
		return nil, err
	}
	started := time.Now()
	if err := s.queue.Ring(ctx, tasks.CrawlNews{Source: wire}); err != nil {
		return nil, err
	}
	crawled, articles, done, err := s.watchBurst(ctx)
	if err != nil {
		return nil, err
	}
	return []Figure{
		{Name: "pipeline.rate", Value: float64(articles) / done.Sub(started).Seconds(), Unit: "articles/s"},
		{Name: "pipeline.articles", Value: float64(articles), Unit: "articles"},
		{Name: "pipeline.crawled", Value: crawled.Sub(started).Seconds(), Unit: "s"},
		{Name: "pipeline.predicted", Value: done.Sub(started).Seconds(), Unit: "s"},
	}, nil
}

// watchBurst waits until the feed is crawled, and then until nothing is left to embed or to predict.
func (s *stage) watchBurst(ctx context.Context) (crawled time.Time, articles int, done time.Time, err error) {
	ctx, cancel := context.WithTimeout(ctx, pipelineLimit)
	defer cancel()
	for {
		// The bookmark is kept after the articles: from then on what is due tells all.
		mark, err := s.db.Bookmark(ctx, wire, "")
		if err != nil {
			return crawled, 0, done, err
		}
		if mark != "" && crawled.IsZero() {
			crawled = time.Now()
		}
		now := s.sim.Clock().Now()
		c, err := s.db.DayCounts(ctx, now.AddDate(0, 0, -2), now.AddDate(0, 0, 2))
		if err != nil {
			return crawled, 0, done, err
		}
		if !crawled.IsZero() && c.ToEmbed+c.ToPredict == 0 {
			return crawled, c.Articles, time.Now(), nil
		}
		if err := pause(ctx, lookEvery, lookEvery); err != nil {
			return crawled, c.Articles, done, err
		}
	}
}
