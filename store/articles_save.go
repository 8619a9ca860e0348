package store

import (
	"cmp"
	"context"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"tickerwire/internal/forecast"
	"tickerwire/internal/news"
)

// NewArticle is an article as a source has just shown it, with the companies found in it. ID, StoryID, Cosine and
// FirstOfStory are not used.
type NewArticle struct {
	news.Article
	Matches []news.Match
	Origin  forecast.Origin
}

// allowed returns the article as its source's policy lets it be kept. What was found behind a cut is no match any more.
func (n NewArticle) allowed() NewArticle {
	n.Article = news.PolicyOf(n.Source).Apply(n.Article)
	ends := map[news.Field]int{news.FieldTitle: utf8.RuneCountInString(n.Title), news.FieldSummary: utf8.RuneCountInString(n.Summary)}
	n.Matches = slices.DeleteFunc(slices.Clone(n.Matches), func(m news.Match) bool {
		end, text := ends[m.Field]
		return text && m.End > end
	})
	return n
}

// saveChunk is how many rows one statement carries.
const saveChunk = 1000

// sightingKey is a source's own name for an item.
type sightingKey struct{ Source, ExternalID string }

type sightingRow struct {
	bun.BaseModel `bun:"table:sightings"`

	Source     string    `bun:"source,pk"`
	ExternalID string    `bun:"external_id,pk"`
	ArticleID  int64     `bun:"article_id"`
	SeenAt     time.Time `bun:"seen_at"`
}

// SaveArticles saves what is not yet known and returns the ids of the new articles, ascending. An item that its source
// showed before is passed over; one whose URL is known from elsewhere becomes a sighting of that article. Several
// workers may save the same articles at once: each is new for exactly one of them. What was taken down is passed over,
// and no more of an article is kept than the policy of its source allows, whoever hands it in.
func (db *DB) SaveArticles(ctx context.Context, articles []NewArticle) (ids []int64, err error) {
	batch := make([]NewArticle, len(articles))
	for i, n := range articles {
		batch[i] = n.allowed()
	}
	slices.Reverse(batch)
	batch = dedupe(batch, func(n NewArticle) sightingKey { return sightingKey{n.Source, n.ExternalID} })
	// Every worker inserts in the order of URLs, so that two with the same articles wait for each other only one way.
	slices.SortFunc(batch, func(a, b NewArticle) int {
		return cmp.Or(cmp.Compare(a.URL, b.URL), cmp.Compare(a.Source, b.Source), cmp.Compare(a.ExternalID, b.ExternalID))
	})
	err = db.tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		ids = ids[:0]
		if _, err := tx.ExecContext(ctx, `select pg_advisory_xact_lock_shared(hashtext(current_schema()), ?)`, takedownLock); err != nil {
			return err
		}
		for chunk := range slices.Chunk(batch, saveChunk) {
			saved, err := saveArticles(ctx, tx, chunk)
			if err != nil {
				return err
			}
			ids = append(ids, saved...)
		}
		return nil
	})
	if err != nil {
		return nil, fail(err, "save %d articles", len(articles))
	}
	slices.Sort(ids)
	return ids, nil
}

func saveArticles(ctx context.Context, tx bun.Tx, batch []NewArticle) ([]int64, error) {
	batch, err := unseen(ctx, tx, batch)
	if err != nil || len(batch) == 0 {
		return nil, err
	}
	rows := make([]articleRow, len(batch))
	for i, n := range batch {
		rows[i] = articleRowOf(n)
	}
	fresh, err := insertArticles(ctx, tx, rows)
	if err != nil {
		return nil, err
	}
	if err := insertSightings(ctx, tx, rows, fresh); err != nil {
		return nil, err
	}
	var ids []int64
	var matches []matchRow
	for i, n := range batch {
		id, isNew := fresh[sightingKey{rows[i].Source, rows[i].ExternalID}]
		if !isNew {
			continue
		}
		ids = append(ids, id)
		for _, m := range n.Matches {
			matches = append(matches, matchRow{ArticleID: id, Code: string(m.Code), Field: string(m.Field), StartRune: m.Start, EndRune: m.End, Text: legible(m.Text)})
		}
	}
	if len(matches) > 0 {
		if _, err := tx.NewInsert().Model(&matches).On("conflict (article_id, code) do nothing").Returning("null").Exec(ctx); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

// unseen leaves out the items whose source showed them before, and those at an address that was taken down.
func unseen(ctx context.Context, tx bun.Tx, batch []NewArticle) ([]NewArticle, error) {
	sources, externals, urls := make([]string, len(batch)), make([]string, len(batch)), make([]string, len(batch))
	for i, n := range batch {
		sources[i], externals[i], urls[i] = legible(n.Source), legible(n.ExternalID), legible(n.URL)
	}
	var known []sightingKey
	err := tx.NewRaw(`
		select s.source, s.external_id from sightings s
		join unnest(?::text[], ?::text[]) as k (source, external_id) using (source, external_id)`,
		pgdialect.Array(sources), pgdialect.Array(externals)).Scan(ctx, &known)
	if err != nil {
		return nil, err
	}
	var down []string
	if err := tx.NewRaw(`select url from takedowns where url = any(?)`, pgdialect.Array(urls)).Scan(ctx, &down); err != nil {
		return nil, err
	}
	seen := make(map[sightingKey]bool, len(known))
	for _, k := range known {
		seen[k] = true
	}
	var left []NewArticle
	for i, n := range batch {
		if !seen[sightingKey{sources[i], externals[i]}] && !slices.Contains(down, urls[i]) {
			left = append(left, n)
		}
	}
	return left, nil
}

// insertArticles inserts what collides with nothing and returns the new ids. A colliding row of a transaction under way
// is waited for.
func insertArticles(ctx context.Context, tx bun.Tx, rows []articleRow) (map[sightingKey]int64, error) {
	var saved []struct {
		ID                 int64
		Source, ExternalID string
	}
	searchable := make([]newArticleRow, len(rows))
	for i, r := range rows {
		searchable[i] = newArticleRow{articleRow: r, Words: news.SearchVector(r.Title, r.Summary)}
	}
	// Into a slice of its own: bun would shrink the model's to the rows that come back.
	_, err := tx.NewInsert().Model(&searchable).ExcludeColumn("id", "story_id", "cosine").On("conflict do nothing").
		Returning("id, source, external_id").Exec(ctx, &saved)
	if err != nil {
		return nil, err
	}
	fresh := make(map[sightingKey]int64, len(saved))
	for _, s := range saved {
		fresh[sightingKey{s.Source, s.ExternalID}] = s.ID
	}
	return fresh, nil
}

// insertSightings notes for every row which article it shows: its own new one, or the one that stood in its way.
func insertSightings(ctx context.Context, tx bun.Tx, rows []articleRow, fresh map[sightingKey]int64) error {
	var urls, sources, externals []string
	for _, r := range rows {
		if _, isNew := fresh[sightingKey{r.Source, r.ExternalID}]; !isNew {
			urls, sources, externals = append(urls, r.URL), append(sources, r.Source), append(externals, r.ExternalID)
		}
	}
	var known []articleRow
	if len(urls) > 0 {
		err := tx.NewRaw(`
			select a.id, a.source, a.external_id, coalesce(a.url, '') as url from articles a where a.url = any(?)
			union
			select a.id, a.source, a.external_id, coalesce(a.url, '') from articles a
			join unnest(?::text[], ?::text[]) as k (source, external_id) using (source, external_id)`,
			pgdialect.Array(urls), pgdialect.Array(sources), pgdialect.Array(externals)).Scan(ctx, &known)
		if err != nil {
			return err
		}
	}
	byURL, byKey := map[string]int64{}, map[sightingKey]int64{}
	for _, k := range known {
		byKey[sightingKey{k.Source, k.ExternalID}] = k.ID
		if k.URL != "" {
			byURL[k.URL] = k.ID
		}
	}
	sightings := make([]sightingRow, 0, len(rows))
	for _, r := range rows {
		key := sightingKey{r.Source, r.ExternalID}
		id := cmp.Or(fresh[key], byKey[key], byURL[r.URL])
		if id != 0 { // 0: what stood in the way was deleted since; the next crawl sees to it
			sightings = append(sightings, sightingRow{Source: r.Source, ExternalID: r.ExternalID, ArticleID: id, SeenAt: r.FirstSeenAt})
		}
	}
	if len(sightings) == 0 {
		return nil
	}
	_, err := tx.NewInsert().Model(&sightings).On("conflict (source, external_id) do nothing").Returning("null").Exec(ctx)
	return err
}
