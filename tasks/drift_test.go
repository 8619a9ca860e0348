package tasks_test

import (
	"testing"

	"tickerwire/internal/forecast/score"
	"tickerwire/tasks"
)

func TestDriftOfWhatComesIn(t *testing.T) {
	t.Parallel()
	r := openRecorded(t, 60)
	r.now = storyDay.At(9, 0) // five days of 20 articles lie within the last five days
	flags := func() map[string]score.Flag {
		r.must(r.worker.Do(t.Context(), tasks.WatchDrift{}))
		list, err := r.db.Drift(t.Context())
		r.must(err)
		byName := map[string]score.Flag{}
		for _, f := range list {
			byName[f.Name] = f
		}
		return byName
	}
	if got := flags(); len(got) != 0 {
		t.Fatalf("steady days: %+v", got)
	}
	// Since five days: another press, longer titles, companies named in half of them, hardly anything comparable, late news, void
	// outcomes, a second embedder, and no bar of the last day.
	r.exec(`update articles set press = '누리일보', title = repeat(title, 3), published_at = first_seen_at - interval '3 hours' where available_at > ?::timestamptz - interval '5 days'`, r.now)
	r.exec(`insert into matches (article_id, code, field, start_rune, end_rune, text) select id, '900000', 'title', 0, 2, '누리' from articles where available_at > ?::timestamptz - interval '5 days' and id % 2 = 0`, r.now)
	r.exec(`update predictions set note = 'no comparable past news', evidence = evidence || '{"embedder": "f"}' where as_of > ?::timestamptz - interval '5 days' and story_id % 10 > 0`, r.now)
	r.exec(`update outcomes set void = 'halted' where id % 5 = 0`)
	r.exec(`insert into stocks (code, name) values ('900000', '누리0호')`)
	got := flags()
	for _, name := range []string{score.FlagPress, score.FlagLength, score.FlagTags, score.FlagComparable, score.FlagLag, score.FlagVoid, score.FlagEmbedder, score.FlagPrices} {
		if f, up := got[name]; !up || f.Value <= f.Limit {
			t.Errorf("%s is not flagged: %+v", name, f)
		}
	}
	r.exec(`update articles set press = '한빛신문'`)
	if _, up := flags()[score.FlagPress]; up {
		t.Error("what is well again stays flagged")
	}
}
