package kis_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
	"tickerwire/internal/upstream"
	"tickerwire/internal/upstream/kis"
	"tickerwire/internal/upstream/upstreamtest"
)

// service is one question to KIS, with the page that answers it.
type service struct {
	name   string // of the golden file
	page   string
	block  string // the key of its rows
	ask    func(context.Context, *kis.Client) (any, error)
	query  url.Values
	prefix string // of its errors
}

func services() []service {
	minutes := func(day int) func(context.Context, *kis.Client) (any, error) {
		return func(ctx context.Context, k *kis.Client) (any, error) {
			return k.Minutes(ctx, "900001", market.KRX, november(day).At(9, 0), november(day).At(15, 30))
		}
	}
	return []service{
		{"price", "price.json", "output", func(ctx context.Context, k *kis.Client) (any, error) { return k.Quote(ctx, "900001") },
			url.Values{"FID_COND_MRKT_DIV_CODE": {"J"}, "FID_INPUT_ISCD": {"900001"}}, "kis: price of 900001: "},
		{"today", "today.json", "output2", minutes(23), url.Values{"FID_COND_MRKT_DIV_CODE": {"J"}, "FID_INPUT_ISCD": {"900001"}, "FID_ETC_CLS_CODE": {""},
			"FID_PW_DATA_INCU_YN": {"N"}, "FID_INPUT_HOUR_1": {"102900"}}, "kis: minutes of 900001 on 2026-11-23: "},
		{"past", "past.json", "output2", minutes(20), url.Values{"FID_COND_MRKT_DIV_CODE": {"J"}, "FID_INPUT_ISCD": {"900001"}, "FID_INPUT_DATE_1": {"20261120"},
			"FID_PW_DATA_INCU_YN": {"N"}, "FID_FAKE_TICK_INCU_YN": {"N"}, "FID_INPUT_HOUR_1": {"153000"}}, "kis: minutes of 900001 on 2026-11-20: "},
		{"investors", "investors.json", "output", func(ctx context.Context, k *kis.Client) (any, error) { return k.Flows(ctx, "900001") },
			url.Values{"FID_COND_MRKT_DIV_CODE": {"J"}, "FID_INPUT_ISCD": {"900001"}}, "kis: flows of 900001: "},
		{"index", "index.json", "output2", func(ctx context.Context, k *kis.Client) (any, error) {
			return k.IndexDays(ctx, market.KOSPI, november(16), november(23))
		}, url.Values{"FID_PERIOD_DIV_CODE": {"D"}, "FID_COND_MRKT_DIV_CODE": {"U"}, "FID_INPUT_ISCD": {"0001"}, "FID_INPUT_DATE_1": {"20261123"}}, "kis: KOSPI until 2026-11-23: "},
		{"holidays", "holidays2.json", "output", func(ctx context.Context, k *kis.Client) (any, error) {
			days, _, err := k.OpenDays(ctx, november(23))
			return days, err
		},
			url.Values{"BASS_DT": {"20261123"}, "CTX_AREA_NK": {""}, "CTX_AREA_FK": {""}}, "kis: open days from 2026-11-23: "},
	}
}

func TestServices(t *testing.T) {
	t.Parallel()
	for _, s := range services() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			_, rdb := redisFor(t)
			b := &broker{t: t, quote: func(w http.ResponseWriter, _ url.Values) { fmt.Fprintf(w, "%s", upstreamtest.File(t, s.page)) }}
			got, err := s.ask(t.Context(), client(open(t, b), rdb))
			if err != nil {
				t.Fatal(err)
			}
			upstreamtest.Golden(t, s.name, got)
			if diff := cmp.Diff([]url.Values{s.query}, b.queries); diff != "" {
				t.Errorf("queries (-want +got):\n%s", diff)
			}
		})
	}
}

// TestServiceErrors asks every service for every refusal that KIS is known to give.
func TestServiceErrors(t *testing.T) {
	t.Parallel()
	for _, s := range services() {
		for _, c := range []struct {
			name   string
			status int
			body   string
			kind   fault.Kind
			wait   time.Duration
		}{
			{"too fast", 500, `{"rt_cd":"1","msg_cd":"EGW00201","msg1":"초당 거래건수를 초과하였습니다."}`, fault.Limited, time.Second},
			{"too fast behind a 200", 200, `{"rt_cd":"1","msg_cd":"EGW00201","msg1":"초당 거래건수를 초과하였습니다."}`, fault.Limited, time.Second},
			{"too fast behind a 401", 401, `{"rt_cd":"1","msg_cd":"EGW00201","msg1":"초당 거래건수를 초과하였습니다."}`, fault.Limited, time.Second},
			{"EGW00215", 500, `{"rt_cd":"1","msg_cd":"EGW00215","msg1":"?"}`, fault.Limited, time.Second},
			{"blocked", 403, `{"rt_cd":"1","msg_cd":"EGW00204","msg1":"?"}`, fault.Forbidden, 0},
			{"a bad key behind a 500", 500, `{"rt_cd":"1","msg_cd":"EGW00103","msg1":"유효하지 않은 AppKey입니다. ` + appKey + `"}`, fault.Unauthorized, 0},
			{"a bad secret behind a 200", 200, `{"rt_cd":"1","msg_cd":"EGW00304","msg1":"유효하지 않은 AppSecret입니다. ` + appSecret + `"}`, fault.Unauthorized, 0},
			{"wrong input", 200, `{"rt_cd":"2","msg_cd":"OPSQ2001","msg1":"ERROR : INPUT INVALID_CHECK_MRKT_CODE"}`, fault.Invalid, 0},
			{"wrong input, result 1", 200, `{"rt_cd":"1","msg_cd":"OPSQ2001","msg1":"ERROR INPUT FIELD NOT FOUND"}`, fault.Invalid, 0},
			{"an unknown code", 200, `{"rt_cd":"1","msg_cd":"XXX00001","msg1":"점검 중"}`, fault.Unavailable, 0},
			{"an outage", 502, `<html>bad gateway</html>`, fault.Unavailable, 0},
			{"no block", 200, `{"rt_cd":"0","msg_cd":"MCA00000","msg1":"정상처리 되었습니다."}`, fault.Unavailable, 0},
			{"null for the block", 200, `{"rt_cd":"0","msg_cd":"MCA00000","` + s.block + `":null}`, fault.Unavailable, 0},
			{"numbers that are numbers", 200, strings.ReplaceAll(string(upstreamtest.File(t, s.page)), `"20261120"`, `20261120`) + "x", fault.Unavailable, 0},
		} {
			t.Run(s.name+"/"+c.name, func(t *testing.T) {
				t.Parallel()
				_, rdb := redisFor(t)
				b := &broker{t: t, quote: func(w http.ResponseWriter, _ url.Values) {
					w.WriteHeader(c.status)
					fmt.Fprint(w, c.body)
				}}
				_, err := s.ask(t.Context(), client(open(t, b), rdb))
				if fault.KindOf(err) != c.kind || fault.RetryAfterOf(err) != c.wait || b.quoted != 1 {
					t.Errorf("kind %s after %s, want %s after %s, in one call and not %d: %v", fault.KindOf(err), fault.RetryAfterOf(err), c.kind, c.wait, b.quoted, err)
				}
				if err == nil || !strings.HasPrefix(err.Error(), s.prefix) || strings.Contains(err.Error(), appKey) || strings.Contains(err.Error(), appSecret) {
					t.Errorf("message %v", err)
				}
			})
		}
		t.Run(s.name+"/a token that is refused is replaced once", func(t *testing.T) {
			t.Parallel()
			_, rdb := redisFor(t)
			b := &broker{t: t, refuse: "EGW00123", times: 1, quote: func(w http.ResponseWriter, _ url.Values) { fmt.Fprintf(w, "%s", upstreamtest.File(t, s.page)) }}
			if _, err := s.ask(t.Context(), client(open(t, b), rdb)); err != nil || b.issued != 2 {
				t.Errorf("%d tokens: %v", b.issued, err)
			}
		})
	}
}

func TestRowsOfAnotherForm(t *testing.T) {
	t.Parallel()
	ask := map[string]service{}
	for _, s := range services() {
		ask[s.name] = s
	}
	for _, c := range []struct{ name, service, body string }{
		{"a price that is none", "price", `{"rt_cd":"0","output":{"stck_prpr":"many"}}`},
		{"a negative price", "price", `{"rt_cd":"0","output":{"stck_prpr":"-5"}}`},
		{"an hour that is none", "today", `{"rt_cd":"0","output2":[{"stck_bsop_date":"20261123","stck_cntg_hour":"2561"}]}`},
		{"a negative volume", "past", `{"rt_cd":"0","output2":[{"stck_bsop_date":"20261120","stck_cntg_hour":"090000","stck_prpr":"1","cntg_vol":"-1"}]}`},
		{"a flow beyond all money", "investors", `{"rt_cd":"0","output":[{"stck_bsop_date":"20261120","prsn_ntby_qty":"1","prsn_ntby_tr_pbmn":"9223372036854775807"}]}`},
		{"a day outside of the calendar", "investors", `{"rt_cd":"0","output":[{"stck_bsop_date":"19991231","prsn_ntby_qty":"1"}]}`},
		{"a level that is none", "index", `{"rt_cd":"0","output2":[{"stck_bsop_date":"20261120","bstp_nmix_prpr":"NaN"}]}`},
		{"a negative level", "index", `{"rt_cd":"0","output2":[{"stck_bsop_date":"20261120","bstp_nmix_prpr":"-1.5"}]}`},
		{"neither open nor closed", "holidays", `{"rt_cd":"0","output":[{"bass_dt":"20261124","opnd_yn":""}]}`},
		{"open on a Saturday", "holidays", `{"rt_cd":"0","output":[{"bass_dt":"20261128","opnd_yn":"Y"}]}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, rdb := redisFor(t)
			b := &broker{t: t, quote: func(w http.ResponseWriter, _ url.Values) { fmt.Fprint(w, c.body) }}
			if got, err := ask[c.service].ask(t.Context(), client(open(t, b), rdb)); fault.KindOf(err) != fault.Unavailable {
				t.Errorf("%v, %v", got, err)
			}
		})
	}
	t.Run("no price at all", func(t *testing.T) {
		t.Parallel()
		for _, body := range []string{`{"rt_cd":"0","output":{}}`, `{"rt_cd":"0","output":{"stck_prpr":"0"}}`} {
			_, rdb := redisFor(t)
			b := &broker{t: t, quote: func(w http.ResponseWriter, _ url.Values) { fmt.Fprint(w, body) }}
			if _, err := client(open(t, b), rdb).Quote(t.Context(), "900001"); fault.KindOf(err) != fault.NotFound {
				t.Errorf("%s: %v", body, err)
			}
		}
	})
}

func TestOpenDaysFollowTheHeader(t *testing.T) {
	t.Parallel()
	for _, more := range []string{"M", "F"} {
		_, rdb := redisFor(t)
		b := &broker{t: t}
		b.quote = func(w http.ResponseWriter, query url.Values) {
			page := "holidays2.json"
			if query.Get("BASS_DT") == "20261123" {
				page = "holidays1.json"
				w.Header()["tr_cont"] = []string{more}
			}
			fmt.Fprintf(w, "%s", upstreamtest.File(t, page))
		}
		k := client(open(t, b), rdb)
		days, goesOn, err := k.OpenDays(t.Context(), november(23))
		if err != nil || !goesOn {
			t.Fatalf("the first page: more %t, %v", goesOn, err)
		}
		rest, goesOn, err := k.OpenDays(t.Context(), days[len(days)-1].Day+1)
		if err != nil || goesOn {
			t.Fatalf("the last page: more %t, %v", goesOn, err)
		}
		upstreamtest.Golden(t, "holidays-paged", append(days, rest...))
		if diff := cmp.Diff([]string{"", ""}, b.conts); diff != "" || b.quoted != 2 {
			t.Errorf("%d calls, tr_cont: %s", b.quoted, diff)
		}
	}
	_, rdb := redisFor(t)
	b := &broker{t: t, quote: func(w http.ResponseWriter, _ url.Values) {
		w.Header()["tr_cont"] = []string{"M"}
		fmt.Fprintf(w, "%s", upstreamtest.File(t, "holidays1.json"))
	}}
	if _, _, err := client(open(t, b), rdb).OpenDays(t.Context(), november(30)); fault.KindOf(err) != fault.Unavailable || b.quoted != 1 {
		t.Errorf("more of what was asked for before: %d calls, %v", b.quoted, err)
	}
}

// replay is a KIS in memory that answers every question with the same bytes.
type replay struct {
	status int
	cont   string
	body   []byte
}

func (r replay) RoundTrip(req *http.Request) (*http.Response, error) {
	res := answered(http.StatusOK, []byte(`{"access_token":"t","token_type":"Bearer","expires_in":86400}`))
	if req.URL.Path != "/oauth2/tokenP" {
		res = answered(r.status, r.body)
		res.Header.Set("Tr_cont", r.cont)
	}
	res.Request = req
	return res, nil
}

// held is a Redis in memory that always holds the token "t": nothing is dialled, so that a fuzzer sees the parser only.
type held struct{}

func (held) DialHook(next redis.DialHook) redis.DialHook { return next }

func (held) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

func (held) ProcessHook(redis.ProcessHook) redis.ProcessHook {
	return func(_ context.Context, cmd redis.Cmder) error {
		switch c := cmd.(type) {
		case *redis.StringCmd:
			c.SetVal("t")
		case *redis.Cmd:
			c.SetVal(int64(0))
		}
		return nil
	}
}

func FuzzServices(f *testing.F) {
	for _, s := range services() {
		f.Add(upstreamtest.File(f, s.page), 200, "")
	}
	f.Add(upstreamtest.File(f, "holidays1.json"), 200, "M")
	f.Add([]byte(`{"rt_cd":"1","msg_cd":"EGW00201","msg1":"x"}`), 500, "")
	f.Add([]byte(`{"rt_cd":"0","output":[{},null],"output2":[null]}`), 200, "F")
	rdb := redis.NewClient(&redis.Options{})
	rdb.AddHook(held{})
	f.Cleanup(func() {
		if err := rdb.Close(); err != nil {
			f.Error(err)
		}
	})
	f.Fuzz(func(t *testing.T, body []byte, status int, cont string) {
		if status < 100 || status > 999 {
			return // no HTTP status
		}
		k := client("http://kis.invalid", rdb)
		k.Client = &upstream.Client{HTTP: &http.Client{Transport: replay{status, cont, body}}}
		for _, s := range services() {
			if _, err := s.ask(t.Context(), k); err != nil && (fault.KindOf(err) == fault.Internal || !strings.HasPrefix(err.Error(), "kis: ")) {
				t.Errorf("%s: an error without a kind: %v", s.name, err)
			}
		}
		minutes, err := k.Minutes(t.Context(), "900001", market.KRX, november(20).At(9, 0), november(20).At(15, 30))
		for i, m := range minutes {
			if err != nil || m.Close <= 0 || m.Volume <= 0 || m.KnownAt.After(now()) || market.DayOf(m.At) != november(20) || i > 0 && !m.At.After(minutes[i-1].At) {
				t.Errorf("%+v, %v", m, err)
			}
		}
	})
}
