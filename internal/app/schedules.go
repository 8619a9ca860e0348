package app

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"tickerwire/internal/config"
	"tickerwire/internal/market"
	"tickerwire/store"
	"tickerwire/tasks"
)

// ListSchedules prints what is rung for periodically, by name, with the last tick and the next three of each: all in KST
// on the application clock.
func ListSchedules(ctx context.Context, cfg config.Config, out io.Writer) error {
	return withDB(ctx, cfg, func(db *store.DB) error {
		if err := db.CheckSchema(ctx); err != nil {
			return err
		}
		clock, err := openClock(ctx, cfg)
		if err != nil {
			return err
		}
		list, err := db.Schedules(ctx)
		if err != nil {
			return err
		}
		return printSchedules(out, list, clock.now())
	})
}

func printSchedules(out io.Writer, list []store.Schedule, now time.Time) error {
	kst := func(t time.Time) string { return t.In(market.KST).Format(time.DateTime) }
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "NAME\tCRON (KST)\tPAUSED\tMISFIRE\tLAST TICK\tNEXT TICKS")
	for _, s := range list {
		paused, last := "no", "never"
		if s.Paused {
			paused = "yes"
		}
		if !s.LastTick.IsZero() {
			last = kst(s.LastTick)
		}
		next, err := tasks.Upcoming(s, now, 3)
		if err != nil {
			return fmt.Errorf("schedule %s: %w", s.Name, err)
		}
		var ticks []string
		for _, t := range next {
			ticks = append(ticks, kst(t))
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", s.Name, s.Cron, paused, s.Misfire, last, strings.Join(ticks, ", "))
	}
	return table.Flush()
}
