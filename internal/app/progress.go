package app

import (
	"fmt"
	"io"
	"os"
	"strings"
)

// barWidth is how many characters a full progress bar has.
const barWidth = 30

// progress shows how far a long piece of work is: on a terminal as a bar on one line, drawn anew whenever another percent
// is done, elsewhere as a line for every tenth.
type progress struct {
	out         io.Writer
	what        string // "embedded": follows the figures
	total, done int
	share       bool // total and done are no figures to show, such as bytes
	shown       int  // percent, plus 1
}

func (p *progress) add(n int) {
	p.done += n
	percent := 100
	if p.total > p.done {
		percent = int(int64(p.done) * 100 / int64(p.total))
	}
	terminal := isTerminal(p.out)
	if percent+1 == p.shown || !terminal && p.shown > 0 && percent/10 == (p.shown-1)/10 {
		return
	}
	p.shown = percent + 1
	bar, end := "", "\n"
	if terminal {
		full := percent * barWidth / 100
		bar, end = fmt.Sprintf("\r[%s%s] ", strings.Repeat("#", full), strings.Repeat(".", barWidth-full)), ""
	}
	figures := ""
	if !p.share {
		figures = fmt.Sprintf("%d of %d ", p.done, max(p.total, p.done))
	}
	fmt.Fprintf(p.out, "%s%3d %% %s%s%s", bar, percent, figures, p.what, end)
}

// to is add up to so much.
func (p *progress) to(done int) { p.add(done - p.done) }

// end shows that all is done and leaves the bar's line.
func (p *progress) end() {
	p.total = p.done
	p.add(0)
	if isTerminal(p.out) {
		fmt.Fprintln(p.out)
	}
}

// isTerminal reports whether what is written to w is read by somebody as it comes.
func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
