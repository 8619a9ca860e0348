package chaos

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"tickerwire/internal/news"
	"tickerwire/internal/simulator"
	"tickerwire/store"
)

// Seen is what the outside saw of a run, beside what the database holds.
type Seen struct {
	Messages []simulator.Message // that Telegram accepted
	Served   map[string][]string // ids by source, that were shown to our crawlers
	Queues   []QueueState
	Expected []string // kinds of task that were meant to fail
}

// QueueState is what one queue holds.
type QueueState struct {
	Name                                               string
	Pending, Active, Stale, Scheduled, Retry, Archived int      // Stale are those of Active whose worker is gone
	Such                                               []string // ids of some of those that are pending or worked on
}

// Check asks a database and the outside whether everything that was acknowledged happened exactly once and nothing is
// left open. It is the one checker at the end of every case, and returns one result per property. A run that is still
// under way fails it: wait until it holds.
func Check(ctx context.Context, db *store.DB, seen Seen) ([]Result, error) {
	var results []Result
	for _, r := range rules() {
		result, err := r.ask(ctx, db)
		if err != nil {
			return nil, err
		}
		results = append(results, result)
	}
	for _, check := range []func(context.Context, *store.DB, Seen) (Result, error){checkVectorless, checkMessages, checkServed, checkFailures, checkQueues} {
		result, err := check(ctx, db, seen)
		if err != nil {
			return nil, err
		}
		results = append(results, result)
	}
	return results, nil
}

// rule is a property of the database: bad selects, as "what", whatever breaks it; of counts what it was asked of.
type rule struct{ name, of, bad string }

// noticesFinal is slow: a claim whose sender died stands for minutes before it counts as ambiguous.
const noticesFinal = "every notice is final"

// rules is the table of what must hold at the end. Each speaks of whole tables, also where a unique index forbids the
// breach: the checker must not trust what it checks.
func rules() []rule {
	return []rule{
		{"every article is embedded", `select count(*) from articles`,
			`select 'article ' || id from articles where embedded_at is null`},
		{"one vector per article of a story", `select count(*) from vectors`,
			`select 'article ' || a.id || ' has ' || count(v.id) from articles a left join vectors v on v.article_id = a.id
			 where a.story_id is not null group by a.id having count(v.id) <> 1`},
		{"one vector per article and embedder", `select count(*) from vectors`,
			`select 'article ' || article_id || ' has ' || count(*) from vectors group by article_id, embedder having count(*) > 1`},
		{"each source's article is kept once", `select count(*) from sightings`,
			`select source || ' ' || external_id || ' ' || count(*) || ' times' from articles group by source, external_id having count(*) > 1`},
		{"a story counts its articles", `select count(*) from stories`,
			`select 'story ' || s.id || ' says ' || s.articles || ', has ' || count(a.id) from stories s left join articles a on a.story_id = s.id
			 group by s.id having s.articles <> count(a.id)`},
		{"one prediction per story, stock, model, horizon, generation", `select count(*) from predictions`,
			`select 'story ' || story_id || ' ' || code || ' horizon ' || horizon || ': ' || count(*) from predictions
			 group by story_id, code, model_id, horizon, generation having count(*) > 1`},
		{"a call that is done has three predictions per stock", `select count(*) from model_calls where state = 'done'`,
			`select 'call ' || c.id || ' has ' || count(p.id) from model_calls c join stories s on s.id = c.story_id
			 left join predictions p on p.call_id = c.id where c.state = 'done'
			 group by c.id, s.codes having count(p.id) <> 3 * cardinality(s.codes)`},
		{"every live story of a stock was put to every model", `select count(*) from stories where origin = 'live' and codes <> '{}'`,
			`select 'story ' || s.id || ', ' || m.name from stories s cross join models m
			 where s.origin = 'live' and s.codes <> '{}' and m.role <> 'retired' and not exists (
				select from model_calls c where c.story_id = s.id and c.model_id = m.id and c.generation = 1 and c.state <> 'due')`},
		{"no call is due", `select count(*) from model_calls`,
			`select 'call ' || id from model_calls where state = 'due'`},
		{"of every champion's call it was decided whom to alert", `select count(*) from model_calls where decided_at is not null`,
			`select 'call ' || id from model_calls where state = 'done' and decided_at is null`},
		{"of every filing it was decided whether it is urgent", `select count(*) from stories`,
			`select 'story ' || id from stories where filing_due`},
		{"one decision per story, stock and kind", `select count(*) from alerts`,
			`select 'story ' || story_id || ' ' || code from alerts group by kind, story_id, code having count(*) > 1`},
		{"every alert was told", `select count(*) from alerts where send`,
			`select 'alert ' || id from alerts where send and told_at is null`},
		{"one notice per alert and recipient", `select count(*) from notices`,
			`select 'alert ' || a.id || ' for chat ' || r.chat_id || ': ' || count(n.id) from alerts a cross join recipients r
			 left join notices n on n.alert_id = a.id and n.recipient_id = r.id
			 where a.send and r.active group by a.id, r.id having count(n.id) <> 1`},
		{noticesFinal, `select count(*) from notices`,
			`select 'notice ' || id || ' ' || state from notices where state in ('due', 'claimed', 'failed') or state = 'sent' and shown < version`},
		{"each tick was made once", `select count(*) from ticks`,
			`select schedule || ' ' || tick from ticks group by schedule, tick having count(*) > 1`},
		{"every tick that was made is done", `select count(*) from ticks where done_at is not null`,
			`select schedule || ' ' || tick from ticks where done_at is null`},
		{"no tick is missing where all are made up for", `select count(*) from ticks t join schedules s on s.name = t.schedule where s.misfire = 'all'`,
			`select schedule || ' between ' || before || ' and ' || tick from (
				select t.schedule, t.tick, lag(t.tick) over (partition by t.schedule order by t.tick) as before,
					make_interval(secs => substring(s.cron from '^@every (\d+)s$')::int) as every
				from (select distinct schedule, tick from ticks) t join schedules s on s.name = t.schedule where s.misfire = 'all') x
			 where tick - before <> every`},
		{"no run is open", `select count(*) from runs`,
			`select 'run ' || id || ' ' || state from runs where state in ('queued', 'running')`},
		{"a run's calls ended with it", `select count(*) from model_calls where run_id is not null`,
			`select 'call ' || c.id || ' of run ' || r.id from model_calls c join runs r on r.id = c.run_id
			 where r.finished_at is not null and (c.state = 'due' or c.state = 'done' and c.done_at > r.finished_at + interval '2 seconds')`},
	}
}

// ask runs a rule.
func (r rule) ask(ctx context.Context, db *store.DB) (Result, error) {
	var row struct {
		Of, Bad  int
		Examples string
	}
	err := db.Bun().NewRaw(`with bad (what) as (`+r.bad+`)
		select (`+r.of+`) as of, (select count(*) from bad) as bad,
			coalesce((select string_agg(what, '; ') from (select what from bad limit 3) x), '') as examples`).Scan(ctx, &row)
	if err != nil {
		return Result{}, fmt.Errorf("check %q: %w", r.name, err)
	}
	if row.Bad > 0 {
		return Result{Name: r.name, Found: fmt.Sprintf("%d breaches in %d: %s", row.Bad, row.Of, row.Examples)}, nil
	}
	return Result{Name: r.name, Holds: true, Found: fmt.Sprintf("%d looked at", row.Of)}, nil
}

// checkVectorless embeds again what was embedded without a vector: only what has no usable text may lack one.
func checkVectorless(ctx context.Context, db *store.DB, _ Seen) (Result, error) {
	var rows []struct {
		ID             int64
		Title, Summary string
	}
	err := db.Bun().NewRaw(`
		select a.id, a.title, a.summary from articles a
		where a.embedded_at is not null and not a.mojibake and not exists (select from vectors v where v.article_id = a.id)
		order by a.id`).Scan(ctx, &rows)
	if err != nil {
		return Result{}, fmt.Errorf("check vectors: %w", err)
	}
	var bad []string
	for _, r := range rows {
		if news.Embed(r.Title, r.Summary) != nil {
			bad = append(bad, fmt.Sprintf("article %d", r.ID))
		}
	}
	return found("what was embedded without a vector has no text", len(rows), bad), nil
}

// checkServed compares what was shown to the crawlers with what is kept. Naver's results have no ids of their own: what
// it shows of a replay stands in the wire feed, too, whose ids are compared.
func checkServed(ctx context.Context, db *store.DB, seen Seen) (Result, error) {
	var rows []struct{ Source, ExternalID string }
	if err := db.Bun().NewRaw(`select source, external_id from sightings`).Scan(ctx, &rows); err != nil {
		return Result{}, fmt.Errorf("check sightings: %w", err)
	}
	kept := make(map[string]bool, len(rows))
	for _, r := range rows {
		kept[r.ExternalID] = true
	}
	total := 0
	var bad []string
	for source, ids := range seen.Served {
		total += len(ids)
		for _, id := range ids {
			if !kept[id] {
				bad = append(bad, source+" "+id)
			}
		}
	}
	return found("every article that a source showed is kept", total, bad), nil
}

// checkFailures lists what failed and was not meant to.
func checkFailures(ctx context.Context, db *store.DB, seen Seen) (Result, error) {
	var rows []struct{ Kind, Key, State, Error string }
	if err := db.Bun().NewRaw(`select kind, key, state, error from failures where state <> 'resolved' order by id`).Scan(ctx, &rows); err != nil {
		return Result{}, fmt.Errorf("check failures: %w", err)
	}
	var bad []string
	for _, r := range rows {
		if !slices.Contains(seen.Expected, r.Kind) {
			bad = append(bad, fmt.Sprintf("%s %s %s: %.120s", r.Kind, r.Key, r.State, r.Error))
		}
	}
	return found("no failure is open but the expected ones", len(rows), bad), nil
}

// checkQueues wants every queue empty, but for copies of a dead worker's tasks, which the queue itself gives out again
// and drops after a minute or two.
func checkQueues(_ context.Context, _ *store.DB, seen Seen) (Result, error) {
	var bad []string
	for _, q := range seen.Queues {
		if q.Pending+q.Active-q.Stale+q.Scheduled+q.Retry+q.Archived > 0 {
			bad = append(bad, fmt.Sprintf("%s: %d pending, %d active (%d stale), %d scheduled, %d to retry, %d archived, such as %s",
				q.Name, q.Pending, q.Active, q.Stale, q.Scheduled, q.Retry, q.Archived, strings.Join(q.Such, " ")))
		}
	}
	return found("the queues are empty", len(seen.Queues), bad), nil
}

// found makes a result of a list of breaches.
func found(name string, of int, bad []string) Result {
	if len(bad) == 0 {
		return Result{Name: name, Holds: true, Found: fmt.Sprintf("%d looked at", of)}
	}
	return Result{Name: name, Found: fmt.Sprintf("%d breaches in %d: %s", len(bad), of, strings.Join(bad[:min(3, len(bad))], "; "))}
}
