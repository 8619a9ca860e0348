package app_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"tickerwire/internal/market"
	"tickerwire/internal/simulator"
)

func drill(env []string, args ...string) command {
	return command{name: "tickerctl", args: append([]string{"drill"}, args...), env: env}
}

// TestDrill runs the operator's drill on a fleet: refused where Telegram may be another or the worker is none, failed where a
// message comes twice, passed with a worker killed.
func TestDrill(t *testing.T) {
	t.Parallel()
	f := newFleet(t, simulator.Limits{TelegramPerSecond: 10_000, TelegramPerChat: 1}) // so that the program's limits alone hold
	var stocks []market.Stock
	for _, c := range f.sim.Companies()[:8] {
		stocks = append(stocks, market.Stock{Code: c.Code, Name: c.Name, Priority: 1, Active: !c.Halted})
	}
	fatal(t, f.db.SaveStocks(t.Context(), stocks))
	real := make([]string, 0, len(f.env))
	for _, pair := range f.env {
		if !strings.HasPrefix(pair, "SIMULATOR_URL=") {
			real = append(real, pair)
		}
	}
	drill(real).run(t).refuses(t, "SIMULATOR_URL is not set")
	drill(append(f.env, "TELEGRAM_REAL=true")).run(t).refuses(t, "TELEGRAM_REAL is set")
	drill(f.env).run(t).refuses(t, "no worker runs")
	drill([]string{"DATA_DIR=" + openDir(t)}).run(t).refuses(t, "no standalone program runs")

	f.start("scheduler")
	workers := f.start("worker", "worker")
	drill(f.env, "-kill", "1").run(t).refuses(t, "process 1 is no worker of this fleet")
	drill(f.env, "-recipients", "0").run(t).refuses(t, "1 to 100 recipients")
	failing := drill(f.env, "-recipients", "2", "-alerts", "3").run(t) // it takes two seconds: a chat has one message a second
	twice := f.sendTwice()
	failing.refuses(t, fmt.Sprintf("chat %d got 2 messages of 1 notices", twice), "FAILED after", "1 too many")
	if strings.Contains(failing.out.String(), "PASSED") {
		t.Error("it passed")
	}

	passing := drill(f.env, "-recipients", "6", "-alerts", "4", "-kill", strconv.Itoa(workers[0].process.Pid)).run(t)
	if err := passing.ends(t, patience); err != nil {
		t.Errorf("%v: %s", err, passing.out)
	}
	for _, line := range []string{"24 alerts and recipients: ", "daily_cap", fmt.Sprintf("worker %d was killed with ", workers[0].process.Pid), "0 too many, 0 missing", "PASSED in "} {
		if !strings.Contains(passing.out.String(), line) {
			t.Errorf("it does not say %q:\n%s", line, passing.out)
		}
	}
	<-workers[0].done
	until(t, patience, func() error {
		if n := f.db.number(t, `select count(*) from workers where state = 'dead'`); n != 1 {
			return fmt.Errorf("%d workers are dead", n)
		}
		return nil
	})
	if n := f.db.number(t, `select count(*) from recipients`); n != 0 {
		t.Errorf("%d of the drills' chats are left", n)
	}
	drill(f.env, "-kill", strconv.Itoa(workers[1].process.Pid)).run(t).refuses(t, "one worker runs")
	t.Logf("%s", passing.out)
}

// sendTwice sends the first message about a filing once more to its chat, which it returns.
func (f *fleet) sendTwice() (chat int64) {
	f.Helper()
	until(f, patience, func() error {
		for _, m := range f.sim.Messages() {
			if chat = m.ChatID; !strings.Contains(m.Text, "dart.fss.or.kr") {
				continue
			}
			form := url.Values{"chat_id": {strconv.FormatInt(chat, 10)}, "text": {m.Text}, "parse_mode": {m.ParseMode}}
			res, err := http.PostForm(f.at.base+"/telegram/bot"+f.sim.Keys().TelegramToken+"/sendMessage", form)
			fatal(f, err)
			fatal(f, res.Body.Close())
			if res.StatusCode == http.StatusOK {
				return nil
			}
			return fmt.Errorf("not sent: %s", res.Status)
		}
		return errors.New("no message is about a filing")
	})
	return chat
}

// TestDrillOfTheStandaloneProgram finds its private servers by DATA_DIR.
func TestDrillOfTheStandaloneProgram(t *testing.T) {
	t.Parallel()
	home := openDir(t)
	p := command{name: "standalone", env: settings(home)}.run(t)
	welcomed(t, p)
	env := []string{"DATA_DIR=" + filepath.Join(home, "data")}
	drill(env, "-kill", strconv.Itoa(p.process.Pid)).run(t).refuses(t, "the standalone program is one process")
	d := drill(env).run(t)
	if err := d.ends(t, patience); err != nil {
		t.Errorf("%v: %s", err, d.out)
	}
	for _, line := range []string{"no worker is killed", "40 alerts and recipients: 24 sent, 16 suppressed (16 daily_cap), 0 refused, 0 ambiguous", "PASSED in "} {
		if !strings.Contains(d.out.String(), line) {
			t.Errorf("it does not say %q:\n%s", line, d.out)
		}
	}
	p.stops(t)
	drill(env).run(t).refuses(t, "no standalone program runs")
}
