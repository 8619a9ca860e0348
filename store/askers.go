package store

import (
	"context"
	"sync"
	"time"
)

const (
	askersAtOnce = 3               // statements on their way at a time
	askerTimeout = 5 * time.Second // of one of them
)

// askers are those who want to know whose session is whose, which every request does. While a few statements are on their
// way, whoever comes waits, and the next statement asks for all of them: nobody gets an answer that was read before he
// came, and under load one statement serves many.
type askers struct {
	find func(ctx context.Context, ids []int64) (map[int64]User, error)

	mu      sync.Mutex
	waiting map[int64][]chan<- answered
	running int
	group   sync.WaitGroup
}

type answered struct {
	user User
	ok   bool
	err  error
}

// ask returns the user of a session, and whether there is one.
func (a *askers) ask(ctx context.Context, id int64) (User, bool, error) {
	answer := make(chan answered, 1)
	a.mu.Lock()
	if a.waiting == nil {
		a.waiting = make(map[int64][]chan<- answered)
	}
	a.waiting[id] = append(a.waiting[id], answer)
	if a.running < askersAtOnce {
		a.running++
		a.group.Go(func() { a.serve(context.WithoutCancel(ctx)) }) // for whoever waits, not for this one alone
	}
	a.mu.Unlock()
	select {
	case f := <-answer:
		return f.user, f.ok, f.err
	case <-ctx.Done():
		return User{}, false, ctx.Err()
	}
}

// serve asks until nobody waits.
func (a *askers) serve(ctx context.Context) {
	for {
		a.mu.Lock()
		waiting := a.waiting
		a.waiting = nil
		if len(waiting) == 0 {
			a.running--
			a.mu.Unlock()
			return
		}
		a.mu.Unlock()
		a.answer(ctx, waiting)
	}
}

func (a *askers) answer(ctx context.Context, waiting map[int64][]chan<- answered) {
	ctx, cancel := context.WithTimeout(ctx, askerTimeout)
	defer cancel()
	ids := make([]int64, 0, len(waiting))
	for id := range waiting {
		ids = append(ids, id)
	}
	users, err := a.find(ctx, ids)
	for id, list := range waiting {
		user, ok := users[id]
		for _, c := range list {
			c <- answered{user, ok, err}
		}
	}
}
