package tasks

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
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
}

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

	name string // the bot's own
}

const (
	listenRetry = time.Second      // between two tries to become the one who listens
	pollWait    = 10 * time.Second // of one poll
	pollAgain   = time.Second      // after a poll that failed
	answerLimit = 10 * time.Second // for the answer to one update
	muteLasts   = 24 * time.Hour
	whyShown    = 5
)

// Run listens to readers when no other process does, until ctx ends. Where a listener dies the next one goes on with the
// first update whose effect was not done.
func (b *Bot) Run(ctx context.Context) error {
	return b.DB.Listen(ctx, listenRetry, b.listen)
}

func (b *Bot) listen(ctx context.Context) error {
	b.Log.InfoContext(ctx, "listening to the bot's readers", "worker_id", b.Process.ID())
	for ctx.Err() == nil {
		if err := b.poll(ctx); err != nil && ctx.Err() == nil {
			b.Log.WarnContext(ctx, "the bot's readers cannot be heard", "error", err)
			select {
			case <-ctx.Done():
			case <-time.After(max(pollAgain, fault.RetryAfterOf(err))):
			}
		}
	}
	return nil
}

// poll takes updates once. An update whose effect fails is left with all after it, and comes again.
func (b *Bot) poll(ctx context.Context) error {
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
	updates, err := b.Messenger.Updates(ctx, after, pollWait)
	if err != nil {
		return err
	}
	for _, u := range updates {
		if err := b.Answer(ctx, u); err != nil {
			return fmt.Errorf("update %d: %w", u.ID, err)
		}
	}
	return nil
}

// reply is what an update is answered with.
type reply struct {
	text    string
	buttons [][]notice.Button
}

// Answer does what an update asks for, once, and answers. What is answered is lost when the process dies in between.
func (b *Bot) Answer(ctx context.Context, u notice.Update) error {
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	command, asked := u.Command(b.name)
	asked = asked && u.ChatID != 0 && !(b.Mode == ModeOneWay && !command.OneWay())
	allowed := true
	if asked && u.Group && u.FromID != 0 && command.Changes() {
		var err error
		if allowed, err = b.Messenger.IsAdmin(ctx, u.ChatID, u.FromID); err != nil {
			return err
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
		return err
	}
	if u.PressID != "" {
		if err := b.Messenger.Acknowledge(ctx, u.PressID, ""); err != nil {
			b.Log.WarnContext(ctx, "a button was not acknowledged", "error", err)
		}
	}
	if out.text != "" {
		b.say(ctx, u.ChatID, out)
	}
	return nil
}

// say sends an answer. It is not kept: whoever gets none asks again.
func (b *Bot) say(ctx context.Context, chatID int64, r reply) {
	to := notice.Address{Channel: notice.Telegram, ChatID: chatID}
	err := turn(ctx, b.Sender, to)
	if err == nil {
		_, err = b.Sender.Send(ctx, to, notice.Message{Text: r.text, Buttons: r.buttons})
	}
	if err != nil {
		b.Log.WarnContext(ctx, "an answer was not sent", "error", err)
	}
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
			r.Codes = slices.Delete(r.Codes, at, at+1)
		}
		return reply{text: fmt.Sprintf(w.NotWatching, stock)}, e.Save(ctx, r)
	case !ok:
		return reply{text: w.NoSuchStock}, nil
	case at < 0 && len(r.Codes) >= notice.MaxWatchlist:
		return reply{text: w.ListFull}, nil
	case at < 0:
		r.Codes = append(r.Codes, stock.Code)
	}
	return reply{text: fmt.Sprintf(w.Watching, stock)}, e.Save(ctx, r)
}

// stock finds a tracked stock by its code, its name or an alias.
func (b *Bot) stock(ctx context.Context, text string) (notice.Named, bool, error) {
	stocks, err := b.DB.Stocks(ctx, true)
	if err != nil {
		return notice.Named{}, false, err
	}
	for _, s := range stocks {
		names := append([]string{string(s.Code), s.Name}, s.Aliases...)
		if slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(name, text) }) {
			return notice.Named{Code: s.Code, Name: s.Name}, true, nil
		}
	}
	return notice.Named{}, false, nil
}

func (b *Bot) named(ctx context.Context, codes []market.Code) ([]notice.Named, error) {
	if len(codes) == 0 {
		return nil, nil
	}
	names, err := b.DB.StockNames(ctx, codes)
	list := make([]notice.Named, len(codes))
	for i, code := range codes {
		list[i] = notice.Named{Code: code, Name: names[code]}
		if list[i].Name == "" {
			list[i].Name = string(code)
		}
	}
	return list, err
}

// shownButtons is how many stocks of a list get a button that removes them.
const shownButtons = 10

func (b *Bot) list(ctx context.Context, r notice.Recipient, w notice.Answers) (reply, error) {
	stocks, err := b.named(ctx, r.Codes)
	if err != nil {
		return reply{}, err
	}
	out := reply{text: w.List(r, stocks)}
	for _, s := range stocks[:min(len(stocks), shownButtons)] {
		out.buttons = append(out.buttons, []notice.Button{{Label: "✕ " + s.Name, Data: notice.ButtonUnwatch + string(s.Code)}})
	}
	return out, nil
}

func (b *Bot) last(ctx context.Context, c notice.Command, w notice.Answers) (reply, error) {
	stock, ok, err := b.stock(ctx, c.Rest)
	if err != nil || !ok {
		return reply{text: w.NoSuchStock}, err
	}
	signals, err := b.DB.StockSignals(ctx, []market.Code{stock.Code}, b.Now())
	if err != nil || len(signals) == 0 {
		return reply{text: w.Last(stock, nil)}, err
	}
	p := signals[0]
	return reply{text: w.Last(stock, &notice.Shown{AsOf: p.Prediction.AsOf, Horizon: p.Prediction.Horizon, Probability: p.Prediction.Probability,
		BaseRate: p.Prediction.BaseRate, AI: p.Model.Kind == forecast.KindLLM})}, nil
}

func (b *Bot) why(ctx context.Context, r notice.Recipient, w notice.Answers) (reply, error) {
	rows, err := b.DB.WhyOf(ctx, r.ID, whyShown)
	if err != nil {
		return reply{}, err
	}
	fates := make([]notice.Fate, len(rows))
	for i, row := range rows {
		stock, err := b.named(ctx, []market.Code{row.Code})
		if err != nil {
			return reply{}, err
		}
		fates[i] = notice.Fate{At: row.At, Stock: stock[0], Title: row.Title, State: row.State, Reason: row.Reason}
	}
	return reply{text: w.Why(fates)}, nil
}

// exported is all that is kept of a recipient.
type exported struct {
	ChatID     int64         `json:"chat_id"`
	Language   string        `json:"language"`
	Active     bool          `json:"active"`
	MutedUntil *time.Time    `json:"muted_until,omitempty"`
	WatchAll   bool          `json:"watch_all"`
	Watchlist  []market.Code `json:"watchlist"`
	Rule       notice.Rule   `json:"rule"`
	Alerts     []exportedWhy `json:"alerts"`
}

type exportedWhy struct {
	At     time.Time   `json:"at"`
	Code   market.Code `json:"code"`
	State  string      `json:"state"`
	Reason string      `json:"reason"`
}

const exportedAlerts = 30 // as many as fit into a message

func (b *Bot) export(ctx context.Context, r notice.Recipient) (reply, error) {
	rows, err := b.DB.WhyOf(ctx, r.ID, exportedAlerts)
	if err != nil {
		return reply{}, err
	}
	all := exported{ChatID: r.ChatID, Language: r.Language, Active: r.Active, WatchAll: r.WatchAll, Watchlist: r.Codes, Rule: r.Rule}
	if !r.MutedUntil.IsZero() {
		all.MutedUntil = &r.MutedUntil
	}
	for _, row := range rows {
		all.Alerts = append(all.Alerts, exportedWhy{row.At, row.Code, string(row.State), row.Reason})
	}
	raw, err := json.Marshal(all)
	return reply{text: notice.Code(string(raw))}, err
}
