package store

import (
	"database/sql/driver"
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"time"

	"tickerwire/internal/market"
)

// date is a market.Day in a column of type date.
type date market.Day

// Value writes the day as "2006-01-02".
func (d date) Value() (driver.Value, error) { return market.Day(d).String(), nil }

// Scan reads what the driver gives for a date; null becomes the zero day.
func (d *date) Scan(src any) error {
	var text string
	switch v := src.(type) {
	case nil:
		*d = 0
		return nil
	case string:
		text = v
	case []byte:
		text = string(v)
	case time.Time:
		text = v.Format("2006-01-02")
	default:
		return fmt.Errorf("store: a date cannot be read from %T", src)
	}
	day, err := market.ParseDay(text)
	if err != nil {
		return err
	}
	*d = date(day)
	return nil
}

// texts turns codes into what an array column takes; never nil, as nil would be written as null.
func texts(codes []market.Code) []string {
	list := make([]string, len(codes))
	for i, c := range codes {
		list[i] = string(c)
	}
	return list
}

// codes is the way back from texts; nil when there are none.
func codes(list []string) []market.Code {
	var out []market.Code
	for _, s := range list {
		out = append(out, market.Code(s))
	}
	return out
}

// legible returns s without what Postgres refuses in text: NUL bytes and invalid UTF-8. One damaged item must not
// keep a whole batch from being saved.
func legible(s string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "\uFFFD")
}

// packFloats writes a vector as little-endian float32.
func packFloats(values []float32) []byte {
	b := make([]byte, 0, 4*len(values))
	for _, v := range values {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b
}

// unpackFloats is the way back from packFloats.
func unpackFloats(b []byte) []float32 {
	values := make([]float32, len(b)/4)
	for i := range values {
		values[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return values
}

// dedupe keeps one of the elements that share a key, the last, in the place of the first. An upsert may not meet the
// same row twice in one statement.
func dedupe[T any, K comparable](list []T, key func(T) K) []T {
	at := make(map[K]int, len(list))
	out := make([]T, 0, len(list))
	for _, v := range list {
		k := key(v)
		if i, seen := at[k]; seen {
			out[i] = v
			continue
		}
		at[k] = len(out)
		out = append(out, v)
	}
	return out
}
