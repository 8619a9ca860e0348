package news_test

import (
	"math"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/news"
)

const (
	embedTitle   = "가상전자, 차세대 메모리 연내 양산…영업이익 1,234억 전망"
	embedSummary = "가상전자가 23일 차세대 메모리를 연내 양산한다고 밝혔다. 증권가는 올해 영업이익이 1234억원으로 12.5% 늘 것으로 본다."
)

func TestEmbedIsAUnitVector(t *testing.T) {
	t.Parallel()
	v := news.Embed(embedTitle, embedSummary)
	if len(v) != news.Dim {
		t.Fatalf("length %d, want %d", len(v), news.Dim)
	}
	if got := news.Cosine(v, v); math.Abs(got-1) > 1e-6 {
		t.Errorf("cosine with itself %v, want 1", got)
	}
	if diff := cmp.Diff(v, news.Embed(embedTitle, embedSummary)); diff != "" {
		t.Error("the same text gives another vector: " + diff)
	}
}

func TestEmbedOfNothing(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", " ", "…!?", "[속보]", "___"} {
		if v := news.Embed(s, s); v != nil {
			t.Errorf("%q has a vector", s)
		}
	}
	if news.Cosine(nil, news.Embed(embedTitle, "")) != 0 {
		t.Error("the cosine with no vector is not 0")
	}
}

// TestEmbedIsFrozen pins one vector: whoever changes it must change EmbedderVersion too.
func TestEmbedIsFrozen(t *testing.T) {
	t.Parallel()
	want := map[int]float32{}
	for _, g := range []struct {
		gram  string
		count float64
	}{{"_가", 3}, {"가상", 3}, {"상_", 3}, {"_가상", 3}, {"가상_", 3}, {"_5", 1}, {"5%", 1}, {"%_", 1}, {"_5%", 1}, {"5%_", 1}} {
		h := uint64(14695981039346656037)
		for i := range len(g.gram) {
			h = (h ^ uint64(g.gram[i])) * 1099511628211
		}
		h = (h ^ h>>33) * 0xff51afd7ed558ccd
		h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
		h ^= h >> 33
		w := float32(1 + math.Log(g.count))
		if h&1 == 1 {
			w = -w
		}
		want[int(h>>1%512)] += w
	}
	var square float64
	for _, w := range want {
		square += float64(w) * float64(w)
	}
	got := news.Embed("가상", "5%")
	for i, v := range got {
		if math.Abs(float64(v)-float64(want[i])/math.Sqrt(square)) > 1e-6 {
			t.Errorf("place %d is %v, want %v", i, v, float64(want[i])/math.Sqrt(square))
		}
	}
}

func TestEmbedSeesPastTheForm(t *testing.T) {
	t.Parallel()
	for name, c := range map[string][2]string{
		"tags":            {"[속보] 가상전자 급등", "가상전자 급등"},
		"a tag inside":    {"가상전자[특징주] 급등", "가상전자 급등"},
		"case":            {"KOSPI 급등", "kospi 급등"},
		"width":           {"ＫＯＳＰＩ １２％", "KOSPI 12%"},
		"commas":          {"1,234,567원", "1234567원"},
		"marks":           {"‘가상전자’…급등!", "가상전자 급등"},
		"spaces":          {"  가상전자   급등 ", "가상전자 급등"},
		"a comma between": {"가상전자,한빛중공업", "가상전자 한빛중공업"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(news.Embed(c[1], ""), news.Embed(c[0], "")); diff != "" {
				t.Error(diff)
			}
		})
	}
	if cmp.Equal(news.Embed("[가상전자 3분기 실적 발표 전문] 급등", ""), news.Embed("급등", "")) {
		t.Error("a long text in brackets was dropped like a tag")
	}
}

func TestEmbedBringsLikeTextsTogether(t *testing.T) {
	t.Parallel()
	v := news.Embed(embedTitle, embedSummary)
	same := news.Cosine(v, news.Embed("[종합] 가상전자 차세대 메모리 연내 양산 나선다", "가상전자가 차세대 메모리를 연내 양산한다고 23일 밝혔다."))
	other := news.Cosine(v, news.Embed("한빛중공업, 해상풍력 설치선 수주", "한빛중공업이 유럽 선사에서 풍력 설치선 두 척을 수주했다."))
	if same < news.StoryCosine || other > 0.2 {
		t.Errorf("the same story at %.2f, another at %.2f", same, other)
	}
	title := news.Cosine(v, news.Embed(embedTitle, ""))
	summary := news.Cosine(v, news.Embed("", embedSummary))
	if title <= summary {
		t.Errorf("the title weighs %.2f, the summary %.2f", title, summary)
	}
}

func TestEmbedFromManyGoroutines(t *testing.T) {
	t.Parallel()
	want := news.Embed(embedTitle, embedSummary)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 50 {
				if !cmp.Equal(want, news.Embed(embedTitle, embedSummary)) {
					t.Error("another vector")
				}
			}
		})
	}
	all.Wait()
}

func BenchmarkEmbed(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		news.Embed(embedTitle, embedSummary)
	}
}

func BenchmarkEmbedLongest(b *testing.B) {
	title, summary := strings.Repeat("가상전자 메모리 ", 55), strings.Repeat("한빛중공업 수주 ", 110)
	b.ReportAllocs()
	for b.Loop() {
		news.Embed(title, summary)
	}
}

func BenchmarkMatch(b *testing.B) {
	m, _ := newUniverse()
	a := news.Clean(news.Item{Title: embedTitle, Summary: embedSummary + " 삼성전자와 SK하이닉스, 한화오션도 올랐다."}, fetched)
	b.ReportAllocs()
	for b.Loop() {
		m.Match(a)
	}
}

func BenchmarkClean(b *testing.B) {
	item := news.Item{Title: "<b>" + embedTitle + "</b> - 매일경제", Summary: embedSummary, URL: "https://n.news.naver.com/mnews/article/999/0000000001?sid=101",
		PublishedAt: fetched, TimeQuality: news.TimeExact}
	b.ReportAllocs()
	for b.Loop() {
		news.Clean(item, fetched)
	}
}
