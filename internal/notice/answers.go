package notice

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"tickerwire/internal/market"
)

// Answers is what the bot says, in one language and Telegram's HTML. Formats take what their names say.
type Answers struct {
	Explain, Linked, LinkedGroup, BadCode, Stopped, NotLinked, AdminsOnly string
	LinkedOneWay                                                          string // where commands are not answered
	Watching, NotWatching                                                 string // stock
	NoSuchStock, WhichStock, ListFull                                     string
	Quiet                                                                 string // from, to
	QuietOff, QuietUsage                                                  string
	Muted                                                                 string // until
	Test                                                                  string
	Privacy, Deleted, Help                                                string
	list, listEmpty, listAll, listSilent                                  string
	lastNone                                                              string // stock
	last                                                                  string // stock, time, probability, base rate, days
	whyHead, whyNone                                                      string
	disclaimer                                                            string
	language                                                              string
	states                                                                map[State]string
}

// AnswersIn returns what the bot says in a language: English for "en", Korean for everything else.
func AnswersIn(language string) Answers {
	if language == "en" {
		return englishAnswers()
	}
	return koreanAnswers()
}

func koreanAnswers() Answers {
	return Answers{
		Explain:      "뉴스와 공시가 종목에 미칠 영향을 알려 드리는 봇입니다. 웹 페이지에서 받은 코드로 <code>/start 코드</code>를 보내면 이 대화가 연결됩니다. 정보 제공이며 투자 권유가 아닙니다.",
		Linked:       "연결되었습니다. /watch 005930 처럼 관심 종목을 더하고, /help 로 명령을 볼 수 있습니다.",
		LinkedGroup:  "이 그룹이 연결되었습니다. 설정은 그룹 관리자만 바꿀 수 있습니다. /watch 005930 처럼 관심 종목을 더해 주세요.",
		LinkedOneWay: "연결되었습니다. 관심 종목과 설정은 웹 페이지에서 바꿀 수 있습니다. /stop 은 알림을 멈추고 /delete 는 이 대화에 대해 보관하는 것을 지웁니다.",
		BadCode:      "코드가 없거나 만료되었습니다. 웹 페이지에서 새 코드를 받아 주세요.",
		Stopped:      "알림을 멈췄습니다. 다시 받으려면 새 코드로 /start 를 보내 주세요.",
		NotLinked:    "아직 연결되지 않은 대화입니다. 웹 페이지에서 받은 코드로 <code>/start 코드</code>를 보내 주세요.",
		AdminsOnly:   "그룹의 설정은 그룹 관리자만 바꿀 수 있습니다.",
		Watching:     "관심 종목에 더했습니다: %s", NotWatching: "관심 종목에서 뺐습니다: %s",
		NoSuchStock: "그런 종목을 찾지 못했습니다. 여섯 자리 코드나 정확한 종목명을 적어 주세요.",
		WhichStock:  "종목을 함께 적어 주세요. 예: <code>/watch 005930</code>",
		ListFull:    fmt.Sprintf("관심 종목은 %d개까지 둘 수 있습니다.", MaxWatchlist),
		Quiet:       "%02d시부터 %02d시까지는 알리지 않습니다.", QuietOff: "조용한 시간을 없앴습니다.",
		QuietUsage: "예: <code>/quiet 22-07</code>, 없애려면 <code>/quiet off</code>",
		Muted:      "%s까지 알리지 않습니다.",
		Test:       "시험 메시지입니다. 알림이 이 대화로 옵니다.",
		Privacy:    "이 대화의 번호, 설정, 보낸 알림과 시각만 보관합니다. 대화 내용은 보관하지 않으며 모델에 전달하지도 않습니다. /export 로 받아 보고 /delete 로 바로 지울 수 있습니다.",
		Deleted:    "이 대화에 대해 보관하던 것을 모두 지웠습니다.",
		Help: "/watch 005930 관심 종목 더하기\n/unwatch 005930 빼기\n/list 관심 종목\n/last 삼성전자 최근 예측\n/quiet 22-07 조용한 시간\n" +
			"/why 최근 알림과 보내지 않은 까닭\n/privacy 보관하는 것\n/export 내려받기\n/delete 지우기\n/stop 멈추기",
		list: "관심 종목 %d개", listEmpty: "관심 종목이 없습니다. /watch 005930 처럼 더해 주세요.", listAll: "모든 종목을 알려 드립니다.", listSilent: "알림 끔",
		lastNone: "%s: 예측이 아직 없습니다.",
		last:     "<b>%s</b> · %s\n시장 평균을 웃돌 확률 %s · 기준선 %s · 대상 기간 %d거래일",
		whyHead:  "최근 알림", whyNone: "아직 알릴 것이 없었습니다.",
		disclaimer: "정보 제공이며 투자 권유가 아닙니다.", language: "ko",
		states: map[State]string{Due: "보낼 예정", Held: "요약에 담을 예정", Claimed: "보내는 중", Sent: "보냄", Suppressed: "보내지 않음", Failed: "다시 보낼 예정",
			Refused: "거절됨", Ambiguous: "도착했는지 알 수 없음"},
	}
}

func englishAnswers() Answers {
	return Answers{
		Explain:      "This bot tells what news and filings may do to a stock. Send <code>/start CODE</code> with a code from the web page to link this chat. Information, not investment advice.",
		Linked:       "This chat is linked. Add stocks by /watch 005930; /help lists the commands.",
		LinkedGroup:  "This group is linked. Only its admins can change settings. Add stocks by /watch 005930.",
		LinkedOneWay: "This chat is linked. Your list and settings are on the web page. /stop ends alerts, /delete removes what is kept of this chat.",
		BadCode:      "There is no such code, or it has expired. Get a new one on the web page.",
		Stopped:      "Alerts are off. To get them again, send /start with a new code.",
		NotLinked:    "This chat is not linked yet. Send <code>/start CODE</code> with a code from the web page.",
		AdminsOnly:   "Only the group's admins can change its settings.",
		Watching:     "Watching %s", NotWatching: "Not watching any more: %s",
		NoSuchStock: "There is no such stock. Write its six-digit code or its exact name.",
		WhichStock:  "Name a stock, as in <code>/watch 005930</code>",
		ListFull:    fmt.Sprintf("A list holds at most %d stocks.", MaxWatchlist),
		Quiet:       "Nothing will be sent from %02d to %02d o'clock KST.", QuietOff: "There are no quiet hours any more.",
		QuietUsage: "As in <code>/quiet 22-07</code>; <code>/quiet off</code> for none",
		Muted:      "Nothing will be sent until %s.",
		Test:       "This is a test. Alerts will come to this chat.",
		Privacy:    "Kept are this chat's number, its settings, and the alerts sent to it with their times. What you write is not kept, and goes into no model. /export shows all of it, /delete removes it at once.",
		Deleted:    "All that was kept of this chat is deleted.",
		Help: "/watch 005930 add a stock\n/unwatch 005930 remove it\n/list your stocks\n/last 005930 the newest prediction\n/quiet 22-07 quiet hours\n" +
			"/why the latest alerts, and why some were not sent\n/privacy what is kept\n/export download it\n/delete delete it\n/stop no more alerts",
		list: "%d stocks", listEmpty: "Your list is empty. Add stocks by /watch 005930.", listAll: "You hear of every stock.", listSilent: "no alerts",
		lastNone: "%s: there is no prediction yet.",
		last:     "<b>%s</b> · %s\nChance of beating the market %s · base rate %s · horizon %d trading days",
		whyHead:  "Latest alerts", whyNone: "There was nothing to tell yet.",
		disclaimer: "Information, not investment advice.", language: "en",
		states: map[State]string{Due: "to be sent", Held: "kept for the digest", Claimed: "being sent", Sent: "sent", Suppressed: "not sent", Failed: "to be sent again",
			Refused: "refused", Ambiguous: "may have arrived"},
	}
}

// Named is a stock with its name.
type Named struct {
	Code market.Code
	Name string
}

// String is how a message names the stock, fit for its HTML.
func (n Named) String() string {
	return fmt.Sprintf("%s (%s)", escape(clean(n.Name, 60)), escape(clean(string(n.Code), 6)))
}

// listed is how many stocks of a list an answer names; the rest is counted.
const listed = 50

// List shows a watchlist.
func (a Answers) List(r Recipient, stocks []Named) string {
	switch {
	case r.WatchAll:
		return a.listAll
	case len(stocks) == 0:
		return a.listEmpty
	}
	lines := []string{fmt.Sprintf(a.list, len(stocks))}
	for _, s := range stocks[:min(len(stocks), listed)] {
		line := "• " + s.String()
		if slices.Contains(r.Silent, s.Code) {
			line += " · " + a.listSilent
		}
		lines = append(lines, line)
	}
	if len(stocks) > listed {
		lines = append(lines, "…")
	}
	return strings.Join(lines, "\n")
}

// Shown is one prediction as the bot shows it.
type Shown struct {
	AsOf                  time.Time
	Horizon               int
	Probability, BaseRate float64
	AI                    bool // a language model made it
}

// Last shows a stock's newest prediction; nil when there is none.
func (a Answers) Last(stock Named, p *Shown) string {
	if p == nil {
		return fmt.Sprintf(a.lastNone, stock)
	}
	text := fmt.Sprintf(a.last, stock, p.AsOf.In(market.KST).Format("01-02 15:04")+" KST", share(p.Probability), share(p.BaseRate), p.Horizon)
	if p.AI {
		text += "\nAI 생성"
	}
	return text + "\n\n<i>" + a.disclaimer + "</i>"
}

// Fate is what became of one alert for a recipient.
type Fate struct {
	At     time.Time
	Stock  Named
	Title  string
	State  State
	Reason string
}

// Why lists what became of alerts.
func (a Answers) Why(fates []Fate) string {
	if len(fates) == 0 {
		return a.whyNone
	}
	lines := []string{"<b>" + a.whyHead + "</b>"}
	for _, f := range fates {
		line := fmt.Sprintf("• %s %s · %s\n  %s", f.At.In(market.KST).Format("01-02 15:04"), f.Stock, a.states[f.State], escape(clean(f.Title, 60)))
		if f.Reason != "" && f.State != Sent {
			line += "\n  <i>" + escape(clean(Explain(f.Reason, a.language), 120)) + "</i>"
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// Until names an instant.
func Until(at time.Time) string { return at.In(market.KST).Format("01-02 15:04") + " KST" }

// Code shows text as it is but for what cannot be seen, in a fixed width. A long one takes several messages: Parts.
func Code(text string) string {
	seen := func(c rune) rune {
		if c != '\n' && invisible(c) {
			return -1
		}
		return c
	}
	return "<code>" + escape(strings.Map(seen, strings.ToValidUTF8(text, ""))) + "</code>"
}
