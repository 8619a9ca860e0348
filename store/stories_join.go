package store

import (
	"cmp"
	"context"
	"hash/fnv"
	"maps"
	"slices"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"tickerwire/internal/fault"
	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
	"tickerwire/internal/news"
)

// Embedded is a saved article on its way into a story. Codes are the companies it names, sorted. Vector is its
// embedding by Embedder, which must be the version that joins stories; nil when it has no usable text, and then it is
// only marked as embedded. Beside holds its vectors of the other versions in use. BaseDay is the day whose close is the
// base of its outcomes.
type Embedded struct {
	Article  news.Article
	Codes    []market.Code
	Embedder string
	Vector   []float32
	Beside   []Vector // of further versions; only Embedder and Values count
	BaseDay  market.Day

	origin forecast.Origin // the article's own, as it was saved
}

// Joined says where an article ended up. StoryID is 0 when it has no vector. Opened means that this call opened the
// story; FilingDue that somebody has to decide whether the story's filing is urgent; Calls are the story's model calls
// that are due, filled for stories that were opened now and for articles that had been embedded before.
type Joined struct {
	ArticleID, StoryID int64
	Opened, FilingDue  bool
	Calls              []CallRef
}

// Place decides where an article with a vector belongs among the candidates; it must be pure. news.Place is one.
type Place func(news.Article, []float32, []news.Candidate) news.Placement

// maxCandidates is how many stories an article is compared with at most, the newest first.
const maxCandidates = 200

// JoinStories puts a batch of embedded articles into stories, opening those that are missing, in one transaction: the
// vectors, stories, memberships, marks and the calls of every model that is not retired. Articles go in the order of
// (AvailableAt, ID). Candidates are the stories of the same companies and origin within news.StoryWindow either way
// that a news article opened; a filing has none and opens a story of its own. Company sets are locked, so that workers
// never open a story twice. Articles embedded before are reported as they stand; ones that no longer exist or were
// taken down are left out. The answer is in the order in which the articles went.
//
// ErrEmbeddersChanged when an article's vectors are not of the versions in use. Those stay the same until the batch is
// written, so that no two articles are ever compared by different versions.
func (db *DB) JoinStories(ctx context.Context, batch []Embedded, place Place) ([]Joined, error) {
	work := dedupe(batch, func(e Embedded) int64 { return e.Article.ID })
	slices.SortFunc(work, func(a, b Embedded) int {
		return cmp.Or(a.Article.AvailableAt.Compare(b.Article.AvailableAt), cmp.Compare(a.Article.ID, b.Article.ID))
	})
	var joined []Joined
	err := db.tx(ctx, func(ctx context.Context, tx bun.Tx) (err error) {
		joined, err = joinStories(ctx, tx, work, place)
		return err
	})
	if err != nil {
		return nil, fail(err, "join %d articles to stories", len(batch))
	}
	return joined, nil
}

func joinStories(ctx context.Context, tx bun.Tx, work []Embedded, place Place) ([]Joined, error) {
	if len(work) == 0 {
		return nil, nil
	}
	inUse, err := holdEmbedding(ctx, tx)
	if err != nil {
		return nil, err
	}
	if err := lockCompanySets(ctx, tx, work); err != nil {
		return nil, err
	}
	before, err := lockArticles(ctx, tx, work)
	if err != nil {
		return nil, err
	}
	var fresh, blank []Embedded
	for _, e := range work {
		at, exists := before[e.Article.ID]
		e.origin = forecast.Origin(at.Origin)
		switch {
		case !exists || at.Embedded:
		case e.Vector == nil:
			blank = append(blank, e)
		case !e.isOf(inUse):
			return nil, ErrEmbeddersChanged
		default:
			fresh = append(fresh, e)
		}
	}
	j := joining{members: map[int64]int{}, story: map[int64]int64{}}
	if err := j.prepare(ctx, tx, fresh); err != nil {
		return nil, err
	}
	for _, e := range fresh {
		if err := j.add(e, place); err != nil {
			return nil, err
		}
	}
	if err := j.write(ctx, tx, fresh, blank); err != nil {
		return nil, err
	}
	return j.report(ctx, tx, work, before)
}

// isOf reports whether an article has a vector of every version in use.
func (e Embedded) isOf(inUse Embedding) bool {
	versions := []string{e.Embedder}
	for _, v := range e.Beside {
		versions = append(versions, v.Embedder)
	}
	return slices.Equal(versions, inUse.Versions())
}

// lockCompanySets takes one advisory lock per distinct company set, always in the same order, until the transaction ends.
func lockCompanySets(ctx context.Context, tx bun.Tx, work []Embedded) error {
	keys := map[int64]bool{}
	for _, e := range work {
		if e.Vector == nil {
			continue
		}
		h := fnv.New64a()
		h.Write([]byte("story " + sortedCodes(e.Codes))) // #nosec G104 -- a hash never fails to be written
		keys[int64(h.Sum64())] = true                    // #nosec G115 -- a lock's key: any bits will do
	}
	if len(keys) == 0 {
		return nil
	}
	_, err := tx.ExecContext(ctx, `select pg_advisory_xact_lock(k) from unnest(?::bigint[]) as k`,
		pgdialect.Array(slices.Sorted(maps.Keys(keys))))
	return err
}

// articleState is where an article stood before the batch.
type articleState struct {
	ID, StoryID int64
	Embedded    bool
	Origin      string
}

// lockArticles reads where the articles stand and keeps them from being changed or deleted meanwhile. It also gives the
// transaction its id before it draws an id for a vector, which VectorsAfter relies on.
func lockArticles(ctx context.Context, tx bun.Tx, work []Embedded) (map[int64]articleState, error) {
	ids := make([]int64, len(work))
	for i, e := range work {
		ids[i] = e.Article.ID
	}
	var rows []articleState
	err := tx.NewRaw(`
		select id, coalesce(story_id, 0) as story_id, embedded_at is not null as embedded, origin
		from articles where id = any(?) and taken_down_at is null order by id for no key update`, pgdialect.Array(ids)).Scan(ctx, &rows)
	if err != nil {
		return nil, err
	}
	states := make(map[int64]articleState, len(rows))
	for _, r := range rows {
		states[r.ID] = r
	}
	return states, nil
}

// candidate is a story that articles of its set may join.
type candidate struct {
	news.Candidate
	origin forecast.Origin
}

// joining collects what a batch will write.
type joining struct {
	candidates map[string][]candidate // per company set and embedder, newest first
	ids        []int64                // story ids drawn and not yet used
	stories    []storyRow             // opened by the batch
	baseDays   []market.Day           // of stories, in step
	members    map[int64]int          // story -> articles that joined it
	story      map[int64]int64        // article -> its story
	marks      []articleMark
}

// articleMark is what an article's own row gets.
type articleMark struct {
	ID      int64
	StoryID int64   `bun:",nullzero"`
	Cosine  float64 `bun:",nullzero"`
}

// setKey separates what may not be compared.
func setKey(e Embedded) string { return e.Embedder + "|" + sortedCodes(e.Codes) }

// add places one article and remembers what that changes.
func (j *joining) add(e Embedded, place Place) error {
	key := setKey(e)
	var offered []news.Candidate
	if e.Article.Kind != news.KindDisclosure {
		offered = within(j.candidates[key], e)
	}
	p := place(e.Article, e.Vector, offered)
	for _, id := range []int64{p.StoryID, p.EchoOf} {
		if id != 0 && !slices.ContainsFunc(offered, func(c news.Candidate) bool { return c.StoryID == id }) {
			return fault.New(fault.Invalid, "article %d was placed with story %d, which was no candidate", e.Article.ID, id)
		}
	}
	if p.StoryID != 0 {
		j.members[p.StoryID]++
		j.mark(e, p.StoryID, p.Cosine)
		return nil
	}
	id := j.ids[0]
	j.ids = j.ids[1:]
	j.mark(e, id, 1)
	filing := e.Article.Kind == news.KindDisclosure
	j.stories = append(j.stories, storyRow{ID: id, FirstArticleID: e.Article.ID, Codes: texts(e.Codes), AvailableAt: e.Article.AvailableAt,
		EchoOf: p.EchoOf, Articles: 1, FilingDue: filing && e.origin == forecast.Live, Origin: string(e.origin)})
	j.baseDays = append(j.baseDays, e.BaseDay)
	if !filing {
		j.offer(key, candidate{Candidate: news.Candidate{StoryID: id, AvailableAt: e.Article.AvailableAt, Vector: e.Vector,
			Unnamed: len(e.Codes) == 0}, origin: e.origin})
	}
	return nil
}

func (j *joining) mark(e Embedded, storyID int64, cosine float64) {
	j.story[e.Article.ID] = storyID
	j.marks = append(j.marks, articleMark{ID: e.Article.ID, StoryID: storyID, Cosine: cosine})
}

// offer puts a new story among the candidates of the articles that follow.
func (j *joining) offer(key string, c candidate) {
	list := j.candidates[key]
	i, _ := slices.BinarySearchFunc(list, c, func(a, b candidate) int {
		return cmp.Or(b.AvailableAt.Compare(a.AvailableAt), cmp.Compare(b.StoryID, a.StoryID))
	})
	j.candidates[key] = slices.Insert(list, i, c)
}

// within returns the newest candidates that an article may join: near in time, of its origin.
func within(list []candidate, e Embedded) []news.Candidate {
	var near []news.Candidate
	for _, c := range list {
		if c.origin == e.origin && absolute(c.AvailableAt.Sub(e.Article.AvailableAt)) <= news.StoryWindow {
			if near = append(near, c.Candidate); len(near) == maxCandidates {
				break
			}
		}
	}
	return near
}

func absolute(d time.Duration) time.Duration { return max(d, -d) }
