package app_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tickerwire/internal/archive"
	"tickerwire/internal/simulator"
)

// archiveBeside is where an archive of real news lies for those who have one: beside the repository.
const archiveBeside = "../../../shared/archive"

// folder is an archive to replay.
type folder struct {
	dir       string
	links     map[string]string // an article's address by the id that the simulator counts as served
	ambiguous map[string]bool   // ids whose address another one shares
	last      time.Time         // when the last article is first seen
}

// openFolder returns the archive that TICKERWIRE_ARCHIVE names, else the one beside the repository, else, or when
// TICKERWIRE_ARCHIVE is "generated", one of the same size that is made here.
func openFolder(t *testing.T) folder {
	t.Helper()
	dir := os.Getenv("TICKERWIRE_ARCHIVE")
	if dir == "" {
		if _, err := os.Stat(archiveBeside); err == nil {
			dir = archiveBeside
		} else if !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
	}
	if dir == "" || dir == "generated" {
		dir = openDir(t)
		fatal(t, simulator.WriteGenerated(dir, simulator.ArchiveOptions{Seed: 7}))
		addNamesakes(t, dir)
	}
	dir, err := filepath.Abs(dir)
	fatal(t, err)
	f := folder{dir: dir, links: map[string]string{}, ambiguous: map[string]bool{}}
	byLink := map[string]string{}
	opened, err := archive.Open(dir)
	fatal(t, err)
	_, err = opened.Articles(archive.Sink[archive.Article]{Take: func(a archive.Article, _ archive.Place) error {
		if f.links[a.ID()] == "" {
			f.links[a.ID()] = a.Link()
			if other := byLink[a.Link()]; other != "" {
				f.ambiguous[a.ID()], f.ambiguous[other] = true, true
			}
			byLink[a.Link()] = a.ID()
		}
		if a.FirstSeenAt.After(f.last) {
			f.last = a.FirstSeenAt
		}
		return nil
	}})
	fatal(t, err)
	t.Logf("archive %s: %d articles, %d at a shared address, the last on %s", filepath.Base(dir), len(f.links), len(f.ambiguous), f.last.Format(time.RFC3339))
	return f
}

// addNamesakes adds the four companies whose names stand in many longer ones to a generated archive, and articles that
// name them, or only something longer.
func addNamesakes(t *testing.T, dir string) {
	t.Helper()
	bars, err := os.ReadFile(filepath.Join(dir, archive.BarsFile))
	fatal(t, err)
	_, first, _ := strings.Cut(string(bars), "\n")
	other, _, _ := strings.Cut(first, ",")
	for _, c := range namesakes() {
		appendTo(t, filepath.Join(dir, archive.StocksFile), fmt.Sprintf("%s,%s,3,KOSPI,\n", c.code, c.name))
		for line := range strings.Lines(string(bars)) { // whose closes they are does not matter here
			if rest, ok := strings.CutPrefix(line, other+","); ok {
				appendTo(t, filepath.Join(dir, archive.BarsFile), c.code+","+rest)
			}
		}
	}
	var articles bytes.Buffer
	lines := json.NewEncoder(&articles)
	at := time.Date(2026, time.October, 27, 1, 0, 0, 0, time.UTC)
	for i, title := range []string{
		"SK(034730), 자사주 소각 결정", "GS(078930) 배당 확대 검토", "한화(000880) 3분기 영업이익 늘어", "카카오(035720) 새 서비스 공개",
		"SK온 배터리 공장 증설", "SK하이닉스 메모리 값 상승 기대", "SKC 동박 사업 재편", "SK바이오팜 임상 결과 발표", "SK그룹 정기 인사",
		"GS건설 수주 잔고 증가", "GS리테일 점포 늘린다", "GS25 새 도시락 출시", "GS칼텍스 정제마진 회복",
		"한화오션 선박 인도", "한화에어로스페이스 수출 계약", "한화생명 보험금 지급", "한화솔루션 태양광 회복", "한화시스템 레이더 납품",
		"카카오뱅크 대출 늘어", "카카오페이 거래액 증가", "카카오게임즈 신작 연기", "카카오톡 개편 예고", "카카오모빌리티 요금 인하",
	} {
		seen := at.Add(time.Duration(i) * 11 * time.Minute)
		fatal(t, lines.Encode(map[string]any{"source": "naver", "press": "가람일보", "title": title, "summary": title + " 소식이 전해졌다.",
			"url": fmt.Sprintf("https://news.example.kr/namesake/%d", i), "published_at": seen.Add(-time.Minute).Format(time.RFC3339),
			"first_seen_at": seen.Format(time.RFC3339), "time_quality": "exact"}))
	}
	appendTo(t, filepath.Join(dir, archive.ArticlesFile), articles.String())
}

func appendTo(t *testing.T, path, text string) {
	t.Helper()
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	fatal(t, err)
	_, err = file.WriteString(text)
	fatal(t, errors.Join(err, file.Close()))
}
