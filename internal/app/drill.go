package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"

	"tickerwire/internal/burst"
	"tickerwire/internal/config"
	"tickerwire/internal/fault"
	"tickerwire/internal/market"
	"tickerwire/internal/notice"
	"tickerwire/internal/simulator"
	"tickerwire/internal/upstream/simclock"
	"tickerwire/store"
	"tickerwire/tasks"
)

// DrillOptions are how large a drill is, and whom it kills.
type DrillOptions struct {
	Recipients int           // 1 to 100
	Alerts     int           // 1 to 20
	Kill       int           // process id of a worker; 0 for none
	Limit      time.Duration // of the whole drill
}

const (
	drillChats  = int64(1e12)       // above all chats of drills: no other chat has such a number
	drillReport = "주요사항보고서(유상증자결정)" // urgent, so that it needs no prediction
	drillCap    = 3                 // messages that each chat takes on the day: what is above must be suppressed
	drillLook   = 100 * time.Millisecond
	drillRing   = 3 * time.Second // between two rings for the filings to be crawled
	drillHears  = 20 * time.Second
	drillBeat   = 3 * time.Second // a process that has been silent for longer is taken for dead: it beats every second
)

// Drill has a running demo tell invented chats of urgent filings, all at once, through all of the program: the simulator
// shows the filings, the fleet crawls, decides and sends. It then holds what the simulated Telegram has against what is
// kept, and prints a verdict on out. The chats are taken away again by the bot; the filings stay. Its error says why it
// failed. A fleet that speaks to anything but the simulator is refused before anything is done.
func Drill(ctx context.Context, cfg config.Config, o DrillOptions, out io.Writer) (err error) {
	if o.Recipients < 1 || o.Recipients > 100 || o.Alerts < 1 || o.Alerts > 20 {
		return fault.New(fault.Invalid, "drill: 1 to 100 recipients and 1 to 20 alerts")
	}
	if cfg, err = besideStandalone(cfg); err != nil {
		return err
	}
	switch {
	case cfg.TelegramReal:
		return fault.New(fault.Forbidden, "drill: TELEGRAM_REAL is set: a drill is for a demo")
	case cfg.SimulatorURL == "":
		return fault.New(fault.Forbidden, "drill: SIMULATOR_URL is not set: a drill is for a fleet whose Telegram is the simulator")
	}
	if err := cfg.ForRole("worker"); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, o.Limit)
	defer cancel()
	b, err := openBackends(ctx, cfg, "drill", Seams{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	d := &drill{DrillOptions: o, backends: b, sim: cfg.SimulatorURL, out: out, began: time.Now()}
	d.first = drillChats + d.began.Unix()*200 // an earlier drill's chats may still be answered
	c := change{action: "tickerctl drill", input: map[string]any{"recipients": o.Recipients, "alerts": o.Alerts, "kill": o.Kill}}
	return audited(ctx, b.db, c, func() error { return d.run(ctx) })
}

// drill is one that runs.
type drill struct {
	DrillOptions
	*backends
	sim        string
	out        io.Writer
	began      time.Time
	first      int64 // of the chats; the one before it only finds out who listens
	chats      []int64
	recipients []int64
	filings    []string // receipts
	alerts     []int64
	inHand     int // messages that the killed worker had
	rung       time.Time
}

func (d *drill) say(format string, args ...any) { fmt.Fprintf(d.out, format+"\n", args...) }

func (d *drill) control(ctx context.Context, method, path string, in, out any) error {
	return simclock.Control(ctx, d.sim, method, path, in, out)
}

func (d *drill) run(ctx context.Context) (err error) {
	if err := d.checkVictim(ctx); err != nil {
		return err
	}
	if err := d.hears(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.leave(context.WithoutCancel(ctx))) }()
	stocks, err := d.link(ctx)
	if err != nil {
		return err
	}
	if err := d.file(ctx, stocks); err != nil {
		return err
	}
	d.say("%d urgent filings are shown, %d chats watch for all of them", len(d.filings), len(d.chats))
	if d.Kill != 0 {
		if err := d.kill(ctx); err != nil {
			return err
		}
	}
	if err := d.quiet(ctx); err != nil {
		return err
	}
	return d.verdict(ctx)
}

// checkVictim refuses to kill what is no worker of this fleet, or its last one.
func (d *drill) checkVictim(ctx context.Context) error {
	workers, err := d.db.Workers(ctx, store.WorkerFilter{State: store.WorkerRunning})
	if err != nil {
		return err
	}
	now, err := d.db.Now(ctx)
	if err != nil {
		return err
	}
	workers = slices.DeleteFunc(workers, func(w store.Worker) bool { return now.Sub(w.BeatAt) > drillBeat })
	if slices.ContainsFunc(workers, func(w store.Worker) bool { return w.Role == "standalone" }) {
		if d.Kill != 0 {
			return fault.New(fault.Invalid, "drill: the standalone program is one process, and no worker of it can be killed: start the Procfile's roles for that")
		}
		d.say("the standalone program is one process: no worker is killed")
		return nil
	}
	workers = slices.DeleteFunc(workers, func(w store.Worker) bool { return w.Role != "worker" })
	switch {
	case len(workers) == 0:
		return fault.New(fault.Unavailable, "drill: no worker runs")
	case d.Kill == 0:
		return nil
	case len(workers) == 1:
		return fault.New(fault.Invalid, "drill: one worker runs: start another that goes on when it is killed")
	case !slices.ContainsFunc(workers, func(w store.Worker) bool { return w.PID == d.Kill && isHere(w) }):
		return fault.New(fault.Invalid, "drill: process %d is no worker of this fleet on this machine", d.Kill)
	}
	return nil
}

// hears finds out whether the fleet's bot is the simulator's: what is written to that must be done by this fleet.
func (d *drill) hears(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, drillHears)
	defer cancel()
	var update struct {
		ID int64 `json:"update_id"`
	}
	started := time.Now()
	if err := d.control(ctx, http.MethodPost, "telegram/updates", map[string]any{"chat_id": d.first - 1, "text": "/help"}, &update); err != nil {
		return err
	}
	err := d.until(ctx, func() (bool, error) { return d.db.UpdateDone(ctx, update.ID) })
	if err != nil {
		return fault.New(fault.Forbidden, "drill: nobody of this fleet hears what is written to the simulator's bot: its Telegram may be another: %w", err)
	}
	d.say("the fleet listens to the simulator's bot: heard after %s", time.Since(started).Round(10*time.Millisecond))
	return nil
}

// link makes the chats known, and recipients that watch for the stocks to come.
func (d *drill) link(ctx context.Context) ([]market.Code, error) {
	stocks, err := d.db.Stocks(ctx, true)
	if err != nil {
		return nil, err
	}
	if len(stocks) < d.Alerts {
		return nil, fault.New(fault.Invalid, "drill: %d stocks are tracked, and each filing needs one", len(stocks))
	}
	codes := make([]market.Code, d.Alerts)
	for i := range codes {
		codes[i] = stocks[i*len(stocks)/d.Alerts].Code
	}
	rule := notice.DefaultRule()
	rule.QuietTo, rule.DailyCap = rule.QuietFrom, drillCap
	for i := range d.Recipients {
		chat := d.first + int64(i)
		if err := d.control(ctx, http.MethodPut, "telegram/chats/"+strconv.FormatInt(chat, 10), map[string]bool{"blocked": false}, nil); err != nil {
			return nil, err
		}
		id, err := d.db.SaveRecipient(ctx, notice.Recipient{ChatID: chat, Language: []string{"ko", "en"}[i%2], Active: true, Codes: codes, Rule: rule})
		if err != nil {
			return nil, err
		}
		d.chats, d.recipients = append(d.chats, chat), append(d.recipients, id)
	}
	return codes, nil
}

// file has the simulator show the filings.
func (d *drill) file(ctx context.Context, codes []market.Code) error {
	for _, code := range codes {
		var filed struct{ ID string }
		if err := d.control(ctx, http.MethodPost, "filings", map[string]any{"code": code, "report": drillReport}, &filed); err != nil {
			return err
		}
		d.filings = append(d.filings, filed.ID)
	}
	return nil
}

// messages returns what the drill's chats have got.
func (d *drill) messages(ctx context.Context) ([]simulator.Message, error) {
	var list struct {
		Messages []simulator.Message `json:"messages"`
	}
	err := d.control(ctx, http.MethodGet, "telegram/messages?since="+d.began.UTC().Format(time.RFC3339Nano), nil, &list)
	return slices.DeleteFunc(list.Messages, func(m simulator.Message) bool { return !slices.Contains(d.chats, m.ChatID) }), err
}

// quiet waits until every filing is an alert that everybody was told of. A filing is crawled when its source's time has
// come; the drill rings for it earlier.
func (d *drill) quiet(ctx context.Context) error {
	open := 0
	err := d.until(ctx, func() (done bool, err error) {
		if err := d.look(ctx); err != nil || len(d.alerts) < d.Alerts {
			return false, err
		}
		open, err = burst.Open(ctx, d.db, d.alerts)
		return open == 0, err
	})
	if err != nil {
		return fmt.Errorf("drill: not quiet after %s, %d of %d filings are alerts, %d things are open: %w", d.Limit, len(d.alerts), d.Alerts, open, err)
	}
	return nil
}

// look finds the filings' alerts; while some are missing it rings for a crawl.
func (d *drill) look(ctx context.Context) (err error) {
	if len(d.alerts) >= d.Alerts {
		return nil
	}
	if d.alerts, err = burst.AlertsOf(ctx, d.db, d.filings); err != nil || len(d.alerts) >= d.Alerts || time.Since(d.rung) < drillRing {
		return err
	}
	d.rung = time.Now()
	return tasks.NewQueue(d.quick).Ring(ctx, tasks.CrawlNews{Source: "dart"})
}

// until asks until the answer is yes, an error or the end of ctx.
func (d *drill) until(ctx context.Context, done func() (bool, error)) error {
	tick := time.NewTicker(drillLook)
	defer tick.Stop()
	for {
		if ok, err := done(); ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}
