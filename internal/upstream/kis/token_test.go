package kis_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
)

func TestOneTokenForTheFleet(t *testing.T) {
	t.Parallel()
	server, rdb := redisFor(t)
	b := &broker{t: t, quote: history(t, market.NewCalendar())}
	base := open(t, b)
	var fleet sync.WaitGroup
	for range 8 {
		fleet.Go(func() {
			if _, err := client(base, rdb).StockBars(t.Context(), "900001", november(16), november(20)); err != nil {
				t.Error(err)
			}
		})
	}
	fleet.Wait()
	if b.issued != 1 || b.quoted != 8 {
		t.Errorf("%d tokens for %d calls, want 1 for 8", b.issued, b.quoted)
	}
	keys := server.Keys()
	if len(keys) != 1 || server.TTL(keys[0]) != 24*time.Hour-10*time.Minute {
		t.Fatalf("Redis holds %v; the token must be there alone, until 10 minutes before its end", keys)
	}
	if strings.Contains(keys[0], appKey) {
		t.Errorf("%s tells the key", keys[0])
	}
	server.FastForward(24 * time.Hour)
	if _, err := client(base, rdb).StockBars(t.Context(), "900001", november(16), november(20)); err != nil || b.issued != 2 {
		t.Errorf("the day after: %d tokens, %v", b.issued, err)
	}
}

func TestARefusedTokenIsReplacedOnce(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"EGW00121", "EGW00122", "EGW00123"} {
		for _, status := range []int{http.StatusInternalServerError, http.StatusOK, http.StatusUnauthorized} { // all have been seen
			t.Run(fmt.Sprintf("%s behind a %d", code, status), func(t *testing.T) {
				t.Parallel()
				_, rdb := redisFor(t)
				b := &broker{t: t, quote: history(t, market.NewCalendar()), refuse: code, times: 1, status: status}
				bars, err := client(open(t, b), rdb).StockBars(t.Context(), "900001", november(16), november(20))
				if err != nil || len(bars) != 5 || b.issued != 2 {
					t.Errorf("%d bars and %d tokens: %v", len(bars), b.issued, err)
				}
			})
		}
	}
	t.Run("not twice", func(t *testing.T) {
		t.Parallel()
		_, rdb := redisFor(t)
		b := &broker{t: t, quote: history(t, market.NewCalendar()), refuse: "EGW00123", times: 2}
		_, err := client(open(t, b), rdb).StockBars(t.Context(), "900001", november(16), november(20))
		if fault.KindOf(err) != fault.Unauthorized || b.issued != 2 || b.quoted != 2 {
			t.Errorf("%d tokens, %d calls: %v", b.issued, b.quoted, err)
		}
		if err == nil || strings.Contains(err.Error(), "token-2") {
			t.Errorf("the error shows the token: %v", err)
		}
	})
}

func TestARefusedTokenDoesNotCostANewerOne(t *testing.T) {
	t.Parallel()
	server, rdb := redisFor(t)
	b := &broker{t: t, quote: history(t, market.NewCalendar()), refuse: "EGW00123"}
	base := open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// Another process replaces the token while a call with the old one is on its way.
		if r.Header.Get("Authorization") == "Bearer old" {
			if err := server.Set(server.Keys()[0], "token-0"); err != nil {
				t.Error(err)
			}
		}
		b.ServeHTTP(w, r)
	}))
	k := client(base, rdb)
	if _, err := k.StockBars(t.Context(), "900001", november(16), november(20)); err != nil {
		t.Fatal(err)
	}
	b.issued = 0 // from now on only token-0 is good
	if err := server.Set(server.Keys()[0], "old"); err != nil {
		t.Fatal(err)
	}
	if _, err := k.StockBars(t.Context(), "900001", november(16), november(20)); err != nil || b.issued != 0 {
		t.Errorf("%d tokens issued, want the newer one to be used: %v", b.issued, err)
	}
}

func TestTokenErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		status int
		body   string
		kind   fault.Kind
		wait   time.Duration
	}{
		{"too soon", 403, `{"error_code":"EGW00133","error_description":"접근토큰 발급 잠시 후 다시 시도하세요(1분당 1회)"}`, fault.Limited, time.Minute},
		{"too soon, the older way", 403, `{"rt_cd":"1","msg_cd":"EGW00133","msg1":"접근토큰 발급 잠시 후 다시 시도하세요(1분당 1회)"}`, fault.Limited, time.Minute},
		{"a bad key", 403, `{"error_code":"EGW00103","error_description":"유효하지 않은 AppKey입니다. ` + appKey + `"}`, fault.Unauthorized, 0},
		{"a bad key without a code", 401, `{}`, fault.Unauthorized, 0},
		{"an outage", 503, `점검`, fault.Unavailable, 0},
		{"no json", 200, `점검`, fault.Unavailable, 0},
		{"no token", 200, `{"token_type":"Bearer","expires_in":86400}`, fault.Unavailable, 0},
		{"no life", 200, `{"access_token":"t","token_type":"Bearer"}`, fault.Unavailable, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			server, rdb := redisFor(t)
			asked := 0
			base := open(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				asked++
				w.WriteHeader(c.status)
				fmt.Fprint(w, c.body)
			}))
			_, err := client(base, rdb).StockBars(t.Context(), "900001", november(16), november(20))
			if fault.KindOf(err) != c.kind || fault.RetryAfterOf(err) != c.wait {
				t.Errorf("kind %s after %s, want %s after %s: %v", fault.KindOf(err), fault.RetryAfterOf(err), c.kind, c.wait, err)
			}
			if err == nil || !strings.Contains(err.Error(), "new token: ") || strings.Contains(err.Error(), appKey) || strings.Contains(err.Error(), appSecret) {
				t.Errorf("message %v", err)
			}
			keys := server.Keys()
			if c.kind == fault.Limited { // the fleet is told to wait, too
				if len(keys) != 1 || server.TTL(keys[0]) != c.wait {
					t.Errorf("Redis holds %v", keys)
				}
				_, err := client("http://unused", rdb).StockBars(t.Context(), "900001", november(16), november(20))
				if fault.KindOf(err) == fault.Limited {
					t.Error("another host's token need not wait")
				}
				_, err = client(base, rdb).StockBars(t.Context(), "900001", november(16), november(20))
				if fault.KindOf(err) != c.kind || asked != 1 {
					t.Errorf("asked %d times, want the second to wait for the first's sake: %v", asked, err)
				}
			} else if len(keys) != 0 {
				t.Errorf("left behind in Redis: %v", keys)
			}
		})
	}
}

func TestWaitingForSomebodyElsesToken(t *testing.T) {
	t.Parallel()
	server, rdb := redisFor(t)
	b := &broker{t: t, quote: history(t, market.NewCalendar())}
	base := open(t, b)
	if _, err := client(base, rdb).StockBars(t.Context(), "900001", november(16), november(20)); err != nil {
		t.Fatal(err)
	}
	key := server.Keys()[0]
	if !server.Del(key) {
		t.Fatal("the token was not there")
	}
	if err := server.Set(key+":lock", "somebody else"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := client(base, rdb).StockBars(ctx, "900001", november(16), november(20)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a caller in a hurry: %v", err)
	}
	done := make(chan error)
	go func() {
		_, err := client(base, rdb).StockBars(t.Context(), "900001", november(16), november(20))
		done <- err
	}()
	if err := server.Set(key, "token-1"); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil || b.issued != 1 {
		t.Errorf("%d tokens: %v", b.issued, err)
	}
	if got, err := server.Get(key + ":lock"); err != nil || got != "somebody else" {
		t.Errorf("the lock is %q: %v", got, err)
	}
}

func TestWithoutRedis(t *testing.T) {
	t.Parallel()
	server, rdb := redisFor(t)
	server.Close()
	if _, err := client("http://unused", rdb).StockBars(t.Context(), "900001", november(16), november(20)); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("%v", err)
	}
}
