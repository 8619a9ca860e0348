package handlers

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"tickerwire/internal/market"
)

// field is one named value of a request or a response struct, read from its tags:
//
//	path:"code" | query:"limit" | json:"email" | header:"Last-Event-ID"   where it comes from and its name
//	doc:"..."                                     what it means; needed
//	min:"1" max:"200"                             of a number: both included; of a text: how many characters; of a list: how many items
//	enum:"day,minute"                             the only values
//	default:"50"                                  taken when it is absent
//	required:"true"                               of an input: it must be there and not be empty
//	example:"..."                                 a sample, in JSON unless the field is a text; "-" for none
//	secret:"true"                                 of an input: the audit log does not keep it
type field struct {
	name, in, doc string
	index         []int
	typ           reflect.Type
	min, max      *float64
	enum          []string
	fallback      string
	sample        string
	required      bool
	secret        bool
}

const (
	inPath   = "path"
	inQuery  = "query"
	inBody   = "json"
	inHeader = "header"
)

// Types that are one value on the wire although they are structs or named kinds in Go.
var (
	typeTime    = reflect.TypeFor[time.Time]()
	typeDay     = reflect.TypeFor[market.Day]()
	typeCode    = reflect.TypeFor[market.Code]()
	typeRaw     = reflect.TypeFor[json.RawMessage]()
	typeInstant = reflect.TypeFor[instant]()
	typeDate    = reflect.TypeFor[date]()
	typePct     = reflect.TypeFor[pct]()
	typeEvents  = reflect.TypeFor[events]()
)

// fieldsOf reads the fields of a struct type, those of embedded structs included. It fails on a field that is not
// described, has no name or has a rule that cannot be read.
func fieldsOf(t reflect.Type) ([]field, error) {
	var out []field
	for i := range t.NumField() {
		sf := t.Field(i)
		if sf.Anonymous {
			inner, err := fieldsOf(sf.Type)
			if err != nil {
				return nil, err
			}
			for _, f := range inner {
				f.index = append([]int{i}, f.index...)
				out = append(out, f)
			}
			continue
		}
		f, err := fieldOf(sf)
		if err != nil {
			return nil, fmt.Errorf("handlers: field %s of %s: %w", sf.Name, t, err)
		}
		f.index = []int{i}
		out = append(out, f)
	}
	return out, nil
}

func fieldOf(sf reflect.StructField) (field, error) {
	f := field{typ: sf.Type, doc: sf.Tag.Get("doc"), sample: sf.Tag.Get("example"), fallback: sf.Tag.Get("default"), required: sf.Tag.Get("required") == "true",
		secret: sf.Tag.Get("secret") == "true"}
	for _, in := range []string{inPath, inQuery, inBody, inHeader} {
		if name, ok := sf.Tag.Lookup(in); ok {
			f.in, f.name = in, name
		}
	}
	switch {
	case !sf.IsExported():
		return f, fmt.Errorf("it is not exported")
	case f.name == "" || strings.Contains(f.name, ",") || f.in != inHeader && strings.Contains(f.name, "-"):
		return f, fmt.Errorf("it has no plain name on the wire")
	case f.doc == "":
		return f, fmt.Errorf("it is not described")
	}
	if list := sf.Tag.Get("enum"); list != "" {
		f.enum = strings.Split(list, ",")
	}
	var err error
	if f.min, err = bound(sf.Tag.Get("min")); err != nil {
		return f, err
	}
	f.max, err = bound(sf.Tag.Get("max"))
	return f, err
}

func bound(text string) (*float64, error) {
	if text == "" {
		return nil, nil // no rule
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return nil, fmt.Errorf("rule %q is no number", text)
	}
	return &v, nil
}

// isLeaf reports whether a type is one value on the wire.
func isLeaf(t reflect.Type) bool {
	switch t {
	case typeTime, typeDay, typeCode, typeRaw, typeInstant, typeDate, typePct:
		return true
	}
	switch t.Kind() {
	case reflect.Struct, reflect.Slice, reflect.Map, reflect.Pointer, reflect.Interface:
		return false
	}
	return true
}
