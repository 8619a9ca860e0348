package tasks

import (
	"context"
	"sync"
)

// batcher joins what is asked for at once into one statement: whoever comes while a batch is being written waits for the
// next one, and who comes alone waits for nobody. do answers as many results as it gets items, in their order.
type batcher[T, R any] struct {
	most int // in one batch
	do   func(ctx context.Context, items []T) ([]R, error)

	mu      sync.Mutex
	waiting []*request[T, R]
	busy    bool // somebody writes
}

type request[T, R any] struct {
	item   T
	turn   chan struct{} // it is this one's turn to write
	done   chan struct{}
	result R
	err    error
}

// ask returns what do answered for the item. It takes no longer than two batches: each ends within recordLimit, whatever
// becomes of ctx, since others wait for it too.
func (b *batcher[T, R]) ask(ctx context.Context, item T) (R, error) {
	mine := &request[T, R]{item: item, turn: make(chan struct{}, 1), done: make(chan struct{})}
	b.mu.Lock()
	b.waiting = append(b.waiting, mine)
	if !b.busy {
		b.busy = true
		mine.turn <- struct{}{}
	}
	b.mu.Unlock()
	select {
	case <-mine.turn:
		b.write(ctx)
		<-mine.done
	case <-mine.done:
	}
	return mine.result, mine.err
}

// write does the first batch in line and gives the turn to the next one.
func (b *batcher[T, R]) write(ctx context.Context) {
	b.mu.Lock()
	n := min(b.most, len(b.waiting))
	batch := b.waiting[:n:n]
	b.waiting = b.waiting[n:]
	b.mu.Unlock()
	items := make([]T, n)
	for i, r := range batch {
		items[i] = r.item
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordLimit)
	defer cancel()
	results, err := b.do(ctx, items)
	for i, r := range batch {
		if r.err = err; err == nil {
			r.result = results[i]
		}
		close(r.done)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.busy = len(b.waiting) > 0; b.busy {
		b.waiting[0].turn <- struct{}{}
	}
}
