package store

import "tickerwire/internal/notice"

// place is where words of an article are kept, or work that would spread them. The statements take the articles' ids.
type place struct{ name, remove, left string }

// places is the one table of them. The rows that others refer to are emptied, the others deleted.
func places() []place {
	return []place{
		{"article texts", `
			update articles set title = '', summary = '', report_type = '', words = '', taken_down_at = now(), embedded_at = coalesce(embedded_at, now())
			where id = any(?) and taken_down_at is null`,
			`select count(*) from articles where id = any(?) and (taken_down_at is null or title || summary || report_type <> '' or words <> '')`},
		{"matches", `delete from matches where article_id = any(?)`,
			`select count(*) from matches where article_id = any(?)`},
		{"vectors", `delete from vectors where article_id = any(?)`,
			`select count(*) from vectors where article_id = any(?)`},
		{"prompts and replies", eraseTexts,
			`select count(*) from model_texts where quoted && ? and erased_at is null`},
		// First, while the texts still tell which they are. Whoever is rung for them next words them anew, without the article.
		{"messages to be worded anew", `
			with gone as (delete from notices n where n.state in ('due', 'failed') and n.id in (` + naming + `)
					and not exists (select from alerts a where a.id = n.alert_id and a.article_id = any(?0))
					and not exists (select from notices o where n.alert_id is null and o.alert_id is null and o.recipient_id = n.recipient_id
						and o.day = n.day and o.state not in ('due', 'failed'))
				returning n.alert_id),
			again as (update alerts set told_at = null where id in (select alert_id from gone))
			select alert_id from gone`,
			`select count(*) from notices n where n.state in ('due', 'failed') and n.id in (` + naming + `)`},
		{"message texts", `
			update notices n set text = '', shown = n.version, state = case when n.state in ('due', 'failed') then 'suppressed' else n.state end,
				reason = case when n.state in ('due', 'failed') then '` + notice.ReasonTakenDown + `' else n.reason end
			where n.text <> '' and n.id in (` + naming + `)`,
			`select count(*) from notices n where n.text <> '' and n.id in (` + naming + `)`},
		{"alerts held for digests", `
			update notices n set state = 'suppressed', reason = '` + notice.ReasonTakenDown + `'
			from alerts a where a.id = n.alert_id and a.article_id = any(?) and n.state = 'held' and n.digest_id is null`,
			`select count(*) from notices n join alerts a on a.id = n.alert_id where a.article_id = any(?) and n.state = 'held' and n.digest_id is null`},
		{"alerts not yet told", `
			update alerts set send = false, reason = 'taken down' where article_id = any(?) and send and told_at is null`,
			`select count(*) from alerts where article_id = any(?) and send and told_at is null`},
		{"filings not yet judged", `update stories set filing_due = false where first_article_id = any(?) and filing_due`,
			`select count(*) from stories where first_article_id = any(?) and filing_due`},
		{"model calls not yet made", `
			update model_calls c set state = 'skipped', note = 'taken down', done_at = now()
			from stories s where s.id = c.story_id and s.first_article_id = any(?) and c.state = 'due'`,
			`select count(*) from model_calls c join stories s on s.id = c.story_id where s.first_article_id = any(?) and c.state = 'due'`},
	}
}

// naming selects the notices whose texts may name one of some articles: those of alerts of them, the digests that carry
// such, in all their parts, and those of signals that show them as similar past news or in a language model's words.
const naming = `
	select n.id from notices n join alerts a on a.id = n.alert_id where a.article_id = any(?0)
	union all
	select p.id from alerts a join notices h on h.alert_id = a.id join notices d on d.id = h.digest_id
		join notices p on p.alert_id is null and p.recipient_id = d.recipient_id and p.day = d.day
	where a.article_id = any(?0)
	union all
	select n.id from notices n join predictions p on p.id = n.prediction_id
	where n.text <> '' and (exists (
			select from jsonb_array_elements(nullif(p.evidence -> 'neighbours', 'null')) e where (e ->> 'article_id')::bigint = any(?0))
		or exists (select from model_requests r join model_texts t on t.request_id = r.id where r.call_id = p.call_id and t.quoted && ?0))`
