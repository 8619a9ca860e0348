package simulator

import (
	"net/http"
	"sort"
	"strconv"
	"strings"
	"time"

	"tickerwire/internal/market"
)

// krx is the exchange's Open API with six services approved: the daily rows, the symbols and the indices of KOSPI and of
// KOSDAQ. KOSDAQ's numbers come with thousands commas and KOSPI's without, since both have been seen. Beside it stands the
// exchange's other site, which nobody may read without a login.
type krx struct {
	world *actions
	key   string
	wall  func() time.Time
	quota *daily
}

func newKRX(world *actions, keys Keys, limits Limits, wall func() time.Time) *krx {
	return &krx{world: world, key: keys.KRXKey, wall: wall, quota: &daily{n: limits.KRXPerDay}}
}

// krxServices are the services that the key is approved for, and what gives their rows of a published trading day.
func krxServices() map[string]func(*krx, market.Day, time.Time) (any, error) {
	return map[string]func(*krx, market.Day, time.Time) (any, error){
		"sto/stk_bydd_trd":      func(k *krx, day market.Day, now time.Time) (any, error) { return k.traded("KOSPI", day, now) },
		"sto/ksq_bydd_trd":      func(k *krx, day market.Day, now time.Time) (any, error) { return k.traded("KOSDAQ", day, now) },
		"sto/stk_isu_base_info": func(k *krx, _ market.Day, _ time.Time) (any, error) { return k.listed("KOSPI"), nil },
		"sto/ksq_isu_base_info": func(k *krx, _ market.Day, _ time.Time) (any, error) { return k.listed("KOSDAQ"), nil },
		"idx/kospi_dd_trd":      func(k *krx, day market.Day, now time.Time) (any, error) { return k.indices("KOSPI", day, now) },
		"idx/kosdaq_dd_trd":     func(k *krx, day market.Day, now time.Time) (any, error) { return k.indices("KOSDAQ", day, now) },
	}
}

type krxError struct {
	Message string `json:"respMsg"`
	Code    string `json:"respCode"`
}

func krxRefusal(status int, message string) answer {
	return jsonAnswer(status, jsonUTF8, krxError{message, strconv.Itoa(status)})
}

func (k *krx) limited(*request) answer {
	return krxRefusal(http.StatusTooManyRequests, "API call limit exceeded")
}

func (k *krx) daily() *daily { return k.quota }

// refuse implements coded. Its two refusals have one code, so the words stand for it.
func (k *krx) refuse(r *request, code string) (answer, bool) {
	switch code {
	case "Unauthorized Key", "Unauthorized API Call":
		return krxRefusal(http.StatusUnauthorized, code), true
	case "429":
		return k.limited(r), true
	}
	return answer{}, false
}

func (k *krx) answer(r *request, now time.Time) answer {
	if r.path == "/comm/bldAttendant/getJsonData.cmd" {
		return answer{status: http.StatusBadRequest, header: contentType("text/plain"), body: []byte("LOGOUT")}
	}
	service := strings.TrimPrefix(r.path, "/svc/apis/")
	serve, played := krxServices()[service]
	switch {
	case !strings.HasPrefix(r.path, "/svc/apis/") || !played && service != "etp/etf_bydd_trd":
		return krxRefusal(http.StatusNotFound, "["+strings.TrimPrefix(r.path, "/")+"] API referenced by the path does not exist.")
	case r.Method != http.MethodGet && r.Method != http.MethodPost:
		return plain(http.StatusMethodNotAllowed, "Method Not Allowed")
	case r.Header.Get("AUTH_KEY") != k.key:
		return krxRefusal(http.StatusUnauthorized, "Unauthorized Key")
	case !played:
		return krxRefusal(http.StatusUnauthorized, "Unauthorized API Call")
	case !k.quota.pass(k.wall()):
		return k.limited(r)
	}
	basDd := r.URL.Query().Get("basDd")
	day, err := market.ParseDay(basDd)
	if err != nil || !eightDigits.MatchString(basDd) {
		return krxRefusal(http.StatusBadRequest, "basDd must be YYYYMMDD")
	}
	var rows any = []krxRow{}
	published, err := k.published(day, now)
	if err == nil && published {
		rows, err = serve(k, day, now)
	}
	if err != nil {
		return plain(http.StatusInternalServerError, "simulator: "+err.Error())
	}
	return jsonAnswer(http.StatusOK, jsonUTF8, map[string]any{"OutBlock_1": rows})
}

// published reports whether there are rows of a day: not of a closed one, and not before 08:00 of the next trading day.
func (k *krx) published(day market.Day, now time.Time) (bool, error) {
	first, last := k.world.calendar.Covers()
	if day < first || day >= last {
		return false, nil
	}
	if open, err := k.world.calendar.IsOpen(day); err != nil || !open {
		return false, err
	}
	known, err := k.world.calendar.KRXKnownAt(day)
	return err == nil && !now.Before(known), err
}

type krxRow struct {
	Day       string `json:"BAS_DD"`
	Code      string `json:"ISU_CD"`
	Name      string `json:"ISU_NM"`
	Market    string `json:"MKT_NM"`
	Section   string `json:"SECT_TP_NM"`
	Close     string `json:"TDD_CLSPRC"`
	Change    string `json:"CMPPREVDD_PRC"`
	ChangePct string `json:"FLUC_RT"`
	Open      string `json:"TDD_OPNPRC"`
	High      string `json:"TDD_HGPRC"`
	Low       string `json:"TDD_LWPRC"`
	Volume    string `json:"ACC_TRDVOL"`
	Value     string `json:"ACC_TRDVAL"`
	Cap       string `json:"MKTCAP"`
	Shares    string `json:"LIST_SHRS"`
}

// writer writes a board's numbers.
func writer(board string) func(int64) string {
	if board == "KOSDAQ" {
		return grouped
	}
	return text
}

// traded returns a board's rows of a published day; a day on which nothing traded anywhere has none.
func (k *krx) traded(board string, day market.Day, now time.Time) ([]krxRow, error) {
	rows, write := []krxRow{}, writer(board)
	traded := false
	var halted []krxRow
	for _, c := range k.world.Companies() {
		bars, err := k.world.Bars(c.Code, now)
		if err != nil {
			return nil, err
		}
		i := sort.Search(len(bars), func(i int) bool { return bars[i].Day >= day })
		has := i < len(bars) && bars[i].Day == day
		traded = traded || has
		switch {
		case c.Market != board:
		case has:
			rows = append(rows, tradedRow(c, bars, i, write))
		case c.Halted:
			halted = append(halted, untradedRow(c, day, write))
		}
	}
	if traded {
		rows = append(rows, halted...)
	}
	return rows, nil
}

func tradedRow(c Company, bars []market.Bar, i int, write func(int64) string) krxRow {
	b := bars[i]
	change, pct := int64(0), 0.0
	if i > 0 {
		change, pct = b.Close-bars[i-1].Close, market.ReturnPct(float64(bars[i-1].Close), float64(b.Close))
	}
	row := untradedRow(c, b.Day, write)
	row.Close, row.Open, row.High, row.Low = write(b.Close), write(b.Open), write(b.High), write(b.Low)
	row.Change, row.ChangePct = write(change), strconv.FormatFloat(pct, 'f', 2, 64)
	row.Volume, row.Value = write(b.Volume), write(b.Volume*b.Close)
	if c.Shares > 0 {
		row.Cap = write(c.Shares * b.Close)
	}
	return row
}

func untradedRow(c Company, day market.Day, write func(int64) string) krxRow {
	row := krxRow{Day: day.Compact(), Code: string(c.Code), Name: c.Name, Market: c.Market, Section: "-",
		Close: "-", Change: "-", ChangePct: "-", Open: "-", High: "-", Low: "-", Volume: "0", Value: "0"}
	if c.Market == "KOSDAQ" {
		row.Section = "중견기업부"
	}
	if c.Shares > 0 {
		row.Shares = write(c.Shares)
	}
	return row
}

// grouped writes a number with thousands commas.
func grouped(n int64) string {
	s := strconv.FormatInt(n, 10)
	first := 0
	if n < 0 {
		first = 1
	}
	for i := len(s) - 3; i > first; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
