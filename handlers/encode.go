package handlers

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"sync"
	"time"
	"unicode/utf8"

	"tickerwire/internal/market"
)

// encode writes an answer as JSON, to the byte as encoding/json does. Half of a list's time went into that: it asks each
// instant and each percentage to write itself into a text of its own, and reads that again to see whether it is JSON. How a
// type is written is found out once; what is not known here is left to encoding/json.
func encode(b []byte, answer any) ([]byte, error) {
	v := reflect.ValueOf(answer)
	if !v.IsValid() {
		return append(b, "null"...), nil
	}
	return encoderOf(v.Type())(b, v)
}

// encoder appends a value of one type.
type encoder func(b []byte, v reflect.Value) ([]byte, error)

var encoders sync.Map // of reflect.Type: encoder

func encoderOf(t reflect.Type) encoder {
	if e, ok := encoders.Load(t); ok {
		return e.(encoder)
	}
	// Who asks for a type that is just being looked at, as one that holds itself does, gets an encoder that waits.
	var ready sync.WaitGroup
	var e encoder
	ready.Add(1)
	late, known := encoders.LoadOrStore(t, encoder(func(b []byte, v reflect.Value) ([]byte, error) {
		ready.Wait()
		return e(b, v)
	}))
	if known {
		return late.(encoder)
	}
	e = newEncoder(t)
	ready.Done()
	encoders.Store(t, e)
	return e
}

var (
	typeMarshaler     = reflect.TypeFor[json.Marshaler]()
	typeTextMarshaler = reflect.TypeFor[interface{ MarshalText() ([]byte, error) }]()
)

func newEncoder(t reflect.Type) encoder {
	switch t {
	case typeInstant:
		return encodeInstant
	case typeDate:
		return encodeDate
	case typePct:
		return encodePct
	}
	for _, m := range []reflect.Type{typeMarshaler, typeTextMarshaler} {
		own := t.Implements(m) || reflect.PointerTo(t).Implements(m)
		if t.Kind() == reflect.Pointer {
			own = t.Implements(m) && !t.Elem().Implements(m)
		}
		if own {
			return encodeOther
		}
	}
	switch t.Kind() {
	case reflect.String:
		return func(b []byte, v reflect.Value) ([]byte, error) { return appendText(b, v.String()) }
	case reflect.Bool:
		return func(b []byte, v reflect.Value) ([]byte, error) { return strconv.AppendBool(b, v.Bool()), nil }
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return func(b []byte, v reflect.Value) ([]byte, error) { return strconv.AppendInt(b, v.Int(), 10), nil }
	case reflect.Float64:
		return encodeFloat
	case reflect.Pointer:
		return pointerEncoder(encoderOf(t.Elem()))
	case reflect.Slice:
		if t.Elem().Kind() != reflect.Uint8 {
			return sliceEncoder(encoderOf(t.Elem()))
		}
	case reflect.Struct:
		return structEncoder(t)
	}
	return encodeOther
}

func encodeOther(b []byte, v reflect.Value) ([]byte, error) {
	text, err := json.Marshal(v.Interface())
	return append(b, text...), err
}

func encodeInstant(b []byte, v reflect.Value) ([]byte, error) {
	t := v.Interface().(instant)
	return append(time.Time(t).In(market.KST).AppendFormat(append(b, '"'), time.RFC3339Nano), '"'), nil
}

func encodeDate(b []byte, v reflect.Value) ([]byte, error) {
	return append(append(append(b, '"'), market.Day(v.Int()).String()...), '"'), nil
}

func encodePct(b []byte, v reflect.Value) ([]byte, error) { return pct(v.Float()).append(b), nil }

func encodeFloat(b []byte, v reflect.Value) ([]byte, error) {
	f := v.Float()
	if size := math.Abs(f); f != 0 && size < 1e-6 || !(size < 1e21) { // with an exponent, or no number
		return encodeOther(b, v)
	}
	return strconv.AppendFloat(b, f, 'f', -1, 64), nil
}

func pointerEncoder(elem encoder) encoder {
	return func(b []byte, v reflect.Value) ([]byte, error) {
		if v.IsNil() {
			return append(b, "null"...), nil
		}
		return elem(b, v.Elem())
	}
}

func sliceEncoder(elem encoder) encoder {
	return func(b []byte, v reflect.Value) (_ []byte, err error) {
		if v.IsNil() {
			return append(b, "null"...), nil
		}
		b = append(b, '[')
		for i := range v.Len() {
			if i > 0 {
				b = append(b, ',')
			}
			if b, err = elem(b, v.Index(i)); err != nil {
				return b, err
			}
		}
		return append(b, ']'), nil
	}
}

// structEncoder writes the fields in the order in which fieldsOf gives them, which is that of their declaration. Structs that
// are no answers' (they have tags with options, or fields without) are left to encoding/json.
func structEncoder(t reflect.Type) encoder {
	fields, err := fieldsOf(t)
	if err != nil || hidden(fields) {
		return encodeOther
	}
	keys, elems := make([]string, len(fields)), make([]encoder, len(fields))
	for i, f := range fields {
		if f.in != inBody {
			return encodeOther
		}
		keys[i], elems[i] = `,"`+f.name+`":`, encoderOf(f.typ)
	}
	if len(keys) > 0 {
		keys[0] = keys[0][1:]
	}
	return func(b []byte, v reflect.Value) (_ []byte, err error) {
		b = append(b, '{')
		for i := range fields {
			b = append(b, keys[i]...)
			if b, err = elems[i](b, fieldAt(v, fields[i].index)); err != nil {
				return b, err
			}
		}
		return append(b, '}'), nil
	}
}

// hidden reports whether a name stands twice, where encoding/json has rules of its own.
func hidden(fields []field) bool {
	seen := make(map[string]bool, len(fields))
	for _, f := range fields {
		if seen[f.name] {
			return true
		}
		seen[f.name] = true
	}
	return false
}

func fieldAt(v reflect.Value, index []int) reflect.Value {
	for _, i := range index {
		v = v.Field(i)
	}
	return v
}

// append writes at most six decimals; null for what is not a finite number.
func (p pct) append(b []byte) []byte {
	v := math.Round(float64(p)*1e6) / 1e6
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return append(b, "null"...)
	}
	return strconv.AppendFloat(b, v, 'f', -1, 64)
}

// appendText writes a text that needs no escapes as it is; any other is left to encoding/json.
func appendText(b []byte, s string) ([]byte, error) {
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c < ' ' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
				return escapeText(b, s)
			}
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 || r == '\u2028' || r == '\u2029' {
			return escapeText(b, s)
		}
		i += n
	}
	return append(append(append(b, '"'), s...), '"'), nil
}

func escapeText(b []byte, s string) ([]byte, error) {
	text, err := json.Marshal(s)
	if err != nil {
		return b, fmt.Errorf("encode a text: %w", err)
	}
	return append(b, text...), nil
}
