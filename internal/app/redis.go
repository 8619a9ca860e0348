package app

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"tickerwire/internal/config"
)

// redisOptions say how Redis is reached, whether it is one server, a master that Sentinels name, or a cluster. They are
// what asynq calls a RedisConnOpt, too.
type redisOptions struct{ redis.UniversalOptions }

// errRedisURL is all that is said of an address that cannot be read: any part of it may be the password.
var errRedisURL = errors.New("REDIS_URL: it is not of one of the forms redis://[user:password@]host:port/0, rediss://... (over TLS), " +
	"redis-sentinel://[:password@]host:port,host:port/master-name?db=0 or redis-cluster://[user:password@]host:port,host:port")

// parseRedis reads an address. rediss, rediss-sentinel and rediss-cluster are the same over TLS, where the server's
// certificate must be signed by one of those in caFile, or by one that the system trusts when caFile is empty. The query
// may hold what redis.ParseURL knows; with Sentinels also sentinel_username and sentinel_password, as user and password
// of the address are the master's.
func parseRedis(address config.Secret, caFile string) (redisOptions, error) {
	scheme, rest, found := strings.Cut(string(address), "://")
	kind, secure := strings.CutPrefix(scheme, "rediss")
	if !secure {
		kind, found = strings.CutPrefix(scheme, "redis")
	}
	if !found || kind != "" && kind != "-sentinel" && kind != "-cluster" {
		return redisOptions{}, errRedisURL
	}
	o, err := parseHosts(kind, rest)
	if err != nil {
		return redisOptions{}, err
	}
	switch {
	case secure:
		o.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12} // each connection checks the name of the host that it is for
	case caFile != "":
		return redisOptions{}, errors.New("REDIS_CA_FILE: REDIS_URL asks for no TLS")
	}
	if caFile != "" {
		o.TLSConfig.RootCAs, err = readCertificates(caFile)
	}
	return o, err
}

// parseHosts reads what follows the scheme. Several hosts do not fit into a URL: each is checked in a URL of its own.
func parseHosts(kind, rest string) (redisOptions, error) {
	end := strings.IndexAny(rest, "/?")
	if end < 0 {
		end = len(rest)
	}
	authority, tail := rest[:end], rest[end:]
	user, hosts := "", authority
	if at := strings.LastIndexByte(authority, '@'); at >= 0 {
		user, hosts = authority[:at+1], authority[at+1:]
	}
	u, err := url.Parse("redis://host" + tail)
	if err != nil {
		return redisOptions{}, errRedisURL
	}
	var o redisOptions
	query := u.Query()
	if kind == "-sentinel" {
		o.MasterName, u.Path = strings.Trim(u.Path, "/"), ""
		o.SentinelUsername, o.SentinelPassword = query.Get("sentinel_username"), query.Get("sentinel_password")
		query.Del("sentinel_username")
		query.Del("sentinel_password")
	}
	list := strings.Split(hosts, ",")
	for _, host := range list {
		one, err := redis.ParseURL("redis://" + user + host + u.Path + "?" + query.Encode())
		if err != nil || host == "" {
			return redisOptions{}, errRedisURL
		}
		o.take(one)
	}
	o.IsClusterMode = kind == "-cluster"
	if o.IsClusterMode && o.DB != 0 || kind == "" && len(list) > 1 || kind == "-sentinel" && o.MasterName == "" {
		return redisOptions{}, errRedisURL
	}
	return o, nil
}

// take adds a host, and what is said of all of them.
func (o *redisOptions) take(one *redis.Options) {
	o.Addrs = append(o.Addrs, one.Addr)
	o.Username, o.Password, o.DB, o.Protocol, o.ClientName = one.Username, one.Password, one.DB, one.Protocol, one.ClientName
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout = one.DialTimeout, one.ReadTimeout, one.WriteTimeout
	o.PoolFIFO, o.PoolSize, o.PoolTimeout = one.PoolFIFO, one.PoolSize, one.PoolTimeout
	o.MinIdleConns, o.MaxIdleConns, o.MaxActiveConns = one.MinIdleConns, one.MaxIdleConns, one.MaxActiveConns
	o.ConnMaxIdleTime, o.ConnMaxLifetime = one.ConnMaxIdleTime, one.ConnMaxLifetime
}

func readCertificates(file string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(file) // #nosec G304 -- the file that the operator names
	if err != nil {
		return nil, fmt.Errorf("REDIS_CA_FILE: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("REDIS_CA_FILE: %s holds no certificate", file)
	}
	return pool, nil
}

// MakeRedisClient returns a new client, a redis.UniversalClient.
func (o redisOptions) MakeRedisClient() any {
	o.Dialer = o.dialer()
	return redis.NewUniversalClient(&o.UniversalOptions)
}

// quick returns a client that fails fast.
func (o redisOptions) quick() redis.UniversalClient {
	o.MaxRetries, o.DialTimeout, o.ReadTimeout = 2, time.Second, 2*time.Second
	o.Dialer = o.dialer()
	return redis.NewUniversalClient(&o.UniversalOptions)
}

// How long a patient client goes on: 400 times up to half a second. An outage of a minute is survived.
const (
	patientTries   = 400
	patientBackoff = 100 * time.Millisecond
	patientLongest = 500 * time.Millisecond
)

// patient returns a client that retries for long, and what ends its patience: from then on it waits for no server that is
// away. In a cluster it is the next node that is tried: a node's own client would go on asking a server that is gone.
func (o redisOptions) patient() (client redis.UniversalClient, letGo func()) {
	o.MinRetryBackoff, o.MaxRetryBackoff, o.PoolSize = patientBackoff, patientLongest, 64
	var over atomic.Bool
	o.Dialer = whileNot(&over, answering(o.dialer()))
	letGo = func() { over.Store(true) }
	if o.IsClusterMode {
		o.MaxRedirects = patientTries
		return redis.NewUniversalClient(&o.UniversalOptions), letGo
	}
	o.MaxRetries = -1
	client = redis.NewUniversalClient(&o.UniversalOptions)
	client.AddHook(insistHook{})
	return client, letGo
}

// insistHook makes a client try again whatever keeps a command from being answered. The client's own retries, of which
// there are none beside it, are no use where they are many: it also greets a server with them, on one and the same
// connection, and when that is cut in the middle of the greeting whoever waits for it does so until the last of them.
type insistHook struct{}

// DialHook changes nothing.
func (insistHook) DialHook(next redis.DialHook) redis.DialHook { return next }

// ProcessHook tries a command again.
func (insistHook) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		return insist(ctx, isGreeting(cmd), func() error { return next(ctx, cmd) })
	}
}

// ProcessPipelineHook tries a pipeline again.
func (insistHook) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		greeting := !slices.ContainsFunc(cmds, func(c redis.Cmder) bool { return !isGreeting(c) })
		return insist(ctx, greeting, func() error { return next(ctx, cmds) })
	}
}

// isGreeting reports whether a command is of those that make a connection ready.
func isGreeting(cmd redis.Cmder) bool {
	return slices.Contains([]string{"hello", "auth", "select", "client", "readonly"}, cmd.Name())
}

// insist calls do until it needs no other try, once where it only greets.
func insist(ctx context.Context, once bool, do func() error) error {
	for try := 0; ; try++ {
		err := do()
		if once || try == patientTries || !isAway(ctx, err) {
			return err
		}
		pause := min(patientBackoff<<min(try, 10), patientLongest)
		timer := time.NewTimer(pause/2 + rand.N(pause/2)) // #nosec G404 -- that not all come at once
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return err
		}
	}
}

// isAway reports whether an error says that the server is away, or not ready yet, rather than what it answers.
func isAway(ctx context.Context, err error) bool {
	if err == nil || ctx.Err() != nil || errors.Is(err, errLetGo) || errors.Is(err, redis.ErrClosed) {
		return false
	}
	var answer redis.Error
	if !errors.As(err, &answer) {
		return true
	}
	return slices.ContainsFunc([]string{"LOADING ", "READONLY ", "MASTERDOWN ", "CLUSTERDOWN ", "TRYAGAIN ", "ERR max number of clients"},
		func(prefix string) bool { return strings.HasPrefix(answer.Error(), prefix) })
}
