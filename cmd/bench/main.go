// Command bench measures the program against its goals: what `make bench` and `make bench-large` run.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"tickerwire/internal/bench"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := bench.Main(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}
