package app_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/market"
)

// TestImport brings a folder in twice: lines whose times cannot be used are refused one by one, and what an operator
// has set of a stock in between stays.
func TestImport(t *testing.T) {
	t.Parallel()
	db, dir := newDatabase(t), openDir(t)
	env := []string{"DATABASE_URL=" + db.url, "REDIS_URL=" + newRedis(t)}
	tickerctl := func(args ...string) string {
		t.Helper()
		p := command{name: "tickerctl", args: args, env: env}.run(t)
		if err := p.ends(t, patience); err != nil {
			t.Fatalf("tickerctl %v: %v\n%s", args, err, p.out)
		}
		return p.out.String()
	}
	line := func(title, published, seen string) string {
		return `{"source":"한빛신문","press":"한빛신문","title":"` + title + `","summary":null,"url":null,"published_at":"` + published +
			`","first_seen_at":"` + seen + `","time_quality":"exact"}` + "\n"
	}
	writeFile(t, dir, "stocks.csv", "code,name,priority,aliases\n900010,누리테크,2,누리|누리T\n900020,가람전자,2,가람\n")
	writeFile(t, dir, "articles.ndjson", ""+
		line("누리테크 수주", "2026-03-04T12:00:00+09:00", "2026-03-04T12:01:00+09:00")+
		line("누리테크 창립", "2019-03-04T12:00:00+09:00", "2019-03-04T12:01:00+09:00")+
		line("누리테크 신년사", "2025-01-01T08:00:00+09:00", "2025-01-01T08:01:00+09:00")+
		line("누리테크 미래", "2026-03-04T12:00:00+09:00", "9999-03-04T12:01:00+09:00")+
		line("누리테크 옛날", "0000-03-04T12:00:00+09:00", "2026-03-04T12:01:00+09:00")+
		line("누리테크 증설", "2026-03-04T13:00:00+09:00", "2026-03-04T13:01:00+09:00"))
	tickerctl("migrate")
	said := tickerctl("import", dir)
	for _, want := range []string{"articles.ndjson:2: ", "articles.ndjson:3: ", "articles.ndjson:4: ", "articles.ndjson:5: ", "2 stocks, 0 bars, 2 articles", "4 lines refused"} {
		if !strings.Contains(said, want) {
			t.Errorf("import does not say %q:\n%s", want, said)
		}
	}
	nuri := market.Stock{Code: "900010", Name: "누리테크", Aliases: []string{"누리T", "NT"}, Priority: 5}
	fatal(t, db.SaveStocks(t.Context(), []market.Stock{nuri}))
	tickerctl("import", "--only-stocks", dir)
	stocks, err := db.Stocks(t.Context(), false)
	want := []market.Stock{nuri, {Code: "900020", Name: "가람전자", Aliases: []string{"가람"}, Priority: 2, Active: true}}
	if diff := cmp.Diff(want, stocks); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
}
