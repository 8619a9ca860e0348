package app

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"
)

// part is something that runs until its context ends.
type part struct {
	name string
	run  func(context.Context) error
}

// runAll runs the parts until ctx ends or one of them fails; then it ends the others and waits for them.
func runAll(ctx context.Context, parts ...part) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, p := range parts {
		if p.run == nil {
			continue
		}
		group.Go(func() error {
			if err := p.run(ctx); err != nil && ctx.Err() == nil {
				return fmt.Errorf("%s: %w", p.name, err)
			}
			return nil
		})
	}
	return group.Wait()
}
