package backtest

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"tickerwire/internal/forecast"
	"tickerwire/store"
	"tickerwire/tasks"
)

// fact is one value that a prediction rests on or came to, exactly.
type fact struct {
	what    string
	horizon int
	value   string
}

// factsOf lists everything that was seen of one prediction, in an order of its own: first what all rests on, in which a
// difference explains those that follow.
func factsOf(s tasks.Seen) []fact {
	facts := []fact{}
	add := func(horizon int, what string, value any) {
		facts = append(facts, fact{what, horizon, fmt.Sprint(value)})
	}
	f := s.Query.Features
	for _, h := range forecast.Horizons {
		add(h, "base rate", f.BaseRate[h])
	}
	add(0, "sigma", f.SigmaPct)
	add(0, "last close", fmt.Sprintf("%d on %s", f.LastClose, f.LastDay))
	add(0, "panel", fmt.Sprintf("%d days, %d stocks", f.PanelDays, f.PanelStock))
	add(0, "embedder", s.Query.Embedder)
	for _, h := range forecast.Horizons {
		if fit, ok := s.Query.Lexicon[h]; ok {
			add(h, "lexicon's fit", fit)
		}
	}
	add(0, "title", s.Query.Title)
	add(0, "summary", s.Query.Summary)
	for _, h := range forecast.Horizons {
		c, ok := s.Calibrations[h]
		if c.Calibration.ID = 0; !ok { // which number it was kept by says nothing
			add(h, "calibration", "none")
			continue
		}
		add(h, "calibration", fmt.Sprintf("%+v, known at %s", c.Calibration, instant(c.KnownAt)))
	}
	for _, p := range s.Made {
		add(p.Horizon, "probability", p.Probability)
		add(p.Horizon, "probability before recalibration", p.Raw)
		add(p.Horizon, "stated base rate", p.BaseRate)
		add(p.Horizon, "expected excess return", p.ExpectedPct)
		add(p.Horizon, "interval", fmt.Sprint(p.LowPct, " to ", p.HighPct))
		add(p.Horizon, "note", p.Note)
		add(p.Horizon, "late", p.Late)
		add(p.Horizon, "evidence", evidence(p.Evidence))
	}
	add(0, "prompt", string(s.Prompt))
	for _, p := range inNearness(s.Query.Past) {
		add(0, "neighbour", neighbour(p))
	}
	return facts
}

// factsOfFit lists everything that was seen of one fit. Of its record stand how long it is, the last instant at which one of
// its outcomes became known, and a hash of all of it.
func factsOfFit(f tasks.Fitting) []fact {
	record := slices.SortedFunc(slices.Values(f.Record), func(a, b store.Judged) int {
		return cmp.Or(a.AsOf.Compare(b.AsOf), cmp.Compare(a.StoryID, b.StoryID), cmp.Compare(a.Code, b.Code))
	})
	hash, last := fnv.New64a(), time.Time{}
	for _, j := range record {
		j.Item.Probability = j.Raw                                 // what earlier calibrations made of it is not looked at
		fmt.Fprintf(hash, "%+v, %s\n", j.Item, instant(j.KnownAt)) // a hash never fails to be written
		last = later(last, j.KnownAt)
	}
	said := "none"
	if len(record) > 0 {
		said = fmt.Sprintf("%d outcomes, the last known at %s, that hash to %016x", len(record), instant(last), hash.Sum64())
	}
	fit := "none"
	if f.Calibration.StockDays > 0 {
		fit = fmt.Sprintf("%+v", f.Calibration)
	}
	return []fact{{"calibration's record", f.Horizon, said}, {"calibration's fit", f.Horizon, fit}}
}

func instant(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// inNearness orders past moves, which come in any order.
func inNearness(past []forecast.PastMove) []forecast.PastMove {
	return slices.SortedFunc(slices.Values(past), func(a, b forecast.PastMove) int {
		return cmp.Or(cmp.Compare(b.Cosine, a.Cosine), cmp.Compare(a.ArticleID, b.ArticleID), cmp.Compare(a.Code, b.Code))
	})
}

func neighbour(p forecast.PastMove) string {
	var text strings.Builder
	fmt.Fprintf(&text, "article %d of story %d in %d, %s, cosine %v, at %s", p.ArticleID, p.StoryID, p.Cluster, p.Code, p.Cosine, instant(p.At))
	for _, h := range forecast.Horizons {
		if m, ok := p.Moves[h]; ok {
			fmt.Fprintf(&text, "; %d days to %s: %v %%, %v sigmas, known at %s", h, m.TargetDay, m.ExcessPct, m.SigmaUnits, instant(m.KnownAt))
		}
	}
	return text.String()
}

func evidence(e forecast.Evidence) string {
	var text strings.Builder
	fmt.Fprintf(&text, "of article %d by %q, %v effective, %d days", e.Query, e.Embedder, e.Effective, e.PanelDays)
	for _, n := range e.Neighbours {
		fmt.Fprintf(&text, "; article %d, %s, %v * %v to %s: %v %%", n.ArticleID, n.Code, n.Cosine, n.Weight, n.TargetDay, n.ExcessPct)
	}
	return text.String()
}

const (
	shortText = 120 // bytes of a value that are shown whole
	around    = 40  // bytes before the first that differs
)

// parting returns two values as they are shown: long ones from a little before they part.
func parting(a, b string) (left, right string) {
	if len(a) <= shortText && len(b) <= shortText {
		return a, b
	}
	at := 0
	for at < len(a) && at < len(b) && a[at] == b[at] {
		at++
	}
	at = max(0, at-around)
	return fmt.Sprintf("byte %d: %s", at, excerpt(a, at)), fmt.Sprintf("byte %d: %s", at, excerpt(b, at))
}

func excerpt(text string, from int) string {
	for from > 0 && from < len(text) && !utf8.RuneStart(text[from]) {
		from--
	}
	part := text[min(from, len(text)):]
	return fmt.Sprintf("%q", part[:min(len(part), shortText)])
}
