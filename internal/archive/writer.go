package archive

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"tickerwire/internal/market"
)

// Writer writes an archive folder. Rows are written in the order in which they come; the same rows make the same
// bytes. Close must be called, and its error read, before the folder is used.
type Writer struct {
	files    []*os.File
	articles *bufio.Writer
	bars     *csv.Writer
	indices  *csv.Writer
	stocks   *csv.Writer
}

// Create makes dir and its four files; files of an earlier archive in it are replaced.
func Create(dir string) (*Writer, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil { // #nosec G301 -- an archive is for other users to read, too: a database server under its own
		return nil, fmt.Errorf("archive: %w", err)
	}
	w := &Writer{}
	var out [4]*os.File
	for i, name := range []string{ArticlesFile, BarsFile, IndicesFile, StocksFile} {
		f, err := os.Create(filepath.Join(dir, name)) // #nosec G304 -- a file of the folder that the operator names
		if err != nil {
			return nil, errors.Join(fmt.Errorf("archive: %w", err), w.closeFiles())
		}
		out[i] = f
		w.files = append(w.files, f)
	}
	w.articles = bufio.NewWriterSize(out[0], 64<<10)
	w.bars, w.indices, w.stocks = csv.NewWriter(out[1]), csv.NewWriter(out[2]), csv.NewWriter(out[3])
	err := errors.Join(
		w.bars.Write([]string{"code", "date", "close", "open", "high", "low", "volume"}),
		w.indices.Write([]string{"index", "date", "open", "high", "low", "close"}),
		w.stocks.Write([]string{"code", "name", "priority", "market", "aliases"}))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("archive: %w", err), w.closeFiles())
	}
	return w, nil
}

// Article appends a line to articles.ndjson; times are kept to the second.
func (w *Writer) Article(a Article) error {
	line := articleLine{Source: a.Source, Press: a.Press, Title: a.Title, Summary: &a.Summary,
		PublishedAt: a.PublishedAt.In(market.KST).Format(time.RFC3339),
		FirstSeenAt: a.FirstSeenAt.UTC().Format(time.RFC3339), TimeQuality: string(a.TimeQuality)}
	if a.URL != "" {
		line.URL = &a.URL
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(line); err != nil {
		return fmt.Errorf("archive: %w", err)
	}
	_, err := w.articles.Write(buf.Bytes())
	return err
}

// Bar appends a row to bars.csv.
func (w *Writer) Bar(b Bar) error {
	return w.bars.Write([]string{string(b.Code), b.Day.String(), num(b.Close), num(b.Open), num(b.High), num(b.Low), num(b.Volume)})
}

// Index appends a row to indices.csv.
func (w *Writer) Index(x Index) error {
	return w.indices.Write([]string{x.Name, x.Day.String(), points(x.Open), points(x.High), points(x.Low), points(x.Close)})
}

// Stock appends a row to stocks.csv.
func (w *Writer) Stock(s Stock) error {
	return w.stocks.Write([]string{string(s.Code), s.Name, strconv.Itoa(s.Priority), s.Market, strings.Join(s.Aliases, "|")})
}

// Close writes out what is buffered and closes the files.
func (w *Writer) Close() error {
	w.bars.Flush()
	w.indices.Flush()
	w.stocks.Flush()
	err := errors.Join(w.articles.Flush(), w.bars.Error(), w.indices.Error(), w.stocks.Error(), w.closeFiles())
	if err != nil {
		return fmt.Errorf("archive: %w", err)
	}
	return nil
}

func (w *Writer) closeFiles() error {
	var all []error
	for _, f := range w.files {
		all = append(all, f.Close())
	}
	return errors.Join(all...)
}

func num(n int64) string      { return strconv.FormatInt(n, 10) }
func points(v float64) string { return strconv.FormatFloat(v, 'f', 2, 64) }
