package notice

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
)

// Amendment is what became known after a message was written.
type Amendment struct {
	Outlets   int               // how many articles tell the story by now; told from two on
	FirstSeen time.Time         // when the story was first seen
	Outcome   *forecast.Outcome // what happened, over the horizon that was told of; nil while nobody knows
	Direction int               // that was told: +1, -1, or 0 for a filing, which said none
}

// amendRoom is how many UTF-16 units an amendment takes at most.
const amendRoom = 400

// Marks that an amendment's blocks begin with. Nothing from outside begins a block of a message.
const (
	markOutlets = "🔁 "
	markHit     = "✅ "
	markMiss    = "❌ "
	markKnown   = "📌 "
)

// Amend returns a message as Text wrote it with what became known since, in place of what an earlier Amend said. Nothing that
// was said before the outcome changes.
func Amend(text, language string, a Amendment) string {
	w := wordsOf(language)
	blocks := slices.DeleteFunc(strings.Split(text, "\n\n"), func(block string) bool {
		return slices.ContainsFunc([]string{markOutlets, markHit, markMiss, markKnown}, func(mark string) bool { return strings.HasPrefix(block, mark) })
	})
	var added []string
	if a.Outlets > 1 {
		added = append(added, markOutlets+fmt.Sprintf(w.outlets, a.Outlets, a.FirstSeen.In(market.KST).Format("01-02 15:04")+" KST"))
	}
	if a.Outcome != nil {
		added = append(added, outcome(*a.Outcome, a.Direction, w))
	}
	return strings.Join(slices.Insert(blocks, len(blocks)-1, added...), "\n\n")
}

// outcome says what happened, and whether it is what a signal said. Within the flat band the direction still counts: it is
// what hit rates are made of.
func outcome(o forecast.Outcome, direction int, w words) string {
	if o.Void != "" {
		return markKnown + fmt.Sprintf(w.void, o.TargetDay)
	}
	verdict := markKnown + w.followed
	switch {
	case direction == 0:
	case (o.ExcessPct > 0) == (direction > 0):
		verdict = markHit + w.hit
	default:
		verdict = markMiss + w.miss
	}
	line := fmt.Sprintf(w.outcome, verdict, o.Horizon, signed(o.ExcessPct), o.BaseDay, o.TargetDay)
	if o.Flat {
		line += " · " + w.flat
	}
	return line
}
