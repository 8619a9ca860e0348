package kis_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"tickerwire/internal/market"
	"tickerwire/internal/upstream"
	"tickerwire/internal/upstream/kis"
)

const (
	appKey    = "app-key-1"
	appSecret = "app-secret-1"
)

// transactions are the services' names.
var transactions = map[string]string{"inquire-price": "FHKST01010100", "inquire-daily-itemchartprice": "FHKST03010100",
	"inquire-time-itemchartprice": "FHKST03010200", "inquire-time-dailychartprice": "FHKST03010230", "inquire-investor": "FHKST01010900",
	"inquire-index-daily-price": "FHPUP02120000", "chk-holiday": "CTCA0903R"}

// broker is a KIS with one account: it hands out numbered tokens and takes only the newest one.
type broker struct {
	t      *testing.T
	quote  func(w http.ResponseWriter, query url.Values) // answers a call with a good token
	refuse string                                        // when set, what tokens are refused with, and how often is left
	times  int
	status int // of that refusal; 0: 500

	mu      sync.Mutex
	issued  int
	quoted  int
	queries []url.Values
	conts   []string // header tr_cont of each
}

func (b *broker) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if r.URL.Path == "/oauth2/tokenP" {
		b.issue(w, r)
		return
	}
	b.quoted++
	b.queries = append(b.queries, r.URL.Query())
	b.conts = append(b.conts, r.Header.Get("tr_cont"))
	for name, want := range map[string]string{"tr_id": transactions[path.Base(r.URL.Path)], "appkey": appKey, "appsecret": appSecret, "custtype": "P"} {
		if got := r.Header.Get(name); got != want {
			b.t.Errorf("header %s: %q, want %q", name, got, want)
		}
	}
	if b.times > 0 || r.Header.Get("Authorization") != fmt.Sprint("Bearer token-", b.issued) {
		b.times--
		w.WriteHeader(cmp.Or(b.status, http.StatusInternalServerError))
		fmt.Fprintf(w, `{"rt_cd":"1","msg_cd":"%s","msg1":"기간이 만료된 token 입니다. token-%d"}`, b.refuse, b.issued)
		return
	}
	b.quote(w, r.URL.Query())
}

func (b *broker) issue(w http.ResponseWriter, r *http.Request) {
	var body map[string]string
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		b.t.Error(err)
	}
	if r.Method != http.MethodPost || body["grant_type"] != "client_credentials" || body["appkey"] != appKey || body["appsecret"] != appSecret {
		b.t.Errorf("%s with %v", r.Method, body)
	}
	b.issued++
	fmt.Fprintf(w, `{"access_token":"token-%d","token_type":"Bearer","expires_in":86400,"access_token_token_expired":"2026-11-24 08:31:05"}`, b.issued)
}

// open serves handler and returns its address.
func open(t *testing.T, handler http.Handler) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

func redisFor(t testing.TB) (*miniredis.Miniredis, *redis.Client) {
	t.Helper()
	server := miniredis.RunT(t)
	rdb := redis.NewClient(&redis.Options{Addr: server.Addr(), MaxRetries: -1})
	t.Cleanup(func() {
		if err := rdb.Close(); err != nil {
			t.Error(err)
		}
	})
	return server, rdb
}

// now is the Monday of the saved page, in session.
func now() time.Time { return market.NewDay(2026, time.November, 23).At(10, 30) }

func client(baseURL string, rdb redis.UniversalClient) *kis.Client {
	return &kis.Client{Client: &upstream.Client{}, BaseURL: baseURL, AppKey: appKey, AppSecret: appSecret, Redis: rdb,
		Calendar: market.NewCalendar(), Now: now}
}

// history is a stock that traded on every session, with a close of 70,000 won plus the day's number of the month.
func history(t *testing.T, calendar *market.Calendar) func(http.ResponseWriter, url.Values) {
	return func(w http.ResponseWriter, query url.Values) {
		from, err := market.ParseDay(query.Get("FID_INPUT_DATE_1"))
		if err != nil {
			t.Error(err)
		}
		to, err := market.ParseDay(query.Get("FID_INPUT_DATE_2"))
		if err != nil {
			t.Error(err)
		}
		var rows []string
		for day := to; day >= from && len(rows) < 100; day-- {
			open, err := calendar.IsOpen(day)
			if err != nil {
				t.Error(err)
			}
			if open {
				rows = append(rows, fmt.Sprintf(`{"stck_bsop_date":"%s","stck_clpr":"%d","stck_oprc":"70000","stck_hgpr":"70100","stck_lwpr":"69900","acml_vol":"10"}`,
					day.Compact(), 70000+int(day)%100))
			}
		}
		fmt.Fprintf(w, `{"rt_cd":"0","msg_cd":"MCA00000","msg1":"정상처리 되었습니다.","output1":{},"output2":[%s]}`, strings.Join(rows, ","))
	}
}
