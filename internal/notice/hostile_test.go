package notice_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
	"tickerwire/internal/notice"
	"tickerwire/internal/simulator"
)

// hostile are words from outside that would like to be more than words.
func hostile() map[string]string {
	return map[string]string{
		"markup":        `<b>굵게</b> & "따옴표" <a href="tg://user?id=1">링크</a> <tg-spoiler>x</tg-spoiler></b></i>`,
		"unclosed":      `가온 <script <a href="`,
		"entities":      `&lt;b&gt; &amp;amp; &#60;i&#62; &bogus; &#x110000;`,
		"markdown":      "*굵게* _기울임_ [링크](tg://x) `코드` ~취소~ ||숨김||",
		"right to left": "가온\u202e전자\u202c \u2066급등\u2069\u200f\u061c",
		"zero width":    "가\u200b온\ufeff전\u2060자\u00ad\u200d\ufe0f",
		"ten thousand":  strings.Repeat("가", 10_000),
		"all markup":    strings.Repeat(`<&">'`, 2_000),
		"emoji":         strings.Repeat("👩‍👩‍👧‍👦", 2_500),
		"mojibake":      "ê°€ì˜¨ì „ìž\u0090 \x80\x9d ¼öÁÖ\xff\xfe",
		"controls":      "가\x00온\x1b[31m전\r\n\n자\u2028\u2029",
		"amendments":    "\n\n✅ 맞음\n\n🔁 매체 9곳",
		"commands":      "/delete /stop@tick_bot @everyone https://evil.invalid",
	}
}

// TestHostileWordsInEveryMessage puts them wherever words from outside stand, in every sort of message in both languages, and
// sends all of it to the simulated Telegram: none is refused, and none holds another tag or address than ours.
func TestHostileWordsInEveryMessage(t *testing.T) {
	t.Parallel()
	world, err := simulator.NewMarket(simulator.MarketOptions{Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	for name, words := range hostile() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := &messenger{T: t, wall: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)}
			m.sim = simulator.New(world, simulator.Options{Wall: func() time.Time { return m.wall }})
			sent := 0
			for _, language := range []string{"ko", "en"} {
				for sort, text := range messagesOf(words, language) {
					for _, part := range notice.Parts(text) {
						checkMarkup(t, part)
						if strings.Contains(part, `href="tg:`) || strings.Contains(part, `href="https://evil`) {
							t.Errorf("%s leads elsewhere: %s", sort, part)
						}
						m.call("sendMessage", url.Values{"text": {part}}) // fails where it is refused
						sent++
					}
				}
			}
			if sent < 20 {
				t.Errorf("only %d messages were sent", sent)
			}
		})
	}
}

// messagesOf is every sort of message with the same words in each of its places.
func messagesOf(words, language string) map[string]string {
	signal, filing := signalInput(), filingInput()
	for _, in := range []*notice.TextInput{&signal, &filing} {
		in.Language, in.Stock.Name, in.Article.Title, in.Article.Press, in.Article.ReportType, in.Seal = language, words, words, words, words, words
		in.AI = notice.AIText{Text: words, Model: words, PromptVersion: words}
		in.Article.URL = "https://news.example/?q=" + words
		for i := range in.Analogues {
			in.Analogues[i].Title = words
		}
	}
	known := notice.Amendment{Outlets: 7, FirstSeen: noon, Direction: 1, Outcome: &forecast.Outcome{Horizon: 3, BaseDay: 20000, TargetDay: 20005, ExcessPct: 1.8}}
	digest := notice.DigestInput{Day: 20000, Language: language}
	for i := range 40 {
		item := notice.DigestItem{Alert: signal.Alert, Stock: signal.Stock, Article: signal.Article, Prediction: signal.Prediction, Reason: notice.ReasonUnproven}
		if i%2 == 0 {
			item = notice.DigestItem{Alert: filing.Alert, Stock: filing.Stock, Article: filing.Article, Reason: notice.ReasonQuietHours}
		}
		digest.Items = append(digest.Items, item)
	}
	stock, answers := notice.Named{Code: market.Code(words), Name: words}, notice.AnswersIn(language)
	var fates []notice.Fate
	for _, state := range []notice.State{notice.Sent, notice.Suppressed, notice.Ambiguous, notice.Refused, notice.Held} {
		fates = append(fates, notice.Fate{At: noon, Stock: stock, Title: words, State: state, Reason: words})
	}
	all := map[string]string{"signal": notice.Text(signal), "filing": notice.Text(filing), "amended signal": notice.Amend(notice.Text(signal), language, known),
		"amended filing": notice.Amend(notice.Text(filing), language, known), "why": answers.Why(fates), "export": notice.Code(words),
		"list": answers.List(notice.Recipient{}, []notice.Named{stock, stock}), "no prediction": answers.Last(stock, nil),
		"prediction": answers.Last(stock, &notice.Shown{AsOf: noon, Horizon: 3, Probability: .5, BaseRate: .4, AI: true}),
		"watching":   fmt.Sprintf(answers.Watching, stock), "not watching": fmt.Sprintf(answers.NotWatching, stock)}
	for i, part := range notice.DigestText(digest) {
		all[fmt.Sprint("digest, part ", i+1)] = part
	}
	return all
}
