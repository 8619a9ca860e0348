package store

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"tickerwire/internal/forecast"
	"tickerwire/internal/news"
)

// candidateQuery is one article's search for stories that it may join.
type candidateQuery struct {
	Codes  []string `bun:",array,type:text[]"`
	Origin string
	At     time.Time
}

// prepare reads the candidates of all articles at once, with their vectors, and draws an id for every story that may
// be opened.
func (j *joining) prepare(ctx context.Context, tx bun.Tx, fresh []Embedded) error {
	j.candidates = map[string][]candidate{}
	if len(fresh) == 0 {
		return nil
	}
	err := tx.NewRaw(`select nextval(pg_get_serial_sequence('stories', 'id')) from generate_series(1, ?)`, len(fresh)).Scan(ctx, &j.ids)
	if err != nil {
		return err
	}
	stories, err := candidateStories(ctx, tx, fresh)
	if err != nil || len(stories) == 0 {
		return err
	}
	firsts := make([]int64, len(stories))
	for i, s := range stories {
		firsts[i] = s.FirstArticleID
	}
	vectors, err := vectorsOf(ctx, tx, fresh[0].Embedder, firsts) // all of the batch are of one version
	if err != nil {
		return err
	}
	sets := map[string]Embedded{}
	for _, e := range fresh {
		sets[setKey(e)] = e
	}
	for key, e := range sets {
		set := sortedCodes(e.Codes)
		for _, s := range stories { // newest first, and so is every list made of them
			floats := vectors[s.FirstArticleID]
			if sortedCodes(codes(s.Codes)) != set || floats == nil {
				continue
			}
			if len(floats) != len(e.Vector) {
				return fmt.Errorf("vectors of %s have %d and %d dimensions (articles %d, %d)", e.Embedder, len(floats), len(e.Vector), s.FirstArticleID, e.Article.ID)
			}
			j.candidates[key] = append(j.candidates[key], candidate{origin: forecast.Origin(s.Origin),
				Candidate: news.Candidate{StoryID: s.ID, AvailableAt: s.AvailableAt, Vector: floats, Unnamed: len(s.Codes) == 0}})
		}
	}
	return nil
}

// candidateStories returns, newest first, every story that is among the newest candidates of some article of the batch.
func candidateStories(ctx context.Context, tx bun.Tx, fresh []Embedded) ([]storyRow, error) {
	var queries []candidateQuery
	for _, e := range fresh {
		if e.Article.Kind != news.KindDisclosure {
			queries = append(queries, candidateQuery{Codes: texts(e.Codes), Origin: string(e.origin), At: e.Article.AvailableAt})
		}
	}
	if len(queries) == 0 {
		return nil, nil
	}
	hours := news.StoryWindow.Hours()
	var stories []storyRow
	err := tx.NewRaw(`
		with q (codes, origin, at) as (?)
		select distinct c.id, c.first_article_id, c.codes, c.available_at, c.origin
		from q cross join lateral (
			select s.id, s.first_article_id, s.codes, s.available_at, s.origin
			from stories s join articles a on a.id = s.first_article_id and a.kind = 'news'
			where s.codes = q.codes and s.origin = q.origin
				and s.available_at between q.at - make_interval(hours => ?) and q.at + make_interval(hours => ?)
			order by s.available_at desc, s.id desc
			limit ?) c
		order by c.available_at desc, c.id desc`,
		tx.NewValues(&queries), int(hours), int(hours), maxCandidates).Scan(ctx, &stories)
	return stories, err
}

// vectorsOf returns the vectors of articles by one version, by article.
func vectorsOf(ctx context.Context, tx bun.Tx, embedder string, articleIDs []int64) (map[int64][]float32, error) {
	var rows []vectorRow
	err := tx.NewRaw(`select article_id, floats from vectors where article_id = any(?) and embedder = ?`,
		pgdialect.Array(articleIDs), embedder).Scan(ctx, &rows)
	if err != nil {
		return nil, err
	}
	vectors := make(map[int64][]float32, len(rows))
	for _, r := range rows {
		vectors[r.ArticleID] = unpackFloats(r.Floats)
	}
	return vectors, nil
}

// write saves everything that the batch decided, a statement per table.
func (j *joining) write(ctx context.Context, tx bun.Tx, fresh, blank []Embedded) error {
	if err := insertVectors(ctx, tx, fresh); err != nil {
		return err
	}
	if err := j.insertStories(ctx, tx); err != nil {
		return err
	}
	for _, e := range blank {
		j.marks = append(j.marks, articleMark{ID: e.Article.ID})
	}
	if len(j.marks) > 0 {
		_, err := tx.NewRaw(`
			with m (id, story_id, cosine) as (?)
			update articles a set story_id = m.story_id, cosine = m.cosine, embedded_at = now() from m where a.id = m.id`,
			tx.NewValues(&j.marks)).Exec(ctx)
		if err != nil {
			return err
		}
	}
	ids, counts := make([]int64, 0, len(j.members)), make([]int64, 0, len(j.members))
	for id, n := range j.members {
		ids, counts = append(ids, id), append(counts, int64(n))
	}
	if len(ids) == 0 {
		return nil
	}
	_, err := tx.NewRaw(`
		update stories s set articles = s.articles + m.n
		from unnest(?::bigint[], ?::bigint[]) as m (id, n) where s.id = m.id`, pgdialect.Array(ids), pgdialect.Array(counts)).Exec(ctx)
	return err
}

func insertVectors(ctx context.Context, tx bun.Tx, fresh []Embedded) error {
	rows := make([]vectorRow, 0, len(fresh))
	for _, e := range fresh {
		for _, v := range append([]Vector{{Embedder: e.Embedder, Values: e.Vector}}, e.Beside...) {
			rows = append(rows, vectorRow{ArticleID: e.Article.ID, Embedder: v.Embedder, Codes: texts(e.Codes),
				AvailableAt: e.Article.AvailableAt, Floats: packFloats(v.Values)})
		}
	}
	return insertVectorRows(ctx, tx, rows)
}

// insertVectorRows writes vectors; an article's vector of a version is never replaced. The transaction must have its id.
func insertVectorRows(ctx context.Context, tx bun.Tx, rows []vectorRow) error {
	if len(rows) == 0 {
		return nil
	}
	_, err := tx.NewInsert().Model(&rows).ExcludeColumn("id").On("conflict (article_id, embedder) do nothing").Returning("null").Exec(ctx)
	return err
}

func (j *joining) insertStories(ctx context.Context, tx bun.Tx) error {
	if len(j.stories) == 0 {
		return nil
	}
	type storyCode struct {
		bun.BaseModel `bun:"table:story_codes"`

		StoryID     int64
		Code        string
		AvailableAt time.Time
		BaseDay     date
	}
	var pairs []storyCode
	var predicted []int64
	for i, s := range j.stories {
		for _, code := range s.Codes {
			pairs = append(pairs, storyCode{StoryID: s.ID, Code: code, AvailableAt: s.AvailableAt, BaseDay: date(j.baseDays[i])})
		}
		if len(s.Codes) > 0 && s.Origin == string(forecast.Live) {
			predicted = append(predicted, s.ID)
		}
	}
	_, err := tx.NewRaw(`
		with s (id, first_article_id, codes, available_at, echo_of, articles, filing_due, origin) as (?)
		insert into stories (id, first_article_id, codes, available_at, echo_of, articles, filing_due, origin)
		overriding system value select * from s`, tx.NewValues(&j.stories)).Exec(ctx)
	if err != nil {
		return err
	}
	if len(pairs) > 0 {
		if _, err := tx.NewInsert().Model(&pairs).Returning("null").Exec(ctx); err != nil {
			return err
		}
	}
	if len(predicted) == 0 {
		return nil
	}
	_, err = tx.NewRaw(`
		insert into model_calls (story_id, model_id, origin)
		select s.id, m.id, 'live' from unnest(?::bigint[]) as s (id) cross join models m where m.role <> 'retired'
		order by s.id, m.id
		on conflict (story_id, model_id, generation) do nothing`, pgdialect.Array(predicted)).Exec(ctx)
	return err
}

// report says where every article stands now.
func (j *joining) report(ctx context.Context, tx bun.Tx, work []Embedded, before map[int64]articleState) ([]Joined, error) {
	opened := map[int64]int64{} // story -> its first article
	var ask []int64             // stories whose dues are reported
	for _, s := range j.stories {
		opened[s.ID] = s.FirstArticleID
		ask = append(ask, s.ID)
	}
	var list []Joined
	for _, e := range work {
		at, exists := before[e.Article.ID]
		if !exists {
			continue
		}
		out := Joined{ArticleID: e.Article.ID, StoryID: j.story[e.Article.ID]}
		out.Opened = out.StoryID != 0 && opened[out.StoryID] == e.Article.ID
		if at.Embedded {
			out.StoryID = at.StoryID
			ask = append(ask, at.StoryID)
		}
		list = append(list, out)
	}
	calls, filings, err := dues(ctx, tx, ask)
	if err != nil {
		return nil, err
	}
	for i, out := range list {
		if out.Opened || before[out.ArticleID].Embedded {
			list[i].Calls, list[i].FilingDue = calls[out.StoryID], filings[out.StoryID]
		}
	}
	return list, nil
}

// dues returns the due calls and the undecided filings of stories.
func dues(ctx context.Context, tx bun.Tx, storyIDs []int64) (map[int64][]CallRef, map[int64]bool, error) {
	calls, filings := map[int64][]CallRef{}, map[int64]bool{}
	if len(storyIDs) == 0 {
		return calls, filings, nil
	}
	var rows []callRow
	err := tx.NewRaw(`
		select c.id, c.story_id, c.model_id, m.kind, c.generation, c.origin
		from model_calls c join models m on m.id = c.model_id
		where c.story_id = any(?) and c.state = 'due' order by c.id`, pgdialect.Array(storyIDs)).Scan(ctx, &rows)
	if err != nil {
		return nil, nil, err
	}
	for _, r := range rows {
		calls[r.StoryID] = append(calls[r.StoryID], r.toRef())
	}
	var due []int64
	err = tx.NewRaw(`select id from stories where id = any(?) and filing_due`, pgdialect.Array(storyIDs)).Scan(ctx, &due)
	if err != nil {
		return nil, nil, err
	}
	for _, id := range due {
		filings[id] = true
	}
	return calls, filings, nil
}
