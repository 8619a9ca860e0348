package app_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"testing"

	"tickerwire/internal/app"
	"tickerwire/internal/simulator"
	"tickerwire/internal/upstream/simclock"
)

// TestTheDemoEndsAPoll: a bot that waits for updates is answered when the program ends, and its connection is not cut.
func TestTheDemoEndsAPoll(t *testing.T) {
	t.Parallel()
	address, stop, err := app.StartDemo(t.Context(), t.TempDir())
	fatal(t, err)
	keys, err := simclock.ReadKeys(t.Context(), address)
	fatal(t, err)
	bot := caller{base: address + "/telegram/bot" + keys.TelegramToken}
	pending := func() int {
		var info struct {
			Result struct {
				Pending int `json:"pending_update_count"`
			}
		}
		bot.get(t, "/getWebhookInfo", &info)
		return info.Result.Pending
	}
	caller{base: address}.send(t, http.MethodPost, "/_sim/telegram/updates", map[string]any{"chat_id": simulator.DefaultChat, "text": "/start"}, nil)
	if n := pending(); n != 1 {
		t.Fatalf("%d updates wait for the bot, want 1", n)
	}
	var waiting struct {
		Result []struct {
			ID int64 `json:"update_id"`
		}
	}
	bot.get(t, "/getUpdates", &waiting) // confirms nothing
	type end struct {
		body string
		err  error
	}
	polled := make(chan end, 1)
	go func() {
		var e end
		defer func() { polled <- e }()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, fmt.Sprintf("%s/getUpdates?offset=%d&timeout=50", bot.base, waiting.Result[0].ID+1), nil)
		if err != nil {
			e.err = err
			return
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			e.err = err
			return
		}
		defer res.Body.Close()
		raw, err := io.ReadAll(res.Body)
		e = end{string(raw), err}
	}()
	await(t, "the poll to have begun", func(context.Context) bool { return pending() == 0 }) // its offset confirms the update
	fatal(t, stop(t.Context()))
	if e := <-polled; e.err != nil || e.body != `{"ok":true,"result":[]}`+"\n" && e.body != `{"ok":true,"result":[]}` {
		t.Errorf("the poll ends with %q, %v", e.body, e.err)
	}
}
