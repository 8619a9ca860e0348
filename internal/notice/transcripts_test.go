package notice_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
	"tickerwire/internal/news"
	"tickerwire/internal/notice"
	"tickerwire/internal/simulator"
)

// messenger is the simulator's Telegram, and what it was told.
type messenger struct {
	*testing.T
	sim  *simulator.Server
	wall time.Time
	page strings.Builder
}

func (m *messenger) call(method string, form url.Values) int64 {
	m.Helper()
	m.wall = m.wall.Add(10 * time.Second) // the chat's limit
	form.Set("chat_id", strconv.FormatInt(simulator.DefaultChat, 10))
	form.Set("parse_mode", "HTML")
	req := httptest.NewRequest(http.MethodPost, "/telegram/bot"+m.sim.Keys().TelegramToken+"/"+method, strings.NewReader(form.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	rec := httptest.NewRecorder()
	m.sim.ServeHTTP(rec, req)
	var answer struct {
		Result struct {
			ID int64 `json:"message_id"`
		}
	}
	if err := json.Unmarshal(rec.Body.Bytes(), &answer); err != nil || rec.Code != http.StatusOK {
		m.Fatalf("%s: %d %s", method, rec.Code, rec.Body)
	}
	return answer.Result.ID
}

// show writes down what the simulator holds of a message.
func (m *messenger) show(title string, id int64) {
	m.Helper()
	for _, got := range m.sim.Messages() {
		if got.ID == id {
			fmt.Fprintf(&m.page, "\n### %s\n\n```html\n%s\n```\n", title, got.Text)
			return
		}
	}
	m.Fatalf("%s: the simulator holds no message %d", title, id)
}

func (m *messenger) say(title, text string) int64 {
	m.Helper()
	id := m.call("sendMessage", url.Values{"text": {text}})
	m.show(title, id)
	return id
}

// TestTranscripts sends what an alert can look like to the simulated Telegram, and keeps what arrived as docs/messages.md.
func TestTranscripts(t *testing.T) {
	t.Parallel()
	world, err := simulator.NewMarket(simulator.MarketOptions{Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	m := &messenger{T: t, wall: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)}
	m.sim = simulator.New(world, simulator.Options{Wall: func() time.Time { return m.wall }})
	m.page.WriteString("# Messages\n\nWhat the simulated Telegram received, markup included. Written by `make golden`; companies, outlets and figures are made up.\n")
	for _, language := range []struct{ code, title string }{{"ko", "Korean"}, {"en", "English"}} {
		fmt.Fprintf(&m.page, "\n## %s\n", language.title)
		m.transcribe(language.code)
	}
	const path = "../../docs/messages.md"
	if *update {
		if err := os.WriteFile(path, []byte(m.page.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), m.page.String()); diff != "" {
		t.Errorf("docs/messages.md is not what is sent: make golden\n%s", diff)
	}
}

func (m *messenger) transcribe(language string) {
	calendar, day := market.NewCalendar(), market.NewDay(2026, 3, 11)
	signal := notice.TextInput{
		Alert: notice.Alert{Kind: notice.Signal, Topic: notice.TopicSignal, Code: "900001", Send: true}, Stock: market.Stock{Code: "900001", Name: "가온전자"},
		Article: news.Article{Title: "가온전자, 해상 풍력용 변환 장치 1,200억원 규모 수주", Press: "한빛경제", URL: "https://news.example/a?id=1&p=2",
			PublishedAt: day.At(11, 42), FirstSeenAt: day.At(11, 43), TimeQuality: news.TimeExact},
		Prediction: &forecast.Prediction{Code: "900001", Horizon: 3, Probability: 0.561, BaseRate: 0.438, ExpectedPct: 0.42, LowPct: -3.9, HighPct: 4.74,
			Evidence: forecast.Evidence{Effective: 8.26, Neighbours: make([]forecast.Neighbour, 12)}},
		Record: notice.Record{StockDays: 1240, Share: 0.541, Low: 0.509, High: 0.573},
		Analogues: []notice.Analogue{{Title: "나래중공업, 변환 장치 공급 계약 따내", Code: "900007", Day: day - 40, ExcessPct: 2.31},
			{Title: "가온전자 & 다온기전 \"공동 수주\"", Code: "900001", Day: day - 75, ExcessPct: -0.04}},
		Seal: notice.ShortSeal(128, []byte{0x4f, 0x2a, 0x9c, 0x1e, 0x5b, 0x7d}), Language: language,
	}
	filing := notice.TextInput{Alert: notice.Alert{Kind: notice.Disclosure, Topic: notice.RightsIssue, Code: "900002", Send: true},
		Stock: market.Stock{Code: "900002", Name: "다온기전"}, Language: language,
		Article: news.Article{Press: "DART", URL: "https://dart.example/view?no=20260311000123", ReportType: "주요사항보고서(유상증자결정)",
			PublishedAt: day.At(0, 0), FirstSeenAt: day.At(17, 20), TimeQuality: news.TimeDate, Kind: news.KindDisclosure, Filer: "900002"}}
	at := func(in notice.TextInput, when time.Time) string {
		m.Helper()
		var err error
		in.At = when
		if in.Phase, err = calendar.PhaseAt(when); err != nil {
			m.Fatal(err)
		}
		if in.Session, err = calendar.NextSession(when); err != nil {
			m.Fatal(err)
		}
		return notice.Text(in)
	}
	text := at(signal, day.At(11, 43))
	id := m.say("A signal in session", text)
	for _, edit := range []struct {
		title string
		to    notice.Amendment
	}{
		{"The same message, when seven outlets tell the story", notice.Amendment{Outlets: 7, FirstSeen: day.At(11, 43)}},
		{"The same message, when the outcome is known", notice.Amendment{Outlets: 7, FirstSeen: day.At(11, 43), Direction: 1,
			Outcome: &forecast.Outcome{Horizon: 3, BaseDay: day, TargetDay: day + 5, ExcessPct: 1.84}}},
	} {
		m.call("editMessageText", url.Values{"message_id": {strconv.FormatInt(id, 10)}, "text": {notice.Amend(text, language, edit.to)}})
		m.show(edit.title, id)
	}
	down := signal
	down.Prediction = &forecast.Prediction{Code: "900001", Horizon: 5, Probability: 0.31, BaseRate: 0.438, ExpectedPct: -0.8, LowPct: -5.1, HighPct: 3.5}
	down.Analogues, down.Article.Title, down.Alert.Topic = nil, "가온전자 \"변환 장치 수주설 사실무근\"", notice.TopicReversal
	down.AI = notice.AIText{Text: "회사가 수주를 부인했습니다.", Model: "gaon-llm", PromptVersion: "judge-2"}
	m.say("A material change before the open, with a language model's words", at(down, (day+1).At(8, 5)))
	bare := signal
	bare.Record, bare.Analogues = notice.Record{}, nil
	bare.Prediction = &forecast.Prediction{Code: "900001", Horizon: 1, Probability: 0.52, BaseRate: 0.44}
	m.say("A signal on a closed day, without a record and without volatility", at(bare, (day+3).At(13, 0)))
	m.say("An urgent filing after the close", at(filing, day.At(17, 21)))
	corrected := filing
	corrected.Article.ReportType = "[기재정정]주요사항보고서(유상증자결정철회)"
	m.say("A corrected filing that takes it back", at(corrected, (day+1).At(9, 30)))
	hostile := signal
	hostile.Article.Title = "<b>가온\u202e전자</b> & <a href=\"tg://x\">클릭</a>\u200b " + strings.Repeat("급등 ", 2500)
	m.say("A hostile title", at(hostile, day.At(14, 0)))
	digest := notice.DigestInput{Day: day + 1, Language: language, Items: []notice.DigestItem{
		{Alert: filing.Alert, Stock: filing.Stock, Article: filing.Article, Reason: notice.ReasonQuietHours},
		{Alert: signal.Alert, Stock: signal.Stock, Article: signal.Article, Prediction: signal.Prediction, Reason: notice.ReasonQuietHours},
		{Alert: signal.Alert, Stock: signal.Stock, Article: signal.Article, Prediction: down.Prediction, Reason: notice.ReasonUnproven}}}
	for _, part := range notice.DigestText(digest) {
		m.say("A morning's digest", part)
	}
	m.converse(language, day.At(11, 50))
}

// converse shows what the bot answers.
func (m *messenger) converse(language string, now time.Time) {
	m.Helper()
	a := notice.AnswersIn(language)
	gaon, daon := notice.Named{Code: "900001", Name: "가온전자"}, notice.Named{Code: "900002", Name: "다온기전"}
	shown := &notice.Shown{AsOf: now.Add(-8 * time.Minute), Horizon: 3, Probability: 0.561, BaseRate: 0.438}
	fates := []notice.Fate{{At: now.Add(-7 * time.Minute), Stock: gaon, Title: "가온전자, 해상 풍력용 변환 장치 1,200억원 규모 수주", State: notice.Sent, Reason: notice.ReasonPassed},
		{At: now.Add(-26 * time.Hour), Stock: daon, Title: "다온기전, 신형 변압기 공개", State: notice.Suppressed, Reason: notice.ReasonDailyCap}}
	for _, answer := range []struct{ to, text string }{
		{"/start, without a code", a.Explain}, {"/start CODE", a.Linked}, {"/start CODE, in a group", a.LinkedGroup}, {"/start CODE, where it only tells", a.LinkedOneWay}, {"/start, with a code that is none", a.BadCode},
		{"anything from a chat that is not linked", a.NotLinked}, {"/watch 900001", fmt.Sprintf(a.Watching, gaon)}, {"/unwatch 900001", fmt.Sprintf(a.NotWatching, gaon)},
		{"/watch, of a member of a group", a.AdminsOnly}, {"/list", a.List(notice.Recipient{}, []notice.Named{gaon, daon})}, {"/last 가온전자", a.Last(gaon, shown)},
		{"/quiet 22-07", fmt.Sprintf(a.Quiet, 22, 7)}, {"the button that mutes", fmt.Sprintf(a.Muted, notice.Until(now.Add(24*time.Hour)))}, {"/why", a.Why(fates)},
		{"/privacy", a.Privacy}, {"/export", notice.Code(`{"chat_id":700001,"language":"` + language + `","active":true,"watchlist":["900001","900002"]}`)},
		{"/stop", a.Stopped}, {"/delete", a.Deleted}, {"/help", a.Help}, {"a test message that was ordered", a.Test},
	} {
		m.say("The bot answers "+answer.to, answer.text)
	}
}
