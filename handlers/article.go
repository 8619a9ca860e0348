package handlers

import (
	"cmp"
	"context"
	"slices"

	"tickerwire/internal/fault"
	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
	"tickerwire/internal/news"
	"tickerwire/store"
)

// How much an article's page shows of a story that everybody tells.
const (
	mostTellings    = 200
	mostEchoes      = 50
	mostPredictions = 200
)

type articleAnswer struct {
	newsItem
	FirstSeenAt instant       `json:"first_seen_at" doc:"When we fetched it first."`
	EchoArticle *int64        `json:"echo_article_id" doc:"The first article of the story that this one echoes; null when none."`
	Companies   []companyItem `json:"companies" doc:"The companies that it names, and why we think so."`
	Tellings    []telling     `json:"tellings" doc:"The articles of its story, in the order in which they became available, at most 200."`
	Echoes      []newsItem    `json:"echoes" doc:"Stories that echo its story, at most 50."`
	Similar     []similarItem `json:"similar" doc:"Earlier news that the champion compared it with, and what followed."`
	Predictions []prediction  `json:"predictions" doc:"What all models said of its story, newest first, at most 200."`
}

type companyItem struct {
	stockRef
	Field string `json:"field" enum:"title,summary,filer" doc:"Where the name stands."`
	Start int    `json:"start" doc:"The name's first character within the field."`
	End   int    `json:"end" doc:"The character after its last."`
	Text  string `json:"text" doc:"The name as it stands there."`
}

type telling struct {
	ID          int64   `json:"id" doc:"The article."`
	Title       string  `json:"title" doc:"Its title."`
	Source      string  `json:"source" doc:"The source that showed it first."`
	Press       string  `json:"press" doc:"The outlet; empty when unknown."`
	URL         string  `json:"url" doc:"The source's page; empty when it gives none."`
	AvailableAt instant `json:"available_at" doc:"From when on it may be used."`
	Cosine      pct     `json:"cosine" doc:"To the story's first article, -1 to 1."`
}

// similarItem is an earlier article that a prediction used, with what its stock did, per horizon.
type similarItem struct {
	ArticleID int64     `json:"article_id" doc:"The earlier article."`
	StoryID   int64     `json:"story_id" doc:"Its story."`
	Title     string    `json:"title" doc:"Its title; empty when it was taken down."`
	Available *instant  `json:"available_at" doc:"When it became available; null when it was taken down."`
	Stock     stockRef  `json:"stock" doc:"The stock whose move is shown."`
	Cosine    pct       `json:"cosine" doc:"To the query, -1 to 1."`
	Moves     []simMove `json:"moves" doc:"What followed, by horizon."`
}

type simMove struct {
	Horizon   int     `json:"horizon" doc:"Trading days."`
	TargetDay *date   `json:"target_day" doc:"The day of the close."`
	ExcessPct pct     `json:"excess_pct" doc:"The stock's return less the others' mean, percent."`
	Weight    pct     `json:"weight" doc:"How much it counted in the prediction."`
	KnownAt   instant `json:"known_at" doc:"When this was known; before the prediction's as_of."`
}

type idRequest struct {
	ID int64 `path:"id" min:"1" doc:"Its id."`
}

func (a *api) getArticle(ctx context.Context, _ Call, req idRequest) (articleAnswer, error) {
	rows, err := a.DB.ArticleList(ctx, store.StoryFilter{ArticleID: req.ID, Limit: 1})
	if err != nil {
		return articleAnswer{}, err
	}
	if len(rows) == 0 {
		return articleAnswer{}, fault.New(fault.NotFound, "article %d does not exist", req.ID)
	}
	names, err := a.DB.StockNames(ctx, rows[0].Codes)
	if err != nil {
		return articleAnswer{}, err
	}
	found, err := a.DB.Matches(ctx, []int64{req.ID})
	if err != nil {
		return articleAnswer{}, err
	}
	out := articleAnswer{newsItem: a.toArticle(rows[0], names), FirstSeenAt: instant(rows[0].Article.FirstSeenAt),
		Companies: showAll(found[req.ID], func(m news.Match) companyItem {
			return companyItem{stockRef: nameOf(names, m.Code), Field: string(m.Field), Start: m.Start, End: m.End, Text: m.Text}
		}),
		Tellings: []telling{}, Echoes: []newsItem{}, Similar: []similarItem{}, Predictions: []prediction{}}
	if rows[0].Article.StoryID == 0 {
		return out, nil
	}
	return out, a.addStory(ctx, &out, rows[0].Article.StoryID)
}

// addStory fills what an article shares with the others of its story.
func (a *api) addStory(ctx context.Context, out *articleAnswer, storyID int64) error {
	s, err := a.DB.Story(ctx, storyID)
	if err != nil {
		return err
	}
	out.EchoOf, out.Articles = maybeID(s.EchoOf), s.Articles
	if s.EchoOf != 0 {
		earlier, err := a.DB.Story(ctx, s.EchoOf)
		if err != nil {
			return err
		}
		out.EchoArticle = maybeID(earlier.FirstID)
	}
	tellings, err := a.DB.ArticlesOfStory(ctx, storyID, mostTellings)
	if err != nil {
		return err
	}
	out.Tellings = showAll(tellings, toTelling)
	echoes, err := a.DB.EchoesOf(ctx, s, mostEchoes)
	if err != nil {
		return err
	}
	names, err := a.DB.StockNames(ctx, s.Codes)
	if err != nil {
		return err
	}
	out.Echoes = showAll(echoes, func(r store.ArticleItem) newsItem { return a.toArticle(r, names) })
	return a.addPredictions(ctx, out, storyID)
}

func (a *api) addPredictions(ctx context.Context, out *articleAnswer, storyID int64) error {
	rows, err := a.DB.PredictionList(ctx, store.PredictionFilter{StoryID: storyID, KnownBy: a.Now(), Limit: mostPredictions})
	if err != nil {
		return err
	}
	out.Predictions = a.showPredictions(rows)
	signals, err := a.DB.Signals(ctx, []int64{storyID})
	if err != nil || len(signals) == 0 {
		return err
	}
	out.Signals = showAll(signals, toSignal)
	made, err := a.DB.PredictionsOfCall(ctx, signals[0].Prediction.CallID)
	if err != nil {
		return err
	}
	out.Similar, err = a.similar(ctx, made)
	return err
}

// similar merges the evidence of one call's predictions into one item per earlier article and stock, nearest first.
func (a *api) similar(ctx context.Context, made []forecast.Prediction) ([]similarItem, error) {
	type key struct {
		article int64
		code    market.Code
	}
	items := map[key]*similarItem{}
	var used []forecast.Neighbour
	for _, p := range made {
		for _, n := range p.Evidence.Neighbours {
			k := key{n.ArticleID, n.Code}
			if items[k] == nil {
				items[k] = &similarItem{ArticleID: n.ArticleID, StoryID: n.StoryID, Cosine: pct(n.Cosine), Moves: []simMove{}}
				used = append(used, n)
			}
			items[k].addMove(simMove{Horizon: p.Horizon, TargetDay: maybeDate(n.TargetDay), ExcessPct: pct(n.ExcessPct),
				Weight: pct(n.Weight), KnownAt: instant(n.KnownAt)})
		}
	}
	titles, names, err := a.resolve(ctx, used)
	if err != nil {
		return nil, err
	}
	out := showAll(used, func(n forecast.Neighbour) similarItem {
		item := items[key{n.ArticleID, n.Code}]
		x := titles[n.ArticleID]
		item.Title, item.Available, item.Stock = x.Title, maybe(x.AvailableAt), nameOf(names, n.Code)
		return *item
	})
	slices.SortFunc(out, nearestFirst)
	return out, nil
}

// addMove keeps one move per horizon: two predictions of one call can rest on the same neighbour.
func (s *similarItem) addMove(m simMove) {
	for _, have := range s.Moves {
		if have.Horizon == m.Horizon {
			return
		}
	}
	s.Moves = append(s.Moves, m)
	slices.SortFunc(s.Moves, func(a, b simMove) int { return a.Horizon - b.Horizon })
}

func nearestFirst(a, b similarItem) int {
	return cmp.Or(cmp.Compare(b.Cosine, a.Cosine), cmp.Compare(a.ArticleID, b.ArticleID), cmp.Compare(a.Stock.Code, b.Stock.Code))
}

func toTelling(r store.ArticleItem) telling {
	x := r.Article
	return telling{ID: x.ID, Title: x.Title, Source: x.Source, Press: x.Press, URL: x.URL, AvailableAt: instant(x.AvailableAt), Cosine: pct(x.Cosine)}
}
