package handlers

import (
	"context"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
)

type importStocksRequest struct {
	CSV    string `json:"csv" required:"true" min:"1" max:"900000" example:"code,name,aliases,priority,active\n100001,누리테크,누리 테크|NURI,1,true\n" doc:"A head and a line per stock: code and name, and if wanted aliases (separated by |), priority and active. What has no column stays as it is."`
	DryRun bool   `json:"dry_run" doc:"Only say what would be done."`
}

type importAnswer struct {
	DryRun    bool          `json:"dry_run" doc:"Whether nothing was done."`
	Added     int           `json:"added" doc:"Stocks that were not tracked."`
	Changed   int           `json:"changed" doc:"Stocks that were, otherwise."`
	Unchanged int           `json:"unchanged" doc:"Stocks that stay as they are."`
	Refused   []refusedLine `json:"refused" doc:"Lines that were passed over, the first 100 of them."`
	Total     int           `json:"refused_total" doc:"How many that were."`
	Lines     []takenLine   `json:"lines" doc:"Lines that were understood, the first 1000 of them, in their order."`
}

// takenLine is what one line comes to.
type takenLine struct {
	Line   int          `json:"line" doc:"Its number; the head is 1."`
	Result string       `json:"result" enum:"added,changed,unchanged" doc:"What becomes of its stock."`
	Before *trackedItem `json:"before" doc:"The stock as it was; null for one that was not tracked."`
	After  trackedItem  `json:"after" doc:"The stock as the line has it."`
}

type refusedLine struct {
	Line int    `json:"line" doc:"Its number; the head is 1."`
	Why  string `json:"why" doc:"What is wrong with it."`
}

const (
	shownRefused = 100
	shownLines   = 1000
)

// importStocks adds and changes stocks by a file; a line that is wrong is passed over and named.
func (a *api) importStocks(ctx context.Context, call Call, req importStocksRequest) (importAnswer, error) {
	rows, err := a.DB.Stocks(ctx, false)
	if err != nil {
		return importAnswer{}, err
	}
	known := make(map[market.Code]market.Stock, len(rows))
	for _, s := range rows {
		known[s.Code] = s
	}
	answer := importAnswer{DryRun: req.DryRun, Refused: []refusedLine{}, Lines: []takenLine{}}
	said := call.language()
	refuse := func(line int, why error) {
		if answer.Total++; len(answer.Refused) < shownRefused {
			answer.Refused = append(answer.Refused, refusedLine{line, said.why(why)})
		}
	}
	var save []market.Stock
	seen := map[market.Code]int{}
	err = readStocks(req.CSV, func(line int, cells map[string]string) {
		s, err := stockOf(cells, known)
		if first := seen[s.Code]; err == nil && first > 0 {
			err = fault.InvalidField("code", "it stands on line %d, too", first)
		}
		if err != nil {
			refuse(line, err)
			return
		}
		seen[s.Code] = line
		if answer.take(line, known, s) {
			save = append(save, s)
		}
	}, refuse)
	if err != nil || req.DryRun {
		return answer, err
	}
	return answer, a.DB.SaveStocks(ctx, save)
}

// take counts a line that says s of a stock, and reports whether there is something to save.
func (i *importAnswer) take(line int, known map[market.Code]market.Stock, s market.Stock) bool {
	taken := takenLine{Line: line, After: toTracked(s)}
	before, tracked := known[s.Code]
	if tracked {
		item := toTracked(before)
		taken.Before = &item
	}
	switch {
	case !tracked:
		taken.Result = "added"
		i.Added++
	case sameStock(before, s):
		taken.Result = "unchanged"
		i.Unchanged++
	default:
		taken.Result = "changed"
		i.Changed++
	}
	if len(i.Lines) < shownLines {
		i.Lines = append(i.Lines, taken)
	}
	return taken.Result != "unchanged"
}

func sameStock(a, b market.Stock) bool {
	return a.Name == b.Name && a.Priority == b.Priority && a.Active == b.Active && slices.Equal(sortedSet(a.Aliases), b.Aliases)
}

// stockOf reads a line: what it says, over what is known of the stock.
func stockOf(cells map[string]string, known map[market.Code]market.Stock) (market.Stock, error) {
	code, err := market.ParseCode(cells["code"])
	if err != nil {
		return market.Stock{}, fault.InvalidField("code", "it must be a stock code: six digits or capital letters")
	}
	s, tracked := known[code]
	if !tracked {
		s = market.Stock{Code: code, Priority: defaultPriority, Active: true}
	}
	s.Name = cells["name"]
	if text, ok := cells["aliases"]; ok {
		s.Aliases = strings.FieldsFunc(text, func(r rune) bool { return r == '|' })
	}
	if text := cells["priority"]; text != "" {
		if s.Priority, err = strconv.Atoi(text); err != nil || s.Priority < 1 || s.Priority > 5 {
			return s, fault.InvalidField("priority", "it must be between %d and %d", 1, 5)
		}
	}
	if text := cells["active"]; text != "" {
		if s.Active, err = strconv.ParseBool(text); err != nil {
			return s, fault.InvalidField("active", "it must be true or false")
		}
	}
	return s, checkStock(&s)
}

var stockColumns = []string{"code", "name", "aliases", "priority", "active"}

// readStocks reads the lines of a file behind its head.
func readStocks(text string, row func(line int, cells map[string]string), refuse func(line int, why error)) error {
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\uFEFF")))
	r.FieldsPerRecord, r.ReuseRecord, r.TrimLeadingSpace = -1, true, true
	head, err := r.Read()
	if err != nil {
		return fault.InvalidField("csv", "it has no head")
	}
	columns := slices.Clone(head)
	for i, name := range columns {
		columns[i] = strings.ToLower(strings.TrimSpace(name))
		if !slices.Contains(stockColumns, columns[i]) || slices.Contains(columns[:i], columns[i]) {
			return fault.InvalidField("csv", "its head has an unknown or a second column %s", printable(name))
		}
	}
	if !slices.Contains(columns, "code") || !slices.Contains(columns, "name") {
		return fault.InvalidField("csv", "its head must name code and name")
	}
	for {
		record, err := r.Read()
		var broken *csv.ParseError
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.As(err, &broken):
			refuse(broken.StartLine, fault.New(fault.Invalid, "a quotation mark is missing or superfluous"))
		case err != nil:
			return fault.InvalidField("csv", "it cannot be read")
		case len(record) != len(columns):
			line, _ := r.FieldPos(0)
			refuse(line, fault.New(fault.Invalid, "it has %d cells, the head has %d", len(record), len(columns)))
		default:
			line, _ := r.FieldPos(0)
			cells := make(map[string]string, len(columns))
			for i, name := range columns {
				cells[name] = strings.TrimSpace(record[i])
			}
			row(line, cells)
		}
	}
}
