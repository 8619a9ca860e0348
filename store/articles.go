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

type articleRow struct {
	bun.BaseModel `bun:"table:articles,alias:a"`

	ID          int64     `bun:"id,pk,autoincrement"`
	Source      string    `bun:"source"`
	ExternalID  string    `bun:"external_id"`
	URL         string    `bun:"url,nullzero"`
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
	Origin      string    `bun:"origin"`
	StoryID     int64     `bun:"story_id,nullzero"`
	Cosine      float64   `bun:"cosine,nullzero"`

	FirstOfStory bool `bun:"first_of_story,scanonly"`
}

// newArticleRow is a row with what it is searched by, which nobody reads back.
type newArticleRow struct {
	articleRow `bun:",extend"`

	Words string `bun:"words"`
}

func articleRowOf(n NewArticle) articleRow {
	a := n.Article
	return articleRow{Source: legible(a.Source), ExternalID: legible(a.ExternalID), URL: legible(a.URL), Press: legible(a.Press),
		Title: legible(a.Title), Summary: legible(a.Summary), PublishedAt: a.PublishedAt, TimeQuality: string(a.TimeQuality),
		FirstSeenAt: a.FirstSeenAt, AvailableAt: a.AvailableAt, Kind: string(a.Kind), Filer: string(a.Filer),
		ReportType: legible(a.ReportType), Mojibake: a.Mojibake, Origin: string(n.Origin)}
}

func (r articleRow) toNoun() news.Article {
	return news.Article{ID: r.ID, Source: r.Source, ExternalID: r.ExternalID, URL: r.URL, Press: r.Press, Title: r.Title,
		Summary: r.Summary, PublishedAt: r.PublishedAt, TimeQuality: news.TimeQuality(r.TimeQuality), FirstSeenAt: r.FirstSeenAt,
		AvailableAt: r.AvailableAt, Kind: news.Kind(r.Kind), Filer: market.Code(r.Filer), ReportType: r.ReportType,
		Mojibake: r.Mojibake, StoryID: r.StoryID, Cosine: r.Cosine, FirstOfStory: r.FirstOfStory}
}

// selectArticles starts a query for whole articles.
func (db *DB) selectArticles(rows *[]articleRow) *bun.SelectQuery {
	return db.bun.NewSelect().Model(rows).ColumnExpr("?TableColumns").
		ColumnExpr("coalesce(s.first_article_id = a.id, false) as first_of_story").
		Join("left join stories s on s.id = a.story_id")
}

// Article returns one article; NotFound when there is none.
func (db *DB) Article(ctx context.Context, id int64) (news.Article, error) {
	list, err := db.ArticlesByID(ctx, []int64{id})
	if err != nil {
		return news.Article{}, err
	}
	if len(list) == 0 {
		return news.Article{}, notFound("article %d", id)
	}
	return list[0], nil
}

// ArticlesByID returns those of the named articles that exist and were not taken down, in the order of (AvailableAt, ID).
func (db *DB) ArticlesByID(ctx context.Context, ids []int64) ([]news.Article, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var rows []articleRow
	if err := db.selectArticles(&rows).Where("a.id in (?)", bun.List(ids)).Where("a.taken_down_at is null").Order("a.available_at", "a.id").Scan(ctx); err != nil {
		return nil, fail(err, "%d articles", len(ids))
	}
	list := make([]news.Article, len(rows))
	for i, r := range rows {
		list[i] = r.toNoun()
	}
	return list, nil
}

type matchRow struct {
	bun.BaseModel `bun:"table:matches,alias:m"`

	ArticleID int64  `bun:"article_id,pk"`
	Code      string `bun:"code,pk"`
	Field     string `bun:"field"`
	StartRune int    `bun:"start_rune"`
	EndRune   int    `bun:"end_rune"`
	Text      string `bun:"text"`
}

// Matches returns the companies that the articles name, by article, each list in the order of codes. An article without
// any has no entry.
func (db *DB) Matches(ctx context.Context, articleIDs []int64) (map[int64][]news.Match, error) {
	matches := map[int64][]news.Match{}
	if len(articleIDs) == 0 {
		return matches, nil
	}
	var rows []matchRow
	err := db.bun.NewSelect().Model(&rows).Where("article_id = any(?)", pgdialect.Array(articleIDs)).Order("article_id", "code").Scan(ctx)
	if err != nil {
		return nil, fail(err, "matches of %d articles", len(articleIDs))
	}
	for _, r := range rows {
		matches[r.ArticleID] = append(matches[r.ArticleID],
			news.Match{Code: market.Code(r.Code), Field: news.Field(r.Field), Start: r.StartRune, End: r.EndRune, Text: r.Text})
	}
	return matches, nil
}

// ArticlesToEmbed returns the ids of articles whose embedding step is due, that were saved longer ago than olderThan
// (wall clock) and whose work, a task of the given kind for the article alone, is not stopped; oldest first.
func (db *DB) ArticlesToEmbed(ctx context.Context, kind string, olderThan time.Duration, limit int) ([]int64, error) {
	var ids []int64
	err := db.bun.NewRaw(`
		select a.id from articles a
		where a.embedded_at is null and a.created_at < now() - make_interval(secs => ?)
			and `+notStopped(`a.id || '-' || a.id || '-1'`)+`
		order by a.id limit ?`, olderThan.Seconds(), kind, limit).Scan(ctx, &ids)
	return ids, fail(err, "articles to embed")
}

// HistoryToEmbed returns the ids of imported articles whose embedding step is due, oldest first.
func (db *DB) HistoryToEmbed(ctx context.Context, limit int) ([]int64, error) {
	var ids []int64
	err := db.bun.NewRaw(`select id from articles where embedded_at is null and origin = ? order by id limit ?`,
		string(forecast.Backtest), limit).Scan(ctx, &ids)
	return ids, fail(err, "history to embed")
}

// KnownSightings returns which of a source's external ids have been seen before.
func (db *DB) KnownSightings(ctx context.Context, source string, externalIDs []string) (map[string]bool, error) {
	var list []string
	err := db.bun.NewRaw(`select external_id from sightings where source = ? and external_id = any(?)`,
		source, pgdialect.Array(externalIDs)).Scan(ctx, &list)
	if err != nil {
		return nil, fail(err, "sightings of %s", source)
	}
	known := make(map[string]bool, len(list))
	for _, id := range list {
		known[id] = true
	}
	return known, nil
}
