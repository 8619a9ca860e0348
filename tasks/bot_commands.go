package tasks

import (
	"context"
	"fmt"
	"slices"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
	"tickerwire/internal/notice"
	"tickerwire/store"
)

const (
	effectLimit = 10 * time.Second // for what one update asks for
	muteLasts   = 24 * time.Hour
)

// reply is what an update is answered with.
type reply struct {
	text    string
	buttons [][]notice.Button
}

// Answer does what an update asks for, once, and answers. What is answered is lost when the process dies in between.
func (b *Bot) Answer(ctx context.Context, u notice.Update) error {
	out, err := b.act(ctx, u)
	if err == nil && out.text != "" {
		b.say(ctx, u.ChatID, out)
	}
	return err
}

// act does what an update asks for, once, and returns what is to be answered: nothing for an update that was done before.
func (b *Bot) act(ctx context.Context, u notice.Update) (reply, error) {
	ctx, cancel := context.WithTimeout(ctx, effectLimit)
	defer cancel()
	command, asked := u.Command(b.name)
	asked = asked && u.ChatID != 0 && !(b.Mode == ModeOneWay && !command.OneWay())
	allowed := true
	if asked && u.Group && u.FromID != 0 && command.Changes() {
		var err error
		if allowed, err = b.Messenger.IsAdmin(ctx, u.ChatID, u.FromID); err != nil {
			return reply{}, err
		}
	}
	var out reply
	fresh, err := b.DB.OnUpdate(ctx, u.ID, func(ctx context.Context, e store.Effects) (err error) {
		out = reply{}
		switch {
		case u.MovedTo != 0 || u.ThrownOut:
			return b.changed(ctx, e, u)
		case asked && !allowed:
			out.text = b.words(u, nil).AdminsOnly
		case asked:
			out, err = b.do(ctx, e, u, command)
		}
		return err
	})
	if err != nil || !fresh {
		return reply{}, err
	}
	if u.PressID != "" {
		if err := b.Messenger.Acknowledge(ctx, u.PressID, ""); err != nil {
			b.Log.WarnContext(ctx, "a button was not acknowledged", "error", err)
		}
	}
	return out, nil
}

// changed follows what became of a chat.
func (b *Bot) changed(ctx context.Context, e store.Effects, u notice.Update) error {
	r, err := e.Recipient(ctx, u.ChatID)
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	if u.MovedTo != 0 {
		return e.Move(ctx, r.ID, u.MovedTo)
	}
	r.Active, r.OffReason = false, "the bot was blocked or removed"
	return e.Save(ctx, r)
}

// words are the bot's in the reader's language: that of the chat's settings, else that of his program.
func (b *Bot) words(u notice.Update, r *notice.Recipient) notice.Answers {
	if r != nil {
		return notice.AnswersIn(r.Language)
	}
	return notice.AnswersIn(u.Language)
}

// do is the one table of what the commands do.
func (b *Bot) do(ctx context.Context, e store.Effects, u notice.Update, c notice.Command) (reply, error) {
	if c.Name == notice.CommandStart {
		return b.start(ctx, e, u, c)
	}
	found, err := e.Recipient(ctx, u.ChatID)
	r := &found
	if fault.KindOf(err) == fault.NotFound {
		r, err = nil, nil
	}
	if err != nil {
		return reply{}, err
	}
	w := b.words(u, r)
	switch {
	case c.Name == notice.CommandPrivacy && (r != nil || b.Mode != ModePrivate):
		return reply{text: w.Privacy}, nil
	case c.Name == notice.CommandHelp && (r != nil || b.Mode != ModePrivate):
		return reply{text: w.Help}, nil
	case r == nil && b.Mode == ModePrivate:
		return reply{}, nil
	case r == nil:
		return reply{text: w.NotLinked}, nil
	}
	switch c.Name {
	case notice.CommandStop:
		r.Active, r.OffReason = false, "stopped by its owner"
		return reply{text: w.Stopped}, e.Save(ctx, *r)
	case notice.CommandDelete:
		return reply{text: w.Deleted}, e.Delete(ctx, *r)
	case notice.CommandMute:
		r.MutedUntil = b.Now().Add(muteLasts)
		return reply{text: fmt.Sprintf(w.Muted, notice.Until(r.MutedUntil))}, e.Save(ctx, *r)
	case notice.CommandQuiet:
		return b.quiet(ctx, e, *r, c, w)
	case notice.CommandWatch, notice.CommandUnwatch:
		return b.watch(ctx, e, *r, c, w)
	case notice.CommandList:
		return b.list(ctx, *r, w)
	case notice.CommandLast:
		return b.last(ctx, c, w)
	case notice.CommandWhy:
		return b.why(ctx, *r, w)
	case notice.CommandExport:
		return b.export(ctx, *r)
	}
	return reply{text: w.Help}, nil
}

// start links the chat to whoever holds the code; without one it only explains.
func (b *Bot) start(ctx context.Context, e store.Effects, u notice.Update, c notice.Command) (reply, error) {
	w := b.words(u, nil)
	if c.Rest == "" {
		if b.Mode == ModePrivate {
			return reply{}, nil
		}
		return reply{text: w.Explain}, nil
	}
	language := "ko"
	if u.Language == "en" {
		language = "en"
	}
	r, err := e.Link(ctx, c.Rest, u.ChatID, language)
	if fault.KindOf(err) == fault.NotFound {
		return reply{text: w.BadCode}, nil
	}
	if err != nil {
		return reply{}, err
	}
	w = b.words(u, &r)
	if b.Mode == ModeOneWay {
		return reply{text: w.LinkedOneWay}, nil
	}
	if u.Group {
		return reply{text: w.LinkedGroup}, nil
	}
	return reply{text: w.Linked}, nil
}

func (b *Bot) quiet(ctx context.Context, e store.Effects, r notice.Recipient, c notice.Command, w notice.Answers) (reply, error) {
	from, to, ok := notice.Hours(c.Rest)
	if !ok {
		return reply{text: w.QuietUsage}, nil
	}
	r.QuietFrom, r.QuietTo = from, to
	text := fmt.Sprintf(w.Quiet, from, to)
	if from == to {
		text = w.QuietOff
	}
	return reply{text: text}, e.Save(ctx, r)
}

func (b *Bot) watch(ctx context.Context, e store.Effects, r notice.Recipient, c notice.Command, w notice.Answers) (reply, error) {
	if c.Rest == "" {
		return reply{text: w.WhichStock}, nil
	}
	stock, ok, err := b.stock(ctx, c.Rest)
	if err != nil {
		return reply{}, err
	}
	at := slices.Index(r.Codes, stock.Code)
	switch {
	case c.Name == notice.CommandUnwatch:
		if !ok { // one that is tracked no more can still be on a list
			stock = notice.Named{Code: market.Code(c.Rest), Name: c.Rest}
			at = slices.Index(r.Codes, stock.Code)
		}
		if at >= 0 {
			r.Watch(slices.Delete(r.Codes, at, at+1))
		}
		return reply{text: fmt.Sprintf(w.NotWatching, stock)}, e.Save(ctx, r)
	case !ok:
		return reply{text: w.NoSuchStock}, nil
	case at < 0 && len(r.Codes) >= notice.MaxWatchlist:
		return reply{text: w.ListFull}, nil
	case at < 0:
		r.Codes = append(r.Codes, stock.Code)
	}
	r.Silence(slices.DeleteFunc(r.Silent, func(c market.Code) bool { return c == stock.Code })) // to a chat, watching is being told
	return reply{text: fmt.Sprintf(w.Watching, stock)}, e.Save(ctx, r)
}
