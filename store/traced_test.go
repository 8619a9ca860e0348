package store

import (
	"strings"
	"testing"
)

func TestStatementsAreShownWithoutTheirValues(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]string{
		"select 1":                               "select ?",
		"select  a.b,\n\t c1 from t2 where x=-3": "select a.b, c1 from t2 where x=-?",
		`select * from users u where email = 'anna''s@example.com' and id = 17`: `select * from users u where email = ? and id = ?`,
		`insert into "a b" ("c1") values ('\x00ff', 1.5e7, NULL, TRUE)`:         `insert into "a b" ("c1") values (?, ?, NULL, TRUE)`,
		`select E'a\'secret' || 'b' || e'\\'`:                                   `select E? || ? || e?`,
		`select 'ends in a backslash\', 'secret'`:                               `select ?, ?`,
		`select $tag$ it's secret $tag$, $$secret$$ from x`:                     `select ?, ? from x`,
		`select 'secret`:                      `select ?`,
		`select $$secret`:                     `select ?`,
		`where code = '삼성전자'`:                 `where code = ?`,
		`where 이름 = 1`:                        `where 이름 = ?`,
		`x = ANY('{"a\"b","it''s"}'::text[])`: `x = ANY(?::text[])`,
		``:                                    ``,
	} {
		if got := withoutValues(query); got != want {
			t.Errorf("%s\n became %s\n    want %s", query, got, want)
		}
	}
	long := withoutValues("insert into t values " + strings.Repeat("('secret', 1), ", 10_000))
	if len(long) > longestTraced+10 || strings.Contains(long, "secret") {
		t.Errorf("%d bytes of a long statement are shown", len(long))
	}
}

func FuzzStatementsAreShownWithoutTheirValues(f *testing.F) {
	f.Add(`it's`, 1)
	f.Add(`\`, 0)
	f.Fuzz(func(t *testing.T, value string, shape int) {
		const mark = "wxyzwxyz"
		text := "'" + strings.ReplaceAll(value+mark, "'", "''") + "'"
		query := []string{"select " + text, "insert into t (a, b) values (1, " + text + ") on conflict do nothing", "update t set a=" + text + ", b=" + text}[uint(shape)%3]
		if got := withoutValues(query); strings.Contains(got, mark) {
			t.Errorf("%q shows %q", query, got)
		}
	})
}
