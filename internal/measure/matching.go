package measure

import (
	"fmt"
	"io"
	"slices"

	"tickerwire/internal/market"
	"tickerwire/internal/news"
)

// samples are the files of readings, in the order in which they were drawn and read.
var samples = []string{"matching-1.txt", "matching-2.txt", "matching-3.txt", "matching-4.txt"}

// Reading is what a reader found an article to name.
type Reading struct {
	ID    string
	Codes []market.Code
}

// Miss is an article in which matcher and reader disagree about a company.
type Miss struct {
	ID     string
	Code   market.Code
	Missed bool // the reader found it and the matcher did not; else the other way round
}

// Matching is how a matcher did on a sample, counted in pairs of an article and a company.
type Matching struct {
	Articles  int
	Precision Share
	Recall    Share
	Misses    []Miss
}

// Readings returns a sample. An article that the corpus lacks, or a code that is none, is an error: the figures would
// be of another sample.
func (c Corpus) Readings(name string) ([]Reading, error) {
	rows, err := lines(name)
	if err != nil {
		return nil, err
	}
	readings := make([]Reading, len(rows))
	for i, row := range rows {
		if _, ok := c.Articles[row[0]]; !ok {
			return nil, fmt.Errorf("measure: %s: article %s is not in this archive", name, row[0])
		}
		readings[i].ID = row[0]
		for _, word := range row[1:] {
			code, err := market.ParseCode(word)
			if err != nil {
				return nil, fmt.Errorf("measure: %s: %w", name, err)
			}
			readings[i].Codes = append(readings[i].Codes, code)
		}
	}
	return readings, nil
}

// Match measures a matcher on readings.
func (c Corpus) Match(matcher *news.Matcher, readings []Reading) Matching {
	result := Matching{Articles: len(readings)}
	for _, r := range readings {
		var found []market.Code
		for _, m := range matcher.Match(c.Articles[r.ID]) {
			found = append(found, m.Code)
			result.Precision.N++
			if slices.Contains(r.Codes, m.Code) {
				result.Precision.Hits++
			} else {
				result.Misses = append(result.Misses, Miss{ID: r.ID, Code: m.Code})
			}
		}
		for _, code := range r.Codes {
			result.Recall.N++
			if slices.Contains(found, code) {
				result.Recall.Hits++
			} else {
				result.Misses = append(result.Misses, Miss{ID: r.ID, Code: code, Missed: true})
			}
		}
	}
	return result
}

// reportMatching measures every sample. The folder knows no listings beside the tracked ones, so the matcher has only
// the exceptions file to tell other companies by: less than in service.
func (c Corpus) reportMatching(out io.Writer) error {
	matcher := news.MatcherFrom(c.Stocks, nil)
	for _, name := range samples {
		readings, err := c.Readings(name)
		if err != nil {
			return err
		}
		m := c.Match(matcher, readings)
		fmt.Fprintf(out, "%s: %d articles\n  precision %s\n  recall    %s\n", name, m.Articles, m.Precision, m.Recall)
		for _, miss := range m.Misses {
			what := "wrong"
			if miss.Missed {
				what = "missed"
			}
			fmt.Fprintf(out, "  %s %s in %s\n", what, miss.Code, miss.ID)
		}
	}
	return nil
}
