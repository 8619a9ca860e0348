package simulator

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"tickerwire/internal/market"
)

// kisFields are a call's parameters, whose names come in upper and in lower case.
type kisFields map[string]string

func readFields(v url.Values) kisFields {
	fields := kisFields{}
	for name, values := range v {
		fields[strings.ToUpper(name)] = values[0]
	}
	return fields
}

// missing returns the first of the names that has no value, "" when all have.
func (f kisFields) missing(names []string) string {
	for _, name := range names {
		if f[name] == "" {
			return name
		}
	}
	return ""
}

func kisField(name string) answer {
	return kisInput("ERROR : INPUT INVALID_CHECK_FIELD [" + name + "]")
}

// stock reads which stock is meant, at which venue. An ETN's code has a Q before it and is not played.
func (f kisFields) stock() (market.Code, *answer) {
	if !oneOf(f["FID_COND_MRKT_DIV_CODE"], "J", "NX", "UN") {
		a := kisInput("ERROR : INPUT INVALID_CHECK_MRKT_DIV_CODE")
		return "", &a
	}
	code, err := market.ParseCode(f["FID_INPUT_ISCD"])
	if err != nil {
		a := kisField("FID_INPUT_ISCD")
		return "", &a
	}
	return code, nil
}

func (f kisFields) day(name string) (market.Day, *answer) {
	day, err := market.ParseDay(f[name])
	if err != nil || !eightDigits.MatchString(f[name]) {
		a := kisField(name)
		return 0, &a
	}
	return day, nil
}

// clock reads an HHMMSS of a day.
func (f kisFields) clock(name string, day market.Day) (time.Time, *answer) {
	at, err := time.Parse("150405", f[name])
	if err != nil || len(f[name]) != 6 {
		a := kisField(name)
		return time.Time{}, &a
	}
	return day.At(at.Hour(), at.Minute()).Add(time.Duration(at.Second()) * time.Second), nil
}

// text writes a number: every value of a KIS answer is a string.
func text(n int64) string { return strconv.FormatInt(n, 10) }

// sign is 2 up, 3 flat, 5 down.
func sign(change int64) string {
	switch {
	case change > 0:
		return "2"
	case change < 0:
		return "5"
	}
	return "3"
}
