// Command standalone runs every role in one process on private servers: what make run starts.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"tickerwire/internal/app"
	"tickerwire/internal/config"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "standalone:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	cfg, err := config.Load()
	if err != nil {
		return err
	}
	return app.RunStandalone(ctx, cfg, os.Stdout)
}
