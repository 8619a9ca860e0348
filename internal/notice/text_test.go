package notice_test

import (
	"encoding/xml"
	"errors"
	"flag"
	"html"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
	"tickerwire/internal/news"
	"tickerwire/internal/notice"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func signalInput() notice.TextInput {
	day := market.NewDay(2026, 3, 11)
	return notice.TextInput{
		Alert: notice.Alert{Kind: notice.Signal, Code: "900001", Send: true},
		Stock: market.Stock{Code: "900001", Name: "가온전자"},
		Article: news.Article{Title: "가온전자, 해상 풍력용 변환 장치 1,200억원 규모 수주", Press: "한빛경제", URL: "https://news.example/a?id=1&p=2",
			PublishedAt: day.At(11, 42), FirstSeenAt: day.At(11, 43), TimeQuality: news.TimeExact},
		Prediction: &forecast.Prediction{Code: "900001", Horizon: 3, Probability: 0.561, BaseRate: 0.438, ExpectedPct: 0.42, LowPct: -3.9, HighPct: 4.74,
			Evidence: forecast.Evidence{Effective: 8.26, Neighbours: make([]forecast.Neighbour, 12)}},
		Analogues: []notice.Analogue{
			{Title: "나래중공업, 변환 장치 공급 계약 따내", Code: "900007", Day: day - 40, ExcessPct: 2.31},
			{Title: "가온전자 & 다온기전 \"공동 수주\"", Code: "900001", Day: day - 75, ExcessPct: -0.04},
			{Title: "셋째는 보이지 않는다", Code: "900009", Day: day - 90, ExcessPct: 9},
		},
		Phase: market.InSession, At: day.At(11, 43), Language: "ko",
	}
}

func filingInput() notice.TextInput {
	in := signalInput()
	in.Alert.Kind, in.Prediction, in.Analogues = notice.Disclosure, nil, nil
	in.Article = news.Article{Title: "[기재정정]주요사항보고서(유상증자결정)", Press: "DART", URL: "https://dart.example/view?no=20260311000123",
		PublishedAt: market.NewDay(2026, 3, 11).At(0, 0), FirstSeenAt: market.NewDay(2026, 3, 11).At(17, 20), TimeQuality: news.TimeDate,
		Kind: news.KindDisclosure, Filer: "900001", ReportType: "[기재정정]주요사항보고서(유상증자결정)"}
	in.Phase, in.At, in.Session = market.AfterClose, market.NewDay(2026, 3, 11).At(17, 21), market.NewDay(2026, 3, 12)
	return in
}

func TestTextGolden(t *testing.T) {
	t.Parallel()
	down := signalInput()
	down.Prediction.Probability, down.Prediction.ExpectedPct, down.Prediction.LowPct, down.Prediction.HighPct = 0.31, -0.8, -5.1, 3.5
	down.Phase, down.At, down.Session = market.BeforeOpen, market.NewDay(2026, 3, 12).At(7, 5), market.NewDay(2026, 3, 12)
	bare := signalInput()
	bare.Prediction.LowPct, bare.Prediction.HighPct, bare.Prediction.ExpectedPct, bare.Prediction.Evidence = 0, 0, 0, forecast.Evidence{}
	bare.Analogues, bare.Article.URL, bare.Article.Press = nil, "", ""
	bare.Phase, bare.At, bare.Session = market.ClosedDay, market.NewDay(2026, 3, 14).At(13, 0), market.NewDay(2026, 3, 16)
	proven := signalInput()
	proven.Record = notice.Record{StockDays: 1240, Share: 0.541, Low: 0.509, High: 0.573}
	sealed := proven
	sealed.Seal = notice.ShortSeal(128, []byte{0x4f, 0x2a, 0x9c, 0x1e, 0x5b, 0x7d, 0x99})
	sealed.AI = notice.AIText{Text: "수주 규모가 지난해 매출의 <b>12%</b>입니다.", Model: "gaon-llm", PromptVersion: "judge-2"}
	reversal, withdrawal := sealed, filingInput()
	reversal.AI, reversal.Alert.Topic = notice.AIText{}, notice.TopicReversal
	withdrawal.Article.ReportType = "[기재정정]주요사항보고서(유상증자결정철회)"
	for name, in := range map[string]notice.TextInput{"signal_up_in_session": signalInput(), "signal_of_a_record": proven, "signal_down_before_open": down,
		"signal_bare_closed_day": bare, "filing_correction_after_close": filingInput(), "signal_sealed_with_ai_text": sealed, "signal_reversal": reversal, "filing_withdrawal": withdrawal} {
		for _, language := range []string{"ko", "en"} {
			t.Run(name+"_"+language, func(t *testing.T) {
				t.Parallel()
				in.Language = language
				got := notice.Text(in)
				checkMessage(t, got)
				golden(t, name+"_"+language, got)
			})
		}
	}
}

// known is an outcome over three days.
func known(excessPct float64) *forecast.Outcome {
	return &forecast.Outcome{Horizon: 3, BaseDay: market.NewDay(2026, 3, 11), TargetDay: market.NewDay(2026, 3, 16), ExcessPct: excessPct}
}

func TestAmend(t *testing.T) {
	t.Parallel()
	in := signalInput()
	in.Seal = "#7 0a0b0c0d0e0f"
	flat, void := *known(-0.12), *known(0)
	flat.Flat, void.Void = true, forecast.VoidHalted
	for name, a := range map[string]notice.Amendment{
		"amended_outlets": {Outlets: 7, FirstSeen: noon}, "amended_hit": {Outlets: 7, FirstSeen: noon, Direction: 1, Outcome: known(1.84)},
		"amended_miss": {Direction: 1, Outcome: &flat}, "amended_hit_down": {Direction: -1, Outcome: known(-3)}, "amended_void": {Direction: 1, Outcome: &void},
	} {
		for _, language := range []string{"ko", "en"} {
			in.Language = language
			before := notice.Text(in)
			got := notice.Amend(before, language, a)
			checkMessage(t, got)
			golden(t, name+"_"+language, got)
			for _, line := range strings.Split(before, "\n") {
				if !strings.Contains(got, line) {
					t.Errorf("%s: %q was said and is gone", name, line)
				}
			}
			if again := notice.Amend(got, language, a); again != got {
				t.Errorf("%s: amended twice it changes: %s", name, cmp.Diff(got, again))
			}
			if back := notice.Amend(got, language, notice.Amendment{Outlets: 1}); back != before {
				t.Errorf("%s: %s", name, cmp.Diff(before, back))
			}
		}
	}
	out := notice.Amend(notice.Text(filingInput()), "ko", notice.Amendment{Outcome: known(-6.4)})
	if !strings.Contains(out, "📌 그 뒤 · 3거래일 초과수익률 -6.4%") {
		t.Errorf("of a filing, which said no direction:\n%s", out)
	}
}

func TestDigestDue(t *testing.T) {
	t.Parallel()
	day := market.NewDay(2026, 3, 14) // a Saturday: a closed day has its digest, too
	for name, c := range map[string]struct {
		from, to, hour int
		until          int
		due            bool
	}{
		"in the night": {21, 8, 7, 8, false}, "at their end": {21, 8, 8, 8, true}, "later": {21, 8, 15, 8, true}, "quiet again": {21, 8, 22, 8, false},
		"none, early": {5, 5, 7, 8, false}, "none": {5, 5, 8, 8, true}, "over noon, before": {9, 17, 8, 17, false}, "over noon, behind": {9, 17, 17, 17, true},
	} {
		rule := notice.Rule{QuietFrom: c.from, QuietTo: c.to, Digest: true}
		until, due := rule.DigestDue(day.At(c.hour, 0))
		if due != c.due || !until.Equal(day.At(c.until, 0)) {
			t.Errorf("%s: %s, %t", name, until, due)
		}
		rule.Digest = false
		if _, due := rule.DigestDue(day.At(c.hour, 0)); due {
			t.Errorf("%s: not wanted, and due", name)
		}
	}
}

// digestInput holds two items that quiet hours held back and so many that nothing proves yet.
func digestInput(unproven int) notice.DigestInput {
	quiet, night := signalInput(), filingInput()
	quiet.Article.URL += "&from=" + strings.Repeat("0123456789", 12) // long enough for the digest to be cut
	in := notice.DigestInput{Day: market.NewDay(2026, 3, 12), Language: "ko", Items: []notice.DigestItem{
		{Alert: night.Alert, Stock: night.Stock, Article: night.Article, Reason: notice.ReasonQuietHours},
		{Alert: quiet.Alert, Stock: quiet.Stock, Article: quiet.Article, Prediction: quiet.Prediction, Reason: notice.ReasonQuietHours},
	}}
	for i := range unproven {
		p := *quiet.Prediction
		p.Probability -= float64(i) / 50
		in.Items = append(in.Items, notice.DigestItem{Alert: quiet.Alert, Stock: quiet.Stock, Article: quiet.Article, Prediction: &p, Reason: notice.ReasonUnproven})
	}
	return in
}

func TestDigestGolden(t *testing.T) {
	t.Parallel()
	for _, language := range []string{"ko", "en"} {
		in := digestInput(17)
		in.Language = language
		parts := notice.DigestText(in)
		if len(parts) < 2 {
			t.Errorf("%d parts: the digest shows no cut", len(parts))
		}
		golden(t, "digest_"+language, strings.Join(parts, "\n--------\n"))
		for _, part := range parts {
			checkMarkup(t, part)
		}
	}
	if parts := notice.DigestText(notice.DigestInput{Day: 20000}); len(parts) != 0 {
		t.Errorf("an empty digest makes %q", parts)
	}
	if parts := notice.DigestText(digestInput(0)); len(parts) != 1 || strings.Contains(parts[0], "미검증") {
		t.Errorf("without anything unproven: %q", parts)
	}
}

// golden compares a text with what is kept of it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(path, []byte(got+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got+"\n"); diff != "" {
		t.Error(diff)
	}
}

// checkMessage asserts what every message must be: checkMarkup, without hidden characters, and with the disclaimer.
func checkMessage(t *testing.T, text string) {
	t.Helper()
	checkMarkup(t, text)
	if !strings.Contains(text, "투자 권유가 아닙니다") && !strings.Contains(text, "not investment advice") {
		t.Error("no disclaimer")
	}
	for _, c := range text {
		if c != '\n' && (unicode.In(c, unicode.C) || c == unicode.ReplacementChar || c == '\u3164') {
			t.Errorf("hidden character %U", c)
		}
	}
}

// checkMarkup asserts that a message is short enough, and well-formed with only the few tags that Telegram knows and we use.
func checkMarkup(t *testing.T, text string) {
	t.Helper()
	if n := len(utf16.Encode([]rune(text))); n > notice.MaxUnits {
		t.Errorf("%d UTF-16 units", n)
	}
	d := xml.NewDecoder(strings.NewReader("<m>" + text + "</m>"))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("markup: %v in\n%s", err, text)
		}
		switch e := token.(type) {
		case xml.StartElement:
			if !strings.Contains(" m b i a code ", " "+e.Name.Local+" ") {
				t.Errorf("tag %s", e.Name.Local)
			}
			for _, attr := range e.Attr {
				if e.Name.Local != "a" || attr.Name.Local != "href" || !strings.HasPrefix(attr.Value, "http") {
					t.Errorf("attribute %s=%q of %s", attr.Name.Local, attr.Value, e.Name.Local)
				}
			}
		case xml.Comment, xml.ProcInst, xml.Directive:
			t.Errorf("%T in a message", e)
		}
	}
}

func TestHostileTitles(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ title, shown, hidden string }{
		"markup":             {`<b>굵게</b> & "따옴표" <a href="tg://x">링크</a>`, "&lt;b&gt;굵게&lt;/b&gt; &amp; &#34;따옴표&#34;", "tg://x\">링크</a>"},
		"unclosed":           {"가온 <script", "가온 &lt;script", "<script"},
		"entities":           {"가온 &lt;b&gt;", "가온 &amp;lt;b&amp;gt;", "가온 &lt;b"},
		"right to left":      {"가온\u202e전자\u202c \u2066급등\u2069\u200f", "가온전자 급등", "\u202e"},
		"zero width":         {"가\u200b온\ufeff전\u2060자\u00ad", "<b>가온전자</b>", "\u200b"},
		"newlines and tabs":  {"가온\n\n\t전자\r\n신호", "<b>가온 전자 신호</b>", "\r"},
		"invalid UTF-8":      {"가온\xff\xfe전자", "<b>가온전자</b>", "\xff"},
		"fillers":            {"가온\u3164\u115f전자", "<b>가온전자</b>", "\u3164"},
		"ten thousand":       {strings.Repeat("가", 10_000), strings.Repeat("가", 199) + "…", strings.Repeat("가", 200)},
		"ten thousand &":     {strings.Repeat("&", 10_000), "&amp;…", "&amp;am…"},
		"ten thousand words": {strings.Repeat("가 ", 10_000), "가 가…", "가 …"},
		"mojibake":           {"ê°€ì˜¨ì „ìž\u0090 \x80\x9d ¼öÁÖ", "ê°€ì˜¨ì „ìž ¼öÁÖ", "\u0090"},
		"surrogates":         {strings.Repeat("😀", 5_000), strings.Repeat("😀", 199) + "…", strings.Repeat("😀", 200)},
		"nothing":            {"", "<b></b>", "…"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := signalInput()
			in.Article.Title = c.title
			in.Analogues = []notice.Analogue{{Title: c.title, Code: "900007", Day: market.NewDay(2026, 2, 2)}}
			text := notice.Text(in)
			checkMessage(t, text)
			if !strings.Contains(text, c.shown) || strings.Contains(strings.SplitN(text, "\n\n", 2)[0], c.hidden) {
				t.Errorf("want %q and not %q in\n%s", c.shown, c.hidden, text)
			}
		})
	}
}

func TestHostileLinksAreLeftOut(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"https://news.example/1": true, "http://news.example/가?q=\"x\"&y='": true, "": false, "javascript:alert(1)": false, "tg://resolve?domain=x": false,
		"//news.example/1": false, "/1": false, "https://user:pass@news.example/": false, "https://": false, "https://news.example/a b": false,
		"https://news.example/\u202ex": false, "https://news.example/" + strings.Repeat("a", 2000): false, "ht tp://x": false,
	} {
		in := signalInput()
		in.Article.URL = address
		text := notice.Text(in)
		checkMessage(t, text)
		if got := strings.Contains(text, "<a "); got != want {
			t.Errorf("%q: linked %t, want %t", address, got, want)
		}
	}
}

// Whatever comes in, what goes out is a message.
func TestTextOfAnything(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(21, 22))
	alphabet := []rune("가힣aZ9 <>&\"'/\\…\n\t\u200b\u202e\u0301😀🇰🇷\u3164\x00%+[](){}")
	word := func(limit int) string {
		runes := make([]rune, r.IntN(limit))
		for i := range runes {
			runes[i] = alphabet[r.IntN(len(alphabet))]
		}
		return string(runes)
	}
	phases := []market.Phase{market.BeforeOpen, market.InSession, market.AfterClose, market.ClosedDay, ""}
	for round := range 500 {
		in := signalInput()
		if round%2 == 0 {
			in = filingInput()
		}
		in.Stock.Name, in.Article.Title, in.Article.Press, in.Article.ReportType = word(4000), word(12_000), word(4000), word(4000)
		in.Article.URL = "https://news.example/?q=" + strings.Repeat([]string{"&", "가", "x"}[round%3], r.IntN(400))
		for i := range in.Analogues {
			in.Analogues[i].Title = word(9000)
		}
		in.Phase, in.Language = phases[r.IntN(len(phases))], []string{"ko", "en", "xx"}[r.IntN(3)]
		in.At = in.At.Add(time.Duration(r.IntN(100)) * time.Hour)
		checkMessage(t, notice.Text(in))
	}
}

func TestALongMessageLosesItsAnaloguesFirst(t *testing.T) {
	t.Parallel()
	in := signalInput()
	in.Stock.Name, in.Article.Press = strings.Repeat("\"", 60), strings.Repeat("\"", 40)
	in.Article.Title = strings.Repeat("\"", 300)
	in.Article.URL = "https://news.example/?" + strings.Repeat("&", 480)
	for i := range in.Analogues {
		in.Analogues[i].Title = strings.Repeat("\"", 200)
	}
	text := notice.Text(in)
	checkMessage(t, text)
	if strings.Contains(text, "900007") || !strings.Contains(text, "<a ") || !strings.Contains(text, "56.1%") {
		t.Errorf("want link and figures and no analogues in\n%s", text)
	}
}

func TestEveryKindHasWords(t *testing.T) {
	t.Parallel()
	for _, report := range []string{"주권매매거래정지", "주권매매거래정지해제", "상장적격성실질심사", "상장폐지", "관리종목지정", "횡령", "회계처리기준위반", "부도발생",
		"회생절차", "채권은행등의관리절차개시", "파산", "해산사유발생", "영업정지", "유상증자결정", "감자결정", "전환사채권발행결정", "회사합병결정", "회사분할결정", "공개매수신고서", "최대주주변경"} {
		for language, label := range map[string]string{"ko": "긴급 공시: ", "en": "urgent filing: "} {
			in := filingInput()
			in.Article.ReportType, in.Language = report, language
			first, _, _ := strings.Cut(notice.Text(in), "\n")
			if _, kind, ok := strings.Cut(first, label); !ok || kind == "" {
				t.Errorf("%s, %s: %q names no kind", report, language, first)
			}
		}
	}
}

// visible returns what a text shows: without tags, and with what entities stand for.
func visible(text string) string {
	return html.UnescapeString(regexp.MustCompile(`</?(b|i|code|a)( href="[^"]*")?>`).ReplaceAllString(text, ""))
}

func TestParts(t *testing.T) {
	t.Parallel()
	line := strings.Repeat("가", 99)
	for name, c := range map[string]struct {
		text  string
		parts int
	}{
		"nothing":             {"", 0},
		"only markup":         {"<b></b>\n", 0},
		"what fits":           {"<b>가</b> &amp; 나", 1},
		"exactly the limit":   {strings.Repeat("a", notice.MaxUnits), 1},
		"one more":            {strings.Repeat("a", notice.MaxUnits+1), 2},
		"pairs of surrogates": {strings.Repeat("😀", notice.MaxUnits/2+1), 2},
		"entities":            {strings.Repeat("&amp;", 2000), 3},
		"lines in bold":       {"<b>" + strings.Repeat(line+"\n", 100) + "</b>", 3},
		"a link over the cut": {strings.Repeat("a", 4000) + `<a href="https://news.example/?q=1&amp;p=2">` + strings.Repeat("나", 3000) + "</a>", 2},
		"nested":              {"<i><b>" + strings.Repeat("다", 9000) + "</b></i>", 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			parts := notice.Parts(c.text)
			if len(parts) != c.parts {
				t.Errorf("%d parts, want %d", len(parts), c.parts)
			}
			var shown strings.Builder
			for _, part := range parts {
				checkMarkup(t, part)
				shown.WriteString(visible(part))
			}
			if want, got := strings.ReplaceAll(visible(c.text), "\n", ""), strings.ReplaceAll(shown.String(), "\n", ""); got != want {
				t.Errorf("%d of %d characters are shown", len(got), len(want))
			}
			if len(parts) == 1 && parts[0] != c.text {
				t.Error("what fits was changed")
			}
		})
	}
	if parts := notice.Parts("<b>" + strings.Repeat(line+"\n", 60) + "</b>"); len(parts) != 2 || strings.Count(parts[0], "가")%99 != 0 {
		t.Errorf("a line was cut that need not be")
	}
}

func FuzzText(f *testing.F) {
	for _, seed := range []string{"가온전자 <b>수주</b>", "\u202e가\u200b<a href=\"tg://x\">", "&lt;&#60;", "\xff\xfe", strings.Repeat("가&<", 300)} {
		f.Add(seed, seed, "https://news.example/?"+seed)
	}
	f.Fuzz(func(t *testing.T, title, name, address string) {
		in := signalInput()
		in.Article.Title, in.Article.Press, in.Stock.Name, in.Article.URL = title, name, name, address
		in.Analogues[0].Title, in.Seal = title, name
		in.AI = notice.AIText{Text: title, Model: name, PromptVersion: name}
		checkMessage(t, notice.Amend(notice.Text(in), "ko", notice.Amendment{Outlets: 3, FirstSeen: noon, Direction: 1, Outcome: known(2)}))
		out := filingInput()
		out.Article.ReportType, out.Stock.Name, out.Article.URL = title, name, address
		checkMessage(t, notice.Text(out))
		d := notice.DigestInput{Day: 20000}
		for i := range 40 {
			item := notice.DigestItem{Alert: in.Alert, Stock: in.Stock, Article: in.Article, Prediction: in.Prediction, Reason: notice.ReasonUnproven}
			if i%2 == 0 {
				item = notice.DigestItem{Alert: out.Alert, Stock: out.Stock, Article: out.Article, Reason: notice.ReasonQuietHours}
			}
			d.Items = append(d.Items, item)
		}
		for _, part := range notice.DigestText(d) {
			checkMarkup(t, part)
		}
	})
}

func FuzzParts(f *testing.F) {
	f.Add("<b>가</b>\n<i>나", 900)
	f.Add("</b>&amp;<a href=\"x\">다", 3000)
	f.Add("<<a>&&;&#x110000;", 1)
	f.Fuzz(func(t *testing.T, text string, times int) {
		text = strings.Repeat(text, 1+times&63)
		for i, part := range notice.Parts(text) {
			if n := len(utf16.Encode([]rune(part))); n > notice.MaxUnits || n == 0 {
				t.Errorf("part %d has %d units", i, n)
			}
			for _, tag := range []string{"b", "i", "code"} {
				if opened, closed := strings.Count(part, "<"+tag+">"), strings.Count(part, "</"+tag+">"); opened != closed {
					t.Errorf("part %d opens %s %d times and closes it %d times", i, tag, opened, closed)
				}
			}
		}
	})
}
