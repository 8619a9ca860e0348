// Command simulator serves the simulated outside world on a loopback address, or writes archives of it. It is for
// development and tests only.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"tickerwire/internal/simulator"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := simulator.Main(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "simulator:", err)
		os.Exit(1)
	}
}
