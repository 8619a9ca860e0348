package bench

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"tickerwire/internal/archive"
	"tickerwire/internal/news"
	"tickerwire/internal/simulator"
)

const embedRounds = 3

// embedding measures the embedder over the articles of a generated archive, cleaned as the crawler leaves them, in
// processor time: nothing in it waits, and others may use the machine.
func embedding(_ context.Context, env *Env) ([]Figure, error) {
	articles, err := generated(filepath.Join(env.dir, "generated"))
	if err != nil {
		return nil, err
	}
	var rounds []float64
	for range embedRounds {
		var used time.Duration // of the last and longest of the benchmark's attempts
		r := testing.Benchmark(func(b *testing.B) {
			next, before := 0, cpuTime()
			for b.Loop() {
				a := articles[next%len(articles)]
				next++
				news.Embed(a.Title, a.Summary)
			}
			used = cpuTime() - before
		})
		rounds = append(rounds, float64(used.Nanoseconds())/1000/float64(r.N))
	}
	return []Figure{{Name: "embed.article", Value: median(rounds), Unit: "µs", Goal: atMost(60)}}, nil
}

// generated writes a generated archive to dir and returns its articles.
func generated(dir string) ([]news.Article, error) {
	if err := simulator.WriteGenerated(dir, simulator.ArchiveOptions{Seed: worldSeed}); err != nil {
		return nil, err
	}
	folder, err := archive.Open(dir)
	if err != nil {
		return nil, err
	}
	var articles []news.Article
	_, err = folder.Articles(archive.Sink[archive.Article]{Take: func(a archive.Article, _ archive.Place) error {
		articles = append(articles, news.Clean(news.Item{Source: a.Source, ExternalID: a.ID(), URL: a.Link(), Press: a.Press,
			Title: a.Title, Summary: a.Summary, PublishedAt: a.PublishedAt, TimeQuality: a.TimeQuality, Kind: news.KindNews}, a.FirstSeenAt))
		return nil
	}})
	return articles, err
}
