package tasks

import (
	"context"
	crand "crypto/rand"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"tickerwire/internal/fault"
	"tickerwire/internal/notice"
	"tickerwire/store"
)

const (
	// sendsAtOnce is how many messages a process is about to send, most of which wait for the limiter: a claim is made after
	// that, so that their number is no measure of what a crash leaves ambiguous.
	sendsAtOnce = 160
	// sendReserve is how long before its end a task starts no more sends: one under way must be settled before.
	sendReserve = 20 * time.Second
	// turnLimit is the longest wait for the limiter that keeps a place among sendsAtOnce; who must wait longer comes again
	// with the task.
	turnLimit = 2 * time.Second
	// claimSlack is how late a message may leave because of its claim. After a slower one its token is given up for another:
	// two messages could meet in a window of Telegram's that has room for one.
	claimSlack = 20 * time.Millisecond
	dueBatch   = 256
	markBatch  = 64 // claims or marks in one statement
)

// post is what the deliveries of a process share.
type post struct {
	slots  chan struct{}
	claims batcher[int64, *store.Claimed]
	marks  batcher[store.Mark, bool] // false: another has the attempt
}

func (w *Worker) newPost() *post {
	p := &post{slots: make(chan struct{}, sendsAtOnce)}
	p.claims.most, p.marks.most = markBatch, markBatch
	p.claims.do = func(ctx context.Context, ids []int64) ([]*store.Claimed, error) {
		won, err := w.claim(ctx, ids)
		byID := make(map[int64]*store.Claimed, len(won))
		for i := range won {
			byID[won[i].ID] = &won[i]
		}
		claimed := make([]*store.Claimed, len(ids)) // nil where somebody else was quicker
		for i, id := range ids {
			claimed[i] = byID[id]
			delete(byID, id)
		}
		return claimed, err
	}
	p.marks.do = func(ctx context.Context, marks []store.Mark) ([]bool, error) {
		ids, err := w.DB.MarkNotices(ctx, marks)
		marked := make([]bool, len(marks))
		for i, m := range marks {
			marked[i] = slices.Contains(ids, m.ID)
		}
		return marked, err
	}
	return p
}

// claim claims notices. Where the answer is lost it asks again what it has won: nobody else could send that.
func (w *Worker) claim(ctx context.Context, ids []int64) ([]store.Claimed, error) {
	process, token := w.Process.ID(), crand.Text()
	for {
		won, err := w.DB.ClaimNotices(ctx, ids, process, token)
		if fault.KindOf(err) != fault.Unavailable {
			return won, err
		}
		select {
		case <-ctx.Done():
			return won, err
		case <-time.After(markEvery):
		}
	}
}

// postOffice returns what the process's deliveries share.
func (w *Worker) postOffice() *post {
	w.opened.Do(func() { w.post = w.newPost() })
	return w.post
}

// endsSoon reports whether the task must be put back. Its next run goes on where the claims stand.
func endsSoon(ctx context.Context) bool {
	deadline, ok := ctx.Deadline()
	return ok && time.Until(deadline) < sendReserve
}

// sendDue sends what is due of an alert and brings sent messages in line, each tried once. It returns an error while
// something is left.
func (w *Worker) sendDue(ctx context.Context, alert notice.Alert) error {
	left := &leftovers{}
	for last := int64(0); ; {
		due, err := w.DB.DueNotices(ctx, alert.ID, last, dueBatch)
		if err != nil || len(due) == 0 {
			return errors.Join(err, left.err())
		}
		last = due[len(due)-1].NoticeID
		// Alerts that come at once have readers in common: each in an order of its own, they seldom wait for the same chat.
		rand.Shuffle(len(due), func(i, j int) { due[i], due[j] = due[j], due[i] })
		var group errgroup.Group
		for _, d := range due {
			if endsSoon(ctx) || ctx.Err() != nil {
				left.add(fault.New(fault.Limited, "alert %d: no time left", alert.ID))
				break
			}
			w.postOffice().slots <- struct{}{}
			group.Go(func() error {
				defer func() { <-w.postOffice().slots }()
				left.add(w.tell(ctx, d))
				return nil
			})
		}
		_ = group.Wait() // what went wrong is among the leftovers
		if endsSoon(ctx) || ctx.Err() != nil {
			return errors.Join(ctx.Err(), left.err())
		}
	}
}

// leftovers remembers why something is left: the worst of it decides what becomes of the task.
type leftovers struct {
	mu      sync.Mutex
	limited error
	worse   []error
}

func (l *leftovers) add(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case err == nil:
	case fault.KindOf(err) != fault.Limited:
		l.worse = append(l.worse, err)
	case l.limited == nil || fault.RetryAfterOf(err) < fault.RetryAfterOf(l.limited):
		l.limited = err
	}
}

const toldErrors = 3 // of a task that went wrong many times over

func (l *leftovers) err() error {
	if len(l.worse) > 0 {
		return errors.Join(l.worse[:min(len(l.worse), toldErrors)]...)
	}
	return l.limited
}

// tell settles one message: put off by its recipient's rule meanwhile, or claimed, sent and marked, or edited. It returns an
// error only while it is not settled and may be tried again.
func (w *Worker) tell(ctx context.Context, d store.Delivery) error {
	sender := w.senderOf(d.Recipient)
	if sender == nil { // another process has decided that he is told
		return nil
	}
	if d.MessageID != 0 {
		return w.edit(ctx, sender, d)
	}
	if v := notice.StillDue(d.Recipient, w.Now()); v.State != notice.Due {
		return w.DB.PutOff(ctx, d.NoticeID, v)
	}
	to := d.Recipient.Address()
	if err := turn(ctx, sender, to); err != nil {
		return err
	}
	now := time.Now()
	claimed, err := w.postOffice().claims.ask(ctx, d.NoticeID)
	if err != nil || claimed == nil {
		return err
	}
	if time.Since(now) > claimSlack {
		if err := turn(ctx, sender, to); err != nil {
			return w.settle(ctx, *claimed, d.Recipient, 0, fault.New(fault.Limited, "not sent: %w", err))
		}
	}
	m := notice.Message{NoticeID: d.NoticeID, Version: claimed.Version, Text: claimed.Text, Buttons: w.buttons(d)}
	messageID, err := sender.Send(ctx, to, m)
	return w.settle(ctx, *claimed, d.Recipient, messageID, err)
}

// senderOf returns who delivers to a recipient, nil for nobody.
func (w *Worker) senderOf(r notice.Recipient) Sender {
	if r.Address().Channel == notice.Webhook {
		return w.Hooks
	}
	return w.Sender
}

// turn waits for the limiter: the claim is made when the message may leave, so that hardly any stands while a process dies.
func turn(ctx context.Context, sender Sender, to notice.Address) error {
	for {
		err := sender.Wait(ctx, to)
		wait := fault.RetryAfterOf(err)
		if fault.KindOf(err) != fault.Limited || wait > turnLimit || endsSoon(ctx) {
			return err
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
	}
}

// settle writes down how a send went. It must not be lost to the task's own end, nor to a short outage of Postgres: a claim
// that is never marked becomes ambiguous.
func (w *Worker) settle(ctx context.Context, c store.Claimed, r notice.Recipient, messageID int64, sendErr error) error {
	m := store.Mark{ID: c.ID, Attempt: c.Attempt, State: notice.Sent, MessageID: messageID}
	hook := r.Address().Channel == notice.Webhook
	if sendErr != nil {
		m.State, m.Reason, m.MessageID = sendStates(sendErr), sendErr.Error(), 0
	}
	if hook && m.State == notice.Failed {
		if m.Wait = delay(sendErr, c.Attempt); c.Attempt >= maxAttempts {
			m.State, m.Wait = notice.Refused, 0
		}
	}
	if err := w.mark(ctx, m); err != nil {
		return err
	}
	switch m.State {
	case notice.Sent:
		w.Log.InfoContext(ctx, "alert sent", "recipient_id", r.ID, "message_id", messageID)
	case notice.Refused:
		w.Log.WarnContext(ctx, "alert refused", "recipient_id", r.ID, "error", m.Reason)
		return w.refused(ctx, r, sendErr)
	case notice.Ambiguous:
		w.Log.ErrorContext(ctx, "alert may have been sent", "recipient_id", r.ID, "error", m.Reason)
	case notice.Failed:
		if hook { // comes again by itself: the alert's other recipients must not be given up with it
			w.Log.WarnContext(ctx, "webhook failed", "recipient_id", r.ID, "attempt", c.Attempt, "error", m.Reason)
			return nil
		}
		return w.followMove(ctx, r, sendErr)
	}
	return nil
}

const (
	markPatience = 15 * time.Second // for an outage of Postgres after a send
	markEvery    = 250 * time.Millisecond
)

func (w *Worker) mark(ctx context.Context, m store.Mark) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), markPatience)
	defer cancel()
	for {
		marked, err := w.postOffice().marks.ask(ctx, m)
		switch {
		case err == nil && !marked:
			return fault.New(fault.Conflict, "notice %d is not claimed by attempt %d", m.ID, m.Attempt)
		case fault.KindOf(err) != fault.Unavailable:
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(markEvery):
		}
	}
}

// refused switches a recipient off who will have nothing of us.
func (w *Worker) refused(ctx context.Context, r notice.Recipient, err error) error {
	if fault.KindOf(err) != fault.Forbidden {
		return nil
	}
	return w.DB.SwitchOff(context.WithoutCancel(ctx), r.ID, err.Error())
}

// followMove keeps a group's new chat; the message goes there next time.
func (w *Worker) followMove(ctx context.Context, r notice.Recipient, err error) error {
	var moved *notice.Moved
	if !errors.As(err, &moved) {
		return err
	}
	w.Log.InfoContext(ctx, "chat moved", "recipient_id", r.ID, "chat_id", moved.ChatID)
	if err := w.DB.MoveChat(context.WithoutCancel(ctx), r.ID, moved.ChatID); err != nil {
		return err
	}
	return fault.New(fault.Limited, "recipient %d: %w", r.ID, moved) // comes again at once, and is no failure
}

// edit brings a sent message in line. An edit may be made twice, so that whatever is unknown of one is tried again.
func (w *Worker) edit(ctx context.Context, sender Sender, d store.Delivery) error {
	to := d.Recipient.Address()
	if !d.Recipient.Active {
		return w.DB.MarkEdited(ctx, d.NoticeID, d.Version, notice.ReasonInactive)
	}
	if err := turn(ctx, sender, to); err != nil {
		return err
	}
	m := notice.Message{NoticeID: d.NoticeID, Version: d.Version, Text: d.Text, Buttons: w.buttons(d)}
	err := sender.Edit(ctx, to, d.MessageID, m)
	switch {
	case err == nil:
		return w.DB.MarkEdited(ctx, d.NoticeID, d.Version, "")
	case sendStates(err) == notice.Refused:
		w.Log.WarnContext(ctx, "edit refused", "recipient_id", d.Recipient.ID, "error", err)
		return errors.Join(w.DB.MarkEdited(ctx, d.NoticeID, d.Version, err.Error()), w.refused(ctx, d.Recipient, err))
	case to.Channel == notice.Webhook:
		return w.editLater(ctx, d, err)
	}
	return w.followMove(ctx, d.Recipient, err)
}

// editLater has a webhook that did not take a newer version asked again, as often as a task is tried.
func (w *Worker) editLater(ctx context.Context, d store.Delivery, err error) error {
	ctx = context.WithoutCancel(ctx)
	tries := d.EditTries + 1
	w.Log.WarnContext(ctx, "webhook failed", "recipient_id", d.Recipient.ID, "attempt", tries, "error", err)
	if tries >= maxAttempts {
		return w.DB.MarkEdited(ctx, d.NoticeID, d.Version, err.Error())
	}
	return w.DB.PutOffEdit(ctx, d.NoticeID, delay(err, tries))
}

// buttons are those under an alert's message; a bot that listens to nobody has none.
func (w *Worker) buttons(d store.Delivery) [][]notice.Button {
	if w.OneWay || d.Code == "" {
		return nil
	}
	return notice.Buttons(d.Code, d.Recipient.Language)
}

// sendStates is the one table from a sender's error to the notice's state: only what surely was not accepted is ever
// sent again.
func sendStates(err error) notice.State {
	switch fault.KindOf(err) {
	case fault.Unavailable, fault.Limited:
		return notice.Failed
	case fault.Forbidden, fault.Invalid, fault.Unauthorized, fault.NotFound:
		return notice.Refused
	}
	return notice.Ambiguous
}
