package backtest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/backtest"
	"tickerwire/internal/forecast"
	"tickerwire/store"
	"tickerwire/store/storetest"
	"tickerwire/tasks"
)

// TestTwoWalksMakeTheSameBytes walks once with nothing of the future in the database, and once with all of it.
func TestTwoWalksMakeTheSameBytes(t *testing.T) {
	t.Parallel()
	h := generated(t, 270)
	var first, whole walked
	t.Run("walks", func(t *testing.T) {
		for out, future := range map[*walked]bool{&first: false, &whole: true} {
			t.Run("", func(t *testing.T) {
				t.Parallel()
				*out = walk(t, h, future, all)
			})
		}
	})
	if diff := cmp.Diff(first.rows, whole.rows); diff != "" || len(first.rows) == 0 || neighbours(first.rows) == 0 {
		t.Errorf("%d predictions, %d with neighbours; without (-) and with (+) the future in the database:\n%s", len(first.rows), neighbours(first.rows), diff)
	}
	if diff := cmp.Diff(first.seen, whole.seen); diff != "" || len(first.seen)*3 != len(first.rows) {
		t.Errorf("seen %d of %d predictions; with the future: %s", len(first.seen), len(first.rows), diff)
	}
	if !bytes.Equal(first.json, whole.json) || !bytes.Equal(first.html, whole.html) {
		t.Errorf("the report with the future in the database differs:\n%s", cmp.Diff(string(first.json), string(whole.json)))
	}
	if diff := cmp.Diff(first.rows, walkStored(t, h)); diff != "" {
		t.Errorf("walked forward (-), and through what was imported (+):\n%s", diff)
	}
	report := checkReport(t, first)
	if len(report.Records) != 4*3 || len(report.Alerts) != 3 {
		t.Errorf("%d records, %d models' alerts", len(report.Records), len(report.Alerts))
	}
	for _, a := range report.Alerts {
		if a.Decided == 0 {
			t.Errorf("%s says nothing that could be compared", a.Model)
		}
	}
}

// TestAReportShowsFigures walks two models through as many articles as make a record that is long enough for figures.
func TestAReportShowsFigures(t *testing.T) {
	t.Parallel()
	w := walk(t, generated(t, 450), false, func(m forecast.Model) bool { return m.Kind == forecast.KindAnalogue || m.Kind == forecast.KindBaseline })
	shown := map[string]int{}
	for _, rec := range checkReport(t, w).Records {
		if rec.Skill == nil {
			continue
		}
		shown[rec.Kind]++
		if rec.Kind == forecast.KindBaseline && rec.Skill.Value != 0 {
			t.Errorf("the base rate beats itself by %v", rec.Skill.Value)
		}
		if rec.Kind == forecast.KindAnalogue && (rec.Accuracy == nil || rec.AUC == nil || len(rec.Bins) == 0) {
			t.Errorf("figures are missing of %+v", rec)
		}
	}
	if len(shown) != 2 {
		t.Errorf("records that show figures: %v", shown)
	}
	checkPage(t, w.html)
}

// walkStored imports a history, walks through it in two goes and returns the predictions.
func walkStored(t *testing.T, h backtest.History) []string {
	t.Helper()
	db := storetest.New(t)
	models := enlist(t, db)
	laid, err := (&backtest.Walk{Worker: newWorker(db)}).Run(t.Context(), h)
	must(t, err)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	seen := 0
	broken := backtest.Walk{Worker: newWorker(db), Models: models, Watch: func(tasks.Seen) {
		if seen++; seen == 40 {
			stop()
		}
	}}
	first, err := broken.Stored(ctx, laid.End)
	if err == nil || first == 0 {
		t.Fatalf("a walk that was stopped asked about %d stories: %v", first, err)
	}
	walk := backtest.Walk{Worker: newWorker(db), Models: models, Calls: 1}
	second, err := walk.Stored(t.Context(), laid.End)
	must(t, err)
	if third, err := walk.Stored(t.Context(), laid.End); err != nil || second == 0 || third != second {
		t.Errorf("%d stories after %d, then %d more, %v", second, first, third-second, err)
	}
	card, err := db.Scorecard(t.Context(), store.RecordOf{ModelID: models[0].ID, Horizon: 1, Origin: forecast.Backtest})
	if must(t, err); card.Report.StockDays == 0 {
		t.Error("no record was judged")
	}
	var sealed, alerts int
	must(t, db.Bun().NewRaw(`select (select count(*) from model_calls where sealed), (select count(*) from alerts)`).Scan(t.Context(), &sealed, &alerts))
	if n, err := db.SealPredictions(t.Context(), 1000); err != nil || n != 0 || sealed != 0 || alerts != 0 {
		t.Errorf("%d calls sealed, %d more now, %d alerts, %v", sealed, n, alerts, err)
	}
	return rows(t, db, forecast.Backtest)
}

// checkReport holds the report against what the walk did, and returns it.
func checkReport(t *testing.T, w walked) backtest.Report {
	t.Helper()
	var r backtest.Report
	must(t, json.Unmarshal(w.json, &r))
	if len(r.NotEvidence) != 0 || r.Archive.Articles != w.sum.Articles || r.Archive.Stories != w.sum.Stories {
		t.Errorf("%d records are no evidence, %+v", len(r.NotEvidence), r.Archive)
	}
	for _, rec := range r.Records {
		if rec.Verdict != "collecting" && rec.Verdict != "no skill shown" && rec.Verdict != "skill shown" {
			t.Errorf("%s over %d days: verdict %q", rec.Model, rec.Horizon, rec.Verdict)
		}
		if (rec.Skill != nil) != (rec.NeedsStockDays == 0) || rec.Days < 20 && rec.Verdict != "collecting" {
			t.Errorf("%s over %d days: skill %v with %d stock-days on %d days, %s", rec.Model, rec.Horizon, rec.Skill, rec.StockDays, rec.Days, rec.Verdict)
		}
	}
	for _, a := range r.Alerts {
		if a.Sent != 0 || len(a.Picks) != 4*3 {
			t.Errorf("%s: %d sent without a proven record, %d rows of picks", a.Model, a.Sent, len(a.Picks))
		}
	}
	return r
}

// outsideAddress is what would have a browser ask somebody.
var outsideAddress = regexp.MustCompile(`(?i)(src|href|action|poster|srcset)\s*=|url\(|@import|//[a-z0-9.-]+\.[a-z]{2,}`)

// checkPage reads the page as a browser does.
func checkPage(t *testing.T, page []byte) {
	t.Helper()
	if found := outsideAddress.Find(page); found != nil {
		t.Errorf("the page asks for something: %s", found)
	}
	drawings := 0
	for dec := xml.NewDecoder(bytes.NewReader(page)); ; { // it is well-formed XML, too: every tag is closed where it should be
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		must(t, err)
		if tag, ok := token.(xml.StartElement); ok && tag.Name.Local == "svg" {
			drawings++
		} else if ok && tag.Name.Local == "script" {
			t.Error("the page has a script")
		}
	}
	if drawings < 5 {
		t.Errorf("%d drawings", drawings)
	}
	for _, words := range []string{"자료를 모으는 중", "collecting", "모형별 성적", "Skill over time", "대조군"} {
		if !strings.Contains(string(page), words) {
			t.Errorf("the page does not say %q", words)
		}
	}
	if strings.Contains(string(page), "NaN") || strings.Contains(string(page), "ZgotmplZ") {
		t.Error("a figure of the page is no number")
	}
}

// TestAWalkPassesOverWhatIsTakenDown: one story's article is gone before the walk, another's while it goes on.
func TestAWalkPassesOverWhatIsTakenDown(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	models := enlist(t, db)
	laid, err := (&backtest.Walk{Worker: newWorker(db)}).Run(t.Context(), generated(t, 60))
	must(t, err)
	var stories []struct {
		ID  int64
		URL string
	}
	must(t, db.Bun().NewRaw(`
		select s.id, a.url from stories s join articles a on a.id = s.first_article_id
		where s.codes <> '{}' and a.url <> '' order by s.available_at, s.id`).Scan(t.Context(), &stories))
	if len(stories) < 10 {
		t.Fatalf("%d stories", len(stories))
	}
	early, late := stories[1], stories[len(stories)-1]
	gone := func(url string) {
		_, err := db.TakeDown(t.Context(), store.TakedownOrder{URL: url, Reason: "asked for"})
		must(t, err)
	}
	gone(early.URL)
	seen := 0
	walk := backtest.Walk{Worker: newWorker(db), Models: models, Calls: 1, Watch: func(tasks.Seen) {
		if seen++; seen == 3 {
			gone(late.URL)
		}
	}}
	asked, err := walk.Stored(t.Context(), laid.End)
	must(t, err)
	if seen < 4 || asked < len(stories)/2 {
		t.Errorf("asked about %d of %d stories", asked, len(stories))
	}
	var made int
	must(t, db.Bun().NewRaw(`
		select count(*) from predictions p join model_calls c on c.id = p.call_id where c.story_id in (?, ?)`, early.ID, late.ID).Scan(t.Context(), &made))
	if made > 0 {
		t.Errorf("%d predictions of what was taken down", made)
	}
}
