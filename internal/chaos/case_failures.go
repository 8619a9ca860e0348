package chaos

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/sync/errgroup"

	"tickerwire/store"
)

const failures = 20_000

// caseFailures lets more work fail for good than the queue's own archive holds.
func caseFailures(ctx context.Context, b *bench, r *Report) (func(context.Context) error, error) {
	w, err := b.newWorld(ctx, r, setup{})
	if err != nil {
		return nil, err
	}
	if err := w.startFleet(ctx); err != nil {
		return w.close, err
	}
	a, err := w.startAPI(ctx)
	if err != nil {
		return w.close, err
	}
	started := time.Now()
	if err := w.orderFailures(ctx); err != nil {
		return w.close, err
	}
	err = until(ctx, 90*time.Second, "every order to fail", func() (bool, error) {
		var n int
		err := w.db.Bun().NewRaw(`select count(*) from failures where kind = ?`, kindFail).Scan(ctx, &n)
		return n >= failures, err
	})
	if err != nil {
		return w.close, err
	}
	r.did("%d orders that fail for good; the queue's own archive drops what is beyond 10,000", failures)
	r.figure("failures recorded", failures/time.Since(started).Seconds(), "a second")
	byStore, err := w.listStore(ctx)
	if err != nil {
		return w.close, err
	}
	byAPI, err := a.listFailures(ctx)
	if err != nil {
		return w.close, err
	}
	r.check("the store lists every one", len(byStore) == failures, "%d of %d", len(byStore), failures)
	r.check("the API lists every one", len(byAPI) == failures, "%d of %d", len(byAPI), failures)
	return w.settle(nil, kindFail), w.verify(ctx, quietLimit, kindFail)
}

func (w *world) orderFailures(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(16)
	for i := range failures {
		group.Go(func() error {
			return w.queue.Ring(ctx, order{kind: kindFail, queue: queueChaos, Name: fmt.Sprintf("fail-%d", i)})
		})
	}
	return group.Wait()
}

// listStore reads all failures page by page and returns the keys.
func (w *world) listStore(ctx context.Context) (map[string]bool, error) {
	keys := make(map[string]bool)
	filter := store.FailureFilter{FailureMatch: store.FailureMatch{State: store.FailureGaveUp, Kind: kindFail}, Limit: 500}
	for range failures/filter.Limit + 2 {
		page, err := w.db.Failures(ctx, filter)
		if err != nil {
			return nil, err
		}
		for _, f := range page {
			keys[f.Key] = true
		}
		if len(page) < filter.Limit {
			break
		}
		filter.Before = page[len(page)-1].ID
	}
	return keys, nil
}

// listFailures reads all failures through the API, cause by cause.
func (a *api) listFailures(ctx context.Context) (map[string]bool, error) {
	keys := make(map[string]bool)
	query := url.Values{"kind": {kindFail}, "state": {store.FailureGaveUp}, "limit": {fmt.Sprint(failuresPage)}}
	causes, err := pages[struct {
		Fingerprint string `json:"fingerprint"`
	}](ctx, a, "/api/failures", query)
	if err != nil {
		return nil, err
	}
	for _, c := range causes {
		list, err := pages[struct {
			Key string `json:"key"`
		}](ctx, a, "/api/failures/"+url.PathEscape(c.Fingerprint), query)
		if err != nil {
			return nil, err
		}
		for _, f := range list {
			keys[f.Key] = true
		}
	}
	return keys, nil
}

const failuresPage = 200

// pages reads a list of the API to its end, which comes after no more pages than all failures fill.
func pages[T any](ctx context.Context, a *api, path string, query url.Values) (all []T, err error) {
	query = maps.Clone(query)
	for range failures/failuresPage + 2 {
		var page struct {
			Items []T     `json:"items"`
			Next  *string `json:"next_cursor"`
		}
		if err := a.call(ctx, http.MethodGet, path+"?"+query.Encode(), nil, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Items...)
		if page.Next == nil {
			break
		}
		query.Set("cursor", *page.Next)
	}
	return all, nil
}
