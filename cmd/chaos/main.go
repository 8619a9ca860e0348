// Command chaos breaks the running program on purpose and checks that nothing was lost or done twice: `make chaos`.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"tickerwire/internal/chaos"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := chaos.Main(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
		os.Exit(1)
	}
}
