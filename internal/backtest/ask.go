package backtest

import (
	"cmp"
	"context"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"tickerwire/internal/fault"
	"tickerwire/internal/forecast"
	"tickerwire/internal/news"
	"tickerwire/store"
	"tickerwire/tasks"
)

// predict has every model say what it thinks of stories of one instant: pools after the others, whose predictions they
// need, and otherwise several calls at a time. Then it is decided, in their order, what each would have been worth.
func (w *Walk) predict(ctx context.Context, stories []news.Story) error {
	ids := make([]int64, 0, len(w.Models))
	for _, m := range w.Models {
		ids = append(ids, m.ID)
	}
	byID, list := make(map[int64]news.Story), make([]int64, 0, len(stories))
	for _, s := range stories {
		byID[s.ID], list = s, append(list, s.ID)
	}
	calls, err := w.Worker.DB.AddBacktestCalls(ctx, list, ids)
	if err != nil {
		return err
	}
	for _, pools := range []bool{false, true} {
		group, ctx := errgroup.WithContext(ctx)
		group.SetLimit(cmp.Or(w.Calls, min(2*runtime.GOMAXPROCS(0), 4))) // more calls of one language model at once would be put back
		for _, call := range calls {
			if pools == (call.ModelKind == forecast.KindPool) {
				group.Go(func() error { return w.ask(ctx, call) })
			}
		}
		if err := group.Wait(); err != nil {
			return err
		}
	}
	predicted := slices.CompactFunc(slices.Clone(calls), func(a, b store.CallRef) bool { return a.StoryID == b.StoryID })
	w.sum.Stories += len(predicted)
	w.sum.Calls += len(calls)
	w.show()
	for _, call := range calls {
		if err := w.gate.decide(ctx, w.Worker, call, byID[call.StoryID]); err != nil {
			return err
		}
	}
	return nil
}

// askAttempts is how often a model is asked that somebody else answers for.
const askAttempts = 3

// ask makes one call. What fails at a language model's is tried again, as its kind says, and then given up: no prediction
// is written and the walk goes on, as the program does. Whatever else fails ends the walk.
func (w *Walk) ask(ctx context.Context, call store.CallRef) error {
	var err error
	for range askAttempts {
		if err = w.Worker.PredictNow(ctx, call); err == nil && call.ModelKind == forecast.KindLLM {
			return w.asked(ctx, call)
		}
		if fault.KindOf(err) == fault.NotFound { // nothing is said any more of what is taken down meanwhile
			if made, readErr := w.Worker.DB.Call(ctx, call.StoryID, call.ModelID, call.Generation); readErr == nil && made.State == store.CallStateSkipped {
				return nil
			}
		}
		if err == nil || !w.outside(call) {
			return err
		}
		if kind := fault.KindOf(err); kind != fault.Limited && kind != fault.Unavailable {
			break
		}
		select {
		case <-time.After(max(time.Second, fault.RetryAfterOf(err))):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sum.Failed++
	return nil
}

// asked notes of a language model's call whether it was made at all: one that its budget has no room for is not.
func (w *Walk) asked(ctx context.Context, call store.CallRef) error {
	made, err := w.Worker.DB.Call(ctx, call.StoryID, call.ModelID, call.Generation)
	if err != nil || made.State != store.CallStateSkipped {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sum.Unasked++
	return nil
}

// outside reports whether a call depends on somebody outside: a language model, or a pool with one in it.
func (w *Walk) outside(call store.CallRef) bool {
	if call.ModelKind == forecast.KindLLM {
		return true
	}
	pool := slices.IndexFunc(w.Models, func(m forecast.Model) bool { return m.ID == call.ModelID })
	return slices.ContainsFunc(w.Models, func(m forecast.Model) bool {
		return m.Kind == forecast.KindLLM && slices.Contains(w.Models[pool].Members, m.ID)
	})
}

// note keeps what was seen until all of an instant is there.
func (w *Walk) note(s tasks.Seen) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen = append(w.seen, s)
}

// show hands on what was seen, in an order that does not depend on who was first.
func (w *Walk) show() {
	if w.Watch == nil {
		return
	}
	slices.SortFunc(w.seen, func(a, b tasks.Seen) int {
		return cmp.Or(cmp.Compare(a.Call.StoryID, b.Call.StoryID), cmp.Compare(a.Call.ModelID, b.Call.ModelID), cmp.Compare(a.Query.Code, b.Query.Code))
	})
	for _, s := range w.seen {
		w.Watch(s)
	}
	w.seen = w.seen[:0]
}
