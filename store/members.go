package store

import (
	"context"

	"github.com/uptrace/bun/dialect/pgdialect"
)

// MemberCalls says how far a pool's members are with a story.
type MemberCalls struct {
	Waiting []string // names of those whose call is due, and not stopped
	Missing []string // names of those that will say nothing: they have no call, or skipped it, or gave up
	Calls   []int64  // the newest calls that are done, one per member otherwise
}

// MemberCalls returns how far members are with a story; kind is that of the queue's tasks that make their calls.
func (db *DB) MemberCalls(ctx context.Context, kind string, storyID int64, members []int64) (MemberCalls, error) {
	var rows []struct {
		Name    string `bun:"name"`
		Waiting bool   `bun:"waiting"`
		Done    int64  `bun:"done"`
	}
	err := db.bun.NewRaw(`
		select m.name, coalesce(bool_or(c.state = 'due' and `+notStopped(callKey)+`), false) as waiting,
			coalesce((array_agg(c.id order by c.generation desc) filter (where c.state = 'done'))[1], 0) as done
		from models m left join model_calls c on c.model_id = m.id and c.story_id = ?1
		where m.id = any(?2) group by m.id order by m.id`, kind, storyID, pgdialect.Array(members)).Scan(ctx, &rows)
	if err != nil {
		return MemberCalls{}, fail(err, "calls of pool members on story %d", storyID)
	}
	var m MemberCalls
	for _, r := range rows {
		switch {
		case r.Waiting:
			m.Waiting = append(m.Waiting, r.Name)
		case r.Done == 0:
			m.Missing = append(m.Missing, r.Name)
		default:
			m.Calls = append(m.Calls, r.Done)
		}
	}
	return m, nil
}
