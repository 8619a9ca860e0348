package bench

import (
	"io"
	"time"

	"tickerwire/internal/simulator"
)

// The parts of the package that tests look at.
var (
	Percentile   = percentile
	Median       = median
	WriteResults = writeResults
	AtLeast      = atLeast
	AtMost       = atMost
	Difference   = difference
	Missed       = missed
)

// WriteTable prints figures as a table.
func WriteTable(out io.Writer, figures []Figure) error { return writeTable(out, figures) }

// Lanes returns the names of the limits that are exercised.
func Lanes() []string {
	var names []string
	for _, l := range lanes() {
		names = append(names, l.name)
	}
	return names
}

// PerChat tells how much of a limit of each chat was used.
func PerChat(limit float64, span time.Duration, chats []int64, messages []simulator.Message) (came int, used float64) {
	return lane{limit: limit, span: span, chats: chats}.perChat(messages)
}
