package news_test

import (
	"encoding/binary"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/fault"
	"tickerwire/internal/news"
)

// fitOf returns the table of n articles that all say common, one of which says rare too.
func fitOf(n int, common, rare string) *news.IDF {
	var fit news.IDFFit
	for i := range n {
		title := common
		if i == 0 {
			title += " " + rare
		}
		fit.Add(title, "")
	}
	return fit.Freeze()
}

func TestIDFWeighsWhatIsRare(t *testing.T) {
	t.Parallel()
	flat, fitted := news.Embedder{}, news.FittedEmbedder(fitOf(500, "가상전자 실적", "풍력"))
	near := func(e news.Embedder) float64 {
		return news.Cosine(e.Embed("가상전자 실적 풍력", ""), e.Embed("해상 풍력", ""))
	}
	if near(fitted) <= near(flat) {
		t.Errorf("sharing a rare word: %.3f fitted, %.3f flat", near(fitted), near(flat))
	}
	if v := fitted.Embed(embedTitle, embedSummary); len(v) != news.Dim || math.Abs(news.Cosine(v, v)-1) > 1e-6 {
		t.Errorf("no unit vector of %d", len(v))
	}
	if fitted.Embed("…", "[속보]") != nil {
		t.Error("a vector of nothing")
	}
	if diff := cmp.Diff(news.Embed(embedTitle, embedSummary), flat.Embed(embedTitle, embedSummary)); diff != "" || flat.Version() != news.EmbedderVersion {
		t.Errorf("the zero embedder is not the flat one: %s %s", flat.Version(), diff)
	}
}

// TestIDFFormula checks stored weights against sqrt(ln((N+1)/(df+1))+1) of words that are one run long.
func TestIDFFormula(t *testing.T) {
	t.Parallel()
	var fit news.IDFFit
	for i := range 100 {
		fit.Add("가", strings.Repeat("가 ", i%3)) // how often within an article says nothing
	}
	fit.Add("…", "")
	if fit.Articles() != 100 {
		t.Errorf("%d articles", fit.Articles())
	}
	table := fit.Freeze().Bytes()
	counts := map[uint16]int{}
	for i := 0; i < len(table); i += 2 {
		counts[binary.LittleEndian.Uint16(table[i:])]++
	}
	everywhere := uint16(math.Round(math.Sqrt(math.Log(101./101)+1) * 16384))
	nowhere := uint16(math.Round(math.Sqrt(math.Log(101./1)+1) * 16384))
	want := map[uint16]int{everywhere: 3, nowhere: 65536 - 3} // "_가", "가_", "_가_"
	if diff := cmp.Diff(want, counts); diff != "" {
		t.Error(diff)
	}
}

func TestIDFIsNamedAfterWhatItHolds(t *testing.T) {
	t.Parallel()
	table := fitOf(50, "가상전자", "풍력")
	back, err := news.ReadIDF(table.Version(), table.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(news.FittedEmbedder(table).Embed(embedTitle, ""), news.FittedEmbedder(back).Embed(embedTitle, "")); diff != "" {
		t.Error(diff)
	}
	if other := fitOf(51, "가상전자", "풍력"); other.Version() == table.Version() {
		t.Error("two tables share a version")
	}
	if again := fitOf(50, "가상전자", "풍력"); again.Version() != table.Version() || !news.IsFitted(again.Version()) || news.IsFitted(news.EmbedderVersion) {
		t.Errorf("version %s, then %s", table.Version(), again.Version())
	}
	changed := table.Bytes()
	changed[7]++
	for name, raw := range map[string][]byte{"changed": changed, "cut": table.Bytes()[:100], "empty": nil} {
		if _, err := news.ReadIDF(table.Version(), raw); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s table: %v", name, err)
		}
	}
}

func BenchmarkFittedEmbed(b *testing.B) {
	e := news.FittedEmbedder(fitOf(50, "가상전자", "풍력"))
	b.ReportAllocs()
	for b.Loop() {
		e.Embed(embedTitle, embedSummary)
	}
}

func TestThresholdsByVersion(t *testing.T) {
	t.Parallel()
	fitted := fitOf(10, "가상전자", "풍력").Version()
	for _, c := range []struct {
		version string
		cosine  float64
		unnamed bool
		want    string
	}{
		{news.EmbedderVersion, .62, false, "echo"}, {fitted, .62, false, "join"}, {fitted, .52, false, "echo"}, {news.EmbedderVersion, .52, false, "own"},
		{fitted, .49, false, "own"}, {fitted, .69, true, "echo"}, {fitted, .71, true, "join"}, {fitted, .64, true, "own"},
	} {
		p := news.ThresholdsOf(c.version).Place(news.Article{Kind: news.KindNews, AvailableAt: fetched}, at(1),
			[]news.Candidate{{StoryID: 1, AvailableAt: fetched, Vector: at(c.cosine), Unnamed: c.unnamed}})
		got := map[bool]string{true: "join", false: "own"}[p.StoryID == 1]
		if p.EchoOf == 1 {
			got = "echo"
		}
		if got != c.want {
			t.Errorf("%s at %.2f, unnamed %t: %s, want %s", c.version, c.cosine, c.unnamed, got, c.want)
		}
	}
}
