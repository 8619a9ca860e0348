package tasks

import (
	"context"
	"errors"

	"tickerwire/internal/fault"
	"tickerwire/internal/news"
	"tickerwire/store"
)

// ask runs fetch, which asks one part of a source, when the source may be asked; asked is false for one that is switched
// off. While its breaker is open, or another crawl tries whether it is back, the error is Limited: the task is put back,
// and nothing is counted. A failure of fetch is noted and returned; who got an answer notes it with noteCrawl.
func (w *Worker) ask(ctx context.Context, source, part string, fetch func() error) (asked bool, err error) {
	off, wait, err := w.DB.EnterSource(ctx, source)
	switch {
	case err != nil || off:
		return false, err
	case wait > 0:
		return false, fault.After(fault.Limited, wait, "%s has failed too often lately and is left alone for %s", source, wait)
	}
	if err = fetch(); err == nil {
		return true, nil
	}
	// What became of it is noted even when the task's own time is over.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordLimit)
	defer cancel()
	if fault.KindOf(err) == fault.Limited || errors.Is(err, context.Canceled) { // that says nothing of the source
		return true, errors.Join(err, w.DB.LeaveSource(ctx, source))
	}
	return true, errors.Join(err, w.noteCrawl(ctx, store.Crawl{Source: source, Part: part, Err: err.Error()}))
}

// noteCrawl notes an attempt that has just ended. Holidays explain why a source is silent.
func (w *Worker) noteCrawl(ctx context.Context, c store.Crawl) error {
	c.At = w.Now()
	c.QuietSince = news.QuietSince(c.At, w.Calendar)
	return w.DB.SaveCrawl(ctx, c)
}
