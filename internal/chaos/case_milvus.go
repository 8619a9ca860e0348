package chaos

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/store/vectors"
)

const (
	milvusSpeed  = 1800
	milvusAway   = 40 * time.Second
	milvusLate   = 20 * time.Second // answers come later than anybody waits
	milvusSlow   = time.Second      // they come late
	milvusGoal   = 30 * time.Second // from its return until what was put off is being done
	besideEvery  = 200 * time.Millisecond
	besideGoal   = 3 * time.Second // for other work, from its order to its effect
	milvusPrefix = "tickerwire"    // the default of MILVUS_PREFIX
)

// caseMilvus stops Milvus and starts it again on its data, then has it answer late and far too late, while news flows.
func caseMilvus(ctx context.Context, b *bench, r *Report) (func(context.Context) error, error) {
	w, err := b.newWorld(ctx, r, setup{milvus: true, chats: 4, everyTick: milvusSpeed})
	if err != nil {
		return nil, err
	}
	if err := w.startFleet(ctx); err != nil {
		return w.close, err
	}
	if err := w.sim.setClock(ctx, time.Time{}, milvusSpeed); err != nil {
		return w.close, err
	}
	if err := w.awaitCalls(ctx, 20, time.Time{}); err != nil {
		return w.close, err
	}
	var keys []string
	for _, step := range []func(context.Context) ([]string, error){w.milvusStops, w.milvusLags} {
		ordered, err := step(ctx)
		if err != nil {
			return w.close, err
		}
		keys = append(keys, ordered...)
	}
	if err := w.finishArchive(ctx); err != nil {
		return w.close, err
	}
	if err := w.verify(ctx, quietLimit); err != nil {
		return w.close, err
	}
	return w.settle(func(ctx context.Context) error {
		return errors.Join(w.checkOnce(keys), w.checkVectors(ctx))
	}), nil
}

// milvusStops takes Milvus away and kills a worker meanwhile: the one in its place must start without.
func (w *world) milvusStops(ctx context.Context) (keys []string, err error) {
	w.toMilvus.Cut()
	if err := w.vectors.Stop(ctx); err != nil {
		return nil, err
	}
	down, err := w.db.Now(ctx)
	if err != nil {
		return nil, err
	}
	first, err := w.beside(ctx, "stopped-a", milvusAway/2)
	if err != nil {
		return nil, err
	}
	if _, err := w.procs["worker-2"].kill(); err != nil {
		return nil, err
	}
	began := time.Now()
	err = w.startOwn(ctx, "worker-2", "worker")
	w.report.check("a worker starts without Milvus", err == nil, "after %.1f s, %v", time.Since(began).Seconds(), err)
	if err != nil {
		return nil, err
	}
	second, err := w.beside(ctx, "stopped-b", milvusAway/2)
	if err != nil {
		return nil, err
	}
	if err := w.checkNoneMade(ctx, "away", down); err != nil {
		return nil, err
	}
	if err := w.startMilvus(ctx); err != nil {
		return nil, err
	}
	w.toMilvus.Restore(w.vectors.Address())
	w.report.did("Milvus stopped for %s and started again on its data, a worker killed and started anew meanwhile", milvusAway)
	return append(first, second...), w.awaitReturn(ctx, "stopped")
}

// milvusLags has every answer come late, then later than anybody waits.
func (w *world) milvusLags(ctx context.Context) (keys []string, err error) {
	w.toMilvus.Delay(milvusSlow)
	slowly, err := w.beside(ctx, "slow", 10*time.Second)
	if err != nil {
		return nil, err
	}
	w.toMilvus.Delay(milvusLate)
	if err := wait(ctx, milvusSlow); err != nil { // what was asked before is answered yet
		return nil, err
	}
	late, err := w.db.Now(ctx)
	if err != nil {
		return nil, err
	}
	lately, err := w.beside(ctx, "late", milvusAway)
	if err != nil {
		return nil, err
	}
	if err := w.checkNoneMade(ctx, "too slow", late); err != nil {
		return nil, err
	}
	w.toMilvus.Delay(0)
	w.report.did("each answer of Milvus %s late for 10 s, then %s late for %s", milvusSlow, milvusLate, milvusAway)
	return append(slowly, lately...), w.awaitReturn(ctx, "too slow")
}

// beside orders other work for a while and measures how long each piece takes to its effect.
func (w *world) beside(ctx context.Context, name string, span time.Duration) (keys []string, err error) {
	rung := make(map[string]time.Time)
	for end := time.Now().Add(span); time.Now().Before(end); {
		key := fmt.Sprintf("%s-%d", name, len(keys))
		rung[key] = time.Now()
		if err := w.ring(ctx, order{kind: kindCount, queue: queueChaos, Name: key}); err != nil {
			return nil, err
		}
		keys = append(keys, key)
		if err := wait(ctx, besideEvery); err != nil {
			return nil, err
		}
	}
	if _, err := w.awaitEffects(ctx, 30*time.Second, keys); err != nil {
		return nil, err
	}
	list, err := w.ledger.read()
	if err != nil {
		return nil, err
	}
	var took []time.Duration
	for _, e := range list {
		if at, ok := rung[e.Key]; ok && e.What == effect {
			took = append(took, e.At.Sub(at))
		}
	}
	p95 := w.report.times(name+": other work, from its order to its effect", took)
	w.report.check(fmt.Sprintf("%s: other work was done within %s", name, besideGoal), p95 <= besideGoal, "p95 %.2f s of %d", p95.Seconds(), len(took))
	return keys, nil
}

// searching is the model that predicts from similar news.
const searching = "analogue"

// checkNoneMade notes that nothing was predicted from similar news since a moment of the database's clock. What had its
// answer already may be written down for a second.
func (w *world) checkNoneMade(ctx context.Context, name string, since time.Time) error {
	var made, crawled int
	err := w.db.Bun().NewRaw(`
		select (select count(*) from model_calls c join models m on m.id = c.model_id where m.kind = ?0 and c.state <> 'due' and c.done_at > ?1) as made,
			(select count(*) from articles where created_at > ?1) as crawled`, searching, since.Add(time.Second)).Scan(ctx, &made, &crawled)
	if err != nil {
		return fmt.Errorf("calls: %w", err)
	}
	w.report.check(name+": nothing is predicted from evidence that cannot be had", made == 0, "%d predictions", made)
	w.report.check(name+": the crawl goes on", crawled > 0, "%d articles", crawled)
	return nil
}

// awaitCalls waits until so many more predictions from similar news are there than at a moment.
func (w *world) awaitCalls(ctx context.Context, n int, since time.Time) error {
	return until(ctx, 90*time.Second, "predictions from similar news", func() (bool, error) {
		var made int
		err := w.db.Bun().NewRaw(`select count(*) from model_calls c join models m on m.id = c.model_id where m.kind = ? and c.state = 'done' and c.done_at > ?`,
			searching, since).Scan(ctx, &made)
		return made >= n, err
	})
}

// awaitReturn measures until predictions from similar news are made again.
func (w *world) awaitReturn(ctx context.Context, name string) error {
	back, err := w.db.Now(ctx)
	if err != nil {
		return err
	}
	started := time.Now()
	if err := w.awaitCalls(ctx, 1, back); err != nil {
		return err
	}
	first := time.Since(started)
	w.report.figure(name+": from its return to the first prediction from similar news", first.Seconds(), "s")
	w.report.check(fmt.Sprintf("%s: predictions from similar news within %s of its return", name, milvusGoal), first <= milvusGoal, "%.1f s", first.Seconds())
	err = until(ctx, 2*time.Minute, "what was put off", func() (bool, error) {
		var left int
		err := w.db.Bun().NewRaw(`select count(*) from articles where embedded_at is null and created_at < ?`, back).Scan(ctx, &left)
		return left == 0, err
	})
	w.report.figure(name+": from its return until nothing of before waits to be embedded", time.Since(started).Seconds(), "s")
	return err
}

// checkVectors looks in Milvus for every vector of a story that Postgres holds.
func (w *world) checkVectors(ctx context.Context) error {
	index, err := vectors.OpenMilvus(ctx, vectors.MilvusOptions{Address: w.vectors.Address(), Prefix: milvusPrefix})
	if err != nil {
		return err
	}
	inUse, err := w.db.Embedding(ctx)
	if err != nil {
		return errors.Join(err, index.Close())
	}
	var ids []int64
	err = w.db.Bun().NewRaw(`select v.article_id from vectors v join articles a on a.id = v.article_id where a.story_id is not null and v.embedder = ? and v.codes <> '{}' order by 1`,
		inUse.Searches).Scan(ctx, &ids)
	var missing []string
	for _, id := range ids {
		if _, vectorErr := index.Vector(ctx, inUse.Searches, id); fault.KindOf(vectorErr) == fault.NotFound {
			missing = append(missing, fmt.Sprintf("article %d", id))
		} else {
			err = errors.Join(err, vectorErr)
		}
	}
	w.report.check("Milvus holds every vector that Postgres does", len(missing) == 0 && len(ids) > 0, "%d looked for, %d missing; %v", len(ids), len(missing), missing[:min(5, len(missing))])
	return errors.Join(err, index.Close())
}
