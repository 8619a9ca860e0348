package forecast_test

import (
	"encoding/hex"
	"reflect"
	"testing"
	"time"

	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
)

func receipt() forecast.Prediction {
	at := time.Date(2026, 3, 4, 12, 0, 0, 123456789, market.KST)
	return forecast.Prediction{ID: 1, StoryID: 2, Code: "900001", ModelID: 3, CallID: 4, Horizon: 1, Generation: 1, AsOf: at, MadeAt: at.Add(time.Second),
		Probability: .1 + .2, BaseRate: .42, ExpectedPct: .5, LowPct: -3, HighPct: 4, Origin: forecast.Live, Note: "n",
		Evidence: forecast.Evidence{Query: 5, Embedder: "e", Effective: 1.5, PanelDays: 40, Neighbours: []forecast.Neighbour{
			{ArticleID: 6, StoryID: 7, Code: "900002", Cosine: .3, Weight: .1, TargetDay: market.NewDay(2026, 3, 3), ExcessPct: 1, KnownAt: at.Add(-time.Hour)}}}}
}

func hash(t *testing.T, p forecast.Prediction) forecast.Digest {
	t.Helper()
	d, err := forecast.ContentHash(forecast.SealVersion, p)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestContentHashIsForEver: receipts that were given out must verify with every later program.
func TestContentHashIsForEver(t *testing.T) {
	t.Parallel()
	p := receipt()
	d := hash(t, p)
	if got := hex.EncodeToString(d[:]); got != wantContent {
		t.Errorf("content %s, want %s", got, wantContent)
	}
	head := forecast.Head(7, forecast.SealVersion, forecast.Digest{1}, []forecast.Digest{d})
	if got := hex.EncodeToString(head[:]); got != wantHead {
		t.Errorf("head %s, want %s", got, wantHead)
	}
	p.AsOf, p.MadeAt = p.AsOf.UTC().Truncate(time.Microsecond), p.MadeAt.UTC()
	if hash(t, p) != d {
		t.Error("the zone, or what Postgres does not keep, changes it")
	}
	if _, err := forecast.ContentHash(forecast.SealVersion+1, p); err == nil {
		t.Error("a version of the future is hashed")
	}
}

// TestContentHashNamesEveryField sets each field of a prediction and of its evidence to something else.
func TestContentHashNamesEveryField(t *testing.T) {
	t.Parallel()
	before := hash(t, receipt())
	var walk func(path string, at func(p *forecast.Prediction) reflect.Value)
	walk = func(path string, at func(p *forecast.Prediction) reflect.Value) {
		probe := receipt()
		v := at(&probe)
		_, isTime := v.Interface().(time.Time)
		if v.Kind() == reflect.Struct && !isTime {
			for i := range v.NumField() {
				walk(path+"."+v.Type().Field(i).Name, func(p *forecast.Prediction) reflect.Value { return at(p).Field(i) })
			}
			return
		}
		if v.Kind() == reflect.Slice {
			walk(path+"[0]", func(p *forecast.Prediction) reflect.Value { return at(p).Index(0) })
			v.SetLen(0)
		}
		switch v.Kind() {
		case reflect.Int, reflect.Int32, reflect.Int64:
			v.SetInt(v.Int() + 1)
		case reflect.Float64:
			v.SetFloat(v.Float() + 1e-9)
		case reflect.String:
			v.SetString(v.String() + "x")
		case reflect.Bool:
			v.SetBool(!v.Bool())
		case reflect.Struct:
			v.Set(reflect.ValueOf(v.Interface().(time.Time).Add(time.Millisecond)))
		}
		if hash(t, probe) == before {
			t.Errorf("another %s has the same hash", path)
		}
	}
	walk("Prediction", func(p *forecast.Prediction) reflect.Value { return reflect.ValueOf(p).Elem() })
}

func TestHeadNamesAllUnderIt(t *testing.T) {
	t.Parallel()
	a, b := forecast.Digest{1}, forecast.Digest{2}
	want := forecast.Head(1, 1, a, []forecast.Digest{a, b})
	for name, got := range map[string]forecast.Digest{
		"another number": forecast.Head(2, 1, a, []forecast.Digest{a, b}), "another version": forecast.Head(1, 2, a, []forecast.Digest{a, b}),
		"another past": forecast.Head(1, 1, b, []forecast.Digest{a, b}), "another order": forecast.Head(1, 1, a, []forecast.Digest{b, a}),
		"one less": forecast.Head(1, 1, a, []forecast.Digest{a}),
	} {
		if got == want {
			t.Errorf("%s has the same head", name)
		}
	}
}

const (
	wantContent = "b1111c5f2f5b7fe5f4e037022a076956d5b962c7608f58e5130d2a51841d4238"
	wantHead    = "049b9541a98bd9b96513d9711525ba0a44aeb38fc250b0ab396c300ad8b448d0"
)
