package handlers

import (
	"encoding/json"
	"reflect"
	"time"
)

// Encode is encode.
func Encode(answer any) ([]byte, error) { return encode(nil, answer) }

// SampleAnswers returns the answer of every route that has one, filled with texts and numbers in turn; seed says with which
// to begin, and which pointers and lists are empty.
func SampleAnswers(seed int, texts []string, numbers []float64) map[string]any {
	answers := map[string]any{}
	for _, r := range (&api{}).routes() {
		if r.isStream() || r.resp == reflect.TypeFor[none]() {
			continue
		}
		v := reflect.New(r.resp).Elem()
		(&filler{seed, texts, numbers}).fill(v, 0)
		answers[r.method+" "+r.path] = v.Interface()
	}
	return answers
}

type filler struct {
	n       int
	texts   []string
	numbers []float64
}

func (f *filler) fill(v reflect.Value, depth int) {
	f.n++
	switch v.Type() {
	case typeInstant, typeTime:
		v.Set(reflect.ValueOf(time.Unix(1_772_000_000+int64(f.n), int64(f.n%3)*120_000_000)).Convert(v.Type()))
		return
	case typeRaw:
		v.Set(reflect.ValueOf(json.RawMessage(`{"a": [1, 2]}`)))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(f.texts[f.n%len(f.texts)])
	case reflect.Bool:
		v.SetBool(f.n%2 == 0)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(int64(f.n) - 40)
	case reflect.Float64:
		v.SetFloat(f.numbers[f.n%len(f.numbers)])
	case reflect.Pointer:
		if f.n%3 > 0 && depth < 8 {
			v.Set(reflect.New(v.Type().Elem()))
			f.fill(v.Elem(), depth+1)
		}
	case reflect.Slice:
		if f.n%4 > 0 && depth < 8 {
			v.Set(reflect.MakeSlice(v.Type(), f.n%3, 3))
			for i := range v.Len() {
				f.fill(v.Index(i), depth+1)
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			f.fill(v.Field(i), depth+1)
		}
	}
}
