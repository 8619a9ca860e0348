package handlers_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"tickerwire/store"
)

// told is what a caller reads of a refusal.
type told struct{ Title, Detail, Field string }

func TestProblemsAreToldInTheCallersLanguage(t *testing.T) {
	t.Parallel()
	s := open(t)
	admin, reader := s.as("admin"), s.as("user")
	s.do(request{method: "POST", path: "/api/models", token: admin, body: map[string]string{"kind": "baseline", "name": "하나"}}).want(http.StatusCreated)
	run, _, err := s.db.OrderRun(t.Context(), store.Run{Kind: "crawl", Key: "한빛신문"})
	must(t, err)
	must(t, s.db.FinishRun(t.Context(), run.ID, store.RunDone, "", nil))
	for name, c := range map[string]struct {
		request request
		status  int
		english told
		korean  told
	}{
		"too large": {request{method: "GET", path: "/api/stocks?limit=201", token: reader}, 400,
			told{"Bad Request", "it must be at most 200", "limit"}, told{"잘못된 요청", "200 이하여야 합니다.", "limit"}},
		"no number": {request{method: "GET", path: "/api/stocks?limit=x", token: reader}, 400,
			told{"Bad Request", "it must be a whole number", "limit"}, told{"잘못된 요청", "정수여야 합니다.", "limit"}},
		"a field nobody knows": {request{method: "PUT", path: "/api/watchlist", token: reader, body: map[string]any{"codes": []string{}, "more": 1}}, 400,
			told{"Bad Request", "there is no such field", "more"}, told{"잘못된 요청", "없는 항목입니다.", "more"}},
		"signed out": {request{method: "GET", path: "/api/stocks"}, 401, told{"Unauthorized", "sign in first", ""}, told{"로그인 필요", "먼저 로그인하세요.", ""}},
		"not allowed": {request{method: "GET", path: "/api/users", token: reader}, 403,
			told{"Forbidden", "this needs the scope users", ""}, told{"권한 없음", "권한이 없습니다. 필요한 권한: users", ""}},
		"another site's": {request{method: "POST", path: "/api/auth/refresh", header: map[string]string{"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}}, 403,
			told{"Forbidden", "this was sent by a page of another site", ""}, told{"권한 없음", "다른 사이트의 페이지에서 보낸 요청입니다.", ""}},
		"no such model": {request{method: "PATCH", path: "/api/models/987654", token: admin, body: map[string]string{"name": "x"}}, 404,
			told{"Not Found", "model 987654 does not exist", ""}, told{"찾을 수 없음", "987654번 모델이 없습니다.", ""}},
		"no such prediction": {request{method: "GET", path: "/api/predictions/987654", token: reader}, 404,
			told{"Not Found", "prediction 987654 does not exist", ""}, told{"찾을 수 없음", "987654번 예측이 없습니다.", ""}},
		"no such address": {request{method: "GET", path: "/api/nowhere", token: reader}, 404,
			told{"Not Found", "there is nothing at this address", ""}, told{"찾을 수 없음", "이 주소에는 아무것도 없습니다.", ""}},
		"no such method": {request{method: "PUT", path: "/api/stocks", token: reader}, 405,
			told{"Method Not Allowed", "this address does not take this method", ""}, told{"허용되지 않는 방식", "이 주소에서 받지 않는 요청 방식입니다.", ""}},
		"a name that is taken": {request{method: "POST", path: "/api/models", token: admin, body: map[string]string{"kind": "baseline", "name": "하나"}}, 409,
			told{"Conflict", `there is a model named "하나"`, ""}, told{"지금 상태와 맞지 않는 요청", `이미 쓰고 있는 모델 이름입니다: "하나"`, ""}},
		"an address that is taken": {request{method: "POST", path: "/api/users", token: admin, body: map[string]string{"email": "user@example.com", "password": password, "role": "user"}}, 409,
			told{"Conflict", "a user with the address user@example.com exists", ""}, told{"지금 상태와 맞지 않는 요청", "이미 쓰고 있는 이메일입니다: user@example.com", ""}},
		"a run that is done": {request{method: "DELETE", path: fmt.Sprintf("/api/tasks/%d", run.ID), token: admin, body: map[string]string{"reason": "x"}}, 409,
			told{"Conflict", fmt.Sprintf("run %d is done already", run.ID), ""}, told{"지금 상태와 맞지 않는 요청", fmt.Sprintf("이미 끝난 작업입니다: %d번", run.ID), ""}},
		"another form": {request{method: "POST", path: "/api/auth/login", body: "email=x", header: map[string]string{"Content-Type": "application/x-www-form-urlencoded"}}, 415,
			told{"Unsupported Media Type", "the body must be application/json", ""}, told{"지원하지 않는 형식", "본문은 application/json 형식이어야 합니다.", ""}},
	} {
		t.Run(name, func(t *testing.T) {
			for asked, want := range map[string]told{"": c.english, "en-US,ko;q=0.8": c.english, "ko": c.korean, "ko-KR,ko;q=0.9,en;q=0.8": c.korean} {
				if got := tellIn(t, s, asked, c.request, c.status, map[bool]string{true: "ko", false: "en"}[want == c.korean]); got != want {
					t.Errorf("asked in %q it says %+v, want %+v", asked, got, want)
				}
			}
		})
	}
	if log := s.log.String(); strings.Contains(log, "없습니다") || !strings.Contains(log, "prediction 987654 does not exist") {
		t.Errorf("the log is not in English: %s", log)
	}
}

// tellIn makes a call that is refused, in an asked language, and returns what it says.
func tellIn(t *testing.T, s *site, asked string, r request, status int, language string) (says told) {
	t.Helper()
	header := maps.Clone(r.header)
	if header == nil {
		header = map[string]string{}
	}
	header["Accept-Language"] = asked
	r.header = header
	got := call(t, s.echo, r).want(status)
	got.into(&says)
	if l := got.header.Get("Content-Language"); l != language {
		t.Errorf("asked in %q: the content's language is %q, want %q", asked, l, language)
	}
	if !slices.Contains(got.header.Values("Vary"), "Accept-Language") {
		t.Errorf("asked in %q: varies by %v only", asked, got.header.Values("Vary"))
	}
	return says
}

// What else than a language stands in the header must neither be an error nor take long.
func TestTheLanguageThatIsAskedFor(t *testing.T) {
	t.Parallel()
	s := open(t)
	for asked, want := range map[string]string{
		"": "en", "*": "en", "fr": "en", "ja,en;q=0.5": "en", "en;q=0.5,ko;q=0.4": "en", "ko;q=0,en": "en", "xx-yy-zz": "en",
		"ko": "ko", "KO": "ko", "ko-KR": "ko", "ko-Kore-KR": "ko", "fr,ko;q=0.1": "ko", "en;q=0.4,ko;q=0.5": "ko", " ko ; q=1 ": "ko",
		"ko;q=": "en", "ko;q=x": "en", "ko;;;": "en", "\x00": "en", "한국어": "en", ",,,": "en", "ko\r\nX: y": "en",
		strings.Repeat("ko,", 1000): "en", strings.Repeat("-", 100_000): "en", "x" + strings.Repeat("-ab", 150): "en", strings.Repeat("a", 500): "en",
	} {
		tellIn(t, s, asked, request{method: "GET", path: "/api/stocks"}, http.StatusUnauthorized, want)
	}
}

func TestTooManyAttemptsAreToldInTheCallersLanguage(t *testing.T) {
	t.Parallel()
	s := open(t)
	signIn := request{method: "POST", path: "/api/auth/login", body: map[string]string{"email": "nobody@example.com", "password": "wrong"},
		header: map[string]string{"Accept-Language": "ko"}}
	for range 100 {
		got := s.do(signIn)
		if got.status != http.StatusTooManyRequests {
			got.want(http.StatusUnauthorized)
			continue
		}
		if says := tellIn(t, s, "ko", signIn, http.StatusTooManyRequests, "ko"); says != (told{"너무 잦은 요청", "로그인 시도가 너무 많습니다. 잠시 뒤 다시 시도하세요.", ""}) {
			t.Errorf("it says %+v", says)
		}
		if says := tellIn(t, s, "en", signIn, http.StatusTooManyRequests, "en"); says != (told{"Too Many Requests", "too many attempts to sign in", ""}) {
			t.Errorf("it says %+v", says)
		}
		return
	}
	t.Fatal("a hundred attempts are not too many")
}

func TestRefusedLinesAreToldInTheCallersLanguage(t *testing.T) {
	t.Parallel()
	s := open(t)
	admin := s.as("admin")
	csv := "code,name,priority\n12,가,1\n100001,,1\n100002,나,9\n100003,다\n100004,라,1\n100004,라,1\n100005,\"마,1\n"
	for asked, want := range map[string][]string{
		"en": {"code: it must be a stock code: six digits or capital letters", "name: it must have 1 to 50 characters", "priority: it must be between 1 and 5",
			"it has 2 cells, the head has 3", "code: it stands on line 6, too", "a quotation mark is missing or superfluous"},
		"ko": {"code: 숫자나 영문 대문자 여섯 자리의 종목코드여야 합니다.", "name: 1자 이상 50자 이하여야 합니다.", "priority: 1 이상 5 이하여야 합니다.",
			"칸이 2개입니다. 머리글은 3개입니다.", "code: 6번째 줄에도 있는 종목코드입니다.", "따옴표가 빠졌거나 더 있습니다."},
	} {
		var answer struct{ Refused []struct{ Why string } }
		s.do(request{method: "POST", path: "/api/admin/stocks/import", token: admin, body: map[string]any{"csv": csv, "dry_run": true},
			header: map[string]string{"Accept-Language": asked}}).want(http.StatusOK).into(&answer)
		var got []string
		for _, line := range answer.Refused {
			got = append(got, line.Why)
		}
		if !slices.Equal(got, want) {
			t.Errorf("in %s it says %q, want %q", asked, got, want)
		}
	}
}
