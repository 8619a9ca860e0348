package store_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/market"
	"tickerwire/internal/news"
	"tickerwire/store/storetest"
)

func TestFilers(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	known := func() bool {
		t.Helper()
		yes, err := db.KnowsFilers(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return yes
	}
	save := func(want int, filers ...news.Filer) {
		t.Helper()
		if n, err := db.SaveFilers(t.Context(), filers); err != nil || n != want {
			t.Fatalf("%d rows written, want %d: %v", n, want, err)
		}
	}
	if known() {
		t.Error("a new database knows filers")
	}
	save(0)
	var many []news.Filer
	for i := range 2500 {
		many = append(many, news.Filer{Number: fmt.Sprintf("%08d", i), Code: market.Code(fmt.Sprintf("%06d", i)), Name: "가상"})
	}
	save(2500, many...)
	save(0, many...)
	save(1, news.Filer{Number: "00000007", Code: "90000K", Name: "가상\x00우"}, many[8])
	save(1, news.Filer{Number: "00000009", Code: "000001"}, news.Filer{Number: "00000009", Code: "000002"})
	got, err := db.FilerCodes(t.Context(), []string{"00000007", "00000008", "00000009", "99999999"})
	if err != nil || !known() {
		t.Fatal(err)
	}
	want := map[string]market.Code{"00000007": "90000K", "00000008": "000008", "00000009": "000002"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if none, err := db.FilerCodes(t.Context(), nil); err != nil || len(none) != 0 {
		t.Errorf("%v, %v", none, err)
	}
}
