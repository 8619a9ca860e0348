package tasks_test

import (
	"fmt"
	"math"
	"time"

	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
	"tickerwire/internal/news"
	"tickerwire/internal/notice"
	"tickerwire/store"
	"tickerwire/tasks"
)

// Two invented companies. The panel's other stocks have codes of their own.
const (
	nuri  = market.Code("900001")
	garam = market.Code("900002")
)

func dayOf(t time.Time) market.Day { return market.DayOf(t) }

// sentences are news that have nothing in common.
var sentences = [...]string{
	"누리테크, 전고체 배터리 시험 생산 라인 가동 시작", "누리테크 3분기 영업이익 두 배로 껑충", "해외 조선소와 누리테크 대형 공급 계약 체결",
	"누리테크 노조 파업 찬반투표 가결", "검찰, 누리테크 본사 압수수색", "누리테크 신임 대표에 한보람 전무 내정",
	"냉각 신소재 개발한 누리테크에 정부 표창", "누리테크 물류 창고 화재, 인명 피해 없어", "배당 늘린 누리테크 주주환원 정책 발표", "누리테크, 자회사 상장 계획 철회",
}

// story is the n-th invented piece of news about nuri, seen n minutes after noon.
func story(n int) store.NewArticle {
	at := noon.Add(time.Duration(n) * time.Minute)
	title := sentences[n%len(sentences)]
	return store.NewArticle{Origin: forecast.Live, Matches: []news.Match{{Code: nuri, Field: news.FieldTitle, End: 4, Text: "누리테크"}},
		Article: news.Article{Source: "hanbit", ExternalID: fmt.Sprintf("a-%d", n), URL: fmt.Sprintf("https://news.example/%d", n), Press: "한빛신문",
			Title: title, PublishedAt: at.Add(-time.Minute), TimeQuality: news.TimeExact, FirstSeenAt: at, AvailableAt: at, Kind: news.KindNews}}
}

// filing is the n-th invented filing of nuri; it is urgent.
func filing(n int) store.NewArticle {
	a := story(n)
	a.ExternalID, a.URL, a.Kind, a.Filer = fmt.Sprintf("f-%d", n), "", news.KindDisclosure, nuri
	a.Title, a.ReportType = "주요사항보고서(유상증자결정)", "주요사항보고서(유상증자결정)"
	a.Matches = []news.Match{{Code: nuri, Field: news.FieldFiler, End: 6, Text: string(nuri)}}
	return a
}

// save saves an article and returns its id.
func (r *rig) save(a store.NewArticle) int64 {
	r.t.Helper()
	ids, err := r.db.SaveArticles(r.t.Context(), []store.NewArticle{a})
	r.must(err)
	if len(ids) != 1 {
		r.t.Fatalf("%s was not new", a.ExternalID)
	}
	return ids[0]
}

// embed embeds an article and joins it to its story.
func (r *rig) embed(w *tasks.Worker, id int64) {
	r.t.Helper()
	_, err := w.EmbedNow(r.t.Context(), []int64{id})
	r.must(err)
}

// open saves an article, embeds it and returns its story.
func (r *rig) open(a store.NewArticle) int64 {
	r.t.Helper()
	id := r.save(a)
	r.embed(r.worker(nil), id)
	kept, err := r.db.Article(r.t.Context(), id)
	r.must(err)
	if kept.StoryID == 0 {
		r.t.Fatalf("%s is in no story", a.ExternalID)
	}
	return kept.StoryID
}

// calls returns the jobs of a story's calls of a generation: the champion's, then the challenger's.
func (r *rig) calls(storyID int64, generation int) []tasks.PredictStory {
	r.t.Helper()
	var jobs []tasks.PredictStory
	for _, role := range []forecast.Role{forecast.Champion, forecast.Challenger} {
		model := r.number(`select id from models where role = ?`, string(role))
		call, err := r.db.Call(r.t.Context(), storyID, int64(model), generation)
		r.must(err)
		jobs = append(jobs, tasks.PredictStory{StoryID: storyID, ModelID: call.ModelID, ModelKind: call.ModelKind, Generation: generation})
	}
	return jobs
}

// panel saves the two companies and thirty-odd others, and the bars of some fifty days up to the last one known at noon.
func (r *rig) panel() {
	r.t.Helper()
	calendar := market.NewCalendar()
	stocks := []market.Stock{{Code: nuri, Name: "누리테크", Priority: 1, Active: true}, {Code: garam, Name: "가람소재", Priority: 2, Active: true}}
	for i := 3; i <= 36; i++ {
		stocks = append(stocks, market.Stock{Code: market.Code(fmt.Sprintf("9000%02d", i)), Name: fmt.Sprintf("%d호상사", i), Priority: 3, Active: true})
	}
	r.must(r.db.SaveStocks(r.t.Context(), stocks))
	var bars []market.Bar
	for day := dayOf(noon) - 75; day < dayOf(noon); day++ {
		known, err := calendar.BarKnownAt(day)
		if err != nil {
			continue // no trading day
		}
		for i, s := range stocks {
			price := int64(10000 + 100*i + int(200*math.Sin(float64(int(day)*(i+3)))))
			bars = append(bars, market.Bar{Code: s.Code, Day: day, Close: price, Volume: 1000, AdjFactor: 1, Source: "kis", KnownAt: known})
		}
	}
	_, err := r.db.SaveBars(r.t.Context(), bars)
	r.must(err)
}

// prove gives the analogue model, and others that are named, a record that opens the gate, known since an hour before noon.
func (r *rig) prove(others ...int64) {
	r.t.Helper()
	var list []store.CalibrationOf
	for i := range (1 + len(others)) * len(forecast.Horizons) {
		h, model := forecast.Horizons[i%len(forecast.Horizons)], append([]int64{analogue}, others...)[i/len(forecast.Horizons)]
		list = append(list, store.CalibrationOf{ModelID: model, Horizon: h, Origin: forecast.Live, KnownAt: noon.Add(-time.Hour),
			Calibration: forecast.Calibration{Slope: 1, SlopeLow: 0.5, SlopeHigh: 1.5, StockDays: 900}})
	}
	r.must(r.db.SaveCalibrations(r.t.Context(), list))
}

// alert opens a filing's story and decides that it is to be sent; it returns the alert.
func (r *rig) alert() int64 {
	r.t.Helper()
	n := r.number(`select count(*) from articles`)
	r.must(r.db.SaveStocks(r.t.Context(), []market.Stock{{Code: nuri, Name: "누리테크", Priority: 1, Active: true}}))
	id := r.open(filing(n))
	s, err := r.db.Story(r.t.Context(), id)
	r.must(err)
	saved, err := r.db.SaveDecisions(r.t.Context(), store.Decisions{FilingStory: id, Alerts: []notice.Alert{
		{Kind: notice.Disclosure, StoryID: id, ArticleID: s.FirstID, Code: nuri, Send: true, Topic: notice.RightsIssue, Reason: notice.ReasonUrgent, DecidedAt: noon}}})
	r.must(err)
	return saved[0].ID
}

// recipient saves a chat that takes everything, and returns its id.
func (r *rig) recipient(chat int64) int64 {
	r.t.Helper()
	rule := notice.DefaultRule()
	rule.QuietTo, rule.DailyCap = rule.QuietFrom, 100
	id, err := r.db.SaveRecipient(r.t.Context(), notice.Recipient{ChatID: chat, Language: "ko", Active: true, WatchAll: true, Rule: rule})
	r.must(err)
	return id
}

// claim decides on an alert and claims its only notice.
func (r *rig) claim(alert int64) store.Claimed {
	r.t.Helper()
	a, err := r.db.Alert(r.t.Context(), alert)
	r.must(err)
	r.must(r.db.DecideNotices(r.t.Context(), a, dayOf(noon), func(c notice.Recipient, told []notice.Told) (store.Decision, error) {
		return store.Decision{Verdict: notice.Decide(c, a, told, noon), Text: "x"}, nil
	}))
	due, err := r.db.DueNotices(r.t.Context(), alert, 0, 10)
	r.must(err)
	if len(due) != 1 {
		r.t.Fatalf("%d notices are due, want 1", len(due))
	}
	claimed, err := r.db.ClaimNotices(r.t.Context(), []int64{due[0].NoticeID}, "nobody", "one")
	r.must(err)
	if len(claimed) != 1 {
		r.t.Fatal("not claimed")
	}
	return claimed[0]
}

// user makes a user and returns his id.
func (r *rig) user() int64 {
	r.t.Helper()
	id, err := r.db.CreateUser(r.t.Context(), store.User{Email: fmt.Sprintf("u%d@example.com", r.number(`select count(*) from users`)), PasswordHash: "h", Role: "user"})
	r.must(err)
	return id
}

// dueWork leaves one piece of work due of every kind that the sweep knows, and returns the jobs.
func (r *rig) dueWork() []tasks.Job {
	r.t.Helper()
	n := r.number(`select count(*) from articles`)
	news := r.open(story(n))
	calls := r.calls(news, 1)
	champion, err := r.db.Call(r.t.Context(), news, calls[0].ModelID, 1)
	r.must(err)
	_, err = r.db.SavePredictions(r.t.Context(), store.CallDone{CallID: champion.CallID}, nil)
	r.must(err)
	run, _, err := r.db.OrderRun(r.t.Context(), store.Run{Kind: tasks.RunCrawl, Key: fmt.Sprint(n), Params: []byte(`{"source": "x"}`)})
	r.must(err)
	undecided, alert := r.open(filing(n+1)), r.alert()
	return []tasks.Job{
		calls[1],
		tasks.NotifyPrediction{StoryID: news, ModelID: calls[0].ModelID, Generation: 1},
		tasks.NotifyDisclosure{StoryID: undecided},
		tasks.SendAlert{AlertID: alert},
		tasks.EmbedArticles{IDs: []int64{r.save(story(n + 5))}},
		tasks.WorkRun{RunID: run.ID},
	}
}
