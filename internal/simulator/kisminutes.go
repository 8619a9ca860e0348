package simulator

import (
	"net/http"
	"time"

	"tickerwire/internal/market"
)

// The most rows of one answer.
const (
	todayRows = 30
	pastRows  = 120
)

// kisMinute is a row of output2.
type kisMinute struct {
	Day    string `json:"stck_bsop_date"`
	Hour   string `json:"stck_cntg_hour"`
	Close  string `json:"stck_prpr"`
	Open   string `json:"stck_oprc"`
	High   string `json:"stck_hgpr"`
	Low    string `json:"stck_lwpr"`
	Volume string `json:"cntg_vol"`
	Value  string `json:"acml_tr_pbmn"` // of the day so far
}

type kisMinutes struct {
	Summary kisSummary  `json:"output1"`
	Minutes []kisMinute `json:"output2"`
	kisError
}

// todayMinutes answers with the minutes of the day in trade that began by the asked time, newest first. A time in the
// future brings the current price over and over, and the running minute shows the volume of the one before.
func (k *kis) todayMinutes(_ *request, f kisFields, now time.Time) answer {
	code, refusal := f.stock()
	if refusal != nil {
		return *refusal
	}
	end, refusal := f.clock("FID_INPUT_HOUR_1", market.DayOf(now))
	if refusal != nil {
		return *refusal
	}
	if _, sent := f["FID_ETC_CLS_CODE"]; !sent || !oneOf(f["FID_PW_DATA_INCU_YN"], "Y", "N") {
		return kisField("FID_PW_DATA_INCU_YN")
	}
	list, running, err := k.minutes(code, f["FID_COND_MRKT_DIV_CODE"], market.DayOf(now), now)
	if err != nil {
		return plain(http.StatusInternalServerError, "simulator: "+err.Error())
	}
	if n := len(list); running && n > 1 {
		list[n-1].volume = list[n-2].volume
	}
	if n := len(list); n > 0 {
		last := list[n-1]
		for at := now.Truncate(time.Minute).Add(time.Minute); !at.After(end); at = at.Add(time.Minute) {
			list = append(list, minute{at: at, open: last.close, high: last.close, low: last.close, close: last.close, volume: last.volume})
		}
	}
	return k.minuteAnswer(code, list, end, todayRows, now)
}

// pastMinutes answers with the minutes of one past day that began by the asked time, newest first.
func (k *kis) pastMinutes(_ *request, f kisFields, now time.Time) answer {
	code, refusal := f.stock()
	if refusal != nil {
		return *refusal
	}
	day, refusal := f.day("FID_INPUT_DATE_1")
	if refusal != nil {
		return *refusal
	}
	end, refusal := f.clock("FID_INPUT_HOUR_1", day)
	if refusal != nil {
		return *refusal
	}
	if !oneOf(f["FID_PW_DATA_INCU_YN"], "Y", "N") || !oneOf(f["FID_FAKE_TICK_INCU_YN"], "Y", "N", "") {
		return kisField("FID_PW_DATA_INCU_YN")
	}
	var list []minute
	if age := market.DayOf(now) - day; age >= 0 && age <= 366 {
		var err error
		if list, _, err = k.minutes(code, f["FID_COND_MRKT_DIV_CODE"], day, now); err != nil {
			return plain(http.StatusInternalServerError, "simulator: "+err.Error())
		}
	}
	return k.minuteAnswer(code, list, end, pastRows, now)
}

// minutes returns a day's minutes that have begun by now, oldest first, and whether the last one is still running.
func (k *kis) minutes(code market.Code, division string, day market.Day, now time.Time) (list []minute, running bool, err error) {
	bar, ok, err := k.world.Bar(code, day, now)
	if err != nil || !ok {
		return nil, false, err
	}
	session, open, err := k.world.calendar.SessionOf(day)
	if err != nil || !open {
		return nil, false, err
	}
	if division == "NX" {
		windows, err := k.world.calendar.Windows(day)
		if err != nil {
			return nil, false, err
		}
		list = nextradeMinutes(bar, session, windows)
	} else {
		list = minutesOf(bar, session)
	}
	list, running = until(list, now)
	return list, running, nil
}

func (k *kis) minuteAnswer(code market.Code, list []minute, end time.Time, rows int, now time.Time) answer {
	bars, err := k.world.Bars(code, now)
	if err != nil {
		return plain(http.StatusInternalServerError, "simulator: "+err.Error())
	}
	out := kisMinutes{Summary: k.summary(code, bars), Minutes: []kisMinute{}, kisError: kisOK()}
	value := int64(0)
	values := make([]int64, len(list))
	for i, m := range list {
		value += m.volume * m.close
		values[i] = value
	}
	for i := len(list) - 1; i >= 0 && len(out.Minutes) < rows; i-- {
		m := list[i]
		if m.at.After(end) {
			continue
		}
		at := m.at.In(market.KST)
		out.Minutes = append(out.Minutes, kisMinute{Day: at.Format("20060102"), Hour: at.Format("150405"), Close: text(m.close), Open: text(m.open),
			High: text(m.high), Low: text(m.low), Volume: text(m.volume), Value: text(values[i])})
	}
	if len(out.Minutes) < rows && len(out.Minutes) > 0 {
		out.Minutes = append(out.Minutes, kisMinute{}) // a placeholder, as they come
	}
	return jsonAnswer(http.StatusOK, jsonUTF8, out)
}
