package simulator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// maxPoll is the longest that getUpdates waits, in seconds; who asks for more gets this.
const maxPoll = 50

// telegramUpdate is what somebody did in a chat of the bot's: messages and pressed buttons are played.
type telegramUpdate struct {
	ID       int64            `json:"update_id"`
	Message  *telegramMessage `json:"message,omitempty"`
	Callback *callbackQuery   `json:"callback_query,omitempty"`
}

// inbox keeps updates until the bot has confirmed them, by a poll's offset or by taking them at its webhook.
type inbox struct {
	mu      sync.Mutex
	last    int64            // the newest update's id
	kept    []telegramUpdate // not confirmed yet, oldest first
	allowed []string         // the kinds of update that the bot wants; nil: what it gets without saying, those that are played among them
	polls   int              // how many polls have begun: the newest alone may wait
	changed chan struct{}    // closed and renewed when anything here changes
	closed  bool

	wall       func() time.Time
	retry      time.Duration // the first wait of a delivery that failed
	hook       *webhook      // nil: the bot polls
	hooks      window        // of setWebhook
	deliveries sync.WaitGroup
}

func newInbox(retry time.Duration, wall func() time.Time) *inbox {
	return &inbox{changed: make(chan struct{}), wall: wall, retry: retry, hooks: window{n: 1, span: time.Second}}
}

// wake makes everybody who waits look again. The caller holds mu.
func (b *inbox) wake() {
	close(b.changed)
	b.changed = make(chan struct{})
}

// kind is what allowed_updates calls an update.
func (u telegramUpdate) kind() string {
	if u.Callback != nil {
		return "callback_query"
	}
	return "message"
}

// put takes an update in and numbers it, unless the bot wants none of its kind.
func (b *inbox) put(u telegramUpdate) (telegramUpdate, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.allowed != nil && !slices.Contains(b.allowed, u.kind()) {
		return telegramUpdate{}, fmt.Errorf("the bot wants no %s, only %s", u.kind(), strings.Join(b.allowed, ", "))
	}
	b.last++
	u.ID = b.last
	b.kept = append(b.kept, u)
	b.wake()
	return u, nil
}

// updateKinds are those that allowed_updates may name.
var updateKinds = strings.Fields(`message edited_message channel_post edited_channel_post business_connection business_message
	edited_business_message deleted_business_messages message_reaction message_reaction_count inline_query chosen_inline_result
	callback_query shipping_query pre_checkout_query purchased_paid_media poll poll_answer my_chat_member chat_member
	chat_join_request chat_boost removed_chat_boost`)

// allow takes a call's allowed_updates in, for what comes from now on: an empty list is the default, and what is absent or
// no list of texts changes nothing. Kinds that the server does not know are passed over. The caller holds mu.
func (b *inbox) allow(params url.Values) {
	var kinds []string
	if json.Unmarshal([]byte(params.Get("allowed_updates")), &kinds) != nil || kinds == nil {
		return
	}
	b.allowed = nil
	for _, kind := range updateKinds {
		if slices.ContainsFunc(kinds, func(k string) bool { return strings.EqualFold(k, kind) }) {
			b.allowed = append(b.allowed, kind)
		}
	}
}

// close ends every wait, and those to come, and waits for the deliveries to end.
func (b *inbox) close() {
	b.mu.Lock()
	b.closed = true
	if b.hook != nil {
		b.hook.stop()
	}
	b.wake()
	b.mu.Unlock()
	b.deliveries.Wait()
}

// confirm forgets the updates below offset; a negative offset forgets all but that many of the newest. The caller holds mu.
func (b *inbox) confirm(offset int64) {
	if offset < 0 {
		b.kept = slices.Clone(b.kept[max(0, int64(len(b.kept))+offset):])
		return
	}
	b.kept = slices.DeleteFunc(b.kept, func(u telegramUpdate) bool { return u.ID < offset })
}

func telegramConflict(why string) answer {
	return telegramRefusal(http.StatusConflict, "Conflict: "+why)
}

// poll is getUpdates: it waits for the first update, on the wall, and ends an older poll that still does.
func (b *inbox) poll(ctx context.Context, params url.Values) answer {
	limit := clamped(params.Get("limit"), 100, 1, 100)
	timer := time.NewTimer(time.Duration(clamped(params.Get("timeout"), 0, 0, maxPoll)) * time.Second)
	defer timer.Stop()
	mine, refusal := b.begin(params)
	if refusal != nil {
		return *refusal
	}
	for patient := true; ; {
		a, changed, done := b.look(mine, limit, patient)
		if done {
			return a
		}
		select {
		case <-changed:
		case <-timer.C:
			patient = false
		case <-ctx.Done():
			patient = false // nobody is left to tell
		}
	}
}

// begin takes a poll's number, or refuses the poll of a bot that has a webhook.
func (b *inbox) begin(params url.Values) (int, *answer) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.hook != nil {
		a := telegramConflict("can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first")
		return 0, &a
	}
	b.allow(params)
	if n, err := strconv.ParseInt(params.Get("offset"), 10, 64); err == nil { // the real server takes any other text for none
		b.confirm(n)
	}
	b.polls++
	b.wake()
	return b.polls, nil
}

// look returns the answer to a poll when there is one, and otherwise what is closed once it is worth another look.
func (b *inbox) look(mine, limit int, patient bool) (_ answer, changed <-chan struct{}, done bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case mine != b.polls:
		return telegramConflict("terminated by other getUpdates request; make sure that only one bot instance is running"), nil, true
	case b.hook != nil:
		return telegramConflict("terminated by setWebhook request"), nil, true
	case patient && len(b.kept) == 0 && !b.closed:
		return answer{}, b.changed, false
	}
	return telegramResult(append([]telegramUpdate{}, b.kept[:min(limit, len(b.kept))]...)), nil, true
}

// clamped reads a whole number as the real server does: absent is the default, no number is 0, and what is out of range
// is brought into it.
func clamped(text string, absent, least, most int) int {
	if text == "" {
		return absent
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		n = 0
	}
	return min(max(n, least), most)
}

// incoming is what a reader writes to the bot.
type incoming struct {
	ChatID   int64  `json:"chat_id"`
	Text     string `json:"text"`
	FromID   int64  `json:"from_id"` // absent: the chat's own, so a group's must be named
	Username string `json:"username"`
	Data     string `json:"data"` // of a button that is pressed under the bot's newest message; then there is no text
}

func (in incoming) check() error {
	switch {
	case in.ChatID == 0:
		return errors.New("chat_id is missing")
	case in.ChatID < 0 && in.FromID <= 0 || in.FromID < 0:
		return fmt.Errorf("from_id %d is no user", in.FromID)
	case in.Data != "" && in.Text == "" && len(in.Data) <= 64:
	case strings.TrimSpace(in.Text) == "" || units(in.Text) > maxText:
		return fmt.Errorf("text must have 1 to %d characters", maxText)
	}
	return nil
}

// receive puts a reader's message in. Who writes to the bot has a chat with it from then on.
func (t *telegram) receive(in incoming) (telegramUpdate, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if why := t.know(in.ChatID).state.refusal(in.ChatID); why != "" {
		return telegramUpdate{}, fmt.Errorf("chat %d: %s", in.ChatID, why)
	}
	if in.FromID == 0 {
		in.FromID = in.ChatID
	}
	t.lastID++
	m := telegramMessage{ID: t.lastID, From: telegramUser{ID: in.FromID, FirstName: "Reader", Username: in.Username},
		Chat: telegramChat{in.ChatID, chatKind(in.ChatID)}, Date: t.wall().Unix(), Text: in.Text}
	if command := strings.Fields(in.Text)[0]; strings.HasPrefix(in.Text, "/") && len(command) > 1 {
		m.Entities = []entity{{Type: "bot_command", Length: units(command)}}
	}
	return t.inbox.put(telegramUpdate{Message: &m})
}

// controlUpdates puts a message to the bot in: POST /_sim/telegram/updates {"chat_id": 700001, "text": "/start"}.
func (s *Server) controlUpdates(r *request) answer {
	if r.Method != http.MethodPost {
		return refuse(http.StatusMethodNotAllowed, "only POST")
	}
	var in incoming
	err := decode(r.body, &in)
	if err == nil {
		err = in.check()
	}
	if err != nil {
		return refuse(http.StatusBadRequest, err.Error())
	}
	put := s.telegram.receive
	if in.Data != "" {
		put = s.telegram.press
	}
	u, err := put(in)
	if err != nil {
		return refuse(http.StatusConflict, err.Error())
	}
	return told(u)
}
