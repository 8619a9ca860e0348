package app

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"

	"github.com/redis/go-redis/v9"

	"tickerwire/internal/config"
	"tickerwire/internal/upstream"
	"tickerwire/store"
	"tickerwire/tasks"
)

// RedisClients opens the clients of a role, and its monitor of the queues, on a Redis; edit may change how it is reached.
func RedisClients(address, caFile string, edit func(*redis.UniversalOptions)) (quick, patient redis.UniversalClient, monitor http.Handler, closeMonitor func(), err error) {
	o, err := parseRedis(config.Secret(address), caFile)
	if err != nil {
		return nil, nil, nil, nil, err
	}
	if edit != nil {
		edit(&o.UniversalOptions)
	}
	b := &backends{redis: o, quick: o.quick()}
	b.patient, b.letGo = o.patient()
	_, monitor, closeMonitor = (&role{backends: b, log: slog.New(slog.DiscardHandler)}).monitor()
	return b.quick, b.patient, monitor, closeMonitor, nil
}

// ParseRedis reads an address as a role does.
func ParseRedis(address, caFile string) (redis.UniversalOptions, error) {
	o, err := parseRedis(config.Secret(address), caFile)
	return o.UniversalOptions, err
}

// DoctorAt is Doctor with the systems at these addresses, by name, and the keys of the settings.
func DoctorAt(ctx context.Context, cfg config.Config, at map[string]string, o DoctorOptions, out io.Writer) error {
	d := newDoctor(cfg, o)
	d.at = hosts{naver: at["naver"], dart: at["dart"], krx: at["krx"], kis: at["kis"], telegram: at["telegram"]}
	return errors.Join(report(out, d.run(ctx), o.JSON), d.close())
}

// CreateAdmin is what `make run` does for ADMIN_EMAIL at its first start.
func CreateAdmin(ctx context.Context, db *store.DB, email, password string) (bool, error) {
	return createAdmin(ctx, db, email, password)
}

// OpenLLM returns what asks language models, with settings, without a limit of its own; simulator is its address.
func OpenLLM(cfg config.Config, simulator string) (tasks.LLM, error) {
	return openLLM(cfg, hosts{simulator: simulator}, &upstream.Client{UserAgent: "test"}, nil)
}

// StartDemo opens an invented market in a folder; it returns its address and what ends it.
func StartDemo(ctx context.Context, dir string) (address string, stop func(context.Context) error, err error) {
	d, err := startDemo(ctx, config.Config{}, home{dir: dir}, io.Discard)
	if err != nil {
		return "", nil, err
	}
	return d.url, d.stop, nil
}
