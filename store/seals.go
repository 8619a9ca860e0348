package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"tickerwire/internal/fault"
	"tickerwire/internal/forecast"
)

// Seal is the receipt of one prediction.
type Seal struct {
	Number   int64
	Hash     []byte // of the prediction's content
	Head     []byte // of its seal
	SealedAt time.Time
}

type sealedRow struct {
	bun.BaseModel `bun:"table:sealed_predictions"`

	PredictionID int64  `bun:"prediction_id"`
	Seal         int64  `bun:"seal"`
	Position     int    `bun:"position"`
	Hash         []byte `bun:"hash"`
}

// SealPredictions seals the live predictions of at most limit calls that are done and not sealed yet, under the next
// number of the chain, and returns how many it sealed. Whoever seals at the same time waits; a call is sealed once, as a
// whole. Backtests are never sealed.
func (db *DB) SealPredictions(ctx context.Context, limit int) (sealed int, err error) {
	err = db.tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		sealed = 0
		var calls []int64
		if _, err := tx.ExecContext(ctx, `select pg_advisory_xact_lock(hashtext(current_schema()), ?)`, sealLock); err != nil {
			return err
		}
		err := tx.NewRaw(`select id from model_calls where state = 'done' and origin = 'live' and not sealed order by id limit ?`,
			limit).Scan(ctx, &calls)
		if err != nil || len(calls) == 0 {
			return err
		}
		var rows []predictionRow
		err = tx.NewSelect().Model(&rows).Where("call_id = any(?)", pgdialect.Array(calls)).Where("origin = 'live'").Order("id").Scan(ctx)
		if err != nil {
			return err
		}
		if len(rows) > 0 {
			if err := addSeal(ctx, tx, rows); err != nil {
				return err
			}
		}
		sealed = len(rows)
		_, err = tx.NewRaw(`update model_calls set sealed = true where id = any(?)`, pgdialect.Array(calls)).Exec(ctx)
		return err
	})
	return sealed, fail(err, "seal predictions")
}

func addSeal(ctx context.Context, tx bun.Tx, rows []predictionRow) error {
	var last struct {
		Number int64  `bun:"number"`
		Head   []byte `bun:"head"`
	}
	err := tx.NewRaw(`select number, head from seals order by number desc limit 1`).Scan(ctx, &last)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	var previous forecast.Digest
	copy(previous[:], last.Head)
	number := last.Number + 1
	hashes := make([]forecast.Digest, len(rows))
	kept := make([]sealedRow, len(rows))
	for i, r := range rows {
		if hashes[i], err = forecast.ContentHash(forecast.SealVersion, r.toNoun()); err != nil {
			return err
		}
		kept[i] = sealedRow{PredictionID: r.ID, Seal: number, Position: i + 1, Hash: hashes[i][:]}
	}
	head := forecast.Head(number, forecast.SealVersion, previous, hashes)
	_, err = tx.NewRaw(`insert into seals (number, version, previous, head, count) values (?, ?, ?, ?, ?)`,
		number, forecast.SealVersion, previous[:], head[:], len(rows)).Exec(ctx)
	if err != nil {
		return err
	}
	_, err = tx.NewInsert().Model(&kept).Returning("null").Exec(ctx)
	return err
}

// SealOf returns a prediction's receipt; NotFound while it has none.
func (db *DB) SealOf(ctx context.Context, predictionID int64) (Seal, error) {
	var row struct {
		Number   int64     `bun:"number"`
		Hash     []byte    `bun:"hash"`
		Head     []byte    `bun:"head"`
		SealedAt time.Time `bun:"sealed_at"`
	}
	err := db.bun.NewRaw(`select s.number, p.hash, s.head, s.sealed_at from sealed_predictions p join seals s on s.number = p.seal
		where p.prediction_id = ?`, predictionID).Scan(ctx, &row)
	return Seal(row), failOne(err, "seal of prediction %d", predictionID)
}

// Verified says how much of the chain was found whole.
type Verified struct {
	Seals, Predictions int
	Head               []byte // of the last seal; nil without any
}

// unsealedFor is how long a prediction may be without a seal: sealing is a matter of seconds.
const unsealedFor = time.Minute

// VerifySeals computes the whole chain again from the predictions as they are now. Conflict names the first link that
// does not hold: a prediction that was changed or is gone, a seal that is gone or was changed, a prediction that nobody
// sealed. report is told of each seal that holds.
func (db *DB) VerifySeals(ctx context.Context, report func(number int64)) (Verified, error) {
	var v Verified
	var previous forecast.Digest
	for {
		links, err := db.links(ctx, int64(v.Seals)+1)
		if err != nil {
			return v, err
		}
		if len(links) == 0 {
			break
		}
		head, err := verify(int64(v.Seals)+1, previous, links)
		if err != nil {
			return v, err
		}
		previous, v.Head = head, head[:]
		v.Seals++
		v.Predictions += len(links)
		report(int64(v.Seals))
	}
	return v, db.checkEnd(ctx, int64(v.Seals))
}

// link is one sealed prediction, with its seal and with what is kept of it now; the seal or the prediction may be gone.
type link struct {
	Number    int64  `bun:"number"` // 0: the seal is gone
	Version   int    `bun:"version"`
	Previous  []byte `bun:"previous"`
	Head      []byte `bun:"head"`
	Count     int    `bun:"count"`
	SealedID  int64  `bun:"sealed_id"` // 0: the seal names nothing at this place
	Position  int    `bun:"position"`
	SealHash  []byte `bun:"seal_hash"`
	predicted *forecast.Prediction
}

// links returns what is known of a seal by its number, by position; none at the end of the chain.
func (db *DB) links(ctx context.Context, number int64) ([]link, error) {
	var links []link
	err := db.bun.NewRaw(`
		select coalesce(s.number, 0) as number, coalesce(s.version, 0) as version, s.previous, s.head, coalesce(s.count, 0) as count,
			coalesce(p.prediction_id, 0) as sealed_id, coalesce(p.position, 0) as position, p.hash as seal_hash
		from (select * from seals where number = ?0) s full join (select * from sealed_predictions where seal = ?0) p on p.seal = s.number
		order by p.position`, number).Scan(ctx, &links)
	if err != nil {
		return nil, fail(err, "read seal %d", number)
	}
	ids := make([]int64, len(links))
	for i, l := range links {
		ids[i] = l.SealedID
	}
	var rows []predictionRow
	if err := db.bun.NewSelect().Model(&rows).Where("id = any(?)", pgdialect.Array(ids)).Scan(ctx); err != nil {
		return nil, fail(err, "read the predictions of seal %d", number)
	}
	kept := make(map[int64]forecast.Prediction, len(rows))
	for _, r := range rows {
		kept[r.ID] = r.toNoun()
	}
	for i := range links {
		if p, ok := kept[links[i].SealedID]; ok {
			links[i].predicted = &p
		}
	}
	return links, nil
}

// verify recomputes one seal.
func verify(number int64, previous forecast.Digest, links []link) (forecast.Digest, error) {
	broken := func(format string, args ...any) (forecast.Digest, error) {
		return forecast.Digest{}, fault.New(fault.Conflict, "the chain breaks at seal %d: %s", number, fmt.Sprintf(format, args...))
	}
	first := links[0]
	switch {
	case first.Number == 0:
		return broken("the seal is gone")
	case string(first.Previous) != string(previous[:]):
		return broken("it does not follow from the seal before")
	}
	hashes := make([]forecast.Digest, 0, len(links))
	for i, l := range links {
		switch {
		case l.SealedID == 0 || l.Position != i+1:
			return broken("the entry at place %d is gone", i+1)
		case l.predicted == nil:
			return broken("prediction %d is gone", l.SealedID)
		}
		hash, err := forecast.ContentHash(first.Version, *l.predicted)
		if err != nil {
			return broken("%v", err)
		}
		if string(hash[:]) != string(l.SealHash) {
			return broken("prediction %d was changed", l.SealedID)
		}
		hashes = append(hashes, hash)
	}
	if len(links) != first.Count {
		return broken("it sealed %d predictions, %d are left", first.Count, len(links))
	}
	head := forecast.Head(number, first.Version, previous, hashes)
	if string(head[:]) != string(first.Head) {
		return broken("its head is not that of its contents")
	}
	return head, nil
}

// checkEnd looks behind the last seal that was found: for later ones, and for predictions that should have been sealed.
func (db *DB) checkEnd(ctx context.Context, last int64) error {
	var later, unsealed []int64
	err := db.bun.NewRaw(`select number from (select number from seals union select seal from sealed_predictions) s
		where number > ? order by number limit 1`, last).Scan(ctx, &later)
	if err != nil {
		return fail(err, "read seals after %d", last)
	}
	if len(later) > 0 {
		return fault.New(fault.Conflict, "the chain breaks at seal %d: the seal is gone, and seal %d is there", last+1, later[0])
	}
	err = db.bun.NewRaw(`
		select p.id from predictions p join model_calls c on c.id = p.call_id
		where p.origin = 'live' and c.done_at < now() - make_interval(secs => ?)
			and not exists (select from sealed_predictions s where s.prediction_id = p.id)
		order by p.id limit 1`, unsealedFor.Seconds()).Scan(ctx, &unsealed)
	if err != nil {
		return fail(err, "read predictions without a seal")
	}
	if len(unsealed) > 0 {
		return fault.New(fault.Conflict, "the chain breaks after seal %d: prediction %d has no seal", last, unsealed[0])
	}
	return nil
}
