package handlers

import (
	"context"
	"slices"
	"time"

	"tickerwire/internal/news"
	"tickerwire/store"
)

// freshSource is all that is known of a source's freshness at an instant.
type freshSource struct {
	store.SourceState
	store.Freshness
	age       *time.Duration // since it answered last; nil when it never did
	yield     *news.Yield    // nil when it does not answer
	quotaLeft *int64         // calls left today; nil when its days have no limit, or nobody can say
}

// freshness reads how fresh the sources are at now (application clock), by name.
func (a *api) freshness(ctx context.Context, now time.Time) ([]freshSource, error) {
	fresh, err := a.DB.Freshness(ctx, now)
	if err != nil {
		return nil, err
	}
	return a.freshSources(ctx, fresh, now)
}

// freshSources adds to what was read of the sources' lags their states and what is left of their quotas.
func (a *api) freshSources(ctx context.Context, fresh map[string]store.Freshness, now time.Time) ([]freshSource, error) {
	states, err := a.DB.Sources(ctx)
	if err != nil {
		return nil, err
	}
	left, err := a.quotasLeft(ctx, states)
	if err != nil {
		return nil, err
	}
	list := make([]freshSource, len(states))
	for i, s := range states {
		list[i] = freshSource{SourceState: s, Freshness: fresh[s.Name], quotaLeft: left[s.Name]}
		if !s.LastSuccessAt.IsZero() {
			age := max(0, now.Sub(s.LastSuccessAt))
			list[i].age, list[i].yield = &age, a.yieldOf(s, fresh[s.Name].Past, now)
		}
	}
	return list, nil
}

// yieldOf judges a source's silence at now, as far as its last answer reaches: what does not answer, or is not asked, is
// not silent.
func (a *api) yieldOf(s store.SourceState, past []news.Quiet, now time.Time) *news.Yield {
	if s.Off || s.ErrorsInRow > 0 || s.BreakerState != store.BreakerClosed {
		return nil
	}
	since := news.QuietSince(now, a.Calendar)
	if since.Before(s.LastItemAt) {
		since = s.LastItemAt
	}
	yield := news.YieldLearning
	if !s.LastItemAt.IsZero() {
		yield = news.JudgeYield(now, s.LastSuccessAt.Sub(since), past, a.Calendar)
	}
	return &yield
}

// quotasLeft returns what is left of the day's calls of those sources that have a limit of their own name.
func (a *api) quotasLeft(ctx context.Context, states []store.SourceState) (map[string]*int64, error) {
	limits, err := a.DB.Limits(ctx)
	if err != nil {
		return nil, err
	}
	left := map[string]*int64{}
	for _, s := range states {
		i := slices.IndexFunc(limits, func(l store.Limit) bool { return l.Key == s.Name && l.PerDay > 0 })
		if i < 0 {
			continue
		}
		if used := a.usedToday(ctx, s.Name); used != nil {
			rest := max(0, limits[i].PerDay-*used)
			left[s.Name] = &rest
		}
	}
	return left, nil
}

// usedToday returns how many calls were made today under a key. nil while they cannot be counted: all else is still shown.
func (a *api) usedToday(ctx context.Context, key string) *int64 {
	if a.UsedToday == nil {
		return nil
	}
	used, err := a.UsedToday(ctx, key)
	if err != nil {
		a.Log.WarnContext(ctx, "calls not counted", "key", key, "error", err)
		return nil
	}
	return &used
}
