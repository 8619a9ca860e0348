package chaos

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"tickerwire/internal/archive"
	"tickerwire/internal/market"
)

// urgentFilings is how many invented filings are laid among an archive's articles.
const urgentFilings = 30

// withFilings copies an archive and lays invented urgent filings among its articles, evenly over its time: without them
// an archive leads to few messages or none, and "no message twice" would prove nothing.
func withFilings(from, to string) (err error) {
	if err := os.MkdirAll(to, 0o755); err != nil {
		return fmt.Errorf("archive: %w", err)
	}
	for _, name := range []string{archive.ArticlesFile, archive.BarsFile, archive.IndicesFile, archive.StocksFile} {
		if err := copyFile(filepath.Join(from, name), filepath.Join(to, name)); err != nil {
			return err
		}
	}
	names, first, last, err := survey(from)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(to, archive.ArticlesFile), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return fmt.Errorf("archive: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	step := last.Sub(first) / (urgentFilings + 1)
	lines := json.NewEncoder(f)
	for i := range urgentFilings {
		if err := lines.Encode(filing(i, names[i%len(names)], first.Add(step*time.Duration(i+1)))); err != nil {
			return fmt.Errorf("archive: %w", err)
		}
	}
	return nil
}

// filing is a line of articles.ndjson.
func filing(i int, company string, at time.Time) map[string]any {
	reports := []string{"주요사항보고서(유상증자결정)", "횡령ㆍ배임혐의발생", "주요사항보고서(회사합병결정)"}
	report, day := reports[i%len(reports)], market.DayOf(at)
	receipt := fmt.Sprintf("%s%06d", day.Compact(), 990_000+i)
	return map[string]any{"source": archive.SourceDART, "press": "금융감독원", "title": "[" + company + "] " + report,
		"summary": fmt.Sprintf("[%s] %s\n제출인: %s\n원문: %s", company, report, company, archive.ViewerURL(receipt)), "url": nil,
		"published_at": day.At(0, 0).Format(time.RFC3339), "first_seen_at": at.UTC().Format(time.RFC3339), "time_quality": "date"}
}

// survey returns the names of an archive's stocks and the time that its articles span.
func survey(dir string) (names []string, first, last time.Time, err error) {
	folder, err := archive.Open(dir)
	if err != nil {
		return nil, first, last, err
	}
	pass := func(*archive.LineError) {} // a refused line is the archive's own matter
	_, err = folder.Stocks(archive.Sink[archive.Stock]{Refuse: pass, Take: func(s archive.Stock, _ archive.Place) error {
		names = append(names, s.Name)
		return nil
	}})
	if err != nil {
		return nil, first, last, err
	}
	slices.Sort(names)
	_, err = folder.Articles(archive.Sink[archive.Article]{Refuse: pass, Take: func(a archive.Article, _ archive.Place) error {
		if first.IsZero() || a.FirstSeenAt.Before(first) {
			first = a.FirstSeenAt
		}
		if a.FirstSeenAt.After(last) {
			last = a.FirstSeenAt
		}
		return nil
	}})
	if err == nil && (len(names) == 0 || first.IsZero()) {
		err = fmt.Errorf("archive %s has no stocks or no articles", dir)
	}
	return names, first, last, err
}

func copyFile(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return fmt.Errorf("archive: %w", err)
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return fmt.Errorf("archive: %w", err)
	}
	_, err = io.Copy(out, in)
	if err = errors.Join(err, out.Close()); err != nil {
		return fmt.Errorf("archive: %w", err)
	}
	return nil
}
