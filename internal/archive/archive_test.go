package archive_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/archive"
	"tickerwire/internal/market"
	"tickerwire/internal/news"
)

// gathered is what a reading came to.
type gathered[T any] struct {
	rows    []T
	refused []string
	places  []archive.Place
}

func (g *gathered[T]) sink() archive.Sink[T] {
	return archive.Sink[T]{
		Take: func(row T, at archive.Place) error {
			g.rows, g.places = append(g.rows, row), append(g.places, at)
			return nil
		},
		Refuse: func(e *archive.LineError) { g.refused = append(g.refused, e.Error()) },
	}
}

const goodLine = `{"source":"naver","press":"새벽나루일보","title":"가람차 신차","summary":null,"url":null,"published_at":"2026-11-16T09:00:00+09:00","first_seen_at":"2026-11-16T00:01:00Z","time_quality":"exact"}`

func TestReadArticlesReportsEachBadLineAndGoesOn(t *testing.T) {
	t.Parallel()
	edit := func(old, new string) string { return strings.Replace(goodLine, old, new, 1) }
	lines := []struct{ line, why string }{
		{"\xef\xbb\xbf" + goodLine, ""},
		{"", "-"}, // no row
		{"{", "no article: unexpected end of JSON input"},
		{"[1]", "no article: json: cannot unmarshal array into Go value of type archive.articleLine"},
		{edit(`"title":"가람차 신차"`, `"title":7`), "no article: json: cannot unmarshal number into Go struct field articleLine.title of type string"},
		{edit(`"naver"`, `" "`), "source is missing"},
		{edit("가람차 신차", ""), "title is missing"},
		{edit("exact", "about"), `time_quality "about" is none of exact, crawl, date`},
		{edit("2026-11-16T09:00:00+09:00", "2026-11-16 09:00"), `published_at "2026-11-16 09:00" is no RFC 3339 time`},
		{edit("2026-11-16T00:01:00Z", ""), `first_seen_at "" is no RFC 3339 time`},
		{edit("가람차", "가\xff차"), "the line is not UTF-8"},
		{edit("가람차", strings.Repeat("가", 400_000)), "the line is longer than 1 MiB"},
		{goodLine + "\r", ""},
		{goodLine, ""}, // the last one has no line end
	}
	var text []string
	var want []string
	for i, l := range lines {
		text = append(text, l.line)
		if l.why != "" && l.why != "-" {
			want = append(want, "articles.ndjson:"+[]string{"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14"}[i]+": "+l.why)
		}
	}
	input := strings.Join(text, "\n")
	var g gathered[archive.Article]
	counts, err := archive.ReadArticles(strings.NewReader(input), g.sink())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, g.refused); diff != "" {
		t.Error(diff)
	}
	if counts != (archive.Counts{Taken: 3, Refused: len(want)}) {
		t.Errorf("counts %+v", counts)
	}
	good := archive.Article{Source: "naver", Press: "새벽나루일보", Title: "가람차 신차", TimeQuality: news.TimeExact,
		PublishedAt: time.Date(2026, 11, 16, 0, 0, 0, 0, time.UTC), FirstSeenAt: time.Date(2026, 11, 16, 0, 1, 0, 0, time.UTC)}
	if diff := cmp.Diff([]archive.Article{good, good, good}, g.rows); diff != "" {
		t.Error(diff)
	}
	if last := g.places[2]; last != (archive.Place{Line: len(lines), End: int64(len(input))}) || g.places[0] != (archive.Place{Line: 1, End: int64(len(goodLine) + 4)}) {
		t.Errorf("places %+v", g.places)
	}
}

func TestReadersStopForTheirCallerAndForTheDisk(t *testing.T) {
	t.Parallel()
	enough := errors.New("enough")
	counts, err := archive.ReadArticles(strings.NewReader(goodLine+"\n"+goodLine), archive.Sink[archive.Article]{Take: func(archive.Article, archive.Place) error { return enough }})
	if err != enough || counts.Taken != 0 {
		t.Errorf("%+v, %v", counts, err)
	}
	broken := errors.New("broken disk")
	var g gathered[archive.Article]
	if _, err := archive.ReadArticles(iotest.ErrReader(broken), g.sink()); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
}

func TestReadBars(t *testing.T) {
	t.Parallel()
	var g gathered[archive.Bar]
	counts, err := archive.ReadBars(strings.NewReader(strings.Join([]string{
		"code,date,close,volume,net_foreign",
		"990910,2026-11-16,1000,55,-3",
		"990910,2026-11-17,1100,,",
		`"990910","20261118","1200","1",""`,
		"9909,2026-11-16,1000,1,1",
		"990910,16.11.2026,1000,1,1",
		"990910,2026-11-16,,1,1",
		"990910,2026-11-16,12.5,1,1",
		"990910,2026-11-16,1000,-1,1",
		"990910,2026-11-16,1000",
		`990910,2026-11-16,"1000,1,1`,
		"990910,2026-11-19,1300,1,1",
	}, "\n")), g.sink())
	if err != nil {
		t.Fatal(err)
	}
	bar := func(day int, close, volume int64) archive.Bar {
		return archive.Bar{Code: "990910", Day: market.NewDay(2026, time.November, day), Close: close, Volume: volume, AdjFactor: 1, Source: "import"}
	}
	if diff := cmp.Diff([]archive.Bar{bar(16, 1000, 55), bar(17, 1100, 0), bar(18, 1200, 1), bar(19, 1300, 1)}, g.rows); diff != "" {
		t.Error(diff)
	}
	want := []string{
		`bars.csv:5: code: "9909" is not a six-character stock code`, `bars.csv:6: date "16.11.2026": want 2006-01-02`, "bars.csv:7: close is not positive",
		`bars.csv:8: close "12.5" is no whole number from 0`, `bars.csv:9: volume "-1" is no whole number from 0`, "bars.csv:10: 3 cells under a header of 5",
		"bars.csv:11: a quote is not closed or stands inside of a cell",
	}
	if diff := cmp.Diff(want, g.refused); diff != "" || counts.Refused != 7 {
		t.Errorf("%+v %s", counts, diff)
	}
}

func TestReadBarsWithPrices(t *testing.T) {
	t.Parallel()
	var g gathered[archive.Bar]
	if _, err := archive.ReadBars(strings.NewReader("date,Code,low,high,open,close\r\n2026-11-16,990910,1,4,2,3\r\n"), g.sink()); err != nil {
		t.Fatal(err)
	}
	want := archive.Bar{Code: "990910", Day: market.NewDay(2026, time.November, 16), Open: 2, High: 4, Low: 1, Close: 3, AdjFactor: 1, Source: "import"}
	if diff := cmp.Diff([]archive.Bar{want}, g.rows); diff != "" {
		t.Error(diff)
	}
}

func TestAHeaderThatLacksAColumnRefusesEveryRow(t *testing.T) {
	t.Parallel()
	var g gathered[archive.Bar]
	counts, err := archive.ReadBars(strings.NewReader("code,close\n990910,1\n"), g.sink())
	want := []string{"bars.csv:1: column date is missing", "bars.csv:2: the header is unusable: column date is missing"}
	if diff := cmp.Diff(want, g.refused); diff != "" || err != nil || counts != (archive.Counts{Refused: 2}) {
		t.Errorf("%+v %v %s", counts, err, diff)
	}
}

func TestReadStocksAndIndices(t *testing.T) {
	t.Parallel()
	var stocks gathered[archive.Stock]
	if _, err := archive.ReadStocks(strings.NewReader("code,name,priority,aliases\n990910,가람차,1,가람모터스|가차\n990920,다솔칩,,\n990930,,1,\n990940,마루,6,\n"), stocks.sink()); err != nil {
		t.Fatal(err)
	}
	wantStocks := []archive.Stock{
		{Stock: market.Stock{Code: "990910", Name: "가람차", Priority: 1, Active: true, Aliases: []string{"가람모터스", "가차"}}},
		{Stock: market.Stock{Code: "990920", Name: "다솔칩", Priority: 3, Active: true}},
	}
	if diff := cmp.Diff(wantStocks, stocks.rows); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"stocks.csv:4: name is missing", `stocks.csv:5: priority "6" is not 1 to 5`}, stocks.refused); diff != "" {
		t.Error(diff)
	}
	var indices gathered[archive.Index]
	if _, err := archive.ReadIndices(strings.NewReader("index,date,open,high,low,close\nKOSPI,2026-11-16,1.5,2,1,1.75\n,2026-11-16,1,1,1,1\nKOSPI,2026-11-17,NaN,2,1,1\nKOSPI,2026-11-18,1,1,1,\n"), indices.sink()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]archive.Index{{Name: "KOSPI", Day: market.NewDay(2026, time.November, 16), Open: 1.5, High: 2, Low: 1, Close: 1.75}}, indices.rows); diff != "" {
		t.Error(diff)
	}
	if len(indices.refused) != 3 {
		t.Errorf("refused %v", indices.refused)
	}
}

func TestIdentity(t *testing.T) {
	t.Parallel()
	a := archive.Article{Source: "naver", Press: "새벽나루일보", Title: "가람차 신차", PublishedAt: time.Date(2026, 11, 16, 0, 0, 0, 0, time.UTC)}
	elsewhere := a
	elsewhere.PublishedAt, elsewhere.FirstSeenAt, elsewhere.Summary = a.PublishedAt.In(market.KST), time.Now(), "다른 요약"
	if a.ID() != elsewhere.ID() || len(a.ID()) != 16 || a.Link() != "https://archive.invalid/a/"+a.ID() {
		t.Errorf("%s and %s, link %s", a.ID(), elsewhere.ID(), a.Link())
	}
	for _, change := range []func(*archive.Article){
		func(b *archive.Article) { b.Source = "maeil" }, func(b *archive.Article) { b.Press = "" }, func(b *archive.Article) { b.Title += "!" },
		func(b *archive.Article) { b.PublishedAt = b.PublishedAt.Add(time.Second) },
	} {
		b := a
		change(&b)
		if b.ID() == a.ID() {
			t.Errorf("%+v has the same identity", b)
		}
	}
	a.URL = "https://x.invalid/1"
	if a.Link() != a.URL {
		t.Errorf("link %s", a.Link())
	}
}

func TestFilings(t *testing.T) {
	t.Parallel()
	const receipt = "20261116800123"
	a := archive.Article{Source: archive.SourceDART, Title: "[공시] 소송", Summary: "[가람차] [기재정정]소송등의제기   \n\n제출인: 다솔칩\n\n" + archive.ViewerURL(receipt)}
	f, ok := a.Filing()
	want := archive.Filing{Receipt: receipt, Day: market.NewDay(2026, time.November, 16), Company: "가람차", Filer: "다솔칩", Report: "[기재정정]소송등의제기   "}
	if diff := cmp.Diff(want, f); diff != "" || !ok {
		t.Error(diff)
	}
	if a.ID() != receipt || a.Link() != archive.ViewerURL(receipt) {
		t.Errorf("id %s, link %s", a.ID(), a.Link())
	}
	byURL := archive.Article{Source: archive.SourceDART, Summary: "[가람차] 소송등의제기", URL: archive.ViewerURL(receipt)}
	if f, ok := byURL.Filing(); !ok || f.Receipt != receipt || f.Filer != "가람차" {
		t.Errorf("%+v, %v", f, ok)
	}
	for name, b := range map[string]archive.Article{
		"journalism":      {Source: "naver", Summary: a.Summary},
		"no receipt":      {Source: archive.SourceDART, Summary: "[가람차] 소송"},
		"no company":      {Source: archive.SourceDART, Summary: "소송 " + archive.ViewerURL(receipt)},
		"no day in it":    {Source: archive.SourceDART, Summary: "[가람차] 소송 " + archive.ViewerURL("20261399000001")},
		"nothing at all":  {Source: archive.SourceDART},
		"brackets inside": {Source: archive.SourceDART, Summary: "소송 [가람차] " + archive.ViewerURL(receipt)},
	} {
		if f, ok := b.Filing(); ok {
			t.Errorf("%s: %+v", name, f)
		}
		if len(b.ID()) != 16 {
			t.Errorf("%s: id %q", name, b.ID())
		}
	}
}

func TestWrittenIsReadBack(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "new", "folder")
	w, err := archive.Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 16, 1, 2, 3, 0, time.UTC)
	article := archive.Article{Source: "naver", Press: "새벽", Title: "<b>\"인용\"</b> & \u2028 \x01", Summary: "줄\n바꿈", URL: "https://x.invalid/?a=1&b=2", PublishedAt: at, FirstSeenAt: at.Add(time.Second), TimeQuality: news.TimeCrawl}
	bar := archive.Bar{Code: "990910", Day: 20000, Open: 2, High: 4, Low: 1, Close: 3, Volume: 9, AdjFactor: 1, Source: "import"}
	index := archive.Index{Name: "KOSPI", Day: 20000, Open: 1.25, High: 2, Low: 1, Close: 1.5}
	stock := archive.Stock{Stock: market.Stock{Code: "990910", Name: `가람, "차"`, Priority: 2, Active: true, Aliases: []string{"가", "나"}}, Market: "KOSDAQ"}
	if err := errors.Join(w.Article(article), w.Bar(bar), w.Index(index), w.Stock(stock), w.Close()); err != nil {
		t.Fatal(err)
	}
	folder, err := archive.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	var articles gathered[archive.Article]
	var bars gathered[archive.Bar]
	var indices gathered[archive.Index]
	var stocks gathered[archive.Stock]
	_, err1 := folder.Articles(articles.sink())
	_, err2 := folder.Bars(bars.sink())
	_, err3 := folder.Indices(indices.sink())
	_, err4 := folder.Stocks(stocks.sink())
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		t.Fatal(err)
	}
	got := []any{articles.rows, bars.rows, indices.rows, stocks.rows, articles.refused, bars.refused, indices.refused, stocks.refused}
	want := []any{[]archive.Article{article}, []archive.Bar{bar}, []archive.Index{index}, []archive.Stock{stock}, []string(nil), []string(nil), []string(nil), []string(nil)}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) })); diff != "" {
		t.Error(diff)
	}
	if folder.Size(archive.ArticlesFile) == 0 || folder.Size("other") != 0 {
		t.Error("sizes")
	}
}

func TestFolders(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := archive.Open(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("an empty folder: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, archive.ArticlesFile), []byte(goodLine), 0o600); err != nil {
		t.Fatal(err)
	}
	folder, err := archive.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	var bars gathered[archive.Bar]
	if counts, err := folder.Bars(bars.sink()); err != nil || counts != (archive.Counts{}) {
		t.Errorf("a folder without bars: %+v, %v", counts, err)
	}
	if _, err := archive.Create(filepath.Join(dir, archive.ArticlesFile)); err == nil {
		t.Error("an archive was created inside of a file")
	}
}

func FuzzReadersNeverPanic(f *testing.F) {
	f.Add([]byte(goodLine))
	f.Add([]byte("code,date,close\n990910,2026-11-16,1\n\"\n,,\n"))
	f.Add([]byte("index,date,close\nKOSPI,20261116,1e400\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		lines := strings.Count(string(data), "\n") + 1
		check := func(counts archive.Counts, err error) {
			if err != nil || counts.Taken+counts.Refused > lines {
				t.Errorf("%+v of %d lines, %v", counts, lines, err)
			}
		}
		input := string(data)
		check(archive.ReadArticles(strings.NewReader(input), archive.Sink[archive.Article]{Take: func(a archive.Article, _ archive.Place) error {
			if a.ID() == "" || a.Link() == "" {
				t.Errorf("%+v has no identity", a)
			}
			return nil
		}}))
		check(archive.ReadBars(strings.NewReader(input), archive.Sink[archive.Bar]{Take: func(b archive.Bar, _ archive.Place) error {
			if b.Close <= 0 {
				t.Errorf("%+v", b)
			}
			return nil
		}}))
		check(archive.ReadIndices(strings.NewReader(input), archive.Sink[archive.Index]{Take: func(archive.Index, archive.Place) error { return nil }}))
		check(archive.ReadStocks(strings.NewReader(input), archive.Sink[archive.Stock]{Take: func(archive.Stock, archive.Place) error { return nil }}))
	})
}
