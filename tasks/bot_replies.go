package tasks

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"tickerwire/internal/notice"
)

const (
	chatsAtOnce = 64 // chats whose answers are under way at once
	chatReplies = 10 // answers of one chat, the one under way included: whoever asks faster than his chat may be answered gets no more
	saysWithin  = 30 * time.Second
)

// replies sends answers beside the listening, each chat's in their order: a chat that may have one message a second keeps
// nobody else waiting.
type replies struct {
	bot *Bot

	group errgroup.Group
	mu    sync.Mutex
	lanes map[int64][]reply // of each chat that is being answered: what is under way, and what waits
}

func newReplies(b *Bot) *replies {
	r := &replies{bot: b, lanes: map[int64][]reply{}}
	r.group.SetLimit(chatsAtOnce)
	return r
}

// put has a chat answered; with chatsAtOnce under way it waits for one to end. What is not sent when ctx ends is lost.
func (r *replies) put(ctx context.Context, chatID int64, out reply) {
	r.mu.Lock()
	lane, busy := r.lanes[chatID]
	if len(lane) < chatReplies {
		r.lanes[chatID] = append(lane, out)
	}
	r.mu.Unlock()
	switch {
	case len(lane) >= chatReplies:
		r.bot.Log.WarnContext(ctx, "a chat asks too fast, an answer is left out", "chat_id", chatID)
	case !busy:
		r.group.Go(func() error {
			r.drain(ctx, chatID)
			return nil
		})
	}
}

// drain sends what waits in a chat, until nothing does.
func (r *replies) drain(ctx context.Context, chatID int64) {
	for {
		r.mu.Lock()
		out := r.lanes[chatID][0]
		r.mu.Unlock()
		r.say(ctx, chatID, out)
		r.mu.Lock()
		lane := r.lanes[chatID][1:]
		if r.lanes[chatID] = lane; len(lane) == 0 {
			delete(r.lanes, chatID)
		}
		r.mu.Unlock()
		if len(lane) == 0 {
			return
		}
	}
}

func (r *replies) say(ctx context.Context, chatID int64, out reply) {
	ctx, cancel := context.WithTimeout(ctx, saysWithin)
	defer cancel()
	r.bot.say(ctx, chatID, out)
}

// wait returns when nothing is under way any more.
func (r *replies) wait() { _ = r.group.Wait() } // drain has no error

// say sends an answer, a long one in several messages. It is not kept: whoever gets none asks again.
func (b *Bot) say(ctx context.Context, chatID int64, r reply) {
	to := notice.Address{Channel: notice.Telegram, ChatID: chatID}
	parts := notice.Parts(r.text)
	for i, part := range parts {
		m := notice.Message{Text: part}
		if i == len(parts)-1 {
			m.Buttons = r.buttons
		}
		err := turn(ctx, b.Sender, to)
		if err == nil {
			_, err = b.Sender.Send(ctx, to, m)
		}
		if err != nil {
			b.Log.WarnContext(ctx, "an answer was not sent", "error", err)
			return
		}
	}
}
