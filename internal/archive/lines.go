package archive

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"unicode/utf8"
)

// maxLine is the longest line that is read, in bytes; a longer one is refused and passed over.
const maxLine = 1 << 20

var (
	errLong    = errors.New("the line is longer than 1 MiB")
	errNotUTF8 = errors.New("the line is not UTF-8")
)

func readFile[T any](dir, name string, sink Sink[T], read func(io.Reader, Sink[T]) (Counts, error)) (Counts, error) {
	file, err := os.Open(filepath.Join(dir, name)) // #nosec G304 -- a file of the folder that the operator names
	if errors.Is(err, fs.ErrNotExist) && name != ArticlesFile {
		return Counts{}, nil
	}
	if err != nil {
		return Counts{}, fmt.Errorf("archive: %w", err)
	}
	counts, err := read(file, sink)
	return counts, errors.Join(err, file.Close())
}

// readLines cuts r into lines and hands parse each one that is whole and UTF-8. parse returns errSkip for a line that
// is no row.
func readLines[T any](r io.Reader, file string, sink Sink[T], parse func(line []byte) (T, error)) (Counts, error) {
	var counts Counts
	var at Place
	in := bufio.NewReaderSize(r, 64<<10)
	for {
		line, size, long, readErr := nextLine(in)
		if readErr != nil && readErr != io.EOF {
			return counts, fmt.Errorf("archive: %s:%d: %w", file, at.Line+1, readErr)
		}
		if size == 0 {
			return counts, nil
		}
		at.Line++
		at.End += int64(size)
		row, err := parseLine(line, long, at.Line == 1, parse)
		switch {
		case errors.Is(err, errSkip):
		case err != nil:
			counts.Refused++
			if sink.Refuse != nil {
				sink.Refuse(&LineError{File: file, Line: at.Line, Err: err})
			}
		default:
			if err := sink.Take(row, at); err != nil {
				return counts, err
			}
			counts.Taken++
		}
	}
}

// errSkip marks a line that is neither a row nor bad: an empty one, or a header.
var errSkip = errors.New("no row")

func parseLine[T any](line []byte, long, first bool, parse func([]byte) (T, error)) (T, error) {
	var none T
	if long {
		return none, errLong
	}
	if first {
		line = bytes.TrimPrefix(line, []byte("\xef\xbb\xbf"))
	}
	line = bytes.TrimRight(line, "\r\n")
	if len(bytes.TrimSpace(line)) == 0 {
		return none, errSkip
	}
	if !utf8.Valid(line) {
		return none, errNotUTF8
	}
	return parse(line)
}

// nextLine returns the next line with its end and its size in bytes; of a line beyond maxLine only the size is told.
func nextLine(in *bufio.Reader) (line []byte, size int, long bool, err error) {
	for {
		part, err := in.ReadSlice('\n')
		size += len(part)
		if size > maxLine {
			long, line = true, nil
		} else {
			line = append(line, part...)
		}
		if err != bufio.ErrBufferFull {
			return line, size, long, err
		}
	}
}
