package upstream

import (
	"context"
	"errors"
	"time"
)

// SetSleep lets a test say how late every wait ends.
func (b *Bucket) SetSleep(late func() time.Duration) {
	b.sleep = func(context.Context, time.Duration) (time.Duration, error) { return late(), nil }
}

// Book is Take without the wait: it returns how long the token is away.
func (b *Bucket) Book(ctx context.Context, key string) (time.Duration, error) {
	wait, _, err := b.book(ctx, key)
	return wait, err
}

// RobotsAllow reports whether a robots.txt lets a product ask for a path.
func RobotsAllow(file, product, path string) bool { return parseRobots(file, product).allow(path) }

// SetNap puts nap in the place of every wait; none ends late.
func (b *Bucket) SetNap(nap func(time.Duration)) {
	b.sleep = func(_ context.Context, d time.Duration) (time.Duration, error) {
		nap(d)
		return 0, nil
	}
}

// BookAll is TakeAll without the wait.
func (b *Bucket) BookAll(ctx context.Context, keys ...string) (wait time.Duration, err error) {
	wait, booked, err := b.book(ctx, keys...)
	if err == nil && !booked {
		return wait, errors.New("not booked")
	}
	return wait, err
}
