package simulator

import (
	"crypto/subtle"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// maxText is the longest text of a message in UTF-16 units, counted after its entities have been parsed.
const maxText = 4096

// Message is a text that Telegram has accepted.
type Message struct {
	ID        int64      `json:"message_id"`
	ChatID    int64      `json:"chat_id"`
	Text      string     `json:"text"` // as it was sent, markup included
	ParseMode string     `json:"parse_mode"`
	At        time.Time  `json:"at"`                  // on the wall
	SimAt     time.Time  `json:"sim_at"`              // on the simulator's clock
	EditedAt  *time.Time `json:"edited_at,omitempty"` // on the wall, of the last edit; Text is what it left
}

// sentMessage is a message with what it shows.
type sentMessage struct {
	Message
	shown    string // the text without its markup
	entities []entity
}

// telegram is the Bot API of one bot: getMe, sendMessage, editMessageText and the updates that the bot is told of.
type telegram struct {
	token  string
	wall   func() time.Time
	limits Limits
	inbox  *inbox

	mu      sync.Mutex
	lastID  int64 // of the newest message, sent or received
	presses int   // of buttons
	sent    []sentMessage
	chats   map[int64]*chat
	all     window
}

type chat struct {
	state  ChatState
	second window
	minute window // of a group only
}

func newTelegram(token string, chats []int64, limits Limits, wall func() time.Time) *telegram {
	t := &telegram{token: token, wall: wall, limits: limits, inbox: newInbox(limits.TelegramRetry, wall), chats: map[int64]*chat{}, all: window{n: limits.TelegramPerSecond, span: time.Second}}
	for _, id := range chats {
		t.setChat(id, ChatState{})
	}
	return t
}

// startAt has the first update and the first message get a number; 0 leaves it at 1.
func (t *telegram) startAt(id int64) {
	if id > 0 {
		t.lastID, t.inbox.last = id-1, id-1
	}
}

// ChatState is why the bot cannot write to a chat; the zero state is a chat that it can write to.
type ChatState struct {
	Blocked     bool `json:"blocked"`     // the reader has blocked the bot, or it was kicked from the group
	Deactivated bool `json:"deactivated"` // the reader has deleted his account; of a private chat only
}

// refusal is what the bot is told when it writes to the chat, "" when it may.
func (s ChatState) refusal(id int64) string {
	switch {
	case s.Deactivated:
		return "user is deactivated"
	case s.Blocked && id < 0:
		return "bot was kicked from the supergroup chat"
	case s.Blocked:
		return "bot was blocked by the user"
	}
	return ""
}

// setChat makes a chat known, in a state.
func (t *telegram) setChat(id int64, state ChatState) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.know(id).state = state
}

// know returns a chat, a new one when it was unknown. The caller holds mu.
func (t *telegram) know(id int64) *chat {
	if t.chats[id] == nil {
		t.chats[id] = &chat{second: window{n: 1, span: t.limits.TelegramPerChat}, minute: window{n: t.limits.TelegramPerGroup, span: time.Minute}}
	}
	return t.chats[id]
}

func (t *telegram) chatIDs() []int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Sorted(maps.Keys(t.chats))
}

func (t *telegram) messages() []Message {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := make([]Message, 0, len(t.sent))
	for _, m := range t.sent {
		out = append(out, m.Message)
	}
	return out
}

type telegramAnswer struct {
	OK          bool                `json:"ok"`
	Result      any                 `json:"result,omitempty"`
	Code        int                 `json:"error_code,omitempty"`
	Description string              `json:"description,omitempty"`
	Parameters  *telegramParameters `json:"parameters,omitempty"`
}

type telegramParameters struct {
	RetryAfter int `json:"retry_after,omitempty"`
}

func telegramRefusal(code int, description string) answer {
	return jsonAnswer(code, "application/json", telegramAnswer{Code: code, Description: description})
}

func badRequest(why string) answer {
	return telegramRefusal(http.StatusBadRequest, "Bad Request: "+why)
}

// tooMany names the wait in both places, in whole seconds, at least one.
func tooMany(wait time.Duration) answer {
	seconds := max(1, int((wait+time.Second-1)/time.Second))
	a := jsonAnswer(http.StatusTooManyRequests, "application/json", telegramAnswer{Code: http.StatusTooManyRequests,
		Description: "Too Many Requests: retry after " + strconv.Itoa(seconds), Parameters: &telegramParameters{RetryAfter: seconds}})
	a.header.Set("Retry-After", strconv.Itoa(seconds))
	return a
}

func (t *telegram) limited(*request) answer { return tooMany(2 * time.Second) }

var tokenForm = regexp.MustCompile(`^\d+:[A-Za-z0-9_-]{35}$`)

func (t *telegram) answer(r *request, now time.Time) answer {
	bot, method, found := strings.Cut(strings.TrimPrefix(r.path, "/"), "/")
	token, isBot := strings.CutPrefix(bot, "bot")
	switch {
	case !isBot || !found || r.Method != http.MethodGet && r.Method != http.MethodPost:
		return telegramRefusal(http.StatusNotFound, "Not Found")
	case !tokenForm.MatchString(token):
		return telegramRefusal(http.StatusUnauthorized, "Unauthorized: invalid token specified")
	case subtle.ConstantTimeCompare([]byte(token), []byte(t.token)) != 1:
		return telegramRefusal(http.StatusUnauthorized, "Unauthorized")
	}
	params, err := readParams(r)
	if err != nil {
		return badRequest("can't parse the request's body: " + err.Error())
	}
	switch strings.ToLower(method) {
	case "getme":
		return telegramResult(t.me())
	case "sendmessage":
		return t.send(params, now)
	case "answercallbackquery":
		return t.acknowledge(params)
	case "getchatmember":
		return t.member(params)
	case "editmessagetext":
		return t.edit(params)
	case "getupdates":
		return t.inbox.poll(r.Context(), params)
	case "setwebhook":
		return t.inbox.setWebhook(params, t.wall())
	case "deletewebhook":
		return t.inbox.deleteWebhook(params)
	case "getwebhookinfo":
		return t.inbox.webhookInfo()
	}
	return telegramRefusal(http.StatusNotFound, "Not Found: method not found")
}

func telegramResult(v any) answer {
	return jsonAnswer(http.StatusOK, "application/json", telegramAnswer{OK: true, Result: v})
}

type telegramUser struct {
	ID        int64  `json:"id"`
	IsBot     bool   `json:"is_bot"`
	FirstName string `json:"first_name"`
	Username  string `json:"username,omitempty"`
}

func (t *telegram) me() telegramUser {
	id, _, _ := strings.Cut(t.token, ":")
	n, _ := strconv.ParseInt(id, 10, 64) // the token is our own: digits
	return telegramUser{ID: n, IsBot: true, FirstName: "Simulated", Username: "simulated_bot"}
}

type telegramChat struct {
	ID   int64  `json:"id"`
	Type string `json:"type"`
}

type telegramMessage struct {
	ID       int64        `json:"message_id"`
	From     telegramUser `json:"from"`
	Chat     telegramChat `json:"chat"`
	Date     int64        `json:"date"`
	Edited   int64        `json:"edit_date,omitempty"`
	Text     string       `json:"text"`
	Entities []entity     `json:"entities,omitempty"`
}

func chatKind(id int64) string {
	if id < 0 {
		return "supergroup"
	}
	return "private"
}

// send checks the text first and the chat second, as the real server does.
func (t *telegram) send(params url.Values, now time.Time) answer {
	text, entities, refusal := readText(params)
	if refusal != nil {
		return *refusal
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	id, to, refusal := t.writable(params.Get("chat_id"), text)
	if refusal != nil {
		return *refusal
	}
	wall := t.wall()
	if wait := t.pace(id, to, wall); wait > 0 {
		return tooMany(wait)
	}
	t.lastID++
	m := sentMessage{Message{ID: t.lastID, ChatID: id, Text: params.Get("text"), ParseMode: params.Get("parse_mode"), At: wall, SimAt: now}, text, entities}
	t.sent = append(t.sent, m)
	return telegramResult(t.shownAs(m))
}

// readText returns the text without its markup, or the refusal of a text that cannot be sent anywhere.
func readText(params url.Values) (string, []entity, *answer) {
	bad := func(why string) (string, []entity, *answer) {
		a := badRequest(why)
		return "", nil, &a
	}
	text := strings.ToValidUTF8(params.Get("text"), "")
	if text != params.Get("text") {
		return bad("strings must be encoded in UTF-8")
	}
	var entities []entity
	var err error
	switch strings.ToLower(params.Get("parse_mode")) {
	case "":
	case "html":
		text, entities, err = parseHTML(text)
	case "markdownv2":
		text, entities, err = parseMarkdown(text)
	case "markdown":
		a := plain(http.StatusNotImplemented, "simulator: of the parse modes the old Markdown is not played")
		return "", nil, &a
	default:
		return bad("unsupported parse_mode")
	}
	if err != nil {
		return bad("can't parse entities: " + err.Error())
	}
	if strings.TrimSpace(text) == "" {
		return bad("message text is empty")
	}
	return text, entities, nil
}
