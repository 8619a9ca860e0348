package app_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"tickerwire/internal/notice"
	"tickerwire/internal/simulator"
)

// fleet is the Procfile's roles on a database of their own, with a simulator in this process as the outside world.
type fleet struct {
	*testing.T
	db    database
	sim   *simulator.Server
	at    caller // the simulator's controls
	env   []string
	roles map[string]command
}

// newFleet starts a simulator with limits, and nothing else. Its clock runs from an hour before anything happens, so that
// only what a test does is alerted of.
func newFleet(t *testing.T, limits simulator.Limits, chats ...int64) *fleet {
	t.Helper()
	world, err := simulator.NewMarket(simulator.MarketOptions{Seed: 5})
	fatal(t, err)
	f := &fleet{T: t, db: newDatabase(t), roles: procfile(t)}
	_, err = f.db.Migrate(t.Context())
	fatal(t, err)
	f.sim = simulator.New(world, simulator.Options{Start: world.Start().Add(-time.Hour), Speed: 1, Limits: limits, Chats: chats})
	server := httptest.NewServer(f.sim)
	t.Cleanup(func() { f.sim.Close(); server.Close() })
	f.at = caller{base: server.URL}
	f.env = []string{"DATABASE_URL=" + f.db.url, "REDIS_URL=" + newRedis(t), "SIMULATOR_URL=" + server.URL, "TOKEN_SECRET=" + strings.Repeat("s", 32),
		"HTTP_ADDR=127.0.0.1:0", "BARS_DAYS=1"}
	return f
}

// start starts roles and waits until each says so.
func (f *fleet) start(names ...string) []*program {
	f.Helper()
	var list []*program
	for _, name := range names {
		list = append(list, f.roles[name].with(f.env).run(f.T))
	}
	for _, p := range list {
		p.says(f.T, `"msg":"started"`)
	}
	return list
}

// redis returns a client of the fleet's queue.
func (f *fleet) redis() *redis.Client {
	f.Helper()
	for _, pair := range f.env {
		if address, ok := strings.CutPrefix(pair, "REDIS_URL="); ok {
			options, err := redis.ParseURL(address)
			fatal(f, err)
			client := redis.NewClient(options)
			f.Cleanup(func() { client.Close() })
			return client
		}
	}
	f.Fatal("the fleet has no queue")
	return nil
}

// recipient links a chat, without quiet hours.
func (f *fleet) recipient(chat int64) {
	f.Helper()
	_, err := f.db.SaveRecipient(f.Context(), notice.Recipient{ChatID: chat, Language: "en", Active: true, Rule: wakeful(3)})
	fatal(f, err)
}

// writes has a reader write to the bot.
func (f *fleet) writes(chat int64, text string) {
	f.Helper()
	f.at.send(f, http.MethodPost, "/_sim/telegram/updates", map[string]any{"chat_id": chat, "text": text}, nil)
}

// heard returns how often a chat has got each text.
func (f *fleet) heard(chat int64) map[string]int {
	texts := map[string]int{}
	for _, m := range f.sim.Messages() {
		if m.ChatID == chat {
			texts[m.Text]++
		}
	}
	return texts
}

// answered waits until a chat has got a text that holds words.
func (f *fleet) answered(chat int64, words string) {
	f.Helper()
	until(f, patience, func() error {
		for text := range f.heard(chat) {
			if strings.Contains(text, words) {
				return nil
			}
		}
		return fmt.Errorf("chat %d has got no %q", chat, words)
	})
}

// kill ends a process as kill -9 does.
func (f *fleet) kill(p *program) {
	f.Helper()
	fatal(f, p.process.Kill())
	<-p.done
}

// listener waits until one of some workers says that it listens to the bot's readers.
func (f *fleet) listener(workers []*program) (who int) {
	f.Helper()
	until(f, patience, func() error {
		for i, p := range workers {
			if strings.Contains(p.out.String(), "listening to the bot's readers") {
				who = i
				return nil
			}
		}
		return fmt.Errorf("none of %d workers listens", len(workers))
	})
	return who
}

// post posts a body to an address, and returns the answer's status.
func post(ctx context.Context, t testing.TB, address, secret, body string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(body))
	fatal(t, err)
	if secret != "" {
		req.Header.Set("X-Telegram-Bot-Api-Secret-Token", secret)
	}
	res, err := http.DefaultClient.Do(req)
	fatal(t, err)
	fatal(t, res.Body.Close())
	return res.StatusCode
}
