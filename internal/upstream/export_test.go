package upstream

import (
	"context"
	"time"
)

// SetSleep lets a test say how late every wait ends.
func (b *Bucket) SetSleep(late func() time.Duration) {
	b.sleep = func(context.Context, time.Duration) (time.Duration, error) { return late(), nil }
}

// Book is Take without the wait: it returns how long the token is away.
func (b *Bucket) Book(ctx context.Context, key string) (time.Duration, error) {
	return b.book(ctx, key)
}

// RobotsAllow reports whether a robots.txt lets a product ask for a path.
func RobotsAllow(file, product, path string) bool { return parseRobots(file, product).allow(path) }
