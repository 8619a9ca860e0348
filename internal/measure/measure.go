// Package measure compares what the program decides about real articles with what a reader decided: which companies an
// article names, and which articles tell the same story. The readings are kept in labels as hashes of articles, company
// codes and verdicts, never a word of a text, so they mean something only beside the archive folder they were drawn
// from. That folder is not ours to keep: measuring is an errand of tickerctl, never a test. The package changes nothing
// and knows no clock, no database and no network.
package measure

import (
	"cmp"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"

	"tickerwire/internal/archive"
	"tickerwire/internal/market"
	"tickerwire/internal/news"
)

//go:embed labels/*.txt
var labels embed.FS

// Corpus is the journalism of an archive folder as the program would keep it, and the companies that are tracked.
type Corpus struct {
	Articles map[string]news.Article // by archive.Article.ID; filings are left out
	Stocks   []market.Stock
}

// Load reads a folder. Lines that cannot be read are left out, as an import leaves them out.
func Load(folder archive.Folder) (Corpus, error) {
	c := Corpus{Articles: map[string]news.Article{}}
	_, err := folder.Stocks(archive.Sink[archive.Stock]{Take: func(s archive.Stock, _ archive.Place) error {
		c.Stocks = append(c.Stocks, s.Stock)
		return nil
	}})
	if err != nil {
		return c, err
	}
	_, err = folder.Articles(archive.Sink[archive.Article]{Take: func(a archive.Article, _ archive.Place) error {
		if _, twice := c.Articles[a.ID()]; !twice && a.Source != archive.SourceDART {
			c.Articles[a.ID()] = news.Clean(news.Item{Source: a.Source, ExternalID: a.ID(), URL: a.Link(), Press: a.Press, Title: a.Title,
				Summary: a.Summary, PublishedAt: a.PublishedAt, TimeQuality: a.TimeQuality, Kind: news.KindNews}, a.FirstSeenAt)
		}
		return nil
	}})
	return c, err
}

// Draw returns the ids of all articles in the order in which they are drawn for reading: by the SHA-256 of the id, so
// that a sample is chosen by nobody, can be drawn again, and goes on where the last one ended.
func (c Corpus) Draw() []string {
	ids := make([]string, 0, len(c.Articles))
	for id := range c.Articles {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b string) int { return cmp.Compare(hashOf(a), hashOf(b)) })
	return ids
}

func hashOf(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// Report reads a folder and writes every measurement to out.
func Report(folder archive.Folder, out io.Writer) error {
	c, err := Load(folder)
	if err != nil {
		return err
	}
	if err := c.reportMatching(out); err != nil {
		return err
	}
	return c.reportPairs(out)
}

// lines returns the rows of a file of labels, each cut into words. An empty line or one that begins with # is none.
func lines(name string) ([][]string, error) {
	text, err := labels.ReadFile("labels/" + name)
	if err != nil {
		return nil, fmt.Errorf("measure: %w", err)
	}
	var rows [][]string
	for line := range strings.Lines(string(text)) {
		if row := strings.Fields(line); len(row) > 0 && row[0] != "#" {
			rows = append(rows, row)
		}
	}
	return rows, nil
}
