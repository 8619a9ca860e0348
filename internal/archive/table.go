package archive

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"tickerwire/internal/market"
)

// Bar is one row of bars.csv. Source is "import" and AdjFactor 1; KnownAt is left zero, since only a calendar can say
// when a day's row was known.
type Bar = market.Bar

// Index is one row of indices.csv: a day's levels of one index, in points. Open, High and Low are 0 when absent.
type Index struct {
	Name                   string // "KOSPI", "KOSDAQ", "KOSPI200"
	Day                    market.Day
	Open, High, Low, Close float64
}

// Stock is one row of stocks.csv. Market is "KOSPI", "KOSDAQ" or, when the file has no such column, "".
type Stock struct {
	market.Stock
	Market string
}

// ReadBars streams bars.csv. It needs the columns code, date and close; open, high, low and volume may be absent or
// empty and are then 0; other columns are passed over. Prices must be positive whole won.
func ReadBars(r io.Reader, sink Sink[Bar]) (Counts, error) {
	t := table{need: []string{"code", "date", "close"}}
	return readLines(r, BarsFile, sink, func(line []byte) (Bar, error) { return parseRow(&t, line, bar) })
}

// ReadIndices streams indices.csv: index, date and close are needed, open, high and low may be absent or empty.
func ReadIndices(r io.Reader, sink Sink[Index]) (Counts, error) {
	t := table{need: []string{"index", "date", "close"}}
	return readLines(r, IndicesFile, sink, func(line []byte) (Index, error) { return parseRow(&t, line, index) })
}

// ReadStocks streams stocks.csv: code and name are needed; priority (1 to 5, 3 when absent), market and aliases
// (separated by "|") are optional. Every stock is active.
func ReadStocks(r io.Reader, sink Sink[Stock]) (Counts, error) {
	t := table{need: []string{"code", "name"}}
	return readLines(r, StocksFile, sink, func(line []byte) (Stock, error) { return parseRow(&t, line, stock) })
}

// table remembers the header; rows that come without a usable one are refused one by one.
type table struct {
	need    []string
	columns map[string]int
	width   int
	headErr error
	begun   bool
}

// row is one line's cells by column name.
type row struct {
	columns map[string]int
	cells   []string
}

func (r row) get(name string) string {
	if i, ok := r.columns[name]; ok {
		return strings.TrimSpace(r.cells[i])
	}
	return ""
}

func parseRow[T any](t *table, line []byte, build func(row) (T, error)) (T, error) {
	var none T
	cells, err := splitCells(string(line))
	if !t.begun {
		t.begun = true
		t.headErr = err
		if err == nil {
			t.headErr = t.head(cells)
		}
		if t.headErr != nil {
			return none, t.headErr
		}
		return none, errSkip
	}
	switch {
	case t.headErr != nil:
		return none, fmt.Errorf("the header is unusable: %w", t.headErr)
	case err != nil:
		return none, err
	case len(cells) != t.width:
		return none, fmt.Errorf("%d cells under a header of %d", len(cells), t.width)
	}
	return build(row{t.columns, cells})
}

func (t *table) head(cells []string) error {
	t.columns, t.width = make(map[string]int, len(cells)), len(cells)
	for i, c := range cells {
		t.columns[strings.ToLower(strings.TrimSpace(c))] = i
	}
	var missing []error
	for _, name := range t.need {
		if _, ok := t.columns[name]; !ok {
			missing = append(missing, fmt.Errorf("column %s is missing", name))
		}
	}
	return errors.Join(missing...)
}

// splitCells reads one physical line, so that a stray quote spoils its own line only.
func splitCells(line string) ([]string, error) {
	if !strings.Contains(line, `"`) {
		return strings.Split(line, ","), nil
	}
	cells, err := csv.NewReader(strings.NewReader(line)).Read()
	if err != nil {
		return nil, errors.New("a quote is not closed or stands inside of a cell")
	}
	return cells, nil
}

func bar(r row) (Bar, error) {
	code, err := market.ParseCode(r.get("code"))
	if err != nil {
		return Bar{}, err
	}
	day, err := market.ParseDay(r.get("date"))
	if err != nil {
		return Bar{}, fmt.Errorf("date %q: want 2006-01-02", r.get("date"))
	}
	b := Bar{Code: code, Day: day, AdjFactor: 1, Source: "import"}
	for _, c := range []struct {
		name string
		to   *int64
	}{{"open", &b.Open}, {"high", &b.High}, {"low", &b.Low}, {"close", &b.Close}, {"volume", &b.Volume}} {
		if *c.to, err = whole(r, c.name); err != nil {
			return Bar{}, err
		}
	}
	if b.Close == 0 {
		return Bar{}, errors.New("close is not positive")
	}
	return b, nil
}

func whole(r row, name string) (int64, error) {
	s := r.get(name)
	if s == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("%s %q is no whole number from 0", name, s)
	}
	return n, nil
}

func index(r row) (Index, error) {
	day, err := market.ParseDay(r.get("date"))
	if err != nil {
		return Index{}, fmt.Errorf("date %q: want 2006-01-02", r.get("date"))
	}
	x := Index{Name: r.get("index"), Day: day}
	if x.Name == "" {
		return Index{}, errors.New("index is missing")
	}
	for _, c := range []struct {
		name string
		to   *float64
	}{{"open", &x.Open}, {"high", &x.High}, {"low", &x.Low}, {"close", &x.Close}} {
		if *c.to, err = level(r, c.name); err != nil {
			return Index{}, err
		}
	}
	if x.Close == 0 {
		return Index{}, errors.New("close is not positive")
	}
	return x, nil
}

func level(r row, name string) (float64, error) {
	s := r.get(name)
	if s == "" {
		return 0, nil
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || !(v >= 0 && v < 1e9) {
		return 0, fmt.Errorf("%s %q is no index level", name, s)
	}
	return v, nil
}

func stock(r row) (Stock, error) {
	code, err := market.ParseCode(r.get("code"))
	if err != nil {
		return Stock{}, err
	}
	s := Stock{Stock: market.Stock{Code: code, Name: r.get("name"), Priority: 3, Active: true}, Market: r.get("market")}
	if s.Name == "" {
		return Stock{}, errors.New("name is missing")
	}
	if p := r.get("priority"); p != "" {
		if s.Priority, err = strconv.Atoi(p); err != nil || s.Priority < 1 || s.Priority > 5 {
			return Stock{}, fmt.Errorf("priority %q is not 1 to 5", p)
		}
	}
	if a := r.get("aliases"); a != "" {
		s.Aliases = strings.Split(a, "|")
	}
	return s, nil
}
