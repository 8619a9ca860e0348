package bench

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"tickerwire/internal/notice"
	"tickerwire/internal/simulator"
)

const (
	botChats   = 10 // a chat takes one message a second
	botWorkers = 2
	botSamples = 40
	botEvery   = 120 * time.Millisecond // between two questions, of each chat then more than a second
	botLimit   = 20 * time.Second       // for one answer
)

// botAnswers measures how long a reader waits for the bot on otherwise idle workers, from when Telegram has what he writes
// until it has the answer; and how long at most when the worker that listens has just been killed. One of the two listens:
// each is killed once.
func botAnswers(ctx context.Context, env *Env) (_ []Figure, err error) {
	s, _, err := env.scripted(ctx, botChats)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.close(ctx)) }()
	for _, chat := range chatIDs(botChats) {
		if _, err := s.db.SaveRecipient(ctx, notice.Recipient{ChatID: chat, Language: "ko", Active: true, Rule: notice.DefaultRule()}); err != nil {
			return nil, err
		}
	}
	if err := s.start(ctx, "scheduler", "worker", "worker"); err != nil {
		return nil, err
	}
	talk := botTalk{stage: s}
	if _, err := talk.ask(ctx); err != nil { // somebody listens
		return nil, err
	}
	var idle []float64
	for range botSamples {
		took, err := talk.ask(ctx)
		if err != nil {
			return nil, err
		}
		idle = append(idle, milliseconds(took))
	}
	slowest := time.Duration(0)
	for range botWorkers {
		took, err := talk.afterKill(ctx)
		if err != nil {
			return nil, err
		}
		slowest = max(slowest, took)
	}
	return []Figure{
		{Name: "bot.answer.p50", Value: percentile(idle, 50), Unit: "ms"},
		{Name: "bot.answer.p99", Value: percentile(idle, 99), Unit: "ms", Goal: atMost(1000)},
		{Name: "bot.takeover", Value: slowest.Seconds(), Unit: "s from kill -9 to the next answer", Goal: atMost(5)},
	}, nil
}

// botTalk has readers ask one question after the other.
type botTalk struct {
	*stage
	asked int
}

// ask writes /list in the next chat, and returns how long its answer took.
func (t *botTalk) ask(ctx context.Context) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, botLimit)
	defer cancel()
	if err := pause(ctx, botEvery, botEvery); err != nil {
		return 0, err
	}
	chat := chatIDs(botChats)[t.asked%botChats]
	t.asked++
	before, began := len(t.sim.Messages()), time.Now()
	if err := t.control(ctx, http.MethodPost, "telegram/updates", fmt.Sprintf(`{"chat_id":%d,"text":"/list"}`, chat)); err != nil {
		return 0, err
	}
	for {
		messages := t.sim.Messages()[before:]
		if i := slices.IndexFunc(messages, func(m simulator.Message) bool { return m.ChatID == chat }); i >= 0 {
			return messages[i].At.Sub(began), nil
		}
		if err := pause(ctx, messageEvery, messageEvery); err != nil {
			return 0, fmt.Errorf("question %d is not answered: %w", t.asked, err)
		}
	}
}

// afterKill kills the worker that has run longest, asks at once, and starts another.
func (t *botTalk) afterKill(ctx context.Context) (time.Duration, error) {
	i := slices.IndexFunc(t.running, func(p *process) bool { return p.name == "worker" })
	killed := t.running[i]
	if err := killed.cmd.Process.Kill(); err != nil {
		return 0, fmt.Errorf("kill: %w", err)
	}
	<-killed.done
	t.running = slices.Delete(t.running, i, i+1)
	took, err := t.ask(ctx)
	return took, errors.Join(err, t.start(ctx, "worker"))
}
