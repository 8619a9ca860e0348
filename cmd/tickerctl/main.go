// Command tickerctl is the operator's errands: migrate the schema, create a user, import an archive, backtest one, verify
// the receipts, ask everything that is configured whether it works.
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
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "tickerctl:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	cfg, err := config.Load()
	if err != nil {
		return err
	}
	return app.Errand(ctx, cfg, args, os.Stdin, os.Stdout)
}
