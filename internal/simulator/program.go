package simulator

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// Main is the standalone program: it reads args, writes the archives that they ask for or serves until ctx ends, and
// prints one line with its address to out when it is ready. It listens on loopback addresses only.
func Main(ctx context.Context, args []string, out, diagnostics io.Writer) error {
	flags := flag.NewFlagSet("simulator", flag.ContinueOnError)
	flags.SetOutput(diagnostics)
	addr := flags.String("addr", "127.0.0.1:9900", "loopback address to serve on; port 0 takes a free one")
	folder := flags.String("archive", "", "replay this archive folder instead of inventing a market")
	speed := flags.Float64("speed", 1, "how fast the simulated clock runs")
	startText := flags.String("start", "", "what the simulated clock shows first, RFC 3339")
	seed := flags.Int64("seed", 1, "seed of everything invented")
	history := flags.String("write-history", "", "write the invented market's past to this folder and end")
	generated := flags.String("write-archive", "", "write a generated archive to this folder and end")
	articles := flags.Int("articles", 1900, "lines of a generated archive")
	if err := flags.Parse(args); err != nil {
		return err
	}
	var start time.Time
	if *startText != "" {
		var err error
		if start, err = time.Parse(time.RFC3339, *startText); err != nil {
			return fmt.Errorf("-start %q is no RFC 3339 time", *startText)
		}
	}
	if err := checkLoopback(*addr); err != nil {
		return err
	}
	switch {
	case !(*speed >= 0):
		return fmt.Errorf("-speed %v is below 0", *speed)
	case *generated != "":
		return WriteGenerated(*generated, ArchiveOptions{Seed: *seed, Articles: *articles})
	}
	world, err := openWorld(*folder, *history, MarketOptions{Seed: *seed, Start: start}, diagnostics)
	if err != nil || world == nil {
		return err
	}
	return serve(ctx, *addr, New(world, Options{Start: start, Speed: *speed, FirstID: time.Now().Unix()}), out)
}

// openWorld returns the world to serve, nil when only history was to be written.
func openWorld(folder, history string, o MarketOptions, diagnostics io.Writer) (World, error) {
	if folder != "" {
		replay, err := OpenArchive(folder)
		if err != nil {
			return nil, err
		}
		for _, refused := range replay.Refused() {
			fmt.Fprintln(diagnostics, refused)
		}
		return replay, nil
	}
	m, err := NewMarket(o)
	if err != nil {
		return nil, err
	}
	if history != "" {
		return nil, m.WriteArchive(history)
	}
	return m, nil
}

func checkLoopback(addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("-addr %q: %w", addr, err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("-addr %q is no loopback address", addr)
	}
	return nil
}

func serve(ctx context.Context, addr string, sim *Server, out io.Writer) error {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: sim, ReadHeaderTimeout: 10 * time.Second}
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	fmt.Fprintf(out, "simulator ready on http://%s\n", listener.Addr())
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	sim.Close()
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	if err := server.Shutdown(grace); err != nil {
		err = errors.Join(err, server.Close())
		<-done
		return err
	}
	<-done
	return nil
}
