package measure_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"tickerwire/internal/market"
	"tickerwire/internal/measure"
	"tickerwire/internal/news"
)

func pair(i int, named bool, cosine float64) measure.Pair {
	return measure.Pair{A: fmt.Sprintf("%04d", i), B: "9", Named: named, Cosine: cosine}
}

func TestPrecisionWeighsEachBandByItsSize(t *testing.T) {
	t.Parallel()
	var pairs []measure.Pair
	for i := range 100 { // 14 of them are drawn
		pairs = append(pairs, pair(i, false, .56))
	}
	pairs = append(pairs, pair(200, false, .81), pair(201, false, .99), pair(300, true, .7))
	strata := measure.Strata(pairs)
	if len(strata) != 3 || !strata[0].Named || strata[1].Band != 55 || strata[1].Size != 100 || len(strata[1].Drawn) != 14 || strata[2].Band != 80 || strata[2].Size != 2 {
		t.Fatalf("strata %+v", strata)
	}
	verdicts := map[string]bool{"0200 9": true, "0201 9": false, "0300 9": true}
	if _, err := measure.PrecisionAt(strata, verdicts, false, .5); err == nil || !strings.Contains(err.Error(), "0000 9") {
		t.Errorf("pairs that nobody read: %v", err)
	}
	for i := range 14 {
		verdicts[fmt.Sprintf("%04d 9", i)] = i < 7
	}
	p, err := measure.PrecisionAt(strata, verdicts, false, .5)
	if err != nil {
		t.Fatal(err)
	}
	if p.Drawn != (measure.Share{Hits: 8, N: 16}) || math.Abs(p.Weighted-51./102) > 1e-9 || p.Pairs != 102 {
		t.Errorf("%+v", p)
	}
	if p, err := measure.PrecisionAt(strata, verdicts, false, .6); err != nil || p.Drawn != (measure.Share{Hits: 1, N: 2}) || p.Pairs != 2 {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestPairsStayWithinTheirSetAndTheWindow(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 11, 16, 3, 0, 0, 0, time.UTC)
	c := measure.Corpus{Articles: map[string]news.Article{}, Stocks: []market.Stock{{Code: "990910", Name: "가람차", Active: true}}}
	for id, a := range map[string]news.Article{
		"a": {Title: "가람차 새 공장 준공", AvailableAt: noon}, "b": {Title: "가람차 새 공장 준공식", AvailableAt: noon.Add(time.Hour)},
		"c": {Title: "새 공장 준공", AvailableAt: noon}, "d": {Title: "가람차 새 공장 준공", AvailableAt: noon.Add(50 * time.Hour)},
		"e": {Title: "가람차 새 공장 준공", AvailableAt: noon, Mojibake: true},
	} {
		a.Kind = news.KindNews
		c.Articles[id] = a
	}
	got := c.Pairs(news.Embedder{}, noon)
	if len(got) != 1 || got[0].A != "a" && got[0].A != "b" || !got[0].Named {
		t.Errorf("%+v", got)
	}
	if late := c.Pairs(news.Embedder{}, noon.Add(time.Minute)); len(late) != 0 {
		t.Errorf("an article from before: %+v", late)
	}
	if fitted, n := c.FitBefore(noon.Add(2 * time.Hour)); n != 3 || !news.IsFitted(fitted.Version()) {
		t.Errorf("fitted on %d articles: %s", n, fitted.Version())
	}
	if far := c.Background(news.Embedder{}, noon); len(far) != 6 || far[0] > far[5] {
		t.Errorf("background %v", far)
	}
}

func TestVerdictsAreRead(t *testing.T) {
	t.Parallel()
	verdicts, err := measure.Verdicts()
	if err != nil {
		t.Fatal(err)
	}
	same := 0
	for _, v := range verdicts {
		if v {
			same++
		}
	}
	if len(verdicts) < 300 || same == 0 || same == len(verdicts) {
		t.Errorf("%d verdicts, %d of them same", len(verdicts), same)
	}
}
