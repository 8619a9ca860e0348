package app

import (
	"fmt"
	"io"
	"os"
	"strings"
)

// barWidth is how many characters a full progress bar has.
const barWidth = 30

// progress draws a bar on one line, anew whenever another percent is done; where there is no terminal to draw on it writes
// a line for every tenth.
type progress struct {
	out         io.Writer
	what        string
	total, done int
	shown       int // percent, plus 1
	plain       bool
}

func (p *progress) add(n int) {
	p.done += n
	percent := 100
	if p.total > p.done {
		percent = p.done * 100 / p.total
	}
	if p.plain {
		percent -= percent % 10
	}
	if percent+1 == p.shown {
		return
	}
	p.shown = percent + 1
	if p.plain {
		fmt.Fprintf(p.out, "%3d %% %d of %d %s\n", percent, p.done, max(p.total, p.done), p.what)
		return
	}
	full := percent * barWidth / 100
	fmt.Fprintf(p.out, "\r[%s%s] %3d %% %d of %d %s", strings.Repeat("#", full), strings.Repeat(".", barWidth-full), percent, p.done, max(p.total, p.done), p.what)
}

// end draws the full bar and leaves its line.
func (p *progress) end() {
	p.total = p.done
	p.add(0)
	if !p.plain {
		fmt.Fprintln(p.out)
	}
}

// isTerminal reports whether a person may be watching what is written.
func isTerminal(out io.Writer) bool {
	f, ok := out.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
