package chaos

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// visit is one request of a visitor.
type visit struct {
	what  string
	began time.Time
	took  time.Duration
	err   error
}

// visitors ask the API for the same few things over and over, several at a time, until they are sent away.
type visitors struct {
	stop  context.CancelFunc
	group sync.WaitGroup

	mu     sync.Mutex
	visits []visit
}

// requestLimit is longer than the API gives itself for an answer.
const requestLimit = 20 * time.Second

// startVisitors sends so many, each with a pause between two requests.
func startVisitors(ctx context.Context, a *api, n int, pause time.Duration) *visitors {
	ctx, stop := context.WithCancel(ctx)
	v := &visitors{stop: stop}
	asks := []struct {
		method, path string
		in           any
	}{
		{http.MethodGet, "/api/dashboard", nil}, {http.MethodGet, "/api/news?limit=20", nil}, {http.MethodGet, "/api/predictions?limit=20", nil},
		{http.MethodPost, "/api/predictions/repredict", map[string]any{"filter": map[string]any{"from": "2000-01-01T00:00:00Z"}, "dry_run": true}},
	}
	for i := range n {
		v.group.Go(func() {
			for k := i; ctx.Err() == nil; k++ {
				ask := asks[k%len(asks)]
				v.note(ctx, ask.method+" "+ask.path, func(ctx context.Context) error { return a.call(ctx, ask.method, ask.path, ask.in, nil) })
				_ = wait(ctx, pause) // its end is looked at above
			}
		})
	}
	return v
}

// note makes one request. What is under way when the visitors are sent away counts for nothing.
func (v *visitors) note(ctx context.Context, what string, request func(context.Context) error) {
	one, cancel := context.WithTimeout(ctx, requestLimit)
	defer cancel()
	seen := visit{what: what, began: time.Now()}
	seen.err = request(one)
	seen.took = time.Since(seen.began)
	if ctx.Err() != nil {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.visits = append(v.visits, seen)
}

// leave sends the visitors away and returns what they have seen.
func (v *visitors) leave() []visit {
	v.stop()
	v.group.Wait()
	return v.visits
}

// between returns the visits that began within a span.
func between(visits []visit, from, to time.Time) (list []visit) {
	for _, v := range visits {
		if !v.began.Before(from) && v.began.Before(to) {
			list = append(list, v)
		}
	}
	return list
}

// judgeVisits returns how long those took that were answered, the longest of all, and the first few failures.
func judgeVisits(visits []visit) (took []time.Duration, longest time.Duration, failed int, some []string) {
	for _, v := range visits {
		longest = max(longest, v.took)
		if v.err == nil {
			took = append(took, v.took)
			continue
		}
		if failed++; failed <= 3 {
			some = append(some, fmt.Sprintf("%s: %.200v", v.what, v.err))
		}
	}
	return took, longest, failed, some
}
