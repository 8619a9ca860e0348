package tasks

import (
	"context"

	"tickerwire/internal/market"
	"tickerwire/internal/news"
)

// FilerList answers which listed company is meant by each number that a supervisor gives to filers.
type FilerList interface {
	Filers(ctx context.Context) ([]news.Filer, error)
}

// RefreshFilers brings the numbers of filers up to date.
type RefreshFilers struct{}

// Kind returns "filers:refresh".
func (RefreshFilers) Kind() string { return "filers:refresh" }

// Key returns "all": there is one list.
func (RefreshFilers) Key() string { return "all" }

// Queue returns the crawl queue.
func (RefreshFilers) Queue() string { return QueueCrawl }

func (w *Worker) refreshFilers(ctx context.Context, _ RefreshFilers) error {
	if w.Filers == nil {
		return nil // no supervisor's key is configured
	}
	filers, err := w.Filers.Filers(ctx)
	if err != nil {
		return err
	}
	n, err := w.DB.SaveFilers(ctx, filers)
	if err == nil && n > 0 {
		w.Log.InfoContext(ctx, "filers refreshed", "listed", len(filers), "changed", n)
	}
	return err
}

// nameFilers fills in the stock of filings that give their company's number only. Before the first refresh nothing is
// known, and it is rung for.
func (w *Worker) nameFilers(ctx context.Context, items []news.Item) error {
	var numbers []string
	for _, item := range items {
		if item.Filer == "" && item.FilerNumber != "" {
			numbers = append(numbers, item.FilerNumber)
		}
	}
	if len(numbers) == 0 {
		return nil
	}
	codes, err := w.DB.FilerCodes(ctx, numbers)
	if err != nil {
		return err
	}
	for i, item := range items {
		if item.Filer == "" {
			items[i].Filer = codes[item.FilerNumber]
		}
	}
	return w.ensureFilers(ctx, codes)
}

func (w *Worker) ensureFilers(ctx context.Context, found map[string]market.Code) error {
	if w.Filers == nil || len(found) > 0 {
		return nil
	}
	known, err := w.DB.KnowsFilers(ctx)
	if err != nil || known {
		return err
	}
	return w.Queue.Ring(ctx, RefreshFilers{})
}
