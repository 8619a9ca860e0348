package simulator

import (
	"net/http"
	"strings"
	"sync"
	"time"
)

const (
	kisQuotations = "/uapi/domestic-stock/v1/quotations/"
	kisMasters    = "/common/master/"
)

// kis is the broker's Open API of one account, real or paper: tokens and quotations, and the lists of symbols, which it
// keeps on a host of their own. Tokens and limits live on the wall clock.
type kis struct {
	world *actions
	keys  Keys
	paper bool
	wall  func() time.Time
	calls *gate
	every time.Duration

	mu     sync.Mutex
	tokens []kisToken // issued ones, oldest first
	told   time.Time  // when a token was handed out last
	counts KISCounts
}

func newKIS(world *actions, keys Keys, paper bool, limits Limits, wall func() time.Time) *kis {
	perSecond := limits.KISPerSecond
	if paper {
		perSecond = limits.KISPaperPerSecond
	}
	return &kis{world: world, keys: keys, paper: paper, wall: wall, calls: newGate(perSecond, time.Second), every: limits.KISTokenEvery}
}

func (k *kis) profile() string {
	if k.paper {
		return "paper"
	}
	return "real"
}

type kisError struct {
	Result  string `json:"rt_cd"`
	Code    string `json:"msg_cd"`
	Message string `json:"msg1"`
}

func kisOK() kisError { return kisError{"0", "MCA00000", "정상처리 되었습니다."} }

// kisGateway is a refusal before any service was reached; those come as 500.
func kisGateway(code, message string) answer {
	return jsonAnswer(http.StatusInternalServerError, jsonUTF8, kisError{"1", code, message})
}

// kisInput is a refusal of a parameter; those come as 200.
func kisInput(message string) answer {
	return jsonAnswer(http.StatusOK, jsonUTF8, kisError{"2", "OPSQ2001", message})
}

func (k *kis) limited(r *request) answer {
	a := kisGateway("EGW00201", "초당 거래건수를 초과하였습니다.")
	if r.path == "/oauth2/tokenP" {
		a = kisTokenRefusal("EGW00133", "접근토큰 발급 잠시 후 다시 시도하세요(1분당 1회)")
	}
	a.refused = true
	return a
}

// refuse implements coded.
func (k *kis) refuse(_ *request, code string) (answer, bool) {
	switch code {
	case "EGW00133":
		return kisTokenRefusal(code, "접근토큰 발급 잠시 후 다시 시도하세요(1분당 1회)"), true
	case "EGW00103":
		return kisGateway(code, "유효하지 않은 AppKey입니다."), true
	case "EGW00123":
		return kisGateway(code, "기간이 만료된 token 입니다."), true
	case "EGW00201":
		return kisGateway(code, "초당 거래건수를 초과하였습니다."), true
	case "EGW00204": // what it means nobody has told; it has been seen with 403
		a := kisGateway(code, "접근이 제한된 계정입니다.")
		a.status = http.StatusForbidden
		return a, true
	}
	return answer{}, false
}

// kisService is one of the quotations: the name of its transaction, and what answers a call that may pass.
type kisService struct {
	transaction string
	realOnly    bool
	needs       []string // parameters that must not be empty
	serve       func(*kis, *request, kisFields, time.Time) answer
}

func kisServices() map[string]kisService {
	stock := []string{"FID_COND_MRKT_DIV_CODE", "FID_INPUT_ISCD"}
	with := func(more ...string) []string { return append(append([]string{}, stock...), more...) }
	return map[string]kisService{
		"inquire-price":                {"FHKST01010100", false, stock, (*kis).price},
		"inquire-daily-itemchartprice": {"FHKST03010100", false, with("FID_INPUT_DATE_1", "FID_INPUT_DATE_2", "FID_PERIOD_DIV_CODE", "FID_ORG_ADJ_PRC"), (*kis).dailyChart},
		"inquire-time-itemchartprice":  {"FHKST03010200", false, with("FID_INPUT_HOUR_1", "FID_PW_DATA_INCU_YN"), (*kis).todayMinutes},
		"inquire-time-dailychartprice": {"FHKST03010230", true, with("FID_INPUT_DATE_1", "FID_INPUT_HOUR_1", "FID_PW_DATA_INCU_YN"), (*kis).pastMinutes},
		"inquire-investor":             {"FHKST01010900", false, stock, (*kis).investors},
		"inquire-index-daily-price":    {"FHPUP02120000", false, with("FID_PERIOD_DIV_CODE", "FID_INPUT_DATE_1"), (*kis).indexDays},
		"chk-holiday":                  {"CTCA0903R", false, []string{"BASS_DT"}, (*kis).holidays},
	}
}

func (k *kis) answer(r *request, now time.Time) answer {
	switch {
	case r.path == "/oauth2/tokenP":
		return k.issue(r)
	case r.path == "/oauth2/revokeP":
		return k.revoke(r)
	case strings.HasPrefix(r.path, kisMasters):
		return k.master(r)
	}
	if service, ok := kisServices()[strings.TrimPrefix(r.path, kisQuotations)]; ok && strings.HasPrefix(r.path, kisQuotations) {
		return k.quotation(r, service, now)
	}
	return plain(http.StatusNotFound, "simulator: not played: "+r.path)
}

// quotation checks what every data call must carry and lets the service answer.
func (k *kis) quotation(r *request, service kisService, now time.Time) answer {
	if refusal := k.checkHeaders(r); refusal != nil {
		return *refusal
	}
	transaction := service.transaction
	if k.paper && strings.ContainsRune("TJC", rune(transaction[0])) {
		transaction = "V" + transaction[1:]
	}
	if r.Header.Get("tr_id") != transaction || k.paper && service.realOnly {
		return jsonAnswer(http.StatusOK, jsonUTF8, kisError{"1", "OPSQ0002", "없는 서비스 코드 입니다."})
	}
	if !k.calls.pass(k.wall()) {
		return k.limited(r)
	}
	fields := readFields(r.URL.Query())
	a := answer{}
	if missing := fields.missing(service.needs); missing != "" {
		a = kisInput("ERROR INPUT FIELD NOT FOUND [" + missing + "]")
	} else {
		a = service.serve(k, r, fields, now)
	}
	k.mu.Lock()
	k.counts.Calls++
	k.mu.Unlock()
	if lower := map[string][]string(a.header); lower != nil { // lower case, as they send them
		lower["tr_id"], lower["gt_uid"] = []string{transaction}, []string{"simulated"}
		if lower["tr_cont"] == nil {
			lower["tr_cont"] = []string{""}
		}
	}
	return a
}

func (k *kis) checkHeaders(r *request) *answer {
	scheme, token, _ := strings.Cut(r.Header.Get("authorization"), " ")
	refusal := func(a answer) *answer { return &a }
	switch {
	case r.Method != http.MethodGet:
		return refusal(plain(http.StatusMethodNotAllowed, "Method Not Allowed"))
	case !strings.HasPrefix(r.Header.Get("content-type"), "application/json"):
		return refusal(kisGateway("EGW00101", "유효하지 않은 요청입니다. (content-type)"))
	case r.Header.Get("appkey") != k.keys.KISAppKey:
		return refusal(kisGateway("EGW00103", "유효하지 않은 AppKey입니다."))
	case r.Header.Get("appsecret") != k.keys.KISAppSecret:
		return refusal(kisGateway("EGW00304", "유효하지 않은 AppSecret입니다."))
	case token == "":
		return refusal(kisGateway("EGW00122", "token을 찾을 수 없습니다."))
	case scheme != "Bearer":
		return refusal(kisGateway("EGW00205", "credentials_type이 유효하지 않습니다.(Bearer)"))
	}
	if a := k.checkToken(token); a != nil {
		return a
	}
	if !oneOf(r.Header.Get("custtype"), "P", "B") {
		return refusal(kisGateway("EGW00208", "고객유형이 유효하지 않습니다."))
	}
	return nil
}
