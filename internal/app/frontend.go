package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"

	"tickerwire/frontend"
	"tickerwire/internal/config"
	"tickerwire/internal/pages"
)

// RunFrontend serves the front end's pages, and nothing else, until ctx ends: behind an origin whose other paths go to the
// API. It needs no database and no Redis.
func RunFrontend(ctx context.Context, cfg config.Config) (err error) {
	log := newLog(cfg.LogLevel, "frontend")
	site, closeSite, err := openPages(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeSite()) }()
	if site.Pages() == 0 {
		return errors.New("frontend: the pages are not in this program: make pages, then build it again")
	}
	ln, err := listen("HTTP_ADDR", cfg.HTTPAddr)
	if err != nil {
		return err
	}
	log.InfoContext(ctx, "listening", "http_addr", ln.Addr().String())
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
		if !site.ServePage(w, r) {
			w.Header().Add("Vary", "Accept")
			http.NotFound(w, r)
		}
	})
	return serveHTTP(ctx, ln, mux)
}

// openPages reads the front end that was built into the program, and says whether there is one.
func openPages(ctx context.Context, cfg config.Config, log *slog.Logger) (site *pages.Site, closeSite func() error, err error) {
	var previous fs.FS
	closeSite = func() error { return nil }
	if cfg.StaticPreviousDir != "" {
		root, err := os.OpenRoot(cfg.StaticPreviousDir)
		if err != nil {
			return nil, nil, fmt.Errorf("STATIC_PREVIOUS_DIR: %w", err)
		}
		previous, closeSite = root.FS(), root.Close
	}
	if site, err = pages.New(frontend.Export(), previous); err != nil {
		return nil, nil, errors.Join(err, closeSite())
	}
	if site.Pages() == 0 {
		log.WarnContext(ctx, "the front end's pages are not in this program: make pages, then build it again")
		return site, closeSite, nil
	}
	log.InfoContext(ctx, "the front end's pages are served", "pages", site.Pages())
	return site, closeSite, nil
}
