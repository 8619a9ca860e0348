package chaos

import (
	"context"
	"time"
)

// One answer of so many is lost in case 5c. Those of Redis are many and short.
const (
	redisLoses    = 60
	postgresLoses = 150
	leastLost     = 50 // of each, or the case shows nothing
)

// caseLostAnswers loses answers to requests that have been carried out, and cuts the connection, while the archive runs.
func caseLostAnswers(ctx context.Context, b *bench, r *Report) (func(context.Context) error, error) {
	w, err := b.newWorld(ctx, r, setup{proxied: true, direct: true, chats: 4, everyTick: archiveSpeed})
	if err != nil {
		return nil, err
	}
	if err := w.startFleet(ctx); err != nil {
		return w.close, err
	}
	w.toRedis.LoseAnswers(redisLoses)
	w.toPG.LoseAnswers(postgresLoses)
	if err := w.sim.setClock(ctx, time.Time{}, archiveSpeed/2); err != nil {
		return w.close, err
	}
	keys, err := w.ringMany(ctx, kindKept, "lossy", 200, 300)
	if err != nil {
		return w.close, err
	}
	if err := wait(ctx, 30*time.Second); err != nil { // of news that flows
		return w.close, err
	}
	if err := w.finishArchive(ctx); err != nil {
		return w.close, err
	}
	if err := w.verify(ctx, quietLimit); err != nil {
		return w.close, err
	}
	lost, lostPG := w.toRedis.Lost(), w.toPG.Lost()
	w.toRedis.LoseAnswers(0)
	w.toPG.LoseAnswers(0)
	r.did("one of %d answers of Redis and one of %d of Postgres lost with the connection, the request carried out, through the whole archive", redisLoses, postgresLoses)
	r.check("many answers were lost", lost >= leastLost && lostPG >= leastLost, "%d of Redis, %d of Postgres", lost, lostPG)
	return w.settle(func(ctx context.Context) error { return w.checkEffects(ctx, keys) }), nil
}
