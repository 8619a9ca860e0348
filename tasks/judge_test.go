package tasks_test

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tickerwire/internal/fault"
	"tickerwire/internal/forecast"
	"tickerwire/internal/forecast/contest"
	"tickerwire/internal/forecast/score"
	"tickerwire/internal/market"
	"tickerwire/store"
	"tickerwire/store/storetest"
	"tickerwire/tasks"
)

// The models that every schema has.
const (
	analogue = int64(1)
	baseline = int64(2)
)

// remember writes so many base days before storyDay, of 20 stocks with a story each: the analogue model said .05 up or down
// from the base rate and was right in about 62 %, the baseline said the base rate. Outcomes are known at 16:05 of the
// day that is their horizon's calendar days later, so that the last ones are not known at noon.
func remember(t testing.TB, db *store.DB, days int, origin forecast.Origin) {
	t.Helper()
	for _, q := range []string{
		`insert into articles (source, external_id, press, title, published_at, time_quality, first_seen_at, available_at, kind, embedded_at, origin)
			select ?1, n::text, '한빛신문', '누리' || n % 20 || '호, 새 공장', at, 'exact', at, at, 'news', now(), ?1
			from generate_series(0, 20 * ?0 - 1) n, lateral (select (?2::date - ?0 + n / 20)::timestamp at time zone 'Asia/Seoul' + interval '10 hours' as at) t`,
		`insert into stories (first_article_id, codes, available_at, origin)
			select id, array['9' || lpad((external_id::int % 20)::text, 5, '0')], available_at, origin from articles where source = ?1 order by id`,
		`update articles a set story_id = s.id, cosine = 1 from stories s where s.first_article_id = a.id and a.source = ?1`,
		`insert into story_codes (story_id, code, available_at, base_day, resolved)
			select id, codes[1], available_at, (available_at at time zone 'Asia/Seoul')::date, 3 from stories where origin = ?1`,
		`insert into outcomes (story_id, code, horizon, base_day, target_day, return_pct, excess_pct, sigma_pct, flat, known_at)
			select c.story_id, c.code, h, c.base_day, c.base_day + h, 0, case when abs(hashtext('up' || c.story_id)) % 1000 < 430 then 1.5 else -1.5 end,
				2, false, (c.base_day + h)::timestamp at time zone 'Asia/Seoul' + interval '16 hours 5 minutes'
			from story_codes c join stories s on s.id = c.story_id and s.origin = ?1, unnest(array[1, 3, 5]) h`,
		`insert into model_calls (story_id, model_id, state, origin, decided_at) select s.id, m.id, 'done', ?1, now() from stories s, models m where s.origin = ?1`,
		`insert into predictions (call_id, story_id, code, model_id, horizon, generation, as_of, made_at, probability, base_rate, expected_pct,
				low_pct, high_pct, late, origin, evidence)
			select c.id, o.story_id, o.code, c.model_id, o.horizon, 1, s.available_at, s.available_at,
				case when c.model_id <> 1 then .43 when (o.excess_pct > 0) = (abs(hashtext('right' || o.story_id)) % 1000 < 620) then .48 else .38 end,
				.43, 0, -1, 1, false, ?1, '{"query": 1, "embedder": "e", "effective": 1, "panel_days": 9}'
			from outcomes o join stories s on s.id = o.story_id and s.origin = ?1 join model_calls c on c.story_id = s.id`,
	} {
		if _, err := db.Bun().ExecContext(t.Context(), q, days, string(origin), storyDay.String()); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
}

// TestNoSkillFromWhatAModelMayHaveRead walks a language model through days of which it may have read the end.
func TestNoSkillFromWhatAModelMayHaveRead(t *testing.T) {
	t.Parallel()
	r := openRecorded(t, 1)
	const days, known = 80, 30
	remember(t, r.db, days, forecast.Backtest)
	last := storyDay - days + known - 1
	r.now = noon.Add(24 * time.Hour)
	judged := func(cutoff any) (score.Report, int) {
		_, err := r.db.Bun().ExecContext(t.Context(), `update models set kind = 'llm', training_cutoff = ?::date where id = 1`, cutoff)
		r.must(err)
		for _, table := range []string{"scorecards", "calibrations"} {
			_, err := r.db.Bun().ExecContext(t.Context(), `delete from `+table)
			r.must(err)
		}
		r.must(r.worker.Do(t.Context(), tasks.UpdatePerformance{}))
		r.must(r.worker.Calibrate(t.Context(), forecast.Backtest, r.now))
		card, err := r.db.Scorecard(t.Context(), store.RecordOf{ModelID: analogue, Horizon: 1, Origin: forecast.Backtest})
		if fault.KindOf(err) != fault.NotFound {
			r.must(err)
		}
		c, err := r.db.Calibrations(t.Context(), analogue, forecast.Backtest, r.now)
		r.must(err)
		return card.Report, c[1].StockDays
	}
	all, fitted := judged("2000-01-01")
	if all.Days != days || fitted != 20*days {
		t.Errorf("a model that has read none of it: %d days, fitted on %d stock-days", all.Days, fitted)
	}
	later, fitted := judged(last.String())
	if later.Days != days-known || later.From != last+1 || fitted != 20*(days-known) {
		t.Errorf("a model that has read %d days: %d days from %s, fitted on %d stock-days", known, later.Days, later.From, fitted)
	}
	if none, fitted := judged(nil); none.Articles != 0 || fitted != 0 {
		t.Errorf("a model that may have read all of it: %d articles, fitted on %d stock-days", none.Articles, fitted)
	}
}

// recorded is a database with such a record, and a worker at noon.
type recorded struct {
	*testing.T
	db     *store.DB
	worker *tasks.Worker
	now    time.Time
}

func openRecorded(t *testing.T, days int) *recorded {
	t.Helper()
	r := &recorded{T: t, db: storetest.New(t), now: noon}
	r.worker = &tasks.Worker{DB: r.db, Calendar: market.NewCalendar(), Predictors: predictors(), Now: func() time.Time { return r.now }, Log: slog.New(&lines{})}
	remember(t, r.db, days, forecast.Live)
	return r
}

func (r *recorded) must(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

func (r *recorded) exec(query string, args ...any) {
	r.Helper()
	_, err := r.db.Bun().ExecContext(r.Context(), query, args...)
	r.must(err)
}

func (r *recorded) calibrations(origin forecast.Origin, knownBy time.Time) map[int]store.CalibrationOf {
	r.Helper()
	list, err := r.db.Calibrations(r.Context(), analogue, origin, knownBy)
	r.must(err)
	return list
}

// plantFuture writes what nobody could know at noon: corrections that turn every outcome over, and outcomes of days to come
// that are said to be known just after noon.
func (r *recorded) plantFuture() {
	r.Helper()
	r.exec(`insert into outcomes (story_id, code, horizon, version, base_day, target_day, return_pct, excess_pct, sigma_pct, flat, known_at)
		select story_id, code, horizon, 2, base_day, target_day, 0, -excess_pct, sigma_pct, flat, ?0 from outcomes where version = 1 and known_at <= ?0`, noon.Add(time.Microsecond))
	r.exec(`update outcomes set excess_pct = -excess_pct where version = 1 and known_at > ?`, noon)
}

func TestCalibrationLooksAtNothingLater(t *testing.T) {
	t.Parallel()
	fit := func(t *testing.T, planted bool) map[int]store.CalibrationOf {
		r := openRecorded(t, 60)
		if planted {
			r.plantFuture()
		}
		r.must(r.worker.Calibrate(t.Context(), forecast.Live, noon))
		got := r.calibrations(forecast.Live, noon)
		if early := r.calibrations(forecast.Live, noon.Add(-time.Microsecond)); len(early) != 0 {
			t.Errorf("before it was made it is known: %+v", early)
		}
		if none, err := r.db.Calibrations(t.Context(), baseline, forecast.Live, noon); err != nil || len(none) != 0 {
			t.Errorf("the baseline has calibrations: %v, %v", none, err)
		}
		return got
	}
	want, got := fit(t, false), fit(t, true)
	if len(want) != 3 || !want[1].Proven() || want[1].Slope < 0.5 || want[1].StockDays != 59*20 || want[5].StockDays != 55*20 {
		t.Fatalf("the record is too poor to tell: %+v", want)
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateApproxTime(0)); diff != "" {
		t.Errorf("the future changed the calibration: %s", diff)
	}
	// The same plants do change what is fitted just after noon.
	r := openRecorded(t, 60)
	r.plantFuture()
	r.must(r.worker.Calibrate(t.Context(), forecast.Live, noon.Add(time.Second)))
	if late := r.calibrations(forecast.Live, noon.Add(time.Second)); late[1].Proven() || late[1].Slope > 0 {
		t.Errorf("the plants are blanks: %+v", late[1])
	}
}

func TestTheEveningsCalibrationIsFittedOnce(t *testing.T) {
	t.Parallel()
	r := openRecorded(t, 60)
	evening := storyDay.At(17, 30)
	for _, now := range []time.Time{noon, storyDay.At(17, 29), evening, evening.Add(time.Hour), (storyDay + 1).At(9, 0)} {
		r.now = now
		r.must(r.worker.Do(t.Context(), tasks.FitCalibrations{}))
	}
	var versions []time.Time
	r.must(r.db.Bun().NewRaw(`select distinct known_at from calibrations order by known_at`).Scan(t.Context(), &versions))
	if want := []time.Time{(storyDay - 1).At(17, 30), evening}; !cmp.Equal(versions, want) {
		t.Errorf("versions of %s, want %s", versions, want)
	}
	if got := r.calibrations(forecast.Live, evening.Add(-time.Second))[1]; !got.KnownAt.Equal(versions[0]) || got.StockDays != 59*20 {
		t.Errorf("in the afternoon the one of the evening before counts: %+v", got)
	}
	if n := len(r.calibrations(forecast.Backtest, evening)); n != 0 {
		t.Errorf("%d calibrations of a walk that never was", n)
	}
}

func TestPredictionsApplyTheNewestCalibrationThatWasKnown(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.panel()
	r.past()
	say := func(n int) forecast.Prediction {
		call := r.calls(r.open(story(n)), 1)[0]
		r.must(r.worker(nil).Do(t.Context(), call))
		return r.made(call)[0]
	}
	before := say(0)
	if before.Raw != 0 || before.CalibrationID != 0 || before.Direction() == 0 {
		t.Fatalf("without a calibration: %+v", before)
	}
	versions := []store.CalibrationOf{
		{ModelID: analogue, Horizon: 1, Origin: forecast.Live, KnownAt: noon.Add(-2 * time.Hour), Calibration: forecast.Calibration{Slope: 0.9, StockDays: 500}},
		{ModelID: analogue, Horizon: 1, Origin: forecast.Live, KnownAt: noon.Add(-time.Hour), Calibration: forecast.Calibration{Slope: 0.5, StockDays: 500}},
		{ModelID: analogue, Horizon: 1, Origin: forecast.Backtest, KnownAt: noon.Add(-time.Minute), Calibration: forecast.Calibration{Slope: -1, StockDays: 500}},
		{ModelID: analogue, Horizon: 1, Origin: forecast.Live, KnownAt: noon.Add(time.Hour), Calibration: forecast.Calibration{Slope: -2, StockDays: 500}},
	}
	r.must(r.db.SaveCalibrations(t.Context(), versions))
	call := r.calls(before.StoryID, 1)[0]
	run := r.order(before.StoryID)
	r.must(r.worker(nil).Do(t.Context(), tasks.WorkRun{RunID: run.ID}))
	call.Generation = 2
	r.must(r.worker(nil).Do(t.Context(), call))
	after := r.made(call)[0]
	want := forecast.Recalibrate(before.Probability, before.BaseRate, versions[1].Calibration)
	if after.Raw != before.Probability || after.Probability != want || r.number(`select id from calibrations where slope = .5`) != int(after.CalibrationID) {
		t.Errorf("said %v, recalibrated from %v by %d; want %v from %v", after.Probability, after.Raw, after.CalibrationID, want, before.Probability)
	}
}

func TestPerformanceIsKeptAndMadeOnce(t *testing.T) {
	t.Parallel()
	r := openRecorded(t, 40)
	remember(t, r.db, 10, forecast.Backtest)
	r.exec(`update predictions set late = true where id in (select id from predictions where model_id = 1 and horizon = 1 and origin = 'live' order by id limit 7)`)
	r.exec(`update outcomes set void = 'halted', excess_pct = 0 where id in (select id from outcomes where horizon = 1 order by id desc offset 500 limit 3)`)
	r.must(r.worker.Do(t.Context(), tasks.UpdatePerformance{}))
	cards := r.cards()
	live, walk := cards[store.RecordOf{ModelID: analogue, Horizon: 1, Origin: forecast.Live}], cards[store.RecordOf{ModelID: analogue, Horizon: 1, Origin: forecast.Backtest}]
	if len(cards) != 12 || live.Report.Late != 7 || live.Report.Void != 3 || live.Report.StockDays != 39*20-10 || live.Report.Days != 39 || live.Report.Verdict == score.Collecting {
		t.Fatalf("%d cards, live %+v", len(cards), live.Report)
	}
	if walk.Report.StockDays != 9*20 || walk.Report.Note != score.NoteFewDays || walk.Report.NeedsDays != 11 {
		t.Errorf("the walk is judged apart: %+v", walk.Report)
	}
	if base := cards[store.RecordOf{ModelID: baseline, Horizon: 1, Origin: forecast.Live}].Report; base.Skill.Value != 0 || base.Verdict != score.NoSkill {
		t.Errorf("the base rate's skill is %+v", base.Skill)
	}
	// Nothing new: nothing is made. A new outcome, and a new day, are.
	r.now = noon.Add(time.Minute)
	r.must(r.worker.Do(t.Context(), tasks.UpdatePerformance{}))
	if diff := cmp.Diff(cards, r.cards()); diff != "" {
		t.Errorf("made again for nothing: %s", diff)
	}
	r.exec(`insert into outcomes (story_id, code, horizon, version, base_day, target_day, return_pct, excess_pct, sigma_pct, flat, known_at)
		select story_id, code, horizon, 2, base_day, target_day, 0, -excess_pct, 2, false, ? from outcomes where horizon = 1 and void = '' order by id offset 200 limit 1`, noon)
	r.must(r.worker.Do(t.Context(), tasks.UpdatePerformance{}))
	if got := r.cards()[live.RecordOf]; !got.JudgedAt.Equal(r.now) || got.Report.Brier == live.Report.Brier {
		t.Errorf("a corrected outcome: judged at %s", got.JudgedAt)
	}
	before := r.number(`select count(*) from daily_performance`)
	r.now = (storyDay + 1).At(12, 0)
	r.must(r.worker.Do(t.Context(), tasks.UpdatePerformance{}))
	if got := r.cards()[live.RecordOf]; got.Report.Days != 40 {
		t.Errorf("a day later %d days", got.Report.Days)
	}
	if after := r.number(`select count(*) from daily_performance`); after <= before || before != 2*(39+37+35)+2*(9+7+5) {
		t.Errorf("%d days, then %d", before, after)
	}
}

func (r *recorded) cards() map[store.RecordOf]store.Scorecard {
	r.Helper()
	list, err := r.db.Scorecards(r.Context())
	r.must(err)
	cards := make(map[store.RecordOf]store.Scorecard, len(list))
	for _, c := range list {
		cards[c.RecordOf] = c
	}
	return cards
}

func (r *recorded) number(query string, args ...any) (n int) {
	r.Helper()
	r.must(r.db.Bun().NewRaw(query, args...).Scan(r.Context(), &n))
	return n
}

func (r *recorded) register(startsOn market.Day) store.ABTest {
	r.Helper()
	test, err := r.db.CreateABTest(r.Context(), store.ABTest{Name: "유사 기사와 기본 확률", ModelA: analogue, ModelB: baseline, Horizon: 1, StartsOn: startsOn, Comparisons: 1, CreatedAt: startsOn.At(0, 0)})
	r.must(err)
	return test
}

func TestAnExperimentGoesOnByCompleteDays(t *testing.T) {
	t.Parallel()
	r := openRecorded(t, 60)
	test := r.register(storyDay - 50)
	// One story of the tenth day waits for its outcome: the day, and all behind it, wait with it.
	waits := storyDay - 41
	r.exec(`update outcomes set known_at = ? where horizon = 1 and id = (select min(id) from outcomes where horizon = 1 and base_day = ?)`, noon.Add(time.Minute), waits.String())
	r.must(r.worker.Do(t.Context(), tasks.UpdatePerformance{}))
	days, err := r.db.ABDays(t.Context(), test.ID)
	r.must(err)
	if len(days) != 9 || days[0].Day != storyDay-50 || days[8].Day != waits-1 || days[0].StockDays != 20 || days[0].Bound <= 0 || days[0].Bound > 0.1 {
		t.Fatalf("%d days: %+v", len(days), days)
	}
	// What was written stays, whatever is corrected later, and doing it again adds nothing.
	r.exec(`update outcomes set excess_pct = -excess_pct where horizon = 1 and base_day < ?`, waits.String())
	r.must(r.worker.Do(t.Context(), tasks.UpdatePerformance{}))
	r.now = noon.Add(time.Minute)
	r.must(r.worker.Do(t.Context(), tasks.UpdatePerformance{}))
	all, err := r.db.ABDays(t.Context(), test.ID)
	r.must(err)
	if len(all) != 49 || !cmp.Equal(all[:9], days) {
		t.Errorf("%d days, the first nine the same: %t", len(all), cmp.Equal(all[:min(9, len(all))], days))
	}
	got, err := r.db.ABTest(t.Context(), test.ID)
	r.must(err)
	trail := contest.Evaluate(all, 1, 1)
	if got.Verdict != trail.Verdict || got.EndedAt.IsZero() == trail.Verdict.Final() || trail.Verdict == contest.Collecting {
		t.Errorf("the verdict is %q, ended at %s; the days say %q", got.Verdict, got.EndedAt, trail.Verdict)
	}
}

func TestAnExperimentEndsWithItsVerdict(t *testing.T) {
	t.Parallel()
	r := openRecorded(t, 60)
	// A model that is always right.
	r.exec(`update predictions p set probability = case when o.excess_pct > 0 then .58 else .28 end from outcomes o
		where p.model_id = 1 and o.story_id = p.story_id and o.code = p.code and o.horizon = p.horizon`)
	test := r.register(storyDay - 60)
	r.must(r.worker.Do(t.Context(), tasks.UpdatePerformance{}))
	got, err := r.db.ABTest(t.Context(), test.ID)
	r.must(err)
	if got.Verdict != contest.ABetter || !got.EndedAt.Equal(noon) || r.number(`select count(*) from ab_days`) != contest.MinDays {
		t.Errorf("%+v, %d days", got, r.number(`select count(*) from ab_days`))
	}
	r.now = (storyDay + 2).At(12, 0)
	r.must(r.worker.Do(t.Context(), tasks.UpdatePerformance{}))
	if n := r.number(`select count(*) from ab_days`); n != contest.MinDays {
		t.Errorf("it goes on after its end: %d days", n)
	}
	if _, err := r.db.StopABTest(t.Context(), test.ID, 0, "enough", r.now); fault.KindOf(err) != fault.Conflict {
		t.Errorf("stopping it when it has ended: %v", err)
	}
}

// TestAMessageTellsTheRecord: the heading says unproven, and the figures that there is no record, until there is one.
func TestAMessageTellsTheRecord(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	remember(t, r.db, 40, forecast.Live)
	r.recipient(1)
	chats := &sender{}
	w := r.worker(func(w *tasks.Worker) { w.Sender = chats })
	text := func() string {
		t.Helper()
		r.must(w.Do(t.Context(), tasks.SendAlert{AlertID: r.signal(r.open(story(r.number(`select count(*) from alerts`))), forecast.Evidence{})}))
		var text string
		r.must(r.db.Bun().NewRaw(`select text from notices order by id desc limit 1`).Scan(t.Context(), &text))
		return text
	}
	if got := text(); !strings.Contains(got, "[미검증]") || !strings.Contains(got, "과거 적중률: 아직 없음") {
		t.Errorf("without a record: %s", got)
	}
	r.must(w.Do(t.Context(), tasks.UpdatePerformance{}))
	card, err := r.db.Scorecard(t.Context(), store.RecordOf{ModelID: analogue, Horizon: 5, Origin: forecast.Live})
	r.must(err)
	r.exec(`update alerts set topic = 'before'`) // else one of the stock would be enough
	if got := text(); strings.Contains(got, "미검증") || !strings.Contains(got, fmt.Sprintf("과거 적중률 %.1f%% · 종목·일 %d건", 100*card.Report.Accuracy.Value, card.Report.Said)) {
		t.Errorf("with one: %s", got)
	}
}
