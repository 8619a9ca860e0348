package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"tickerwire/internal/app"
	"tickerwire/internal/config"
	"tickerwire/internal/fault"
	"tickerwire/internal/market"
	"tickerwire/internal/notice"
	"tickerwire/internal/upstream"
	"tickerwire/internal/upstream/dart"
	"tickerwire/internal/upstream/kis"
	"tickerwire/internal/upstream/krx"
	"tickerwire/internal/upstream/naver"
	"tickerwire/internal/upstream/simclock"
	"tickerwire/internal/upstream/telegram"
	"tickerwire/tasks"
)

const (
	callKind  = "bench:call"
	callSlots = 24                 // of each lane in each process: who waits for a token, up to a second, keeps one
	envNaver  = "BENCH_NAVER_RATE" // requests a second, in place of the program's own limit
	envLanes  = "BENCH_LANES"      // names of lanes, with commas: whose queues the process serves
)

// order is a task that calls an upstream once or twice through the program's own client.
type order struct {
	Lane string `json:"lane"`
	N    int    `json:"n"`
}

// Kind returns "bench:call".
func (order) Kind() string { return callKind }

// Key returns the lane and the number.
func (o order) Key() string { return o.Lane + "-" + strconv.Itoa(o.N) }

// Queue returns the lane's own queue.
func (o order) Queue() string { return callQueue(o.Lane) }

func callQueue(lane string) string { return "bench-" + lane }

// call is the role of a process of its own: a whole worker of the program, whose tasks of one more kind call the
// simulator through the program's clients and limiter. What is limited is put back, as all such work is.
func call(ctx context.Context) (err error) {
	cfg, err := config.Load()
	if err != nil {
		return err
	}
	options, err := redis.ParseURL(string(cfg.RedisURL))
	if err != nil {
		return fmt.Errorf("redis: %w", err)
	}
	rdb := redis.NewClient(options)
	defer func() { err = errors.Join(err, rdb.Close()) }()
	rates := upstream.DefaultRates()
	if text := os.Getenv(envNaver); text != "" {
		own := rates["naver"]
		if own.PerSecond, err = strconv.ParseFloat(text, 64); err != nil {
			return fmt.Errorf("%s: %w", envNaver, err)
		}
		rates["naver"] = own
	}
	c, err := newCaller(ctx, cfg.SimulatorURL, rdb, upstream.NewBucket(rdb, rates))
	if err != nil {
		return err
	}
	seams := app.Seams{Kinds: map[string]tasks.Processor{callKind: c.run}, Queues: map[string]int{}}
	for name := range strings.SplitSeq(os.Getenv(envLanes), ",") {
		seams.Queues[callQueue(name)] = callSlots
	}
	return app.RunWorkerWith(ctx, cfg, seams)
}

// caller holds the clients.
type caller struct {
	account, paper *kis.Client
	filings        *dart.Source
	exchange       *krx.Client
	search         *naver.Source
	sender         *telegram.Sender
	companies      []string
	codes          []market.Code
}

func newCaller(ctx context.Context, simulated string, rdb *redis.Client, limiter *upstream.Bucket) (*caller, error) {
	keys, err := simclock.ReadKeys(ctx, simulated)
	if err != nil {
		return nil, err
	}
	world, err := newMarket()
	if err != nil {
		return nil, err
	}
	now := func() time.Time { return world.Start().Add(time.Hour) }
	client := &upstream.Client{HTTP: &http.Client{Transport: upstream.NewTransport()}, UserAgent: "tickerwire-bench", Limiter: limiter}
	account := func(path string, paper bool) *kis.Client {
		return &kis.Client{Client: client, BaseURL: simulated + path, MasterBase: simulated + path, Paper: paper, AppKey: keys.KISAppKey,
			AppSecret: keys.KISAppSecret, Redis: rdb, Calendar: market.NewCalendar(), Now: now}
	}
	c := &caller{account: account("/kis", false), paper: account("/kis-paper", true),
		filings:  &dart.Source{Client: client, BaseURL: simulated + "/dart", Key: keys.DARTKey, Now: now},
		exchange: &krx.Client{Client: client, BaseURL: simulated + "/krx", Key: keys.KRXKey, Calendar: market.NewCalendar()},
		search: &naver.Source{Client: client, Profile: naver.Hub, BaseURL: simulated + "/naver", ID: keys.NaverHubID,
			Secret: keys.NaverHubSecret, Now: now}}
	for _, company := range world.Companies() {
		c.companies = append(c.companies, company.Name)
		if !company.Halted {
			c.codes = append(c.codes, company.Code)
		}
	}
	c.sender, err = telegram.New(telegram.Options{Token: keys.TelegramToken, BaseURL: simulated + "/telegram", Limiter: limiter,
		Log: slog.New(slog.DiscardHandler)})
	return c, err
}

// run carries one order out.
func (c *caller) run(ctx context.Context, payload []byte) error {
	var o order
	if err := json.Unmarshal(payload, &o); err != nil {
		return fault.New(fault.Invalid, "order: %w", err)
	}
	lane, ok := laneOf(o.Lane)
	if !ok {
		return fault.New(fault.Invalid, "order: there is no lane %q", o.Lane)
	}
	return lane.call(ctx, c, o.N)
}

func (c *caller) code(n int) market.Code { return c.codes[n%len(c.codes)] }

// send writes to one of the chats in turn.
func (c *caller) send(ctx context.Context, chats []int64, n int) error {
	to := notice.Address{Channel: notice.Telegram, ChatID: chats[n%len(chats)]}
	if err := c.sender.Wait(ctx, to); err != nil {
		return err
	}
	_, err := c.sender.Send(ctx, to, notice.Message{Text: "order " + strconv.Itoa(n)})
	return err
}
