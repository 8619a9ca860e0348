package handlers

import (
	"context"
	"slices"
	"time"

	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
	"tickerwire/internal/news"
	"tickerwire/store"
)

// newsItem is a story, or with fold=false an article, as lists show it.
type newsItem struct {
	ID          int64      `json:"id" doc:"The article; of a story its first one. GET /api/news/{id} tells more."`
	StoryID     *int64     `json:"story_id" doc:"Its story; null until it has been placed."`
	Title       string     `json:"title" doc:"The article's title."`
	Summary     string     `json:"summary" doc:"The feed's own summary; never the article's text."`
	URL         string     `json:"url" doc:"The source's page; empty when it gives none."`
	Source      string     `json:"source" doc:"The source that showed it first."`
	Press       string     `json:"press" doc:"The outlet; empty when unknown."`
	Kind        string     `json:"kind" enum:"news,disclosure" doc:"Journalism or a filing."`
	ReportType  string     `json:"report_type" doc:"The filing's report name; empty for news."`
	PublishedAt instant    `json:"published_at" doc:"When the source says it was published."`
	TimeQuality string     `json:"time_quality" enum:"exact,crawl,date" doc:"How far published_at can be trusted."`
	AvailableAt instant    `json:"available_at" doc:"From when on it may be used."`
	Phase       *string    `json:"phase" enum:"before_open,in_session,after_close,closed_day" doc:"Where that lies within its day; null beyond the calendar."`
	BaseDay     *date      `json:"base_day" doc:"The trading day whose close its returns are measured from; null beyond the calendar."`
	TradesDay   *date      `json:"trades_day" doc:"The trading day of the session that is running then, or opens next; null beyond the calendar."`
	Mojibake    bool       `json:"mojibake" doc:"The text is damaged beyond repair; nothing is predicted from it."`
	Articles    int        `json:"articles" doc:"How many articles tell the story; 1 for a single article."`
	EchoOf      *int64     `json:"echo_of" doc:"The earlier story that this one echoes; null when none."`
	Origin      string     `json:"origin" enum:"live,backtest" doc:"Live, or from a walk through history."`
	Stocks      []stockRef `json:"stocks" doc:"The companies that it names."`
	Signals     []signal   `json:"signals" doc:"What the champion says of it, by stock and horizon; of stories only."`
}

type listNewsRequest struct {
	pageQuery
	Fold bool        `query:"fold" default:"true" doc:"false lists every article by itself."`
	Code market.Code `query:"code" doc:"Only what names this stock."`
	newsFilter
}

// newsFilter is what every list of news can be narrowed by.
type newsFilter struct {
	Q      string    `query:"q" max:"100" doc:"Words that must all stand in the title or the summary, in whole or as parts of longer ones; of stories, in an article of it."`
	Source string    `query:"source" max:"50" doc:"Only this source; of stories, those with an article of it."`
	Press  string    `query:"press" max:"100" doc:"Only this outlet; of stories, those with an article of it."`
	Kind   string    `query:"kind" enum:"news,disclosure" doc:"Only journalism, or only filings."`
	Origin string    `query:"origin" enum:"live,backtest" default:"live" doc:"Live, or from a walk through history."`
	From   time.Time `query:"from" doc:"Available at or after this time."`
	To     time.Time `query:"to" doc:"Available before this time."`
}

func (f newsFilter) toStore(code market.Code, after position, limit int) store.StoryFilter {
	return store.StoryFilter{Code: code, Source: f.Source, Press: f.Press, Kind: news.Kind(f.Kind),
		Origin: forecast.Origin(f.Origin), Query: f.Q, From: f.From, To: f.To, After: after.Position, Limit: limit + 1}
}

func (a *api) listNews(ctx context.Context, call Call, req listNewsRequest) (page[newsItem], error) {
	after, err := a.after(call, req.pageQuery)
	if err != nil {
		return page[newsItem]{}, err
	}
	filter := req.newsFilter.toStore(req.Code, after, req.Limit)
	if req.Fold {
		return a.pageOfStories(ctx, call, req.pageQuery, filter)
	}
	return a.pageOfArticles(ctx, call, req.pageQuery, filter)
}

type listStockNewsRequest struct {
	codeRequest
	pageQuery
	newsFilter
}

func (a *api) listStockNews(ctx context.Context, call Call, req listStockNewsRequest) (page[newsItem], error) {
	after, err := a.after(call, req.pageQuery)
	if err != nil {
		return page[newsItem]{}, err
	}
	if _, err := a.DB.Stock(ctx, req.Code); err != nil {
		return page[newsItem]{}, err
	}
	return a.pageOfStories(ctx, call, req.pageQuery, req.newsFilter.toStore(req.Code, after, req.Limit))
}

func (a *api) pageOfStories(ctx context.Context, call Call, q pageQuery, f store.StoryFilter) (page[newsItem], error) {
	rows, err := a.DB.StoryList(ctx, f)
	if err != nil {
		return page[newsItem]{}, err
	}
	ids := showAll(rows, func(r store.StoryItem) int64 { return r.Story.ID })
	signals, names, err := a.DB.Shown(ctx, ids, distinctCodes(rows, func(r store.StoryItem) []market.Code { return r.Story.Codes }))
	if err != nil {
		return page[newsItem]{}, err
	}
	byStory := make(map[int64][]signal, len(ids))
	for _, s := range signals {
		byStory[s.Prediction.StoryID] = append(byStory[s.Prediction.StoryID], toSignal(s))
	}
	return newPage(a, call, q, rows,
		func(r store.StoryItem) position {
			return position{Position: store.Position{At: r.Story.AvailableAt, ID: r.Story.ID}}
		},
		func(r store.StoryItem) newsItem { return a.toStory(r, names, byStory[r.Story.ID]) }), nil
}

func (a *api) pageOfArticles(ctx context.Context, call Call, q pageQuery, f store.StoryFilter) (page[newsItem], error) {
	rows, err := a.DB.ArticleList(ctx, f)
	if err != nil {
		return page[newsItem]{}, err
	}
	names, err := a.DB.StockNames(ctx, distinctCodes(rows, func(r store.ArticleItem) []market.Code { return r.Codes }))
	if err != nil {
		return page[newsItem]{}, err
	}
	return newPage(a, call, q, rows,
		func(r store.ArticleItem) position {
			return position{Position: store.Position{At: r.Article.AvailableAt, ID: r.Article.ID}}
		},
		func(r store.ArticleItem) newsItem { return a.toArticle(r, names) }), nil
}

func distinctCodes[Row any](rows []Row, of func(Row) []market.Code) []market.Code {
	var out []market.Code
	for _, row := range rows {
		out = append(out, of(row)...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (a *api) toStory(r store.StoryItem, names map[market.Code]string, signals []signal) newsItem {
	item := a.toArticle(store.ArticleItem{Article: r.First, Codes: r.Story.Codes, Origin: r.Origin}, names)
	item.StoryID, item.Articles, item.EchoOf = &r.Story.ID, r.Story.Articles, maybeID(r.Story.EchoOf)
	item.AvailableAt, item.Signals = instant(r.Story.AvailableAt), notNil(signals)
	a.placeInMarket(&item, r.Story.AvailableAt)
	return item
}

func (a *api) toArticle(r store.ArticleItem, names map[market.Code]string) newsItem {
	x := r.Article
	item := newsItem{ID: x.ID, StoryID: maybeID(x.StoryID), Title: x.Title, Summary: x.Summary, URL: x.URL, Source: x.Source,
		Press: x.Press, Kind: string(x.Kind), ReportType: x.ReportType, PublishedAt: instant(x.PublishedAt),
		TimeQuality: string(x.TimeQuality), AvailableAt: instant(x.AvailableAt), Mojibake: x.Mojibake, Articles: 1,
		Origin: string(r.Origin), Signals: []signal{},
		Stocks: showAll(r.Codes, func(c market.Code) stockRef { return nameOf(names, c) })}
	a.placeInMarket(&item, x.AvailableAt)
	return item
}

// placeInMarket says which session an article came in, as far as the calendar reaches.
func (a *api) placeInMarket(item *newsItem, at time.Time) {
	phase, err := a.Calendar.PhaseAt(at)
	if err != nil {
		return
	}
	word := string(phase)
	item.Phase = &word
	if day, err := a.Calendar.BaseDay(at); err == nil {
		item.BaseDay = maybeDate(day)
	}
	day := market.DayOf(at)
	if phase == market.AfterClose || phase == market.ClosedDay {
		if day, err = a.Calendar.Add(day, 1); err != nil {
			return
		}
	}
	item.TradesDay = maybeDate(day)
}

func maybeID(id int64) *int64 {
	if id == 0 {
		return nil
	}
	return &id
}
