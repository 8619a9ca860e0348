package store

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

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
	ID          int64
	Source      string
	ExternalID  string
	URL         string
	Press       string
	Title       string
	Summary     string
	PublishedAt time.Time
	TimeQuality string
	FirstSeenAt time.Time
	AvailableAt time.Time
	Kind        string
	Filer       string
	ReportType  string
	Mojibake    bool
	StoryID     int64
	Cosine      float64
	Origin      string
	Codes       []string

	OfStory          int64
	StoryAvailableAt time.Time
	EchoOf           int64
	Articles         int
	First            bool
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

// storyColumns are those of a story s with its first article a.
const storyColumns = listArticleColumns + `,
	s.id, s.codes, s.available_at, coalesce(s.echo_of, 0), s.articles, s.origin`

func scanStory(rows pgx.Rows, r *listArticleRow) error {
	r.First = true
	return rows.Scan(&r.ID, &r.Source, &r.ExternalID, &r.URL, &r.Press, &r.Title, &r.Summary, &r.PublishedAt, &r.TimeQuality, &r.FirstSeenAt,
		&r.AvailableAt, &r.Kind, &r.Filer, &r.ReportType, &r.Mojibake, &r.StoryID, &r.Cosine,
		&r.OfStory, &r.Codes, &r.StoryAvailableAt, &r.EchoOf, &r.Articles, &r.Origin)
}

func scanArticle(rows pgx.Rows, r *listArticleRow) error {
	return rows.Scan(&r.ID, &r.Source, &r.ExternalID, &r.URL, &r.Press, &r.Title, &r.Summary, &r.PublishedAt, &r.TimeQuality, &r.FirstSeenAt,
		&r.AvailableAt, &r.Kind, &r.Filer, &r.ReportType, &r.Mojibake, &r.StoryID, &r.Cosine, &r.Origin, &r.Codes, &r.First)
}

// StoryList returns stories, newest first by (available_at, id).
func (db *DB) StoryList(ctx context.Context, f StoryFilter) ([]StoryItem, error) {
	rows, err := db.list(ctx, "list stories", f, stories, scanStory)
	if err != nil {
		return nil, err
	}
	items := make([]StoryItem, len(rows))
	for i, r := range rows {
		items[i] = StoryItem{Story: r.story(), First: r.article(), Origin: forecast.Origin(r.Origin)}
	}
	return items, nil
}

// stories finds stories; the stock's own index gives its stories in order.
func stories(f StoryFilter, l look) *query {
	from, at, id := " from stories s", "s.available_at", "s.id"
	if f.Code != "" {
		from, at, id = " from story_codes sc join stories s on s.id = sc.story_id", "sc.available_at", "sc.story_id"
	}
	narrowed := func(q *query) {
		if f.Code != "" {
			q.add(" and sc.code = ?", string(f.Code))
		}
		if f.Origin != "" {
			q.add(" and s.origin = ?", string(f.Origin))
		}
	}
	const live = " join articles a on a.id = s.first_article_id where a.taken_down_at is null"
	q := newQuery("")
	switch {
	case l.ahead > 0 && l.span:
		narrowed(q.add("select count(*), max(at), min(at) from (select " + at + " as at" + from + " where true"))
		newestFirst(q, at, id, f, l.ahead)
		return q.add(") ahead")
	case l.ahead > 0: // in the order of the subquery, so that it is read no farther than it must be
		narrowed(q.add("select " + storyColumns + " from (select s.*, " + at + " as at" + from + " where true"))
		newestFirst(q, at, id, f, l.ahead)
		at, id = "s.at", "s.id"
		q.add(") s"+live+" and (select o.id from articles o where o.story_id = s.id and "+found+" limit 1) is not null", news.SearchQuery(f.Query))
	case !l.since.IsZero():
		// An article joins a story of at most so long before or after it.
		q.add("with hits as materialized (select distinct o.story_id from articles o where "+found+" and o.available_at >= ?)",
			news.SearchQuery(f.Query), l.since.Add(-news.StoryWindow))
		narrowed(q.add("select "+storyColumns+from+" join hits h on h.story_id = s.id"+live+" and "+at+" >= ?", l.since))
		q.once = true
	default:
		narrowed(q.add("select " + storyColumns + from + live))
		if f.Query != "" {
			q.add(" and s.id in (select o.story_id from articles o where "+found+")", news.SearchQuery(f.Query))
			q.once = true
		}
	}
	for _, c := range []struct{ column, value string }{{"source", f.Source}, {"press", f.Press}, {"kind", string(f.Kind)}} {
		if c.value != "" {
			q.once = l.ahead == 0 // how rare it is says where to begin
			q.add(" and exists (select from articles o where o.story_id = s.id and o."+c.column+" = ?)", c.value)
		}
	}
	newestFirst(q, at, id, f, f.Limit)
	return q
}

// ArticleList returns articles, newest first by (available_at, id).
func (db *DB) ArticleList(ctx context.Context, f StoryFilter) ([]ArticleItem, error) {
	rows, err := db.list(ctx, "list articles", f, articles, scanArticle)
	if err != nil {
		return nil, err
	}
	return toArticles(rows), nil
}

func articles(f StoryFilter, l look) *query {
	const at, id = "a.available_at", "a.id"
	const columns = "select " + listArticleColumns + `, a.origin, array(select m.code from matches m where m.article_id = a.id order by m.code), ` + firstOfStory
	q := newQuery("")
	switch {
	case l.ahead > 0 && l.span:
		newestFirst(q.add("select count(*), max(at), min(at) from (select a.available_at as at from articles a where true"), at, id, f, l.ahead)
		return q.add(") ahead")
	case l.ahead > 0:
		newestFirst(q.add(columns+" from (select a.* from articles a where true"), at, id, f, l.ahead)
		q.add(") a left join stories s on s.id = a.story_id where a.taken_down_at is null and a."+strings.TrimPrefix(found, "o."), news.SearchQuery(f.Query))
	case !l.since.IsZero():
		q.add("with hits as materialized (select o.id from articles o where "+found+" and o.available_at >= ?)", news.SearchQuery(f.Query), l.since)
		q.add(columns + " from hits h join articles a on a.id = h.id left join stories s on s.id = a.story_id where a.taken_down_at is null")
		q.once = true
	default:
		q.add(columns + " from articles a left join stories s on s.id = a.story_id where a.taken_down_at is null")
		if f.Query != "" {
			q.add(" and a.id in (select o.id from articles o where "+found+")", news.SearchQuery(f.Query))
			q.once = true
		}
	}
	if f.Code != "" {
		q.once = l.ahead == 0
		q.add(" and exists (select from matches m where m.article_id = a.id and m.code = ?)", string(f.Code))
	}
	for _, c := range []struct{ column, value string }{
		{"source", f.Source}, {"press", f.Press}, {"kind", string(f.Kind)}, {"origin", string(f.Origin)},
	} {
		if c.value != "" {
			q.once = l.ahead == 0
			q.add(" and a."+c.column+" = ?", c.value)
		}
	}
	if f.ArticleID != 0 {
		q.add(" and a.id = ?", f.ArticleID)
	}
	newestFirst(q, at, id, f, f.Limit)
	return q
}

// newestFirst adds the period, the position, the total order of f, and a limit. The limit is part of the text: the plan
// depends on it.
func newestFirst(q *query, at, id string, f StoryFilter, limit int) {
	if !f.From.IsZero() {
		q.add(" and "+at+" >= ?", f.From)
	}
	if !f.To.IsZero() {
		q.add(" and "+at+" < ?", f.To)
	}
	if f.After != (Position{}) {
		q.add(" and ("+at+", "+id+") < (?, ?)", f.After.At, f.After.ID)
	}
	q.add(" order by " + at + " desc, " + id + " desc limit " + strconv.Itoa(limit))
}

// ArticlesOfStory returns the first limit articles of a story in the order in which they became available.
func (db *DB) ArticlesOfStory(ctx context.Context, storyID int64, limit int) ([]ArticleItem, error) {
	return db.readArticles(ctx, "list articles of story", newQuery("select "+listArticleColumns+", a.origin, '{}'::text[], "+firstOfStory+`
		from articles a left join stories s on s.id = a.story_id
		where a.story_id = ? and a.taken_down_at is null order by a.available_at, a.id limit `+strconv.Itoa(limit), storyID))
}

// EchoesOf returns the first articles of the stories that echo the given one; they are of the same companies and at
// most news.StoryWindow away.
func (db *DB) EchoesOf(ctx context.Context, s news.Story, limit int) ([]ArticleItem, error) {
	return db.readArticles(ctx, "list echoes of story", newQuery("select "+listArticleColumns+`, a.origin, s.codes, true
		from stories s join articles a on a.id = s.first_article_id
		where s.codes = ? and s.available_at between ? and ? and s.echo_of = ? and a.taken_down_at is null order by s.available_at, s.id limit `+strconv.Itoa(limit),
		texts(s.Codes), s.AvailableAt.Add(-news.StoryWindow), s.AvailableAt.Add(news.StoryWindow), s.ID))
}

func (db *DB) readArticles(ctx context.Context, what string, q *query) ([]ArticleItem, error) {
	var rows []listArticleRow
	if err := db.read(ctx, what, into(q, &rows, scanArticle)); err != nil {
		return nil, err
	}
	return toArticles(rows), nil
}

func toArticles(rows []listArticleRow) []ArticleItem {
	items := make([]ArticleItem, len(rows))
	for i, r := range rows {
		items[i] = ArticleItem{Article: r.article(), Codes: codes(r.Codes), Origin: forecast.Origin(r.Origin)}
	}
	return items
}
