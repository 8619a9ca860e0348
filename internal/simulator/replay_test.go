package simulator_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/archive"
	"tickerwire/internal/market"
	"tickerwire/internal/simulator"
)

func generated(t *testing.T, o simulator.ArchiveOptions) string {
	t.Helper()
	dir := t.TempDir()
	if err := simulator.WriteGenerated(dir, o); err != nil {
		t.Fatal(err)
	}
	return dir
}

// articlesOf reads a folder's articles, and the first line's time and the number of lines per identity.
func articlesOf(t *testing.T, dir string) (lines []archive.Article, first map[string]time.Time) {
	t.Helper()
	folder, err := archive.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	first = map[string]time.Time{}
	_, err = folder.Articles(archive.Sink[archive.Article]{Refuse: func(e *archive.LineError) { t.Error(e) }, Take: func(a archive.Article, _ archive.Place) error {
		lines = append(lines, a)
		if _, known := first[a.ID()]; !known {
			first[a.ID()] = a.FirstSeenAt
		}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	return lines, first
}

func TestReplayShowsEachArticleOnceAndNeverEarly(t *testing.T) {
	t.Parallel()
	dir := generated(t, simulator.ArchiveOptions{Seed: 5, Articles: 300})
	lines, first := articlesOf(t, dir)
	if len(lines) != 300 || len(first) == 300 {
		t.Fatalf("%d lines, %d identities: want 300 and fewer", len(lines), len(first))
	}
	world, err := simulator.OpenArchive(dir)
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, world, simulator.Limits{})
	shown := map[string]bool{}
	for at := world.Start(); at.Before(world.Start().Add(9 * 24 * time.Hour)); at = at.Add(111 * time.Minute) {
		r.at(at)
		here := map[string]bool{}
		for _, item := range r.feed("wire").Items {
			if here[item.GUID] {
				t.Fatalf("%s twice in one answer", item.GUID)
			}
			here[item.GUID], shown[item.GUID] = true, true
		}
		for id, seen := range first {
			if here[id] == seen.After(at) {
				t.Fatalf("at %v: %s, first seen %v, shown: %v", at, id, seen, here[id])
			}
		}
	}
	if len(shown) != len(first) || len(r.served()["wire"]) != len(first) {
		t.Errorf("%d shown and %d served of %d", len(shown), len(r.served()["wire"]), len(first))
	}
}

func TestGeneratedArchive(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 1900, 5000} {
		lines, _ := articlesOf(t, generated(t, simulator.ArchiveOptions{Seed: 2, Articles: n}))
		if len(lines) != n {
			t.Errorf("%d lines, want %d", len(lines), n)
		}
		if !slices.IsSortedFunc(lines, func(a, b archive.Article) int { return a.FirstSeenAt.Compare(b.FirstSeenAt) }) {
			t.Errorf("%d articles: not in the order in which they were seen", n)
		}
	}
	folder, err := archive.Open(generated(t, simulator.ArchiveOptions{Seed: 2}))
	if err != nil {
		t.Fatal(err)
	}
	days, codes, stocks := map[market.Day]bool{}, map[market.Code]bool{}, 0
	_, err = folder.Bars(archive.Sink[archive.Bar]{Take: func(b archive.Bar, _ archive.Place) error {
		days[b.Day], codes[b.Code] = true, true
		if b.Low > min(b.Open, b.Close) || b.High < max(b.Open, b.Close) || b.Volume <= 0 {
			t.Errorf("impossible bar %+v", b)
		}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err = folder.Stocks(archive.Sink[archive.Stock]{Take: func(archive.Stock, archive.Place) error { stocks++; return nil }}); err != nil {
		t.Fatal(err)
	}
	if len(days) != 39 || len(codes) != 49 || stocks != 49 { // 30 sessions before, 6 within, 3 after
		t.Errorf("%d sessions of %d codes, %d stocks", len(days), len(codes), stocks)
	}
	for _, n := range []int{-1, 5_000_001} {
		if err := simulator.WriteGenerated(t.TempDir(), simulator.ArchiveOptions{Articles: n}); err == nil {
			t.Errorf("%d articles were not refused", n)
		}
	}
}

func TestSameSeedSameBytes(t *testing.T) {
	t.Parallel()
	read := func(dir string) map[string]string {
		out := map[string]string{}
		for _, name := range []string{archive.ArticlesFile, archive.BarsFile, archive.IndicesFile, archive.StocksFile} {
			b, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			out[name] = string(b)
		}
		return out
	}
	history := func(seed int64) map[string]string {
		m, err := simulator.NewMarket(simulator.MarketOptions{Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		if err := m.WriteArchive(dir); err != nil {
			t.Fatal(err)
		}
		return read(dir)
	}
	if !cmp.Equal(history(4), history(4)) {
		t.Error("two histories of one seed differ")
	}
	if cmp.Equal(history(4), history(5)) {
		t.Error("histories of two seeds are the same")
	}
	if !cmp.Equal(read(generated(t, simulator.ArchiveOptions{Seed: 4, Articles: 500})), read(generated(t, simulator.ArchiveOptions{Seed: 4, Articles: 500}))) {
		t.Error("two generated archives of one seed differ")
	}
}

func TestOpenArchivePassesOverBadLines(t *testing.T) {
	t.Parallel()
	dir := smallArchive(t)
	file, err := os.OpenFile(filepath.Join(dir, archive.ArticlesFile), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteString("{\"source\":\n"); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	world, err := simulator.OpenArchive(dir)
	if err != nil {
		t.Fatal(err)
	}
	if refused := world.Refused(); len(refused) != 1 || !strings.HasPrefix(refused[0].Error(), "articles.ndjson:7: ") {
		t.Errorf("refused %v", refused)
	}
	items, err := world.Items(monday.At(23, 0))
	if err != nil || len(items) != 5 {
		t.Errorf("%d items, %v", len(items), err)
	}
}

func TestOpenArchiveRefusesWhatIsNone(t *testing.T) {
	t.Parallel()
	empty := t.TempDir()
	if err := os.WriteFile(filepath.Join(empty, archive.ArticlesFile), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{t.TempDir(), empty} {
		if _, err := simulator.OpenArchive(dir); err == nil {
			t.Errorf("%s was opened", dir)
		}
	}
}
