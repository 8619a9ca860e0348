package forecast

import (
	"math"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
)

// Why an outcome has no label.
const (
	VoidHalted          = "halted"           // the stock did not trade on the base day, the target day or one between
	VoidNoPrice         = "no price"         // nobody has bars of the base day
	VoidThinPanel       = "thin panel"       // fewer than MinPanel other stocks to compare with
	VoidCorporateAction = "corporate action" // a close moved further than the price limit allows: closes do not compare
)

// The flat band is |excess| <= max(flatKappa * sigma * sqrt(h), flatFloorPct). Both are frozen: changing them makes old
// and new outcomes incomparable.
const (
	flatKappa    = 0.43
	flatFloorPct = 0.3
)

// LabelInput names what is to be labelled. KnownAt is when the target day's official row was known; SigmaPct is the
// stock's daily sigma as of the story (percent, 0 when unknown).
type LabelInput struct {
	StoryID     int64
	Code        market.Code
	Horizon     int // trading days
	BaseDay     market.Day
	TargetDay   market.Day
	AvailableAt time.Time // the story's
	SigmaPct    float64
	KnownAt     time.Time
}

// Label says what the stock did from the base day's close to the target day's, as version 1 of the outcome. Closes are
// compared adjusted, so that a changed factor alone voids nothing. The caller asks once all bars of the target day that
// will come are in the panel; it returns Unavailable where that is surely not so, since the panel lacks the day or has
// less than half of the base day's stocks: try later.
// Invalid means that the days, the horizon or the times contradict each other.
func Label(p *Panel, in LabelInput) (Outcome, error) {
	switch {
	case in.Horizon < 1 || in.TargetDay <= in.BaseDay:
		return Outcome{}, fault.InvalidField("target_day", "%s is not %d trading days after %s", in.TargetDay, in.Horizon, in.BaseDay)
	case in.KnownAt.Before(in.AvailableAt):
		return Outcome{}, fault.InvalidField("known_at", "outcome of story %d known at %s, before the story", in.StoryID, in.KnownAt)
	}
	o := Outcome{StoryID: in.StoryID, Code: in.Code, Horizon: in.Horizon, Version: 1, BaseDay: in.BaseDay,
		TargetDay: in.TargetDay, SigmaPct: in.SigmaPct, KnownAt: in.KnownAt}
	target, ok := p.row[in.TargetDay]
	if !ok {
		return Outcome{}, fault.New(fault.Unavailable, "bars of %s are not known yet", in.TargetDay)
	}
	base, ok := p.row[in.BaseDay]
	if !ok {
		o.Void = VoidNoPrice
		return o, nil
	}
	ret, excess, void := p.window(in.Code, in.BaseDay, in.TargetDay)
	if void == "" && p.haltedWithin(in.Code, base, target) {
		void = VoidHalted
	}
	if void != "" {
		if target == len(p.days)-1 && 2*p.traded[target] < p.traded[base] {
			return Outcome{}, fault.New(fault.Unavailable, "only %d bars of %s are known yet", p.traded[target], in.TargetDay)
		}
		o.Void = void
		return o, nil
	}
	o.ReturnPct, o.ExcessPct = ret, excess
	o.Flat = math.Abs(excess) <= FlatBandPct(in.SigmaPct, in.Horizon)
	return o, nil
}

// FlatBandPct returns how large an excess return over so many days, in percent, is still called no move, for a stock of a
// daily sigma in percent, 0 when unknown.
func FlatBandPct(sigmaPct float64, horizon int) float64 {
	return max(flatKappa*sigmaPct*math.Sqrt(float64(horizon)), flatFloorPct)
}

// haltedWithin reports whether the stock did not trade on some day of the panel between two rows.
func (p *Panel) haltedWithin(code market.Code, base, target int) bool {
	c := p.column[code]
	for r := base + 1; r < target; r++ {
		if p.adjusted[r*len(p.codes)+c] == notTraded {
			return true
		}
	}
	return false
}

// IsLate reports whether a prediction was made when the target session, the first one after its base day, had opened.
func IsLate(madeAt, targetOpen time.Time) bool { return !madeAt.Before(targetOpen) }
