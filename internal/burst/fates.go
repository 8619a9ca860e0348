package burst

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"tickerwire/internal/notice"
	"tickerwire/internal/simulator"
	"tickerwire/store"
)

// Fates is what became of alerts, recipient by recipient.
type Fates struct {
	Pairs       int // alerts and recipients of which something is known
	States      map[notice.State]int
	Reasons     map[string]int // of the suppressed ones
	Unexplained int            // suppressed, refused or ambiguous without a reason
}

// Open returns how many pairs are in no final state. One that is held for a digest is in none.
func (f Fates) Open() int {
	open := f.Pairs
	for _, s := range []notice.State{notice.Sent, notice.Suppressed, notice.Refused, notice.Ambiguous} {
		open -= f.States[s]
	}
	return open
}

// Read returns the fates of some alerts; recipients other than nil are asked about alone.
func Read(ctx context.Context, db *store.DB, alerts, recipients []int64) (Fates, error) {
	var rows []struct {
		State  string
		Reason string
		N      int
	}
	err := db.Bun().NewRaw(`
		select state, case state when 'suppressed' then reason when 'sent' then 'sent' else left(reason, 1) end as reason, count(*) as n
		from notices where alert_id = any(?0) and (?1 or recipient_id = any(?2)) group by 1, 2`, array(alerts), recipients == nil, array(recipients)).Scan(ctx, &rows)
	if err != nil {
		return Fates{}, fmt.Errorf("fates: %w", err)
	}
	f := Fates{States: map[notice.State]int{}, Reasons: map[string]int{}}
	for _, r := range rows {
		state := notice.State(r.State)
		f.Pairs += r.N
		f.States[state] += r.N
		switch state {
		case notice.Suppressed:
			f.Reasons[r.Reason] += r.N
			fallthrough
		case notice.Refused, notice.Ambiguous:
			if r.Reason == "" {
				f.Unexplained += r.N
			}
		}
	}
	return f, nil
}

// key is what makes two messages the same to the person who gets them.
type key struct {
	chat int64
	text string
}

// Strays holds messages against the notices of all alerts and digests, or of some recipients alone: a message belongs to a
// notice that was sent, or of which nobody knows yet or any more, and no notice brought more than one. It returns those that
// came twice or belong to none, and those that count as sent and are not there, a line each.
func Strays(ctx context.Context, db *store.DB, recipients []int64, messages []simulator.Message) (twice, missing []string, err error) {
	var rows []struct {
		ChatID int64
		State  string
		Text   string
	}
	err = db.Bun().NewRaw(`
		select r.chat_id, n.state, n.text from notices n join recipients r on r.id = n.recipient_id
		where n.state in ('sent', 'ambiguous', 'claimed') and r.chat_id is not null and (?0 or r.id = any(?1))`, recipients == nil, array(recipients)).Scan(ctx, &rows)
	if err != nil {
		return nil, nil, fmt.Errorf("notices: %w", err)
	}
	sent, maybe, got := make(map[key]int), make(map[key]int), make(map[key]int)
	for _, r := range rows {
		if r.State == string(notice.Sent) {
			sent[key{r.ChatID, r.Text}]++
		} else {
			maybe[key{r.ChatID, r.Text}]++
		}
	}
	for _, m := range messages {
		got[key{m.ChatID, m.Text}]++
	}
	for k, n := range got {
		if most := sent[k] + maybe[k]; n > most {
			twice = append(twice, fmt.Sprintf("chat %d got %d messages of %d notices: %.60q", k.chat, n, most, k.text))
		}
	}
	for k, n := range sent {
		if got[k] < n {
			missing = append(missing, fmt.Sprintf("chat %d got %d messages of %d that count as sent: %.60q", k.chat, got[k], n, k.text))
		}
	}
	slices.Sort(twice)
	slices.Sort(missing)
	return twice, missing, nil
}

// InHand counts the messages that a process had claimed, by its id or, in the form %/PID/%, by a pattern of it.
func InHand(ctx context.Context, db *store.DB, pid int) (n int, err error) {
	err = db.Bun().NewRaw(`select count(*) from notices where state = 'claimed' and claimed_by like '%/' || ? || '/%'`, pid).Scan(ctx, &n)
	if err != nil {
		return 0, fmt.Errorf("in hand of process %d: %w", pid, err)
	}
	return n, nil
}

// array writes ids as Postgres reads a list of them.
func array(ids []int64) string {
	return "{" + strings.Trim(strings.Join(strings.Fields(fmt.Sprint(ids)), ","), "[]") + "}"
}
