package backtest_test

import (
	"context"
	"database/sql/driver"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun/driver/pgdriver"

	"tickerwire/internal/backtest"
	"tickerwire/internal/fault"
	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
	"tickerwire/internal/news"
	"tickerwire/store"
	"tickerwire/store/storetest"
	"tickerwire/store/vectors"
	"tickerwire/tasks"
)

const (
	historyDays   = 26 // trading days with closes
	historyStocks = 34
	newsDays      = 4 // the last of them, with news
	newsPerDay    = 10
)

// invented is a history of invented companies: a few kinds of news, so that each finds others like it.
func invented(t *testing.T) backtest.History {
	t.Helper()
	calendar := market.NewCalendar()
	r := rand.New(rand.NewPCG(17, 1))
	var h backtest.History
	price := make([]int64, historyStocks)
	for s := range historyStocks {
		price[s] = 10_000
		h.Stocks = append(h.Stocks, market.Stock{Code: market.Code(fmt.Sprintf("9001%02d", s)), Name: fmt.Sprintf("누리%c전자", '가'+rune(28*s)), Priority: 3, Active: true})
	}
	day := market.NewDay(2026, time.March, 3)
	for d := range historyDays {
		known, err := calendar.BarKnownAt(day)
		must(t, err)
		for s, stock := range h.Stocks {
			price[s] += int64(float64(price[s]) * 0.02 * r.NormFloat64())
			h.Bars = append(h.Bars, market.Bar{Code: stock.Code, Day: day, Close: price[s], Volume: 100, AdjFactor: 1, Source: "import", KnownAt: known})
		}
		for n := range newsPerDay {
			if d < historyDays-newsDays {
				break
			}
			at := day.At(9+n/2, 7*n)
			what := []string{"공급 계약 체결", "영업이익 감소", "신약 임상 성공", "공장 증설"}[n%4]
			stock := h.Stocks[(7*d+3*n)%historyStocks]
			item := news.Item{Source: "hanbit", ExternalID: fmt.Sprint(d, "-", n), URL: fmt.Sprintf("https://news.example.kr/%d/%d", d, n), Press: "한빛신문",
				Title: fmt.Sprintf("%s, %s 발표", stock.Name, what), Summary: fmt.Sprintf("%s가 %d번째로 %s 소식을 알렸다.", stock.Name, d+n, what),
				PublishedAt: at, TimeQuality: news.TimeExact, Kind: news.KindNews}
			h.Articles = append(h.Articles, news.Clean(item, at.Add(time.Minute)))
		}
		day, err = calendar.Add(day, 1)
		must(t, err)
	}
	return h
}

// leaky is a way in which a worker may look at the future.
type leaky struct {
	kind      string // of the model that is asked; "" for every kind
	statement func(string) string
	index     func(vectors.Index, *store.DB) vectors.Index
}

// walk opens a walk on a database of its own.
func (l leaky) walk(t *testing.T) *backtest.Walk {
	t.Helper()
	o := store.Options{URL: storetest.URL(t), MaxConns: 6}
	if l.statement != nil {
		o.Wrap = func(c driver.Connector) driver.Connector { return rewriter{c, l.statement} }
	}
	db, err := store.OpenScratch(t.Context(), o)
	must(t, err)
	t.Cleanup(func() {
		if err := db.Discard(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	for _, m := range []forecast.Model{
		{Name: "words", Kind: forecast.KindLexicon},
		{Name: "prompt", Kind: forecast.KindLLM, Language: forecast.LanguageModel{Name: "echo", PromptVersion: "ko-1", MaxTokens: 100}},
		{Name: "all", Kind: forecast.KindPool, Members: []int64{1, 2}},
	} {
		if l.kind != "" && l.kind != m.Kind {
			continue // it would be calibrated in vain
		}
		m.Role, m.Version = forecast.Challenger, forecast.VersionOf(m)
		_, err := db.CreateModel(t.Context(), m)
		must(t, err)
	}
	models, err := db.Models(t.Context())
	must(t, err)
	models = slices.DeleteFunc(models, func(m forecast.Model) bool { return l.kind != "" && m.Kind != l.kind })
	var index vectors.Index = vectors.NewExact(db.DB)
	if l.index != nil {
		index = l.index(index, db.DB)
	}
	predictors := make(map[string]tasks.Predictor)
	for _, kind := range forecast.Kinds() {
		if predict, ok := forecast.Local(kind); ok {
			predictors[kind] = predict
		}
	}
	return &backtest.Walk{Models: models, Worker: &tasks.Worker{DB: db.DB, Index: index, Predictors: predictors, LLM: backtest.Echo{},
		Calendar: market.NewCalendar(), Log: slog.New(slog.DiscardHandler)}}
}

// check looks for leaks of workers that look at the future in this way, if in any.
func (l leaky) check(t *testing.T) (backtest.Compared, []backtest.Leak, error) {
	t.Helper()
	var found []backtest.Leak
	sum, err := backtest.FindLeaks(t.Context(), l.walk(t), l.walk(t), invented(t), func(l backtest.Leak) { found = append(found, l) })
	return sum, found, err
}

func TestNoKindOfModelSeesTheFuture(t *testing.T) {
	t.Parallel()
	sum, found, err := leaky{}.check(t)
	must(t, err)
	for _, l := range found {
		t.Errorf("%+v", l)
	}
	if sum.Stories != newsDays*newsPerDay || sum.Predictions != sum.Stories*5*len(forecast.Horizons) || sum.Values < 20*sum.Predictions/3 || sum.Fits < newsDays*3*len(forecast.Horizons) || sum.Leaks != 0 {
		t.Errorf("%+v", sum)
	}
	t.Logf("%+v", sum)
}

// TestAPlantedLeakIsNamed: each part of what a prediction rests on is made to depend on what was known only later.
func TestAPlantedLeakIsNamed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		plant leaky
		what  []string // that differ
		clean []string // that do not
	}{
		"retrieval that searches everything and drops the future afterwards": {
			leaky{kind: forecast.KindAnalogue, index: func(i vectors.Index, db *store.DB) vectors.Index { return lateFilter{i, db} }},
			[]string{"neighbour", "probability", "evidence"}, []string{"base rate", "sigma", "calibration"},
		},
		"features from one stock's closes as they are now": {
			leaky{kind: forecast.KindBaseline, statement: replaced(`\(b\.known_at <= '[^']*'\)`, `($0 or b.code = '900103')`)},
			[]string{"sigma", "last close", "interval"}, []string{"calibration", "neighbour", "prompt"},
		},
		"a base rate from all closes as they are now": {
			leaky{kind: forecast.KindBaseline, statement: replaced(`\(b\.known_at <= '[^']*'\)`, `(true)`)},
			[]string{"base rate", "stated base rate", "probability"}, []string{"calibration", "neighbour", "prompt"},
		},
		"a prompt that counts the articles": {
			leaky{kind: forecast.KindLLM, statement: replaced(`"a"\."title"(.*\(a\.id in )`, `"a"."title" || (select count(*) from articles) as title$1`)},
			[]string{"prompt", "probability"}, []string{"base rate", "sigma", "calibration", "neighbour"},
		},
		"the newest calibration of all": {
			leaky{kind: forecast.KindAnalogue, statement: replaced(`(?s)(from calibrations where .*) and known_at <= '[^']*'`, `$1`)},
			[]string{"calibration", "probability"}, []string{"base rate", "sigma", "neighbour", "calibration's record"},
		},
		"a calibration fitted on outcomes of later": {
			leaky{kind: forecast.KindAnalogue, statement: replaced(`(?s)(from outcomes\s+where story_id = p\.story_id and code = p\.code) and known_at <= '[^']*'`, `$1`)},
			[]string{"calibration's record"}, []string{"base rate", "sigma", "neighbour", "prompt"},
		},
		"words learned from outcomes of later": {
			leaky{kind: forecast.KindLexicon, statement: replaced(`(?s)(from outcomes\s+where story_id = s\.id) and known_at < '[^']*'`, `$1`)},
			[]string{"lexicon's fit"}, []string{"base rate", "sigma", "neighbour", "calibration", "calibration's record"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sum, found, err := c.plant.check(t)
			must(t, err)
			if sum.Leaks == 0 || sum.Leaks != len(found) {
				t.Fatalf("%+v, %d were named", sum, len(found))
			}
			named := make(map[string]backtest.Leak)
			for _, l := range found {
				named[l.What] = l
				fit := strings.HasPrefix(l.What, "calibration's ") // is of no story, but of a horizon
				if (l.StoryID == 0) != fit || (l.ArticleID == 0) != fit || (l.Code == "") != fit || fit && l.Horizon == 0 ||
					l.Model == "" || l.AsOf.IsZero() || l.Cut == l.Whole {
					t.Fatalf("%+v does not say what it is of", l)
				}
			}
			for _, what := range c.what {
				if _, ok := named[what]; !ok {
					t.Errorf("no %s is named", what)
				}
			}
			for _, what := range c.clean {
				if l, ok := named[what]; ok {
					t.Errorf("%+v is no leak", l)
				}
			}
			if l := named["probability"]; l.What != "" && l.Horizon == 0 {
				t.Errorf("%+v is of no horizon", l)
			}
			if name == "a prompt that counts the articles" && !strings.HasPrefix(named["prompt"].Cut, "byte ") {
				t.Errorf("it is not said where prompts part: %+v", named["prompt"])
			}
			t.Logf("%+v, such as %+v", sum, found[0])
		})
	}
}

// TestALookAheadThatAModelRefusesIsNamed: outcomes that were not known yet stop the walk that sees them.
func TestALookAheadThatAModelRefusesIsNamed(t *testing.T) {
	t.Parallel()
	plant := leaky{kind: forecast.KindAnalogue, statement: replaced(`(?s)(from outcomes\s+where story_id = s\.id and code = c\.code) and known_at <= '[^']*'`, `$1`)}
	_, _, err := plant.check(t)
	if fault.KindOf(err) != fault.Invalid {
		t.Fatalf("%v, want a refusal", err)
	}
	for _, want := range []string{"with the future: at ", "predict 9001", " of story ", "was known at"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
}

// lateFilter searches among all vectors and drops those of the future only then: they have taken the place of others.
type lateFilter struct {
	vectors.Index
	db *store.DB
}

func (f lateFilter) Nearest(ctx context.Context, s vectors.Search) ([]vectors.Hit, error) {
	before := s.Before
	s.Before, s.Limit = time.Time{}, 5
	hits, err := f.Index.Nearest(ctx, s)
	if err != nil {
		return nil, err
	}
	var kept []vectors.Hit
	for _, h := range hits {
		a, err := f.db.Article(ctx, h.ArticleID)
		if err != nil {
			return nil, err
		}
		if a.AvailableAt.Before(before) {
			kept = append(kept, h)
		}
	}
	return kept, nil
}

// replaced edits the statements that a pattern matches.
func replaced(pattern, by string) func(string) string {
	find := regexp.MustCompile(pattern)
	return func(statement string) string {
		return find.ReplaceAllString(statement, strings.ReplaceAll(by, "$0", "${0}"))
	}
}

// rewriter opens connections on which every statement is edited before it is sent: a store whose predicates are wrong.
type rewriter struct {
	driver.Connector
	edit func(string) string
}

func (r rewriter) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := r.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return edited{conn.(*pgdriver.Conn), r.edit}, nil
}

type edited struct {
	*pgdriver.Conn
	edit func(string) string
}

func (c edited) QueryContext(ctx context.Context, statement string, args []driver.NamedValue) (driver.Rows, error) {
	return c.Conn.QueryContext(ctx, c.edit(statement), args)
}
