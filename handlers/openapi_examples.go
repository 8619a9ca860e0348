package handlers

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"time"

	"tickerwire/internal/market"
)

// samples are values that make an example read like an answer, by the name of a field. A field's own tag "example" goes
// first; what stands in neither is made from its type and rules.
var samples = map[string]string{ // #nosec G101 -- samples of the document, which nobody accepts
	"email": "reader@example.com", "password": "a long enough password", "current_password": "the password before", "name": "누리테크", "code": "100001",
	"title": "누리테크, 새 공장을 연다", "summary": "생산 능력이 늘어난다.", "url": "https://news.example/1", "press": "한빛신문", "source": "한빛신문",
	"reason": "asked for by the press", "cron": "35 17 * * *", "fingerprint": "9f2c31d07ab4", "kind": "story:predict", "queue": "predict-analogue",
	"error": "store: the database cannot be reached", "request_id": "3AFMURZRL2M7AVCH5N4THKIMWI", "address": "192.0.2.1", "host": "worker-1",
	"key": "telegram:*", "action": "PATCH /api/limits/{key}", "path": "/api/limits/telegram:*", "task_id": "story:predict:1/1/1:1",
	"access_token": "eyJhbGciOi...", "refresh_token": "1.7.kD3...", "version": "analogue-1", "q": "금리", "detail": "it must be a number", "field": "filter.codes[2]",
	"actor": "admin@example.com", "role": "operator", "next_cursor": "AQAF0vx...", "cursor": "AQAF0vx...", "type": "about:blank", "sentence": "오늘 18건을 예측했습니다.",
}

// sampleNow is the instant of examples: a Wednesday in session.
var sampleNow = time.Date(2026, 3, 4, 13, 0, 0, 0, market.KST)

// noSample is the tag of a field that its struct's example is better without.
const noSample = "-"

// maxDepth ends examples of types that hold themselves.
const maxDepth = 12

// example returns a value of a type as it stands on the wire.
func example(t reflect.Type, depth int) (any, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("an example of %s never ends", t)
	}
	switch t {
	case typeTime, typeInstant:
		return sampleNow.Format(time.RFC3339), nil
	case typeDay, typeDate:
		return market.DayOf(sampleNow).String(), nil
	case typeCode:
		return samples["code"], nil
	case typePct:
		return 0.43, nil
	case typeRaw:
		return object{}, nil
	}
	switch t.Kind() {
	case reflect.Pointer:
		return example(t.Elem(), depth)
	case reflect.Slice:
		item, err := example(t.Elem(), depth+1)
		return []any{item}, err
	case reflect.Map:
		item, err := example(t.Elem(), depth+1)
		return map[string]any{"some": item}, err
	case reflect.Struct:
		return exampleOf(t, depth)
	case reflect.String:
		return "text", nil
	case reflect.Bool:
		return false, nil
	case reflect.Float64:
		return 1.5, nil
	}
	return 1, nil
}

func exampleOf(t reflect.Type, depth int) (any, error) {
	fields, err := fieldsOf(t)
	if err != nil {
		return nil, err
	}
	out := object{}
	for _, f := range fields {
		if f.in != inBody || f.sample == noSample {
			continue
		}
		if out[f.name], err = f.example(depth); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// example returns a value that the field's rules allow.
func (f field) example(depth int) (any, error) {
	t := f.typ
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() == reflect.Slice && f.sample == "" {
		return example(t, depth+1)
	}
	text := f.sample
	for _, next := range []string{f.fallback, first(f.enum), samples[f.name]} {
		if text == "" {
			text = next
		}
	}
	switch {
	case f.sample != "" && t.Kind() != reflect.String:
		return json.RawMessage(f.sample), nil
	case !isLeaf(t) || t == typeTime || t == typeDay || t == typeCode || t == typeRaw || t == typeInstant || t == typeDate:
		return example(t, depth+1)
	case t.Kind() == reflect.String:
		if text == "" {
			text = "text"
		}
		return text, nil
	case t.Kind() == reflect.Bool:
		return text == "true", nil
	case len(f.enum) > 0 || f.fallback != "":
		return json.Number(text), nil
	}
	return f.exampleNumber(t), nil
}

func (f field) exampleNumber(t reflect.Type) any {
	v := 1.0
	if t == typePct {
		v = 0.43
	}
	if f.min != nil {
		v = max(v, *f.min)
	}
	if f.max != nil {
		v = min(v, *f.max)
	}
	return json.Number(strconv.FormatFloat(v, 'f', -1, 64))
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}
