package tasks

import (
	"context"
	"fmt"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/internal/notice"
	"tickerwire/store"
)

// Messenger is where readers write to the bot.
type Messenger interface {
	// Updates returns what was done since the update after, and waits for something at most so long. The update after and
	// all before it are never returned again.
	Updates(ctx context.Context, after int64, wait time.Duration) ([]notice.Update, error)
	IsAdmin(ctx context.Context, chatID, userID int64) (bool, error)
	// Name returns the bot's own, without the @.
	Name(ctx context.Context) (string, error)
	// Acknowledge ends the waiting of whoever pressed a button.
	Acknowledge(ctx context.Context, pressID, text string) error
	// PostTo has updates posted to an address, one after the other, with a secret; without an address they are kept for Updates.
	PostTo(ctx context.Context, address, secret string) error
	// Read returns an update as it was posted.
	Read(body []byte) (notice.Update, error)
}

// Webhook is where updates are posted to the API, which keeps them; the zero Webhook is none.
type Webhook struct{ URL, Secret string }

// The modes of COMPLIANCE_MODE.
const (
	ModeFree    = "free"    // everybody is answered
	ModeOneWay  = "one-way" // the bot tells, and answers /start, /stop and /delete only
	ModePrivate = "private" // linked chats alone are answered, and who brings a code
)

// Bot answers readers: in one process of the fleet at a time.
type Bot struct {
	*Worker
	Messenger Messenger
	Mode      string
	Webhook   Webhook

	name    string // the bot's own
	failing int64  // the update that fails by itself, and how often it has
	failed  int
}

const (
	listenRetry = time.Second      // between two tries to become the one who listens
	pollWait    = 10 * time.Second // of one poll
	pollAgain   = time.Second      // after a poll that failed
	inboxEvery  = 200 * time.Millisecond
	inboxBatch  = 100
)

// Run listens to readers when no other process does, until ctx ends. Where a listener dies the next one goes on with the
// first update whose effect was not done.
func (b *Bot) Run(ctx context.Context) error {
	return b.DB.Listen(ctx, listenRetry, b.listen)
}

func (b *Bot) listen(ctx context.Context) error {
	b.Log.InfoContext(ctx, "listening to the bot's readers", "worker_id", b.Process.ID())
	answers := newReplies(b)
	defer answers.wait()
	placed := false // the messenger knows where its updates go: it may have learnt something else from who listened before
	for ctx.Err() == nil {
		var err error
		if !placed {
			err = b.Messenger.PostTo(ctx, b.Webhook.URL, b.Webhook.Secret)
			placed = err == nil
		}
		if placed {
			err = b.poll(ctx, answers)
		}
		if err != nil && ctx.Err() == nil {
			placed = false // somebody may have set it otherwise
			b.Log.WarnContext(ctx, "the bot's readers cannot be heard", "error", err)
			select {
			case <-ctx.Done():
			case <-time.After(max(pollAgain, fault.RetryAfterOf(err))):
			}
		}
	}
	return nil
}

// poll takes updates once. An update whose effect fails is left with all after it, and comes again; one that fails by itself,
// time after time, is passed over.
func (b *Bot) poll(ctx context.Context, answers *replies) error {
	if b.name == "" { // a group's readers name whom they mean
		name, err := b.Messenger.Name(ctx)
		if err != nil {
			return err
		}
		b.name = name
	}
	after, err := b.DB.LastUpdate(ctx)
	if err != nil {
		return err
	}
	updates, err := b.received(ctx)
	if err == nil && len(updates) == 0 && b.Webhook.URL == "" {
		updates, err = b.Messenger.Updates(ctx, after, pollWait)
	}
	if err != nil {
		return err
	}
	for _, u := range updates {
		out, err := b.act(ctx, u)
		if err != nil && b.poison(ctx, u.ID, err) {
			b.Log.ErrorContext(ctx, "an update is passed over", "update_id", u.ID, "error", err)
			_, err = b.DB.OnUpdate(ctx, u.ID, func(context.Context, store.Effects) error { return nil })
		}
		if err != nil {
			return fmt.Errorf("update %d: %w", u.ID, err)
		}
		if out.text != "" {
			answers.put(ctx, u.ChatID, out)
		}
	}
	return nil
}

// updateTries is how often an update may fail by itself.
const updateTries = 5

// poison reports whether an update has failed too often for which nothing outside of it can be blamed: the others wait.
func (b *Bot) poison(ctx context.Context, id int64, err error) bool {
	switch kind := fault.KindOf(err); {
	case ctx.Err() != nil, kind == fault.Unavailable, kind == fault.Limited, kind == fault.Unauthorized:
		return false
	}
	if b.failing != id {
		b.failing, b.failed = id, 0
	}
	b.failed++
	return b.failed >= updateTries
}

// received returns updates that were posted and are not done, also those that are left from when there was a webhook. Where
// there is one it waits for some, as a poll does.
func (b *Bot) received(ctx context.Context) ([]notice.Update, error) {
	for end := time.Now().Add(pollWait); ; {
		posted, err := b.DB.ReceivedUpdates(ctx, inboxBatch)
		if err != nil {
			return nil, err
		}
		if len(posted) > 0 || b.Webhook.URL == "" || time.Now().After(end) {
			return b.read(ctx, posted), nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(inboxEvery):
		}
	}
}

// read reads what was posted. What cannot be read does nothing, and keeps nobody waiting.
func (b *Bot) read(ctx context.Context, posted []store.Received) []notice.Update {
	updates := make([]notice.Update, len(posted))
	for i, p := range posted {
		u, err := b.Messenger.Read(p.Body)
		if err != nil {
			b.Log.WarnContext(ctx, "an update cannot be read", "update_id", p.ID, "error", err)
			u = notice.Update{}
		}
		u.ID = p.ID
		updates[i] = u
	}
	return updates
}
