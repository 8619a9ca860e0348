package app_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/archive"
	"tickerwire/internal/market"
	"tickerwire/internal/simulator"
)

// errands runs tickerctl on a database, and requires that it succeeds.
func errands(t *testing.T, db database) (env []string, run func(args ...string) string) {
	env = []string{"DATABASE_URL=" + db.url, "REDIS_URL=" + newRedis(t)}
	return env, func(args ...string) string {
		t.Helper()
		p := command{name: "tickerctl", args: args, env: env}.run(t)
		if err := p.ends(t, patience); err != nil {
			t.Fatalf("tickerctl %v: %v\n%s", args, err, p.out)
		}
		return p.out.String()
	}
}

// TestImport brings a folder in twice: lines that cannot be used, or contradict an earlier one, are refused one by one,
// whatever wrote the files, those that say the same again are known, and what an operator has set of a stock in between stays.
func TestImport(t *testing.T) {
	t.Parallel()
	db, dir := newDatabase(t), openDir(t)
	_, tickerctl := errands(t, db)
	line := func(title, published, seen string) string {
		return `{"source":"한빛신문","press":"한빛신문","title":"` + title + `","summary":null,"url":null,"published_at":"` + published +
			`","first_seen_at":"` + seen + `","time_quality":"exact"}` + "\r\n"
	}
	order := line("누리테크 수주", "2026-03-04T12:00:00+09:00", "2026-03-04T12:01:00+09:00")
	writeFile(t, dir, "stocks.csv", "\xef\xbb\xbfcode,name,priority,aliases\r\n 900010 ,누리테크,2,누리|누리T\r\n900020,가람전자,2,가람\r\n10,다솔칩,2,\r\n900020,마루전자,2,\r\n900020,가람전자,2,가람\r\n")
	writeFile(t, dir, "bars.csv", "\xef\xbb\xbfcode,date,close\r\n900010, 2026-03-03 ,1000\r\n900010,2026-03-03,1001\r\n900020,2026-03-01,2000\r\n900020,2026-03-03,0\r\n900020,2026-03-03,2000\n900020,2026-03-03,2000")
	writeFile(t, dir, "articles.ndjson", "\xef\xbb\xbf"+order+
		line("누리테크 창립", "2019-03-04T12:00:00+09:00", "2019-03-04T12:01:00+09:00")+
		line("누리테크 신년사", "2025-01-01T08:00:00+09:00", "2025-01-01T08:01:00+09:00")+
		line("누리테크 미래", "2026-03-04T12:00:00+09:00", "9999-03-04T12:01:00+09:00")+
		line("누리테크 옛날", "0000-03-04T12:00:00+09:00", "2026-03-04T12:01:00+09:00")+
		line("누리테크 증설", "2026-03-04T13:00:00+09:00", "2026-03-04T13:01:00+09:00")+
		order+"\r\n"+
		line("누리테크 수주", "2026-03-04T03:00:00Z", "2026-03-04T12:05:00+09:00")+ // the same, met once more
		strings.Replace(order, `"summary":null`, `"summary":"1조 원"`, 1)+
		line("누리테크 감산", "어제", "2026-03-04T13:01:00+09:00")+line("누리테크 증산", "그제", "2026-03-04T13:01:00+09:00")+
		line("누리테크 배당", "그끄제", "2026-03-04T13:01:00+09:00")+line("누리테크 인사", "작년", "2026-03-04T13:01:00+09:00"))
	tickerctl("migrate")
	list := filepath.Join(openDir(t), "refused.txt")
	said := tickerctl("import", "--refused", list, dir)
	refused := []string{
		`stocks.csv:4: code: "10" is not a six-character stock code`, `stocks.csv:5: it contradicts line 3`, `bars.csv:3: it contradicts line 2`,
		`bars.csv:4: 2026-03-01 is no trading day`, `bars.csv:5: close is not positive`,
		`articles.ndjson:2: `, `articles.ndjson:3: `, `articles.ndjson:4: `, `articles.ndjson:5: published_at `, `articles.ndjson:10: it contradicts line 1`,
		`articles.ndjson:11: published_at "어제" is no RFC 3339 time`, `articles.ndjson:12: published_at "그제" is no RFC 3339 time`,
		`articles.ndjson:13: published_at "그끄제" is no RFC 3339 time`, `articles.ndjson:14: published_at "작년" is no RFC 3339 time`,
	}
	for _, want := range append(refused[:len(refused)-1:len(refused)-1], "refused 4 of articles.ndjson: published_at … is no RFC 3339 time\n", "\n  and 1 more\n",
		"no indices.csv\n", "100 % of bars.csv\n", "2 stocks, 2 bars, 0 index levels, 2 articles and 0 known before", "; 4 lines repeated, 14 lines refused\n") {
		if !strings.Contains(said, want) {
			t.Errorf("import does not say %q:\n%s", want, said)
		}
	}
	if strings.Contains(said, "articles.ndjson:14: ") || strings.Contains(said, "\r") {
		t.Errorf("import shows every line, or a bar, to nobody:\n%s", said)
	}
	written, err := os.ReadFile(list)
	fatal(t, err)
	lines := strings.Split(strings.TrimSuffix(string(written), "\n"), "\n")
	if len(lines) != len(refused) {
		t.Fatalf("%d refused lines are written, want %d:\n%s", len(lines), len(refused), written)
	}
	for i, want := range refused {
		if !strings.HasPrefix(lines[i], want) {
			t.Errorf("refused line %q, want %q", lines[i], want)
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
	if again := tickerctl("import", dir); !strings.Contains(again, "0 bars, 0 index levels, 0 articles and 2 known before, 0 outcomes; 4 lines repeated, 14 lines refused") {
		t.Errorf("a second import:\n%s", again)
	}
}

// TestAKilledImportGoesOn kills an import while it joins articles to stories, with more of them saved already, and starts
// it again: in the end everything is as after an import that nobody disturbed, and nothing is there twice.
func TestAKilledImportGoesOn(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	fatal(t, simulator.WriteGenerated(dir, simulator.ArchiveOptions{Seed: 11, Articles: 900}))
	whole := newDatabase(t)
	_, undisturbed := errands(t, whole)
	undisturbed("migrate")
	undisturbed("import", dir)

	db := newDatabase(t)
	env, tickerctl := errands(t, db)
	tickerctl("migrate")
	// Whoever joins the 200th article to a story waits for the test.
	_, err := db.Bun().ExecContext(t.Context(), `
		create function wait_for_test() returns trigger language plpgsql as $$ begin perform pg_advisory_xact_lock(4711); return new; end $$;
		create trigger wait_for_test before update of story_id on articles for each row when (new.id = 200) execute function wait_for_test()`)
	fatal(t, err)
	ctx, release := context.WithCancel(t.Context())
	defer release()
	gate, err := db.Bun().Conn(ctx)
	fatal(t, err)
	defer gate.Close()
	_, err = gate.ExecContext(ctx, `select pg_advisory_lock(4711)`)
	fatal(t, err)
	p := command{name: "tickerctl", args: []string{"import", dir}, env: env}.run(t)
	var waiting []string // the import's connection
	until(t, patience, func() error {
		waiting = db.list(t, `select pid::text from pg_locks where locktype = 'advisory' and objid = 4711 and not granted
			and database = (select oid from pg_database where datname = current_database())`)
		if len(waiting) == 0 {
			return fmt.Errorf("the import has not come to the 200th article")
		}
		return nil
	})
	fatal(t, p.process.Kill())
	if err := p.ends(t, patience); err == nil {
		t.Fatal("a killed import ended well")
	}
	_, err = gate.ExecContext(ctx, `select pg_advisory_unlock(4711)`)
	fatal(t, err)
	until(t, patience, func() error { // the server notices that its client is gone, and undoes what it was at
		if n := db.number(t, `select count(*) from pg_stat_activity where pid = ?::int`, waiting[0]); n > 0 {
			return fmt.Errorf("the dead import's connection is there still")
		}
		return nil
	})
	saved, joined := db.number(t, `select count(*) from articles`), db.number(t, `select count(*) from articles where embedded_at is not null`)
	if joined == 0 || joined >= saved || saved >= 900 {
		t.Fatalf("%d of %d articles are joined to stories; want some, and the import in its middle", joined, saved)
	}
	said := tickerctl("import", dir)
	if want := fmt.Sprintf(" %d known before", saved); !strings.Contains(said, want) {
		t.Errorf("the second import does not say %q:\n%s", want, said)
	}
	for what, query := range map[string]string{
		"articles": `select source || ' ' || external_id || ' ' || title || ' ' || available_at from articles order by 1`,
		"stories": `select s.external_id || ' of ' || f.external_id || ' ' || round(s.cosine::numeric, 4) from articles s join stories t on t.id = s.story_id
			join articles f on f.id = t.first_article_id order by 1`,
		"vectors":   `select a.external_id || ' ' || v.embedder || ' ' || md5(v.floats) from vectors v join articles a on a.id = v.article_id order by 1`,
		"sightings": `select s.source || ' ' || s.external_id || ' ' || a.external_id from sightings s join articles a on a.id = s.article_id order by 1`,
		"bars":      `select code || ' ' || day || ' ' || close || ' ' || revision from bars order by 1`,
		"levels":    `select name || ' ' || day || ' ' || close || ' ' || revision from index_days order by 1`,
		"outcomes": `select f.external_id || ' ' || o.code || ' ' || o.horizon || ' ' || o.version || ' ' || o.excess_pct || ' ' || o.void from outcomes o
			join stories t on t.id = o.story_id join articles f on f.id = t.first_article_id order by 1`,
	} {
		want := whole.list(t, query)
		if len(want) == 0 {
			t.Errorf("no %s", what)
		}
		if diff := cmp.Diff(want, db.list(t, query)); diff != "" {
			t.Errorf("%s: %s", what, diff)
		}
	}
}

func TestImportRefusesAFolderWithoutNews(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	writeFile(t, dir, archive.BarsFile, "code,date,close\n900010,2026-03-03,1000\n")
	db := newDatabase(t)
	env, tickerctl := errands(t, db)
	tickerctl("migrate")
	command{name: "tickerctl", args: []string{"import", dir}, env: env}.run(t).refuses(t, "articles.ndjson")
	if n := db.number(t, `select count(*) from bars`); n != 0 {
		t.Errorf("%d bars came in before it was refused", n)
	}
}
