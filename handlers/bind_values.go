package handlers

import (
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
)

// Years outside of these are refused: the database could not keep them.
const (
	firstYear = 1900
	lastYear  = 2200
)

// mostItems is how many items a list of a request may have when its field names no other limit.
const mostItems = 1000

func decodeList(name string, raw json.RawMessage, into reflect.Value) error {
	var items []json.RawMessage
	if err := json.Unmarshal(raw, &items); err != nil {
		return fault.InvalidField(name, "it must be a list")
	}
	if len(items) > mostItems {
		return fault.InvalidField(name, "it has %d items, at most %d are taken", len(items), mostItems)
	}
	list := reflect.MakeSlice(into.Type(), len(items), len(items))
	for i, item := range items {
		if err := decodeValue(name+"["+strconv.Itoa(i)+"]", item, list.Index(i)); err != nil {
			return err
		}
	}
	into.Set(list)
	return nil
}

// parseText reads one value of a path, a query or a JSON text.
func parseText(name, text string, into reflect.Value) error {
	if !isText(text) {
		return fault.InvalidField(name, "it is not valid text")
	}
	t := into.Type()
	switch {
	case t.Kind() == reflect.Pointer:
		into.Set(reflect.New(t.Elem()))
		return parseText(name, text, into.Elem())
	case t == typeTime:
		at, err := time.Parse(time.RFC3339Nano, text)
		if err != nil || at.Year() < firstYear || at.Year() > lastYear {
			return fault.InvalidField(name, "it must be an RFC 3339 time with an offset, as in 2026-01-02T09:00:00+09:00")
		}
		into.Set(reflect.ValueOf(at))
		return nil
	case t == typeDay:
		day, err := market.ParseDay(text)
		if err != nil || day.Year() < firstYear || day.Year() > lastYear {
			return fault.InvalidField(name, "it must be a date, as in 2026-01-02")
		}
		into.Set(reflect.ValueOf(day))
		return nil
	case t == typeCode:
		code, err := market.ParseCode(text)
		if err != nil {
			return fault.InvalidField(name, "it must be a stock code: six digits or capital letters")
		}
		into.Set(reflect.ValueOf(code))
		return nil
	}
	return parseKind(name, text, into)
}

// isText reports whether the database could keep it.
func isText(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

func parseKind(name, text string, into reflect.Value) error {
	var err error
	switch t := into.Type(); t.Kind() {
	case reflect.String:
		into.SetString(text)
	case reflect.Int, reflect.Int64:
		var v int64
		v, err = strconv.ParseInt(text, 10, 64)
		into.SetInt(v)
	case reflect.Float64:
		var v float64
		if v, err = strconv.ParseFloat(text, 64); math.IsNaN(v) || math.IsInf(v, 0) {
			return mustBe(name, into.Type())
		}
		into.SetFloat(v)
	case reflect.Bool:
		if text != "true" && text != "false" {
			return mustBe(name, into.Type())
		}
		into.SetBool(text == "true")
	default:
		return fault.New(fault.Internal, "field %s has a type that cannot be read from text: %s", name, t)
	}
	if err != nil {
		return mustBe(name, into.Type())
	}
	return nil
}

// mustBe is the fault of a value that is of another kind than its field.
func mustBe(name string, t reflect.Type) error {
	switch t.Kind() {
	case reflect.Int, reflect.Int64:
		return fault.InvalidField(name, "it must be a whole number")
	case reflect.Float64:
		return fault.InvalidField(name, "it must be a number")
	case reflect.Bool:
		return fault.InvalidField(name, "it must be true or false")
	case reflect.String:
		return fault.InvalidField(name, "it must be a text")
	}
	return fault.InvalidField(name, "it must be of another type")
}

// check checks the rules of the field on a value that was given.
func (f field) check(name string, v reflect.Value) error {
	switch {
	case v.Kind() == reflect.Pointer:
		return f.check(name, v.Elem())
	case v.Type() == typeRaw || v.Type() == typeDay || v.Type() == typeTime:
		return nil
	case v.Kind() == reflect.Slice:
		if f.max != nil && float64(v.Len()) > *f.max {
			return fault.InvalidField(name, "it has %d items, at most %v are taken", v.Len(), *f.max)
		}
	case v.Kind() == reflect.String:
		return f.checkText(name, v.String())
	case v.CanInt():
		return f.checkNumber(name, float64(v.Int()), strconv.FormatInt(v.Int(), 10))
	case v.CanFloat():
		return f.checkNumber(name, v.Float(), "")
	}
	return nil
}

func (f field) checkText(name, text string) error {
	length := float64(utf8.RuneCountInString(text))
	switch {
	case f.min != nil && length < *f.min:
		return fault.InvalidField(name, "it must have at least %v characters", *f.min)
	case f.max != nil && length > *f.max:
		return fault.InvalidField(name, "it may have at most %v characters", *f.max)
	}
	return f.checkEnum(name, text)
}

func (f field) checkNumber(name string, v float64, text string) error {
	switch {
	case f.min != nil && v < *f.min:
		return fault.InvalidField(name, "it must be at least %v", *f.min)
	case f.max != nil && v > *f.max:
		return fault.InvalidField(name, "it must be at most %v", *f.max)
	}
	return f.checkEnum(name, text)
}

func (f field) checkEnum(name, text string) error {
	if len(f.enum) > 0 && !slices.Contains(f.enum, text) {
		return fault.InvalidField(name, "it must be one of %s", strings.Join(f.enum, ", "))
	}
	return nil
}
