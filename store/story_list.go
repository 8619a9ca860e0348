package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
	"tickerwire/internal/news"
)

// Position is a place in a list that runs from the newest to the oldest: the list goes on behind it. The zero Position
// is the list's beginning.
type Position struct {
	At time.Time
	ID int64
}

// StoryFilter narrows a list of stories or of articles; a zero field means any. Source and Press ask that an article
// of the story is of them. From is inclusive, To is exclusive; both are about available_at.
type StoryFilter struct {
	ArticleID int64 // of lists of articles only
	Code      market.Code
	Source    string
	Press     string
	Kind      news.Kind
	Origin    forecast.Origin
	Query     string // words that must all stand in an article's title or summary, each in whole; letters and digits count
	From, To  time.Time
	After     Position
	Limit     int
}

// StoryItem is a story as lists show it, with its first article.
type StoryItem struct {
	Story  news.Story
	First  news.Article
	Origin forecast.Origin
}

// ArticleItem is an article as lists show it, with the companies that it names, sorted.
type ArticleItem struct {
	Article news.Article
	Codes   []market.Code
	Origin  forecast.Origin
}

type listArticleRow struct {
	ID          int64     `bun:"id"`
	Source      string    `bun:"source"`
	ExternalID  string    `bun:"external_id"`
	URL         string    `bun:"url"`
	Press       string    `bun:"press"`
	Title       string    `bun:"title"`
	Summary     string    `bun:"summary"`
	PublishedAt time.Time `bun:"published_at"`
	TimeQuality string    `bun:"time_quality"`
	FirstSeenAt time.Time `bun:"first_seen_at"`
	AvailableAt time.Time `bun:"available_at"`
	Kind        string    `bun:"kind"`
	Filer       string    `bun:"filer"`
	ReportType  string    `bun:"report_type"`
	Mojibake    bool      `bun:"mojibake"`
	StoryID     int64     `bun:"story_id"`
	Cosine      float64   `bun:"cosine"`
	Origin      string    `bun:"origin"`
	Codes       []string  `bun:"codes,array"`

	OfStory          int64     `bun:"of_story"`
	StoryAvailableAt time.Time `bun:"story_available_at"`
	EchoOf           int64     `bun:"echo_of"`
	Articles         int       `bun:"articles"`
	First            bool      `bun:"first_of_story"`
}

const listArticleColumns = `
	a.id, a.source, a.external_id, coalesce(a.url, '') as url, a.press, a.title, a.summary, a.published_at,
	a.time_quality, a.first_seen_at, a.available_at, a.kind, a.filer, a.report_type, a.mojibake,
	coalesce(a.story_id, 0) as story_id, coalesce(a.cosine, 0) as cosine`

// firstOfStory needs the article's story joined as s. (An exists would make the planner hash every story there is.)
const firstOfStory = "coalesce(s.first_article_id = a.id, false) as first_of_story"

func (r listArticleRow) article() news.Article {
	return news.Article{ID: r.ID, Source: r.Source, ExternalID: r.ExternalID, URL: r.URL, Press: r.Press, Title: r.Title,
		Summary: r.Summary, PublishedAt: r.PublishedAt, TimeQuality: news.TimeQuality(r.TimeQuality),
		FirstSeenAt: r.FirstSeenAt, AvailableAt: r.AvailableAt, Kind: news.Kind(r.Kind), Filer: market.Code(r.Filer),
		ReportType: r.ReportType, Mojibake: r.Mojibake, StoryID: r.StoryID, Cosine: r.Cosine, FirstOfStory: r.First}
}

func (r listArticleRow) story() news.Story {
	return news.Story{ID: r.OfStory, FirstID: r.ID, Codes: codes(r.Codes),
		AvailableAt: r.StoryAvailableAt, EchoOf: r.EchoOf, Title: r.Title, Articles: r.Articles}
}

// found is the condition that an article o has all words of a query. One of no words finds nothing.
const found = "o.words @@ ?::tsquery"

// StoryList returns stories, newest first by (available_at, id).
func (db *DB) StoryList(ctx context.Context, f StoryFilter) ([]StoryItem, error) {
	var rows []listArticleRow
	q := db.bun.NewSelect().ColumnExpr(listArticleColumns).
		ColumnExpr("s.id as of_story, s.codes, s.available_at as story_available_at, coalesce(s.echo_of, 0) as echo_of").
		ColumnExpr("s.articles, s.origin, true as first_of_story")
	at, id := "s.available_at", "s.id"
	if f.Code != "" { // the stock's own index gives its stories in order
		at, id = "sc.available_at", "sc.story_id"
		q = q.TableExpr("story_codes as sc").Join("join stories as s on s.id = sc.story_id").Where("sc.code = ?", f.Code)
	} else {
		q = q.TableExpr("stories as s")
	}
	q = q.Join("join articles as a on a.id = s.first_article_id").Where("a.taken_down_at is null")
	if f.Origin != "" {
		q = q.Where("s.origin = ?", f.Origin)
	}
	const any = "exists (select from articles o where o.story_id = s.id and o.? = ?)"
	for _, c := range []struct{ column, value string }{{"source", f.Source}, {"press", f.Press}, {"kind", string(f.Kind)}} {
		if c.value != "" {
			q = q.Where(any, bun.Ident(c.column), c.value)
		}
	}
	if f.Query != "" {
		q = q.Where("s.id in (select o.story_id from articles o where "+found+")", news.SearchQuery(f.Query))
	}
	if err := newestFirst(q, at, id, f).Scan(ctx, &rows); err != nil {
		return nil, fail(err, "list stories")
	}
	items := make([]StoryItem, len(rows))
	for i, r := range rows {
		items[i] = StoryItem{Story: r.story(), First: r.article(), Origin: forecast.Origin(r.Origin)}
	}
	return items, nil
}

// ArticleList returns articles, newest first by (available_at, id).
func (db *DB) ArticleList(ctx context.Context, f StoryFilter) ([]ArticleItem, error) {
	q := db.bun.NewSelect().TableExpr("articles as a").ColumnExpr(listArticleColumns).ColumnExpr("a.origin").
		ColumnExpr("array(select m.code from matches m where m.article_id = a.id order by m.code) as codes").
		ColumnExpr(firstOfStory).Join("left join stories as s on s.id = a.story_id").Where("a.taken_down_at is null")
	if f.Code != "" {
		q = q.Where("exists (select from matches m where m.article_id = a.id and m.code = ?)", f.Code)
	}
	for _, c := range []struct{ column, value string }{
		{"source", f.Source}, {"press", f.Press}, {"kind", string(f.Kind)}, {"origin", string(f.Origin)},
	} {
		if c.value != "" {
			q = q.Where("a.? = ?", bun.Ident(c.column), c.value)
		}
	}
	if f.Query != "" {
		q = q.Where("a.id in (select o.id from articles o where "+found+")", news.SearchQuery(f.Query))
	}
	if f.ArticleID != 0 {
		q = q.Where("a.id = ?", f.ArticleID)
	}
	return scanArticles(ctx, "list articles", newestFirst(q, "a.available_at", "a.id", f))
}

// newestFirst adds the period, the position, the total order and the limit of f.
func newestFirst(q *bun.SelectQuery, at, id string, f StoryFilter) *bun.SelectQuery {
	if !f.From.IsZero() {
		q = q.Where("? >= ?", bun.Safe(at), f.From)
	}
	if !f.To.IsZero() {
		q = q.Where("? < ?", bun.Safe(at), f.To)
	}
	if f.After != (Position{}) {
		q = q.Where("(?, ?) < (?, ?)", bun.Safe(at), bun.Safe(id), f.After.At, f.After.ID)
	}
	return q.OrderExpr("? desc, ? desc", bun.Safe(at), bun.Safe(id)).Limit(int64(f.Limit))
}

// ArticlesOfStory returns the first limit articles of a story in the order in which they became available.
func (db *DB) ArticlesOfStory(ctx context.Context, storyID int64, limit int) ([]ArticleItem, error) {
	return scanArticles(ctx, "list articles of story", db.bun.NewSelect().TableExpr("articles as a").
		ColumnExpr(listArticleColumns).ColumnExpr("a.origin, '{}'::text[] as codes").
		ColumnExpr(firstOfStory).Join("left join stories as s on s.id = a.story_id").
		Where("a.story_id = ? and a.taken_down_at is null", storyID).OrderExpr("a.available_at, a.id").Limit(int64(limit)))
}

// EchoesOf returns the first articles of the stories that echo the given one; they are of the same companies and at
// most news.StoryWindow away.
func (db *DB) EchoesOf(ctx context.Context, s news.Story, limit int) ([]ArticleItem, error) {
	return scanArticles(ctx, "list echoes of story", db.bun.NewSelect().TableExpr("stories as s").
		Join("join articles as a on a.id = s.first_article_id").
		ColumnExpr(listArticleColumns).ColumnExpr("a.origin, s.codes, true as first_of_story").
		Where("s.codes = ?", pgdialect.Array(s.Codes)).
		Where("s.available_at between ? and ?", s.AvailableAt.Add(-news.StoryWindow), s.AvailableAt.Add(news.StoryWindow)).
		Where("s.echo_of = ? and a.taken_down_at is null", s.ID).OrderExpr("s.available_at, s.id").Limit(int64(limit)))
}

func scanArticles(ctx context.Context, what string, q *bun.SelectQuery) ([]ArticleItem, error) {
	var rows []listArticleRow
	if err := q.Scan(ctx, &rows); err != nil {
		return nil, fail(err, "%s", what)
	}
	items := make([]ArticleItem, len(rows))
	for i, r := range rows {
		items[i] = ArticleItem{Article: r.article(), Codes: codes(r.Codes), Origin: forecast.Origin(r.Origin)}
	}
	return items, nil
}
