package tasks

import (
	"fmt"
	"time"

	"github.com/hibiken/asynq"

	"tickerwire/internal/market"
)

var kst = market.KST

// Periodic is a doorbell that is rung every so often, on wall time.
type Periodic struct {
	Job   Job
	Every time.Duration
}

// Periods are the settings of the schedule.
type Periods struct {
	Market time.Duration // between two looks for missing bars and due outcomes
	Sweep  time.Duration
}

// Doorbells returns the one table of what is rung periodically: a crawl per source, bars, outcomes, the sweep.
func Doorbells(sources []Source, p Periods) []Periodic {
	list := []Periodic{
		{Sweep{}, p.Sweep},
		{DueBars{}, p.Market},
		{EvaluateOutcomes{}, p.Market},
	}
	for _, s := range sources {
		list = append(list, Periodic{CrawlNews{Source: s.Name()}, s.Every})
	}
	return list
}

type periodic []Periodic

// GetConfigs answers the schedule in asynq's terms.
func (p periodic) GetConfigs() ([]*asynq.PeriodicTaskConfig, error) {
	configs := make([]*asynq.PeriodicTaskConfig, len(p))
	for i, entry := range p {
		payload, err := encode(entry.Job)
		if err != nil {
			return nil, err
		}
		configs[i] = &asynq.PeriodicTaskConfig{Cronspec: fmt.Sprintf("@every %s", entry.Every),
			Task: asynq.NewTask(entry.Job.Kind(), payload), Opts: taskOptions(entry.Job, 1)}
	}
	return configs, nil
}
