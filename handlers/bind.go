package handlers

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"mime"
	"net/http"
	"net/url"
	"reflect"
	"sort"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"tickerwire/internal/fault"
)

// bind fills a request struct from path, query and JSON body, and checks its rules. Whatever the struct does not name
// is refused by its name.
func bind(c echo.Context, into reflect.Value) error {
	fields, err := fieldsOf(into.Type())
	if err != nil {
		return err
	}
	if err := bindQuery(c.Request().URL.RawQuery, fields, into); err != nil {
		return err
	}
	for _, f := range fields {
		text, given := c.Request().Header.Get(f.name), true
		switch f.in {
		case inPath:
			if text, err = pathParam(c, f.name); err != nil {
				return err
			}
		case inHeader:
			given = text != ""
		default:
			given = false
		}
		if given {
			if err := f.take(f.name, text, into); err != nil {
				return err
			}
		}
	}
	return bindBody(c.Request(), fields, into)
}

// pathParam returns a part of the path as it was meant: Echo leaves the escapes of a path in it that needed none.
func pathParam(c echo.Context, name string) (string, error) {
	text := c.Param(name)
	if c.Request().URL.RawPath == "" {
		return text, nil
	}
	text, err := url.PathUnescape(text)
	if err != nil {
		return "", fault.InvalidField(name, "it cannot be read")
	}
	return text, nil
}

// take reads a text into the field and checks its rules.
func (f field) take(name, text string, into reflect.Value) error {
	v := into.FieldByIndex(f.index)
	if err := parseText(name, text, v); err != nil {
		return err
	}
	return f.check(name, v)
}

func bindQuery(raw string, fields []field, into reflect.Value) error {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return fault.InvalidField("query", "the query string cannot be read")
	}
	for _, f := range fields {
		if f.in != inQuery {
			continue
		}
		given := values[f.name]
		delete(values, f.name)
		if len(given) == 0 && f.fallback != "" {
			given = []string{f.fallback}
		}
		switch {
		case len(given) > 1:
			return fault.InvalidField(f.name, "it is given %d times", len(given))
		case len(given) == 0 && f.required:
			return fault.InvalidField(f.name, "it is required")
		case len(given) == 0:
			continue
		}
		if err := f.take(f.name, given[0], into); err != nil {
			return err
		}
	}
	return unknown("", values)
}

// unknown refuses what is left of the input, the first name in order.
func unknown[V any](prefix string, left map[string]V) error {
	if len(left) == 0 {
		return nil
	}
	names := make([]string, 0, len(left))
	for name := range left {
		names = append(names, name)
	}
	sort.Strings(names)
	return fault.InvalidField(prefix+printable(names[0]), "there is no such field")
}

// printable makes a caller's own name fit to be sent back.
func printable(name string) string {
	const most = 64
	runes := []rune(string(bytes.ToValidUTF8([]byte(name), []byte("?"))))
	return string(runes[:min(len(runes), most)])
}

func bindBody(r *http.Request, fields []field, into reflect.Value) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return bodyError(err)
	}
	var mine []field
	for _, f := range fields {
		if f.in == inBody {
			mine = append(mine, f)
		}
	}
	if len(body) == 0 {
		return decodeObject("", []byte("{}"), mine, into)
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get(echo.HeaderContentType))
	if err != nil || kind != echo.MIMEApplicationJSON {
		return refused(http.StatusUnsupportedMediaType, fault.Say("the body must be application/json"))
	}
	if !utf8.Valid(body) {
		return fault.InvalidField("body", "it is not valid UTF-8")
	}
	return decodeObject("", body, mine, into)
}

// bodyError tells a body that is too large, or a caller who is gone, from a broken upload.
func bodyError(err error) error {
	if statusOf(err) != http.StatusInternalServerError {
		return err
	}
	return fault.New(fault.Invalid, "the body cannot be read")
}

// decodeObject decodes a JSON object field by field, so that each mistake is reported under its own name.
func decodeObject(prefix string, raw []byte, fields []field, into reflect.Value) error {
	var given map[string]json.RawMessage
	if err := json.Unmarshal(raw, &given); err != nil || given == nil {
		return fault.InvalidField(where(prefix), "it must be a JSON object")
	}
	for _, f := range fields {
		value, ok := given[f.name]
		delete(given, f.name)
		v := into.FieldByIndex(f.index)
		switch {
		case ok && string(value) == "null" && !nullable(v.Type()):
			return fault.InvalidField(prefix+f.name, "it must not be null")
		case ok && string(value) != "null":
			if err := decodeValue(prefix+f.name, value, v); err != nil {
				return err
			}
			if err := f.check(prefix+f.name, v); err != nil {
				return err
			}
		case f.required:
			return fault.InvalidField(prefix+f.name, "it is required")
		case f.fallback != "":
			if err := f.take(prefix+f.name, f.fallback, into); err != nil {
				return err
			}
		}
	}
	return unknown(prefix, given)
}

// nullable reports whether the document lets a field of a body be null: that means the same as leaving it out.
func nullable(t reflect.Type) bool { return t.Kind() == reflect.Pointer || t == typeRaw }

func where(prefix string) string {
	if prefix == "" {
		return "body"
	}
	return prefix[:len(prefix)-1]
}

func decodeValue(name string, raw json.RawMessage, into reflect.Value) error {
	t := into.Type()
	switch {
	case t == typeRaw:
		into.SetBytes(bytes.Clone(raw))
		return nil
	case t == typeTime || t == typeDay || t.Kind() == reflect.String:
		var text string
		if err := json.Unmarshal(raw, &text); err != nil {
			return mustBe(name, reflect.TypeFor[string]())
		}
		return parseText(name, text, into)
	case t.Kind() == reflect.Pointer:
		into.Set(reflect.New(t.Elem()))
		return decodeValue(name, raw, into.Elem())
	case t.Kind() == reflect.Struct:
		fields, err := fieldsOf(t)
		if err != nil {
			return err
		}
		return decodeObject(name+".", raw, fields, into)
	case t.Kind() == reflect.Slice:
		return decodeList(name, raw, into)
	}
	if err := json.Unmarshal(raw, into.Addr().Interface()); err != nil && !decodeWhole(raw, into) {
		return mustBe(name, t)
	}
	return nil
}

// decodeWhole reads what JSON Schema calls an integer and Go does not: 74.0, and 1e3.
func decodeWhole(raw json.RawMessage, into reflect.Value) bool {
	var v float64
	if !into.CanInt() || json.Unmarshal(raw, &v) != nil || v != math.Trunc(v) || math.Abs(v) > 1<<53 {
		return false
	}
	into.SetInt(int64(v))
	return true
}
