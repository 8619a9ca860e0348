package news_test

import (
	"testing"
	"time"

	"tickerwire/internal/market"
	"tickerwire/internal/news"
)

func kst(text string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04", text, market.KST)
	if err != nil {
		panic(err)
	}
	return t
}

// weeks are silences at an instant's hour on the same weekday of the n weeks before.
func weeks(text string, n int, longest time.Duration) []news.Quiet {
	var past []news.Quiet
	for i := 1; i <= n; i++ {
		past = append(past, news.Quiet{Hour: kst(text).Truncate(time.Hour).AddDate(0, 0, -7*i), Longest: longest})
	}
	return past
}

func TestJudgeYield(t *testing.T) {
	t.Parallel()
	const wednesday, holiday = "2026-03-04 10:30", "2026-10-09 10:30" // the second one is a Friday
	calendar := market.NewCalendar()
	day := func(text string, longest time.Duration) news.Quiet {
		return news.Quiet{Hour: kst(text), Longest: longest}
	}
	for _, c := range []struct {
		name    string
		at      string
		silence time.Duration
		past    []news.Quiet
		want    news.Yield
	}{
		{"as ever", wednesday, 20 * time.Minute, weeks(wednesday, 6, 20*time.Minute), news.YieldNormal},
		{"longer than ever", wednesday, 21 * time.Minute, weeks(wednesday, 6, 20*time.Minute), news.YieldDry},
		{"nothing is known", wednesday, time.Hour, nil, news.YieldLearning},
		{"too little is known: one of them was a holiday", wednesday, time.Hour, weeks(wednesday, 4, time.Minute), news.YieldLearning},
		{"just enough", wednesday, time.Hour, weeks(wednesday, 5, time.Minute), news.YieldDry},
		{"what is too long ago does not count", wednesday, time.Hour, weeks(wednesday, 12, time.Minute)[8:], news.YieldLearning},
		{"one long silence of the past explains it", wednesday, time.Hour, append(weeks(wednesday, 5, time.Minute), day("2026-02-04 10:00", 2*time.Hour)), news.YieldNormal},
		{"another hour does not", wednesday, time.Hour, append(weeks(wednesday, 5, time.Minute), day("2026-02-04 04:00", 9*time.Hour)), news.YieldDry},
		{"another weekday does not", wednesday, time.Hour, append(weeks(wednesday, 5, time.Minute), day("2026-03-01 10:00", 9*time.Hour)), news.YieldDry},
		{"today's own hour does not", wednesday, time.Hour, append(weeks(wednesday, 5, time.Minute), day("2026-03-04 10:00", 9*time.Hour)), news.YieldDry},
		{"a holiday on that weekday does not", "2026-03-11 10:30", time.Hour, append(weeks("2026-03-11 10:30", 6, time.Minute), day("2026-02-18 10:00", 9*time.Hour)), news.YieldDry},
		{"a Sunday is compared with Sundays", "2026-03-08 10:30", 9 * time.Hour, append(weeks("2026-03-08 10:30", 5, 10*time.Hour), weeks("2026-03-07 10:30", 5, time.Hour)...), news.YieldNormal},
		{"a holiday with closed days, not with its weekday", holiday, 9 * time.Hour,
			append(append(weeks(holiday, 6, time.Minute), weeks("2026-10-04 10:30", 3, 10*time.Hour)...), weeks("2026-10-03 10:30", 3, 5*time.Hour)...), news.YieldNormal},
		{"a holiday of which nothing like it is known", holiday, 9 * time.Hour, weeks(holiday, 6, time.Minute), news.YieldLearning},
		{"even a holiday can be too silent", holiday, 11 * time.Hour, weeks("2026-10-04 10:30", 5, 10*time.Hour), news.YieldDry},
		{"beyond the calendar", "2031-03-05 10:30", 11 * time.Hour, weeks("2031-03-05 10:30", 5, time.Minute), news.YieldLearning},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := news.JudgeYield(kst(c.at), c.silence, c.past, calendar); got != c.want {
				t.Errorf("a silence of %s at %s: %s, want %s", c.silence, c.at, got, c.want)
			}
		})
	}
}

func TestQuietSince(t *testing.T) {
	t.Parallel()
	for now, want := range map[string]string{
		"2026-03-13 10:30": "2026-03-03 00:00", // a Friday; the last holiday was Monday the 2nd
		"2026-10-09 10:30": "2026-10-09 00:00", // on a holiday
		"2026-10-11 10:30": "2026-10-10 00:00", // the weekend behind it
		"2026-10-12 08:00": "2026-10-10 00:00", // and the Monday
		"2026-02-19 07:00": "2026-02-19 00:00", // after three days in a row
		"2026-06-30 10:30": "",                 // no holiday for two weeks
		"2031-01-01 10:30": "",
	} {
		got := news.QuietSince(kst(now), market.NewCalendar())
		if want == "" && !got.IsZero() || want != "" && !got.Equal(kst(want)) {
			t.Errorf("%s: %s, want %q", now, got, want)
		}
	}
}
