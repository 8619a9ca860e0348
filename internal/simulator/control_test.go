package simulator_test

import (
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/simulator"
)

func TestClock(t *testing.T) {
	t.Parallel()
	r := smallRig(t, simulator.Limits{})
	read := func(res *httptest.ResponseRecorder) string {
		t.Helper()
		got := object(t, res.Body)
		return got["now"].(string)
	}
	got := []string{read(r.get("/_sim/clock"))}
	r.pass(time.Hour) // speed 0: it stands still
	got = append(got, read(r.get("/_sim/clock")))
	got = append(got, read(r.do("PUT", "/_sim/clock", `{"now":"2026-11-16T01:00:00.5Z","speed":60}`)))
	r.pass(time.Second)
	got = append(got, read(r.get("/_sim/clock")))
	got = append(got, read(r.do("PUT", "/_sim/clock", `{"speed":0.5}`)))
	r.pass(2 * time.Second)
	got = append(got, read(r.get("/_sim/clock")))
	want := []string{"2026-11-16T09:00:00+09:00", "2026-11-16T09:00:00+09:00", "2026-11-16T10:00:00.5+09:00", "2026-11-16T10:01:00.5+09:00", "2026-11-16T10:01:00.5+09:00", "2026-11-16T10:01:01.5+09:00"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestControlRefusals(t *testing.T) {
	t.Parallel()
	r := smallRig(t, simulator.Limits{})
	for _, c := range []struct {
		method, path, body string
		want               int
	}{
		{"PUT", "/_sim/clock", `{"speed":-1}`, 400}, {"PUT", "/_sim/clock", `{"now":"soon"}`, 400}, {"PUT", "/_sim/clock", `{"tempo":2}`, 400}, {"POST", "/_sim/clock", "{}", 405},
		{"PUT", "/_sim/faults/bank", `{"status":503}`, 404}, {"PUT", "/_sim/faults/kis", `{}`, 400}, {"PUT", "/_sim/faults/kis", `{"status":200}`, 400},
		{"PUT", "/_sim/faults/kis", `{"status":503,"reset":true}`, 400}, {"PUT", "/_sim/faults/kis", `{"status":503,"rate":1.5}`, 400}, {"PUT", "/_sim/faults/kis", `{"stauts":503}`, 400},
		{"PUT", "/_sim/faults/kis", `{"latency_ms":-1}`, 400}, {"PUT", "/_sim/faults/kis", `{"limit":true,"after":true}`, 400}, {"GET", "/_sim/faults/kis", "", 404}, {"POST", "/_sim/faults/kis", "", 405},
		{"GET", "/_sim/telegram/messages?since=x", "", 400}, {"PUT", "/_sim/telegram/chats/x", "{}", 400}, {"GET", "/_sim/nothing", "", 404}, {"POST", "/_sim/keys", "", 405},
	} {
		res := r.do(c.method, c.path, c.body)
		if res.Code != c.want || object(t, res.Body)["error"] == "" {
			t.Errorf("%s %s %s: %d, want %d", c.method, c.path, c.body, res.Code, c.want)
		}
	}
}

func TestKeysAreThoseThatWork(t *testing.T) {
	t.Parallel()
	r := smallRig(t, simulator.Limits{})
	keys := object(t, r.get("/_sim/keys").Body)
	if diff := cmp.Diff([]any{-70., 7.}, keys["telegram_chats"]); diff != "" {
		t.Error(diff)
	}
	for path, header := range map[string][]string{
		"/dart/api/list.json?crtfc_key=" + keys["dart_key"].(string): nil,
		"/krx/svc/apis/sto/stk_bydd_trd?basDd=20261116":              {"AUTH_KEY", keys["krx_key"].(string)},
		"/telegram/bot" + keys["telegram_token"].(string) + "/getMe": nil,
		hub + "?query=a":    {"X-NCP-APIGW-API-KEY-ID", keys["naver_hub_id"].(string), "X-NCP-APIGW-API-KEY", keys["naver_hub_secret"].(string)},
		legacy + "?query=a": {"X-Naver-Client-Id", keys["naver_legacy_id"].(string), "X-Naver-Client-Secret", keys["naver_legacy_secret"].(string)},
	} {
		res := r.get(path, header...)
		if body := res.Body.String(); res.Code != 200 || strings.Contains(body, `"010"`) {
			t.Errorf("%s: %d %s", path, res.Code, body)
		}
	}
}

// TestLimitsInEachDialect checks what each upstream answers when the switch for its limit is on.
func TestLimitsInEachDialect(t *testing.T) {
	t.Parallel()
	r := smallRig(t, simulator.Limits{})
	for name, c := range map[string]struct {
		path   string
		status int
		body   string
		after  string
	}{
		"feed":     {"/feed/wire", 429, "Too Many Requests\n", "2"},
		"naver":    {legacy, 429, `{"errorMessage":"Rate limit exceeded. (속도 제한을 초과했습니다.)","errorCode":"012"}`, ""},
		"dart":     {"/dart/api/list.json", 200, `{"status":"020","message":"사용한도를 초과하였습니다."}`, ""},
		"krx":      {"/krx/svc/apis/sto/stk_bydd_trd", 429, `{"respMsg":"API call limit exceeded","respCode":"429"}`, ""},
		"kis":      {chartPath, 500, `{"rt_cd":"1","msg_cd":"EGW00201","msg1":"초당 거래건수를 초과하였습니다."}`, ""},
		"telegram": {"/telegram/bot" + r.Keys().TelegramToken + "/getMe", 429, `{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 2","parameters":{"retry_after":2}}`, "2"},
		"openai":   {"/openai/v1/embeddings", 429, `{"error":{"message":"Rate limit reached in organization org-simulated on requests per min (RPM): Limit 3, Used 3, Requested 1. Please try again in 2s.","type":"requests","param":null,"code":"rate_limit_exceeded"}}`, "2"},
	} {
		if res := r.do("PUT", "/_sim/faults/"+name, `{"limit":true}`); res.Code != 200 {
			t.Fatal(res.Code)
		}
		res := r.get(c.path)
		if res.Code != c.status || res.Body.String() != c.body || res.Header().Get("Retry-After") != c.after {
			t.Errorf("%s: %d %s %q", name, res.Code, res.Body, res.Header().Get("Retry-After"))
		}
	}
}

func TestFaultsComeAndGo(t *testing.T) {
	t.Parallel()
	r := smallRig(t, simulator.Limits{})
	r.at(monday.At(13, 0))
	r.do("PUT", "/_sim/faults/feed", `{"status":503}`)
	if res := r.get("/feed/wire"); res.Code != 503 || res.Header().Get("Content-Type") != "text/html" {
		t.Errorf("status: %d", res.Code)
	}
	if res := r.get("/dart/api/list.json"); res.Code != 200 {
		t.Errorf("another upstream: %d", res.Code)
	}
	r.do("PUT", "/_sim/faults/feed", `{"malformed":true}`)
	res := r.get("/feed/wire")
	if err := xml.Unmarshal(res.Body.Bytes(), new(rss)); err == nil || res.Code != 200 || res.Header().Get("ETag") != "" {
		t.Errorf("malformed: %d, ETag %q, %v", res.Code, res.Header().Get("ETag"), err)
	}
	if got := r.served(); len(got) > 0 {
		t.Errorf("broken answers count as served: %v", got)
	}
	if res := r.do("DELETE", "/_sim/faults/feed", ""); res.Code != 204 {
		t.Errorf("delete: %d", res.Code)
	}
	if got := len(r.feed("wire").Items); got != 5 {
		t.Errorf("after the fault %d items", got)
	}
}

func TestFaultRateIsAShareAndRepeats(t *testing.T) {
	t.Parallel()
	r := smallRig(t, simulator.Limits{})
	run := func() (hits string) {
		r.do("PUT", "/_sim/faults/feed", `{"status":502,"rate":0.3}`)
		for range 500 {
			if r.get("/feed/maeil").Code == 502 {
				hits += "x"
			} else {
				hits += "."
			}
		}
		return hits
	}
	first := run()
	if n := strings.Count(first, "x"); n < 120 || n > 180 {
		t.Errorf("%d of 500 hit, want about 150", n)
	}
	if run() != first {
		t.Error("the same fault hits other requests")
	}
	r.do("PUT", "/_sim/faults/feed", `{"status":502,"rate":0}`)
	if res := r.get("/feed/maeil"); res.Code != 200 {
		t.Errorf("rate 0: %d", res.Code)
	}
}

// TestLostAnswers sends messages whose answers never arrive: without after they were not accepted either.
func TestLostAnswers(t *testing.T) {
	t.Parallel()
	r := smallRig(t, simulator.Limits{})
	server := httptest.NewServer(r.Server)
	defer server.Close()
	send := func() error {
		r.pass(time.Second)
		res, err := http.Get(server.URL + "/telegram/bot" + r.Keys().TelegramToken + "/sendMessage?chat_id=7&text=a")
		if err != nil {
			return err
		}
		defer res.Body.Close()
		_, err = io.Copy(io.Discard, res.Body)
		return err
	}
	for _, c := range []struct {
		fault string
		kept  int
		lost  bool
	}{{`{"reset":true}`, 0, true}, {`{"reset":true,"after":true}`, 1, true}, {`{"status":502}`, 1, false}, {`{"status":502,"after":true}`, 2, false}, {`{"malformed":true}`, 3, false}} {
		if res := r.do("PUT", "/_sim/faults/telegram", c.fault); res.Code != 200 {
			t.Fatal(res.Body)
		}
		err := send()
		if lost := errors.Is(err, syscall.ECONNRESET) || errors.Is(err, io.EOF); lost != c.lost {
			t.Errorf("%s: %v", c.fault, err)
		}
		if n := len(r.Messages()); n != c.kept {
			t.Errorf("%s: %d messages were accepted, want %d", c.fault, n, c.kept)
		}
	}
}

func TestLatencyEndsWithTheClient(t *testing.T) {
	t.Parallel()
	r := smallRig(t, simulator.Limits{})
	server := httptest.NewServer(r.Server)
	defer server.Close()
	r.do("PUT", "/_sim/faults/telegram", `{"latency_ms":60000}`)
	client := http.Client{Timeout: 50 * time.Millisecond}
	if _, err := client.Get(server.URL + "/telegram/bot" + r.Keys().TelegramToken + "/sendMessage?chat_id=7&text=a"); err == nil {
		t.Error("answered at once")
	}
	r.do("PUT", "/_sim/faults/telegram", `{"latency_ms":30}`)
	began := time.Now()
	if res := r.get("/telegram/bot" + r.Keys().TelegramToken + "/getMe"); res.Code != 200 || time.Since(began) < 30*time.Millisecond {
		t.Errorf("%d after %v", res.Code, time.Since(began))
	}
	if n := len(r.Messages()); n != 0 {
		t.Errorf("%d messages of a client that had gone", n)
	}
}

// TestManyClientsAtOnce has every upstream asked at once while the clock is moved; it is for the race detector.
func TestManyClientsAtOnce(t *testing.T) {
	t.Parallel()
	m := newMarket(t, simulator.MarketOptions{Seed: 1})
	r := newRig(t, m, simulator.Limits{})
	var all sync.WaitGroup
	for i, path := range []string{"/feed/wire", "/feed/maeil", hub + "?query=a", "/dart/api/list.json?crtfc_key=" + r.Keys().DARTKey, "/krx/svc/apis/sto/stk_bydd_trd?basDd=20261123",
		"/telegram/bot" + r.Keys().TelegramToken + "/sendMessage?chat_id=7&text=a", "/_sim/served", "/_sim/telegram/messages", "/_sim/clock"} {
		all.Go(func() {
			for n := range 20 {
				at := m.Start().Add(time.Duration(n*i) * time.Hour)
				r.at(at)
				if res := r.get(path, append(r.hubKeys(), "AUTH_KEY", r.Keys().KRXKey)...); res.Code != 200 && res.Code != 429 {
					t.Errorf("%s: %d %s", path, res.Code, res.Body)
				}
			}
		})
	}
	all.Wait()
	if len(r.Messages()) != 1 {
		t.Errorf("%d messages within one second", len(r.Messages()))
	}
}

// TestCodes has the systems refuse with the codes that they have.
func TestCodes(t *testing.T) {
	t.Parallel()
	r := smallRig(t, simulator.Limits{})
	r.at(monday.At(13, 0))
	list := "/dart/api/list.json?crtfc_key=" + r.Keys().DARTKey
	const price = "/kis/uapi/domestic-stock/v1/quotations/inquire-price"
	for _, c := range []struct {
		upstream, fault, path string
		status                int
		body                  string
	}{
		{"naver", `{"code":"012"}`, legacy, 429, `"errorCode":"012"}`},
		{"naver", `{"code":"010"}`, hub, 429, `"errorCode":"010"}`},
		{"naver", `{"code":"010","mild":true}`, hub, 200, `"errorCode":"010"}`},
		{"naver", `{"limit":true,"mild":true}`, hub, 200, `"errorCode":"012"}`},
		{"naver", `{"code":"024"}`, legacy, 401, `"errorCode":"024"}`},
		{"naver", `{"code":"200"}`, hub, 401, `"details":"Invalid authentication information."}}`},
		{"naver", `{"code":"210"}`, hub, 401, `"details":"A subscription to the API is required."}}`},
		{"naver", `{"code":"401"}`, hub, 401, `{"error":{"errorCode":401,"message":"요청한 API는 이 애플리케이션에서 사용하도록 설정되지 않았습니다."}}`},
		{"naver", `{"code":"SE01"}`, hub, 400, `"errorCode":"SE01"}`},
		{"naver", `{"code":"SE05"}`, hub, 404, `"errorCode":"SE05"}`},
		{"naver", `{"code":"SE99"}`, hub, 500, `"errorCode":"SE99"}`},
		{"dart", `{"code":"800"}`, list, 200, `{"status":"800","message":"시스템 점검으로 인한 서비스가 중지 중입니다."}`},
		{"dart", `{"code":"011"}`, list, 200, `{"status":"011","message":"사용할 수 없는 키입니다."}`},
		{"dart", `{"code":"013"}`, list, 200, `{"status":"013","message":"조회된 데이타가 없습니다."}`},
		{"dart", `{"code":"901"}`, "/dart/api/corpCode.xml", 200, "<result><status>901</status><message>사용자 계정의 개인정보 보유기간이 만료되어 사용할 수 없는 키입니다.</message></result>"},
		{"krx", `{"code":"Unauthorized Key"}`, "/krx/svc/apis/sto/stk_bydd_trd", 401, `{"respMsg":"Unauthorized Key","respCode":"401"}`},
		{"krx", `{"code":"Unauthorized API Call"}`, "/krx/svc/apis/sto/stk_bydd_trd", 401, `{"respMsg":"Unauthorized API Call","respCode":"401"}`},
		{"krx", `{"code":"429"}`, "/krx/svc/apis/sto/stk_bydd_trd", 429, `"respCode":"429"}`},
		{"kis", `{"code":"EGW00103"}`, price, 500, `"msg_cd":"EGW00103","msg1":"유효하지 않은 AppKey입니다."}`},
		{"kis", `{"code":"EGW00123"}`, price, 500, `"msg_cd":"EGW00123","msg1":"기간이 만료된 token 입니다."}`},
		{"kis", `{"code":"EGW00133"}`, "/kis/oauth2/tokenP", 403, `{"error_code":"EGW00133","error_description":"접근토큰 발급 잠시 후 다시 시도하세요(1분당 1회)"}`},
		{"kis", `{"code":"EGW00201"}`, price, 500, `"msg_cd":"EGW00201","msg1":"초당 거래건수를 초과하였습니다."}`},
		{"kis", `{"code":"EGW00204"}`, price, 403, `"msg_cd":"EGW00204","msg1":"접근이 제한된 계정입니다."}`},
	} {
		if res := r.do("PUT", "/_sim/faults/"+c.upstream, c.fault); res.Code != 200 {
			t.Fatalf("%s: %d %s", c.fault, res.Code, res.Body)
		}
		res := r.get(c.path)
		if body := res.Body.String(); res.Code != c.status || !strings.HasSuffix(body, c.body) {
			t.Errorf("%s %s: %d %s", c.upstream, c.fault, res.Code, body)
		}
	}
	for upstream, fault := range map[string]string{"naver": `{"code":"800"}`, "dart": `{"code":"777"}`, "krx": `{"code":"401"}`,
		"kis": `{"status":503,"code":"1"}`, "feed": `{"status":503,"mild":true}`} {
		if res := r.do("PUT", "/_sim/faults/"+upstream, fault); res.Code != 400 {
			t.Errorf("%s %s: %d, want 400", upstream, fault, res.Code)
		}
	}
}
