package vectors

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/milvus-io/milvus-sdk-go/v2/client"
	"github.com/milvus-io/milvus-sdk-go/v2/entity"

	"tickerwire/internal/fault"
	"tickerwire/internal/tracing"
)

// upsertChunk is how many vectors one request carries.
const upsertChunk = 1000

// Upsert implements Index. It returns when the server has acknowledged every entry.
func (m *Milvus) Upsert(ctx context.Context, entries []Entry) error {
	versions := map[string][]Entry{}
	for _, e := range entries {
		if len(e.Codes) > maxCodes {
			return fault.New(fault.Invalid, "article %d names %d companies", e.ArticleID, len(e.Codes))
		}
		if err := check("the vector of an article", e.Values, 0); err != nil {
			return err
		}
		versions[e.Embedder] = append(versions[e.Embedder], e)
	}
	for embedder, list := range versions {
		name := m.nameOf(embedder)
		dim, err := m.open(ctx, name, len(list[0].Values))
		if err != nil {
			return err
		}
		for _, e := range list {
			if err := check("the vector of an article", e.Values, dim); err != nil {
				return err
			}
		}
		for chunk := range slices.Chunk(lastOfEach(list), upsertChunk) {
			if err := m.upsert(ctx, name, chunk); err != nil {
				m.forget(name)
				return err
			}
		}
	}
	return nil
}

// upsert sends one request and counts what was acknowledged.
func (m *Milvus) upsert(ctx context.Context, name string, entries []Entry) (err error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	ctx, span := tracing.Vectors(ctx, "upsert", name, len(entries))
	defer func() { span.End(err) }()
	ids, at := make([]int64, len(entries)), make([]int64, len(entries))
	codes, embedders, values := make([][][]byte, len(entries)), make([]string, len(entries)), make([][]float32, len(entries))
	for i, e := range entries {
		ids[i], at[i], embedders[i], values[i] = e.ArticleID, micros(e.AvailableAt), e.Embedder, e.Values
		codes[i] = make([][]byte, len(e.Codes))
		for k, code := range e.Codes {
			codes[i][k] = []byte(code)
		}
	}
	kept, err := m.client.Upsert(ctx, name, "",
		entity.NewColumnInt64(fieldArticle, ids), entity.NewColumnInt64(fieldAvailable, at), entity.NewColumnVarCharArray(fieldCodes, codes),
		entity.NewColumnVarChar(fieldEmbedder, embedders), entity.NewColumnFloatVector(fieldVector, len(values[0]), values))
	if err != nil {
		return wrap(err, "upsert %d vectors into %s", len(entries), name)
	}
	if kept == nil || kept.Len() != len(entries) {
		return fmt.Errorf("milvus: upsert into %s: not all of %d vectors were acknowledged", name, len(entries))
	}
	return nil
}

// Nearest implements Index. Of articles that are equally near at the end of the list, any may be in it.
func (m *Milvus) Nearest(ctx context.Context, s Search) (found []Hit, err error) {
	if err := s.check(0); err != nil {
		return nil, err
	}
	name := m.nameOf(s.Embedder)
	ctx, span := tracing.Vectors(ctx, "search", name, 1)
	defer func() { span.End(err) }()
	dim, err := m.open(ctx, name, 0)
	if err != nil || dim == 0 {
		return nil, err
	}
	if err := s.check(dim); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	param, err := entity.NewIndexHNSWSearchParam(min(max(128, 2*s.Limit), 32768))
	if err != nil {
		return nil, fmt.Errorf("milvus: search %s: %w", name, err)
	}
	results, err := m.client.Search(ctx, name, nil, s.filter(), nil, []entity.Vector{entity.FloatVector(s.Query)}, fieldVector, entity.COSINE,
		s.Limit, param, client.WithSearchQueryConsistencyLevel(entity.ClStrong))
	if err != nil {
		m.forget(name)
		return nil, wrap(err, "search %s", name)
	}
	return hits(name, results, s.MinCosine)
}

// filter is the search's condition in the server's language.
func (s Search) filter() string {
	terms := []string{fieldEmbedder + " == " + strconv.Quote(s.Embedder)}
	if !s.Before.IsZero() {
		terms = append(terms, fieldAvailable+" < "+strconv.FormatInt(micros(s.Before), 10))
	}
	if len(s.Codes) > 0 {
		quoted := make([]string, len(s.Codes))
		for i, code := range s.Codes {
			quoted[i] = strconv.Quote(string(code))
		}
		terms = append(terms, "array_contains_any("+fieldCodes+", ["+strings.Join(quoted, ", ")+"])")
	}
	return strings.Join(terms, " && ")
}

// hits reads the answer to one query. When nothing was found the answer's own error field means nothing.
func hits(name string, results []client.SearchResult, minCosine float64) ([]Hit, error) {
	if len(results) == 0 || results[0].ResultCount == 0 {
		return nil, nil
	}
	r := results[0]
	if r.Err != nil {
		return nil, wrap(r.Err, "search %s", name)
	}
	ids, ok := r.IDs.(*entity.ColumnInt64)
	if !ok || ids.Len() != len(r.Scores) {
		return nil, fmt.Errorf("milvus: search %s: %d scores do not go with ids of type %T", name, len(r.Scores), r.IDs)
	}
	var list []Hit
	for i, id := range ids.Data() {
		if cosine := float64(r.Scores[i]); cosine >= minCosine {
			list = append(list, Hit{ArticleID: id, Cosine: cosine})
		}
	}
	slices.SortFunc(list, byNearness)
	return list, nil
}

// settleEvery is how often the server is asked whether it has built an index: it has no event to await.
const settleEvery = 200 * time.Millisecond

// Settle returns when all that was written of a version is in the graph that searches go through: after many vectors
// were written at once. Until then the server compares a query with the newest ones by a coarser index of its own.
func (m *Milvus) Settle(ctx context.Context, embedder string) error {
	name := m.nameOf(embedder)
	if dim, err := m.open(ctx, name, 0); err != nil || dim == 0 {
		return err
	}
	if err := m.client.Flush(ctx, name, false); err != nil {
		return wrap(err, "flush %s", name)
	}
	for {
		total, indexed, err := m.client.GetIndexBuildProgress(ctx, name, fieldVector)
		if err != nil || indexed >= total {
			return wrap(err, "index of %s", name)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(settleEvery):
		}
	}
}

// Vector implements Index.
func (m *Milvus) Vector(ctx context.Context, embedder string, articleID int64) ([]float32, error) {
	name := m.nameOf(embedder)
	missing := fault.New(fault.NotFound, "article %d has no vector of %s", articleID, embedder)
	dim, err := m.open(ctx, name, 0)
	if err != nil {
		return nil, err
	}
	if dim == 0 {
		return nil, missing
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	rows, err := m.client.Query(ctx, name, nil, fmt.Sprintf("%s == %d", fieldArticle, articleID), []string{fieldVector},
		client.WithSearchQueryConsistencyLevel(entity.ClStrong))
	if err != nil {
		m.forget(name)
		return nil, wrap(err, "vector of article %d in %s", articleID, name)
	}
	column, ok := rows.GetColumn(fieldVector).(*entity.ColumnFloatVector)
	if !ok || column.Len() == 0 {
		return nil, missing
	}
	return column.Data()[0], nil
}

// Delete implements Index.
func (m *Milvus) Delete(ctx context.Context, embedder string, articleIDs []int64) (err error) {
	if len(articleIDs) == 0 {
		return nil
	}
	name := m.nameOf(embedder)
	ctx, span := tracing.Vectors(ctx, "delete", name, len(articleIDs))
	defer func() { span.End(err) }()
	if dim, err := m.open(ctx, name, 0); err != nil || dim == 0 {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	if err := m.client.DeleteByPks(ctx, name, "", entity.NewColumnInt64(fieldArticle, articleIDs)); err != nil {
		m.forget(name)
		return wrap(err, "delete %d vectors from %s", len(articleIDs), name)
	}
	return nil
}
