// Package archive reads and writes the folder format in which news and closes are kept and handed on:
// articles.ndjson, bars.csv, indices.csv and stocks.csv. Readers stream, a line at a time, in constant memory; a line
// that cannot be used is reported with its file, its number and why, is counted, and never stops the rest. The
// package knows no clock, no database and no network, and never decides what an article means for a stock.
package archive

import (
	"fmt"
	"os"
	"path/filepath"
)

// The files of an archive folder.
const (
	ArticlesFile = "articles.ndjson"
	BarsFile     = "bars.csv"
	IndicesFile  = "indices.csv"
	StocksFile   = "stocks.csv"
)

// LineError says why one line was refused. It prints as "articles.ndjson:12: why".
type LineError struct {
	File string
	Line int // the first line is 1
	Err  error
}

// Error returns file, line and reason.
func (e *LineError) Error() string { return fmt.Sprintf("%s:%d: %v", e.File, e.Line, e.Err) }

// Unwrap returns the reason.
func (e *LineError) Unwrap() error { return e.Err }

// Place is where a row stood in its file.
type Place struct {
	Line int   // the first line is 1
	End  int64 // bytes of the file up to and including the row's line end, for a progress bar
}

// Counts says what a reading came to: Taken rows were handed on, Refused ones reported. Empty lines and headers are
// neither.
type Counts struct {
	Taken   int
	Refused int
}

// Sink receives what a reader finds. Take gets every good row and stops the reading by returning an error, which the
// reader returns as it is. Refuse gets every bad line; it may be nil when only the count matters.
type Sink[T any] struct {
	Take   func(T, Place) error
	Refuse func(*LineError)
}

// Folder is an archive folder on disk.
type Folder struct{ dir string }

// Open returns the folder at dir; it fails when there is no articles.ndjson in it.
func Open(dir string) (Folder, error) {
	info, err := os.Stat(filepath.Join(dir, ArticlesFile))
	if err != nil {
		return Folder{}, fmt.Errorf("archive: %w", err)
	}
	if info.IsDir() {
		return Folder{}, fmt.Errorf("archive: %s is a folder", filepath.Join(dir, ArticlesFile))
	}
	return Folder{dir: dir}, nil
}

// Size returns the bytes of one of the folder's files, 0 when it is not there.
func (f Folder) Size(file string) int64 {
	info, err := os.Stat(filepath.Join(f.dir, file))
	if err != nil {
		return 0
	}
	return info.Size()
}

// Articles streams articles.ndjson.
func (f Folder) Articles(sink Sink[Article]) (Counts, error) {
	return readFile(f.dir, ArticlesFile, sink, ReadArticles)
}

// Bars streams bars.csv; a folder without it has none.
func (f Folder) Bars(sink Sink[Bar]) (Counts, error) {
	return readFile(f.dir, BarsFile, sink, ReadBars)
}

// Indices streams indices.csv; a folder without it has none.
func (f Folder) Indices(sink Sink[Index]) (Counts, error) {
	return readFile(f.dir, IndicesFile, sink, ReadIndices)
}

// Stocks streams stocks.csv; a folder without it has none.
func (f Folder) Stocks(sink Sink[Stock]) (Counts, error) {
	return readFile(f.dir, StocksFile, sink, ReadStocks)
}
