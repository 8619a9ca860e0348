package chaos

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"tickerwire/internal/notice"
	"tickerwire/internal/proxy"
	"tickerwire/internal/servers"
	"tickerwire/store"
	"tickerwire/tasks"
)

const (
	pollEvery   = 50 * time.Millisecond
	startLimit  = 2 * time.Minute  // for servers and data of a world
	procLimit   = 20 * time.Second // for a process to say that it has started
	stopGrace   = 15 * time.Second // for a process to end in order: longer than a worker drains
	firstChat   = 700001           // the simulator's own
	operator    = "operator@example.com"
	barsDays    = "45"
	marketSeed  = "5"
	password    = "a long password of the harness\n"
	tokenSecret = "only-for-this-run-0123456789-0123456789"
)

// setup says what world a case needs.
type setup struct {
	market    bool // the invented market with its history instead of the archive
	durable   bool // Postgres must survive its own crash
	proxied   bool // proxies stand before Postgres and Redis
	direct    bool // the harness itself goes past them
	sentinels bool // Redis is a master, a replica and Sentinels
	cluster   bool // Redis is a cluster
	milvus    bool // Milvus keeps the vectors, behind a proxy
	chats     int  // that are linked, each told of every alert
	everyTick int  // seconds between two ticks of the harness's schedule on the application clock; 0: there is none
}

// world is one case's servers, simulator, processes and data.
type world struct {
	*bench
	setup
	report   *Report
	dir      string
	postgres *servers.Postgres
	redis    *servers.Redis
	group    *servers.RedisGroup // in place of redis
	vectors  *servers.Milvus
	toPG     *proxy.Proxy
	toRedis  *proxy.Proxy
	toMilvus *proxy.Proxy
	sim      sim
	env      []string
	db       *store.DB
	rdb      redis.UniversalClient

	databaseURL, redisURL string // as the harness itself goes
	filed                 int    // filings that were shown beside the archive's
	queue                 *tasks.Queue
	ledger                ledger
	procs                 map[string]*proc
}

// newWorld starts the servers and the simulator, whose clock stands still, and brings the schema and the data in.
func (b *bench) newWorld(ctx context.Context, r *Report, s setup) (_ *world, err error) {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	w := &world{bench: b, setup: s, report: r, dir: filepath.Join(b.home, "case-"+r.Case), procs: make(map[string]*proc)}
	if err := os.MkdirAll(w.dir, 0o755); err != nil {
		return nil, fmt.Errorf("world: %w", err)
	}
	w.ledger = ledger{filepath.Join(w.dir, "ledger.ndjson")}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.close(context.WithoutCancel(ctx)))
		}
	}()
	for _, step := range []func(context.Context) error{w.startServers, w.startSimulator, w.fill, w.open} {
		if err := step(ctx); err != nil {
			return nil, fmt.Errorf("world of case %s: %w", r.Case, err)
		}
	}
	return w, nil
}

func (w *world) startServers(ctx context.Context) (err error) {
	if err := w.startPostgres(ctx); err != nil {
		return err
	}
	queue, err := w.startQueue(ctx)
	if err != nil {
		return err
	}
	database := w.postgres.URL()
	w.databaseURL, w.redisURL = database, queue
	if w.proxied {
		if w.toPG, err = proxy.Listen(addressOf(database)); err != nil {
			return err
		}
		if w.toRedis, err = proxy.Listen(addressOf(queue)); err != nil {
			return err
		}
		database = strings.Replace(database, addressOf(database), w.toPG.Addr(), 1)
		queue = strings.Replace(queue, addressOf(queue), w.toRedis.Addr(), 1)
	}
	w.env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + w.dir, "DATABASE_URL=" + database, "REDIS_URL=" + queue,
		"TOKEN_SECRET=" + tokenSecret, "BARS_DAYS=" + barsDays, "DATABASE_CONNS=12", "LOG_LEVEL=info", envLedger + "=" + w.ledger.path}
	if !w.direct {
		w.databaseURL, w.redisURL = database, queue
	}
	if !w.milvus {
		return nil
	}
	if err := w.startMilvus(ctx); err != nil {
		return err
	}
	if w.toMilvus, err = proxy.Listen(w.vectors.Address()); err != nil {
		return err
	}
	w.env = append(w.env, "MILVUS_ADDRESS="+w.toMilvus.Addr())
	return nil
}

// startQueue starts Redis in the form that the case asks for, and returns its address.
func (w *world) startQueue(ctx context.Context) (string, error) {
	if !w.sentinels && !w.cluster {
		if err := w.startRedis(ctx); err != nil {
			return "", err
		}
		return w.redis.URL(), nil
	}
	start := servers.StartSentinels
	if w.cluster {
		start = servers.StartRedisCluster
	}
	var err error
	if w.group, err = start(ctx, servers.RedisGroupOptions{Dir: filepath.Join(w.dir, "redis"), DownAfter: sentinelPatience}); err != nil {
		return "", err
	}
	return w.group.URL(), nil
}

// sentinelPatience is how long a master is silent until Sentinels look for another: far below their default of 30 s.
const sentinelPatience = 2 * time.Second

// startMilvus keeps its data, as startRedis does.
func (w *world) startMilvus(ctx context.Context) (err error) {
	w.vectors, err = servers.StartMilvus(ctx, servers.MilvusOptions{Venv: w.venv, Dir: filepath.Join(w.dir, "milvus")})
	return err
}

func (w *world) startPostgres(ctx context.Context) (err error) {
	o := servers.PostgresOptions{Dir: filepath.Join(w.dir, "postgres"), Ephemeral: !w.durable}
	if w.direct { // what hangs counts until the server finds out
		o.MaxConnections = 400
	}
	w.postgres, err = servers.StartPostgres(ctx, o)
	return err
}

// startRedis keeps its data: the cases that take it away give it back as it was.
func (w *world) startRedis(ctx context.Context) (err error) {
	w.redis, err = servers.StartRedis(ctx, servers.RedisOptions{Dir: filepath.Join(w.dir, "redis")})
	return err
}

// addressOf returns host:port of a URL of servers.
func addressOf(url string) string {
	_, rest, _ := strings.Cut(url, "://")
	host, _, _ := strings.Cut(rest, "/")
	return host[strings.LastIndexByte(host, '@')+1:]
}

// startSimulator runs the Procfile's simulator on a free port, with its clock standing still.
func (w *world) startSimulator(ctx context.Context) error {
	command, err := w.lines.command("simulator", w.bin)
	if err != nil {
		return err
	}
	command = append(command, "-addr", "127.0.0.1:0", "-speed", "0")
	if w.market {
		command = append(command, "-seed", marketSeed)
	} else {
		command = append(command, "-archive", w.archive)
	}
	p, err := startProc("simulator", w.logOf("simulator"), w.dir, w.env, command)
	if err != nil {
		return err
	}
	w.procs["simulator"] = p
	const ready = "simulator ready on "
	line, err := p.awaitLine(ctx, ready)
	if err != nil {
		return err
	}
	w.sim = sim{strings.TrimPrefix(line, ready)}
	w.env = append(w.env, "SIMULATOR_URL="+w.sim.url)
	return nil
}

func (w *world) logOf(name string) string { return filepath.Join(w.dir, name+".log") }

// fill brings in the schema, the stocks or the whole history, a user and the chats, by the operator's own errands.
func (w *world) fill(ctx context.Context) error {
	if err := w.errand(ctx, "", "tickerctl", "migrate"); err != nil {
		return err
	}
	if err := w.errand(ctx, password, "tickerctl", "user", "create", "--email", operator, "--role", "operator"); err != nil {
		return err
	}
	if !w.market {
		return w.errand(ctx, "", "tickerctl", "import", "--only-stocks", w.archive)
	}
	history := filepath.Join(w.dir, "history")
	if err := w.errand(ctx, "", "simulator", "-seed", marketSeed, "-write-history", history); err != nil {
		return err
	}
	return w.errand(ctx, "", "tickerctl", "import", history)
}

// errand runs a binary of the program to its end.
func (w *world) errand(ctx context.Context, in, binary string, args ...string) error {
	cmd := exec.CommandContext(ctx, filepath.Join(w.bin, binary), args...)
	cmd.Dir, cmd.Env, cmd.Stdin = w.dir, w.env, strings.NewReader(in)
	if printed, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w: %s", binary, strings.Join(args, " "), err, printed)
	}
	return nil
}

// open connects the harness itself and declares what it watches: its schedule, its effects and the chats.
func (w *world) open(ctx context.Context) (err error) {
	if w.db, err = store.Open(ctx, store.Options{URL: w.databaseURL, MaxConns: 8}); err != nil {
		return err
	}
	if w.rdb, err = openRedis(w.redisURL); err != nil {
		return err
	}
	w.queue = tasks.NewQueue(w.rdb)
	if _, err := w.db.Bun().ExecContext(ctx, `create table chaos_effects (key text primary key)`); err != nil {
		return fmt.Errorf("effects: %w", err)
	}
	for i := range w.chats {
		chat := int64(firstChat + i)
		if err := w.sim.call(ctx, http.MethodPut, "telegram/chats/"+strconv.FormatInt(chat, 10), map[string]bool{"blocked": false}, nil); err != nil {
			return err
		}
		rule := notice.DefaultRule()
		rule.QuietTo, rule.DailyCap = rule.QuietFrom, 100
		if _, err := w.db.SaveRecipient(ctx, notice.Recipient{ChatID: chat, Language: "ko", Active: true, WatchAll: true, Rule: rule}); err != nil {
			return err
		}
	}
	if w.everyTick == 0 {
		return nil
	}
	return w.db.DeclareSchedules(ctx, []store.Schedule{{Name: "chaos-all", Kind: kindTick, Queue: queueChaos, Payload: []byte(`{"name":"chaos-all"}`),
		Cron: fmt.Sprintf("@every %ds", w.everyTick), Misfire: store.MisfireAll, MaxLate: 1000 * time.Hour}})
}

// openRedis connects to one server, or to a group of servers.
func openRedis(url string) (redis.UniversalClient, error) {
	scheme, rest, _ := strings.Cut(url, "://")
	hosts, master, _ := strings.Cut(rest, "/")
	switch scheme {
	case "redis-sentinel":
		return redis.NewFailoverClient(&redis.FailoverOptions{MasterName: master, SentinelAddrs: strings.Split(hosts, ",")}), nil
	case "redis-cluster":
		return redis.NewClusterClient(&redis.ClusterOptions{Addrs: strings.Split(hosts, ",")}), nil
	}
	options, err := redis.ParseURL(url)
	if err != nil {
		return nil, fmt.Errorf("redis: %w", err)
	}
	return redis.NewClient(options), nil
}

// close ends all that the world started.
func (w *world) close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), startLimit)
	defer cancel()
	errs := []error{w.stopRoles(), w.stopThose(func(string) bool { return true })}
	if w.rdb != nil {
		errs = append(errs, w.rdb.Close())
	}
	if w.db != nil {
		errs = append(errs, w.db.Close())
	}
	for _, p := range []*proxy.Proxy{w.toPG, w.toRedis, w.toMilvus} {
		if p != nil {
			errs = append(errs, p.Close())
		}
	}
	if w.redis != nil {
		errs = append(errs, w.redis.Stop(ctx))
	}
	if w.group != nil {
		errs = append(errs, w.group.Stop(ctx))
	}
	if w.vectors != nil {
		errs = append(errs, w.vectors.Stop(ctx))
	}
	if w.postgres != nil {
		errs = append(errs, w.postgres.Stop(ctx))
	}
	return errors.Join(errs...)
}

// freeAddress returns a loopback address that nobody listens on.
func freeAddress() (string, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("free port: %w", err)
	}
	return ln.Addr().String(), ln.Close()
}
