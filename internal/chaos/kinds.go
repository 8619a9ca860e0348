package chaos

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"time"

	"tickerwire/internal/app"
	"tickerwire/internal/config"
	"tickerwire/internal/fault"
	"tickerwire/store"
	"tickerwire/tasks"
)

// The harness's kinds of task.
const (
	kindCount  = "chaos:count"  // takes its time, then has its effect
	kindKept   = "chaos:kept"   // takes its time, then has its effect under a natural key, as the program's own work has
	kindHold   = "chaos:hold"   // the first run holds on until its process dies; a later one ends at once
	kindPoison = "chaos:poison" // kills its process
	kindDeaf   = "chaos:deaf"   // takes its time whatever its context says, then has its effect
	kindFail   = "chaos:fail"   // fails for good
	kindTick   = "chaos:tick"   // of the harness's schedules
)

// The harness's queues.
const (
	queueChaos  = "chaos"
	queuePoison = "chaos-poison"
	queueDeaf   = "chaos-deaf"
)

// deafSlots is how many tasks of the deaf queue run at once in a process.
const deafSlots = 2

// queues returns the harness's queues with their concurrency in one process.
func queues() map[string]int {
	return map[string]int{queueChaos: 24, queuePoison: 2, queueDeaf: deafSlots}
}

// order is one task of the harness.
type order struct {
	kind, queue string
	Name        string `json:"name"`
	MS          int    `json:"ms"` // how long it takes
}

// Kind is the kind of task.
func (o order) Kind() string { return o.kind }

// Key is the order's name.
func (o order) Key() string { return o.Name }

// Queue is the queue it waits in.
func (o order) Queue() string { return o.queue }

var _ tasks.Job = order{}

// Settings of the harness's roles, in their environment.
const (
	envLedger   = "CHAOS_LEDGER"
	envRedis    = "CHAOS_REDIS_FAULTS"    // share of commands that fail
	envDatabase = "CHAOS_DATABASE_FAULTS" // share of statements that fail
)

// runRole runs a role with the harness's kinds and faults, as its environment says.
func runRole(ctx context.Context, role string) (err error) {
	cfg, err := config.Load()
	if err != nil {
		return err
	}
	seams := app.Seams{}
	rates := make(map[string]float64)
	for _, name := range []string{envRedis, envDatabase} {
		if text := os.Getenv(name); text != "" {
			if rates[name], err = strconv.ParseFloat(text, 64); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	if rates[envRedis] > 0 {
		seams.Redis = faultyRedis(rates[envRedis])
	}
	if rates[envDatabase] > 0 {
		seams.Database = faultyDatabase(rates[envDatabase])
	}
	if role == "scheduler" {
		return app.RunSchedulerWith(ctx, cfg, seams)
	}
	db, err := store.Open(ctx, store.Options{URL: string(cfg.DatabaseURL), MaxConns: 4, ReplyLimit: 20 * time.Second})
	if err != nil {
		return err
	}
	defer db.Close()
	k := kinds{ledger: ledger{os.Getenv(envLedger)}, db: db}
	seams.Kinds, seams.Queues = k.table(), queues()
	return app.RunWorkerWith(ctx, cfg, seams)
}

// kinds are the processors of the harness's kinds.
type kinds struct {
	ledger ledger
	db     *store.DB
}

func (k kinds) table() map[string]tasks.Processor {
	return map[string]tasks.Processor{
		kindCount:  k.noted(k.count),
		kindKept:   k.noted(k.kept),
		kindHold:   k.noted(k.hold),
		kindPoison: k.noted(k.poison),
		kindDeaf:   k.noted(k.deaf),
		kindFail: func(context.Context, []byte) error {
			return fault.New(fault.Invalid, "this order can never be carried out")
		},
		kindTick: k.noted(func(context.Context, order) error { return nil }),
	}
}

// noted writes the beginning and the good end of a run into the ledger.
func (k kinds) noted(run func(context.Context, order) error) tasks.Processor {
	return func(ctx context.Context, payload []byte) error {
		var o order
		if err := json.Unmarshal(payload, &o); err != nil {
			return fault.New(fault.Invalid, "order: %w", err)
		}
		if err := k.ledger.write(o.Name, began); err != nil {
			return err
		}
		if err := run(ctx, o); err != nil {
			return err
		}
		return k.ledger.write(o.Name, finished)
	}
}

func (k kinds) count(ctx context.Context, o order) error {
	if err := wait(ctx, time.Duration(o.MS)*time.Millisecond); err != nil {
		return err
	}
	return k.ledger.write(o.Name, effect)
}

// kept may run more often than once: its effect is a row, which is there once.
func (k kinds) kept(ctx context.Context, o order) error {
	if err := wait(ctx, time.Duration(o.MS)*time.Millisecond); err != nil {
		return err
	}
	if _, err := k.db.Bun().ExecContext(ctx, `insert into chaos_effects (key) values (?) on conflict (key) do nothing`, o.Name); err != nil {
		return fmt.Errorf("effect: %w", err)
	}
	return k.ledger.write(o.Name, effect)
}

func (k kinds) hold(ctx context.Context, o order) error {
	list, err := k.ledger.read()
	if err != nil || len(of(list, o.Name, began)) > 1 {
		return err
	}
	return wait(ctx, time.Duration(o.MS)*time.Millisecond)
}

func (k kinds) poison(ctx context.Context, _ order) error {
	if err := syscall.Kill(os.Getpid(), syscall.SIGKILL); err != nil {
		return fmt.Errorf("poison: %w", err)
	}
	<-ctx.Done()
	return ctx.Err()
}

// deaf carries its effect out under a natural key, as every processor of the program does.
func (k kinds) deaf(ctx context.Context, o order) error {
	ctx = context.WithoutCancel(ctx)
	var done bool
	err := k.db.Bun().NewRaw(`select exists (select from chaos_effects where key = ?)`, o.Name).Scan(ctx, &done)
	if err != nil || done {
		return err
	}
	if err := wait(ctx, time.Duration(o.MS)*time.Millisecond); err != nil {
		return err
	}
	res, err := k.db.Bun().ExecContext(ctx, `insert into chaos_effects (key) values (?) on conflict (key) do nothing`, o.Name)
	if err != nil {
		return fmt.Errorf("effect: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return err
	}
	return k.ledger.write(o.Name, effect)
}

// wait returns after d, or when ctx ends, with its error.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
