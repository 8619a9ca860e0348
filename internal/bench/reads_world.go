package bench

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"time"

	"tickerwire/internal/market"
	"tickerwire/internal/news"
	"tickerwire/store"
)

const (
	perDay      = 1600 // articles that such an installation reads, on average: a longer past is more days, not fuller ones
	readStocks  = 300  // tracked
	readListed  = 2700 // known by name
	readTexts   = 20_000
	readWords   = 1500 // of two syllables, the frequent ones far more frequent
	readSources = 8
	evidenceOf  = 24 // past articles that a prediction rests on
)

// readWorld is a past as the program would have it after so many articles: seven of ten articles open a story, more than half
// of the stories name a tracked stock, each of these has predictions of two models over three horizons, and outcomes where the
// close is known. Words, companies and figures are invented, the same in every run.
type readWorld struct {
	articles int
	now      time.Time
	words    []string
	random   *rand.Rand
}

func newReadWorld(articles int, now time.Time) *readWorld {
	w := &readWorld{articles: articles, now: now.Truncate(time.Second), random: rand.New(rand.NewPCG(7, uint64(worldSeed)))}
	syllables := []rune("가나다라마바사아자차카타파하고노도로모보소오조초코토포호구누두루무부수우주추쿠투푸후기니디리미비시이지치")
	seen := map[string]bool{}
	for len(w.words) < readWords {
		word := string([]rune{syllables[w.random.IntN(len(syllables))], syllables[w.random.IntN(len(syllables))]})
		if !seen[word] {
			seen[word] = true
			w.words = append(w.words, word)
		}
	}
	return w
}

// word returns one by Zipf's law: the k-th is k times rarer than the first.
func (w *readWorld) word() string {
	return w.words[int(math.Exp(w.random.Float64()*math.Log(readWords)))%readWords]
}

func (w *readWorld) sentence(words int) string {
	parts := make([]string, words)
	for i := range parts {
		parts[i] = w.word() + []string{"", "", "을", "이", "의", "에서", w.word()}[w.random.IntN(7)]
	}
	return strings.Join(parts, " ")
}

func readCode(i int) string { return fmt.Sprintf("%06d", 1000+10*i) }

// start is when the first article came.
func (w *readWorld) start() time.Time {
	return w.now.Add(-time.Duration(w.articles) * (24 * time.Hour / perDay)) // the product of the first two is too much for 64 bits
}

// bring writes the world into a migrated, empty database: the indexes that no constraint needs are made at the end.
func (w *readWorld) bring(ctx context.Context, db *store.DB) error {
	tx, err := db.Bun().BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("a past to read: %w", err)
	}
	if err := w.fill(ctx, tx); err != nil {
		return errors.Join(fmt.Errorf("a past to read: %w", err), tx.Rollback())
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("a past to read: %w", err)
	}
	_, err = db.Bun().ExecContext(ctx, `vacuum analyze`) // as the server does by itself in time
	return err
}

func (w *readWorld) fill(ctx context.Context, tx writer) error {
	for _, step := range []func(context.Context, writer) error{w.settings, w.market, w.texts, w.days, w.rows} {
		if err := step(ctx, tx); err != nil {
			return err
		}
	}
	return nil
}

func (w *readWorld) settings(ctx context.Context, tx writer) error {
	return each(ctx, tx,
		`set local session_replication_role = replica`, // no look for each row's article and story: they come together
		`set local maintenance_work_mem = '512MB'`, `set local work_mem = '256MB'`, `set local synchronous_commit = off`, `set local jit = off`)
}

// writer is a transaction.
type writer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// literal writes values as an array of Postgres. None of them has a quote or a backslash.
func literal[T any](values []T) string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = fmt.Sprintf("%q", fmt.Sprint(v))
	}
	return "{" + strings.Join(texts, ",") + "}"
}

func each(ctx context.Context, tx writer, statements ...string) error {
	for _, s := range statements {
		if _, err := tx.ExecContext(ctx, s); err != nil {
			return fmt.Errorf("%.60s: %w", strings.TrimSpace(s), err)
		}
	}
	return nil
}

func (w *readWorld) market(ctx context.Context, tx writer) error {
	codes, names := make([]string, readListed), make([]string, readListed)
	for i := range codes {
		codes[i], names[i] = readCode(i), w.words[i%readWords]+w.words[(i*7+3)%readWords]
	}
	_, err := tx.ExecContext(ctx, `insert into listings (code, name, market) select *, 'KOSPI' from unnest(?::text[], ?::text[])`,
		literal(codes), literal(names))
	if err == nil {
		_, err = tx.ExecContext(ctx, `insert into stocks (code, name) select * from unnest(?::text[], ?::text[])`,
			literal(codes[:readStocks]), literal(names[:readStocks]))
	}
	return err
}

// texts makes a table of titles and summaries, with what they are searched by.
func (w *readWorld) texts(ctx context.Context, tx writer) error {
	titles, summaries, vectors := make([]string, readTexts), make([]string, readTexts), make([]string, readTexts)
	for i := range titles {
		titles[i], summaries[i] = w.sentence(5+w.random.IntN(4)), w.sentence(12+w.random.IntN(12))
		vectors[i] = news.SearchVector(titles[i], summaries[i])
	}
	if err := each(ctx, tx, `create temp table texts (n integer primary key, title text, summary text, words tsvector) on commit drop`); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `insert into texts select n - 1, t, s, v::tsvector from unnest(?::text[], ?::text[], ?::text[]) with ordinality as u (t, s, v, n)`,
		literal(titles), literal(summaries), literal(vectors))
	return err
}

// days makes a table of civil days with the trading day whose close an article of the day starts from, counted, and one of
// the trading days.
func (w *readWorld) days(ctx context.Context, tx writer) error {
	calendar := market.NewCalendar()
	var civil, trading []string
	var at []int
	first := market.DayOf(w.start()) - 15
	for day := first; day <= market.DayOf(w.now)+20; day++ {
		open, err := calendar.IsOpen(day)
		if err != nil {
			return err
		}
		if open {
			trading = append(trading, day.String())
		}
		if len(trading) > 0 {
			civil, at = append(civil, day.String()), append(at, len(trading))
		}
	}
	if err := each(ctx, tx, `create temp table trading (n integer primary key, day date, known timestamptz) on commit drop`,
		`create temp table civil (day date primary key, n integer) on commit drop`); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `insert into trading select n, d, (d + time '16:05') at time zone 'Asia/Seoul' from unnest(?::date[]) with ordinality as u (d, n)`,
		literal(trading))
	if err == nil {
		_, err = tx.ExecContext(ctx, `insert into civil select * from unnest(?::date[], ?::integer[])`, literal(civil), literal(at))
	}
	return err
}

// tables are those that get many rows.
var tables = []string{"articles", "sightings", "matches", "stories", "story_codes", "model_calls", "predictions", "outcomes", "bars", "alerts", "notices"}

func (w *readWorld) rows(ctx context.Context, tx writer) error {
	rows, err := tx.QueryContext(ctx, `
		select indexdef from pg_indexes i where schemaname = current_schema() and tablename = any(?::text[])
			and not exists (select from pg_constraint c where c.conindid = format('%I', i.indexname)::regclass)`, literal(tables))
	if err != nil {
		return err
	}
	defer rows.Close()
	var again []string
	for rows.Next() {
		var definition string
		if err := rows.Scan(&definition); err != nil {
			return err
		}
		again = append(again, definition)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	var names []string
	for _, definition := range again {
		_, rest, _ := strings.Cut(definition, " INDEX ")
		name, _, _ := strings.Cut(rest, " ON ")
		names = append(names, name)
	}
	if err := each(ctx, tx, "drop index "+strings.Join(names, ", ")); err != nil {
		return err
	}
	if err := each(ctx, tx, w.inserts()...); err != nil {
		return err
	}
	return each(ctx, tx, again...)
}

// inserts are the statements that make the rows out of numbers. Article i, from 0 on, is the first of a story unless its last
// digit is 7 or more: then it joins that of article i-7.
func (w *readWorld) inserts() []string {
	end, span := w.now.Add(-time.Second).UTC().Format(time.RFC3339), (24 * time.Hour / perDay).Seconds()
	at := fmt.Sprintf("(timestamptz '%s' - make_interval(secs => (%d - i) * %g))", end, w.articles-1, span)
	stock := func(n string) string {
		return fmt.Sprintf("lpad((1000 + 10 * (%s))::text, 6, '0')", n)
	}
	first := fmt.Sprintf("floor(%d * power((s * 7919 %% 10007) / 10007.0, 2.5))::int", readStocks) // few stocks have most of the news
	return []string{
		fmt.Sprintf(`create temp table told on commit drop as
			select *, case when s %% 20 < 3 then array[least(a, b), greatest(a, b)] when s %% 20 < 11 then array[a] else '{}' end as codes
			from (select i, s, at, %[3]s as a, %[4]s as b
				from (select i, s, at, %[2]s as n from (select i, i / 10 * 7 + i %% 10 + 1 as s, %[1]s as at from generate_series(0::bigint, %[5]d) i where i %% 10 < 7) x) y) z`,
			at, first, stock("n"), stock(fmt.Sprintf("(n + 1 + s %% 7) %% %d", readStocks)), w.articles-1),
		`create index on told (s)`,
		fmt.Sprintf(`insert into sources (name, configured, last_attempt_at, last_success_at, last_item_at, items)
			select 'source-' || n, true, now(), now(), now(), %d from generate_series(0, %d) n`, w.articles/readSources, readSources-1),
		fmt.Sprintf(`insert into articles (id, source, external_id, url, press, title, summary, published_at, time_quality, first_seen_at, available_at, kind, story_id, cosine, embedded_at, words)
			overriding system value
			select i + 1, 'source-' || i %% %[2]d, 'x-' || i, 'https://news.example/' || i, 'press-' || i %% 40, t.title, t.summary, at - interval '20 seconds', 'exact', at, at, 'news',
				case when i %% 10 < 7 then i / 10 * 7 + i %% 10 + 1 else i / 10 * 7 + i %% 10 - 6 end, case when i %% 10 < 7 then 1 else .7 end, at, t.words
			from (select i, %[1]s as at from generate_series(0::bigint, %[3]d) i) n join texts t on t.n = i * 7919 %% %[4]d order by i`, at, readSources, w.articles-1, readTexts),
		`insert into sightings select source, external_id, id, first_seen_at from articles`,
		`insert into stories (id, first_article_id, codes, available_at, echo_of, articles) overriding system value
			select s, i + 1, codes, at, case when s % 40 = 39 then s - 7 end, case when i % 10 < 3 then 2 else 1 end from told order by s`,
		`insert into matches select a.id, c, 'title', 0, 4, left(a.title, 4) from articles a join told t on t.s = a.story_id, unnest(t.codes) c`,
		`create temp table pairs on commit drop as
			select t.s, t.i, c as code, t.at, v.n as n, d.day as base_day from told t, unnest(t.codes) c, civil v, trading d
			where v.day = (t.at at time zone 'Asia/Seoul')::date and d.n = v.n`,
		`insert into story_codes (story_id, code, available_at, base_day, resolved)
			select s, code, at, base_day, (select count(*) from trading d where d.n in (p.n + 1, p.n + 3, p.n + 5) and d.known <= now()) from pairs p order by s`,
		`insert into story_days (code, base_day, stories, newest) select code, base_day, count(*), max(story_id) from story_codes group by code, base_day`, // no trigger does
		`insert into model_calls (id, story_id, model_id, state, sealed, latency_ms, created_at, done_at, decided_at) overriding system value
			select 2 * s + m.id % 2, s, m.id, 'done', true, 3, at, at, at from told, models m where codes <> '{}' and m.name in ('analogue', 'baseline') order by s`,
		w.evidence(),
		`insert into predictions (call_id, story_id, code, model_id, horizon, generation, as_of, made_at, probability, base_rate, expected_pct, low_pct, high_pct, late, origin, evidence)
			select 2 * s + m.id % 2, s, code, m.id, h, 1, at, at + interval '2 seconds', case m.name when 'baseline' then base else base + (s * 37 % 101 - 50) / 500.0 end, base,
				(s * 31 % 89 - 44) / 100.0, -2.5 - s % 7 / 10.0, 2.5 + s % 9 / 10.0, s % 50 = 0, 'live', case m.name when 'baseline' then e.short else e.long end
			from (select *, .45 + s % 13 / 200.0 as base from pairs) p cross join (select id, name from models where name in ('analogue', 'baseline')) m cross join unnest(array[1, 3, 5]) h
			join evidence e on e.n = s % 200 order by s, code, m.id, h`,
		`insert into outcomes (story_id, code, horizon, base_day, target_day, return_pct, excess_pct, sigma_pct, flat, known_at)
			select s, code, h, base_day, d.day, x + .1, x, 2.1, abs(x) < .2, d.known from pairs p cross join unnest(array[1, 3, 5]) h join trading d on d.n = p.n + h and d.known <= now(),
			lateral (select (s * (7 + h) % 1000 - 500) / 100.0) r (x) order by s`,
		fmt.Sprintf(`insert into bars (code, day, open, high, low, close, volume, source, known_at)
			select %s, day, price, price + 300, price - 300, price + 100, 100000 + n, v.source, case v.source when 'kis' then d.known else d.known + interval '15 hours 55 minutes' end
			from trading d, generate_series(0, %d) k, (values ('kis'), ('krx')) v (source), lateral (select 20000 + (k * 131 + n * 17) %% 5000) x (price) where d.known <= now()`, stock("k"), readStocks-1),
		`insert into recipients (chat_id, watch_all) select 1000 + n, true from generate_series(1, 50) n`,
		`insert into alerts (kind, story_id, article_id, code, prediction_id, send, reason, decided_at, created_at, told_at)
			select 'signal', p.story_id, s.first_article_id, p.code, p.id, p.story_id % 200 < 2, 'signal', p.made_at, p.made_at, p.made_at
			from predictions p join models m on m.id = p.model_id and m.name = 'analogue' join stories s on s.id = p.story_id where p.horizon = 1 and p.story_id % 20 < 2 on conflict do nothing`,
		`insert into notices (alert_id, recipient_id, state, day, sent_at) select a.id, r.id, 'sent', a.decided_at::date, a.decided_at from alerts a, recipients r where a.send`,
		`insert into scorecards (model_id, horizon, origin, revision, judged_at, report) select id, h, 'live', '0', now(), '{}' from models, unnest(array[1, 3, 5]) h`,
	}
}

// evidence makes a table of what predictions rest on.
func (w *readWorld) evidence() string {
	return fmt.Sprintf(`create temp table evidence on commit drop as
		select n, jsonb_build_object('query', n, 'embedder', '%[1]s', 'effective', 9.25 + n / 100.0, 'panel_days', 250, 'neighbours', (
				select jsonb_agg(jsonb_build_object('article_id', 10 * k + n + 1, 'story_id', 7 * k + n + 1, 'code', lpad((1000 + 10 * k)::text, 6, '0'), 'cosine', .3 + (k * 7 + n) %% 50 / 100.0,
					'weight', .05 + (k * 13 + n) %% 90 / 1000.0, 'target_day', '2026-01-05', 'excess_pct', (k * 31 + n) %% 700 / 100.0 - 3.5, 'known_at', '2026-01-05T07:05:00Z'))
				from generate_series(0, %[2]d) k)) as long,
			jsonb_build_object('query', n, 'embedder', '', 'effective', 0, 'panel_days', 250) as short
		from generate_series(0, 199) n`, news.EmbedderVersion, evidenceOf-1)
}
