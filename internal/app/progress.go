package app

import (
	"fmt"
	"io"
	"strings"
)

// barWidth is how many characters a full progress bar has.
const barWidth = 30

// progress draws a bar on one line, anew whenever another percent is done.
type progress struct {
	out         io.Writer
	what        string
	total, done int
	shown       int // percent, plus 1
}

func (p *progress) add(n int) {
	p.done += n
	percent := 100
	if p.total > p.done {
		percent = p.done * 100 / p.total
	}
	if percent+1 == p.shown {
		return
	}
	p.shown = percent + 1
	full := percent * barWidth / 100
	fmt.Fprintf(p.out, "\r[%s%s] %3d %% %d of %d %s", strings.Repeat("#", full), strings.Repeat(".", barWidth-full), percent, p.done, max(p.total, p.done), p.what)
}

// end draws the full bar and leaves its line.
func (p *progress) end() {
	p.total = p.done
	p.add(0)
	fmt.Fprintln(p.out)
}
