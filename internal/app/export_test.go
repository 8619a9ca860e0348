package app

import (
	"context"
	"net/http"

	"github.com/redis/go-redis/v9"

	"tickerwire/internal/config"
	"tickerwire/store"
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
	_, monitor, closeMonitor = (&role{backends: b}).monitor()
	return b.quick, b.patient, monitor, closeMonitor, nil
}

// ParseRedis reads an address as a role does.
func ParseRedis(address, caFile string) (redis.UniversalOptions, error) {
	o, err := parseRedis(config.Secret(address), caFile)
	return o.UniversalOptions, err
}

// CreateAdmin is what `make run` does for ADMIN_EMAIL at its first start.
func CreateAdmin(ctx context.Context, db *store.DB, email, password string) (bool, error) {
	return createAdmin(ctx, db, email, password)
}
