package tasks

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"tickerwire/internal/market"
	"tickerwire/store"
)

// Periods are the settings of the program's own schedules, on the application clock.
type Periods struct {
	Market time.Duration // between two looks for missing bars and due outcomes
}

// calibrationCron is after the day's closes have been known for a while, and after what calibrations are as of.
const calibrationCron = "35 17 * * *"

// Schedules returns the one table of what is rung periodically: a crawl per source, bars, other market data, outcomes,
// records, drift, calibrations, digests, amendments, filers, what may not be kept any longer.
func Schedules(sources []Source, p Periods) ([]store.Schedule, error) {
	type entry struct {
		name  string
		job   Job
		every time.Duration
		cron  string // instead of every
	}
	table := []entry{
		{name: "bars", job: DueBars{}, every: p.Market},
		{name: "market", job: DueMarket{}, every: p.Market},
		{name: "outcomes", job: EvaluateOutcomes{}, every: p.Market},
		{name: "performance", job: UpdatePerformance{}, every: p.Market},
		{name: "drift", job: WatchDrift{}, every: driftEvery},
		{name: "calibration", job: FitCalibrations{}, cron: calibrationCron},
		{name: "digests", job: SendDigests{}, cron: digestCron},
		{name: "amendments", job: AmendAlerts{}, every: amendEvery},
		{name: "filers", job: RefreshFilers{}, every: 24 * time.Hour},
		{name: "summaries", job: ExpireSummaries{}, every: time.Hour},
	}
	for _, s := range sources {
		table = append(table, entry{name: store.CrawlSchedule(s.Name()), job: CrawlNews{Source: s.Name()}, every: s.Every})
	}
	list := make([]store.Schedule, len(table))
	for i, e := range table {
		payload, err := json.Marshal(e.job)
		if err != nil {
			return nil, fmt.Errorf("schedule %s: %w", e.name, err)
		}
		// One run makes up for any number of missed ones: each looks for itself what is due.
		list[i] = store.Schedule{Name: e.name, Kind: e.job.Kind(), Payload: payload, Queue: e.job.Queue(),
			Cron: cmp.Or(e.cron, fmt.Sprintf("@every %s", e.every)), Misfire: store.MisfireOnce, MaxLate: max(24*time.Hour, e.every)}
	}
	return list, nil
}

// doorbellEvery is how often a schedule's doorbell rings at least and at most, on the wall clock.
const (
	doorbellFastest = 5 * time.Second
	doorbellSlowest = time.Minute
)

// Doorbells rings "schedule:due" for every schedule, so that its ticks are made even while nobody leads, until ctx
// ends. Any number of processes may: a doorbell makes no tick that is made already.
func Doorbells(ctx context.Context, db *store.DB, rdb redis.UniversalClient, log *slog.Logger) error {
	m, err := asynq.NewPeriodicTaskManager(asynq.PeriodicTaskManagerOpts{
		RedisUniversalClient:       rdb,
		PeriodicTaskConfigProvider: doorbells{ctx, db},
		SyncInterval:               5 * time.Second,
		SchedulerOpts: &asynq.SchedulerOpts{
			Location: market.KST, Logger: queueLog{log}, LogLevel: asynq.ErrorLevel, HeartbeatInterval: 5 * time.Second,
			PostEnqueueFunc: func(_ *asynq.TaskInfo, err error) {
				if err != nil && !errors.Is(err, asynq.ErrTaskIDConflict) {
					log.Warn("doorbell not rung", "error", err)
				}
			},
		},
	})
	if err != nil {
		return fmt.Errorf("doorbells: %w", err)
	}
	if err := m.Start(); err != nil {
		return fmt.Errorf("doorbells: %w", err)
	}
	<-ctx.Done()
	m.Shutdown()
	return nil
}

// doorbells answers the schedules in asynq's terms. ctx is the context of Doorbells: asynq passes none.
type doorbells struct {
	ctx context.Context //nolint:containedctx // see above
	db  *store.DB
}

// GetConfigs returns a doorbell per schedule that is not paused.
func (d doorbells) GetConfigs() ([]*asynq.PeriodicTaskConfig, error) {
	schedules, err := d.db.Schedules(d.ctx)
	if err != nil {
		return nil, err
	}
	var configs []*asynq.PeriodicTaskConfig
	for _, s := range schedules {
		if s.Paused {
			continue
		}
		job := DueSchedule{Name: s.Name}
		payload, err := encode(job)
		if err != nil {
			return nil, err
		}
		configs = append(configs, &asynq.PeriodicTaskConfig{Cronspec: fmt.Sprintf("@every %s", doorbellEvery(s)),
			Task: asynq.NewTask(job.Kind(), payload), Opts: taskOptions(job.Queue(), taskID(job, 1))})
	}
	return configs, nil
}

// doorbellEvery returns a period of about the schedule's own, within what is sensible on the wall clock.
func doorbellEvery(s store.Schedule) time.Duration {
	spec, err := ParseCron(s.Cron)
	if err != nil {
		return doorbellSlowest
	}
	next := spec.Next(s.LastTick)
	return min(max(spec.Next(next).Sub(next), doorbellFastest), doorbellSlowest)
}
