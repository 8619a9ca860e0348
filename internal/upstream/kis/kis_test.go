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

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
	"tickerwire/internal/upstream"
	"tickerwire/internal/upstream/kis"
	"tickerwire/internal/upstream/upstreamtest"
)

func november(day int) market.Day { return market.NewDay(2026, time.November, day) }

func TestStockBars(t *testing.T) {
	t.Parallel()
	_, rdb := redisFor(t)
	b := &broker{t: t, quote: func(w http.ResponseWriter, _ url.Values) { fmt.Fprintf(w, "%s", upstreamtest.File(t, "daily.json")) }}
	bars, err := client(open(t, b), rdb).StockBars(t.Context(), "900001", november(16), november(23))
	if err != nil {
		t.Fatal(err)
	}
	upstreamtest.Golden(t, "daily", bars)
	want := []url.Values{{"FID_COND_MRKT_DIV_CODE": {"J"}, "FID_INPUT_ISCD": {"900001"}, "FID_INPUT_DATE_1": {"20261116"},
		"FID_INPUT_DATE_2": {"20261123"}, "FID_PERIOD_DIV_CODE": {"D"}, "FID_ORG_ADJ_PRC": {"1"}}}
	if diff := cmp.Diff(want, b.queries); diff != "" {
		t.Errorf("queries (-want +got):\n%s", diff)
	}
}

// detour sends what is meant for a real host to another one.
type detour struct{ to *url.URL }

func (d detour) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.URL.Scheme, r.URL.Host = d.to.Scheme, d.to.Host
	return http.DefaultTransport.RoundTrip(r)
}

// counter is a limiter that notes whose tokens are taken.
type counter struct{ keys []string }

func (c *counter) Take(_ context.Context, key string) error {
	c.keys = append(c.keys, key)
	return nil
}

func TestAPaperAccountHasARateOfItsOwn(t *testing.T) {
	t.Parallel()
	for base, want := range map[string][]string{kis.PaperURL: {"kis:token", "kis:paper"}, kis.RealURL: {"kis:token", "kis"}, "": {"kis:token", "kis"}} {
		_, rdb := redisFor(t)
		to, err := url.Parse(open(t, &broker{t: t, quote: func(w http.ResponseWriter, _ url.Values) { fmt.Fprintf(w, "%s", upstreamtest.File(t, "daily.json")) }}))
		if err != nil {
			t.Fatal(err)
		}
		k, taken := client(base, rdb), &counter{}
		k.Client = &upstream.Client{HTTP: &http.Client{Transport: detour{to}}, Limiter: taken}
		if _, err := k.StockBars(t.Context(), "900001", november(16), november(23)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, taken.keys); diff != "" {
			t.Errorf("%q (-want +got):\n%s", base, diff)
		}
	}
}

func TestARowIsOfficialAt1605(t *testing.T) {
	t.Parallel()
	_, rdb := redisFor(t)
	base := open(t, &broker{t: t, quote: history(t, market.NewCalendar())})
	for _, c := range []struct {
		now  time.Time
		want int
	}{
		{november(23).At(16, 4), 1},
		{november(23).At(16, 5), 2},
		{november(20).At(12, 0), 0},
	} {
		k := client(base, rdb)
		k.Now = func() time.Time { return c.now }
		bars, err := k.StockBars(t.Context(), "900001", november(20), november(23))
		if err != nil || len(bars) != c.want {
			t.Errorf("at %s: %d bars, want %d: %v", c.now, len(bars), c.want, err)
		}
		for _, bar := range bars {
			if want := bar.Day.At(16, 5); !bar.KnownAt.Equal(want) {
				t.Errorf("%s is known at %s, want %s", bar.Day, bar.KnownAt, want)
			}
		}
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	calendar := market.NewCalendar()
	_, rdb := redisFor(t)
	b := &broker{t: t, quote: history(t, calendar)}
	from, to := market.NewDay(2026, time.January, 2), november(20)
	bars, err := client(open(t, b), rdb).StockBars(t.Context(), "900001", from, to)
	if err != nil {
		t.Fatal(err)
	}
	var want, got []market.Day
	for day := from; day <= to; day++ {
		open, err := calendar.IsOpen(day)
		if err != nil {
			t.Fatal(err)
		}
		if open {
			want = append(want, day)
		}
	}
	for _, bar := range bars {
		got = append(got, bar.Day)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("days (-want +got):\n%s", diff)
	}
	if b.quoted != 3 || b.issued != 1 {
		t.Errorf("%d calls and %d tokens for %d sessions, want 3 and 1", b.quoted, b.issued, len(want))
	}
}

func TestPagesThatDoNotMoveBack(t *testing.T) {
	t.Parallel()
	_, rdb := redisFor(t)
	b := &broker{t: t, quote: func(w http.ResponseWriter, _ url.Values) {
		rows := strings.Repeat(`{"stck_bsop_date":"20261123","stck_clpr":"1"},`, 100)
		fmt.Fprintf(w, `{"rt_cd":"0","msg_cd":"MCA00000","msg1":"","output2":[%s]}`, strings.TrimSuffix(rows, ","))
	}}
	if _, err := client(open(t, b), rdb).StockBars(t.Context(), "900001", november(2), november(20)); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("%v", err)
	}
	if _, err := client("http://unused", rdb).StockBars(t.Context(), "900001", november(20), november(2)); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a range the wrong way round: %v", err)
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		status int
		body   string
		kind   fault.Kind
		wait   time.Duration
		says   string
	}{
		{"too fast", 500, `{"rt_cd":"1","msg_cd":"EGW00201","msg1":"초당 거래건수를 초과하였습니다."}`, fault.Limited, time.Second, "초당"},
		{"too fast behind a 200", 200, `{"rt_cd":"1","msg_cd":"EGW00201","msg1":"초당 거래건수를 초과하였습니다."}`, fault.Limited, time.Second, "초당"},
		{"EGW00215", 500, `{"rt_cd":"1","msg_cd":"EGW00215","msg1":"?"}`, fault.Limited, time.Second, "EGW00215"},
		{"blocked", 403, `{"rt_cd":"1","msg_cd":"EGW00204","msg1":"?"}`, fault.Forbidden, 0, "blocked"},
		{"wrong input", 200, `{"rt_cd":"2","msg_cd":"OPSQ2001","msg1":"ERROR : INPUT INVALID_CHECK_MRKT_CODE"}`, fault.Invalid, 0, "OPSQ2001"},
		{"an unknown code", 200, `{"rt_cd":"1","msg_cd":"XXX00001","msg1":"점검 중"}`, fault.Unavailable, 0, "점검 중"},
		{"an unknown code behind a 500", 500, `{"rt_cd":"1","msg_cd":"XXX00001","msg1":"점검 중"}`, fault.Unavailable, 0, "status 500"},
		{"a 401 with a code", 401, `{"error_code":"EGW00105","error_description":"유효하지 않은 AppSecret입니다. ` + appSecret + `"}`, fault.Unauthorized, 0, "AppSecret입니다. ***"},
		{"an outage", 502, `<html>bad gateway</html>`, fault.Unavailable, 0, "502"},
		{"an empty 500", 500, `{}`, fault.Unavailable, 0, "500"},
		{"no code at all", 200, `{}`, fault.Unavailable, 0, "code"},
		{"no json", 200, `점검`, fault.Unavailable, 0, "no JSON"},
		{"no rows key", 200, `{"rt_cd":"0","msg_cd":"MCA00000","output1":{}}`, fault.Unavailable, 0, "output2"},
		{"numbers that are numbers", 200, `{"rt_cd":"0","msg_cd":"MCA00000","output2":[{"stck_bsop_date":20261120}]}`, fault.Unavailable, 0, "another form"},
		{"a price that is none", 200, `{"rt_cd":"0","output2":[{"stck_bsop_date":"20261120","stck_clpr":"many"}]}`, fault.Unavailable, 0, "many"},
		{"a negative price", 200, `{"rt_cd":"0","output2":[{"stck_bsop_date":"20261120","stck_clpr":"-5"}]}`, fault.Unavailable, 0, "negative"},
		{"a date that is none", 200, `{"rt_cd":"0","output2":[{"stck_bsop_date":"2026","stck_clpr":"5"}]}`, fault.Unavailable, 0, "2026"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, rdb := redisFor(t)
			b := &broker{t: t, quote: func(w http.ResponseWriter, _ url.Values) {
				w.WriteHeader(c.status)
				fmt.Fprint(w, c.body)
			}}
			bars, err := client(open(t, b), rdb).StockBars(t.Context(), "900001", november(16), november(20))
			if bars != nil || fault.KindOf(err) != c.kind || fault.RetryAfterOf(err) != c.wait {
				t.Errorf("%v, kind %s after %s, want %s after %s: %v", bars, fault.KindOf(err), fault.RetryAfterOf(err), c.kind, c.wait, err)
			}
			if err == nil || !strings.Contains(err.Error(), c.says) || !strings.HasPrefix(err.Error(), "kis: daily bars of 900001 until 2026-11-20: ") {
				t.Errorf("message %v, want it to say %q", err, c.says)
			}
			if b.issued != 1 || b.quoted != 1 {
				t.Errorf("%d tokens and %d calls, want one of each", b.issued, b.quoted)
			}
		})
	}
}

func FuzzRead(f *testing.F) {
	f.Add(upstreamtest.File(f, "daily.json"), 200)
	f.Add([]byte(`{"rt_cd":"1","msg_cd":"EGW00201","msg1":"x"}`), 500)
	f.Add([]byte(`{"error_code":"EGW00133","error_description":"x"}`), 403)
	f.Fuzz(func(t *testing.T, body []byte, status int) {
		bars, err := client("", nil).Read(&upstream.Response{Status: status, Body: body}, "900001", november(2), november(23))
		if err != nil && (fault.KindOf(err) == fault.Internal || bars != nil) {
			t.Errorf("%d bars and %v", len(bars), err)
		}
		for _, bar := range bars {
			if bar.Close <= 0 || bar.KnownAt.After(now()) || bar.Day < november(2) || bar.Day > november(23) {
				t.Errorf("%+v", bar)
			}
		}
	})
}
