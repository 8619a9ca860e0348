package tasks_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"tickerwire/internal/market"
	"tickerwire/internal/notice"
	"tickerwire/store"
	"tickerwire/tasks"
)

// messenger keeps updates until a poll confirms them.
type messenger struct {
	mu      sync.Mutex
	kept    []notice.Update
	last    int64
	polls   int
	pressed []string
	places  []string // where updates were to be posted
	admins  map[int64]bool
	changed chan struct{}
}

func newMessenger() *messenger {
	return &messenger{admins: map[int64]bool{}, changed: make(chan struct{}, 1)}
}

func (m *messenger) put(u notice.Update) notice.Update {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.last++
	u.ID = m.last
	m.kept = append(m.kept, u)
	select {
	case m.changed <- struct{}{}:
	default:
	}
	return u
}

func (m *messenger) Updates(ctx context.Context, after int64, _ time.Duration) ([]notice.Update, error) {
	for {
		m.mu.Lock()
		m.polls++
		var list []notice.Update
		for _, u := range m.kept {
			if u.ID > after {
				list = append(list, u)
			}
		}
		m.mu.Unlock()
		if len(list) > 0 {
			return list, nil
		}
		select {
		case <-m.changed:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (m *messenger) IsAdmin(_ context.Context, _, user int64) (bool, error) {
	return m.admins[user], nil
}
func (m *messenger) PostTo(_ context.Context, address, _ string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.places = append(m.places, address)
	return nil
}
func (m *messenger) Read(body []byte) (u notice.Update, err error) {
	err = json.Unmarshal(body, &u)
	return u, err
}
func (m *messenger) Name(context.Context) (string, error) { return "tick_bot", nil }
func (m *messenger) Acknowledge(_ context.Context, id, _ string) error {
	m.pressed = append(m.pressed, id)
	return nil
}

// talk is a bot with a reader who writes to it.
type talk struct {
	*rig
	bot   *tasks.Bot
	chats *sender
	m     *messenger
}

func newTalk(t *testing.T, mode string) *talk {
	t.Helper()
	r := newRig(t)
	r.must(r.db.SaveStocks(t.Context(), []market.Stock{{Code: nuri, Name: "누리테크", Priority: 1, Active: true}, {Code: garam, Name: "가람차", Priority: 1, Active: true}}))
	chats, m := &sender{}, newMessenger()
	w := r.worker(func(w *tasks.Worker) { w.Sender = chats })
	return &talk{rig: r, chats: chats, m: m, bot: &tasks.Bot{Worker: w, Messenger: m, Mode: mode}}
}

// says has a reader write, and returns the answer; "" for none.
func (k *talk) says(u notice.Update) string {
	k.t.Helper()
	before := k.chats.sent[u.ChatID]
	k.must(k.bot.Answer(k.t.Context(), k.m.put(u)))
	if k.chats.sent[u.ChatID] == before {
		return ""
	}
	return k.chats.last[u.ChatID].Text
}

func (k *talk) private(text string) string {
	k.t.Helper()
	return k.says(notice.Update{ChatID: 7, FromID: 7, Language: "en", Text: text})
}

// code makes a user with a one-time code.
func (k *talk) code(code string) (user int64) {
	k.t.Helper()
	user = k.user()
	_, err := k.db.SaveLinkCode(k.t.Context(), user, code, time.Minute)
	k.must(err)
	return user
}

func TestAReaderTalksToTheBot(t *testing.T) {
	t.Parallel()
	k := newTalk(t, tasks.ModeFree)
	user := k.code("ABC")
	for _, step := range []struct{ says, hears string }{
		{"hello", ""},
		{"/start", "/start CODE"},
		{"/watch 900001", "not linked"},
		{"/start WRONG", "no such code"},
		{"/start ABC", "is linked"},
		{"/start ABC", "no such code"},
		{"/list", "list is empty"},
		{"/watch", "Name a stock"},
		{"/watch 누리테크", "Watching 누리테크"},
		{"/watch " + string(garam), "Watching 가람차"},
		{"/watch 없는회사", "no such stock"},
		{"/list", "2 stocks"},
		{"/unwatch 가람차", "Not watching any more: 가람차"},
		{"/list", "1 stocks"},
		{"/quiet 22-07", "from 22 to 07"},
		{"/quiet soon", "/quiet off"},
		{"/last 누리테크", "no prediction yet"},
		{"/why", "nothing to tell"},
		{"/privacy", "What you write is not kept"},
		{"/export", `&#34;watchlist&#34;:[&#34;` + string(nuri)},
		{"/what", "/watch 005930"},
	} {
		if got := k.private(step.says); step.hears == "" && got != "" || !strings.Contains(got, step.hears) {
			t.Errorf("%s: %q, want %q", step.says, got, step.hears)
		}
	}
	r, err := k.db.RecipientOfUser(t.Context(), user)
	if err != nil || r.ChatID != 7 || len(r.Codes) != 1 || r.Codes[0] != nuri || r.QuietFrom != 22 || r.QuietTo != 7 {
		t.Errorf("%+v, %v", r, err)
	}
	if b := k.chats.last[7].Buttons; len(b) != 0 {
		t.Errorf("help has buttons: %v", b)
	}
	silence := func() {
		t.Helper()
		_, err := k.db.EditRecipient(t.Context(), r.ID, func(r *notice.Recipient) error { r.Silence(r.Codes); return nil })
		if err != nil {
			t.Fatal(err)
		}
	}
	silence()
	if got := k.private("/list"); !strings.Contains(got, "no alerts") {
		t.Errorf("a stock without alerts: %q", got)
	}
	k.private("/watch " + string(nuri))
	if r, err = k.db.RecipientOfUser(t.Context(), user); err != nil || len(r.Silent) != 0 || len(r.Codes) != 1 {
		t.Errorf("to a chat, watching is being told: %+v, %v", r, err)
	}
	silence()
	k.private("/list")
	press := k.chats.last[7].Buttons[0][0].Data
	if got := k.says(notice.Update{ChatID: 7, FromID: 7, Pressed: press, PressID: "p1"}); !strings.Contains(got, "누리테크") {
		t.Errorf("the button answers %q", got)
	}
	k.says(notice.Update{ChatID: 7, FromID: 7, Pressed: notice.ButtonMute, PressID: "p2"})
	r, err = k.db.RecipientOfUser(t.Context(), user)
	if err != nil || len(r.Codes) != 0 || len(r.Silent) != 0 || !r.MutedUntil.Equal(noon.Add(24*time.Hour)) || fmt.Sprint(k.m.pressed) != "[p1 p2]" {
		t.Errorf("%+v, %v; acknowledged %v", r, err, k.m.pressed)
	}
	if got := k.private("/stop"); !strings.Contains(got, "off") {
		t.Errorf("/stop: %q", got)
	}
	if n := k.number(`select count(*) from recipients where not active and off_reason <> ''`); n != 1 {
		t.Error("/stop did not switch it off")
	}
	if got := k.private("/delete"); !strings.Contains(got, "deleted") || k.number(`select count(*) from recipients`) != 0 {
		t.Errorf("/delete: %q", got)
	}
}

// TestALongExportComesWhole: a list of two hundred stocks and many alerts take several messages, which are one JSON together.
func TestALongExportComesWhole(t *testing.T) {
	t.Parallel()
	k := newTalk(t, tasks.ModeFree)
	k.code("ABC")
	k.private("/start ABC")
	k.exec(`update recipients set codes = (select array_agg('9' || lpad(i::text, 5, '0')) from generate_series(1, ?) i)`, notice.MaxWatchlist)
	for range 3 {
		alert := k.alert()
		k.exec(`insert into notices (alert_id, recipient_id, state, reason, day) select ?, id, 'suppressed', ?, '2026-03-04' from recipients`, alert, strings.Repeat("<&> ", 500))
	}
	k.private("/export")
	var whole strings.Builder
	for _, m := range k.chats.all[7] {
		if strings.HasPrefix(m.Text, "<code>") {
			whole.WriteString(notice.Plain(m.Text))
		}
	}
	var all struct {
		Watchlist []string
		Alerts    []struct{ Reason string }
	}
	if err := json.Unmarshal([]byte(whole.String()), &all); err != nil || len(all.Watchlist) != notice.MaxWatchlist || len(all.Alerts) != 3 || len(all.Alerts[0].Reason) != 2000 {
		t.Errorf("%v: %d stocks, %d alerts of\n%s", err, len(all.Watchlist), len(all.Alerts), whole.String())
	}
	if n := k.chats.sent[7]; n < 4 {
		t.Errorf("all came in %d messages", n)
	}
}

// TestAFloodKeepsNobodyWaiting has one chat ask far faster than it may be answered; another is answered meanwhile.
func TestAFloodKeepsNobodyWaiting(t *testing.T) {
	t.Parallel()
	k := newTalk(t, tasks.ModeFree)
	released := make(chan struct{})
	k.chats.wait = func(chat int64) error {
		if chat == 7 {
			<-released
		}
		return nil
	}
	for range 40 {
		k.m.put(notice.Update{ChatID: 7, FromID: 7, Language: "en", Text: "/start"})
	}
	k.m.put(notice.Update{ChatID: 8, FromID: 8, Language: "en", Text: "/start"})
	defer k.listen(tasks.Webhook{})()
	poll(t, "the other chat to be answered", func() bool { return k.sentTo(8) == 1 })
	if n := k.sentTo(7); n != 0 {
		t.Errorf("the flooding chat got %d answers", n)
	}
	close(released)
	poll(t, "the flooding chat to be answered", func() bool { return k.sentTo(7) == 10 })
	if n := k.lines.count("a chat asks too fast, an answer is left out"); n != 30 {
		t.Errorf("%d answers were left out, want 30 of 40", n)
	}
}

// TestAnUpdateThatAlwaysFailsIsPassedOver: those behind it are worked on.
func TestAnUpdateThatAlwaysFailsIsPassedOver(t *testing.T) {
	t.Parallel()
	k := newTalk(t, tasks.ModeFree)
	k.code("ABC")
	k.private("/start ABC")
	k.exec(`alter table recipients add check (quiet_from <> 3)`)
	k.m.put(notice.Update{ChatID: 7, FromID: 7, Language: "en", Text: "/quiet 3-4"})
	k.m.put(notice.Update{ChatID: 7, FromID: 7, Language: "en", Text: "/quiet 5-6"})
	defer k.listen(tasks.Webhook{})()
	poll(t, "the next one to be done", func() bool { return k.number(`select count(*) from recipients where quiet_from = 5`) == 1 })
	if n := k.lines.count("an update is passed over"); n != 1 {
		t.Errorf("%d updates were passed over", n)
	}
}

// listen has another bot of the same fleet listen until stop is called.
func (k *talk) listen(hook tasks.Webhook) (stop func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(k.t.Context()))
	var group sync.WaitGroup
	b := tasks.Bot{Worker: k.bot.Worker, Messenger: k.m, Mode: tasks.ModeFree, Webhook: hook}
	group.Go(func() {
		if err := b.Run(ctx); err != nil {
			k.t.Error(err)
		}
	})
	return func() { cancel(); group.Wait() }
}

// sentTo returns how many messages a chat was sent.
func (k *talk) sentTo(chat int64) int {
	k.chats.mu.Lock()
	defer k.chats.mu.Unlock()
	return k.chats.sent[chat]
}

func TestAGroupsAdminsAloneChangeIt(t *testing.T) {
	t.Parallel()
	k := newTalk(t, tasks.ModeFree)
	k.code("ABC")
	k.m.admins[1] = true
	group := func(from int64, text string) string {
		t.Helper()
		return k.says(notice.Update{ChatID: -50, Group: true, FromID: from, Language: "ko", Text: text})
	}
	k.must(k.bot.Listening(t.Context())) // it learns its name
	for _, step := range []struct {
		from        int64
		says, hears string
	}{
		{2, "/start ABC", "관리자만"}, {1, "/start ABC", "연결되었습니다"}, {2, "/watch 누리테크", "관리자만"}, {1, "/watch@tick_bot 누리테크", "누리테크"},
		{0, "/quiet off", "없앴습니다"}, {2, "/list", "1개"}, {1, "/watch@other_bot 가람차", ""}, {2, "/nonsense", ""},
	} {
		if got := group(step.from, step.says); step.hears == "" && got != "" || !strings.Contains(got, step.hears) {
			t.Errorf("%d says %s: %q, want %q", step.from, step.says, got, step.hears)
		}
	}
	k.says(notice.Update{ChatID: -50, Group: true, MovedTo: -1050})
	k.says(notice.Update{ChatID: -1050, Group: true, ThrownOut: true})
	if n := k.number(`select count(*) from recipients where chat_id = -1050 and not active and codes = array[?]`, string(nuri)); n != 1 {
		t.Error("the group was not followed, or not switched off when the bot was removed")
	}
}

func TestWhatTheModesAnswer(t *testing.T) {
	t.Parallel()
	for mode, silent := range map[string][]string{
		tasks.ModeOneWay:  {"/watch 누리테크", "/list", "/help", "/why", "/export", "/quiet off", "/privacy"},
		tasks.ModePrivate: {"/start", "/list", "/help", "/privacy", "/stop"},
	} {
		k := newTalk(t, mode)
		k.code("ABC")
		if mode == tasks.ModeOneWay {
			if got := k.private("/start ABC"); !strings.Contains(got, "/stop") || strings.Contains(got, "/watch") || strings.Contains(got, "/help") {
				t.Errorf("it names commands that it does not answer, or none: %q", got)
			}
		}
		for _, text := range silent {
			if got := k.private(text); got != "" {
				t.Errorf("%s: %s is answered: %q", mode, text, got)
			}
		}
		if mode == tasks.ModePrivate {
			if k.private("/start ABC"); !strings.Contains(k.private("/help"), "/watch") {
				t.Errorf("%s: who is linked is not answered", mode)
			}
		}
		if k.private("/stop"); k.number(`select count(*) from recipients where not active`) != 1 {
			t.Errorf("%s: /stop does nothing", mode)
		}
	}
}

// TestAnUpdateTakesEffectOnce: given out again after a crash between effect and answer, it changes nothing; one whose
// effect failed comes again.
func TestAnUpdateTakesEffectOnce(t *testing.T) {
	t.Parallel()
	k := newTalk(t, tasks.ModeFree)
	k.code("ABC")
	k.private("/start ABC")
	u := k.m.put(notice.Update{ChatID: 7, FromID: 7, Language: "en", Text: "/watch 누리테크"})
	ended, end := context.WithCancel(t.Context())
	end()
	if err := k.bot.Answer(ended, u); !errors.Is(err, context.Canceled) {
		t.Errorf("an effect that could not be: %v", err)
	}
	if last, err := k.db.LastUpdate(t.Context()); err != nil || last != u.ID-1 {
		t.Errorf("it counts as done: %d, %v", last, err)
	}
	for range 3 {
		k.must(k.bot.Answer(t.Context(), u))
	}
	if k.chats.sent[7] != 2 || k.number(`select cardinality(codes) from recipients`) != 1 {
		t.Errorf("%d answers", k.chats.sent[7])
	}
}

// TestOneListensAtATime: a second bot takes over where the first one was ended, with the first update that it left.
func TestOneListensAtATime(t *testing.T) {
	t.Parallel()
	k := newTalk(t, tasks.ModeFree)
	k.code("ABC")
	first := k.listen(tasks.Webhook{})
	poll(t, "the first to listen", func() bool { return k.lines.count("listening to the bot's readers") == 1 })
	second := k.listen(tasks.Webhook{})
	defer second()
	k.m.put(notice.Update{ChatID: 7, FromID: 7, Language: "en", Text: "/start ABC"})
	poll(t, "the chat to be linked", func() bool { return k.number(`select count(*) from recipients where chat_id = 7`) == 1 })
	if n := k.lines.count("listening to the bot's readers"); n != 1 {
		t.Errorf("%d listen at once", n)
	}
	first()
	k.m.put(notice.Update{ChatID: 7, FromID: 7, Language: "en", Text: "/watch 누리테크"})
	poll(t, "the second to go on", func() bool { return k.number(`select cardinality(codes) from recipients where chat_id = 7`) == 1 })
	if n := k.number(`select count(*) from bot_updates`); n != 2 {
		t.Errorf("%d updates are done, want 2", n)
	}
}

// TestWhatIsPostedIsAnsweredOnce: updates that came through the webhook are worked on in their order, once, and are gone;
// what cannot be read keeps nobody waiting, and what is left when there is no webhook any more is still answered.
func TestWhatIsPostedIsAnsweredOnce(t *testing.T) {
	t.Parallel()
	k := newTalk(t, tasks.ModeFree)
	k.code("ABC")
	k.private("/start ABC")
	post := func(u notice.Update) {
		t.Helper()
		raw, err := json.Marshal(u)
		k.must(err)
		k.must(k.db.SaveReceived(t.Context(), store.Received{ID: u.ID, Body: raw}))
	}
	private := func(id int64, text string) notice.Update {
		return notice.Update{ID: id, ChatID: 7, FromID: 7, Language: "en", Text: text}
	}
	k.must(k.db.SaveReceived(t.Context(), store.Received{ID: 11, Body: []byte("\xff")}))
	post(private(12, "/watch 누리테크"))
	post(private(13, "/unwatch 누리테크"))
	post(private(14, "/watch 가람차"))
	stop := k.listen(tasks.Webhook{URL: "https://tick.example/api/telegram/webhook", Secret: "s"})
	poll(t, "what was posted to be answered", func() bool { return k.number(`select count(*) from bot_updates where id between 11 and 14`) == 4 })
	post(private(12, "/watch 누리테크")) // Telegram missed that it was taken
	post(private(15, "/quiet 1-2"))
	poll(t, "what is posted meanwhile to be answered", func() bool { return k.number(`select count(*) from recipients where quiet_from = 1`) == 1 })
	stop()
	if n := k.number(`select count(*) from recipients where codes = array[?]`, string(garam)); n != 1 || k.number(`select count(*) from bot_inbox`) != 0 {
		t.Error("the updates were not worked on in their order, once, or some are left")
	}
	if k.m.polls != 0 {
		t.Errorf("it polls beside the webhook: %d times", k.m.polls)
	}
	post(private(16, "/quiet 3-4"))
	defer k.listen(tasks.Webhook{})()
	poll(t, "what is left to be answered", func() bool { return k.number(`select count(*) from recipients where quiet_from = 3`) == 1 })
	k.m.mu.Lock()
	defer k.m.mu.Unlock()
	if got := fmt.Sprint(k.m.places); got != "[https://tick.example/api/telegram/webhook ]" {
		t.Errorf("updates were to be posted to %s", got)
	}
}
