package chaos

import (
	"context"
	"fmt"

	"tickerwire/store"
)

// messageKey is what makes two messages the same to the person who gets them.
type messageKey struct {
	chat int64
	text string
}

// checkMessages holds every message against the notices: a message belongs to a notice that was sent, or of which nobody
// knows yet or any more, and no notice brought more than one. A notice that counts as sent has its message.
func checkMessages(ctx context.Context, db *store.DB, seen Seen) (Result, error) {
	var rows []struct {
		ChatID int64
		State  string
		Text   string
	}
	err := db.Bun().NewRaw(`
		select r.chat_id, n.state, n.text from notices n join recipients r on r.id = n.recipient_id
		where n.state in ('sent', 'ambiguous', 'claimed')`).Scan(ctx, &rows)
	if err != nil {
		return Result{}, fmt.Errorf("check notices: %w", err)
	}
	sent, maybe, got := make(map[messageKey]int), make(map[messageKey]int), make(map[messageKey]int)
	for _, r := range rows {
		key := messageKey{r.ChatID, r.Text}
		if r.State == "sent" {
			sent[key]++
		} else {
			maybe[key]++
		}
	}
	for _, m := range seen.Messages {
		got[messageKey{m.ChatID, m.Text}]++
	}
	var bad []string
	for key, n := range got {
		if most := sent[key] + maybe[key]; n > most {
			bad = append(bad, fmt.Sprintf("chat %d got %d messages of %d notices: %.60q", key.chat, n, most, key.text))
		}
	}
	for key, n := range sent {
		if got[key] < n {
			bad = append(bad, fmt.Sprintf("chat %d got %d messages of %d that count as sent: %.60q", key.chat, got[key], n, key.text))
		}
	}
	return found("no message came twice, none that counts as sent is missing", len(seen.Messages), bad), nil
}
