package app

import (
	"cmp"
	"fmt"
	"io"
	"regexp"
	"slices"

	"tickerwire/internal/archive"
)

const (
	refusedShown   = 3   // lines of each reason that are shown
	refusedReasons = 100 // that are told apart: a file of rubbish may have as many as lines
)

// refusals are the lines of an archive that were refused, by file and reason. Of each reason only the first lines are
// held; all may hold every one of them.
type refusals struct {
	all    io.Writer // gets a line each, "file:line: why"; nil for nobody
	count  int
	groups map[reason]*refusalGroup
	err    error // of writing to all, the first
}

// reason is what refused lines of a file have in common: why, without the values that they do not.
type reason struct{ file, why string }

type refusalGroup struct {
	reason
	count int
	first []*archive.LineError
}

// valueIn finds what differs between two lines that were refused for the same reason.
var valueIn = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|\b\d{4}-\d{2}-\d{2}\S*|\bline \d+`)

func (r *refusals) add(e *archive.LineError) {
	r.count++
	if r.all != nil && r.err == nil {
		_, r.err = fmt.Fprintln(r.all, e)
	}
	key := reason{e.File, valueIn.ReplaceAllString(e.Err.Error(), "…")}
	if r.groups == nil {
		r.groups = make(map[reason]*refusalGroup)
	}
	if r.groups[key] == nil && len(r.groups) >= refusedReasons {
		key = reason{e.File, "other reasons"}
	}
	g := r.groups[key]
	if g == nil {
		g = &refusalGroup{reason: key}
		r.groups[key] = g
	}
	if g.count++; len(g.first) < refusedShown {
		g.first = append(g.first, e)
	}
}

// report writes the reasons, the most frequent first, each with its first lines.
func (r *refusals) report(out io.Writer) {
	groups := make([]*refusalGroup, 0, len(r.groups))
	for _, g := range r.groups {
		groups = append(groups, g)
	}
	slices.SortFunc(groups, func(a, b *refusalGroup) int {
		return cmp.Or(cmp.Compare(b.count, a.count), cmp.Compare(a.file, b.file), cmp.Compare(a.why, b.why))
	})
	for _, g := range groups {
		fmt.Fprintf(out, "refused %d of %s: %s\n", g.count, g.file, g.why)
		for _, e := range g.first {
			fmt.Fprintf(out, "  %v\n", e)
		}
		if more := g.count - len(g.first); more > 0 {
			fmt.Fprintf(out, "  and %d more\n", more)
		}
	}
}
