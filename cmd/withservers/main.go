// Command withservers runs a command with private test servers around it:
//
//	withservers [-postgres] [-redis] [-milvus] -- go test ./...
//
// It sets TEST_DATABASE_URL, TEST_REDIS_URL and TEST_MILVUS_ADDRESS and ends with the command's exit code.
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"tickerwire/internal/servers"
)

func main() {
	home, _ := os.UserHomeDir()
	cache := cmp.Or(os.Getenv("TICKERWIRE_CACHE"), filepath.Join(home, ".cache", "tickerwire"))
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	run := servers.Run{Signals: signals, In: os.Stdin, Out: os.Stdout, Err: os.Stderr}
	flag.BoolVar(&run.Postgres, "postgres", false, "start Postgres")
	flag.BoolVar(&run.Redis, "redis", false, "start Redis")
	flag.BoolVar(&run.Milvus, "milvus", false, "start Milvus")
	flag.StringVar(&run.Venv, "venv", filepath.Join(cache, "milvus"), "Milvus' virtual environment")
	flag.Parse()
	code, err := run.Do(context.Background(), flag.Args()...)
	if err != nil {
		fmt.Fprintln(os.Stderr, "withservers:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}
